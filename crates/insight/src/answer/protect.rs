//! What of the counts may be shown: every population behind a figure is asked about, and one that may not be shown
//! takes the figure with it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::answer::axes::{self, Allowed, Axis, codes_axis, known, of_clause, of_slot, rows};
use crate::answer::census::{self, CensusError, Held, StoreCensus};
use crate::answer::compile::last_of;
use crate::answer::outcome::{Figure, Shown};
use crate::answer::plan::Tally;
use crate::answer::{AnswerError, Source, derive, followed};
use crate::disclosure::{Atom, Dim, Grid, GridError, Guard, Reason, Refusal, Selection, Settings};
use crate::query::{Ask, Breakdown, Catalog, Clause, Curve, Measure, Query};

/// Why a value is not shown.
type Why = Cow<'static, str>;

type GridKey = (Box<str>, bool, Vec<Axis>);
type HeldGrid = Arc<Result<Grid, String>>;

#[derive(Clone)]
struct Bytes;

impl Weighter<GridKey, HeldGrid> for Bytes {
    fn weight(&self, _: &GridKey, grid: &HeldGrid) -> u64 {
        let bytes = grid.as_ref().as_ref().map_or(0, Grid::bytes);
        u64::try_from(bytes + 256).unwrap_or(u64::MAX)
    }
}

/// Which cells of which axes may be shown, settled once for each version of the data.
pub(crate) struct Grids {
    held: Cache<GridKey, HeldGrid, Bytes>,
    census: Held,
}

/// Most memory for grids that are kept, in bytes.
const GRIDS: u64 = 96 << 20;

impl Grids {
    pub(crate) fn new() -> Self {
        Self { held: Cache::with_weighter(400, GRIDS, Bytes), census: Held::new() }
    }
}

/// A question as disclosure control sees it.
pub(crate) struct Protector<'p> {
    source: Source<'p>,
    query: &'p Query,
    guard: Guard,
    /// Members are shown groups from fewer centers.
    member: bool,
    grids: &'p Grids,
    population: Vec<Allowed>,
}

impl<'p> Protector<'p> {
    /// Refuses what cannot be put in public terms.
    pub(crate) fn new(
        source: Source<'p>,
        query: &'p Query,
        guard: Guard,
        member: bool,
        grids: &'p Grids,
    ) -> Result<Self, AnswerError> {
        let population = population(&source, query)?;
        Ok(Self { source, query, guard, member, grids, population })
    }

    /// The count and the figures of a cell as far as they may be shown.
    pub(crate) fn row(
        &self,
        tally: &Tally,
    ) -> Result<(Shown<u64>, Vec<Shown<Figure>>), AnswerError> {
        let mut cell = self.population.clone();
        for (by, slot) in self.query.by().iter().zip(&tally.key) {
            cell.push(
                of_slot(self.catalog(), by, *slot, followed_up(&self.source))
                    .map_err(AnswerError::Refused)?,
            );
        }
        let count = match self.allowed(&cell)? {
            Ok(()) => Shown::Value(tally.units),
            Err(why) => {
                // nothing of a hidden group is shown
                let hidden = self.query.measures().iter().map(|_| Shown::Suppressed(why.clone()));
                return Ok((Shown::Suppressed(why.clone()), hidden.collect()));
            }
        };
        let mut values = Vec::new();
        for (measure, tallied) in self.query.measures().iter().zip(&tally.counts) {
            let shown = if let Err(why) = self.measure(&cell, measure)? {
                Shown::Suppressed(why)
            } else {
                let (catalog, query) = (self.catalog(), self.query);
                self.coarse(derive::figure(catalog, query, measure, tallied, tally.units))
            };
            values.push(shown);
        }
        Ok((count, values))
    }

