//! Tables made of several answers: what conditions and the summary share.

mod csv;

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::answer::{AnswerError, Audience, Figure, Outcome, Row, Shown};
use crate::api::{AskError, Current, Insight};
use crate::figure::whole;
use crate::query::{Draft, Limits, Query};

/// Longest reason that stands in a cell of a page; files tell every reason whole.
const BRIEF: usize = 21;

/// A reason in a cell of a page.
pub(crate) fn brief(why: &str) -> String {
    if why.chars().count() <= BRIEF { why.to_owned() } else { "not shown".to_owned() }
}

/// One value of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A whole number.
    Count(u64),
    /// A number, shown with one decimal.
    Number(f64),
    /// From 0 to 100.
    Percent(f64),
    /// Not shown, and why.
    Hidden(String),
    /// Nothing was observed.
    Nothing,
}

impl Cell {
    /// As told to people.
    pub fn text(&self) -> String {
        match self {
            Self::Count(count) => whole(*count),
            Self::Number(number) => format!("{number:.1}"),
            Self::Percent(percent) => format!("{percent:.1} %"),
            Self::Hidden(why) => brief(why),
            Self::Nothing => "none observed".to_owned(),
        }
    }

    /// Whether there is a number.
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Number(_) | Self::Percent(_))
    }

    /// The count, if it is one that is shown.
    pub const fn count(&self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(*count),
            _ => None,
        }
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => to.serialize_u64(*count),
            Self::Number(number) | Self::Percent(number) => to.serialize_f64(*number),
            Self::Hidden(why) => {
                use serde::ser::SerializeMap as _;
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("suppressed", why)?;
                map.end()
            }
            Self::Nothing => to.serialize_none(),
        }
    }
}

impl From<&Shown<u64>> for Cell {
    fn from(shown: &Shown<u64>) -> Self {
        match shown {
            Shown::Value(count) => Self::Count(*count),
            Shown::Suppressed(why) => Self::Hidden(why.to_string()),
        }
    }
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// What the row is about, a word for each label column.
    pub labels: Vec<String>,
    /// The same as questions write it; none for missing.
    pub slots: Vec<Option<String>>,
    /// One value for each head.
    pub cells: Vec<Cell>,
}

/// One table with all that must stand beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// In addresses.
    pub key: String,
    /// What it shows.
    pub title: String,
    /// How it is counted, and caveats.
    pub note: String,
    /// Names of the columns that say what a row is about.
    pub labels: Vec<String>,
    /// Names of the columns of values.
    pub heads: Vec<String>,
    /// The rows.
    pub rows: Vec<Line>,
    /// All rows together.
    pub total: Option<Line>,
    /// Why nothing of it is shown.
    pub refusal: Option<String>,
    /// The questions behind it.
    pub questions: Vec<String>,
}

impl Block {
    /// The table as CSV (RFC 4180). The last columns say of each row what it is: population or questions, as-of time
    /// and version.
    pub fn csv(&self, about: &About) -> String {
        csv::text(self, about)
    }

    /// The rows of one group (the first labels, as questions write them), without those labels.
    pub fn group(&self, slots: &[&str]) -> Vec<Line> {
        let is_in = |line: &&Line| {
            let held = line.slots.iter().map(Option::as_deref);
            line.slots.len() >= slots.len()
                && held.zip(slots).all(|(held, wanted)| held == Some(*wanted))
        };
        let rest = |line: &Line| Line {
            labels: line.labels.iter().skip(slots.len()).cloned().collect(),
            slots: line.slots.iter().skip(slots.len()).cloned().collect(),
            cells: line.cells.clone(),
        };
        self.rows.iter().filter(is_in).map(rest).collect()
    }
}

/// What stands beside every table of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// Who is counted, in words.
    pub population: String,
    /// The moment that the data stand for, in RFC 3339.
    pub as_of: String,
    /// Version of the data.
    pub version: String,
    /// Whether there are invented records among them.
    pub invented: bool,
}

impl About {
    pub(crate) fn new(current: &Current, population: String) -> Self {
        Self {
            population,
            as_of: current.as_of.timestamp().to_string(),
            version: current.version.clone(),
            invented: current.invented,
        }
    }
}

/// Why a question has no answer whose conditions contradict each other.
pub(crate) const EMPTY: &str = "the filters leave nothing of this";

/// A reason as a sentence of a page.
pub(crate) fn sentence(why: &str) -> String {
    format!("{}.", crate::figure::first_capital(why))
}

/// The answer to one question of a report, or why it is not shown.
pub(crate) type Found = Result<Arc<Outcome>, String>;

/// Asks for one reader from one state of the data.
#[derive(Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) insight: &'a Insight,
    pub(crate) current: &'a Current,
    pub(crate) audience: Audience,
}

