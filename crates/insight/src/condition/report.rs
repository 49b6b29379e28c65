//! The numbers of a condition's page, from one state of the data.

use base::Instant;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::answer::{Audience, Figure, Row, Shown, followed};
use crate::api::{AskError, Current, Insight};
use crate::condition::file::{self, Condition, Fault};
use crate::figure::Book;
use crate::query::{Breakdown, Catalog, Clause, Days, Draft, Measure, Query, Unit};
use crate::report::{About, Asker, Block, Cell, Found, Line, units};

/// How every condition is counted.
#[derive(Debug, Clone)]
pub(super) struct Method {
    ended: Vec<Clause>,
    died: Vec<String>,
    curve: String,
    by: Breakdown,
    by_label: String,
    states: Vec<(String, Vec<Clause>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MethodFile {
    ended: Vec<Spanned<String>>,
    died: Vec<String>,
    curve: String,
    by: Spanned<String>,
    state: Vec<StateFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    label: String,
    #[serde(rename = "where")]
    clauses: Vec<Spanned<String>>,
}

impl Method {
    pub(super) fn shipped(catalog: &Catalog) -> Result<Self, Fault> {
        let text = include_str!("../../data/conditions/method.toml");
        let wrong = |(at, problem): (usize, String)| Fault {
            file: "method.toml".to_owned(),
            line: text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1,
            problem,
        };
        let read: MethodFile = toml::from_str(text).map_err(|error| {
            wrong((error.span().map_or(0, |span| span.start), error.message().to_owned()))
        })?;
        let at = read.by.span().start;
        let by = Query::parse(catalog, &format!("by={}", read.by.get_ref()))
            .map_err(|error| wrong((at, error.to_string())))?;
        let [by] = by.by() else { return Err(wrong((at, "one breakdown is needed".to_owned()))) };
        let states = read
            .state
            .iter()
            .map(|state| Ok((state.label.clone(), file::clauses(catalog, &state.clauses)?)));
        let method = Self {
            ended: file::clauses(catalog, &read.ended).map_err(wrong)?,
            died: read.died,
            curve: read.curve,
            by: by.clone(),
            by_label: catalog.ask(by.column()).map_or(String::new(), |ask| ask.label.clone()),
            states: states.collect::<Result<_, _>>().map_err(wrong)?,
        };
        // what holds {days} is read for each condition; here it shows whether it can be
        method
            .died(catalog, 90)
            .and_then(|_| method.curve(catalog, 90))
            .map_err(|error| wrong((0, error.to_string())))?;
        Ok(method)
    }

    fn died(&self, catalog: &Catalog, days: u16) -> Result<Vec<Clause>, AskError> {
        let texts = self.died.iter().map(|text| text.replace("{days}", &days.to_string()));
        texts.map(|text| Clause::parse(catalog, &text).map_err(AskError::Query)).collect()
    }

    fn curve(&self, catalog: &Catalog, days: u16) -> Result<Vec<Measure>, AskError> {
        let text = self.curve.replace("{days}", &days.to_string());
        let query = Query::parse(catalog, &format!("measure={text}"))?;
        Ok(query.measures().to_vec())
    }
}

/// One of the nested sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetCount {
    /// A, B or C.
    pub key: &'static str,
    /// Its name.
    pub label: String,
    /// Who belongs to it.
    pub definition: String,
    /// How many.
    pub count: Cell,
}

/// A number in front of everything else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: Cell,
    /// A few words below it.
    pub note: String,
}

/// Deaths in hospital among the followed-up runs, or why there is no ratio.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Mortality {
    /// It may be told.
    Ratio {
        /// Deaths in hospital within the follow-up.
        deaths: u64,
        /// Runs that were followed up.
        of: u64,
        /// Percent.
        percent: f64,
        /// Lower limit, Wilson 95 %.
        low: f64,
        /// Upper limit.
        high: f64,
    },
    /// Too few runs have been followed up.
    TooEarly {
        /// In words.
        why: String,
    },
    /// It may not be shown.
    NotShown {
        /// In words.
        why: String,
    },
}

/// Cumulative incidence of death in hospital at the end of the follow-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incidence {
    /// Percent.
    pub percent: f64,
    /// 95 % limits.
    pub limits: Option<[f64; 2]>,
    /// Number observed.
    pub observed: u64,
    /// Without a date.
    pub missing: u64,
}

