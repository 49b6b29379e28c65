//! The OpenAPI 3.1 document of the addresses that programs read.
//!
//! Written by hand, not by derive: the answers of these addresses do not pay for a code generator in every build. A
//! test compares it with the routes and with real answers.

use serde_json::{Map, Value, json};

use crate::api::{report_schemas, schemas};

/// One address that programs read.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Where, with the names of its parts in braces.
    pub path: &'static str,
    /// Media type of the answer, as far as it is always the same.
    pub media: &'static str,
    id: &'static str,
    summary: &'static str,
    /// Name of the answer's schema; text or bytes when there is none.
    schema: Option<&'static str>,
    takes: Takes,
}

/// What an address takes after its question mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Question,
    Population,
    DateAndUnit,
}

impl Endpoint {
    const fn new(path: &'static str, id: &'static str, summary: &'static str) -> Self {
        let (media, schema, takes) = ("application/json", None, Takes::Nothing);
        Self { path, media, id, summary, schema, takes }
    }

    const fn json(self, schema: &'static str) -> Self {
        Self { schema: Some(schema), ..self }
    }

    const fn other(self, media: &'static str) -> Self {
        Self { media, ..self }
    }

    const fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// All addresses that the document describes.
pub const ENDPOINTS: [Endpoint; 22] = [
    Endpoint::new("/api/v1/figures", "figures", "The figures of the home page").json("Object"),
    Endpoint::new("/api/v1/live", "live", "The counters as server-sent events")
        .other("text/event-stream"),
    Endpoint::new("/api/v1/insight/query", "query", "Answers one question")
        .json("Outcome")
        .takes(Takes::Question),
    Endpoint::new("/api/v1/insight/query.csv", "queryCsv", "Answers one question as CSV")
        .other("text/csv")
        .takes(Takes::Question),
    Endpoint::new("/api/v1/insight/fields", "fields", "All that can be asked about").json("Fields"),
    Endpoint::new("/api/v1/conditions", "conditions", "All conditions").json("Conditions"),
    Endpoint::new("/api/v1/conditions/{key}", "condition", "The numbers of a condition")
        .json("Condition")
        .takes(Takes::Population),
    Endpoint::new(
        "/registry/conditions/{key}/{file}",
        "conditionCsv",
        "A table of a condition: `sets.csv`, `chapters.csv` or `factors.csv`",
    )
    .other("text/csv")
    .takes(Takes::Population),
    Endpoint::new("/api/v1/summary", "summary", "The International Summary")
        .json("Summary")
        .takes(Takes::DateAndUnit),
    Endpoint::new("/registry/summary.xlsx", "summaryXlsx", "The International Summary, a workbook")
        .other(XLSX)
        .takes(Takes::DateAndUnit),
    Endpoint::new("/registry/summary.zip", "summaryZip", "All its tables as CSV in one archive")
        .other("application/zip")
        .takes(Takes::DateAndUnit),
    Endpoint::new("/registry/summary/{file}", "summaryCsv", "One of its tables as CSV")
        .other("text/csv")
        .takes(Takes::DateAndUnit),
    Endpoint::new("/api/v1/openapi.json", "openapi", "This document").json("Object"),
    Endpoint::new("/registry/figures/{file}", "figure", "A figure: `{key}.csv`, `.svg` or `.png`")
        .other("*/*")
        .takes(Takes::Population),
    Endpoint::new("/registry/releases.atom", "releases", "All releases as a feed (RFC 4287)")
        .other("application/atom+xml"),
    Endpoint::new(
        "/registry/releases/{id}/{file}",
        "release",
        "What a release is: `manifest.json`; checksums of its files: `SHA256SUMS`",
    )
    .json("Manifest"),
    Endpoint::new(
        "/registry/releases/{id}/tables/{file}",
        "releaseTable",
        "A table of a release: `{key}.csv`, `.json` or `.svg`",
    )
    .other("*/*"),
    Endpoint::new("/registry/dataset.jsonld", "dataset", "The live figures in words of schema.org")
        .other("application/ld+json")
        .json("Object"),
    Endpoint::new("/catalog.jsonld", "catalog", "All data sets as DCAT, in JSON-LD")
        .other("application/ld+json")
        .json("Object"),
    Endpoint::new("/catalog.ttl", "catalogTurtle", "All data sets as DCAT, in Turtle")
        .other("text/turtle"),
    Endpoint::new("/sitemap.xml", "sitemap", "Pages that stay").other("application/xml"),
    Endpoint::new("/robots.txt", "robots", "What may be indexed").other("text/plain"),
];

/// The document, with the paths and schemas of other systems.
pub fn document(others: &[(Value, Value)]) -> Value {
    let paths = ENDPOINTS.iter().map(|it| (it.path.to_owned(), json!({ "get": operation(it) })));
    let mut paths: Map<String, Value> = paths.collect();
    let mut schemas = all_schemas();
    for (more, described) in others {
        paths.extend(more.as_object().cloned().unwrap_or_default());
        schemas.extend(described.as_object().cloned().unwrap_or_default());
    }
    paths.iter_mut().for_each(|(path, item)| complete(path, item));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenECLS",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "The data manager's desk, people and centers for those who may; questions about the \
                submitted runs of the registry, reports and releases for everybody. Public answers pass disclosure \
                control: small groups are hidden, and what is hidden says why. Problems are told as RFC 9457 says.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer",
                    "description": "An access token of /account with the scopes that an address names." },
                "session": { "type": "apiKey", "in": "cookie", "name": "openecls",
                    "description": "The session of a browser; `__Host-openecls` over HTTPS." },
            },
        },
    })
}

