//! Telephone numbers of all centers, to be printed and kept.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use site::{PageMeta, Visitor};

use super::{CapacityPages, page, work};
use crate::emergency::{Numbers, numbers};
use crate::service::CapacityError;

#[derive(Template)]
#[template(path = "capacity/emergency.html")]
struct Page {
    numbers: Numbers,
}

/// The list as a page.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let body = work(&pages, &visitor, |capacity| {
        Ok(Page { numbers: numbers(&*capacity.current()?, capacity.clock.now()) })
    });
    let body = body.await?;
    let meta = PageMeta {
        title: "Telephone numbers of all centers",
        description: Some("Whom to ring when the capacity map cannot be reached."),
        path: Some("/capacity/emergency"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// The files that stand by themselves.
pub(super) async fn file(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, Response> {
    let address = pages.address.clone();
    let files = work(&pages, &visitor, move |capacity| capacity.emergency_files(&address));
    let files = files.await?;
    let (kind, shown, text) = match name.as_str() {
        "list.html" => ("text/html; charset=utf-8", "ecls-centers.html", files.html),
        "list.csv" => ("text/csv; charset=utf-8", "ecls-centers.csv", files.csv),
        _ => return Err(super::problem(&CapacityError::Missing, &visitor).into_response()),
    };
    let named = HeaderValue::from_str(&format!("attachment; filename=\"{shown}\""));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, named.unwrap_or(HeaderValue::from_static("attachment"))),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    Ok((headers, text).into_response())
}