    const fn catalog(&self) -> &'p Catalog {
        self.source.catalog
    }

    /// Whether every population behind a measure may be shown.
    fn measure(&self, cell: &[Allowed], measure: &Measure) -> Result<Result<(), Why>, AnswerError> {
        let catalog = self.catalog();
        match measure {
            Measure::Count => Ok(Ok(())),
            Measure::Share { column, codes } => self.parts(cell, *column, &[codes.as_slice()]),
            Measure::Survival(Curve { event, codes, time, .. })
            | Measure::Incidence(Curve { event, codes, time, .. }) => {
                let each: Vec<&[u16]> = codes.chunks(1).collect();
                let events = self.parts(cell, *event, &each)?;
                let Some(ask) = catalog.ask(*time) else { return Ok(events) };
                let times = self.observed(cell, ask)?;
                Ok(events.and(times))
            }
            Measure::Quantiles(column) | Measure::Mean(column) | Measure::Missing(column) => {
                let Some(ask) = catalog.ask(*column) else { return Ok(Ok(())) };
                self.observed(cell, ask)
            }
            Measure::Rate { table, clauses } => self.rate(cell, *table, clauses),
            Measure::Distinct(column) => Ok(if *column == catalog.roles().center {
                Ok(())
            } else {
                Err(Cow::Borrowed("suppressed (patients and courses are not counted beside runs)"))
            }),
        }
    }

    /// Each group of codes of a column, and those without a value. What is left follows from these and the cell, so
    /// it needs no asking: it is made of shown cells, and of hidden ones that hold enough together.
    fn parts(
        &self,
        cell: &[Allowed],
        column: columns::ColumnRef,
        groups: &[&[u16]],
    ) -> Result<Result<(), Why>, AnswerError> {
        let Some(ask) = self.catalog().ask(column) else { return Ok(Ok(())) };
        let axis = codes_axis(ask).map_err(AnswerError::Refused)?;
        let of = |group: &&[u16]| group.iter().map(|code| Some(i32::from(*code))).collect();
        let missing = BTreeSet::from([None]);
        let parts = groups.iter().map(of).chain([missing]);
        self.each(cell, parts.map(|atoms| (axis.clone(), atoms)))
    }

    /// Those without a value; the number observed follows from it and the cell.
    fn observed(&self, cell: &[Allowed], ask: &Ask) -> Result<Result<(), Why>, AnswerError> {
        if ask.holds.is_listed() {
            return self.parts(cell, ask.at, &[]);
        }
        self.each(cell, [known(ask, false).map_err(AnswerError::Refused)?])
    }

    /// Those with such a row; and in the stratum around the cell, those whose hours are not known.
    fn rate(
        &self,
        cell: &[Allowed],
        table: u16,
        clauses: &[Clause],
    ) -> Result<Result<(), Why>, AnswerError> {
        let catalog = self.catalog();
        let by = self.query.by().iter().zip(cell.iter().skip(self.population.len()));
        let inner = by.filter(|(by, _)| by.column().table != 0).map(|(_, part)| &part.0).next();
        let axis = match inner {
            // the cell itself says which rows; the stratum around it gives the hours
            Some(axis) if clauses.is_empty() => axis.clone(),
            Some(_) => {
                let text = "rows are told apart publicly by one code at a time";
                return Err(AnswerError::Refused(text.to_owned()));
            }
            None => rows(catalog, table, clauses).map_err(AnswerError::Refused)?,
        };
        let stratum: Vec<Allowed> = if inner.is_some() {
            cell.iter().filter(|(held, _)| *held != axis).cloned().collect()
        } else {
            cell.to_vec()
        };
        let with = (axis, BTreeSet::from([Some(1)]));
        let shown = self.each(&stratum, [with.clone()])?;
        let Some(hours) = catalog.ask(catalog.roles().hours) else { return Ok(shown) };
        // events of runs without hours are left out: who they are would follow from the events beside the runs
        let mut rows = stratum.clone();
        rows.push(with);
        let rows = self.observed(&rows, hours)?;
        Ok(shown.and(self.observed(&stratum, hours)?).and(rows))
    }

    /// Whether each of these parts of a cell may be shown.
    fn each(
        &self,
        cell: &[Allowed],
        parts: impl IntoIterator<Item = Allowed>,
    ) -> Result<Result<(), Why>, AnswerError> {
        for part in parts {
            let mut within = cell.to_vec();
            within.push(part);
            if let Err(why) = self.allowed(&within)? {
                return Ok(Err(why));
            }
        }
        Ok(Ok(()))
    }

    /// Whether a population may be shown.
    fn allowed(&self, parts: &[Allowed]) -> Result<Result<(), Why>, AnswerError> {
        let mut sets: BTreeMap<&Axis, BTreeSet<Atom>> = BTreeMap::new();
        for (axis, atoms) in parts {
            match sets.get_mut(axis) {
                None => {
                    sets.insert(axis, atoms.clone());
                }
                Some(held) => held.retain(|atom| atoms.contains(atom)),
            }
        }
        // nobody stands in two places of one axis
        if sets.values().any(BTreeSet::is_empty) {
            return Ok(Ok(()));
        }
        let least = self.guard.settings().least_units;
        if census::follow_up_splits_a_year(self.source, &sets, least)? {
            return Ok(Err(Cow::Owned(Reason::Small.text(self.guard.settings()))));
        }
        // with the axes that these lie within
        let mut axes: BTreeSet<Axis> = sets.keys().map(|axis| (*axis).clone()).collect();
        axes.extend(sets.keys().flat_map(|axis| axes::within(self.catalog(), axis)));
        let axes: Vec<Axis> = axes.into_iter().collect();
        let place =
            |axis: &Axis| axes.binary_search(axis).ok().and_then(|at| u16::try_from(at).ok());
        let selection: Selection =
            sets.into_iter().filter_map(|(axis, atoms)| Some((Dim(place(axis)?), atoms))).collect();
        let grid = self.grid(axes)?;
        let grid = match grid.as_ref() {
            Ok(grid) => grid,
            Err(text) => return Err(AnswerError::Refused(text.clone())),
        };
        Ok(match self.guard.population(grid, &selection) {
            Ok(_) => Ok(()),
            Err(Refusal::Hidden(reason)) => Err(Cow::Owned(reason.text(self.guard.settings()))),
            Err(refusal) => Err(Cow::Owned(format!("suppressed ({refusal})"))),
        })
    }

    fn grid(&self, axes: Vec<Axis>) -> Result<HeldGrid, AnswerError> {
        let key = (self.source.version.into(), self.member, axes);
        // who asks for one that is being made waits for it
        self.grids.held.get_or_insert_with(&key, || Ok(Arc::new(self.made(&key.2)?)))
    }

    fn made(&self, axes: &[Axis]) -> Result<Result<Grid, String>, AnswerError> {
        let dims: BTreeSet<Dim> = (0_u16..).map(Dim).take(axes.len()).collect();
        let most = self.guard.settings().most_dimensions;
        let found = finest(self.catalog(), &axes.iter().cloned().collect());
        if found > most || axes.len() > Settings::DIMENSIONS {
            return Ok(Err(too_many(found.max(axes.len()), most)));
        }
        let census = StoreCensus::new(self.source, axes, self.member, &self.grids.census);
        let made =
            census.map_err(GridError::Census).and_then(|census| self.guard.grid(&census, &dims));
        Ok(match made {
            Ok(grid) => Ok(grid),
            Err(GridError::Census(CensusError::Columns(error))) => return Err(error.into()),
            Err(GridError::Census(error)) => Err(error.to_string()),
            Err(GridError::TooManyDimensions { found, most }) => Err(too_many(found, most)),
            Err(error @ GridError::TooManyAtoms(_)) => Err(error.to_string()),
        })
    }

    /// Figures that tell more than their counts are made coarser, or are hidden when few people stand behind them.
    fn coarse(&self, figure: Figure) -> Shown<Figure> {
        let checked = match &figure {
            Figure::Quantiles { observed, .. } | Figure::Curves { observed, .. } => {
                self.guard.quantiles(*observed)
            }
            Figure::Mean { observed, .. } | Figure::Rate { observed, .. } => {
                self.guard.mean(*observed)
            }
            _ => Ok(()),
        };
        if let Err(refusal) = checked {
            let why = match refusal {
                Refusal::Hidden(reason) => reason.text(self.guard.settings()),
                Refusal::TooFewForQuantiles { least } => format!("suppressed (n < {least})"),
                other => format!("suppressed ({other})"),
            };
            return Shown::Suppressed(Cow::Owned(why));
        }
        Shown::Value(match figure {
            Figure::Curves { observed, missing, curves } => {
                let least = self.guard.settings().least_units;
                let curves = curves.into_iter().map(|curve| curve.coarser(least)).collect();
                Figure::Curves { observed, missing, curves }
            }
            Figure::Quantiles { observed, missing, quartiles, centile_99 } => {
                // one in a hundred lies above it: as many must as stand behind a quartile
                let least = self.guard.settings().least_for_quantiles.saturating_mul(100);
                let few = observed < least && !self.guard.sees_all();
                let why = || Shown::Suppressed(format!("suppressed (n < {least})").into());
                let centile_99 = centile_99.map(|value| if few { why() } else { value });
                Figure::Quantiles { observed, missing, quartiles, centile_99 }
            }
            figure => figure,
        })
    }
}

