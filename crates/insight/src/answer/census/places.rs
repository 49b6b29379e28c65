//! Where each run stands on each axis, read from the column store.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use columns::{By, ColumnsError, Counts, Filter, Panel, Select, Test};

use crate::answer::Source;
use crate::answer::axes::{Axis, ROWS};
use crate::answer::census::{CensusError, Held};
use crate::answer::compile;
use crate::disclosure::Atom;
use crate::query::{Breakdown, Catalog, Days, Holds, moment};

/// Most runs of one patient that are told apart.
const MOST_ORDER: i64 = 256;

/// The place of every run on one axis. Runs stand in the same order for each axis of a version.
pub(crate) struct Placed {
    /// Atoms at which anybody stands, ascending.
    pub(super) atoms: Vec<Atom>,
    /// For each run, the number of its atom.
    pub(super) codes: Vec<u16>,
}

/// A run: its patient and which run of theirs it is.
pub(super) type RunKey = (Atom, Atom);

/// An axis that the store does not group by: its atoms, each with the condition for it.
type Split = Vec<(Atom, Filter)>;

/// Runs by patient and order, and by an axis if there is one, under a condition if there is one.
fn by_run(
    source: Source<'_>,
    axis: Option<By>,
    filter: Option<Filter>,
) -> Result<Vec<Vec<Atom>>, CensusError> {
    let column = source.catalog.roles().run_order;
    let order = By::Bins { column, edges: (1..=MOST_ORDER).collect(), scale: 0 };
    let patient = By::Column(source.catalog.roles().patient);
    let by = [patient, order].into_iter().chain(axis).collect();
    let panel = Panel { table: 0, filter, by, measures: Vec::new(), once: false };
    let everyone = Select { filter: Filter::All(Vec::new()), unit: columns::Unit::Row };
    let answer = source.store.answer(&everyone, &[panel])?.pop();
    Ok(answer.map_or(Vec::new(), |answer| answer.cells.into_iter().map(|it| it.key).collect()))
}

fn run_key(key: &[Atom]) -> RunKey {
    (key.first().copied().flatten(), key.get(1).copied().flatten())
}

/// All runs in their order. Each patient's runs are numbered.
fn all_runs(source: Source<'_>, held: &Held) -> Result<Arc<Vec<RunKey>>, CensusError> {
    let version: Box<str> = source.version.into();
    held.runs.get_or_insert_with(&version, || {
        let runs: Vec<RunKey> =
            by_run(source, None, None)?.iter().map(|key| run_key(key)).collect();
        let apart = runs.is_sorted_by(|one, next| one < next);
        let all = u64::try_from(runs.len()) == Ok(source.store.rows());
        if apart && all { Ok(Arc::new(runs)) } else { Err(CensusError::Runs) }
    })
}

/// Reads the place of each run on an axis.
pub(super) fn placed(source: Source<'_>, held: &Held, axis: &Axis) -> Result<Placed, CensusError> {
    let runs = all_runs(source, held)?;
    let atoms: Vec<Atom> = if let Some(by) = group(source.catalog, axis) {
        let cells = by_run(source, Some(by), None)?;
        let same = cells.len() == runs.len()
            && cells.iter().zip(runs.iter()).all(|(key, run)| run_key(key) == *run);
        if !same {
            return Err(CensusError::Runs);
        }
        cells.iter().map(|key| key.get(2).copied().flatten()).collect()
    } else {
        let mut splits = splits(source.catalog, axis).into_iter();
        // who fulfills none of the other conditions
        let rest = splits.next().and_then(|(atom, _)| atom);
        let mut atoms = vec![rest; runs.len()];
        for (atom, filter) in splits {
            for key in by_run(source, None, Some(filter))? {
                let at = runs.binary_search(&run_key(&key)).ok();
                let slot = at.and_then(|at| atoms.get_mut(at)).ok_or(CensusError::Runs)?;
                *slot = atom;
            }
        }
        atoms
    };
    let found: BTreeSet<Atom> = atoms.iter().copied().collect();
    let found: Vec<Atom> = found.into_iter().collect();
    if found.len() >= usize::from(u16::MAX) {
        return Err(CensusError::TooLarge);
    }
    let numbers: HashMap<Atom, u16> = found.iter().copied().zip(0_u16..).collect();
    let codes = atoms.iter().map(|atom| numbers.get(atom).copied().unwrap_or(0)).collect();
    Ok(Placed { atoms: found, codes })
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
