//! What the home page shows: the counters as they are now, and the nine groups as everybody may see them.

use std::sync::Arc;

use anyhow::Context as _;
use insight::answer::{Audience, Figure, Outcome, Row, Shown};
use insight::api::{AskError, Current, Insight};
use insight::query::Query;
use registry::{Figures, Registry};
use site::BoxError;
use site::home::{
    AgeGroup, HomeFigures, HomeSource, OutcomeGroup, OutcomeTable, Outcomes, SupportType, Survival,
};

const MEASURES: &str =
    "measure=count;measure=share(dv_survived_ecls);measure=share(dv_survived_hospital)";

/// The counters come from the registry at once: they are totals that nothing else is known of. The groups are answers
/// of `insight`, from the same state and with the same cells hidden as on the dashboard (ADR 29).
pub(super) fn source(registry: Registry, insight: Insight) -> anyhow::Result<HomeSource> {
    let ask = |by: &str| {
        Query::parse(insight.catalog(), &format!("{by}{MEASURES}"))
            .context("reading the questions of the home page")
    };
    let (groups, ages) = (ask("by=age_group;by=support_type;")?, ask("by=age_group;")?);
    Ok(Arc::new(move || -> Result<HomeFigures, BoxError> {
        let counted = registry.figures()?;
        let outcomes = match insight.current() {
            Some(current) => table(&insight, &current, &groups, &ages)?,
            None => None,
        };
        Ok(figures(&counted, outcomes))
    }))
}

/// The table; none where nothing at all may be shown.
fn table(
    insight: &Insight,
    current: &Current,
    groups: &Query,
    ages: &Query,
) -> Result<Option<OutcomeTable>, AskError> {
    let answers = insight.ask_of(current, &[groups, ages], Audience::Public)?;
    let [groups, ages] = answers.as_slice() else { return Ok(None) };
    let mut table = OutcomeTable {
        as_of: current.as_of,
        all: shown(&groups.total),
        ages: AgeGroup::ALL.iter().map(|age| of(ages, &[age_name(*age)])).collect(),
        ungrouped: rest(groups),
        ..OutcomeTable::empty(current.as_of)
    };
    for OutcomeGroup { age, support, shown } in &mut table.groups {
        *shown = of(groups, &[age_name(*age), support_name(*support)]);
    }
    Ok(Some(table))
}

/// A cell that is not in the answer has no runs.
fn of(answer: &Outcome, place: &[&str]) -> Outcomes {
    let there =
        |row: &&Row| row.slots.iter().map(Option::as_deref).eq(place.iter().map(|it| Some(*it)));
    answer.cells.iter().find(there).map_or(Outcomes::EMPTY, shown)
}

/// Runs without age group or support type.
fn rest(answer: &Outcome) -> Option<u64> {
    let without = answer.cells.iter().filter(|row| row.slots.contains(&None));
    without.map(|row| row.count.value().copied()).sum()
}

fn shown(row: &Row) -> Outcomes {
    let share = |at: usize| match row.values.get(at).and_then(Shown::value) {
        Some(&Figure::Share { count, observed, missing, .. }) => {
            Some(Survival { survived: count, known: observed, unknown: missing })
        }
        _ => None,
    };
    Outcomes { runs: row.count.value().copied(), ecls: share(1), hospital: share(2) }
}

fn figures(counted: &Figures, outcomes: Option<OutcomeTable>) -> HomeFigures {
    HomeFigures {
        as_of: counted.as_of,
        year: counted.year,
        total_submitted: counted.submitted,
        cases_this_year: counted.started_this_year,
        submitted_this_year: counted.submitted_this_year,
        outcomes,
        centers: counted.centers,
        drafts: counted.drafts,
        invented: counted.invented,
    }
}

/// As questions name it.
const fn age_name(age: AgeGroup) -> &'static str {
    match age {
        AgeGroup::Neonate => "neonate",
        AgeGroup::Pediatric => "pediatric",
        AgeGroup::Adult => "adult",
    }
}

/// As questions name it.
const fn support_name(support: SupportType) -> &'static str {
    match support {
        SupportType::Pulmonary => "pulmonary",
        SupportType::Cardiac => "cardiac",
        SupportType::Ecpr => "ecpr",
    }
}
