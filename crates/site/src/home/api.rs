//! The figures for programs.

use serde_json::{Map, Value, json};

use crate::home::definitions::DEFINITIONS;
use crate::home::figures::{AgeGroup, HomeFigures, OutcomeTable, Outcomes, SupportType, Survival};
use crate::home::view::{LEAST_FOR_PERCENT, position};

/// The answer of `GET /api/v1/figures`.
pub(crate) fn document(figures: &HomeFigures) -> Value {
    json!({
        "as_of": figures.as_of.timestamp().to_string(),
        "population": "all centers of this registry; withdrawn runs are not counted",
        "invented_runs": figures.invented,
        "centers": figures.centers,
        "total_submitted_cases": figures.total_submitted,
        "this_year": {
            "year": figures.year,
            "cases": figures.cases_this_year,
            "submitted_cases": figures.submitted_this_year,
            "drafts": figures.cases_this_year.saturating_sub(figures.submitted_this_year),
        },
        "drafts": figures.drafts,
        "outcomes": figures.outcomes.as_ref().map(table),
        "definitions": definitions(),
    })
}

fn table(table: &OutcomeTable) -> Value {
    let groups: Vec<Value> = table
        .groups
        .iter()
        .map(|group| row(Some(group.age), Some(group.support), &group.shown))
        .collect();
    let ages: Vec<Value> = table.by_age().map(|(age, sum, _)| row(Some(age), None, sum)).collect();
    json!({
        "as_of": table.as_of.timestamp().to_string(),
        "population": "submitted runs of all years; null is not shown, so that no small group can be read from it",
        "groups": groups,
        "age_groups": ages,
        "all_groups": row(None, None, &table.all),
        "ungrouped_runs": table.ungrouped,
    })
}

fn row(age: Option<AgeGroup>, support: Option<SupportType>, of: &Outcomes) -> Value {
    let mut row = Map::new();
    if let Some(age) = age {
        row.insert("age_group".to_owned(), json!(age));
    }
    if let Some(support) = support {
        row.insert("support_type".to_owned(), json!(support));
    }
    row.insert("runs".to_owned(), json!(of.runs));
    row.insert("survived_ecls".to_owned(), of.ecls.as_ref().map_or(Value::Null, share));
    row.insert("survived_hospital".to_owned(), of.hospital.as_ref().map_or(Value::Null, share));
    Value::Object(row)
}

/// The percentage has one decimal; it is null when too few outcomes are known.
fn share(of: &Survival) -> Value {
    let percent = position(of.survived, of.known).filter(|_| of.known >= LEAST_FOR_PERCENT);
    json!({
        "n": of.survived,
        "known": of.known,
        "unknown": of.unknown,
        "percent": percent.and_then(|text| text.parse::<f64>().ok()),
    })
}

fn definitions() -> Value {
    let entries =
        DEFINITIONS.iter().map(|each| (each.key.to_owned(), Value::from(each.text))).collect();
    Value::Object(entries)
}
