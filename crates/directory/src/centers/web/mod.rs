//! Pages, files and JSON of the directory of centers.

mod api;
mod chapters;
mod claims;
mod edit;
mod form;
mod list;
mod paper;
mod places;
mod query;
mod queue;
mod show;

use askama::Template;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Action;
use site::{Access, PageMeta, Problem, Routes, Shell, Visitor};

use super::files::Kind;
use super::service::{CenterError, Centers};

pub use api::{openapi_paths, openapi_schemas};
pub use places::projected;

/// Everything that the pages need. Cheap to clone.
#[derive(Clone)]
pub struct CenterPages {
    centers: Centers,
    shell: Shell,
}

impl CenterPages {
    /// Pages over a directory, within the common page.
    pub const fn new(centers: Centers, shell: Shell) -> Self {
        Self { centers, shell }
    }
}

/// Routes below `/centers`, `/chapters` and `/api/v1`.
pub fn routes(pages: CenterPages) -> Routes {
    let open = Access::Public;
    let (edit, confirm) = (Access::May(Action::EditCenter), Access::May(Action::ConfirmCenter));
    let manage = Access::May(Action::ManageCenters);
    Routes::new()
        .get("/centers", open, list::list)
        .get("/centers.csv", open, |state, who, pairs| paper::file(state, who, pairs, Kind::Csv))
        .get("/centers.json", open, |state, who, pairs| paper::file(state, who, pairs, Kind::Json))
        .get("/centers.geojson", open, |state, who, pairs| {
            paper::file(state, who, pairs, Kind::GeoJson)
        })
        .get("/centers/find", open, paper::find)
        .get("/centers/print", open, paper::print)
        .get("/centers/pending", confirm, queue::queue)
        // a center takes its own change back here, others decide it: the service asks for what each needs
        .post("/centers/pending/{center}/{change}", Access::SignedIn, queue::decide)
        // staff, administrators of the center, and to refuse it officers of the chapter: the service asks
        .post("/centers/claims/{claim}", Access::SignedIn, claims::decide)
        .get("/centers/cycles", Access::May(Action::OpenCycles), chapters::cycles)
        .post("/centers/cycles", Access::May(Action::OpenCycles), chapters::open_cycle)
        .get("/centers/new", manage, edit::new)
        .post("/centers/new", manage, edit::add)
        .get("/centers/{number}", open, show::show)
        .get("/centers/{number}/claim", Access::SignedIn, claims::ask)
        .post("/centers/{number}/claim", Access::SignedIn, claims::claim)
        .get("/centers/{number}/edit", edit, edit::edit)
        .post("/centers/{number}/edit", edit, edit::save)
        .post("/centers/{number}/attest", edit, edit::attest)
        .post("/centers/{number}/state", manage, edit::set_state)
        .get("/chapters", open, chapters::list)
        .post("/chapters", manage, chapters::move_country)
        .get("/chapters/{code}", open, chapters::show)
        .get("/api/v1/centers", open, api::centers)
        .get("/api/v1/centers/{number}", open, api::center)
        .get("/api/v1/centers/{number}/details", edit, api::details::read)
        .post("/api/v1/centers/{number}/details", edit, api::details::save)
        .get(
            "/api/v1/centers/{number}/report-codes",
            Access::May(Action::SeeReportCode),
            api::report_codes,
        )
        .get("/api/v1/chapters", open, api::chapters)
        .with_state(pages)
}

/// Runs work that asks the database, on a thread that may block.
async fn work<T: Send + 'static>(
    pages: &CenterPages,
    visitor: &Visitor,
    job: impl FnOnce(&Centers) -> Result<T, CenterError> + Send + 'static,
) -> Result<T, Response> {
    let centers = pages.centers.clone();
    match tokio::task::spawn_blocking(move || job(&centers)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(problem(&error, visitor).into_response()),
        Err(error) => Err(Problem::internal("reading centers", &error).into_response()),
    }
}

/// What went wrong, as its reader is told.
fn problem(error: &CenterError, visitor: &Visitor) -> Problem {
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    match error {
        CenterError::Refused(refusal) => Problem::refused(refusal, visitor),
        CenterError::Missing => Problem::not_here("center or change", visitor),
        CenterError::Stage(reason) => {
            Problem::new(StatusCode::CONFLICT, "Not possible now", reason)
        }
        CenterError::Invalid(findings) => {
            let text: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
            Problem::new(unprocessable, "Some entries are not right", text.join(" "))
        }
        CenterError::Conflict(_) => {
            let text =
                "Somebody else has changed this profile. Open it again and look at the new values.";
            Problem::new(StatusCode::CONFLICT, "Changed by somebody else", text)
        }
        CenterError::Db(_) | CenterError::Randomness => {
            Problem::internal("the directory of centers", error)
        }
    }
}

/// A page that is the same for all readers, or one with the reader's name.
fn page(
    pages: &CenterPages,
    visitor: &Visitor,
    headers: &HeaderMap,
    meta: &PageMeta<'_>,
    body: &impl Template,
) -> Response {
    let known = visitor.is_known();
    // without a session that is the page for everybody
    let html = body.render().and_then(|body| pages.shell.render_for(visitor, meta, &body));
    match html {
        Ok(html) if known => site::private_page(html),
        Ok(html) => site::page(headers, html),
        Err(error) => Problem::internal("writing a page of centers", &error).into_response(),
    }
}

/// A page for one reader.
fn own_page(
    pages: &CenterPages,
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    body: &impl Template,
) -> Response {
    let meta = PageMeta { title, description: None, path: None };
    match body.render().and_then(|body| pages.shell.render_for(visitor, &meta, &body)) {
        Ok(html) => (status, site::private_page(html)).into_response(),
        Err(error) => Problem::internal("writing a page of centers", &error).into_response(),
    }
}

/// The value of a form's field.
fn sent<'a>(pairs: &'a [(String, String)], key: &str) -> Option<&'a str> {
    pairs.iter().find(|(name, _)| name == key).map(|(_, text)| text.as_str())
}

/// The revision that a form was made from; one that no profile has when it is missing.
fn revision(pairs: &[(String, String)]) -> i64 {
    sent(pairs, "revision").and_then(|text| text.parse().ok()).unwrap_or(-1)
}

/// The English name of a country, or its code.
fn country_name(code: &str) -> &str {
    chart::country_name(code).unwrap_or(code)
}