/// The day up to which ECLS starts are shown besides whole years.
fn followed_up(source: &Source<'_>) -> i32 {
    followed(source.as_of, source.catalog.roles().follow_up_days)
}

/// The population of a question. Patients and courses are the runs that stand for them: one restriction more, so
/// that runs less patients are a line like any other.
fn population(source: &Source<'_>, query: &Query) -> Result<Vec<Allowed>, AnswerError> {
    let catalog = source.catalog;
    let mut out = Vec::new();
    if let Some(ask) = last_of(catalog, query.unit()).and_then(|column| catalog.ask(column)) {
        let axis = codes_axis(ask).map_err(AnswerError::Refused)?;
        out.push((axis, BTreeSet::from([Some(1)])));
    }
    for clause in query.clauses() {
        out.extend(of_clause(catalog, clause, followed_up(source)).map_err(AnswerError::Refused)?);
    }
    Ok(out)
}

/// Refuses what the public cannot be answered, before anything is counted.
pub(crate) fn check(source: &Source<'_>, query: &Query, guard: &Guard) -> Result<(), AnswerError> {
    let catalog = source.catalog;
    let population = population(source, query)?;
    let mut axes: BTreeSet<Axis> = population.into_iter().map(|(axis, _)| axis).collect();
    for by in query.by() {
        // every band must be published
        let slots: Vec<Atom> = match by {
            Breakdown::Bands { edges, .. } => {
                (0..=edges.len()).map(|place| i32::try_from(place).ok()).collect()
            }
            _ => vec![None],
        };
        for slot in slots {
            axes.insert(
                of_slot(catalog, by, slot, followed_up(source)).map_err(AnswerError::Refused)?.0,
            );
        }
    }
    let broken_rows = query.by().iter().any(|by| by.column().table != 0);
    let beside = query.measures().iter().map(|measure| axes_of(catalog, measure, broken_rows));
    let most = guard.settings().most_dimensions;
    for beside in beside.chain([Ok(Vec::new())]) {
        let beside = beside.map_err(AnswerError::Refused)?;
        let found = finest(catalog, &axes.iter().cloned().chain(beside).collect());
        if found > most {
            return Err(AnswerError::Refused(too_many(found, most)));
        }
    }
    Ok(())
}

