//! Notices of supply and equipment, for whoever reads them on the map.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use site::SignedIn;

use super::super::CapacityPages;
use super::{Pairs, answer, fault, work, wrong};
use crate::region::{Notice, notices};
use crate::snapshot::Snapshot;

fn told(snapshot: &Snapshot, notice: &Notice) -> Value {
    let (kind, key) = notice.scope.words();
    let center = notice.center.and_then(|id| snapshot.center(id));
    json!({
        "notice_id": notice.id, "region": kind, "region_key": key,
        "center_id": center.map(|(center, _)| center.number.as_str()),
        "kind": notice.kind.as_str(), "about": notice.about.as_str(), "words": notice.words,
        "from": notice.from.to_string(), "until": notice.until.to_string(),
    })
}

/// The notices that are in force for the reader: of their networks, and of countries and chapters for professionals.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let found = work(&pages, move |capacity| {
        if let Some((key, _)) = pairs.first() {
            return Err(wrong(key, "there is no such parameter"));
        }
        let snapshot = capacity.current().map_err(|error| fault(error, &who))?;
        let now = capacity.clock.now();
        let all = notices(&snapshot, &who.actor, now);
        let all: Vec<Value> = all.into_iter().map(|it| told(&snapshot, it)).collect();
        Ok(json!({ "generated_at": now.to_string(), "notices": all }))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}
