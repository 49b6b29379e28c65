//! A center's own records as a file.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/export` | the choice, and what the registry's format cannot carry |
//! | `POST /desk/{center}/export` | makes the file; the credentials must have been shown a moment ago |
//! | `GET /desk/{center}/export/{id}` | how far it is; what stayed behind |
//! | `GET /desk/{center}/export/{id}/file` | the file, for whoever asked for it |
//! | `GET /desk/{center}/export/without-number.csv` | the codes that have no number of the registry yet |

mod make;

use std::fs::File;
use std::io::Read as _;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::body::Body;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{OriginalUri, Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use base::{Action, CenterId};
use bytes::Bytes;
use directory::audit::{Event, Trail};
use exchange::Outline;
use registry::{Center, ExportRuns};
use serde::Deserialize;
use site::{Access, Problem, Routes, SignedIn, Visitor};
use uuid::Uuid;

pub use make::Exports;
use make::{Format, Job, Stage};

use crate::Desk;
use crate::answer::{self, Head};

/// Read from the disk at once.
const PART: usize = 256 * 1024;

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let export = Access::May(Action::ExportRecords);
    Routes::new()
        .get("/desk/{center}/export", export, show)
        .post("/desk/{center}/export", export, start)
        .get("/desk/{center}/export/without-number.csv", export, without_number)
        .get("/desk/{center}/export/{id}", export, one)
        .get("/desk/{center}/export/{id}/file", export, fetch)
}

fn exports(desk: &Desk) -> Result<&Exports, Problem> {
    let detail = "This server writes no files on pages. They can be made on the command line.";
    let none = || Problem::new(StatusCode::NOT_FOUND, "No exports here", detail);
    desk.exports.as_ref().ok_or_else(none)
}

/// What is chosen, in an address and in the form.
#[derive(Debug, Default, Deserialize)]
struct Choice {
    #[serde(default)]
    format: String,
    #[serde(default)]
    runs: String,
}

struct FormatChoice {
    value: &'static str,
    label: &'static str,
    help: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "export/start.html")]
struct StartPage {
    head: Head,
    formats: Vec<FormatChoice>,
    submitted: bool,
    /// Labels of lists with the number of their codes that have no number.
    lists: Vec<(String, usize)>,
    codes: usize,
    /// Labels of forms with the number of their fields that have no element.
    forms: Vec<(String, usize)>,
    fields: usize,
}

async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    choice: Result<Query<Choice>, QueryRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::ExportRecords)?;
        let choice = choice.map(|Query(choice)| choice).unwrap_or_default();
        let page = start_page(&desk, &visitor, &center, &choice)?;
        answer::page(&desk, &visitor, "Export", &page)
    };
    answer::blocking(work).await
}

fn outline(desk: &Desk) -> Result<Outline, Problem> {
    Outline::new(desk.registry.dictionary())
        .map_err(|error| Problem::internal("reading the registry's format", &error))
}

fn start_page(
    desk: &Desk,
    visitor: &Visitor,
    center: &Center,
    choice: &Choice,
) -> Result<StartPage, Problem> {
    let dictionary = desk.registry.dictionary();
    let chosen = Format::from_word(&choice.format).unwrap_or(Format::Xml);
    let missing = exports(desk)?.codes().missing(dictionary, &outline(desk)?);
    let mut lists: Vec<(String, usize)> = Vec::new();
    for code in &missing {
        let label = dictionary.list_named(&code.list).map_or(&code.list, |list| &list.label);
        match lists.iter_mut().find(|(known, _)| known == label) {
            Some((_, count)) => *count += 1,
            None => lists.push((label.clone(), 1)),
        }
    }
    let typed = dictionary.forms().iter().filter(|form| form.scope != dictionary::Scope::System);
    let forms = typed.filter_map(|form| {
        let of = |id: &&dictionary::FieldId| {
            let field = dictionary.field(**id);
            field.column.is_some() && field.xml.is_none() && field.derive.is_none()
        };
        let count = form.fields.iter().filter(of).count();
        (count > 0).then(|| (form.label.clone(), count))
    });
    let forms: Vec<(String, usize)> = forms.collect();
    let formats = Format::ALL.map(|format| FormatChoice {
        value: format.as_str(),
        label: format.label(),
        help: format.help(),
        chosen: format == chosen,
    });
    Ok(StartPage {
        head: Head::new(center, visitor, "/export"),
        formats: formats.into(),
        submitted: choice.runs == "submitted",
        codes: missing.len(),
        fields: forms.iter().map(|(_, count)| count).sum(),
        lists,
        forms,
    })
}

async fn without_number(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &number, Action::ExportRecords)?;
        let missing = exports(&desk)?.codes().missing(desk.registry.dictionary(), &outline(&desk)?);
        let mut out = csv::Writer::from_writer(Vec::new());
        let bad = |error: csv::Error| Problem::internal("writing a list of codes", &error);
        out.write_record(["list", "code", "label"]).map_err(bad)?;
        for code in &missing {
            out.write_record([&code.list, &code.code, &code.label]).map_err(bad)?;
        }
        let text = out.into_inner();
        let text =
            text.map_err(|error| Problem::internal("writing a list of codes", error.error()))?;
        Ok(attached("without-number.csv", "text/csv; charset=utf-8", Body::from(text)))
    };
    answer::blocking(work).await
}

