//! What is told of all centers together: totals, the map, codes, cadences, health.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde_json::{Value, json};
use site::Visitor;

use super::super::CapacityPages;
use super::super::shown::shown;
use super::{Pairs, answer, fault, work, wrong};
use crate::clock::{Cadences, Spans};
use crate::region::{NoticeKind, in_force};
use crate::store::Scoped;
use crate::totals::{Totals, published};
use crate::view::NOTICE;
use crate::words::{
    Accepts, Cadence, Channel, Declared, Excluded, Freshness, Group, Light, Limit, OperatingLevel,
    Reason, ReportKind, TeamStatus,
};

/// Totals by country, chapter or network. Areas with fewer than three reporting centers are withheld, and one more with
/// them when a single one would follow from the sum.
pub(super) async fn summary(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let (mut by, mut age, mut mode) = ("country", AgeGroup::Adult, None);
        for (key, value) in &pairs {
            let unknown = || wrong(key, format!("`{value}` is not known here"));
            match (key.as_str(), value.as_str()) {
                ("group_by", "country") => by = "country",
                ("group_by", "chapter") => by = "chapter",
                ("group_by", "network") => by = "network",
                ("age_group", word) => age = AgeGroup::from_word(word).ok_or_else(unknown)?,
                ("mode", word) => mode = Some(Mode::from_word(word).ok_or_else(unknown)?),
                _ => return Err(unknown()),
            }
        }
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let now = capacity.clock.now();
        let mut areas: BTreeMap<String, Totals> = BTreeMap::new();
        for (center, log) in snapshot.centers() {
            let cadences = snapshot.cadences();
            let Some(shown) = shown(center, log, (age, mode), cadences, now) else { continue };
            let mut add = |area: &str| areas.entry(area.to_owned()).or_default().add(&shown.status);
            match by {
                "country" => add(&center.country),
                "chapter" => add(&center.chapter),
                _ => center.networks.iter().for_each(|key| add(key)),
            }
        }
        let groups: BTreeMap<String, Value> = published(&areas)
            .into_iter()
            .map(|(area, totals)| (area, totals.map_or(Value::Null, |totals| json!(totals))))
            .collect();
        Ok(json!({
            "generated_at": now.to_string(), "notice": NOTICE, "group_by": by,
            "age_group": age, "mode": mode, "groups": groups,
        }))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// One point for each center that offers what is asked for, with everybody's light and its age.
pub(super) async fn map(
    State(pages): State<CapacityPages>,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let found = work(&pages, move |capacity| {
        let (mut age, mut mode) = (AgeGroup::Adult, None);
        for (key, value) in &pairs {
            let unknown = || wrong(key, format!("`{value}` is not known here"));
            match key.as_str() {
                "age_group" => age = AgeGroup::from_word(value).ok_or_else(unknown)?,
                "mode" => mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                _ => return Err(wrong(key, "there is no such parameter")),
            }
        }
        let snapshot = capacity.current().map_err(|error| fault(error, &Visitor::public()))?;
        let now = capacity.clock.now();
        let features: Vec<Value> = snapshot
            .centers()
            .filter_map(|(center, log)| {
                let shown = shown(center, log, (age, mode), snapshot.cadences(), now)?;
                let (lat, lon) = center.position?;
                let status = &shown.status;
                Some(json!({
                    "type": "Feature", "id": center.number,
                    "geometry": { "type": "Point", "coordinates": [lon, lat] },
                    "properties": {
                        "center_id": center.number, "name": center.name, "city": center.city,
                        "country": center.country, "mode": shown.mode,
                        "effective_status": status.light, "standing": shown.standing.as_str(),
                        "freshness": status.freshness, "stale": status.is_stale(),
                        "valid_at": status.entry.map(|entry| entry.valid_at.to_string()),
                        "invented": snapshot.is_invented(&center.number),
                    },
                }))
            })
            .collect();
        Ok(json!({
            "type": "FeatureCollection", "generated_at": now.to_string(), "notice": NOTICE,
            "age_group": age, "mode": mode, "features": features,
        }))
    });
    Ok(answer(&Visitor::public(), &headers, &found.await?))
}

fn list<T: Copy>(all: &[T], word: fn(T) -> &'static str, label: fn(T) -> &'static str) -> Value {
    all.iter().map(|it| json!({ "code": word(*it), "label": label(*it) })).collect()
}

/// Every code list.
pub(super) async fn codes(visitor: Visitor, headers: HeaderMap) -> Response {
    let lists = json!({
        "age_group": list(AgeGroup::ALL, AgeGroup::as_str, AgeGroup::label),
        "mode": list(Mode::ALL, Mode::as_str, Mode::label),
        "declared_status": list(Declared::ALL, Declared::as_str, Declared::label),
        "effective_status": list(Light::ALL, Light::as_str, Light::label),
        "effective_reason": list(Reason::ALL, Reason::as_str, Reason::label),
        "freshness": list(Freshness::ALL, Freshness::as_str, Freshness::label),
        "kind": list(ReportKind::ALL, ReportKind::as_str, ReportKind::label),
        "channel": list(Channel::ALL, Channel::as_str, Channel::label),
        "limits": list(Limit::ALL, Limit::as_str, Limit::label),
        "accepts_external": list(Accepts::ALL, Accepts::as_str, Accepts::label),
        "operating_level": list(OperatingLevel::ALL, OperatingLevel::as_str, OperatingLevel::label),
        "team_status": list(TeamStatus::ALL, TeamStatus::as_str, TeamStatus::label),
        "notice_kind": list(NoticeKind::ALL, NoticeKind::as_str, NoticeKind::label),
        "group": list(Group::ALL, Group::as_str, Group::label),
        "excluded": list(Excluded::ALL, Excluded::as_str, Excluded::label),
    });
    answer(&visitor, &headers, &lists)
}

fn spans(spans: &Spans) -> Value {
    let minutes = |micros: i64| micros / crate::clock::MINUTE;
    json!({
        "fresh_up_to_minutes": minutes(spans.fresh), "aging_up_to_minutes": minutes(spans.aging),
        "stale_up_to_minutes": minutes(spans.stale),
    })
}

/// The cadences, and where a stricter one applies now.
pub(super) async fn cadences(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let (now, all): (Instant, &Cadences) = (capacity.clock.now(), snapshot.cadences());
        let rows: BTreeMap<&str, Value> =
            Cadence::ALL.iter().map(|it| (it.as_str(), spans(&all.of(*it)))).collect();
        let stricter: Vec<Value> = in_force(&snapshot, now)
            // a center's own choice is its own matter
            .filter(|it| it.scope != "center")
            .map(|Scoped { scope, key, period, .. }| {
                json!({
                    "scope": scope, "key": key, "cadence": period.cadence, "reason": period.reason,
                    "from": period.from.to_string(), "until": period.until.map(|at| at.to_string()),
                })
            })
            .collect();
        Ok(json!({ "generated_at": now.to_string(), "cadences": rows, "stricter": stricter }))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// Whether the service answers, and how fresh it is itself.
pub(super) async fn health(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let newest = snapshot.centers().filter_map(|(_, log)| log.last_recorded()).max();
        Ok(json!({
            "status": "ok", "generated_at": capacity.clock.now().to_string(),
            "centers": snapshot.centers().count(),
            "newest_report_at": newest.map(|at| at.to_string()),
        }))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}
