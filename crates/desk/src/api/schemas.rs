//! The schemas of requests and answers.

mod work;

use registry::CASE_FIELDS;
use registry::worklist::WorkList;
use serde_json::{Map, Value, json};

/// Most characters of a text in a request.
const WORDS: usize = 500;

fn text() -> Value {
    json!({ "type": "string" })
}

fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn at() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn whole() -> Value {
    json!({ "type": "integer" })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn or_null(schema: &Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn one_of(words: &[&str]) -> Value {
    json!({ "type": "string", "enum": words })
}

fn list(schema: &Value) -> Value {
    json!({ "type": "array", "items": schema })
}

fn see(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An answer: it always has all of these.
fn answer(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    shape(&names, properties, false)
}

/// A request: it has nothing else.
fn request(required: &[&str], properties: &[(&str, Value)]) -> Value {
    shape(required, properties, true)
}

fn shape(required: &[&str], properties: &[(&str, Value)], closed: bool) -> Value {
    let known: Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let mut shape = json!({ "type": "object", "required": required, "properties": known });
    if let Some(shape) = shape.as_object_mut().filter(|_| closed) {
        shape.insert("additionalProperties".to_owned(), json!(false));
    }
    shape
}

/// All of them by name.
pub(super) fn all() -> Value {
    let mut all = Map::new();
    let groups = [
        general(),
        worklists(),
        run_and_findings(),
        changes(),
        work::values(),
        work::forms(),
        work::signature(),
        work::requests(),
        work::queries_and_transfers(),
        work::quality(),
        work::uploads(),
    ];
    for (name, schema) in groups.into_iter().flatten() {
        all.insert(name.to_owned(), schema);
    }
    Value::Object(all)
}

type Named = Vec<(&'static str, Value)>;

fn general() -> Named {
    let error = json!({ "type": "object", "required": ["detail"], "properties": {
        "pointer": { "type": "string", "description": "JSON pointer (RFC 6901) into the body that was sent" },
        "parameter": { "type": "string", "description": "Name of the parameter of the address" },
        "detail": text(),
    } });
    let kinds: Vec<String> = site::PROBLEM_KINDS
        .iter()
        .map(|(kind, words)| format!("`urn:openecls:problem:{kind}`: {words}"))
        .collect();
    let problem = json!({
        "type": "object", "required": ["type", "title", "status", "detail"],
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": { "type": "string", "description": kinds.join("\n\n"), "default": "about:blank" },
            "title": text(), "status": whole(), "detail": text(), "instance": text(),
            "errors": list(&error), "findings": list(&see("Finding")),
            "version": whole(), "saved_by": or_null(&text()), "saved_at": or_null(&at()),
            "differences": list(&see("Difference")),
            "stays": list(&json!({ "type": "object" })), "patients": list(&text()), "plan": text(),
        },
    });
    let center = answer(&[("center", text()), ("name", text())]);
    vec![
        ("Problem", problem),
        ("Created", answer(&[("id", id())])),
        ("DeskCenters", answer(&[("centers", list(&center))])),
    ]
}

fn worklists() -> Named {
    let count = answer(&[("runs", whole()), ("more", flag())]);
    let lists: Vec<&str> = WorkList::ALL.iter().map(|list| list.as_str()).collect();
    let row = answer(&[
        ("run", id()),
        ("patient", id()),
        ("hospitalization", id()),
        ("patient_unique_id", text()),
        ("run_no", whole()),
        ("state", see("RunState")),
        ("support_type", or_null(&text())),
        ("age_group", or_null(&text())),
        ("ecls_start_datetime", or_null(&text())),
        ("ecls_stop_datetime", or_null(&text())),
        ("hard_findings", whole()),
        ("soft_findings", whole()),
        ("queries", whole()),
        ("locks_at", or_null(&at())),
    ]);
    let worklist = answer(&[
        ("center", text()),
        ("as_of", at()),
        ("list", one_of(&lists)),
        ("counts", json!({ "type": "object", "additionalProperties": count })),
        ("runs", list(&row)),
        ("next", see("Next")),
    ]);
    vec![
        ("RunState", one_of(&["draft", "submitted", "locked", "unlocked", "withdrawn"])),
        ("Next", json!({ "type": ["string", "null"], "description": "Address of the next page" })),
        ("Worklist", worklist),
        ("NewCase", new_case()),
        (
            "Case",
            answer(&[
                ("run", id()),
                ("patient", id()),
                ("hospitalization", id()),
                ("run_no", whole()),
                ("address", text()),
            ]),
        ),
    ]
}

fn run_and_findings() -> Named {
    let run = answer(&[
        ("run", id()),
        ("patient", id()),
        ("hospitalization", or_null(&id())),
        ("patient_unique_id", text()),
        ("run_no", whole()),
        ("state", see("RunState")),
        ("submitted_by", or_null(&text())),
        ("submitted_at", or_null(&at())),
        ("locks_at", or_null(&at())),
        ("dictionary", text()),
        (
            "forms",
            list(&answer(&[
                ("form", text()),
                ("label", text()),
                ("state", text()),
                ("hard_findings", whole()),
                ("soft_findings", whole()),
                ("version", whole()),
                ("values", or_null(&see("Values"))),
                ("address", text()),
            ])),
        ),
        ("findings", list(&see("Finding"))),
    ]);
    let finding = answer(&[
        ("code", text()),
        ("form", text()),
        ("field", text()),
        ("pointer", text()),
        ("severity", one_of(&["hard", "soft"])),
        ("refuses_submission", flag()),
        ("message", text()),
        ("fix", text()),
        (
            "confirmed",
            or_null(&answer(&[("by", text()), ("at", at()), ("reason", or_null(&text()))])),
        ),
    ]);
    let confirm = request(
        &["code", "field", "message"],
        &[
            ("code", text()),
            ("field", text()),
            ("message", text()),
            ("reason", or_null(&json!({ "type": "string", "maxLength": WORDS }))),
        ],
    );
    vec![
        ("Run", run),
        ("Finding", finding),
        ("Findings", answer(&[("findings", list(&see("Finding")))])),
        ("Confirmations", request(&["confirm"], &[("confirm", list(&confirm))])),
    ]
}

fn changes() -> Named {
    let change = answer(&[
        ("form", text()),
        ("form_label", text()),
        ("field", text()),
        ("label", text()),
        ("old", text()),
        ("new", text()),
    ]);
    let version = answer(&[("form", text()), ("version", whole())]);
    let step = answer(&[
        ("seq", whole()),
        ("at", at()),
        ("actor", text()),
        ("channel", text()),
        ("action", text()),
        ("record_kind", text()),
        ("record", id()),
        ("reason", or_null(&text())),
        ("versions", list(&version)),
        ("changes", list(&see("Change"))),
        ("told", json!({})),
    ]);
    vec![("Change", change), ("History", answer(&[("steps", list(&step)), ("next", see("Next"))]))]
}

fn new_case() -> Value {
    let keys: Map<String, Value> =
        CASE_FIELDS.iter().map(|field| (field.key.to_owned(), text())).collect();
    request(
        &["patient_unique_id"],
        &[
            (
                "patient_unique_id",
                json!({ "type": "string", "description": "Key of the patient, 10 to 20 characters" }),
            ),
            ("hospitalization", or_null(&id())),
            ("known_patient", flag()),
            ("other_person", flag()),
            (
                "values",
                json!({ "type": "object", "additionalProperties": false, "properties": keys }),
            ),
        ],
    )
}

/// An example of a request.
pub(super) fn example(schema: &str) -> Option<Value> {
    Some(match schema {
        "NewCase" => json!({ "patient_unique_id": "CASE-000417", "values": {
            "birth_date": "1980-05-17", "sex": "1", "support_type": "1", "mode_code": "VV",
            "mode_start": "2026-11-21T10:30", "run_weight_kg": "82.5", "diagnosis_code": "J80" } }),
        "FormSent" => {
            json!({ "version": 1, "values": { "support_type": "1", "run_weight_kg": "85.0" } })
        }
        "FormChecked" => json!({ "values": { "support_type": "1", "run_weight_kg": "850" } }),
        "Confirmations" => json!({ "confirm": [{ "code": "V-SOFT-HIGH", "field": "run_weight_kg",
            "message": "as the finding says it", "reason": "weighed twice" }] }),
        "Signature" => {
            json!({ "name": "Ada Park", "confirm": [{ "code": "V-SOFT-HIGH", "field": "run_weight_kg" }] })
        }
        "NewRequest" => json!({ "kind": "unlock", "reason": "The discharge date is wrong." }),
        "Decision" => json!({ "decision": "grant" }),
        "NewQuery" => {
            json!({ "form": "run", "field": "run_weight_kg", "words": "Is this in kilograms?" })
        }
        "Words" | "OptionalWords" => json!({ "words": "Yes, it is." }),
        "Plan" => json!({ "plan": "0".repeat(64) }),
        _ => return None,
    })
}
