//! Capacity as FHIR R4.

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde_json::Value;
use site::Visitor;

use super::super::CapacityPages;
use super::{answer, fault, of_number, work};
use crate::fhir::{Export, measure as definition};
use crate::service::{CapacityError, reader};
use crate::view::view;
use crate::words::Reader;

fn resource(visitor: &Visitor, headers: &HeaderMap, value: &Value) -> Response {
    let mut response = answer(visitor, headers, value);
    // nothing new has no body and no kind
    if response.headers().contains_key(CONTENT_TYPE) {
        let kind = HeaderValue::from_static("application/fhir+json; fhirVersion=4.0");
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

/// One center as a Bundle.
pub(super) async fn center(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let bundle = work(&pages, move |capacity| {
        let snapshot = capacity.current().map_err(|error| fault(error, &who))?;
        let missing = || fault(CapacityError::Missing, &who);
        let (center, log) = of_number(&snapshot, &number, &who)?;
        let (reader, cadences) = (reader(&who.actor, center, &snapshot), snapshot.cadences());
        let now = capacity.clock.now();
        let view = view(center, log, reader, cadences, now).ok_or_else(missing)?;
        let sees_committed = reader >= Reader::Network;
        Ok(Export { center, log, cadences, view: &view, sees_committed }.bundle())
    });
    Ok(resource(&visitor, &headers, &bundle.await?))
}

/// What the counts mean.
pub(super) async fn measure(visitor: Visitor, headers: HeaderMap) -> Response {
    resource(&visitor, &headers, &definition())
}
