//! The numbers of a condition's page, from one state of the data.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `method` | how every condition is counted, read from a file |
//! | `sets` | the three nested sets, and the numbers in front |
//! | `mortality` | the ratio of deaths, or why there is none; the curve |
//! | `states` | where the patients stand, by chapter |
//! | `factors` | factors before ECLS |
//! | `check` | every total equals the sum of its parts, or there is no page |
//! | `tables` | tables as files |

mod check;
mod factors;
mod method;
mod mortality;
mod sets;
mod states;
mod tables;

use base::Instant;
use serde::Serialize;

use self::factors::factor_rows;
pub(super) use self::method::Method;
use self::mortality::{at_the_end, mortality};
use self::sets::{sets, tiles};
use self::states::chapters;

pub use factors::{FactorCell, FactorRow};
pub use mortality::{Incidence, Mortality};
pub use sets::{SetCount, Tile};

use crate::answer::{AnswerError, followed};
use crate::api::AskError;
use crate::condition::file::{Condition, Factor};
use crate::figure::{Book, Figure};
use crate::query::{Breakdown, Catalog, Clause, Days, Draft, Limits, Measure, Query, Unit};
use crate::report::{About, Asker, Block, Cell, Found, units};

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

/// The questions behind a page, in the order in which they are asked, and where each kind begins.
struct Questions {
    drafts: Vec<Draft>,
    states: usize,
    factors: usize,
    panels: usize,
}

/// The first questions, by their place.
const CASES: usize = 0;
const CONFIRMED: usize = 1;
const ENDED: usize = 2;
const FOLLOWED: usize = 3;
const DIED: usize = 4;
const CURVE: usize = 5;

fn questions(
    catalog: &Catalog,
    method: &Method,
    condition: &Condition,
    panels: &[&Figure],
    within: Within<'_>,
    until: i32,
) -> Result<Questions, AskError> {
    let days = condition.follow_up_days;
    let start = catalog.roles().start;
    let followed_up = [Clause::Date { column: start, days: Days { from: None, to: Some(until) } }];
    let set = condition.confirmed();
    let ask = |sets: &[&[Clause]], by: &[Breakdown], measures: &[Measure]| {
        let mut clauses = within.filters.to_vec();
        clauses.extend(sets.iter().flat_map(|set| set.iter().cloned()));
        Draft { unit: within.unit, clauses, by: by.to_vec(), measures: measures.to_vec() }
    };
    let by = std::slice::from_ref(&method.by);
    // in the order of the constants above
    let mut drafts = vec![
        ask(&[condition.cases()], &[], &[]),
        ask(&[set], by, &[]),
        ask(&[set, &method.ended], &[], &[]),
        ask(&[set, &followed_up], &[], &[]),
        ask(&[set, &followed_up, &method.died(catalog, days)?], &[], &[]),
        ask(&[set], &[], &method.curve(catalog, days)?),
    ];
    let states = drafts.len();
    drafts.extend(method.states.iter().map(|state| ask(&[set, &state.clauses], by, &[])));
    let factors = drafts.len();
    let cohort = condition.cohort.as_ref().map(|cohort| &*cohort.clauses);
    for group in [Some(&[][..]), cohort].into_iter().flatten() {
        drafts.push(ask(&[set, group], &[], &[]));
        let measured = |factor: &Factor| {
            ask(&[set, group, &factor.among], &[], std::slice::from_ref(&factor.measure))
        };
        drafts.extend(condition.factors.iter().map(measured));
    }
    let first_panel = drafts.len();
    let panel = |figure: &&Figure| ask(&[set], figure.query.by(), figure.query.measures());
    drafts.extend(panels.iter().map(panel));
    Ok(Questions { drafts, states, factors, panels: first_panel })
}

/// Asks all that the page of a condition needs.
pub(super) fn report(
    asker: Asker<'_>,
    method: &Method,
    panels: &Book,
    condition: &Condition,
    within: Within<'_>,
) -> Result<Report, AskError> {
    let catalog = asker.insight.catalog();
    let until = followed(asker.current.as_of, condition.follow_up_days);
    let figures: Vec<&Figure> =
        condition.panels.iter().filter_map(|key| panels.figure(key)).collect();
    let questions = questions(catalog, method, condition, &figures, within, until)?;
    let mut found = asker.ask(questions.drafts)?;
    let panels = found.split_off(questions.panels);
    let factors = found.split_off(questions.factors);
    let states = found.split_off(questions.states);
    let count = |at: usize| units(found.get(at));
    let followed_up_to = day(until);
    let mortality = mortality(condition, &count(FOLLOWED), &count(DIED));
    let numbers = [count(CONFIRMED), count(ENDED), count(FOLLOWED)];
    let in_front = [count(CASES), count(CONFIRMED), count(FOLLOWED)];
    let cohort = condition.cohort.as_ref();
    let report = Report {
        key: condition.key.clone(),
        title: condition.title.clone(),
        about: About::new(asker.current, told(catalog, within, condition.confirmed())),
        follow_up_days: condition.follow_up_days,
        tiles: tiles(condition, &followed_up_to, &mortality, in_front),
        sets: sets(condition, &followed_up_to, numbers),
        followed_up_to,
        mortality,
        incidence: found.get(CURVE).and_then(at_the_end),
        chapters: chapters(method, found.get(CONFIRMED), &states),
        factors: factor_rows(condition, &factors),
        cohort: cohort.map(|_| units(factors.get(condition.factors.len() + 1))),
        panels: figures.into_iter().map(|figure| figure.key.clone()).zip(panels).collect(),
    };
    check::check(&report, method).map_err(AnswerError::Contradiction)?;
    Ok(report)
}

fn told(catalog: &Catalog, within: Within<'_>, set: &[Clause]) -> String {
    let clauses = within.filters.iter().chain(set).cloned().collect();
    let draft = Draft { unit: within.unit, clauses, ..Draft::default() };
    Query::new(catalog, draft, &Limits::USUAL).map_or_else(
        |_| "nobody: the filters leave nothing".to_owned(),
        |it| it.population(catalog),
    )
}

/// A day in words.
fn day(number: i32) -> String {
    let at = Instant::from_micros(i64::from(number).saturating_mul(86_400_000_000));
    crate::figure::day(at)
}
