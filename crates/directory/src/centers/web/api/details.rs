//! A center's profile for programs: read with its revision, saved against it.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::shown_name;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use site::{Problem, SignedIn};

use super::super::super::check::Finding;
use super::super::super::model::{Change, Details, Difference, Profile};
use super::super::super::service::CenterError;
use super::super::super::words::{
    AgeGroup, Band, Bridge, EcprSource, Mode, PositionQuality, Purpose, RecognitionKind,
    ReferralPolicy, Service, State as Standing, Succession, Tier, VehicleKind,
};
use super::super::{CenterPages, work};
use super::words;

/// A profile as a program sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    revision: i64,
    details: Details,
}

fn for_one(status: StatusCode, kind: &'static str, value: &Value) -> Response {
    let mut response = (status, value.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The profile with what waits for confirmation.
pub(in super::super) async fn read(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    known(&number).map_err(IntoResponse::into_response)?;
    let actor = visitor.actor.clone();
    let (profile, waiting) =
        work(&pages, &visitor, move |centers| centers.editable(&actor, &number)).await?;
    Ok(for_one(StatusCode::OK, "application/json", &value(&profile, &waiting)))
}

/// A number that a center can have; others reach no database.
fn known(number: &str) -> Result<(), Problem> {
    let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if plain && number.len() <= 40 {
        return Ok(());
    }
    Err(Problem::of(StatusCode::NOT_FOUND))
}

fn value(profile: &Profile, waiting: &[Change]) -> Value {
    let waiting = waiting.iter().map(|change| {
        json!({
            "change": change.id, "part": change.part.as_str(),
            "proposed_at": change.proposed_at.to_string(),
            "proposed_by": shown_name(&change.proposed_by), "differences": change.differences(),
        })
    });
    json!({
        "center": profile.number, "state": profile.state.as_str(), "revision": profile.revision,
        "details": profile.details, "waiting": waiting.collect::<Vec<_>>(),
    })
}

/// Saves a profile against the revision that was read.
pub(in super::super) async fn save(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Result<Json<Value>, JsonRejection>,
) -> Result<Response, Response> {
    known(&number).map_err(IntoResponse::into_response)?;
    let actor = visitor.actor.clone();
    let (profile, _) =
        work(&pages, &visitor, move |centers| centers.editable(&actor, &number)).await?;
    let Json(mut value) = sent.map_err(|error| unread(&error))?;
    plain(&mut value);
    let sent: Sent = serde_json::from_value(value).map_err(|error| unfit(&error.to_string()))?;
    let actor = visitor.actor.clone();
    let (id, number) = (profile.id, profile.number);
    // what is wrong with values and conflicts have a body of their own
    let done = work(&pages, &visitor, move |centers| {
        match centers.save(&actor, id, sent.revision, &sent.details) {
            Err(error @ (CenterError::Invalid(_) | CenterError::Conflict(_))) => Ok(Err(error)),
            other => other.map(Ok),
        }
    })
    .await?;
    let saved = done.map_err(refused)?;
    let waiting: Vec<&str> = saved.waiting.iter().map(|part| part.as_str()).collect();
    let told = json!({
        "center": number, "revision": saved.revision, "changed": saved.changed, "waiting": waiting,
    });
    Ok(for_one(StatusCode::OK, "application/json", &told))
}

/// Whole numbers that are written as `5.0` are whole numbers: JSON knows no difference.
fn plain(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < 1e15);
            let whole = whole.and_then(|it| format!("{it:.0}").parse::<i64>().ok());
            *number = whole.map_or_else(|| number.clone(), Into::into);
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        Value::Object(fields) => fields.values_mut().for_each(plain),
        _ => {}
    }
}

fn unread(error: &JsonRejection) -> Response {
    let status = match error.status() {
        // it does not follow its description
        StatusCode::UNPROCESSABLE_ENTITY => StatusCode::BAD_REQUEST,
        other => other,
    };
    if status != StatusCode::BAD_REQUEST {
        return Problem::of(status).into_response();
    }
    unfit(&error.body_text())
}

/// It does not follow its description.
fn unfit(detail: &str) -> Response {
    let errors = [json!({ "pointer": "", "detail": detail })];
    problem(
        StatusCode::BAD_REQUEST,
        ("request", "Request not understood"),
        "The request does not follow its description at /api/v1/openapi.json.",
        ("errors", &json!(errors)),
        None,
    )
}

