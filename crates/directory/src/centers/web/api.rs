//! The directory as JSON.

pub(super) mod details;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use site::{Problem, SignedIn, Visitor};

use super::super::public::{LICENSE, PublicCenter};
use super::super::words::{AgeGroup, Mode, RecognitionKind, Service};
use super::list::noon;
use super::query::{Asked, address};
use super::{CenterPages, work};

/// Centers of one answer.
const ROWS: usize = 100;

#[derive(Serialize)]
struct Found<'a> {
    license: &'static str,
    as_of: String,
    total: usize,
    next: Option<String>,
    centers: Vec<PublicCenter<'a>>,
}

/// The centers of a selection, a hundred at a time.
pub(super) async fn centers(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let wrong = |why: String| {
        Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", why).into_response()
    };
    if pairs.iter().any(|(name, value)| name == "closed" && value != "1") {
        return Err(wrong("`closed` is 1 or not there.".to_owned()));
    }
    let asked = Asked::read(&pairs).map_err(wrong)?;
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let found = book.select(&asked.selection);
    let page = book.page(&found, asked.after.as_deref(), ROWS);
    let now = noon(&book);
    let answer = Found {
        license: LICENSE,
        as_of: book.today().to_string(),
        total: page.total,
        next: page.next.map(|after| address("/api/v1/centers", &asked.selection, Some(after))),
        centers: page.rows.iter().map(|center| center.public(now)).collect(),
    };
    Ok(site::json(&headers, &answer))
}

/// One center.
pub(super) async fn center(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let center = book.center(&number);
    let center = center.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND).into_response())?;
    Ok(site::json(&headers, &center.public(noon(&book))))
}

#[derive(Serialize)]
struct Code {
    cycle: String,
    code: String,
}

/// The secret names of a center, for its director, its administrators and stewards.
pub(super) async fn report_codes(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let codes = work(&pages, &visitor, move |centers| {
        let profile = centers.profile(&reader.actor, &number)?;
        centers.report_codes(&reader.actor, profile.id)
    })
    .await?;
    let codes: Vec<Code> =
        codes.into_iter().map(|it| Code { cycle: it.cycle, code: it.code }).collect();
    let mut response = axum::Json(json!({ "codes": codes })).into_response();
    let no_store = axum::http::HeaderValue::from_static("no-store");
    response.headers_mut().insert(axum::http::header::CACHE_CONTROL, no_store);
    Ok(response)
}

/// The chapters and their countries today.
pub(super) async fn chapters(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let atlas = book.atlas();
    let chapters: Vec<Value> = atlas
        .chapters
        .iter()
        .map(|chapter| {
            let countries: Vec<Value> = atlas
                .terms
                .iter()
                .filter(|term| term.chapter == chapter.code)
                .map(|it| json!({ "country": it.country, "valid_from": it.valid_from, "valid_to": it.valid_to }))
                .collect();
            json!({ "code": chapter.code, "name": chapter.name, "founded": chapter.founded, "countries": countries })
        })
        .collect();
    Ok(site::json(&headers, &json!({ "as_of": book.today().to_string(), "chapters": chapters })))
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|it| word(*it)).collect()
}

