//! Uploads: a file, its plan with every difference, the choice, and the way back.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/upload` | the form, templates, earlier imports |
//! | `POST …/upload` | keeps the file and plans it |
//! | `GET …/upload/{id}` | progress; the plan; what was done |
//! | `GET …/upload/{id}/report.csv` | every record, change and finding |
//! | `POST …/upload/{id}/apply`, `…/discard` | carries out exactly this plan, or forgets the file |
//! | `POST …/upload/{id}/choose` | makes the plan anew of the patients that are taken |
//! | `POST …/upload/{id}/plan` | makes the plan again after a restart |
//! | `POST …/imports/{id}/undo` | takes an import back |
//! | `GET …/upload/templates/{file}` | an empty file with all columns |

mod archive;
pub(crate) mod interface;
mod jobs;
mod page;
mod place;
mod report;
mod trouble;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;

use axum::Form;
use axum::body::Body;
use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::FormRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::handler::Handler as _;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::{Action, ImportId};
use registry::upload::{Options, WaitingUpload};
use registry::{Center, hex};
use sha2::{Digest as _, Sha256};
use site::{Access, Problem, Routes, SignedIn};
use uuid::Uuid;

use jobs::Job;
pub use jobs::Uploads;
pub(crate) use page::size;
pub(crate) use place::private;
pub use trouble::UploadsError;

use crate::{Desk, answer};

/// Earlier imports on the page, and files that wait.
const IMPORTS: u32 = 20;

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let write = Access::May(Action::WriteRecords);
    Routes::new()
        .get("/desk/{center}/upload", write, show)
        // a file may be larger than a form; it is measured while it is kept
        .post("/desk/{center}/upload", write, take.layer(DefaultBodyLimit::disable()))
        .get("/desk/{center}/upload/{id}", write, one)
        .get("/desk/{center}/upload/{id}/report.csv", write, full_report)
        .post("/desk/{center}/upload/{id}/apply", write, apply)
        .post("/desk/{center}/upload/{id}/choose", write, choose)
        .post("/desk/{center}/upload/{id}/plan", write, plan_again)
        .post("/desk/{center}/upload/{id}/discard", write, discard)
        .post("/desk/{center}/imports/{id}/undo", write, undo)
        .get("/desk/{center}/upload/templates/{file}", write, template)
}

/// The part of the desk that takes files.
fn uploads(desk: &Desk) -> Result<&Uploads, Problem> {
    let detail = "This server takes no files on pages. They can be imported on the command line.";
    let none = || Problem::new(StatusCode::NOT_FOUND, "No uploads here", detail);
    desk.uploads.as_ref().ok_or_else(none)
}

async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let imports = desk.registry.center_imports(&visitor.actor, center.id, IMPORTS);
        let imports = imports.map_err(|error| answer::problem(error, &visitor))?;
        let waiting = desk.registry.uploads(&visitor.actor, center.id, IMPORTS);
        let waiting = waiting.map_err(|error| answer::problem(error, &visitor))?;
        let page = page::Start::new(&desk, &visitor, &center, (imports, waiting))?;
        answer::page(&desk, &visitor, "Upload", &page)
    };
    answer::blocking(work).await
}

/// Keeps the file as it arrives, and has it planned.
async fn take(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Result<Multipart, MultipartRejection>,
) -> Response {
    let known = {
        let (desk, visitor, number) = (Arc::clone(&desk), visitor.clone(), number.clone());
        tokio::task::spawn_blocking(move || {
            answer::center(&desk, &visitor, &number, Action::WriteRecords)
        })
        .await
    };
    let center: Center = match known {
        Ok(Ok(center)) => center,
        Ok(Err(problem)) => return problem.into_response(),
        Err(error) => return Problem::internal("looking for a center", &error).into_response(),
    };
    let Ok(parts) = sent else { return Problem::of(StatusCode::BAD_REQUEST).into_response() };
    let (id, options) = match kept(&desk, &center, parts).await {
        Ok(kept) => kept,
        Err(problem) => return problem.into_response(),
    };
    answer::blocking(move || {
        let job = Job::new(id, center.id, options);
        uploads(&desk)?.plan(&desk, &visitor, job)?;
        Ok(answer::led_to(&format!("/desk/{number}/upload/{id}")))
    })
    .await
}

/// A part that is not asked for: what was kept so far is forgotten.
fn strange(uploads: &Uploads, id: Uuid) -> Problem {
    uploads.remove(id);
    let detail = "Send one part `file`, and `drafts` as `yes` or `no`. Nothing was kept.";
    Problem::new(StatusCode::BAD_REQUEST, "Request not understood", detail)
}