fn refused(error: CenterError) -> Response {
    match error {
        CenterError::Conflict(conflict) => {
            let told = |it: &Difference| {
                json!({ "pointer": format!("/details/{}", it.field), "label": it.label(),
                    "sent": [it.new], "stored": [it.old], "before": [], "changed_by": "both" })
            };
            let differences: Vec<Value> = conflict.differences.iter().map(told).collect();
            problem(
                StatusCode::CONFLICT,
                ("conflict", "Saved by somebody else"),
                "The profile has another revision. Nothing was saved.",
                ("differences", &json!(differences)),
                Some(conflict.stored.revision),
            )
        }
        CenterError::Invalid(findings) => {
            let told = |it: &Finding| json!({ "pointer": format!("/details/{}", it.field), "detail": it.text });
            let errors: Vec<Value> = findings.iter().map(told).collect();
            problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                ("values", "Values must be mended"),
                "Some values are not right. Nothing was saved.",
                ("errors", &json!(errors)),
                None,
            )
        }
        other => Problem::internal("saving a center", &other).into_response(),
    }
}

fn problem(
    status: StatusCode,
    (kind, title): (&str, &str),
    detail: &str,
    (key, more): (&str, &Value),
    version: Option<i64>,
) -> Response {
    let mut body = json!({
        "type": format!("urn:openecls:problem:{kind}"), "title": title,
        "status": status.as_u16(), "detail": detail,
    });
    if let Some(body) = body.as_object_mut() {
        body.insert(key.to_owned(), more.clone());
        body.extend(version.map(|version| ("version".to_owned(), json!(version))));
    }
    for_one(status, "application/problem+json", &body)
}

/// The path item of these addresses.
pub(super) fn path_item(number: &Value) -> Value {
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let json_of = |name: &str| json!({ "application/json": { "schema": schema(name) } });
    let wrong = |text: &str| {
        json!({ "description": text,
            "content": { "application/problem+json": { "schema": schema("Problem") } } })
    };
    let needs = "Needs the scope `edit center details`.";
    let security = json!([{ "token": [] }, { "session": [] }]);
    json!({
        "get": {
            "operationId": "centerDetails", "tags": ["centers"], "description": needs,
            "x-scope": "edit center details",
            "summary": "The whole profile of a center, with what waits for confirmation",
            "parameters": [number], "security": security,
            "responses": {
                "200": { "description": "The profile.", "content": json_of("CenterProfile") },
                "401": wrong("No valid token."), "403": wrong("Not the caller's to do."),
                "404": wrong("No such center, or not the caller's."),
            },
        },
        "post": {
            "operationId": "saveCenterDetails", "tags": ["centers"], "description": needs,
            "x-scope": "edit center details",
            "summary": "Saves the whole profile against the revision that was read",
            "parameters": [number], "security": security,
            "requestBody": { "required": true, "content": json_of("CenterProfileSent") },
            "responses": {
                "200": { "description": "Saved; some parts may wait.", "content": json_of("CenterProfileSaved") },
                "400": wrong("The request does not follow its description."),
                "401": wrong("No valid token."), "403": wrong("Not the caller's to do."),
                "404": wrong("No such center, or not the caller's."),
                "409": wrong("Another revision is stored, or the center is closed."),
                "413": wrong("Too large."), "415": wrong("Send JSON."),
                "422": wrong("Values are not right; `errors` names each one."),
            },
        },
    })
}