/// What holds for every address: a token that is not valid is refused anywhere, and every problem has one shape.
fn complete(path: &str, item: &mut Value) {
    for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        let Some(responses) = responses else { continue };
        responses
            .entry("401")
            .or_insert_with(|| problem(path, "A token was sent that is not valid"));
        for (status, response) in responses.iter_mut() {
            let fails = status.starts_with('4') || status.starts_with('5');
            if let Some(response) = response.as_object_mut().filter(|_| fails) {
                let content =
                    || json!({ "application/problem+json": { "schema": reference("Problem") } });
                response.entry("content").or_insert_with(content);
            }
        }
    }
}

fn all_schemas() -> Map<String, Value> {
    let own = schemas::all();
    let mut all = own.as_object().cloned().unwrap_or_default();
    all.extend(report_schemas::all());
    all
}

fn operation(endpoint: &Endpoint) -> Value {
    let bare = || match endpoint.media {
        // what an event holds is told by its name
        "text/event-stream" => json!({}),
        _ => json!({ "type": "string" }),
    };
    let schema = endpoint.schema.map_or_else(bare, reference);
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": endpoint.summary,
            "content": { endpoint.media: { "schema": schema } },
        }),
    );
    if endpoint.media == "application/json" {
        let same = json!({ "description": "Not changed since the ETag that was sent" });
        responses.insert("304".to_owned(), same);
    }
    let mut may = |status: &str, text: &str| {
        responses.insert(status.to_owned(), problem(endpoint.path, text))
    };
    if endpoint.takes != Takes::Nothing {
        may("400", "What is asked is not understood; the detail says what is possible");
        may("503", "The registry is being read for the first time");
    }
    if endpoint.takes == Takes::Question {
        may("422", "The question may not be answered, or asks too much");
    }
    if endpoint.path.contains('{') {
        may("404", "There is nothing of this name");
    }
    if endpoint.path.starts_with("/registry/releases/") {
        may("410", "The release was withdrawn");
    }
    json!({
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": parts(endpoint.path).chain(after(endpoint.takes)).collect::<Vec<_>>(),
        "responses": responses,
    })
}

/// The parts of a path that stand in braces.
fn parts(path: &str) -> impl Iterator<Item = Value> + '_ {
    let names = path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    })
}

/// What stands behind the question mark.
fn after(takes: Takes) -> Vec<Value> {
    match takes {
        Takes::Nothing => Vec::new(),
        Takes::Question => vec![unit(), conditions(), by(), measure()],
        Takes::Population => vec![unit(), conditions()],
        Takes::DateAndUnit => vec![
            json!({
                "name": "date", "in": "query", "example": "2025-12-31",
                "description": "Last day of ECLS start; all runs when there is none.",
                "schema": { "type": "string", "anyOf": [
                    { "format": "date", "pattern": "^(18|19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$" }, { "maxLength": 0 }
                ] },
            }),
            unit(),
        ],
    }
}

/// A problem: told as a page outside of `/api`, where people read.
fn problem(path: &str, description: &str) -> Value {
    let content = if path.starts_with("/api/") {
        json!({ "application/problem+json": { "schema": reference("Problem") } })
    } else {
        json!({ "text/html": { "schema": { "type": "string" } } })
    };
    json!({ "description": description, "content": content })
}

fn unit() -> Value {
    json!({
        "name": "unit", "in": "query", "description": "What is counted.",
        "schema": { "type": "string", "enum": ["run", "course", "patient"], "default": "run" },
    })
}

fn repeated(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "query", "description": description, "example": [example],
        "style": "form", "explode": true,
        "schema": { "type": "array", "items": { "type": "string", "minLength": 1 } },
    })
}

fn conditions() -> Value {
    repeated(
        "where",
        "A condition; all of them hold. field:code,code | field:known | field:missing | number:18..65 | \
         number:18..<65 | date:2015..2020 | rows(field:code;field:code) | !rows(field:code)",
        "started:2015..2020",
    )
}

fn by() -> Value {
    repeated(
        "by",
        "A breakdown, at most three: field | year | year(date) | number(18,40,65)",
        "support_type",
    )
}

fn measure() -> Value {
    repeated(
        "measure",
        "count | share(field:code) | quantiles(number) | mean(number) | rate(rows(field:code)) | \
         survival(time,event:code,to=90) | incidence(time,event:code,code) | missing(field) | distinct(center)",
        "share(dv_survived_hospital)",
    )
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
