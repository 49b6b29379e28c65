//! Schemas of conditions, the summary and releases in the OpenAPI document.

use serde_json::{Map, Value, json};

use crate::api::schemas::object;

/// By their names.
pub(super) fn all() -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, schema: Value| out.insert(name.to_owned(), schema);
    put("Cell", cell());
    put("Line", line());
    put("Block", block());
    put("About", about());
    put("Conditions", list(conditions_entry()));
    put("Condition", condition());
    put("Mortality", mortality());
    put("FactorCell", factor_cell());
    put("Summary", summary());
    put("File", file());
    put("Manifest", manifest());
    out
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn maybe_text() -> Value {
    json!({ "type": ["string", "null"] })
}

fn whole() -> Value {
    json!({ "type": "integer" })
}

fn number() -> Value {
    json!({ "type": "number" })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "made for this call; callers read better without `&`"
)]
fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn of(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "made for this call; callers read better without `&`"
)]
fn maybe(schema: Value) -> Value {
    json!({ "oneOf": [schema, { "type": "null" }] })
}

/// All of these stand in every answer.
fn full(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    object(&names, properties)
}

/// A number, nothing observed, or why it is not shown.
fn cell() -> Value {
    json!({ "oneOf": [number(), { "type": "null" }, full(&[("suppressed", text())])] })
}

fn line() -> Value {
    let slots = list(maybe_text());
    full(&[("labels", list(text())), ("slots", slots), ("cells", list(of("Cell")))])
}

fn block() -> Value {
    full(&[
        ("key", text()),
        ("title", text()),
        ("note", text()),
        ("labels", list(text())),
        ("heads", list(text())),
        ("rows", list(of("Line"))),
        ("total", maybe(of("Line"))),
        ("refusal", maybe_text()),
        ("questions", list(text())),
    ])
}

fn about() -> Value {
    full(&[
        ("population", text()),
        ("as_of", json!({ "type": "string", "format": "date-time" })),
        ("version", text()),
        ("invented", json!({ "type": "boolean" })),
    ])
}

fn conditions_entry() -> Value {
    full(&["key", "title", "purpose", "page", "api"].map(|name| (name, text())))
}

fn mortality() -> Value {
    let state = |state: &str| ("state", json!({ "const": state }));
    let ratio = [
        state("ratio"),
        ("deaths", whole()),
        ("of", whole()),
        ("percent", number()),
        ("low", number()),
        ("high", number()),
    ];
    json!({ "oneOf": [
        full(&ratio),
        full(&[state("too_early"), ("why", text())]),
        full(&[state("not_shown"), ("why", text())]),
    ] })
}

fn factor_cell() -> Value {
    let limits = json!({ "type": ["array", "null"], "items": { "type": "number" } });
    full(&[
        ("value", json!({ "type": ["number", "null"] })),
        ("quartiles", limits),
        ("count", json!({ "type": ["integer", "null"] })),
        ("observed", json!({ "type": ["integer", "null"] })),
        ("hidden", maybe_text()),
    ])
}

fn condition() -> Value {
    let tile = full(&[("label", text()), ("value", of("Cell")), ("note", text())]);
    let set =
        full(&[("key", text()), ("label", text()), ("definition", text()), ("count", of("Cell"))]);
    let incidence = full(&[
        ("percent", number()),
        ("limits", json!({ "type": ["array", "null"], "items": { "type": "number" } })),
        ("observed", whole()),
        ("missing", whole()),
    ]);
    let factor =
        full(&[("label", text()), ("all", of("FactorCell")), ("cohort", maybe(of("FactorCell")))]);
    full(&[
        ("key", text()),
        ("title", text()),
        ("about", of("About")),
        ("follow_up_days", whole()),
        ("followed_up_to", text()),
        ("tiles", list(tile)),
        ("sets", list(set)),
        ("mortality", of("Mortality")),
        ("incidence", maybe(incidence)),
        ("chapters", of("Block")),
        ("factors", list(factor)),
        // null without a cohort, and when nothing was counted
        ("cohort", of("Cell")),
    ])
}

fn summary() -> Value {
    full(&[
        ("about", of("About")),
        ("unit", json!({ "type": "string", "enum": ["run", "course", "patient"] })),
        ("units", text()),
        ("date", json!({ "type": "string", "format": "date" })),
        ("rule", text()),
        ("total", of("Cell")),
        ("unknown", list(full(&[("label", text()), ("count", of("Cell"))]))),
        ("refusal", maybe_text()),
        ("blocks", list(of("Block"))),
    ])
}

fn file() -> Value {
    full(&[("path", text()), ("bytes", whole()), ("sha256", text())])
}

fn manifest() -> Value {
    let names = ["key", "section", "title", "definition", "question", "population"];
    let mut table: Vec<(&str, Value)> = names.map(|name| (name, text())).to_vec();
    table.push(("refused", maybe_text()));
    let limits = ["least_units", "least_centers", "least_for_quantiles"];
    let moment = || json!({ "type": "string", "format": "date-time" });
    full(&[
        ("format", whole()),
        ("id", text()),
        ("title", text()),
        ("year", whole()),
        ("made_at", moment()),
        ("as_of", moment()),
        ("data_version", text()),
        ("dictionary_version", text()),
        ("program_version", text()),
        ("runs", json!({ "type": ["integer", "null"] })),
        ("invented", json!({ "type": "boolean" })),
        ("note", text()),
        ("limits", full(&limits.map(|name| (name, whole())))),
        ("tables", list(full(&table))),
        ("files", list(of("File"))),
        ("records", list(of("File"))),
    ])
}
