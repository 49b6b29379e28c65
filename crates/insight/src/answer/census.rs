//! Counts for disclosure control, from the column store: every run of the registry, by any few axes.
//!
//! Each axis is read once for a version of the data ([`Placed`]); a grid's tables are margins of its finest one.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use columns::{By, ColumnsError, Counts, Filter, Panel, Select, Test};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::answer::Source;
use crate::answer::axes::{self, Axis, ROWS};
use crate::answer::compile;
use crate::disclosure::{Atom, Census, Counted, Dim, Settings, Settled, Tally};
use crate::query::{Breakdown, Catalog, Days, Holds, moment};

/// Most runs of one patient that are told apart.
const MOST_ORDER: i64 = 256;
/// Most different centers that are counted for a cell.
const MOST_CENTERS: usize = 8;
/// Most memory for what is kept of a few versions, in bytes: places of runs, and settled tables.
const PLACES: u64 = 96 << 20;
const TABLES: u64 = 96 << 20;

/// Why counting failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CensusError {
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    #[error("this combination of conditions has too many values to be checked")]
    TooLarge,
    #[error("the runs of a patient cannot be told apart")]
    Runs,
}

/// The place of every run on one axis. Runs stand in the same order for each axis of a version.
pub(crate) struct Placed {
    /// Atoms at which anybody stands, ascending.
    atoms: Vec<Atom>,
    /// For each run, the number of its atom.
    codes: Vec<u16>,
}

/// A run: its patient and which run of theirs it is.
type RunKey = (Atom, Atom);

/// A version, whether it is for members, and the axes of a table.
type TableKey = (Box<str>, bool, Vec<Axis>);

/// What is kept of a version: by its name and what it is about.
pub(crate) struct Held {
    runs: Cache<Box<str>, Arc<Vec<RunKey>>>,
    places: Cache<(Box<str>, Axis), Arc<Placed>, Bytes>,
    tables: Cache<TableKey, Arc<Settled>, Bytes>,
}

#[derive(Clone)]
struct Bytes;

impl<K> Weighter<K, Arc<Placed>> for Bytes {
    fn weight(&self, _: &K, placed: &Arc<Placed>) -> u64 {
        u64::try_from(placed.codes.len() * size_of::<u16>() + 256).unwrap_or(u64::MAX)
    }
}

impl<K> Weighter<K, Arc<Settled>> for Bytes {
    fn weight(&self, _: &K, settled: &Arc<Settled>) -> u64 {
        u64::try_from(settled.bytes() + 256).unwrap_or(u64::MAX)
    }
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            runs: Cache::new(2),
            places: Cache::with_weighter(200, PLACES, Bytes),
            tables: Cache::with_weighter(2_000, TABLES, Bytes),
        }
    }
}

/// The store as disclosure control sees it. `axes` ascend; [`Dim`] is the place among them.
pub(crate) struct StoreCensus<'s> {
    source: Source<'s>,
    axes: &'s [Axis],
    placed: Vec<Arc<Placed>>,
    /// Which settings the tables are settled with.
    member: bool,
    held: &'s Held,
    finest: OnceCell<Finest>,
}

/// An axis that the store does not group by: its atoms, each with the condition for it.
type Split = Vec<(Atom, Filter)>;

/// Who is met in a cell.
#[derive(Clone, Copy, Default)]
struct Met {
    units: u64,
    /// Different centers, 0 for none, as far as they are counted.
    centers: [u16; MOST_CENTERS],
}

impl Met {
    fn add(&mut self, other: &Self) {
        self.units += other.units;
        for center in other.centers.iter().take_while(|center| **center != 0) {
            let slot = self.centers.iter_mut().find(|slot| **slot == 0 || *slot == center);
            if let Some(slot) = slot {
                *slot = *center;
            }
        }
    }

    fn tally(&self) -> Tally {
        let centers = self.centers.iter().take_while(|center| **center != 0).count();
        Tally { units: self.units, repeats: 0, centers: u64::try_from(centers).unwrap_or(0) }
    }
}

/// The cells of all axes together that hold anybody.
type Finest = Vec<([u16; Settings::DIMENSIONS], Met)>;

impl<'s> StoreCensus<'s> {
    /// Reads what is not held yet.
    pub(crate) fn new(
        source: Source<'s>,
        axes: &'s [Axis],
        member: bool,
        held: &'s Held,
    ) -> Result<Self, CensusError> {
        let read = |axis: &Axis| {
            let key = (source.version.into(), axis.clone());
            held.places.get_or_insert_with(&key, || Ok(Arc::new(placed(source, held, axis)?)))
        };
        let placed = axes.iter().map(read).collect::<Result<_, CensusError>>()?;
        Ok(Self { source, axes, placed, member, held, finest: OnceCell::new() })
    }

    fn key(&self, dims: &[Dim]) -> TableKey {
        let axes = dims.iter().filter_map(|dim| self.axes.get(usize::from(dim.0)));
        (self.source.version.into(), self.member, axes.cloned().collect())
    }

