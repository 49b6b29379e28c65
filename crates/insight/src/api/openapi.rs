//! The OpenAPI 3.1 document of all JSON addresses of the program.
//!
//! Written by hand, not by derive: the answers of five addresses do not pay for a code generator in every build. A
//! test compares it with the routes and with real answers.

use serde_json::{Value, json};

use crate::api::schemas;

/// All addresses that the document describes, with their media types.
pub const ROUTES: [(&str, &str); 5] = [
    ("/api/v1/figures", "application/json"),
    ("/api/v1/insight/query", "application/json"),
    ("/api/v1/insight/query.csv", "text/csv"),
    ("/api/v1/insight/fields", "application/json"),
    ("/api/v1/openapi.json", "application/json"),
];

/// The document.
pub fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "OpenECLS",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Questions about the submitted runs of the registry. Public answers pass disclosure \
                control: small groups are hidden, and what is hidden says why.",
        },
        "paths": {
            "/api/v1/figures": { "get": plain("figures", "The figures of the home page", "Object") },
            "/api/v1/insight/query": { "get": asked("query", "application/json") },
            "/api/v1/insight/query.csv": { "get": asked("queryCsv", "text/csv") },
            "/api/v1/insight/fields": { "get": plain("fields", "All that can be asked about", "Fields") },
            "/api/v1/openapi.json": { "get": plain("openapi", "This document", "Object") },
        },
        "components": { "schemas": schemas::all() },
    })
}

fn plain(id: &str, summary: &str, schema: &str) -> Value {
    json!({
        "operationId": id,
        "summary": summary,
        "responses": {
            "200": {
                "description": summary,
                "headers": { "ETag": { "schema": { "type": "string" } } },
                "content": { "application/json": { "schema": reference(schema) } },
            },
            "304": { "description": "Not changed since the ETag that was sent" },
        },
    })
}

fn asked(id: &str, media: &str) -> Value {
    let schema =
        if media == "text/csv" { json!({ "type": "string" }) } else { reference("Outcome") };
    json!({
        "operationId": id,
        "summary": "Answers one question",
        "description": "The parameters are the question. Equal questions have one text, which the answer repeats.",
        "parameters": parameters(),
        "responses": {
            "200": {
                "description": "The answer",
                "headers": { "ETag": { "schema": { "type": "string" } } },
                "content": { media: { "schema": schema } },
            },
            "304": { "description": "Not changed since the ETag that was sent" },
            "400": problem("The question is not understood; the detail says what is possible"),
            "422": problem("The question may not be answered, or asks too much"),
            "503": problem("The registry is being read for the first time"),
        },
    })
}

fn problem(description: &str) -> Value {
    json!({
        "description": description,
        "content": { "application/problem+json": { "schema": reference("Problem") } },
    })
}

fn parameters() -> Value {
    let repeated = |name: &str, description: &str, example: &str| {
        json!({
            "name": name, "in": "query", "description": description, "example": [example],
            "style": "form", "explode": true,
            "schema": { "type": "array", "items": { "type": "string" } },
        })
    };
    json!([
        {
            "name": "unit", "in": "query", "description": "What is counted.",
            "schema": { "type": "string", "enum": ["run", "course", "patient"], "default": "run" },
        },
        repeated(
            "where",
            "A condition; all of them hold. field:code,code | field:known | field:missing | number:18..65 | \
             number:18..<65 | date:2015..2020 | rows(field:code;field:code) | !rows(field:code)",
            "started:2015..2020",
        ),
        repeated("by", "A breakdown, at most three: field | year | year(date) | number(18,40,65)", "support_type"),
        repeated(
            "measure",
            "count | share(field:code) | quantiles(number) | mean(number) | rate(rows(field:code)) | \
             survival(time,event:code,to=90) | incidence(time,event:code,code) | missing(field) | distinct(center)",
            "share(dv_survived_hospital)",
        ),
    ])
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
