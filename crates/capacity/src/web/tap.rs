//! The page behind the link of a reminder. Opening it changes nothing; its button confirms the last report once.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use site::{PageMeta, Problem, Visitor};

use super::report::{Light, lights};
use super::{CapacityPages, problem};
use crate::service::CapacityError;

/// Longest token that is looked at.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "capacity/tap.html")]
struct Page {
    number: String,
    name: String,
    lights: Vec<Light>,
    token: String,
    done: bool,
    /// Why it cannot be done with this link.
    over: Option<String>,
}

/// Shows what would be confirmed.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Response> {
    answered(pages, visitor, headers, token, false).await
}

/// Confirms.
pub(super) async fn confirm(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Response> {
    answered(pages, visitor, headers, token, true).await
}

async fn answered(
    pages: CapacityPages,
    visitor: Visitor,
    headers: HeaderMap,
    token: String,
    confirms: bool,
) -> Result<Response, Response> {
    let Some(reminders) = pages.reminders.clone().filter(|_| token.len() <= LONGEST) else {
        return Err(problem(&CapacityError::Missing, &visitor).into_response());
    };
    let capacity = pages.capacity.clone();
    let work = move || -> Result<Page, CapacityError> {
        let tap = reminders.tap(&token)?;
        let (mut done, mut over) = (false, None);
        if confirms || tap.is_over {
            match reminders.use_tap(&token) {
                Ok(_) => done = true,
                Err(CapacityError::Stage(reason)) => over = Some(reason),
                Err(CapacityError::Invalid(findings)) => {
                    over = findings.into_iter().next().map(|finding| finding.message);
                }
                Err(other) => return Err(other),
            }
        }
        let snapshot = capacity.current()?;
        let found = snapshot.center(tap.center).ok_or(CapacityError::Missing)?;
        Ok(Page {
            number: found.0.number.clone(),
            name: match found.0.units.iter().find(|it| Some(&it.key) == tap.unit.as_ref()) {
                Some(unit) => format!("{}, {}", found.0.name, unit.name),
                None => found.0.name.clone(),
            },
            lights: lights(found, snapshot.cadences(), capacity.clock.now()),
            token,
            done,
            over,
        })
    };
    let body = match tokio::task::spawn_blocking(work).await {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => return Err(problem(&error, &visitor).into_response()),
        Err(error) => return Err(Problem::internal("a link of a reminder", &error).into_response()),
    };
    let title = format!("Capacity of {}", body.name);
    let meta = PageMeta { title: &title, description: None, path: None };
    let mut response = super::page(&pages, &visitor, &headers, &meta, &body);
    if body.over.is_some() && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::GONE;
    }
    let no_store = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, no_store);
    Ok(response)
}
