//! Counts for disclosure control, from the column store: every run of the registry, by any few axes.

use std::collections::{BTreeMap, BTreeSet};

use columns::{By, ColumnsError, Counts, Filter, Key, Panel, Select, Test};

use crate::answer::Source;
use crate::answer::axes::{self, Axis, ROWS};
use crate::answer::compile;
use crate::disclosure::{Atom, Census, Counted, Dim, Tally};
use crate::query::{Breakdown, Catalog, Days, Holds, moment};

/// Dimensions that the store groups by at once.
const GROUPED: usize = 3;
/// Most panels for one table.
const MOST_PANELS: usize = 2_000;

/// Why counting failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CensusError {
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    #[error("this combination of conditions has too many values to be checked")]
    TooLarge,
}

/// The store as disclosure control sees it. `axes` ascend; [`Dim`] is the place among them.
pub(crate) struct StoreCensus<'s> {
    pub(crate) source: Source<'s>,
    pub(crate) axes: &'s [Axis],
}

/// An axis that the store does not group by: its atoms, each with the condition for it.
type Split = Vec<(Atom, Filter)>;

/// Atoms that are fixed, by their dimension's place, and the conditions for them.
type Fixed = (Vec<(usize, Atom)>, Vec<Filter>);

impl Census for StoreCensus<'_> {
    type Error = CensusError;

    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, CensusError> {
        let catalog = self.source.catalog;
        let wanted: Vec<(usize, &Axis)> = dims
            .iter()
            .enumerate()
            .filter_map(|(place, dim)| Some((place, self.axes.get(usize::from(dim.0))?)))
            .collect();
        // those with the most values are grouped, the others taken value by value
        let mut by_size = wanted.clone();
        by_size.sort_by_key(|(_, axis)| std::cmp::Reverse(size(catalog, axis)));
        let grouped: Vec<(usize, By)> = by_size
            .iter()
            .filter_map(|(place, axis)| Some((*place, group(catalog, axis)?)))
            .take(GROUPED)
            .collect();
        let split: Vec<(usize, Split)> = wanted
            .iter()
            .filter(|(place, _)| grouped.iter().all(|(other, _)| other != place))
            .map(|(place, axis)| (*place, splits(catalog, axis)))
            .collect();
        let panels = split.iter().try_fold(1_usize, |all, (_, split)| all.checked_mul(split.len()));
        if panels.is_none_or(|panels| panels > MOST_PANELS) {
            return Err(CensusError::TooLarge);
        }
        self.count(dims.len(), &grouped, &split)
    }

    fn within(&self, fine: Dim) -> BTreeSet<Dim> {
        let Some(axis) = self.axes.get(usize::from(fine.0)) else { return BTreeSet::new() };
        let coarser = axes::within(self.source.catalog, axis);
        let places = (0_u16..).zip(self.axes).filter(|(_, other)| coarser.contains(other));
        places.map(|(place, _)| Dim(place)).collect()
    }
}

impl StoreCensus<'_> {
    fn count(
        &self,
        dims: usize,
        grouped: &[(usize, By)],
        split: &[(usize, Split)],
    ) -> Result<Vec<Counted>, CensusError> {
        let mut fixed: Vec<Fixed> = vec![(Vec::new(), Vec::new())];
        for (place, atoms) in split {
            let mut finer = Vec::new();
            for (spots, filters) in &fixed {
                for (atom, filter) in atoms {
                    let mut spots = spots.clone();
                    spots.push((*place, *atom));
                    let mut filters = filters.clone();
                    filters.push(filter.clone());
                    finer.push((spots, filters));
                }
            }
            fixed = finer;
        }
        let centers = self.source.catalog.roles().center;
        let panel = |(_, filters): &Fixed| Panel {
            table: 0,
            filter: (!filters.is_empty()).then(|| Filter::All(filters.clone())),
            by: grouped.iter().map(|(_, by)| by.clone()).collect(),
            measures: vec![columns::Measure::Count, columns::Measure::Distinct(centers)],
            once: false,
        };
        let panels: Vec<Panel> = fixed.iter().map(panel).collect();
        let everyone = Select { filter: Filter::All(Vec::new()), unit: columns::Unit::Row };
        let answers = self.source.store.answer(&everyone, &panels)?;
        let mut out = Vec::new();
        for ((spots, _), answer) in fixed.iter().zip(answers) {
            for cell in answer.cells {
                if let Some(tally) = tally(&cell.measures) {
                    out.push((spot(dims, grouped, spots, &cell.key), tally));
                }
            }
        }
        Ok(out)
    }
}

fn tally(measures: &[Counts]) -> Option<Tally> {
    match measures {
        [Counts::Number(units), Counts::Number(centers)] if *units > 0 => {
            Some(Tally { units: *units, repeats: 0, centers: *centers })
        }
        _ => None,
    }
}

fn spot(dims: usize, grouped: &[(usize, By)], fixed: &[(usize, Atom)], key: &Key) -> Vec<Atom> {
    let mut out = vec![None; dims];
    let placed = grouped.iter().map(|(place, _)| *place).zip(key.iter().copied());
    for (place, atom) in placed.chain(fixed.iter().copied()) {
        if let Some(slot) = out.get_mut(place) {
            *slot = atom;
        }
    }
    out
}

