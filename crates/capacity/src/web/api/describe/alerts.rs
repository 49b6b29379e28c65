//! Subscriptions, the feed of changes and notices, described.

use serde_json::{Map, Value, json};

use super::{ages, in_path, modes, moment, or_null, parameter, reference, whole, words};
use crate::alerts::{Around, Trigger, Way};
use crate::region::NoticeKind;
use crate::words::Limit;

/// An address for people with a token, whatever it allows.
fn own(
    (id, summary): (&str, &str),
    parameters: &[Value],
    body: Option<&str>,
    answers: &[(u16, Option<&str>)],
    faults: &[u16],
) -> Value {
    let mut responses = Map::new();
    for (status, schema) in answers {
        let mut told = json!({ "description": summary });
        if let (Some(schema), Some(told)) = (schema, told.as_object_mut()) {
            let media = json!({ "application/json": { "schema": reference(schema) } });
            told.insert("content".to_owned(), media);
        }
        responses.insert(status.to_string(), told);
    }
    for status in faults.iter().chain(&[429]) {
        responses.insert(status.to_string(), super::trouble(*status));
    }
    let mut operation = json!({
        "operationId": id, "tags": ["capacity"], "summary": summary, "parameters": parameters,
        "security": [{ "token": [] }], "responses": responses,
    });
    if let (Some(body), Some(operation)) = (body, operation.as_object_mut()) {
        let media = json!({ "application/json": { "schema": reference(body) } });
        let body = json!({ "required": true, "content": media });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

/// Addresses below `/api/capacity/v1`.
pub(super) fn paths() -> Value {
    let land = json!({ "type": "string", "pattern": "^[A-Z]{2}$" });
    let mut feed = super::read(
        "capacityChanges",
        "Changes of lights within a week as an Atom feed, newest first, at most 200",
        vec![
            parameter("country", "ISO 3166-1 alpha-2 code.", land),
            parameter("age_group", "For whom.", ages()),
            parameter("mode", "Which support.", modes()),
        ],
        "CapacityFeed",
        &[400, 422],
    );
    if let Some(content) = feed.pointer_mut("/responses/200/content") {
        *content = json!({ "application/atom+xml": { "schema": { "type": "string" } } });
    }
    let one = || vec![in_path("subscription")];
    json!({
        "/api/capacity/v1/feeds/changes.atom": { "get": feed },
        "/api/capacity/v1/notices": { "get": own(
            ("capacityNotices", "Notices of supply and equipment that are in force for the reader"),
            &[], None, &[(200, Some("CapacityNotices"))], &[400, 401],
        ) },
        "/api/capacity/v1/subscriptions": {
            "get": own(("capacitySubscriptions", "One's own subscriptions, the oldest first"), &[], None,
                &[(200, Some("CapacitySubscriptions"))], &[401, 409]),
            "post": own(("capacitySubscribe", "Subscribes; the same id again changes nothing"), &[],
                Some("CapacitySubscriptionSent"),
                &[(200, Some("CapacitySubscription")), (201, Some("CapacitySubscription"))],
                &[400, 401, 409, 413, 415, 422]),
        },
        "/api/capacity/v1/subscriptions/{subscription}": {
            "get": own(("capacitySubscription", "One's own subscription with its newest alerts"), &one(), None,
                &[(200, Some("CapacitySubscriptionShown"))], &[401, 404, 409]),
            "delete": own(("capacityUnsubscribe", "Ends one's own subscription"), &one(), None,
                &[(204, None)], &[401, 404, 409]),
        },
    })
}

fn about(told: &str, mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(told));
    }
    schema
}

/// An object of these properties and no others.
fn closed(properties: &Value) -> Value {
    let mut schema = whole(properties);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

/// What somebody wants to be told of.
fn wish() -> Value {
    let degrees = |most: i32| json!({ "type": "number", "minimum": -most, "maximum": most });
    let hour = || json!({ "type": "integer", "minimum": 0, "maximum": 23 });
    let place = closed(&json!({ "lat": degrees(90), "lon": degrees(180) }));
    let quiet = closed(&json!({ "from_hour": hour(), "to_hour": hour() }));
    let short = |most: u16| json!({ "type": "string", "maxLength": most });
    json!({
        "subscription_id": about("Made by the sender: the same id is the same subscription",
            json!({ "type": "string", "format": "uuid" })),
        "name": { "type": "string", "minLength": 1, "maxLength": 80 },
        "area": words(Around::ALL, Around::as_str),
        "key": about("Code of the country, key of the network, or numbers of centers with blanks between", short(500)),
        "at": about("The middle of an area around a place", or_null(&place)),
        "km": or_null(&json!({ "type": "number", "minimum": 1, "maximum": 5000 })),
        "age_group": ages(), "mode": or_null(&modes()),
        "trigger": words(Trigger::ALL, Trigger::as_str),
        "count": about("How many centers, where the trigger counts",
            or_null(&json!({ "type": "integer", "minimum": 1, "maximum": 99 }))),
        "limit": about("Which limit, where the trigger is a shortage", or_null(&words(Limit::ALL, Limit::as_str))),
        "channel": words(Way::ALL, Way::as_str),
        "url": about("Where a webhook is sent to: HTTPS, a public address", short(500)),
        "quiet": about("Hours in which no mail is written", or_null(&quiet)),
        "time_zone": about("IANA name of the zone of these hours and of the digest", short(60)),
        "digest": about("One mail a day", json!({ "type": "boolean" })),
    })
}

/// The schemas that these paths refer to.
pub(super) fn schemas() -> Value {
    let list = |of: Value| json!({ "type": "array", "items": of });
    let (maybe, maybe_text) = (or_null(&moment()), json!({ "type": ["string", "null"] }));
    let kept = json!({
        "created_at": moment(), "stopped_at": maybe, "stopped_why": maybe_text,
        "secret": about("Of a webhook, when one is asked for", maybe_text.clone()),
    });
    json!({
        "CapacitySubscriptionSent": {
            "type": "object", "additionalProperties": false, "properties": wish(),
            "required": ["subscription_id", "name", "area", "age_group", "trigger", "channel"],
            "example": {
                "subscription_id": "0a4cbb44-98a5-4b9f-8f2e-6c5c1c7a1f11", "name": "Adult VV, Germany", "area": "country",
                "key": "DE", "age_group": "adult", "mode": "VV", "trigger": "below", "count": 3, "channel": "mail",
            },
        },
        "CapacitySubscription": whole(&super::joined([wish(), kept])),
        "CapacitySubscriptions": whole(&json!({ "subscriptions": list(reference("CapacitySubscription")) })),
        "CapacityNotices": whole(&json!({ "generated_at": moment(), "notices": list(whole(&json!({
            "notice_id": { "type": "string", "format": "uuid" },
            "region": { "type": "string", "enum": ["network", "country", "chapter"] },
            "region_key": { "type": "string" }, "center_id": maybe_text,
            "kind": words(NoticeKind::ALL, NoticeKind::as_str), "about": words(Limit::ALL, Limit::as_str),
            "words": { "type": "string" }, "from": moment(), "until": moment(),
        }))) })),
        "CapacitySubscriptionShown": whole(&json!({
            "subscription": reference("CapacitySubscription"),
            "newest": list(whole(&json!({
                "written_at": moment(), "changes": list(json!({ "type": "string" })), "tries": { "type": "integer", "minimum": 0 },
                "sent_at": maybe, "next_at": maybe, "trouble": { "type": "string" },
            }))),
        })),
    })
}