/// One value in the table of factors.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FactorCell {
    /// Median, mean, or share in percent.
    pub value: Option<f64>,
    /// Quartiles.
    pub quartiles: Option<[f64; 2]>,
    /// Those with the property, of a share.
    pub count: Option<u64>,
    /// Number observed.
    pub observed: Option<u64>,
    /// Why it is not shown.
    pub hidden: Option<String>,
}

/// One row of the table of factors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactorRow {
    /// What it is.
    pub label: String,
    /// In all confirmed cases.
    pub all: FactorCell,
    /// In the cohort, if there is one.
    pub cohort: Option<FactorCell>,
}

/// The numbers of a condition.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Key of the condition.
    pub key: String,
    /// Its name.
    pub title: String,
    /// What stands beside every number.
    pub about: About,
    /// Days of follow-up.
    pub follow_up_days: u16,
    /// Last day of ECLS start of the followed-up runs.
    pub followed_up_to: String,
    /// The numbers in front.
    pub tiles: Vec<Tile>,
    /// The nested sets.
    pub sets: Vec<SetCount>,
    /// Deaths among the followed-up.
    pub mortality: Mortality,
    /// Beside it: cumulative incidence in all confirmed cases.
    pub incidence: Option<Incidence>,
    /// States of the stay by chapter.
    pub chapters: Block,
    /// Factors before ECLS.
    pub factors: Vec<FactorRow>,
    /// Runs in the cohort.
    pub cohort: Option<Cell>,
    /// Answers for the panels, in their order.
    #[serde(skip)]
    pub(super) panels: Vec<(String, Found)>,
}

/// What a condition is asked within.
#[derive(Debug, Clone, Copy)]
pub(super) struct Within<'w> {
    pub(super) unit: Unit,
    pub(super) filters: &'w [Clause],
}

/// Questions in the making.
struct Asked<'w> {
    within: Within<'w>,
    drafts: Vec<Draft>,
}

impl Asked<'_> {
    fn push(&mut self, sets: &[&[Clause]], by: Vec<Breakdown>, measures: Vec<Measure>) {
        let mut clauses = self.within.filters.to_vec();
        clauses.extend(sets.iter().flat_map(|set| set.iter().cloned()));
        self.drafts.push(Draft { unit: self.within.unit, clauses, by, measures });
    }
}

/// Asks all that the page of a condition needs.
pub(super) fn report(
    insight: &Insight,
    current: &Current,
    method: &Method,
    panels: &Book,
    condition: &Condition,
    within: Within<'_>,
    audience: Audience,
) -> Result<Report, AskError> {
    let catalog = insight.catalog();
    let days = condition.follow_up_days;
    let until = followed(current.as_of, days);
    let start = catalog.roles().start;
    let followed_up = [Clause::Date { column: start, days: Days { from: None, to: Some(until) } }];
    let cases = condition.cases();
    let set = condition.confirmed();
    let died = method.died(catalog, days)?;
    let by = || vec![method.by.clone()];
    let mut asked = Asked { within, drafts: Vec::new() };
    asked.push(&[cases], Vec::new(), Vec::new());
    asked.push(&[set], by(), Vec::new());
    asked.push(&[set, &method.ended], Vec::new(), Vec::new());
    asked.push(&[set, &followed_up], Vec::new(), Vec::new());
    asked.push(&[set, &followed_up, &died], Vec::new(), Vec::new());
    asked.push(&[set], Vec::new(), method.curve(catalog, days)?);
    let first_state = asked.drafts.len();
    for (_, state) in &method.states {
        asked.push(&[set, state], by(), Vec::new());
    }
    let first_factor = asked.drafts.len();
    let cohort = condition.cohort.as_ref().map(|cohort| &*cohort.clauses);
    for group in [Some(&[][..]), cohort].into_iter().flatten() {
        asked.push(&[set, group], Vec::new(), Vec::new());
        for factor in &condition.factors {
            asked.push(&[set, group, &factor.among], Vec::new(), vec![factor.measure.clone()]);
        }
    }
    let first_panel = asked.drafts.len();
    let figures = condition.panels.iter().filter_map(|key| panels.figure(key));
    let keys: Vec<String> = figures.clone().map(|figure| figure.key.clone()).collect();
    for figure in figures {
        asked.push(&[set], figure.query.by().to_vec(), figure.query.measures().to_vec());
    }
    let mut found = Asker { insight, current, audience }.ask(asked.drafts)?;
    let panels = keys.into_iter().zip(found.split_off(first_panel)).collect();
    let factors = found.split_off(first_factor);
    let states = found.split_off(first_state);
    let count = |at: usize| units(found.get(at));
    let followed_up_to = day(until);
    let mortality = mortality(condition, &count(3), &count(4));
    let sets = sets(condition, &followed_up_to, [count(1), count(2), count(3)]);
    let tiles = tiles(condition, &followed_up_to, &mortality, [count(0), count(1), count(3)]);
    let population = told(catalog, within, set);
    Ok(Report {
        key: condition.key.clone(),
        title: condition.title.clone(),
        about: About::new(current, population),
        follow_up_days: days,
        followed_up_to,
        tiles,
        sets,
        mortality,
        incidence: found.get(5).and_then(at_the_end),
        chapters: chapters(method, found.get(1), &states),
        factors: factor_rows(condition, &factors),
        cohort: cohort.map(|_| units(factors.get(condition.factors.len() + 1))),
        panels,
    })
}