impl Asker<'_> {
    /// The answers, each by itself: what may not be shown of one does not hinder the others.
    pub(crate) fn ask(&self, drafts: Vec<Draft>) -> Result<Vec<Found>, AskError> {
        let catalog = self.insight.catalog();
        let queries = drafts.into_iter().map(|it| Query::new(catalog, it, &Limits::USUAL).ok());
        self.ask_each(&queries.collect::<Vec<_>>())
    }

    /// The same of questions; those whose conditions contradict each other are none.
    pub(crate) fn ask_each(&self, queries: &[Option<Query>]) -> Result<Vec<Found>, AskError> {
        let asked: Vec<&Query> = queries.iter().flatten().collect();
        let mut answers = self.insight.ask_each(self.current, &asked, self.audience).into_iter();
        let each = queries.iter().map(|query| {
            if query.is_none() {
                return Ok(Err(EMPTY.to_owned()));
            }
            match answers.next() {
                Some(Ok(outcome)) => Ok(Ok(outcome)),
                Some(Err(AskError::Answer(AnswerError::Refused(why)))) => Ok(Err(why)),
                Some(Err(error)) => Err(error),
                None => Err(AskError::Loading),
            }
        });
        each.collect()
    }
}

/// The units of the whole population of an answer.
pub(crate) fn units(found: Option<&Found>) -> Cell {
    match found {
        Some(Ok(outcome)) => Cell::from(&outcome.total.count),
        Some(Err(why)) => Cell::Hidden(why.clone()),
        None => Cell::Nothing,
    }
}

/// Names of the columns that a measure gives in a report. A count gives one.
pub(crate) fn heads(outcome: &Outcome) -> Vec<String> {
    let mut out = Vec::new();
    for (told, value) in outcome.measures.iter().zip(outcome.query.measures()) {
        use crate::query::Measure;
        // "…, median (quartiles)" and "…, mean" say what each column says again
        let name = told.label.split(", m").next().unwrap_or(&told.label);
        let unit = told.unit.as_ref().map_or(String::new(), |unit| format!(" ({unit})"));
        match value {
            Measure::Count => out.push(crate::figure::first_capital(outcome.counted().plural())),
            Measure::Share { .. } => {
                out.extend(["", ", %", ", unknown"].map(|end| format!("{name}{end}")));
            }
            Measure::Quantiles(_) => {
                let ends = ["median", "lower quartile", "upper quartile", "99th centile"];
                out.extend(ends.map(|end| format!("{name}{unit}: {end}")));
            }
            Measure::Mean(_) => out.push(format!("{name}{unit}: mean")),
            _ => out.push(told.label.clone()),
        }
    }
    out
}

/// The values of a row, as [`heads`] names them.
pub(crate) fn cells(outcome: &Outcome, row: &Row) -> Vec<Cell> {
    use crate::query::Measure;
    let mut out = Vec::new();
    for (measure, value) in outcome.query.measures().iter().zip(&row.values) {
        let width = match measure {
            Measure::Share { .. } => 3,
            Measure::Quantiles(_) => 4,
            _ => 1,
        };
        match value {
            Shown::Suppressed(why) => {
                out.extend((0..width).map(|_| Cell::Hidden(why.to_string())));
            }
            Shown::Value(figure) => out.extend(shown(figure)),
        }
    }
    out
}

fn shown(figure: &Figure) -> Vec<Cell> {
    let number = |value: Option<f64>| value.map_or(Cell::Nothing, Cell::Number);
    let percent = |value: Option<f64>| value.map_or(Cell::Nothing, |it| Cell::Percent(it * 100.0));
    match figure {
        Figure::Count { count } | Figure::Distinct { count } => vec![Cell::Count(*count)],
        Figure::Share { count, missing, share, .. } => vec![
            Cell::Count(*count),
            percent(share.map(|share| share.value)),
            Cell::Count(*missing),
        ],
        Figure::Quantiles { quartiles, centile_99, .. } => {
            let at = |place: usize| number(quartiles.and_then(|it| it.get(place).copied()));
            let centile = match centile_99 {
                Some(Shown::Value(value)) => Cell::Number(*value),
                Some(Shown::Suppressed(why)) => Cell::Hidden(why.to_string()),
                None => Cell::Nothing,
            };
            vec![at(1), at(0), at(2), centile]
        }
        Figure::Mean { mean, .. } => vec![number(*mean)],
        Figure::Rate { rate, .. } => vec![number(rate.map(|rate| rate.value))],
        Figure::Missing { share, .. } => vec![percent(*share)],
        Figure::Curves { .. } => vec![Cell::Nothing],
    }
}