/// How many of these axes none of the others lies within.
fn finest(catalog: &Catalog, axes: &BTreeSet<Axis>) -> usize {
    let around: BTreeSet<Axis> = axes.iter().flat_map(|axis| axes::within(catalog, axis)).collect();
    axes.difference(&around).count()
}

fn too_many(found: usize, most: usize) -> String {
    format!(
        "the conditions, breakdowns and measures of this question need {found} public dimensions, {most} are \
         possible; leave one out"
    )
}

/// The axes that a measure adds to its cell.
fn axes_of(catalog: &Catalog, measure: &Measure, broken_rows: bool) -> Result<Vec<Axis>, String> {
    let of = |column: columns::ColumnRef| {
        let Some(ask) = catalog.ask(column) else { return Ok(Vec::new()) };
        let axis = if ask.holds.is_listed() { codes_axis(ask)? } else { known(ask, true)?.0 };
        Ok(vec![axis])
    };
    match measure {
        Measure::Share { column, .. }
        | Measure::Quantiles(column)
        | Measure::Mean(column)
        | Measure::Missing(column) => of(*column),
        // each of them is asked about by itself
        Measure::Survival(curve) | Measure::Incidence(curve) => {
            of(curve.time)?;
            of(curve.event)
        }
        Measure::Rate { table, clauses } => {
            let mut axes = of(catalog.roles().hours)?;
            if !broken_rows {
                axes.push(rows(catalog, *table, clauses)?);
            }
            Ok(axes)
        }
        Measure::Count | Measure::Distinct(_) => Ok(Vec::new()),
    }
}