fn told(catalog: &Catalog, within: Within<'_>, set: &[Clause]) -> String {
    let clauses = within.filters.iter().chain(set).cloned().collect();
    let draft = Draft { unit: within.unit, clauses, ..Draft::default() };
    Query::new(catalog, draft, &crate::query::Limits::USUAL).map_or_else(
        |_| "nobody: the filters leave nothing".to_owned(),
        |it| it.population(catalog),
    )
}

/// A day in words.
fn day(number: i32) -> String {
    let at = Instant::from_micros(i64::from(number).saturating_mul(86_400_000_000));
    crate::figure::day(at)
}

fn mortality(condition: &Condition, of: &Cell, deaths: &Cell) -> Mortality {
    let days = condition.follow_up_days;
    let few = condition.too_few;
    match (of, deaths) {
        (Cell::Count(of), _) if *of < few.max(1) => Mortality::TooEarly {
            why: format!(
                "{of} confirmed runs started at least {days} days ago; a ratio is told from {few} on"
            ),
        },
        (Cell::Count(of), Cell::Count(deaths)) => {
            let Some(share) = stats::Proportion::new(*deaths, *of) else {
                return Mortality::NotShown { why: "the counts contradict each other".to_owned() };
            };
            let interval = share.wilson(stats::Level::P95);
            Mortality::Ratio {
                deaths: *deaths,
                of: *of,
                percent: share.value() * 100.0,
                low: interval.low * 100.0,
                high: interval.high * 100.0,
            }
        }
        (Cell::Count(_), other) | (other, _) if *other == Cell::Nothing => {
            Mortality::TooEarly { why: "nothing was counted yet".to_owned() }
        }
        (Cell::Hidden(why), _) | (_, Cell::Hidden(why)) if why == crate::report::EMPTY => {
            Mortality::TooEarly {
                why: format!("none of these runs started at least {days} days ago"),
            }
        }
        (Cell::Hidden(why), _) | (_, Cell::Hidden(why)) => Mortality::NotShown { why: why.clone() },
        _ => Mortality::NotShown { why: "no number was counted".to_owned() },
    }
}

fn sets(condition: &Condition, up_to: &str, counts: [Cell; 3]) -> Vec<SetCount> {
    let [all, ended, followed] = counts;
    let days = condition.follow_up_days;
    let one =
        |key, label: String, definition: String, count| SetCount { key, label, definition, count };
    vec![
        one(
            "A",
            condition.confirmed_label.clone(),
            "All submitted runs that fulfill the definition, those still on ECLS too.".to_owned(),
            all,
        ),
        one(
            "B",
            "ECLS ended".to_owned(),
            "Runs of set A whose support ended, or that left on ECLS for another hospital."
                .to_owned(),
            ended,
        ),
        one(
            "C",
            format!("Started at least {days} days ago"),
            format!(
                "Runs of set A that started up to {up_to}: the last whole month that ended at least {days} days ago."
            ),
            followed,
        ),
    ]
}

