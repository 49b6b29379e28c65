//! Uploads for programs: a file, its plan, exactly that plan applied, and the way back.

use std::collections::BTreeSet;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{Action, ImportId};
use registry::upload::{ImportRow, Options, PatientPlan, WaitingUpload};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Fault, Problem, Sent};
use uuid::Uuid;

use super::jobs::{Job, Stage};
use super::{IMPORTS, download, kept, uploads};
use crate::answer;
use crate::api::{Asker, answered, nothing, plain, said};

/// What was stored as JSON.
fn stored(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

pub(crate) async fn list(asker: Asker, Path(number): Path<String>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::WriteRecords)?;
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let imports = registry.center_imports(actor, center.id, IMPORTS);
        let imports = imports.map_err(|error| asker.told(error))?;
        let waiting = registry.uploads(actor, center.id, IMPORTS);
        let waiting = waiting.map_err(|error| asker.told(error))?;
        let value = json!({
            "waiting": waiting.iter().map(waiting_value).collect::<Vec<_>>(),
            "imports": imports.iter().map(import_value).collect::<Vec<_>>(),
        });
        Ok(said(StatusCode::OK, &value))
    })
    .await
}

fn waiting_value(upload: &WaitingUpload) -> Value {
    json!({
        "upload": upload.id, "file": upload.file_name, "bytes": upload.bytes,
        "sha256": upload.sha256, "drafts_only": upload.drafts_only, "stage": upload.stage,
        "sent_by": base::shown_name(&upload.actor), "at": upload.created_at.to_string(),
    })
}

fn import_value(import: &ImportRow) -> Value {
    json!({
        "import": import.id, "file": import.file_name, "applied_at": import.applied_at.to_string(),
        "applied_by": base::shown_name(&import.actor), "summary": stored(&import.summary),
        "undone_at": import.undone_at.map(|at| at.to_string()),
    })
}

pub(crate) async fn take(
    asker: Asker,
    Path(number): Path<String>,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let known = tokio::task::spawn_blocking(move || {
        let center = asker.center(&number, Action::WriteRecords);
        (asker, center)
    });
    let (asker, center) = match known.await {
        Ok((asker, Ok(center))) => (asker, center),
        Ok((_, Err(fault))) => return fault.into_response(),
        Err(error) => return Problem::internal("looking for a center", &error).into_response(),
    };
    let parts = match sent {
        Ok(parts) => parts,
        Err(MultipartRejection::InvalidBoundary(_)) => {
            let detail = "Send the file as `multipart/form-data`, in a part named `file`.";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Problem::new(status, "Media type not supported", detail).into_response();
        }
        Err(error) => return Problem::of(error.status()).into_response(),
    };
    let (id, options) = match kept(&asker.desk, &center, parts).await {
        Ok(kept) => kept,
        Err(problem) => return Fault::from(problem).into_response(),
    };
    answered(move || {
        let job = Job::new(id, center.id, options);
        uploads(&asker.desk)?.plan(&asker.desk, &asker.visitor, job)?;
        Ok(accepted(&center.number, id))
    })
    .await
}

fn accepted(number: &str, id: Uuid) -> Response {
    let address = format!("/api/v1/desk/{number}/uploads/{id}");
    said(StatusCode::ACCEPTED, &json!({ "upload": id, "address": address }))
}

/// The upload of an address, if it is the center's and the visitor may see it.
fn found(
    asker: &Asker,
    number: &str,
    id: &str,
) -> Result<(WaitingUpload, Option<std::sync::Arc<Job>>), Fault> {
    plain(number)?;
    let (_, kept, job) = super::found(&asker.desk, &asker.visitor, number, id)?;
    Ok((kept, job))
}

pub(crate) async fn one(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let (kept, job) = found(&asker, &number, &id)?;
        let mut value = waiting_value(&kept);
        let summary = kept.summary.as_deref().map(stored);
        let more = job.map_or_else(
            || json!({
                "plan": kept.plan, "summary": summary, "import": kept.import, "failure": kept.failure,
            }),
            |job| job_value(&job),
        );
        if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
            value.extend(more);
        }
        Ok(said(StatusCode::OK, &value))
    })
    .await
}

fn job_value(job: &Job) -> Value {
    match job.stage() {
        Stage::Planning => json!({ "stage": "planning", "percent": job.percent() }),
        Stage::Applying(summary) => {
            json!({ "stage": "applying", "percent": job.percent(), "summary": summary })
        }
        Stage::Failed(why) => json!({ "stage": "failed", "failure": why }),
        Stage::Planned(summary, shown, more) => {
            let shown: &[PatientPlan] = &shown;
            json!({
                "stage": "planned", "plan": summary.plan, "summary": summary, "patients": shown,
                "more_patients": more,
            })
        }
        Stage::Applied(summary, import) => {
            json!({ "stage": "applied", "summary": summary, "import": import })
        }
    }
}

pub(crate) async fn report(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let (kept, _) = found(&asker, &number, &id)?;
        match uploads(&asker.desk)?.report(kept.id) {
            Ok(text) => Ok(download("report.csv", text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(nothing()),
            Err(error) => Err(Problem::internal("reading a report", &error).into()),
        }
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    plan: String,
}

pub(crate) async fn apply(
    asker: Asker,
    Path((number, id)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let (kept, job) = found(&asker, &number, &id)?;
        let sent: Plan = sent.read()?;
        let detail = "There is no plan of this file that waits to be applied.";
        let none = || Problem::new(StatusCode::CONFLICT, "Not possible now", detail);
        let job = job.ok_or_else(none)?;
        let Stage::Planned(summary, ..) = job.stage() else { return Err(none().into()) };
        if summary.plan != sent.plan {
            let detail = "The plan that waits has another digest. Nothing was written.";
            let status = StatusCode::CONFLICT;
            let fault = Fault::new("plan-moved", status, "Another plan waits", detail);
            return Err(fault.with("plan", json!(summary.plan)));
        }
        uploads(&asker.desk)?.apply(&asker.desk, &asker.visitor, &job)?;
        Ok(accepted(&number, kept.id))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    leave_out: BTreeSet<String>,
    drafts_only: bool,
}

pub(crate) async fn choose(
    asker: Asker,
    Path((number, id)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let (kept, _) = found(&asker, &number, &id)?;
        let Choice { leave_out, drafts_only } = sent.read()?;
        let options = Options { leave_out, drafts_only, ..kept.options(&number) };
        uploads(&asker.desk)?.choose(&asker.desk, &asker.visitor, &kept, options)?;
        Ok(accepted(&number, kept.id))
    })
    .await
}

pub(crate) async fn discard(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let (kept, _) = found(&asker, &number, &id)?;
        uploads(&asker.desk)?.forget(&asker.desk, &asker.visitor, &kept)?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

pub(crate) async fn undo(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::WriteRecords)?;
        let id: ImportId = id.parse().map_err(|_| nothing())?;
        let registry = &asker.desk.registry;
        let done = registry.undo_import(&asker.visitor.actor, id);
        let records = done.map_err(|error| Fault::from(answer::problem(error, &asker.visitor)))?;
        Ok(said(StatusCode::OK, &json!({ "center": center.number, "records": records })))
    })
    .await
}
