//! Where each run stands on each axis, read from the column store.

use std::collections::{BTreeMap, BTreeSet};

use columns::{By, ColumnsError, Counts, Filter, Panel, Places, Select, Test};

use crate::answer::Source;
use crate::answer::axes::{Axis, ROWS};
use crate::answer::compile;
use crate::disclosure::Atom;
use crate::query::{Breakdown, Catalog, Days, Holds, moment};

/// The place of every run on one axis. Runs stand in the store's order.
pub(crate) struct Placed {
    /// Atoms at which anybody stands, ascending.
    pub(super) atoms: Vec<Atom>,
    /// For each run, the number of its atom.
    pub(super) codes: Vec<u16>,
}

impl Placed {
    /// Atoms at which anybody stands.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.atoms.len()).unwrap_or(u64::MAX)
    }
}

/// An axis that the store does not group by: its atoms, each with the condition for it.
type Split = Vec<(Atom, Filter)>;

/// Reads the place of each run on an axis.
pub(super) fn placed(source: Source<'_>, axis: &Axis) -> Result<Placed, ColumnsError> {
    if let Some(by) = group(source.catalog, axis) {
        let Places { slots, rows } = source.store.places(&by)?;
        return Ok(Placed { atoms: slots, codes: rows });
    }
    let mut splits = splits(source.catalog, axis);
    // who fulfills none of the other conditions; never looked at
    let rest = if splits.is_empty() { None } else { splits.remove(0).0 };
    let (mut given, conditions): (Vec<Atom>, Vec<Filter>) = splits.into_iter().unzip();
    given.push(rest);
    let firsts = source.store.first_of(&conditions)?;
    let atom = |first: &u16| given.get(usize::from(*first)).copied().flatten();
    let met: BTreeSet<u16> = firsts.iter().copied().collect();
    let atoms: BTreeSet<Atom> = met.iter().map(atom).collect();
    let atoms: Vec<Atom> = atoms.into_iter().collect();
    let number = |first: u16| atoms.binary_search(&atom(&first)).ok();
    let number = |first: u16| number(first).and_then(|at| u16::try_from(at).ok()).unwrap_or(0);
    let numbers: Vec<u16> = (0_u16..).take(given.len()).map(number).collect();
    let code = |first: &u16| numbers.get(usize::from(*first)).copied().unwrap_or(0);
    let codes = firsts.iter().map(code).collect();
    Ok(Placed { atoms, codes })
}

/// How the store groups by an axis, if it can.
fn group(catalog: &Catalog, axis: &Axis) -> Option<By> {
    match axis {
        Axis::Codes(column) => Some(By::Column(*column)),
        Axis::Year(column) => Some(By::Year(*column)),
        Axis::Month { column, .. } => Some(By::Month(*column)),
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
        Axis::Month { column, .. } => {
            let minutes = catalog.ask(*column).is_some_and(|ask| ask.holds == Holds::Minute);
            let months = (1900 * 12..2200 * 12).filter_map(|month| {
                Some((Some(month), compile::days(*column, Days::month(month)?, minutes)))
            });
            months.chain([missing(*column)]).collect()
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