fn tiles(
    condition: &Condition,
    up_to: &str,
    mortality: &Mortality,
    counts: [Cell; 3],
) -> Vec<Tile> {
    let [cases, confirmed, followed] = counts;
    let days = condition.follow_up_days;
    let tile = |label: String, value, note: String| Tile { label, value, note };
    let ratio = format!("In-hospital mortality by day {days}");
    let last = match mortality {
        Mortality::Ratio { deaths, of, percent, low, high } => tile(
            ratio,
            Cell::Percent(*percent),
            format!(
                "{} of {} started at least {days} days ago; 95 % interval {low:.1} to {high:.1} %",
                crate::figure::whole(*deaths),
                crate::figure::whole(*of)
            ),
        ),
        Mortality::TooEarly { why } => tile(
            ratio,
            Cell::Hidden("Too early".to_owned()),
            format!("{why}. See the curve below."),
        ),
        Mortality::NotShown { why } => tile(
            ratio,
            Cell::Hidden("Not shown".to_owned()),
            format!("{why}. See the curve below."),
        ),
    };
    vec![
        tile(condition.cases_label.clone(), cases, "submitted runs".to_owned()),
        tile(condition.confirmed_label.clone(), confirmed, "set A".to_owned()),
        tile(
            format!("Started at least {days} days ago"),
            followed,
            format!("set C: ECLS start up to {up_to}"),
        ),
        last,
    ]
}

/// The value of the first curve where it ends.
fn at_the_end(found: &Found) -> Option<Incidence> {
    let outcome = found.as_ref().ok()?;
    let Figure::Curves { observed, missing, curves } = outcome.total.values.first()?.value()?
    else {
        return None;
    };
    let last = curves.first()?.steps.last()?;
    Some(Incidence {
        percent: last.value * 100.0,
        limits: last.interval.map(|[low, high]| [low * 100.0, high * 100.0]),
        observed: *observed,
        missing: *missing,
    })
}

fn chapters(method: &Method, all: Option<&Found>, states: &[Found]) -> Block {
    let labels = method.states.iter().map(|(label, _)| label.clone());
    let mut block = Block {
        key: "chapters".to_owned(),
        title: format!("Where they stand, by {}", method.by_label.to_lowercase()),
        note: "Every confirmed run stands in exactly one column and one row, so rows and columns add up to their \
               totals. \u{201c}Stay not ended\u{201d}: still on ECLS, still in hospital after it, or discharge not entered."
            .to_owned(),
        labels: vec![method.by_label.clone()],
        heads: labels.chain(["All".to_owned()]).collect(),
        rows: Vec::new(),
        total: None,
        refusal: None,
        questions: Vec::new(),
    };
    let Some(Ok(all)) = all else {
        block.refusal = all.and_then(|all| all.as_ref().err().cloned());
        return block;
    };
    block.questions.push(all.question.clone());
    block.questions.extend(states.iter().flatten().map(|state| state.question.clone()));
    let of = |state: &Found, row: Option<&Row>| match state {
        Err(why) if why == crate::report::EMPTY => Cell::Count(0),
        Err(why) => Cell::Hidden(why.clone()),
        Ok(outcome) => match row {
            None => Cell::from(&outcome.total.count),
            Some(row) => {
                let found = outcome.cells.iter().find(|cell| cell.key == row.key);
                found.map_or(Cell::Count(0), |cell| Cell::from(&cell.count))
            }
        },
    };
    let line = |row: Option<&Row>| {
        let counted = row.map_or(&all.total.count, |row| &row.count);
        Line {
            labels: row.map_or_else(|| vec!["All".to_owned()], |row| row.labels.clone()),
            slots: row.map_or_else(|| vec![None], |row| row.slots.clone()),
            cells: states.iter().map(|state| of(state, row)).chain([Cell::from(counted)]).collect(),
        }
    };
    block.rows = all.cells.iter().map(|row| line(Some(row))).collect();
    block.total = Some(line(None));
    block
}

fn factor_rows(condition: &Condition, found: &[Found]) -> Vec<FactorRow> {
    let width = condition.factors.len() + 1;
    let (all, cohort) = found.split_at(width.min(found.len()));
    let rows = condition.factors.iter().zip(all.iter().skip(1)).enumerate();
    rows.map(|(at, (factor, all))| FactorRow {
        label: factor.label.clone(),
        all: factor_cell(all),
        cohort: cohort.get(at + 1).map(factor_cell),
    })
    .collect()
}

