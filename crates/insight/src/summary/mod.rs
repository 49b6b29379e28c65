//! The International Summary: all tables of the registry up to a date, counted in runs, courses or patients.
//!
//! Which tables there are is data (`crates/insight/data/summary.toml`). A summary is made of one state of the data, so
//! what is in it belongs together.

mod archive;
mod load;
mod page;
mod sheet;

use base::Instant;
use jiff::civil::Date;
use serde::Serialize;

pub use archive::{ArchiveError, archive};
pub use load::SummaryError;
pub use page::{SummaryPages, routes};
pub use sheet::{SheetError, workbook};

use crate::answer::{Audience, Figure, Outcome, Row, Shown, day_number};
use crate::api::{AskError, Current, Insight};
use crate::query::{Breakdown, Clause, Days, Draft, Limits, Measure, Query, QueryError, Unit};
use crate::report::{About, Asker, Block, Cell, Found, Line, cells, heads};
use crate::summary::load::Plan;

/// What a summary is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Request {
    /// Runs whose ECLS started up to this day; none: all there are.
    pub date: Option<Date>,
    /// What is counted.
    pub unit: Unit,
}

impl Request {
    /// Reads `date=2025-12-31` and `unit=run`.
    pub fn read(pairs: &[(String, String)]) -> Result<Self, QueryError> {
        let mut request = Self::default();
        for (name, value) in pairs {
            match (name.as_str(), value.trim()) {
                (_, "") => {}
                ("date", value) => {
                    let wrong = || QueryError::new(value, "this is no day; write it as 2025-12-31");
                    let date: Date = value.parse().map_err(|_| wrong())?;
                    if value.len() != 10 || !(1900..=2199).contains(&date.year()) {
                        return Err(wrong());
                    }
                    request.date = Some(date);
                }
                ("unit", value) => {
                    let found = Unit::ALL.into_iter().find(|unit| unit.name() == value);
                    request.unit = found.ok_or_else(|| {
                        QueryError::new(value, "the unit is `run`, `course` or `patient`")
                    })?;
                }
                (other, _) => {
                    return Err(QueryError::new(other, "a summary takes `date` and `unit`"));
                }
            }
        }
        Ok(request)
    }

    /// As an address writes it, with its question mark; nothing when nothing is asked for.
    pub fn search(&self) -> String {
        let date = self.date.map(|date| format!("date={date}"));
        let unit = (self.unit != Unit::Run).then(|| format!("unit={}", self.unit.name()));
        let parts: Vec<String> = date.into_iter().chain(unit).collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    /// The date, unless everything there is started up to it.
    fn limit(self, as_of: Instant) -> Option<Date> {
        self.date.filter(|date| *date < as_of.date())
    }
}

/// Units whose outcome is not known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unknown {
    /// Which outcome.
    pub label: String,
    /// How many.
    pub count: Cell,
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// What stands beside every number.
    pub about: About,
    /// What is counted.
    pub unit: &'static str,
    /// The same in words: "runs".
    pub units: &'static str,
    /// Last day of ECLS start.
    pub date: String,
    /// Who is counted, as a rule.
    pub rule: String,
    /// How many in all.
    pub total: Cell,
    /// Those with unknown outcome.
    pub unknown: Vec<Unknown>,
    /// Why there is nothing of it, when nothing is shown.
    pub refusal: Option<String>,
    /// The tables.
    pub blocks: Vec<Block>,
    /// Names of the tables in a workbook, in their order.
    #[serde(skip)]
    sheets: Vec<String>,
}

impl Summary {
    /// A table.
    pub fn block(&self, key: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.key == key)
    }
}

/// Makes summaries.
#[derive(Debug)]
pub struct Summaries {
    plans: Vec<Plan>,
}

impl Summaries {
    /// With the shipped tables.
    pub fn new(insight: &Insight) -> Result<Self, SummaryError> {
        Ok(Self { plans: load::shipped(insight.catalog())? })
    }

    /// The summary of a state of the data for a reader. Blocks while counting.
    pub fn make(
        &self,
        insight: &Insight,
        current: &Current,
        request: Request,
        audience: Audience,
    ) -> Result<Summary, AskError> {
        let catalog = insight.catalog();
        let limit = request.limit(current.as_of);
        let clause = limit.map(|date| Clause::Date {
            column: catalog.roles().start,
            days: Days { from: None, to: Some(day_number(date)) },
        });
        let draft = |by: &[Breakdown], measures: &[Measure]| Draft {
            unit: request.unit,
            clauses: clause.iter().cloned().collect(),
            by: by.to_vec(),
            measures: measures.to_vec(),
        };
        let mut drafts: Vec<Draft> =
            self.plans.iter().map(|it| draft(it.query.by(), it.query.measures())).collect();
        // the groups that parts are parts of
        drafts.extend(self.plans.iter().map(|plan| {
            let by = plan.query.by();
            draft(by.split_last().map_or(&[], |(_, rest)| rest), &[])
        }));
        let mut found = Asker { insight, current, audience }.ask(drafts)?;
        let groups = found.split_off(self.plans.len());
        let each = self.plans.iter().zip(found.iter().zip(&groups));
        let blocks: Vec<Block> =
            each.map(|(plan, (found, group))| block(plan, found, group)).collect();
        let refusal = blocks.iter().all(|block| block.refusal.is_some());
        let refusal = blocks.first().filter(|_| refusal).and_then(|it| it.refusal.clone());
        let date = limit.unwrap_or_else(|| current.as_of.date());
        let first = found.first();
        let population = Query::new(catalog, draft(&[], &[]), &Limits::USUAL)?.population(catalog);
        Ok(Summary {
            about: About::new(current, population),
            unit: request.unit.name(),
            units: request.unit.plural(),
            date: date.to_string(),
            rule: rule(request.unit, date, current.as_of, limit.is_some()),
            total: crate::report::units(first),
            unknown: first.and_then(|it| it.as_ref().ok()).map_or(Vec::new(), |it| unknown(it)),
            refusal,
            blocks,
            sheets: self.plans.iter().map(|plan| plan.sheet.clone()).collect(),
        })
    }
}

