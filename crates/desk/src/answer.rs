//! What all handlers of the desk share: threads that may block, errors for their readers, the page around a page.

use askama::Template;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, Instant, RunId, permit};
use registry::{Center, RegistryError};
use site::{PageMeta, Problem, Visitor};

use crate::Desk;

/// Runs what asks the database on a thread that may block.
pub(crate) async fn blocking(
    work: impl FnOnce() -> Result<Response, Problem> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.unwrap_or_else(Problem::into_response),
        Err(error) => Problem::internal("a page of the desk", &error).into_response(),
    }
}

/// An error of the registry in the words of a page.
pub(crate) fn problem(error: RegistryError, visitor: &Visitor) -> Problem {
    let say = |status, title: &str, text: String| {
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        let text = format!("{}{}.", first.unwrap_or_default(), letters.as_str());
        Problem::new(status, title, text)
    };
    match error {
        RegistryError::Refused(refusal) => Problem::refused(&refusal, visitor),
        RegistryError::NotFound(what) => Problem::not_here(what, visitor),
        error @ (RegistryError::Conflict { .. } | RegistryError::PlanMoved) => {
            say(StatusCode::CONFLICT, "Somebody else was faster", error.to_string())
        }
        error @ RegistryError::State { .. } => {
            say(StatusCode::CONFLICT, "Not possible in this state", error.to_string())
        }
        error @ (RegistryError::Findings { .. }
        | RegistryError::Invalid(_)
        | RegistryError::CannotUndo(_)) => {
            say(StatusCode::UNPROCESSABLE_ENTITY, "Not taken", error.to_string())
        }
        error => Problem::internal("the desk", &error),
    }
}

/// A page of the desk for one reader.
pub(crate) fn page(
    desk: &Desk,
    visitor: &Visitor,
    title: &str,
    body: &impl Template,
) -> Result<Response, Problem> {
    page_with(desk, visitor, StatusCode::OK, title, body)
}

/// The same with a status, for forms that come back.
pub(crate) fn page_with(
    desk: &Desk,
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    body: &impl Template,
) -> Result<Response, Problem> {
    let meta = PageMeta { title, description: None, path: None };
    let made = body.render().and_then(|body| desk.shell.render_for(visitor, &meta, &body));
    let html = made.map_err(|error| Problem::internal("writing a page of the desk", &error))?;
    let mut response = site::private_page(html);
    *response.status_mut() = status;
    Ok(response)
}

/// Leads to another page after something was done.
pub(crate) fn led_to(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(value) = HeaderValue::from_str(address) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}

/// The center of a number, if the visitor may do this there. Unknown and foreign centers look the same.
pub(crate) fn center(
    desk: &Desk,
    visitor: &Visitor,
    number: &str,
    action: Action,
) -> Result<Center, Problem> {
    let found = desk.registry.center(number).map_err(|error| problem(error, visitor))?;
    let found = found.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
    permit(&visitor.actor, action, found.id)
        .map_err(|refusal| Problem::refused(&refusal, visitor))?;
    Ok(found)
}

/// A run's id from an address; one that is none is not found.
pub(crate) fn run_id(text: &str) -> Result<RunId, Problem> {
    text.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))
}

/// The strip above the pages of a center's desk.
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) tabs: Vec<Tab>,
    /// Whether the center is made up, which the strip says.
    pub(crate) invented: bool,
    /// Address of the script that moves along rows by keys.
    pub(crate) script: &'static str,
}

/// A part of the desk.
pub(crate) struct Tab {
    pub(crate) href: String,
    pub(crate) label: &'static str,
    pub(crate) here: bool,
}

impl Head {
    /// The strip of a center, with the parts of the desk that the visitor may see.
    pub(crate) fn new(center: &Center, visitor: &Visitor, here: &str) -> Self {
        let may = |action| permit(&visitor.actor, action, center.id).is_ok();
        let parts = [
            ("", "Worklist", may(Action::ReadRecords)),
            ("/start", "Start a case", may(Action::WriteRecords)),
            ("/queries", "Queries", may(Action::ReadRecords)),
            ("/upload", "Upload", may(Action::WriteRecords)),
            ("/export", "Export", may(Action::ExportRecords)),
            ("/transfers", "Transfers", may(Action::ReadRecords)),
            ("/quality", "Data quality", may(Action::ReadRecords)),
        ];
        let tabs = parts.into_iter().filter(|(_, _, may)| *may).map(|(path, label, _)| Tab {
            href: format!("/desk/{}{path}", center.number),
            label,
            here: path == here,
        });
        // what the same people look after elsewhere
        let beside = [
            ("/centers", "Center", may(Action::EditCenter)),
            ("/people", "People", may(Action::SeePeople)),
        ];
        let beside = beside.into_iter().filter(|(_, _, may)| *may).map(|(path, label, _)| Tab {
            href: format!("{path}/{}", center.number),
            label,
            here: false,
        });
        let tabs = tabs.chain(beside);
        Self {
            name: center.name.clone(),
            number: center.number.clone(),
            tabs: tabs.collect(),
            invented: center.invented,
            script: site::desk_script(),
        }
    }
}

/// Day and minute in UTC, as `2026-11-22 12:00`.
pub(crate) fn minute(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M").to_string()
}

/// The day in UTC.
pub(crate) fn day(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%d").to_string()
}

/// How long ago, in the largest unit that fits: `3 days`, `5 hours`.
pub(crate) fn age(since: Instant, now: Instant) -> String {
    let minutes = (now.as_micros() - since.as_micros()).max(0) / 60_000_000;
    let (number, unit) = match minutes {
        0..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// A stored local moment as people read it.
pub(crate) fn local(text: &str) -> String {
    text.replace('T', " ")
}

/// Percent-encodes a value of an address.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
