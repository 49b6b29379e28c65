//! The figures for programs.

use serde_json::{Map, Value, json};

use crate::home::definitions::DEFINITIONS;
use crate::home::figures::{AgeGroup, HomeFigures, Outcomes, SupportType};
use crate::home::view::{LEAST_FOR_PERCENT, position};

/// The answer of `GET /api/v1/figures`.
pub(crate) fn document(figures: &HomeFigures) -> Value {
    let all = figures.all_groups();
    let groups: Vec<Value> = figures
        .groups
        .iter()
        .map(|group| row(Some(group.age), Some(group.support), &group.outcomes()))
        .collect();
    let ages: Vec<Value> =
        AgeGroup::ALL.iter().map(|&age| row(Some(age), None, &figures.of_age(age))).collect();
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
        "outcomes": {
            "population": "submitted runs of all years",
            "groups": groups,
            "age_groups": ages,
            "all_groups": row(None, None, &all),
            "ungrouped_runs": figures.ungrouped,
        },
        "definitions": definitions(),
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
    row.insert("survived_ecls".to_owned(), share(of.runs, of.ecls_known, of.survived_ecls));
    row.insert(
        "survived_hospital".to_owned(),
        share(of.runs, of.hospital_known, of.survived_hospital),
    );
    Value::Object(row)
}

/// The percentage has one decimal; it is null when too few outcomes are known.
fn share(runs: u64, known: u64, count: u64) -> Value {
    let percent = position(count, known).filter(|_| known >= LEAST_FOR_PERCENT);
    json!({
        "n": count,
        "known": known,
        "unknown": runs.saturating_sub(known),
        "percent": percent.and_then(|text| text.parse::<f64>().ok()),
    })
}

fn definitions() -> Value {
    let entries =
        DEFINITIONS.iter().map(|each| (each.key.to_owned(), Value::from(each.text))).collect();
    Value::Object(entries)
}
