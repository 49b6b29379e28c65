//! The value itself.

use columns::ColumnRef;
use rust_decimal::Decimal;

use crate::query::catalog::Catalog;
use crate::query::dates::Days;
use crate::query::error::QueryError;
use crate::query::{normal, print};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Unit {
    /// Every run.
    #[default]
    Run,
    /// Of the runs of one course the last in the registry, if it is among those asked about.
    Course,
    /// Of the runs of one patient the last in the registry, if it is among those asked about.
    Patient,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Run, Self::Course, Self::Patient];

    /// As questions write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Course => "course",
            Self::Patient => "patient",
        }
    }

    /// As told to people.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::Course => "ECLS courses",
            Self::Patient => "patients",
        }
    }
}

/// One condition on a run, or on a row of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Clause {
    /// A code (Boolean: 0 no, 1 yes) among these, or no value when `missing`. For several codes: one of them is.
    /// Without codes: no value.
    Among {
        /// The column.
        column: ColumnRef,
        /// Ascending, each once.
        codes: Vec<u16>,
        /// Whether having no value counts too.
        missing: bool,
    },
    /// There is a value.
    Known(ColumnRef),
    /// A number within.
    Number {
        /// The column.
        column: ColumnRef,
        /// Smallest within.
        low: Option<Decimal>,
        /// Largest within, or the first beyond when `exclusive`.
        high: Option<Decimal>,
        /// Whether `high` itself is beyond.
        exclusive: bool,
    },
    /// A day within; a date with time counts by its day.
    Date {
        /// The column.
        column: ColumnRef,
        /// Days within.
        days: Days,
    },
    /// At least one row (none, when `has` is false) for which every condition is true.
    Rows {
        /// The table of rows.
        table: u16,
        /// At least one, or none.
        has: bool,
        /// Conditions on a row.
        clauses: Vec<Clause>,
    },
}

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Breakdown {
    /// By code or yes and no.
    Codes(ColumnRef),
    /// By calendar year of a date.
    Year(ColumnRef),
    /// By calendar month of a date: twelve times the year, plus 0 to 11.
    Month(ColumnRef),
    /// By number: below the first edge, from each edge to below the next, from the last edge on.
    Bands {
        /// The column.
        column: ColumnRef,
        /// Ascending.
        edges: Vec<Decimal>,
    },
}

impl Breakdown {
    /// The column.
    pub const fn column(&self) -> ColumnRef {
        match self {
            Self::Codes(column)
            | Self::Year(column)
            | Self::Month(column)
            | Self::Bands { column, .. } => *column,
        }
    }
}

/// What is measured in each cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Measure {
    /// How many.
    Count,
    /// Of those with a value, the share with one of the codes (Boolean: yes), with its Wilson interval.
    Share {
        /// The column.
        column: ColumnRef,
        /// Which codes; `[1]` for a Boolean.
        codes: Vec<u16>,
    },
    /// Median and quartiles of those with a value.
    Quantiles(ColumnRef),
    /// Mean of those with a value.
    Mean(ColumnRef),
    /// Rows per 1,000 hours on support of all units of the cell, with the exact Poisson interval.
    Rate {
        /// The table of rows.
        table: u16,
        /// Which rows.
        clauses: Vec<Clause>,
    },
    /// Kaplan-Meier estimate of not yet having had the event.
    Survival(Curve),
    /// Cumulative incidence of each event, the others competing with it.
    Incidence(Curve),
    /// Share without a value.
    Missing(ColumnRef),
    /// How many different ones: centers, patients, courses.
    Distinct(ColumnRef),
}

/// A time and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Curve {
    /// Number: time from ECLS start.
    pub time: ColumnRef,
    /// Code or Boolean: what happened then.
    pub event: ColumnRef,
    /// Codes that are events (Boolean: yes); any other known code ends the observation without one.
    pub codes: Vec<u16>,
    /// Where the curve ends.
    pub until: Option<u32>,
}

/// A question before it is checked.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// What is counted.
    pub unit: Unit,
    /// Conditions, all of which hold.
    pub clauses: Vec<Clause>,
    /// Dimensions.
    pub by: Vec<Breakdown>,
    /// What is measured; nothing means the count.
    pub measures: Vec<Measure>,
}

/// How much one question may ask.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Conditions, those on rows included.
    pub clauses: usize,
    /// Codes in one condition.
    pub codes: usize,
    /// Edges of one dimension.
    pub edges: usize,
    /// Measures.
    pub measures: usize,
    /// Cells, as far as it can be known before counting.
    pub cells: u64,
}

impl Limits {
    /// What the program allows everybody.
    pub const USUAL: Self =
        Self { bytes: 4_000, clauses: 16, codes: 300, edges: 40, measures: 12, cells: 20_000 };
    /// Most dimensions.
    pub const DIMENSIONS: usize = 3;
}

/// One question in normal form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    unit: Unit,
    clauses: Vec<Clause>,
    by: Vec<Breakdown>,
    measures: Vec<Measure>,
    text: Box<str>,
}

impl Query {
    /// Checks a question and brings it into normal form.
    pub fn new(catalog: &Catalog, draft: Draft, limits: &Limits) -> Result<Self, QueryError> {
        let Draft { unit, clauses, by, measures } = normal::normal(catalog, draft, limits)?;
        let text = print::text(catalog, unit, &clauses, &by, &measures).into_boxed_str();
        Ok(Self { unit, clauses, by, measures, text })
    }

    /// The same question with more conditions, for instance a page's filters.
    pub fn narrowed(&self, catalog: &Catalog, more: &[Clause]) -> Result<Self, QueryError> {
        let mut draft = self.draft();
        draft.clauses.extend_from_slice(more);
        Self::new(catalog, draft, &Limits::USUAL)
    }

    /// As a draft, to change it.
    pub fn draft(&self) -> Draft {
        Draft {
            unit: self.unit,
            clauses: self.clauses.clone(),
            by: self.by.clone(),
            measures: self.measures.clone(),
        }
    }

    /// What is counted.
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Conditions, all of which hold.
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Dimensions.
    pub fn by(&self) -> &[Breakdown] {
        &self.by
    }

    /// What is measured; at least one.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// The one text of this question.
    pub fn text(&self) -> &str {
        &self.text
    }
}
