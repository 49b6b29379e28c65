//! The answer to a question: cells with what may be shown of them.

use std::borrow::Cow;

use base::Instant;
use columns::Slot;
use serde::Serialize;

use crate::query::{Query, Unit};

/// An answer with all that must stand beside it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The question.
    #[serde(skip)]
    pub query: Query,
    /// The question's one text.
    pub question: String,
    /// What is counted.
    pub unit: &'static str,
    /// Who was counted, in words.
    pub population: String,
    /// The moment that the data stand for.
    #[serde(serialize_with = "instant")]
    pub as_of: Instant,
    /// Version of the data: the same version gives the same answer.
    pub version: String,
    /// One for each breakdown.
    pub dimensions: Vec<Dimension>,
    /// One for each measure.
    pub measures: Vec<Measured>,
    /// The whole population.
    pub total: Row,
    /// Cells with at least one unit, in order of their keys.
    pub cells: Vec<Row>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn instant<S: serde::Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.timestamp().to_string())
}

/// One breakdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dimension {
    /// As the question writes it.
    pub key: String,
    /// In words.
    pub label: String,
    /// Whether a unit can stand in several cells, so that cells add up to more than the total.
    pub overlapping: bool,
}

/// One measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// As the question writes it.
    pub key: String,
    /// In words.
    pub label: String,
    /// Unit of its values; none for counts and shares.
    pub unit: Option<String>,
    /// How it is counted.
    pub definition: String,
}

/// One cell, or the total.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Its place in each dimension, as the store gives it.
    #[serde(skip)]
    pub key: Vec<Slot>,
    /// Its place as questions write it; none for missing.
    pub slots: Vec<Option<String>>,
    /// Its place in words.
    pub labels: Vec<String>,
    /// Units in it.
    pub count: Shown<u64>,
    /// One for each measure.
    pub values: Vec<Shown<Figure>>,
}

/// A value, or why it is not shown. Nothing is worked out from what is not shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown<T> {
    /// It may be shown.
    Value(T),
    /// It is not, and this is why: "suppressed (n < 5)".
    Suppressed(Cow<'static, str>),
}

impl<T> Shown<T> {
    /// The value, if it may be shown.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Suppressed(_) => None,
        }
    }
}

/// An estimate with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

/// What a measure found in a cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    /// Units.
    Count {
        /// How many.
        count: u64,
    },
    /// A share of those observed; unknown ones are outside of it.
    Share {
        /// With the property.
        count: u64,
        /// Number observed: with a value.
        observed: u64,
        /// Without a value.
        missing: u64,
        /// The share from 0 to 1 with its Wilson interval; none when nothing was observed.
        share: Option<Estimate>,
    },
    /// Median and quartiles.
    Quantiles {
        /// Number observed.
        observed: u64,
        /// Without a value.
        missing: u64,
        /// Lower quartile, median, upper quartile.
        quartiles: Option<[f64; 3]>,
        /// The value that 99 of 100 do not exceed. Public only when enough lie above it.
        centile_99: Option<Shown<f64>>,
    },
    /// Mean.
    Mean {
        /// Number observed.
        observed: u64,
        /// Without a value.
        missing: u64,
        /// The mean.
        mean: Option<f64>,
    },
    /// Rows per 1,000 hours.
    Rate {
        /// Rows.
        events: u64,
        /// Hours of all units whose hours are known.
        hours: f64,
        /// Number observed: units whose hours are known.
        observed: u64,
        /// Units whose hours are not known; their rows do not count.
        missing: u64,
        /// Per 1,000 hours with the exact Poisson interval; none without hours.
        rate: Option<Estimate>,
    },
    /// Curves over time: one for survival, one for each event for incidence.
    Curves {
        /// Number observed: with a time and a known end.
        observed: u64,
        /// Without.
        missing: u64,
        /// The curves.
        curves: Vec<CurveFigure>,
    },
    /// Share without a value.
    Missing {
        /// Without a value.
        count: u64,
        /// Number observed: with a value.
        observed: u64,
        /// The share from 0 to 1; none without units.
        share: Option<f64>,
    },
    /// How many different ones.
    Distinct {
        /// How many.
        count: u64,
    },
}

/// A step curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurveFigure {
    /// The event as the question writes it; none for survival, whose events are taken together.
    pub event: Option<String>,
    /// In words.
    pub label: String,
    /// Where it begins: 1 for survival, 0 for incidence.
    pub start: f64,
    /// How far observation reaches; the curve says nothing beyond.
    pub end: f64,
    /// Its steps, ascending in time.
    pub steps: Vec<Step>,
}

impl CurveFigure {
    /// The curve with steps of at least so many people each, and without the number at risk, whose differences would
    /// tell when single people left.
    pub(crate) fn coarser(mut self, least: u64) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        let mut gathered = 0_u64;
        for mut step in self.steps {
            gathered = gathered.saturating_add(step.events);
            if gathered >= least {
                gathered = 0;
                step.at_risk = None;
                steps.push(step);
            }
        }
        // where the longest stay ended is one person's date
        self.end = steps.last().map_or(0.0, |step| step.time);
        self.steps = steps;
        self
    }
}

/// A step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// When.
    pub time: f64,
    /// Under observation just before; none where it is not shown.
    pub at_risk: Option<u64>,
    /// Events at it.
    #[serde(skip)]
    pub(crate) events: u64,
    /// From here on.
    pub value: f64,
    /// Its 95 % interval; none where it cannot be worked out.
    pub interval: Option<[f64; 2]>,
}

impl Outcome {
    /// What is counted.
    pub const fn counted(&self) -> Unit {
        self.query.unit()
    }
}
