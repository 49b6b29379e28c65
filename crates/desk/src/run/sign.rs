//! Signing a run: what is missing, the signature, and the receipt.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base::Action;
use registry::{RecordInSight, RegistryError, RunState};
use serde::Deserialize;
use site::{Problem, SignedIn, Visitor};

use super::{FoundForm, FoundView, findings, in_sight};
use crate::answer::{self, Head};
use crate::{Desk, run};

#[derive(Template)]
#[template(path = "run/submit.html")]
struct Page {
    head: Head,
    address: String,
    key: String,
    run_no: i64,
    missing: Vec<FoundForm>,
    hard: usize,
    unconfirmed: Vec<FoundView>,
    confirmed: Vec<FoundView>,
    name: String,
    error: Option<String>,
}

/// What is sent with a signature. The findings that were shown stand in one text, one a line.
#[derive(Debug, Deserialize)]
pub(super) struct Signature {
    #[serde(default)]
    name: String,
    #[serde(default)]
    seen: String,
    #[serde(default)]
    right: String,
}

/// Shows what is missing, or asks for the signature.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((center, run)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let work = move || {
        let record = openable(&desk, &visitor, &center, &run)?;
        let page = page(&desk, &visitor, &record, None)?;
        // before anything is typed that would be lost on the way
        if page.hard == 0 && !visitor.stepped_up(desk.clock.now()) {
            return Ok(site::step_up_needed(&uri));
        }
        answer::page(&desk, &visitor, "Sign the run", &page)
    };
    answer::blocking(work).await
}

/// The run, if the visitor may sign it and it is open.
fn openable(
    desk: &Desk,
    visitor: &Visitor,
    center: &str,
    run: &str,
) -> Result<RecordInSight, Problem> {
    let record = in_sight(desk, visitor, center, run)?;
    base::permit(&visitor.actor, Action::SubmitRuns, record.center.id)
        .map_err(|refusal| Problem::refused(&refusal, visitor))?;
    let state = run::own(&record)?.state;
    if matches!(state, RunState::Draft | RunState::Unlocked | RunState::Submitted) {
        return Ok(record);
    }
    let hint = "only an open run can be signed";
    Err(answer::problem(RegistryError::State { state, hint }, visitor))
}

fn page(
    desk: &Desk,
    visitor: &Visitor,
    record: &RecordInSight,
    error: Option<String>,
) -> Result<Page, Problem> {
    let dictionary = desk.registry.dictionary();
    let run = run::own(record)?;
    let report = desk.registry.judge_forms(&record.rows(dictionary, None));
    // the signature itself is about to be given
    let signed = dictionary.field_named(SIGNATURE).map(|field| field.id);
    let mut missing = Vec::new();
    let (mut unconfirmed, mut confirmed) = (Vec::new(), Vec::new());
    let mut judged = report;
    judged.findings.retain(|finding| Some(finding.place.field) != signed);
    for form in findings(&desk.registry, record, &judged) {
        let (hard, soft): (Vec<_>, Vec<_>) = form.findings.into_iter().partition(|f| f.hard);
        let (known, new): (Vec<_>, Vec<_>) =
            soft.into_iter().partition(|finding| finding.confirmed.is_some());
        confirmed.extend(known);
        unconfirmed.extend(new);
        if !hard.is_empty() {
            missing.push(FoundForm { findings: hard, label: form.label, href: form.href });
        }
    }
    let name = visitor.session.as_ref().map_or(String::new(), |session| session.name.clone());
    Ok(Page {
        head: Head::new(&record.center, visitor, "-"),
        address: format!("/desk/{}/runs/{}", record.center.number, run.id),
        key: record.unique_id.clone(),
        run_no: run.run_no,
        hard: missing.iter().map(|form| form.findings.len()).sum(),
        missing,
        unconfirmed,
        confirmed,
        name,
        error,
    })
}

/// The field that the signature fills in.
const SIGNATURE: &str = "completed_by";

/// Takes the signature.
pub(super) async fn sign(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((center, run)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    signature: Result<Form<Signature>, FormRejection>,
) -> Response {
    let work = move || {
        let record = openable(&desk, &visitor, &center, &run)?;
        let Form(signature) = signature.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        if !visitor.stepped_up(desk.clock.now()) {
            return Ok(site::step_up_needed(&uri));
        }
        signed(&desk, &visitor, &record, &uri, &signature)
    };
    answer::blocking(work).await
}

fn signed(
    desk: &Desk,
    visitor: &Visitor,
    record: &RecordInSight,
    uri: &Uri,
    signature: &Signature,
) -> Result<Response, Problem> {
    let again = |text: String| {
        let page = page(desk, visitor, record, Some(text))?;
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        answer::page_with(desk, visitor, status, "Sign the run", &page)
    };
    let seen: Vec<String> = if signature.right == "yes" {
        signature.seen.lines().map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    let (center, run) = (record.center.id, run::own(record)?.id);
    let done = desk.registry.sign(&visitor.actor, center, run, &signature.name, &seen);
    match done {
        Ok(_) => {
            let place = uri.path().trim_end_matches("/submit");
            Ok(answer::led_to(&format!("{place}/receipt")))
        }
        Err(RegistryError::Findings { hard: 0, soft }) if signature.right == "yes" => {
            again(format!(
                "{soft} more value(s) must be looked at: they were not on the page that you signed."
            ))
        }
        Err(RegistryError::Findings { hard: 0, .. }) => {
            again("Say that the values below are right, or mend them.".to_owned())
        }
        Err(RegistryError::Findings { .. }) => {
            again("The run has changed: something is missing now.".to_owned())
        }
        Err(RegistryError::Invalid(text)) => again(format!("{text}.")),
        Err(error) => Err(answer::problem(error, visitor)),
    }
}

#[derive(Template)]
#[template(path = "run/receipt.html")]
struct ReceiptPage {
    head: Head,
    address: String,
    key: String,
    run_no: i64,
    state: &'static str,
    signed_by: String,
    actor: String,
    at: String,
    locks: String,
    seq: i64,
    hash: String,
    confirmed: Vec<String>,
}

/// Shows the receipt of the latest signature.
pub(super) async fn receipt(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((center, run)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let record = in_sight(&desk, &visitor, &center, &run)?;
        let summary = run::own(&record)?;
        let found = desk.registry.receipt(&visitor.actor, record.center.id, summary.id);
        let found = found.map_err(|error| answer::problem(error, &visitor))?;
        let Some(receipt) = found else {
            return Ok(Problem::of(StatusCode::NOT_FOUND).into_response());
        };
        let page = ReceiptPage {
            head: Head::new(&record.center, &visitor, "-"),
            address: format!("/desk/{center}/runs/{run}"),
            key: record.unique_id.clone(),
            run_no: summary.run_no,
            state: crate::worklist::state_words(summary.state).0,
            signed_by: receipt.signed_by,
            actor: base::shown_name(&receipt.actor).to_owned(),
            at: answer::minute(receipt.at),
            locks: receipt.locks_at.map(answer::day).unwrap_or_default(),
            seq: receipt.seq,
            hash: receipt.hash,
            confirmed: receipt.confirmed,
        };
        answer::page(&desk, &visitor, "Receipt", &page)
    };
    answer::blocking(work).await
}