fn size(catalog: &Catalog, axis: &Axis) -> u16 {
    match axis {
        Axis::Codes(column) => catalog.ask(*column).map_or(0, crate::query::Ask::code_count),
        Axis::Year(_) => 60,
        Axis::Bands(column) => {
            catalog.ask(*column).map_or(0, |ask| u16::try_from(ask.edges.len()).unwrap_or(u16::MAX))
        }
        Axis::Known(_) | Axis::Rows { .. } | Axis::Until { .. } => 2,
    }
}

/// How the store groups by an axis, if it can.
fn group(catalog: &Catalog, axis: &Axis) -> Option<By> {
    match axis {
        Axis::Codes(column) => Some(By::Column(*column)),
        Axis::Year(column) => Some(By::Year(*column)),
        Axis::Bands(column) => {
            let edges = catalog.ask(*column)?.edges.clone();
            Some(compile::axis(&Breakdown::Bands { column: *column, edges }))
        }
        Axis::Known(_) | Axis::Rows { .. } | Axis::Until { .. } => None,
    }
}

/// Whether the day of an [`Axis::Until`] leaves a small group on one side of it within its year. Whole years are shown
/// as well: what is shown up to the day, less the years before, is the year up to the day.
pub(crate) fn follow_up_splits_a_year(
    source: Source<'_>,
    sets: &BTreeMap<&Axis, BTreeSet<Atom>>,
    least: u64,
) -> Result<bool, ColumnsError> {
    let until = sets.keys().find_map(|axis| match axis {
        Axis::Until { column, day } => Some((*column, *day)),
        _ => None,
    });
    let Some((column, day)) = until else { return Ok(false) };
    let year = moment(day).map_or(0, |day| day.ymd().0);
    let Some(Days { from, to }) = Days::years(year, year) else { return Ok(false) };
    let is_until = |axis: &Axis| matches!(axis, Axis::Until { .. });
    let mut within = Vec::new();
    for (axis, atoms) in sets.iter().filter(|(axis, _)| !is_until(axis)) {
        let chosen = splits(source.catalog, axis).into_iter();
        let chosen = chosen.filter(|(atom, _)| atoms.contains(atom)).map(|(_, filter)| filter);
        within.push(Filter::Any(chosen.collect()));
    }
    let sides = [Days { from, to: Some(day) }, Days { from: day.checked_add(1), to }];
    let minutes = source.catalog.ask(column).is_some_and(|ask| ask.holds == Holds::Minute);
    let panel = |days: Days| Panel {
        table: 0,
        filter: Some(compile::days(column, days, minutes)),
        by: Vec::new(),
        measures: vec![columns::Measure::Count],
        once: false,
    };
    let panels = sides.map(panel);
    let select = Select { filter: Filter::All(within), unit: columns::Unit::Row };
    let answers = source.store.answer(&select, &panels)?;
    let small = |answer: &columns::Answer| {
        let cell = answer.cells.first().and_then(|cell| cell.measures.first());
        matches!(cell, Some(Counts::Number(units)) if (1..least).contains(units))
    };
    Ok(answers.iter().any(small))
}

/// Every atom of an axis with its condition.
fn splits(catalog: &Catalog, axis: &Axis) -> Split {
    let missing = |column| (None, Filter::Test(column, Test::Missing));
    match axis {
        Axis::Codes(column) => {
            let count = catalog.ask(*column).map_or(0, crate::query::Ask::code_count);
            let each = (0..count)
                .map(|code| (Some(i32::from(code)), compile::among(catalog, *column, &[code])));
            each.chain([missing(*column)]).collect()
        }
        Axis::Year(column) => {
            let minutes = catalog.ask(*column).is_some_and(|ask| ask.holds == Holds::Minute);
            let years = (1900..2200).filter_map(|year| {
                let days = Days::years(year, year)?;
                Some((Some(year), compile::days(*column, days, minutes)))
            });
            years.chain([missing(*column)]).collect()
        }
        Axis::Bands(column) => {
            let edges = catalog.ask(*column).map_or(&[][..], |ask| &ask.edges);
            let band = |place: usize| {
                let low = place.checked_sub(1).and_then(|at| edges.get(at)).copied();
                let test = compile::number(low, edges.get(place).copied(), true);
                (i32::try_from(place).ok(), Filter::Test(*column, test))
            };
            (0..=edges.len()).map(band).chain([missing(*column)]).collect()
        }
        Axis::Until { column, day } => {
            let minutes = catalog.ask(*column).is_some_and(|ask| ask.holds == Holds::Minute);
            let up_to = Days { from: None, to: Some(*day) };
            let later = Days { from: day.checked_add(1), to: None };
            let side = |days| compile::days(*column, days, minutes);
            vec![(Some(1), side(up_to)), (Some(0), side(later)), missing(*column)]
        }
        Axis::Known(column) => {
            vec![(Some(0), Filter::Test(*column, Test::Known)), missing(*column)]
        }
        Axis::Rows { table, with } => {
            let condition = match with {
                None => Filter::All(Vec::new()),
                Some((column, Some(code))) => compile::among(catalog, *column, &[*code]),
                Some((column, None)) => Filter::Test(*column, Test::Missing),
            };
            let has = compile::rows(catalog, *table, condition);
            let each = |(with, atom): (bool, Atom)| {
                let found = has.clone();
                (atom, if with { found } else { Filter::Not(Box::new(found)) })
            };
            ROWS.into_iter().map(each).collect()
        }
    }
}
