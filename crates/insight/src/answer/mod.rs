//! From a question to its answer: counted by the column store, worked out by `stats`, shown only as far as the
//! reader may see.
//!
//! The order is what keeps a hidden number hidden: counting gives [`Tally`]s, disclosure control decides about them,
//! and only then are percentages, intervals, quantiles and curves worked out, for what may be shown.

mod axes;
mod cache;
mod census;
mod compile;
mod derive;
mod followed;
mod outcome;
mod plan;
mod protect;
mod table;
#[cfg(test)]
mod tests;
mod words;

use std::collections::HashMap;

use base::Instant;
use columns::{ColumnsError, Filter, Panel, Store, Test};

pub use cache::Answers;
pub(crate) use followed::day_number;
pub use followed::followed;
pub use outcome::{CurveFigure, Dimension, Estimate, Figure, Measured, Outcome, Row, Shown, Step};
pub use plan::{Tallied, Tally};
pub use table::{Table, Text};

use crate::answer::protect::{Grids, Protector};
use crate::disclosure::{self, Guard};
use crate::query::{Catalog, Clause, Query, Unit};

/// Who reads an answer. It comes from the session, never from the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everybody: answers pass disclosure control.
    Public,
    /// Signed-in people of member centers about all centers: disclosure control with the limits for members.
    Member,
    /// The registry's office: all centers, nothing hidden.
    Office,
    /// One center about its own runs, by its dense key: nothing hidden, nobody else's runs.
    Center(u32),
}

impl Audience {
    /// Disclosure control for this audience; none where nothing is hidden.
    fn guard(self) -> Option<Guard> {
        match self {
            Self::Public => Some(Guard::of(disclosure::Audience::Public)),
            Self::Member => Some(Guard::of(disclosure::Audience::Member)),
            Self::Office | Self::Center(_) => None,
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The store cannot answer.
    #[error("the column store cannot answer: {0}")]
    Columns(#[from] ColumnsError),
    /// It may not be answered to this audience, with the reason.
    #[error("{0}")]
    Refused(String),
    /// Numbers that do not fit each other: a fault of the program.
    #[error("the counts of an answer contradict each other: {0}")]
    Contradiction(String),
    /// More cells than a reader is given.
    #[error("the answer has {0} cells; narrow the question or leave a breakdown out")]
    Cells(usize),
}

/// Data to be asked.
#[derive(Clone, Copy)]
pub struct Source<'s> {
    /// The counted runs.
    pub store: &'s Store,
    /// What can be asked about.
    pub catalog: &'s Catalog,
    /// The moment that the data stand for.
    pub as_of: Instant,
    /// Version of the data.
    pub version: &'s str,
}

/// Most cells of one answer.
const MOST_CELLS: usize = 20_000;

/// The counts of one question.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The whole population.
    pub total: Tally,
    /// Cells with at least one unit.
    pub cells: Vec<Tally>,
}

impl Source<'_> {
    /// Answers several questions; those about the same population are counted in one pass.
    pub(crate) fn answer(
        &self,
        queries: &[&Query],
        audience: Audience,
        grids: &Grids,
    ) -> Result<Vec<Outcome>, AnswerError> {
        if let Some(guard) = audience.guard() {
            // what cannot be shown is refused before anything is counted
            for query in queries {
                protect::check(self, query, &guard)?;
            }
        }
        let counted = self.count(queries, audience)?;
        let each = queries.iter().zip(counted);
        each.map(|(query, counted)| self.show(query, &counted, audience, grids)).collect()
    }

