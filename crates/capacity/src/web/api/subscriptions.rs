//! Subscriptions of a person, through programs.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base::Channel as Through;
use directory::centers::{AgeGroup, Mode};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Fault, Problem, Sent, SignedIn, Visitor};
use uuid::Uuid;

use super::super::CapacityPages;
use super::fault;
use super::write::whole;
use crate::alerts::{Around, CapacityAlerts, Sending, Subscription, Trigger, Way, Wish};
use crate::service::CapacityError;
use crate::words::Limit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiet {
    #[serde(deserialize_with = "whole")]
    from_hour: Option<i64>,
    #[serde(deserialize_with = "whole")]
    to_hour: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionSent {
    subscription_id: Uuid,
    name: String,
    area: Around,
    #[serde(default)]
    key: String,
    at: Option<Place>,
    km: Option<f64>,
    age_group: AgeGroup,
    mode: Option<Mode>,
    trigger: Trigger,
    #[serde(default, deserialize_with = "whole")]
    count: Option<i64>,
    limit: Option<Limit>,
    channel: Way,
    #[serde(default)]
    url: String,
    quiet: Option<Quiet>,
    #[serde(default)]
    time_zone: String,
    #[serde(default)]
    digest: bool,
}

impl From<SubscriptionSent> for Wish {
    fn from(sent: SubscriptionSent) -> Self {
        // what does not fit is told as a value that cannot be
        let hour = |it: Option<i64>| it.and_then(|it| u8::try_from(it).ok()).unwrap_or(u8::MAX);
        Self {
            name: sent.name,
            area: sent.area,
            key: sent.key,
            at: sent.at.map(|at| (at.lat, at.lon)),
            km: sent.km,
            age_group: sent.age_group,
            mode: sent.mode,
            trigger: sent.trigger,
            count: sent.count.map(|it| u32::try_from(it).unwrap_or(u32::MAX)),
            limit: sent.limit,
            way: sent.channel,
            url: sent.url,
            quiet: sent.quiet.map(|it| (hour(it.from_hour), hour(it.to_hour))),
            time_zone: sent.time_zone,
            digest: sent.digest,
        }
    }
}

fn value(it: &Subscription, secret: Option<&str>) -> Value {
    let wish = &it.wish;
    json!({
        "subscription_id": it.id, "created_at": it.created_at.to_string(), "name": wish.name,
        "area": wish.area, "key": wish.key,
        "at": wish.at.map(|(lat, lon)| json!({ "lat": lat, "lon": lon })), "km": wish.km,
        "age_group": wish.age_group, "mode": wish.mode, "trigger": wish.trigger,
        "count": wish.count, "limit": wish.limit, "channel": wish.way, "url": wish.url,
        "quiet": wish.quiet.map(|(from, to)| json!({ "from_hour": from, "to_hour": to })),
        "time_zone": wish.time_zone, "digest": wish.digest,
        "stopped_at": it.stopped.as_ref().map(|(at, _)| at.to_string()),
        "stopped_why": it.stopped.as_ref().map(|(_, why)| why),
        "secret": secret,
    })
}

fn sending(it: &Sending) -> Value {
    json!({
        "written_at": it.written_at.to_string(), "changes": it.lines().collect::<Vec<_>>(),
        "tries": it.tries, "sent_at": it.sent_at.map(|at| at.to_string()),
        "next_at": it.next_at.map(|at| at.to_string()), "trouble": it.trouble,
    })
}

fn kept(status: StatusCode, value: &Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response()
}

/// Runs work with the subscriptions, on a thread that may block.
async fn with_alerts(
    pages: &CapacityPages,
    visitor: Visitor,
    job: impl FnOnce(&CapacityAlerts, &Visitor) -> Result<Response, Fault> + Send + 'static,
) -> Result<Response, Response> {
    let Some(alerts) = pages.alerts.clone() else {
        return Err(fault(CapacityError::Missing, &visitor).into_response());
    };
    let visitor = Visitor { actor: visitor.actor.through(Through::Api), ..visitor };
    match tokio::task::spawn_blocking(move || job(&alerts, &visitor)).await {
        Ok(done) => done.map_err(IntoResponse::into_response),
        Err(error) => Err(Problem::internal("subscriptions", &error).into_response()),
    }
}

fn id(text: &str, visitor: &Visitor) -> Result<Uuid, Fault> {
    text.parse().map_err(|_| fault(CapacityError::Missing, visitor))
}

/// One's own, the oldest first.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
) -> Result<Response, Response> {
    with_alerts(&pages, visitor, |alerts, visitor| {
        let all = alerts.own(&visitor.actor).map_err(|error| fault(error, visitor))?;
        let all: Vec<Value> = all.iter().map(|it| value(it, None)).collect();
        Ok(kept(StatusCode::OK, &json!({ "subscriptions": all })))
    })
    .await
}

/// Another one. The secret of a webhook is in the answer.
pub(super) async fn add(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    sent: Sent,
) -> Result<Response, Response> {
    with_alerts(&pages, visitor, move |alerts, visitor| {
        let sent: SubscriptionSent = sent.read()?;
        let new = sent.subscription_id;
        let known = alerts.own(&visitor.actor).map_err(|error| fault(error, visitor))?;
        let known = known.iter().any(|it| it.id == new);
        let told = alerts.subscribe(&visitor.actor, new, &Wish::from(sent));
        let subscription = told.map_err(|error| fault(error, visitor))?;
        let secret = alerts.secret(&visitor.actor, new).ok();
        let status = if known { StatusCode::OK } else { StatusCode::CREATED };
        Ok(kept(status, &value(&subscription, secret.as_deref())))
    })
    .await
}

/// One of one's own, with its newest alerts and the secret of a webhook.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Response> {
    with_alerts(&pages, visitor, move |alerts, visitor| {
        let id = id(&text, visitor)?;
        let told = |error: CapacityError| fault(error, visitor);
        let all = alerts.own(&visitor.actor).map_err(told)?;
        let found = all.iter().find(|it| it.id == id);
        let found = found.ok_or_else(|| told(CapacityError::Missing))?;
        let newest = alerts.newest(&visitor.actor, id).map_err(told)?;
        let newest: Vec<Value> = newest.iter().map(sending).collect();
        let secret = alerts.secret(&visitor.actor, id).ok();
        let subscription = value(found, secret.as_deref());
        let told = json!({ "subscription": subscription, "newest": newest });
        Ok(kept(StatusCode::OK, &told))
    })
    .await
}

/// Ends one of one's own.
pub(super) async fn end(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(text): Path<String>,
) -> Result<Response, Response> {
    with_alerts(&pages, visitor, move |alerts, visitor| {
        let id = id(&text, visitor)?;
        alerts.unsubscribe(&visitor.actor, id).map_err(|error| fault(error, visitor))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
