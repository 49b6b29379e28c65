//! Lights of centers as EDXL-HAVE.

use axum::extract::{Query, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use site::{Problem, Visitor};

use super::super::CapacityPages;
use super::centers::Wanted;
use super::{Pairs, fault, work, wrong};
use crate::have::{document, first_document};
use crate::model::Center;
use crate::service::reader;
use crate::view::{CenterView, view};

/// Writes centers in one of the versions.
type Document = fn(&[(&Center, CenterView)]) -> std::io::Result<Option<String>>;

/// The centers of a filter, as the caller sees them.
pub(super) async fn have(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    written(&pages, visitor, pairs, document).await
}

/// The same in version 1.0.
pub(super) async fn first(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    written(&pages, visitor, pairs, first_document).await
}

async fn written(
    pages: &CapacityPages,
    visitor: Visitor,
    pairs: Vec<(String, String)>,
    document: Document,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let text = work(pages, move |capacity| {
        if pairs.iter().any(|(key, _)| key == "after") {
            return Err(wrong("after", "there is no such parameter"));
        }
        let wanted = Wanted::read(&pairs)?;
        let snapshot = capacity.current().map_err(|error| fault(error, &who))?;
        let (now, cadences) = (capacity.clock.now(), snapshot.cadences());
        let seen = |(center, log)| {
            let reader = reader(&who.actor, center, &snapshot);
            Some((center, view(center, log, reader, cadences, now)?))
        };
        let centers: Vec<_> =
            wanted.matching(&snapshot, now).into_iter().filter_map(seen).collect();
        let written = document(&centers);
        let written = written.map_err(|error| Problem::internal("writing EDXL-HAVE", &error))?;
        Ok(written.ok_or_else(|| {
            let detail = "No center fits, and a document of this format names at least one.";
            Problem::new(StatusCode::NOT_FOUND, "No such center", detail)
        })?)
    });
    let mut response = text.await?.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let kept = if visitor.is_known() {
        "no-store"
    } else {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        "public, max-age=60"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    Ok(response)
}
