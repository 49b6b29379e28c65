//! Capacity for programs: centers, search, totals and map to read, reports to write.
//!
//! The public tier may be read from pages of other sites. Whatever a caller's role adds is kept by nobody.

mod around;
mod centers;
mod describe;
mod enquiries;
mod feed;
mod fhir;
mod find;
mod have;
mod history;
mod notices;
mod outcome;
mod report_csv;
mod said;
mod subscriptions;
mod upload;
mod write;

use std::num::NonZeroU32;

use axum::extract::Query;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::Action;
use serde::Serialize;
use serde_json::json;
use site::{Access, Fault, Pace, Problem, Routes, Visitor, Wrong};

use super::CapacityPages;
use crate::check::Finding;
use crate::log::Log;
use crate::model::Center;
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;

pub use describe::{paths, schemas};

/// What stands behind the question mark.
type Pairs = Query<Vec<(String, String)>>;
/// Requests of an address in a minute, and of somebody who is known.
const PACE: (NonZeroU32, NonZeroU32) =
    (NonZeroU32::new(60).unwrap(), NonZeroU32::new(600).unwrap());
/// Rows of one answer.
const ROWS: usize = 100;

/// The addresses.
pub(super) fn routes() -> Routes<CapacityPages> {
    let (open, report) = (Access::Public, Access::May(Action::ReportCapacity));
    let own = Access::SignedIn;
    Routes::new()
        .get("/api/capacity/v1/centers", open, centers::centers)
        .get("/api/capacity/v1/centers/{number}", open, centers::center)
        .get("/api/capacity/v1/centers/{number}/reports", report, centers::reports)
        .post("/api/capacity/v1/centers/{number}/reports", report, write::report)
        .post("/api/capacity/v1/centers/{number}/reports/confirm", report, write::confirm)
        .post("/api/capacity/v1/centers/{number}/reports/validate", report, write::validate)
        .post("/api/capacity/v1/centers/{number}/reports/{report}/correct", report, write::correct)
        .post("/api/capacity/v1/reports.csv", report, upload::reports)
        .get("/api/capacity/v1/centers/{number}/history", report, history::center)
        .post("/api/capacity/v1/centers/{number}/enquiries", report, enquiries::add)
        .get("/api/capacity/v1/history", open, history::area)
        .get("/api/capacity/v1/centers/{number}/fhir", open, fhir::center)
        .get("/api/capacity/v1/fhir/Measure", open, fhir::measure)
        .post("/api/capacity/v1/fhir/Measure/$report-csv", report, report_csv::report_csv)
        .post("/api/capacity/v1/fhir/MeasureReport", report, fhir::create)
        .get("/api/capacity/v1/fhir/MeasureReport/{report}", report, fhir::stored)
        .put("/api/capacity/v1/fhir/MeasureReport/{report}", report, fhir::put)
        .get("/api/capacity/v1/have.xml", open, have::have)
        .get("/api/capacity/v1/have-1.0.xml", open, have::first)
        .get("/api/capacity/v1/search", open, find::search)
        .get("/api/capacity/v1/summary", open, around::summary)
        .get("/api/capacity/v1/map.geojson", open, around::map)
        .get("/api/capacity/v1/feeds/changes.atom", open, feed::changes)
        .get("/api/capacity/v1/notices", own, notices::list)
        .get("/api/capacity/v1/subscriptions", own, subscriptions::list)
        .post("/api/capacity/v1/subscriptions", own, subscriptions::add)
        .get("/api/capacity/v1/subscriptions/{subscription}", own, subscriptions::show)
        .delete("/api/capacity/v1/subscriptions/{subscription}", own, subscriptions::end)
        .get("/api/capacity/v1/codes", open, around::codes)
        .get("/api/capacity/v1/cadences", open, around::cadences)
        .get("/api/capacity/v1/health", open, around::health)
        .paced(Pace::new(PACE.0, PACE.1))
}

/// Runs work that asks the database, on a thread that may block.
async fn work<T: Send + 'static>(
    pages: &CapacityPages,
    job: impl FnOnce(&Capacity) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Response> {
    let capacity = pages.capacity.clone();
    match tokio::task::spawn_blocking(move || job(&capacity)).await {
        Ok(done) => done.map_err(IntoResponse::into_response),
        Err(error) => Err(Problem::internal("an address of capacity", &error).into_response()),
    }
}

/// An error for a program.
fn fault(error: CapacityError, visitor: &Visitor) -> Fault {
    match error {
        CapacityError::Invalid(findings) => {
            let detail = "The report breaks rules; nothing was stored.";
            rules(
                Fault::new("rules", StatusCode::UNPROCESSABLE_ENTITY, "Not taken", detail),
                findings,
            )
        }
        CapacityError::Ask(findings) => {
            let detail =
                "The report is unusual. Send it again with `acknowledge=true` if it is right.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            rules(Fault::new("ask", status, "Is this right?", detail), findings)
        }
        CapacityError::Values(all) => {
            let place = |(field, detail): (&str, String)| Wrong { at: format!("/{field}"), detail };
            Fault::values(all.into_iter().map(place).collect())
        }
        CapacityError::Foreign => {
            let detail = "Another center has used the id of this report. Make a new one.";
            Problem::new(StatusCode::FORBIDDEN, "Not your report", detail).into()
        }
        other => super::problem(&other, visitor).into(),
    }
}

/// The center of a number, with what it has said.
fn of_number<'a>(
    snapshot: &'a Snapshot,
    number: &str,
    visitor: &Visitor,
) -> Result<(&'a Center, &'a Log), Fault> {
    snapshot.by_number(number).ok_or_else(|| fault(CapacityError::Missing, visitor))
}

fn rules(fault: Fault, findings: Vec<Finding>) -> Fault {
    let errors: Vec<_> = findings
        .into_iter()
        .map(|it| {
            json!({ "rule": it.rule, "pointer": it.pointer, "detail": it.message, "fix": it.fix })
        })
        .collect();
    fault.with("errors", json!(errors))
}

/// A parameter that cannot be right.
fn wrong(name: &str, detail: impl Into<String>) -> Fault {
    Fault::request(name, detail)
}

/// A parameter that follows the description and is still not right, by itself or beside others.
fn odd(name: &str, detail: impl Into<String>) -> Fault {
    Fault::values(vec![Wrong { at: name.to_owned(), detail: detail.into() }])
}

/// An answer: everybody's may be asked about again and read by other sites, a known reader's is kept by nobody.
fn answer(visitor: &Visitor, headers: &HeaderMap, value: &impl Serialize) -> Response {
    if visitor.is_known() {
        return ([(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response();
    }
    let mut response = site::json(headers, value);
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
