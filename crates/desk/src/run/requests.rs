//! Asking for a run to be re-opened or withdrawn, and deciding about it.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use registry::RequestKind;
use serde::Deserialize;
use site::{Problem, SignedIn};
use uuid::Uuid;

use crate::{Desk, answer};

/// Most requests on the steward's page.
const SHOWN: u32 = 200;

/// What is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    kind: String,
    #[serde(default)]
    reason: String,
}

/// A decision.
#[derive(Debug, Deserialize)]
pub(super) struct Decided {
    decision: String,
    #[serde(default)]
    answer: String,
}

/// What a request asks for, in words.
pub(crate) fn kind_word(kind: &str) -> &'static str {
    match RequestKind::from_word(kind) {
        Some(RequestKind::Withdraw) => "Withdraw the run",
        _ => "Re-open the run",
    }
}

/// Keeps a request.
pub(super) async fn ask(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, run)): Path<(String, String)>,
    asked: Result<Form<Asked>, FormRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::RequestUnlock)?;
        let Form(asked) = asked.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let id = answer::run_id(&run)?;
        let kind = RequestKind::from_word(&asked.kind)
            .ok_or_else(|| Problem::of(StatusCode::BAD_REQUEST))?;
        let request = (kind, asked.reason.as_str());
        desk.registry
            .request(&visitor.actor, center.id, id, request)
            .map_err(|error| answer::problem(error, &visitor))?;
        Ok(answer::led_to(&format!("/desk/{number}/runs/{run}#requests")))
    };
    answer::blocking(work).await
}

/// Keeps a decision, and takes the step when it is granted.
pub(super) async fn decide(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
    decided: Result<Form<Decided>, FormRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::UnlockRuns)?;
        let Form(decided) = decided.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let id: Uuid = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
        let grant = match decided.decision.as_str() {
            "grant" => true,
            "refuse" => false,
            _ => return Err(Problem::of(StatusCode::BAD_REQUEST)),
        };
        desk.registry
            .decide_request(&visitor.actor, center.id, id, grant, &decided.answer)
            .map_err(|error| answer::problem(error, &visitor))?;
        Ok(answer::led_to("/desk/requests"))
    };
    answer::blocking(work).await
}

struct Waiting {
    center: String,
    run: String,
    decide: String,
    key: String,
    run_no: i64,
    kind: &'static str,
    reason: String,
    by: String,
    age: String,
}

#[derive(Template)]
#[template(path = "run/requests.html")]
struct Page {
    waiting: Vec<Waiting>,
}

/// The requests of all centers that wait, oldest first.
pub(super) async fn list(State(desk): State<Arc<Desk>>, SignedIn(visitor): SignedIn) -> Response {
    let work = move || {
        let found = desk.registry.pending_requests(&visitor.actor, None, SHOWN);
        let found = found.map_err(|error| answer::problem(error, &visitor))?;
        let now = desk.clock.now();
        let waiting = found.into_iter().map(|request| Waiting {
            run: format!("/desk/{}/runs/{}", request.number, request.run),
            decide: format!("/desk/{}/requests/{}", request.number, request.id),
            kind: kind_word(&request.kind),
            by: base::shown_name(&request.asked_by).to_owned(),
            age: answer::age(request.asked_at, now),
            center: request.number,
            key: request.unique_id,
            run_no: request.run_no,
            reason: request.reason,
        });
        let page = Page { waiting: waiting.collect() };
        answer::page(&desk, &visitor, "Requests", &page)
    };
    answer::blocking(work).await
}