/// Writes the file of a form into the folder of uploads.
async fn kept(
    desk: &Desk,
    center: &Center,
    mut parts: Multipart,
) -> Result<(Uuid, Options), Problem> {
    let uploads = uploads(desk)?;
    let id = uploads.next_id();
    let bad = |_| Problem::of(StatusCode::BAD_REQUEST);
    let disk = |error: std::io::Error| Problem::internal("keeping an upload", &error);
    let mut options = Options { center: Some(center.number.clone()), ..Options::default() };
    let mut taken = false;
    while let Some(mut part) = parts.next_field().await.map_err(bad)? {
        if part.name() == Some("drafts") {
            options.drafts_only = match part.text().await.map_err(bad)?.as_str() {
                "yes" => true,
                "no" => false,
                _ => return Err(strange(uploads, id)),
            };
            continue;
        }
        if part.name() != Some("file") || taken {
            return Err(strange(uploads, id));
        }
        options.file_name = place::plain_name(part.file_name().unwrap_or_default());
        let (mut file, mut hasher) =
            (uploads.create(id, &options.file_name).map_err(disk)?, Sha256::new());
        while let Some(bytes) = part.chunk().await.map_err(bad)? {
            options.bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if options.bytes > uploads.most_bytes() {
                uploads.remove(id);
                return Err(Problem::of(StatusCode::PAYLOAD_TOO_LARGE));
            }
            hasher.update(&bytes);
            file.write_all(&bytes).map_err(disk)?;
        }
        file.sync_all().map_err(disk)?;
        options.sha256 = hex(&hasher.finalize());
        taken = options.bytes > 0;
    }
    if taken {
        return Ok((id, options));
    }
    uploads.remove(id);
    let detail = "Choose a file first. Nothing arrived, or it was empty.";
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "No file", detail))
}

/// The upload of an address, if it is the center's and the visitor may see it, and the work on it, if this program
/// does it.
fn found(
    desk: &Desk,
    visitor: &site::Visitor,
    number: &str,
    id: &str,
) -> Result<(Center, WaitingUpload, Option<Arc<Job>>), Problem> {
    let center = answer::center(desk, visitor, number, Action::WriteRecords)?;
    let id: Uuid = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
    let uploads = uploads(desk)?;
    let kept = desk.registry.upload(&visitor.actor, center.id, id);
    let kept = kept.map_err(|error| answer::problem(error, visitor))?;
    Ok((center, kept, uploads.job(id)))
}

async fn one(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (center, kept, job) = found(&desk, &visitor, &number, &id)?;
        let page = match job {
            Some(job) => page::One::new(&visitor, &center, &job),
            None => page::One::kept(&visitor, &center, &kept, uploads(&desk)?.has_file(&kept)),
        };
        let runs = page.is_running();
        let mut response = answer::page(&desk, &visitor, "Upload", &page)?;
        if runs {
            // the page is asked for again while work goes on, without a script
            response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
        }
        Ok(response)
    };
    answer::blocking(work).await
}

async fn full_report(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (_, kept, _) = found(&desk, &visitor, &number, &id)?;
        let text = match uploads(&desk)?.report(kept.id) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Problem::of(StatusCode::NOT_FOUND));
            }
            text => text.map_err(|error| Problem::internal("reading a report", &error))?,
        };
        Ok(download("report.csv", text))
    };
    answer::blocking(work).await
}

fn download(name: &str, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let place = format!("attachment; filename=\"{name}\"");
    if let Ok(place) = HeaderValue::from_str(&place) {
        headers.insert(CONTENT_DISPOSITION, place);
    }
    response
}

async fn apply(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (_, _, job) = found(&desk, &visitor, &number, &id)?;
        let detail = "There is no plan of this file that waits to be applied. Make the plan again.";
        let none = || Problem::new(StatusCode::CONFLICT, "Not possible now", detail);
        uploads(&desk)?.apply(&desk, &visitor, &job.ok_or_else(none)?)?;
        Ok(answer::led_to(&format!("/desk/{number}/upload/{id}")))
    };
    answer::blocking(work).await
}

async fn plan_again(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (_, kept, _) = found(&desk, &visitor, &number, &id)?;
        uploads(&desk)?.plan_again(&desk, &visitor, (&number, &kept))?;
        Ok(answer::led_to(&format!("/desk/{number}/upload/{id}")))
    };
    answer::blocking(work).await
}

/// What of the patients on the page is taken: `shown` names them, `take` those that are chosen. Patients that were not
/// on the page stay as they were.
async fn choose(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
    sent: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Response {
    let work = move || {
        let (_, kept, _) = found(&desk, &visitor, &number, &id)?;
        let Form(pairs) = sent.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let all = |name: &str| {
            let values = pairs.iter().filter(|(key, _)| key == name);
            values.map(|(_, value)| value.clone()).collect::<BTreeSet<String>>()
        };
        let (shown, taken) = (all("shown"), all("take"));
        let mut options = kept.options(&number);
        options.drafts_only = all("drafts").contains("yes");
        options.leave_out.retain(|patient| !shown.contains(patient));
        options.leave_out.extend(shown.difference(&taken).cloned());
        uploads(&desk)?.choose(&desk, &visitor, &kept, options)?;
        Ok(answer::led_to(&format!("/desk/{number}/upload/{id}")))
    };
    answer::blocking(work).await
}

async fn discard(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (_, kept, _) = found(&desk, &visitor, &number, &id)?;
        uploads(&desk)?.forget(&desk, &visitor, &kept)?;
        Ok(answer::led_to(&format!("/desk/{number}/upload")))
    };
    answer::blocking(work).await
}

async fn undo(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let id: ImportId = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
        let done = desk.registry.undo_import(&visitor.actor, id);
        done.map_err(|error| answer::problem(error, &visitor))?;
        Ok(answer::led_to(&format!("/desk/{number}/upload#imports")))
    };
    answer::blocking(work).await
}

async fn template(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, file)): Path<(String, String)>,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let dictionary = desk.registry.dictionary();
        if file == "wide.csv" {
            return Ok(download(&file, exchange::wide_template(dictionary, 3)));
        }
        let found =
            exchange::folder_template(dictionary).into_iter().find(|(name, _)| *name == file);
        let (name, text) = found.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
        Ok(download(&name, text))
    };
    answer::blocking(work).await
}