/// Keeps who takes records out.
fn audit(
    desk: &Desk,
    visitor: &Visitor,
    action: &str,
    (center, id, body): (CenterId, Uuid, serde_json::Value),
) -> Result<(), Problem> {
    let mut body = body;
    if let Some(body) = body.as_object_mut() {
        body.insert("export".to_owned(), id.to_string().into());
    }
    let event = Event::of_center(action, center).with(body);
    let trail = Trail::new(&visitor.actor, desk.clock.now());
    let done = desk.registry.db().write(|tx| trail.write(tx, &event));
    done.map_err(|error| Problem::internal("keeping who exports", &error))
}

async fn start(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    choice: Result<Form<Choice>, FormRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::ExportRecords)?;
        let bad = || Problem::of(StatusCode::BAD_REQUEST);
        let Form(choice) = choice.map_err(|_| bad())?;
        let format = Format::from_word(&choice.format).ok_or_else(bad)?;
        let (runs, word) = match choice.runs.as_str() {
            "submitted" => (ExportRuns::Submitted, "submitted"),
            _ => (ExportRuns::All, "all"),
        };
        let address = format!("/desk/{number}/export");
        if !visitor.stepped_up(desk.clock.now()) {
            let back = format!("{address}?format={}&runs={word}", format.as_str());
            let back: Uri = back.parse().map_err(|_| bad())?;
            return Ok(site::step_up_needed(&back));
        }
        let exports = exports(&desk)?;
        let id = exports.next_id();
        let what = serde_json::json!({ "format": format.as_str(), "runs": word });
        audit(&desk, &visitor, "export-records", (center.id, id, what))?;
        exports
            .make(&desk.registry, &visitor.actor, &center, (id, format, runs))
            .map_err(|error| Problem::internal("starting an export", &error))?;
        Ok(answer::led_to(&format!("{address}/{id}")))
    };
    answer::blocking(work).await
}

/// The export of an address: another person's is not found.
fn job(
    desk: &Desk,
    visitor: &Visitor,
    number: &str,
    id: &str,
) -> Result<(Center, Arc<Job>), Problem> {
    let center = answer::center(desk, visitor, number, Action::ExportRecords)?;
    let nothing = || Problem::of(StatusCode::NOT_FOUND);
    let id: Uuid = id.parse().map_err(|_| nothing())?;
    let own = |job: &Arc<Job>| job.center == center.id && job.person == visitor.actor.person_id();
    let job = exports(desk)?.job(id).filter(own);
    let job = job.ok_or_else(|| Problem::not_here("export", visitor))?;
    Ok((center, job))
}

struct Reason {
    why: &'static str,
    values: u64,
    what: Vec<(String, u64)>,
}

#[derive(Template)]
#[template(path = "export/one.html")]
struct OnePage {
    head: Head,
    address: String,
    name: String,
    stage: &'static str,
    patients: u64,
    size: String,
    left: Vec<Reason>,
}

async fn one(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let (center, job) = job(&desk, &visitor, &number, &id)?;
        let mut page = OnePage {
            head: Head::new(&center, &visitor, "/export"),
            address: format!("/desk/{number}/export/{}", job.id),
            name: job.name.clone(),
            stage: "making",
            patients: job.patients(),
            size: String::new(),
            left: Vec::new(),
        };
        match job.stage() {
            Stage::Making => {}
            Stage::Failed => page.stage = "failed",
            Stage::Ready(made) => {
                page.stage = "ready";
                page.patients = made.patients;
                page.size = crate::upload::size(made.bytes);
                for ((why, what), values) in made.left {
                    match page.left.iter_mut().find(|reason| reason.why == why) {
                        Some(reason) => {
                            reason.values += values;
                            reason.what.push((what, values));
                        }
                        None => page.left.push(Reason { why, values, what: vec![(what, values)] }),
                    }
                }
            }
        }
        let making = page.stage == "making";
        let mut response = answer::page(&desk, &visitor, "Export", &page)?;
        if making {
            response.headers_mut().insert("refresh", HeaderValue::from_static("2"));
        }
        Ok(response)
    };
    answer::blocking(work).await
}

async fn fetch(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Response {
    let work = move || {
        let (center, job) = job(&desk, &visitor, &number, &id)?;
        if !visitor.stepped_up(desk.clock.now()) {
            return Ok(site::step_up_needed(&uri));
        }
        let Stage::Ready(made) = job.stage() else {
            return Err(Problem::of(StatusCode::NOT_FOUND));
        };
        let file = exports(&desk)?.file(&job).map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
        let what = serde_json::json!({ "format": job.format.as_str(), "bytes": made.bytes });
        audit(&desk, &visitor, "fetch-export", (center.id, job.id, what))?;
        let mut response = attached(&job.name, job.format.kind(), streamed(file));
        response.headers_mut().insert(CONTENT_LENGTH, made.bytes.into());
        Ok(response)
    };
    answer::blocking(work).await
}

/// A file part by part, read on threads that may block.
fn streamed(file: File) -> Body {
    Body::from_stream(futures_util::stream::try_unfold(file, async |mut file| {
        let read = tokio::task::spawn_blocking(move || {
            let mut part = vec![0; PART];
            let length = file.read(&mut part)?;
            part.truncate(length);
            Ok::<_, std::io::Error>((Bytes::from(part), file))
        });
        let (part, file) = read.await.map_err(std::io::Error::other)??;
        Ok::<_, std::io::Error>((!part.is_empty()).then_some((part, file)))
    }))
}

fn attached(name: &str, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(place) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, place);
    }
    response
}
