//! Reports of several centers as CSV.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::Channel as Through;
use serde_json::{Value, json};
use site::{Fault, Problem, SignedIn};

use super::super::CapacityPages;
use super::{Pairs, fault, work, wrong};
use crate::upload::{Judged, read_reports};

/// Whether nothing is stored, and whether what is unusual is right.
fn asked(pairs: &[(String, String)]) -> Result<(bool, bool), Fault> {
    let (mut look_only, mut is_right) = (true, false);
    for (key, value) in pairs {
        let flag = match value.as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(wrong(key, "`true` or `false`")),
        };
        match key.as_str() {
            "dry_run" => look_only = flag,
            "acknowledge" => is_right = flag,
            _ => return Err(wrong(key, "there is no such parameter")),
        }
    }
    Ok((look_only, is_right))
}

fn body(headers: &HeaderMap, sent: Result<Bytes, BytesRejection>) -> Result<Bytes, Fault> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv") {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let detail = "Send the body as `text/csv`.";
        return Err(Problem::new(status, "Media type not supported", detail).into());
    }
    sent.map_err(|error| Problem::of(error.status()).into())
}

fn told(center: &Judged) -> Value {
    json!({
        "center_id": center.number, "unit_id": center.unit, "verdict": center.verdict, "report_id": center.report,
        "rows": center.rows, "errors": center.faults,
    })
}

/// Takes the reports of each center, or only looks what would become of them.
pub(super) async fn reports(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Query(pairs): Pairs,
    headers: HeaderMap,
    sent: Result<Bytes, BytesRejection>,
) -> Result<Response, Response> {
    work(&pages, move |capacity| {
        let (look_only, is_right) = asked(&pairs)?;
        let bytes = body(&headers, sent)?;
        let centers = read_reports(&bytes).map_err(|faults| {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let detail = "The file cannot be read as reports; nothing was stored.";
            Fault::new("values", status, "Not taken", detail).with("errors", json!(faults))
        })?;
        let actor = visitor.actor.through(Through::Api);
        let done = capacity.take_rows(&actor, &centers, look_only, |_| is_right);
        let done = done.map_err(|error| fault(error, &visitor))?;
        let centers: Vec<Value> = done.iter().map(told).collect();
        let value = json!({ "dry_run": look_only, "centers": centers });
        Ok(([(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response())
    })
    .await
}