fn shape(required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn one_of(words: &[&'static str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

fn or_null(of: &Value) -> Value {
    json!({ "anyOf": [of, { "type": "null" }] })
}

/// The schemas of these addresses.
pub(super) fn schemas() -> Map<String, Value> {
    let (text, whole) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let see = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let waiting = shape(
        &["change", "part", "proposed_at", "proposed_by", "differences"],
        &json!({ "change": text, "part": text, "proposed_at": text, "proposed_by": text,
            "differences": list(&json!({ "type": "object" })) }),
    );
    let profile = shape(
        &["center", "state", "revision", "details", "waiting"],
        &json!({ "center": text, "state": one_of(&words(Standing::ALL, Standing::as_str)),
            "revision": whole, "details": see("CenterDetails"), "waiting": list(&waiting) }),
    );
    let mut sent = shape(
        &["revision", "details"],
        &json!({ "revision": { "type": "integer", "minimum": 0, "maximum": 1_000_000_000 },
            "details": see("CenterDetails") }),
    );
    if let Some(sent) = sent.as_object_mut() {
        sent.insert("additionalProperties".to_owned(), json!(false));
    }
    let saved = shape(
        &["center", "revision", "changed", "waiting"],
        &json!({ "center": text, "revision": whole, "changed": list(&text), "waiting": list(&text) }),
    );
    [
        ("CenterProfile", profile),
        ("CenterProfileSent", sent),
        ("CenterProfileSaved", saved),
        ("CenterDetails", details()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn bounded(most: u32) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": most })
}

fn details() -> Value {
    let text = json!({ "type": "string" });
    let texts = list(&text);
    let flag = json!({ "type": "boolean" });
    let number = json!({ "type": "number" });
    let year = or_null(&json!({ "type": "integer", "minimum": -9999, "maximum": 9999 }));
    let mut all = Map::new();
    let mut add = |names: &[&str], schema: &Value| {
        all.extend(names.iter().map(|name| ((*name).to_owned(), schema.clone())));
    };
    add(&["name", "name_local", "parent", "country", "subdivision", "city", "address"], &text);
    add(&["postcode", "time_zone", "referral_hours", "program_model", "website"], &text);
    add(&["nearest_airport"], &text);
    add(&["aliases", "languages", "equipment", "links"], &texts);
    add(&["training_site", "public_counts", "volume_consent"], &flag);
    add(&["helipad"], &or_null(&flag));
    add(&["airport_transfer_min"], &or_null(&bounded(u32::from(u16::MAX))));
    add(&["first_ecls_year", "first_registry_year", "last_registry_year"], &year);
    add(&["chapter_by_board"], &or_null(&text));
    let policies = one_of(&words(ReferralPolicy::ALL, ReferralPolicy::as_str));
    add(&["referral_policy"], &or_null(&policies));
    let quality = one_of(&words(PositionQuality::ALL, PositionQuality::as_str));
    let position = shape(
        &["lat", "lon", "quality"],
        &json!({ "lat": number, "lon": number, "quality": quality }),
    );
    add(&["position"], &or_null(&position));
    let identifier = shape(&["system", "value"], &json!({ "system": text, "value": text }));
    add(&["identifiers"], &list(&identifier));
    add(&["capabilities"], &list(&capability()));
    add(&["retrieval"], &retrieval());
    let contact = shape(
        &["purpose", "label", "phone", "email", "hours", "tier", "personal"],
        &json!({ "purpose": one_of(&words(Purpose::ALL, Purpose::as_str)), "label": text, "phone": text,
            "email": text, "hours": text, "tier": one_of(&words(Tier::ALL, Tier::as_str)), "personal": flag,
            "secure_messaging": text, "verified_at": text }),
    );
    add(&["contacts"], &list(&contact));
    let ages = one_of(&words(AgeGroup::ALL, AgeGroup::as_str));
    let volume = shape(
        &["age", "band"],
        &json!({ "age": ages, "band": one_of(&words(Band::ALL, Band::as_str)) }),
    );
    add(&["volume"], &list(&volume));
    let kinds = one_of(&words(RecognitionKind::ALL, RecognitionKind::as_str));
    let recognition = shape(
        &["kind", "name", "from", "to"],
        &json!({ "kind": kinds, "name": text, "from": text, "to": text }),
    );
    add(&["recognitions"], &list(&recognition));
    let relation = shape(
        &["number", "kind", "on"],
        &json!({ "number": text, "kind": one_of(&words(Succession::ALL, Succession::as_str)), "on": text }),
    );
    add(&["predecessors", "successors"], &list(&relation));
    json!({ "type": "object", "properties": all })
}

fn capability() -> Value {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean" });
    let weight = or_null(&json!({ "type": "number" }));
    let weeks = or_null(&bounded(u32::from(u8::MAX)));
    let rooms = or_null(&bounded(u32::from(u16::MAX)));
    shape(
        &["age", "mode"],
        &json!({
            "age": one_of(&words(AgeGroup::ALL, AgeGroup::as_str)),
            "mode": one_of(&words(Mode::ALL, Mode::as_str)),
            "min_weight_kg": weight, "max_weight_kg": weight, "min_age": text, "max_age": text,
            "min_gestation_weeks": weeks,
            "ecpr_sources": list(&one_of(&words(EcprSource::ALL, EcprSource::as_str))),
            "bridge_to": list(&one_of(&words(Bridge::ALL, Bridge::as_str))),
            "pregnancy": flag, "burns": flag, "isolation_rooms": rooms, "dialysis_on_circuit": flag,
            "notes": text,
        }),
    )
}

fn retrieval() -> Value {
    let text = json!({ "type": "string" });
    let km = or_null(&bounded(u32::MAX));
    let vehicle = shape(
        &["kind", "max_range_km"],
        &json!({ "kind": one_of(&words(VehicleKind::ALL, VehicleKind::as_str)), "max_range_km": km,
            "operator": text, "hours": text }),
    );
    let minutes = or_null(&bounded(u32::from(u16::MAX)));
    let teams = or_null(&bounded(u32::from(u8::MAX)));
    shape(
        &[],
        &json!({
            "services": list(&one_of(&words(Service::ALL, Service::as_str))),
            "ages": list(&one_of(&words(AgeGroup::ALL, AgeGroup::as_str))),
            "range_km": km, "vehicles": list(&vehicle), "mobilization_min": minutes,
            "max_patient_weight_kg": or_null(&json!({ "type": "number" })), "teams": teams,
            "countries": list(&text), "equipment": text,
        }),
    )
}
