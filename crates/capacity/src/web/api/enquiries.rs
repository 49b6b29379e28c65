//! Requests for a place that programs count. Nothing of a patient.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base::{Action, Channel as Through, permit};
use directory::centers::{AgeGroup, Mode};
use serde::Deserialize;
use serde_json::json;
use site::{Sent, SignedIn};
use uuid::Uuid;

use super::super::CapacityPages;
use super::write::Moment;
use super::{fault, of_number, work};
use crate::enquiry::{Enquiry, Onward, Outcome};
use crate::words::Limit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnquirySent {
    enquiry_id: Uuid,
    at: Moment,
    #[serde(default)]
    from_country: String,
    #[serde(default)]
    from_subdivision: String,
    age_group: AgeGroup,
    mode: Option<Mode>,
    outcome: Outcome,
    #[serde(default)]
    limits: BTreeSet<Limit>,
    onward: Onward,
}

/// Counts one; the same id again changes nothing.
pub(super) async fn add(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, Response> {
    work(&pages, move |capacity| {
        let told = |error| fault(error, &visitor);
        let actor = visitor.actor.through(Through::Api);
        let snapshot = capacity.current().map_err(told)?;
        let (center, _) = of_number(&snapshot, &number, &visitor)?;
        permit(&actor, Action::ReportCapacity, center.id).map_err(|it| told(it.into()))?;
        let sent: EnquirySent = sent.read()?;
        let enquiry = Enquiry {
            id: sent.enquiry_id,
            at: sent.at.0,
            from_country: sent.from_country,
            from_subdivision: sent.from_subdivision,
            age_group: sent.age_group,
            mode: sent.mode,
            outcome: sent.outcome,
            limits: sent.limits,
            onward: sent.onward,
        };
        let new = capacity.enquire(&actor, center.id, &enquiry).map_err(told)?;
        let status = if new { StatusCode::CREATED } else { StatusCode::OK };
        let value = json!({ "new": new, "enquiry_id": enquiry.id });
        Ok((status, [(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response())
    })
    .await
}
