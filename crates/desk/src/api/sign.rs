//! The signature with its receipt, and requests to re-open or withdraw.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Action;
use registry::{Receipt, RegistryError, RequestKind, RunRequest, RunState};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Asked, Fault, Sent, Wrong, asked};
use uuid::Uuid;

use super::runs::finding_values;
use super::sent::{Asker, answered, nothing, said};
use crate::run::own;

/// Requests of a page.
const PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    name: String,
    #[serde(default)]
    confirm: Vec<Seen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    code: String,
    field: String,
}

/// A session shows its credentials again; a token was made for this with the credentials at hand.
fn fresh(asker: &Asker) -> Result<(), Fault> {
    let visitor = &asker.visitor;
    if visitor.session.is_none() || visitor.stepped_up(asker.desk.clock.now()) {
        return Ok(());
    }
    let detail = "Show your credentials again at /account/step-up, or use a token that may sign.";
    Err(Fault::new("step-up", StatusCode::FORBIDDEN, "Credentials needed again", detail))
}

pub(super) async fn sign(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::SubmitRuns)?;
        let sent: Signature = sent.read()?;
        fresh(&asker)?;
        let summary = own(&record)?;
        if !matches!(summary.state, RunState::Draft | RunState::Unlocked | RunState::Submitted) {
            let (state, hint) = (summary.state, "only an open run can be signed");
            return Err(asker.told(RegistryError::State { state, hint }));
        }
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let seen: Vec<String> =
            sent.confirm.iter().map(|seen| format!("{} {}", seen.code, seen.field)).collect();
        match registry.sign(actor, record.center.id, summary.id, &sent.name, &seen) {
            Ok(_) => {
                let receipt = registry.receipt(actor, record.center.id, summary.id);
                let receipt = receipt.map_err(|error| asker.told(error))?.ok_or_else(nothing)?;
                Ok(said(StatusCode::CREATED, &receipt_value(&receipt)))
            }
            Err(RegistryError::Findings { hard, soft }) => {
                let dictionary = registry.dictionary();
                let report = registry.judge_forms(&record.rows(dictionary, None));
                let findings = finding_values(dictionary, &record, &report, |finding| {
                    // the signature itself is what is being given
                    !registry.is_signature(finding.place.field)
                });
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let detail = format!(
                    "{hard} findings must be mended and {soft} named in `confirm`. Nothing was signed."
                );
                let fault = Fault::new("findings", status, "Findings stand in the way", detail);
                Err(fault.with("findings", findings.into()))
            }
            Err(RegistryError::Invalid(detail)) => {
                Err(Fault::values(vec![Wrong { at: "/name".to_owned(), detail }]))
            }
            Err(error) => Err(asker.told(error)),
        }
    })
    .await
}

fn receipt_value(receipt: &Receipt) -> Value {
    json!({
        "seq": receipt.seq, "at": receipt.at.to_string(), "actor": base::shown_name(&receipt.actor),
        "channel": receipt.channel, "signed_by": receipt.signed_by,
        "locks_at": receipt.locks_at.map(|at| at.to_string()),
        "confirmed": receipt.confirmed, "hash": receipt.hash,
    })
}

pub(super) async fn receipt(asker: Asker, Path((number, run)): Path<(String, String)>) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::ReadRecords)?;
        let run = own(&record)?.id;
        let registry = &asker.desk.registry;
        let receipt = registry.receipt(&asker.visitor.actor, record.center.id, run);
        let receipt = receipt.map_err(|error| asker.told(error))?.ok_or_else(nothing)?;
        Ok(said(StatusCode::OK, &receipt_value(&receipt)))
    })
    .await
}

fn request_value(request: &RunRequest) -> Value {
    json!({
        "request": request.id, "center": request.number, "run": request.run,
        "patient_unique_id": request.unique_id, "run_no": request.run_no,
        "kind": request.kind, "state": request.state, "reason": request.reason,
        "asked_at": request.asked_at.to_string(), "asked_by": base::shown_name(&request.asked_by),
        "answer": request.answer, "decided_at": request.decided_at.map(|at| at.to_string()),
        "decided_by": request.decided_by.as_deref().map(base::shown_name),
    })
}

pub(super) async fn requests(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::ReadRecords)?;
        let run = own(&record)?.id;
        let found = asker.desk.registry.requests_of(&asker.visitor.actor, record.center.id, run);
        let found = found.map_err(|error| asker.told(error))?;
        let requests: Vec<Value> = found.iter().map(request_value).collect();
        Ok(said(StatusCode::OK, &json!({ "requests": requests })))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRequest {
    kind: Kind,
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Unlock,
    Withdraw,
}

pub(super) async fn request(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::RequestUnlock)?;
        let run = crate::answer::run_id(&run)?;
        let sent: NewRequest = sent.read()?;
        let kind = match sent.kind {
            Kind::Unlock => RequestKind::Unlock,
            Kind::Withdraw => RequestKind::Withdraw,
        };
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let done = registry.request(actor, center.id, run, (kind, &sent.reason));
        let id = done.map_err(|error| asker.told(error))?;
        Ok(said(StatusCode::CREATED, &json!({ "id": id })))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PendingAsked {
    after: Option<Uuid>,
}

pub(super) async fn pending(asker: Asker, query: Asked<PendingAsked>) -> Response {
    answered(move || {
        let after = asked(query)?.after;
        let most = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let found = asker.desk.registry.pending_requests(&asker.visitor.actor, after, most);
        let mut found = found.map_err(|error| asker.told(error))?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found.last().filter(|_| more);
        let next = next.map(|last| format!("/api/v1/desk/requests?after={}", last.id));
        let requests: Vec<Value> = found.iter().map(request_value).collect();
        Ok(said(StatusCode::OK, &json!({ "requests": requests, "next": next })))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    decision: Decision,
    #[serde(default)]
    answer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Decision {
    Grant,
    Refuse,
}

pub(super) async fn decide(
    asker: Asker,
    Path((number, id)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::UnlockRuns)?;
        let id: Uuid = id.parse().map_err(|_| nothing())?;
        let sent: Decided = sent.read()?;
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let grant = sent.decision == Decision::Grant;
        let done = registry.decide_request(actor, center.id, id, grant, &sent.answer);
        done.map_err(|error| asker.told(error))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
