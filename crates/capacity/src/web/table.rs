//! The list as a file: every row of the view, with when it was made, for what, and what must be said beside it.

use axum::extract::{Query, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use base::{Actor, Instant};
use site::Visitor;

use super::asked::Asked;
use super::board::row;
use super::filters::found;
use super::trends::csv;
use super::{CapacityPages, work};
use crate::cells::{self, plain};
use crate::service::CapacityError;
use crate::snapshot::Snapshot;
use crate::view::NOTICE;

const HEADING: [&str; 16] = [
    "center",
    "name",
    "city",
    "country",
    "age_group",
    "mode",
    "status",
    "age",
    "reported_at",
    "free_places",
    "retrieval",
    "phone",
    "answers",
    "invented",
    "view",
    "as_of_and_notice",
];

fn written(
    snapshot: &Snapshot,
    actor: &Actor,
    asked: &Asked,
    now: Instant,
) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(HEADING)?;
    let (view, said) = (asked.address(), format!("{now}. {NOTICE}"));
    for shown in found(snapshot, asked, now).1 {
        let Some(row) = row(&shown, asked, snapshot, actor, now) else { continue };
        let places =
            if row.places.1 { format!("last known {}", row.places.0) } else { row.places.0 };
        let (phone, answers) = row.phone.unwrap_or_default();
        let at = shown.status.entry.map(|entry| entry.valid_at.to_string()).unwrap_or_default();
        out.write_record([
            row.number.as_str(),
            plain(&row.name),
            plain(&row.city),
            &row.country,
            asked.age.as_str(),
            shown.mode.as_str(),
            shown.standing.as_str(),
            &row.age,
            &at,
            &places,
            if row.retrieval { "yes" } else { "" },
            &cells::phone(&phone),
            plain(&answers),
            if row.invented { "yes" } else { "no" },
            &view,
            &said,
        ])?;
    }
    let bytes = out.into_inner().map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The rows of a view.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::of_address(&pairs)?;
    let actor = visitor.actor.clone();
    let text = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let asked = asked.of(&actor);
        written(&snapshot, &actor, &asked, capacity.clock.now()).map_err(|_| CapacityError::Missing)
    });
    Ok(([(CACHE_CONTROL, "no-store")], csv("capacity.csv", text.await?)).into_response())
}