fn factor_cell(found: &Found) -> FactorCell {
    let hidden = |why: String| FactorCell { hidden: Some(why), ..FactorCell::default() };
    let outcome = match found {
        Ok(outcome) => outcome,
        Err(why) => return hidden(why.clone()),
    };
    match outcome.total.values.first() {
        Some(Shown::Suppressed(why)) => hidden(why.to_string()),
        Some(Shown::Value(figure)) => match figure {
            Figure::Quantiles { observed, quartiles, .. } => FactorCell {
                value: quartiles.map(|[_, median, _]| median),
                quartiles: quartiles.map(|[low, _, high]| [low, high]),
                observed: Some(*observed),
                ..FactorCell::default()
            },
            Figure::Mean { observed, mean, .. } => {
                FactorCell { value: *mean, observed: Some(*observed), ..FactorCell::default() }
            }
            Figure::Share { count, observed, share, .. } => FactorCell {
                value: share.map(|share| share.value * 100.0),
                count: Some(*count),
                observed: Some(*observed),
                ..FactorCell::default()
            },
            _ => FactorCell::default(),
        },
        None => FactorCell::default(),
    }
}

impl FactorCell {
    /// "58.0 (47.0 to 66.0)", "34.1 % (1,234)".
    pub fn text(&self) -> String {
        if let Some(why) = &self.hidden {
            return crate::report::brief(why);
        }
        match (self.value, self.quartiles, self.count) {
            (Some(value), Some([low, high]), _) => {
                let places = if value.abs() < 10.0 { 2 } else { 1 };
                format!("{value:.places$} ({low:.places$} to {high:.places$})")
            }
            (Some(value), None, Some(count)) => {
                format!("{value:.1} % ({})", crate::figure::whole(count))
            }
            (Some(value), None, None) => format!("{value:.2}"),
            (None, ..) => "none observed".to_owned(),
        }
    }

    /// "1,234 observed".
    pub fn observed_text(&self) -> Option<String> {
        let observed = self.observed.filter(|_| self.hidden.is_none())?;
        Some(format!("{} observed", crate::figure::whole(observed)))
    }

    fn cells(&self) -> [Cell; 5] {
        if let Some(why) = &self.hidden {
            return std::array::from_fn(|_| Cell::Hidden(why.clone()));
        }
        let number = |value: Option<f64>| value.map_or(Cell::Nothing, Cell::Number);
        let whole = |value: Option<u64>| value.map_or(Cell::Nothing, Cell::Count);
        [
            number(self.value),
            number(self.quartiles.map(|[low, _]| low)),
            number(self.quartiles.map(|[_, high]| high)),
            whole(self.count),
            whole(self.observed),
        ]
    }
}

impl Report {
    /// The tables that can be had as CSV: `sets`, `chapters`, `factors`.
    pub fn table(&self, key: &str) -> Option<Block> {
        match key {
            "chapters" => Some(self.chapters.clone()),
            "sets" => Some(self.block(
                "sets",
                vec!["Set".to_owned(), "Name".to_owned()],
                vec!["Runs".to_owned()],
                self.sets.iter().map(|set| Line {
                    labels: vec![set.key.to_owned(), set.label.clone()],
                    slots: Vec::new(),
                    cells: vec![set.count.clone()],
                }),
            )),
            "factors" => {
                let parts = ["value", "lower quartile", "upper quartile", "n", "observed"];
                let has_cohort = self.cohort.is_some();
                let groups = ["All", "Cohort"].into_iter().take(if has_cohort { 2 } else { 1 });
                let heads = groups.flat_map(|group| parts.map(|part| format!("{group}: {part}")));
                let lines = self.factors.iter().map(|row| Line {
                    labels: vec![row.label.clone()],
                    slots: Vec::new(),
                    cells: row
                        .all
                        .cells()
                        .into_iter()
                        .chain(row.cohort.iter().flat_map(FactorCell::cells))
                        .collect(),
                });
                Some(self.block("factors", vec!["Factor".to_owned()], heads.collect(), lines))
            }
            _ => None,
        }
    }

    fn block(
        &self,
        key: &str,
        labels: Vec<String>,
        heads: Vec<String>,
        rows: impl Iterator<Item = Line>,
    ) -> Block {
        Block {
            key: key.to_owned(),
            title: self.title.clone(),
            note: String::new(),
            labels,
            heads,
            rows: rows.collect(),
            total: None,
            refusal: None,
            questions: Vec::new(),
        }
    }
}
