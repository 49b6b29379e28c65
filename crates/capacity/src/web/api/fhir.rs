//! Capacity as FHIR R4.

use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base::Channel as Through;
use serde_json::Value;
use site::{Sent, SignedIn, Visitor};
use uuid::Uuid;

use super::super::CapacityPages;
use super::outcome::{FHIR, Outcome};
use super::write::acknowledged;
use super::{Pairs, answer, fault, of_number, work};
use crate::client::HELD;
use crate::fhir::{Export, MeasureReport, Read, Tier, measure as definition, of_report};
use crate::model::{Report, id_of};
use crate::service::{Capacity, CapacityError, reader, reports_for};
use crate::view::view;
use crate::words::{Channel, Reader, ReportKind};

fn resource(visitor: &Visitor, headers: &HeaderMap, value: &Value) -> Response {
    let mut response = answer(visitor, headers, value);
    // nothing new has no body and no kind
    if response.headers().contains_key(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, FHIR);
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
        let tier = Tier { limits: reader > Reader::Public, network: reader >= Reader::Network };
        Ok(Export { center, log, cadences, view: &view, tier }.bundle())
    });
    Ok(resource(&visitor, &headers, &bundle.await?))
}

/// What the counts mean.
pub(super) async fn measure(visitor: Visitor, headers: HeaderMap) -> Response {
    resource(&visitor, &headers, &definition())
}

/// What was sent: by whom, with what behind the question mark, under which id.
struct Incoming {
    visitor: Visitor,
    pairs: Vec<(String, String)>,
    id: Option<String>,
    sent: Sent,
}

impl Incoming {
    fn read(sent: Sent) -> Result<Read, Outcome> {
        let value: Value = sent.read()?;
        if let Some(place) = MeasureReport::strange(&value, "MeasureReport") {
            let text = "This changes the meaning of the rest and is not understood here.";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Outcome::refused(status, text, Some(&place)));
        }
        let report: MeasureReport = site::shaped(value)?;
        report.read().map_err(|wrong| Outcome::unread(&wrong))
    }

    /// The id of the report: that of the address, which the resource repeats; its identifier; or one made of its words.
    fn id(id: Option<&str>, read: &Read) -> Result<Uuid, Outcome> {
        let Some(id) = id else {
            let voice = (read.number.as_str(), read.unit.as_deref());
            let made = || id_of(voice, read.valid_at, &read.lines, &[]);
            return Ok(read.report.unwrap_or_else(made));
        };
        let known: Option<Uuid> = id.parse().ok();
        let same = read.id.as_deref() == Some(id);
        known.filter(|_| same).ok_or_else(|| {
            let text = "The id of a report is a UUID, the same in the address and in the resource.";
            Outcome::refused(StatusCode::UNPROCESSABLE_ENTITY, text, Some("MeasureReport.id"))
        })
    }

    /// Stores it like any other report.
    fn take(self, capacity: &Capacity) -> Result<Response, Outcome> {
        let Self { visitor, pairs, id, sent } = self;
        let acknowledged = acknowledged(&pairs)?;
        let actor = visitor.actor.through(Through::Api);
        let read = Self::read(sent)?;
        let told = |error: CapacityError| Outcome::of(error, &read, &visitor);
        let snapshot = capacity.current().map_err(told)?;
        let (center, relays) = reports_for(&snapshot, &actor, &read.number).map_err(told)?;
        let report_id = Self::id(id.as_deref(), &read)?;
        let kind = if relays { ReportKind::Relayed } else { ReportKind::Partial };
        let report = Report {
            channel: Channel::Fhir,
            // a program fills in such a resource, unless it says that a person has typed the counts
            automatic: read.automatic.unwrap_or(!relays),
            unit: read.unit.clone(),
            lines: read.lines.clone(),
            ..Report::blank(center.id, report_id, kind, read.valid_at)
        };
        let taken = capacity.report(&actor, center.id, &report, acknowledged).map_err(told)?;
        let same = |it: &Report| {
            (&it.lines, it.valid_at, &it.unit) == (&report.lines, report.valid_at, &report.unit)
        };
        if !same(&taken.report) {
            let text = "There is another report of this id, and reports are never changed: send this one under a new id.";
            return Err(Outcome::refused(StatusCode::CONFLICT, text, None));
        }
        let (status, text) = match (taken.new, taken.report.held) {
            (true, true) => (StatusCode::CREATED, HELD),
            (true, false) => (StatusCode::CREATED, "Stored."),
            (false, _) => (StatusCode::OK, "Stored before; nothing has changed."),
        };
        let mut response = Outcome::taken(status, text, &read.notes).into_response();
        let place = format!("/api/capacity/v1/fhir/MeasureReport/{report_id}");
        if let Ok(place) = HeaderValue::from_str(&place) {
            response.headers_mut().insert(LOCATION, place);
        }
        Ok(response)
    }

    async fn answered(self, pages: &CapacityPages) -> Result<Response, Response> {
        work(pages, move |capacity| Ok(self.take(capacity).unwrap_or_else(Outcome::into_response)))
            .await
    }
}

/// Takes the counts of a center.
pub(super) async fn create(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Query(pairs): Pairs,
    sent: Sent,
) -> Result<Response, Response> {
    Incoming { visitor, pairs, id: None, sent }.answered(&pages).await
}

/// Takes the counts of a center under an id that their sender has made.
pub(super) async fn put(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(report): Path<String>,
    Query(pairs): Pairs,
    sent: Sent,
) -> Result<Response, Response> {
    Incoming { visitor, pairs, id: Some(report), sent }.answered(&pages).await
}

/// A report as it was sent, for those who report for its center.
pub(super) async fn stored(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(report): Path<String>,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let found = work(&pages, move |capacity| {
        let told = |error| fault(error, &who);
        let report: Uuid = report.parse().map_err(|_| told(CapacityError::Missing))?;
        let (center, report) = capacity.stored(&who.actor, report).map_err(told)?;
        let snapshot = capacity.current().map_err(told)?;
        let (center, _) = snapshot.center(center).ok_or_else(|| told(CapacityError::Missing))?;
        Ok(of_report(center, &report))
    });
    Ok(resource(&visitor, &headers, &found.await?))
}