/// The paths of the OpenAPI document that belong to the directory.
pub fn openapi_paths() -> Value {
    let answer = |schema: &str| {
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        json!({ "description": "The answer.", "content": { "application/json": { "schema": schema } } })
    };
    let wrong = |text: &str| json!({ "description": text, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let filter = |name: &str, text: &str, schema: Value| json!({ "name": name, "in": "query", "required": false, "description": text, "schema": schema });
    let listed = |all: Vec<&str>| json!({ "type": "string", "enum": all });
    let text = || json!({ "type": "string", "maxLength": 200 });
    let number =
        json!({ "name": "number", "in": "path", "required": true, "schema": { "type": "string" } });
    json!({
        "/api/v1/centers": { "get": {
            "operationId": "centers", "tags": ["centers"], "summary": "The public centers of a selection",
            "parameters": [
                filter("q", "Words of name, city, country or number; spelling and accents are forgiven.", text()),
                filter("country", "ISO 3166-1 alpha-2 code.", text()),
                filter("chapter", "Code of the chapter.", text()),
                filter("age", "Treats this age group.", listed(words(AgeGroup::ALL, AgeGroup::as_str))),
                filter("mode", "Offers this support, to the age group if one is named.",
                    listed(words(Mode::ALL, Mode::as_str))),
                filter("retrieval", "Does this outside.", listed(words(Service::ALL, Service::as_str))),
                filter("recognition", "Holds this recognition today.",
                    listed(words(RecognitionKind::ALL, RecognitionKind::as_str))),
                filter("closed", "1: closed centers, too.", listed(vec!["1"])),
                filter("after", "The answer begins after the center of this number.", text()),
            ],
            "responses": { "200": answer("CentersFound"), "400": wrong("A filter is not known.") },
        } },
        "/api/v1/centers/{number}": { "get": {
            "operationId": "center", "tags": ["centers"], "summary": "One public center",
            "parameters": [number],
            "responses": { "200": answer("Center"), "404": wrong("No public center has this number.") },
        } },
        "/api/v1/centers/{number}/details": details::path_item(&number),
        "/api/v1/centers/{number}/report-codes": { "get": {
            "operationId": "reportCodes", "tags": ["centers"],
            "summary": "The secret names of a center in benchmarking cycles, for its director and administrators",
            "parameters": [number],
            "security": [{ "token": [] }],
            "responses": {
                "200": answer("ReportCodes"), "401": wrong("Not signed in."), "403": wrong("Not theirs to see."),
                "404": wrong("No such center, or not theirs."),
            },
        } },
        "/api/v1/chapters": { "get": {
            "operationId": "chapters", "tags": ["centers"], "summary": "Chapters and their countries in time",
            "responses": { "200": answer("Chapters") },
        } },
    })
}

/// The schemas that these paths refer to.
pub fn openapi_schemas() -> Value {
    let text = json!({ "type": "string" });
    let list = |of: Value| json!({ "type": "array", "items": of });
    let day = json!({ "type": "string", "format": "date" });
    let center = json!({ "$ref": "#/components/schemas/Center" });
    let found = json!({
        "license": text, "as_of": day, "total": { "type": "integer", "minimum": 0 },
        "next": { "type": ["string", "null"] }, "centers": list(center),
    });
    let code = object(&json!({ "cycle": text, "code": text }));
    let mut all = details::schemas();
    let own = json!({
        "CentersFound": object(&found),
        "Center": object(&center_properties()),
        "ReportCodes": object(&json!({ "codes": list(code) })),
        "Chapters": object(&json!({ "as_of": day, "chapters": list(json!({ "type": "object" })) })),
    });
    all.extend(own.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

/// An object that always has all its properties.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> =
        properties.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
    json!({ "type": "object", "required": names, "properties": properties })
}

fn center_properties() -> Value {
    let mut all = serde_json::Map::new();
    let mut add = |names: &[&str], schema: &Value| {
        for name in names {
            all.insert((*name).to_owned(), schema.clone());
        }
    };
    let text = json!({ "type": "string" });
    let ages = json!({ "type": "string", "enum": words(AgeGroup::ALL, AgeGroup::as_str) });
    let list = |of: &Value| json!({ "type": "array", "items": of });
    add(
        &["center_id", "name", "name_local", "parent", "country", "subdivision", "city", "address"],
        &text,
    );
    add(&["postcode", "time_zone", "chapter", "referral_hours", "program_model", "website"], &text);
    add(&["aliases", "languages", "equipment", "links"], &list(&text));
    add(
        &["suspended_until", "referral_policy", "attested_at"],
        &json!({ "type": ["string", "null"] }),
    );
    add(&["training_site", "confirmed", "invented"], &json!({ "type": "boolean" }));
    add(&["status"], &json!({ "type": "string", "enum": ["listed", "suspended", "closed"] }));
    add(&["categories"], &list(&ages));
    add(&["retrieval"], &json!({ "type": "object" }));
    add(&["position"], &json!({ "type": ["object", "null"] }));
    let years = ["first_ecls_year", "first_registry_year", "last_registry_year"];
    add(&years, &json!({ "type": ["integer", "null"] }));
    let objects = [
        "identifiers",
        "capabilities",
        "contacts",
        "volume",
        "recognitions",
        "predecessors",
        "successors",
    ];
    add(&objects, &list(&json!({ "type": "object" })));
    Value::Object(all)
}
