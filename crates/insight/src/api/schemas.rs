//! Schemas of the OpenAPI document.

use serde_json::{Map, Value, json};

pub(crate) fn all() -> Value {
    json!({
        "Object": { "type": "object" },
        "Outcome": outcome(),
        "Row": row(),
        "Figure": { "oneOf": figures() },
        "Estimate": object(&["value", "low", "high"], &[
            ("value", json!({ "type": "number" })),
            ("low", json!({ "type": "number", "description": "lower limit of the 95 % interval" })),
            ("high", json!({ "type": "number", "description": "upper limit of the 95 % interval" })),
        ]),
        "Fields": object(&["dictionary_version", "units", "limits", "tables"], &[
            ("dictionary_version", json!({ "type": "string" })),
            ("units", json!({ "type": "array", "items": { "type": "string" } })),
            ("limits", json!({ "type": "object", "additionalProperties": { "type": "integer" } })),
            ("tables", json!({ "type": "array", "items": { "type": "object" } })),
        ]),
        "Problem": object(&["type", "title", "status", "detail"], &[
            ("type", json!({ "type": "string" })),
            ("title", json!({ "type": "string" })),
            ("status", json!({ "type": "integer" })),
            ("detail", json!({ "type": "string" })),
            ("instance", json!({ "type": "string" })),
        ]),
    })
}

pub(super) fn object(required: &[&str], properties: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn outcome() -> Value {
    let described = object(
        &["key", "label"],
        &[
            ("key", json!({ "type": "string" })),
            ("label", json!({ "type": "string" })),
            ("overlapping", json!({ "type": "boolean" })),
            ("unit", json!({ "type": ["string", "null"] })),
            ("definition", json!({ "type": "string" })),
        ],
    );
    object(
        &[
            "question",
            "unit",
            "population",
            "as_of",
            "version",
            "dimensions",
            "measures",
            "total",
            "cells",
        ],
        &[
            (
                "question",
                json!({ "type": "string", "description": "the one text of the question" }),
            ),
            ("unit", json!({ "type": "string", "enum": ["run", "course", "patient"] })),
            ("population", json!({ "type": "string", "description": "who was counted, in words" })),
            ("as_of", json!({ "type": "string", "format": "date-time" })),
            ("version", json!({ "type": "string", "description": "version of the data" })),
            ("dimensions", json!({ "type": "array", "items": described })),
            ("measures", json!({ "type": "array", "items": described })),
            ("total", json!({ "$ref": "#/components/schemas/Row" })),
            ("cells", json!({ "type": "array", "items": { "$ref": "#/components/schemas/Row" } })),
        ],
    )
}

fn row() -> Value {
    object(
        &["slots", "labels", "count", "values"],
        &[
            ("slots", json!({ "type": "array", "items": { "type": ["string", "null"] } })),
            ("labels", json!({ "type": "array", "items": { "type": "string" } })),
            ("count", shown(&json!({ "type": "integer" }))),
            (
                "values",
                json!({ "type": "array", "items": shown(&json!({ "$ref": "#/components/schemas/Figure" })) }),
            ),
        ],
    )
}

/// `{"value": …}`, or `{"suppressed": "suppressed (n < 5)"}`.
fn shown(value: &Value) -> Value {
    json!({ "oneOf": [
        object(&["value"], &[("value", value.clone())]),
        object(&["suppressed"], &[("suppressed", json!({ "type": "string" }))]),
    ] })
}

fn figures() -> Value {
    let count = || json!({ "type": "integer" });
    let estimate =
        || json!({ "oneOf": [{ "$ref": "#/components/schemas/Estimate" }, { "type": "null" }] });
    let number = || json!({ "type": ["number", "null"] });
    let kind = |kind: &str, properties: &[(&str, Value)]| {
        let mut all = vec![("kind", json!({ "const": kind }))];
        all.extend(properties.iter().cloned());
        let required: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        object(&required, &all)
    };
    let quartiles = json!({ "type": ["array", "null"], "items": { "type": "number" }, "minItems": 3, "maxItems": 3 });
    let centile = json!({ "oneOf": [shown(&json!({ "type": "number" })), { "type": "null" }] });
    let curve = curve();
    json!([
        kind("count", &[("count", count())]),
        kind(
            "share",
            &[
                ("count", count()),
                ("observed", count()),
                ("missing", count()),
                ("share", estimate())
            ]
        ),
        kind(
            "quantiles",
            &[
                ("observed", count()),
                ("missing", count()),
                ("quartiles", quartiles),
                ("centile_99", centile),
            ]
        ),
        kind("mean", &[("observed", count()), ("missing", count()), ("mean", number())]),
        kind(
            "rate",
            &[
                ("events", count()),
                ("hours", json!({ "type": "number" })),
                ("observed", count()),
                ("missing", count()),
                ("rate", estimate()),
            ]
        ),
        kind(
            "curves",
            &[
                ("observed", count()),
                ("missing", count()),
                ("curves", json!({ "type": "array", "items": curve })),
            ]
        ),
        kind("missing", &[("count", count()), ("observed", count()), ("share", number())]),
        kind("distinct", &[("count", count())]),
    ])
}

fn curve() -> Value {
    let step = object(
        &["time", "at_risk", "value"],
        &[
            ("time", json!({ "type": "number" })),
            ("at_risk", json!({ "type": ["integer", "null"] })),
            ("value", json!({ "type": "number" })),
            ("interval", json!({ "type": ["array", "null"], "items": { "type": "number" } })),
        ],
    );
    object(
        &["label", "start", "end", "steps"],
        &[
            ("event", json!({ "type": ["string", "null"] })),
            ("label", json!({ "type": "string" })),
            ("start", json!({ "type": "number" })),
            ("end", json!({ "type": "number" })),
            ("steps", json!({ "type": "array", "items": step })),
        ],
    )
}