    /// Counts several questions.
    pub fn count(
        &self,
        queries: &[&Query],
        audience: Audience,
    ) -> Result<Vec<Counted>, AnswerError> {
        let mut same: HashMap<(Unit, &[Clause]), Vec<usize>> = HashMap::new();
        for (at, query) in queries.iter().enumerate() {
            same.entry((query.unit(), query.clauses())).or_default().push(at);
        }
        let mut out: Vec<Option<Counted>> = queries.iter().map(|_| None).collect();
        for ((unit, clauses), places) in same {
            let asked: Vec<&Query> =
                places.iter().filter_map(|at| queries.get(*at)).copied().collect();
            let counted = self.pass(unit, clauses, &asked, audience)?;
            for (at, counted) in places.into_iter().zip(counted) {
                if let Some(slot) = out.get_mut(at) {
                    *slot = Some(counted);
                }
            }
        }
        Ok(out.into_iter().flatten().collect())
    }

    /// Questions about one population.
    fn pass(
        &self,
        unit: Unit,
        clauses: &[Clause],
        queries: &[&Query],
        audience: Audience,
    ) -> Result<Vec<Counted>, AnswerError> {
        let catalog = self.catalog;
        let mut select = compile::select(catalog, unit, clauses);
        if let Audience::Center(key) = audience {
            let key = i64::from(key);
            let own = Test::Between { low: Some(key), below: Some(key + 1), scale: 0 };
            let own = Filter::Test(catalog.roles().center, own);
            select.filter = Filter::All(vec![own, select.filter]);
        }
        let mut panels: Vec<Panel> = Vec::new();
        let mut layers = Vec::new();
        for query in queries {
            let total = plan::layer(catalog, query, true, &mut panels);
            let broken = !query.by().is_empty();
            let cells = broken.then(|| plan::layer(catalog, query, false, &mut panels));
            layers.push((total, cells));
        }
        let found = plan::Found::new(self.store.answer(&select, &panels)?);
        let mut out = Vec::new();
        for (total, cells) in layers {
            let of = |layer: &plan::Layer| layer.tallies(catalog, &found, self.as_of);
            let Some(total) = of(&total).pop() else { continue };
            let cells = cells.as_ref().map_or(Vec::new(), of);
            if cells.len() > MOST_CELLS {
                return Err(AnswerError::Cells(cells.len()));
            }
            out.push(Counted { total, cells });
        }
        Ok(out)
    }

    /// Makes of the counts what this audience may see.
    fn show(
        &self,
        query: &Query,
        counted: &Counted,
        audience: Audience,
        grids: &Grids,
    ) -> Result<Outcome, AnswerError> {
        let catalog = self.catalog;
        let protector = audience
            .guard()
            .map(|guard| Protector::new(*self, query, guard, audience == Audience::Member, grids))
            .transpose()?;
        let row = |tally: &Tally| {
            let (count, values) = match &protector {
                Some(protector) => protector.row(tally)?,
                None => (Shown::Value(tally.units), self.open(query, tally)),
            };
            Ok::<_, AnswerError>(self.row(query, tally, count, values))
        };
        let total = row(&counted.total)?;
        let cells = counted.cells.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        Ok(Outcome {
            query: query.clone(),
            question: query.text().to_owned(),
            unit: query.unit().name(),
            population: query.population(catalog),
            as_of: self.as_of,
            version: self.version.to_owned(),
            dimensions: words::dimensions(catalog, query),
            measures: words::measures(catalog, query),
            total,
            cells,
        })
    }

    /// Everything, for whom nothing is hidden.
    fn open(&self, query: &Query, tally: &Tally) -> Vec<Shown<Figure>> {
        let figure = |(measure, tallied)| {
            Shown::Value(derive::figure(self.catalog, query, measure, tallied, tally.units))
        };
        query.measures().iter().zip(&tally.counts).map(figure).collect()
    }

    fn row(
        &self,
        query: &Query,
        tally: &Tally,
        count: Shown<u64>,
        values: Vec<Shown<Figure>>,
    ) -> Row {
        let (slots, labels) = query
            .by()
            .iter()
            .zip(&tally.key)
            .map(|(by, slot)| words::slot(self.catalog, by, *slot))
            .unzip();
        Row { key: tally.key.clone(), slots, labels, count, values }
    }
}