    fn finest(&self) -> Result<&Finest, CensusError> {
        if let Some(finest) = self.finest.get() {
            return Ok(finest);
        }
        let center = Axis::Codes(self.source.catalog.roles().center);
        let key = (self.source.version.into(), center.clone());
        let read = || Ok::<_, CensusError>(Arc::new(placed(self.source, self.held, &center)?));
        let centers = self.held.places.get_or_insert_with(&key, read)?;
        // a run without a center counts for none
        let none = centers.atoms.iter().position(Option::is_none);
        let runs = centers.codes.iter().enumerate().map(|(run, center)| {
            let mut codes = [0; Settings::DIMENSIONS];
            for (slot, placed) in codes.iter_mut().zip(&self.placed) {
                *slot = placed.codes.get(run).copied().unwrap_or(0);
            }
            let mut met = Met { units: 1, ..Met::default() };
            if none != Some(usize::from(*center)) {
                met.centers = std::array::from_fn(|at| if at == 0 { center + 1 } else { 0 });
            }
            (codes, met)
        });
        let all: Vec<usize> = (0..self.placed.len()).collect();
        let finest = gathered(runs, &all, &self.sizes());
        let finest = finest.ok_or(CensusError::TooLarge)?;
        Ok(self.finest.get_or_init(|| finest))
    }

    fn sizes(&self) -> Vec<u64> {
        let size = |placed: &Arc<Placed>| u64::try_from(placed.atoms.len()).unwrap_or(u64::MAX);
        self.placed.iter().map(size).collect()
    }
}

/// Adds up the cells that are the same in these places, which alone are kept; none if they cannot be numbered.
fn gathered(
    cells: impl Iterator<Item = ([u16; Settings::DIMENSIONS], Met)>,
    places: &[usize],
    sizes: &[u64],
) -> Option<Finest> {
    let mut strides = Vec::new();
    let mut all = 1_u64;
    for place in places {
        strides.push((*place, all));
        all = all.checked_mul(sizes.get(*place).copied()?.max(1))?;
    }
    let mut found = Index::of(all);
    let mut out: Finest = Vec::new();
    for (codes, met) in cells {
        let code = |place: usize| u64::from(codes.get(place).copied().unwrap_or(0));
        let number = strides.iter().map(|(place, stride)| code(*place) * stride).sum();
        let at = found.place(number, u32::try_from(out.len()).ok()?);
        match out.get_mut(usize::try_from(at).ok()?) {
            Some((_, sum)) => sum.add(&met),
            None => out.push((codes, met)),
        }
    }
    Some(out)
}

/// Up to so many cells have a place each in an array.
const DENSE: u64 = 1 << 19;

/// Which cell has which number.
enum Index {
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

impl Index {
    fn of(numbers: u64) -> Self {
        match usize::try_from(numbers) {
            Ok(size) if numbers <= DENSE => Self::Dense(vec![u32::MAX; size]),
            _ => Self::Sparse(HashMap::new()),
        }
    }

    /// The place of a number; `next` if it had none.
    fn place(&mut self, number: u64, next: u32) -> u32 {
        match self {
            Self::Sparse(places) => *places.entry(number).or_insert(next),
            Self::Dense(places) => {
                let slot = usize::try_from(number).ok().and_then(|at| places.get_mut(at));
                match slot {
                    Some(slot) if *slot == u32::MAX => {
                        *slot = next;
                        next
                    }
                    Some(slot) => *slot,
                    None => next,
                }
            }
        }
    }
}

impl Census for StoreCensus<'_> {
    type Error = CensusError;

    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, CensusError> {
        let places: Vec<usize> = dims.iter().map(|dim| usize::from(dim.0)).collect();
        let cells = gathered(self.finest()?.iter().copied(), &places, &self.sizes());
        let atom = |codes: &[u16], place: usize| {
            let code = codes.get(place).copied().map_or(0, usize::from);
            self.placed.get(place).and_then(|placed| placed.atoms.get(code)).copied().flatten()
        };
        let cells = cells.ok_or(CensusError::TooLarge)?.into_iter().map(|(codes, met)| {
            (places.iter().map(|place| atom(&codes, *place)).collect(), met.tally())
        });
        Ok(cells.collect())
    }

    fn within(&self, fine: Dim) -> BTreeSet<Dim> {
        let Some(axis) = self.axes.get(usize::from(fine.0)) else { return BTreeSet::new() };
        let coarser = axes::within(self.source.catalog, axis);
        let places = (0_u16..).zip(self.axes).filter(|(_, other)| coarser.contains(other));
        places.map(|(place, _)| Dim(place)).collect()
    }

    fn atoms(&self, dim: Dim) -> Result<BTreeSet<Atom>, CensusError> {
        let placed = self.placed.get(usize::from(dim.0));
        Ok(placed.into_iter().flat_map(|placed| placed.atoms.iter().copied()).collect())
    }

    fn is_gap(&self, dim: Dim, atom: Atom) -> bool {
        let axis = self.axes.get(usize::from(dim.0));
        atom.is_none() && axis.is_some_and(|axis| axes::is_outcome(self.source.catalog, axis))
    }

    fn is_plain(&self, dim: Dim) -> bool {
        let axis = self.axes.get(usize::from(dim.0));
        axis.is_some_and(|axis| axes::is_plain(self.source.catalog, axis))
    }

    fn held(&self, dims: &[Dim]) -> Option<Arc<Settled>> {
        self.held.tables.get(&self.key(dims))
    }

    fn keep(&self, dims: &[Dim], settled: Settled) {
        self.held.tables.insert(self.key(dims), Arc::new(settled));
    }
}

/// Runs by patient and order, and by an axis if there is one, under a condition if there is one.
fn by_run(
    source: Source<'_>,
    axis: Option<By>,
    filter: Option<Filter>,
) -> Result<Vec<Vec<Atom>>, CensusError> {
    let column = source.catalog.named("run_order").ok_or(CensusError::Runs)?.at;
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
fn placed(source: Source<'_>, held: &Held, axis: &Axis) -> Result<Placed, CensusError> {
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
