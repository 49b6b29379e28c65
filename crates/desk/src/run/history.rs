//! Every change of a run, its stay and its patient; and two versions of a form beside one another.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use registry::{FormVersion, HistoryStep, PlainChange, RecordInSight, RecordKind};
use serde::Deserialize;
use site::{Problem, SignedIn, Visitor};

use super::in_sight;
use crate::answer::{self, Head};
use crate::{Desk, run};

/// Steps that are shown at once.
const SHOWN: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    form: String,
    a: Option<i64>,
    b: Option<i64>,
    /// Only steps below this place in the chain.
    before: Option<i64>,
}

struct StepView {
    seq: i64,
    at: String,
    who: String,
    channel: String,
    what: String,
    record: &'static str,
    reason: Option<String>,
    /// Key, label and version of forms that had a version before.
    forms: Vec<(String, String, i64)>,
    changes: Vec<PlainChange>,
    told: Vec<String>,
}

#[derive(Template)]
#[template(path = "run/history.html")]
struct Page {
    head: Head,
    address: String,
    key: String,
    run_no: i64,
    steps: Vec<StepView>,
    older: Option<i64>,
}

struct VersionView {
    version: i64,
    words: String,
    is_a: bool,
    is_b: bool,
}

#[derive(Template)]
#[template(path = "run/compare.html")]
struct Compare {
    head: Head,
    address: String,
    key: String,
    run_no: i64,
    form: String,
    label: String,
    versions: Vec<VersionView>,
    a: i64,
    b: i64,
    changes: Vec<PlainChange>,
}

/// Shows the history, or compares.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((center, run)): Path<(String, String)>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let work = move || {
        let Query(asked) = asked.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let record = in_sight(&desk, &visitor, &center, &run)?;
        if asked.form.is_empty() {
            history(&desk, &visitor, &record, asked.before)
        } else {
            compare(&desk, &visitor, &record, &asked)
        }
    };
    answer::blocking(work).await
}

fn history(
    desk: &Desk,
    visitor: &Visitor,
    record: &RecordInSight,
    before: Option<i64>,
) -> Result<Response, Problem> {
    let kinds = [RecordKind::Patient, RecordKind::Hospitalization, RecordKind::Run];
    let records: Vec<_> = kinds.into_iter().filter_map(|kind| record.owner(kind)).collect();
    let found = desk.registry.history_of(&visitor.actor, record.center.id, &records);
    let mut found = found.map_err(|error| answer::problem(error, visitor))?;
    found.retain(|step| before.is_none_or(|before| step.seq < before));
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let summary = run::own(record)?;
    let page = Page {
        head: Head::new(&record.center, visitor, "-"),
        address: format!("/desk/{}/runs/{}", record.center.number, summary.id),
        key: record.unique_id.clone(),
        run_no: summary.run_no,
        older: found.last().filter(|_| more).map(|step| step.seq),
        steps: found.into_iter().map(|step| view(desk, step)).collect(),
    };
    answer::page(desk, visitor, "History", &page)
}

fn view(desk: &Desk, step: HistoryStep) -> StepView {
    let dictionary = desk.registry.dictionary();
    let later = step.versions.iter().filter(|(_, version)| *version > 1);
    let forms = later.map(|(key, version)| {
        let label = dictionary.form_named(key).map_or(key.clone(), |form| form.label.clone());
        (key.clone(), label, *version)
    });
    StepView {
        seq: step.seq,
        at: answer::minute(step.at),
        who: base::shown_name(&step.actor).to_owned(),
        channel: step.channel,
        what: action_word(&step.action).to_owned(),
        record: step.kind.as_str(),
        reason: step.reason,
        forms: forms.collect(),
        changes: step.changes,
        told: told(&step.told),
    }
}

fn action_word(action: &str) -> &str {
    match action {
        "create" => "Opened",
        "save" => "Saved",
        "submit" => "Signed",
        "lock" => "Locked",
        "unlock" => "Re-opened",
        "withdraw" => "Withdrawn",
        "undo" => "Import taken back",
        "link" => "Transfer",
        "confirm" => "Confirmed",
        "request" => "Request",
        "query" | "rule-query" => "Query",
        other => other,
    }
}

/// What else an audit row tells, in words.
fn told(body: &serde_json::Value) -> Vec<String> {
    let mut out = Vec::new();
    let text = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    for finding in body.get("confirmed").and_then(serde_json::Value::as_array).into_iter().flatten()
    {
        out.push(if let Some(line) = finding.as_str() {
            format!("confirmed with the signature: {line}")
        } else {
            let reason = text(finding, "reason");
            let reason = if reason.is_empty() { reason } else { format!(" – {reason}") };
            format!("{}{reason}", text(finding, "said"))
        });
    }
    if let Some(request) = body.get("request") {
        out.push(format!("{}: {}", text(request, "kind"), text(request, "state")));
    }
    if let Some(query) = body.get("query") {
        out.push(format!("{}: {}", text(query, "action"), text(query, "words")));
    }
    if let Some(link) = body.get("link") {
        out.push(format!("{} ({})", text(link, "state"), text(link, "side")));
    }
    let state = |part: &str| body.pointer(&format!("/record/{part}/state"))?.as_str();
    if let (Some(old), Some(new)) = (state("old"), state("new")) {
        out.push(format!("{old}, then {new}"));
    }
    out
}

fn compare(
    desk: &Desk,
    visitor: &Visitor,
    record: &RecordInSight,
    asked: &Asked,
) -> Result<Response, Problem> {
    let dictionary = desk.registry.dictionary();
    let nothing = || Problem::of(StatusCode::NOT_FOUND);
    let form = dictionary.form_named(&asked.form).ok_or_else(nothing)?;
    let owner = run::kind_of(form.scope).and_then(|kind| record.owner(kind));
    let owner = owner.ok_or_else(nothing)?;
    let found = desk.registry.form_versions(&visitor.actor, record.center.id, owner, form.id);
    let found = found.map_err(|error| answer::problem(error, visitor))?;
    let last = found.last().ok_or_else(nothing)?.version;
    let b = asked.b.unwrap_or(last);
    let a = asked.a.unwrap_or((b - 1).max(1));
    let version = |number: i64| found.iter().rev().find(|known| known.version == number);
    let (old, new) = version(a).zip(version(b)).ok_or_else(nothing)?;
    let words = |known: &FormVersion| {
        let who = base::shown_name(&known.actor);
        format!("{} – {}, {who}, {}", known.version, answer::minute(known.at), known.channel)
    };
    let summary = run::own(record)?;
    let page = Compare {
        head: Head::new(&record.center, visitor, "-"),
        address: format!("/desk/{}/runs/{}", record.center.number, summary.id),
        key: record.unique_id.clone(),
        run_no: summary.run_no,
        form: form.key.clone(),
        label: form.label.clone(),
        changes: desk.registry.compare_versions(form.id, &old.row, &new.row),
        versions: found
            .iter()
            .map(|known| VersionView {
                version: known.version,
                words: words(known),
                is_a: known.version == a,
                is_b: known.version == b,
            })
            .collect(),
        a,
        b,
    };
    answer::page(desk, visitor, "Two versions", &page)
}