fn rule(unit: Unit, date: Date, as_of: Instant, limited: bool) -> String {
    let counted = match unit {
        Unit::Run => "Every run counts; a patient who needs support again counts again",
        Unit::Course => {
            "Runs of one stay that follow each other within 24 hours are one course, described by the last of them; a \
             course counts when that run is included"
        }
        Unit::Patient => {
            "Every patient counts once, described by the last run in the registry; a patient counts when that run is \
             included"
        }
    };
    let until = if limited {
        format!("whose ECLS started on or before {}", date.strftime("%-d %B %Y"))
    } else {
        "whatever the day of ECLS start".to_owned()
    };
    format!(
        "Submitted runs (signed by a named person) {until}, as they stood on {} at {} UTC. Drafts are left out. {counted}.",
        crate::figure::day(as_of),
        as_of.timestamp().strftime("%H:%M")
    )
}

fn unknown(outcome: &Outcome) -> Vec<Unknown> {
    let each = outcome.measures.iter().zip(&outcome.total.values);
    each.filter_map(|(told, value)| {
        let count = match value {
            Shown::Value(Figure::Share { missing, .. }) => Cell::Count(*missing),
            Shown::Suppressed(why) => Cell::Hidden(why.to_string()),
            Shown::Value(_) => return None,
        };
        Some(Unknown { label: told.label.clone(), count })
    })
    .collect()
}

fn block(plan: &Plan, found: &Found, group: &Found) -> Block {
    let mut block = Block {
        key: plan.key.clone(),
        title: plan.title.clone(),
        note: plan.note.clone(),
        labels: Vec::new(),
        heads: Vec::new(),
        rows: Vec::new(),
        total: None,
        refusal: None,
        questions: Vec::new(),
    };
    let outcome = match found {
        Ok(outcome) => outcome,
        Err(why) => {
            block.refusal = Some(why.clone());
            return block;
        }
    };
    block.questions.push(outcome.question.clone());
    block.labels = outcome.dimensions.iter().map(|it| it.label.clone()).collect();
    block.heads = heads(outcome);
    let line = |row: &Row| Line {
        labels: row.labels.clone(),
        slots: row.slots.clone(),
        cells: cells(outcome, row),
    };
    block.rows = outcome.cells.iter().map(line).collect();
    let mut total = line(&outcome.total);
    total.labels = vec!["All".to_owned()];
    block.total = Some(total);
    if plan.part {
        parts(&mut block, outcome, group);
    }
    if plan.running {
        running(&mut block);
    }
    block
}

/// A column behind the count: its share of all units of the group.
fn parts(block: &mut Block, outcome: &Outcome, group: &Found) {
    let of = |row: &Row| -> Cell {
        let Ok(group) = group else { return Cell::Hidden("suppressed".to_owned()) };
        let whole = match row.key.split_last() {
            None | Some((_, [])) => Some(&group.total),
            Some((_, rest)) => group.cells.iter().find(|cell| cell.key == rest),
        };
        match (&row.count, whole.map(|whole| &whole.count)) {
            (Shown::Suppressed(why), _) | (_, Some(Shown::Suppressed(why))) => {
                Cell::Hidden(why.to_string())
            }
            (Shown::Value(part), Some(Shown::Value(whole))) => {
                let share = stats::Proportion::new(*part, *whole);
                share.map_or(Cell::Nothing, |share| Cell::Percent(share.value() * 100.0))
            }
            (Shown::Value(_), None) => Cell::Nothing,
        }
    };
    block.heads.insert(1.min(block.heads.len()), format!("% of {}", outcome.counted().plural()));
    for (line, row) in block.rows.iter_mut().zip(&outcome.cells) {
        line.cells.insert(1.min(line.cells.len()), of(row));
    }
    if let Some(total) = block.total.as_mut() {
        total.cells.insert(1.min(total.cells.len()), of(&outcome.total));
    }
}

/// A column behind the count: the count so far, within each group. It ends where a count is not shown.
fn running(block: &mut Block) {
    block.heads.insert(1.min(block.heads.len()), "Cumulative".to_owned());
    let mut group: Option<Vec<Option<String>>> = None;
    let mut so_far = Some(0_u64);
    for line in &mut block.rows {
        let here: Vec<Option<String>> =
            line.slots.split_last().map_or(Vec::new(), |(_, rest)| rest.to_vec());
        if group.as_ref() != Some(&here) {
            so_far = Some(0);
            group = Some(here);
        }
        let dated = line.slots.last().is_some_and(Option::is_some);
        let count = line.cells.first().and_then(Cell::count);
        let cell = if dated {
            so_far = so_far.zip(count).map(|(sum, count)| sum.saturating_add(count));
            let ended = || Cell::Hidden("ends where a year is not shown".to_owned());
            so_far.map_or_else(ended, Cell::Count)
        } else {
            Cell::Nothing
        };
        line.cells.insert(1.min(line.cells.len()), cell);
    }
    if let Some(total) = block.total.as_mut() {
        let all = total.cells.first().cloned().unwrap_or(Cell::Nothing);
        total.cells.insert(1.min(total.cells.len()), all);
    }
}
