//! Schemas of forms, signatures, queries, transfers, data quality and uploads.

use serde_json::json;

use super::{
    Named, Value, answer, at, flag, id, list, one_of, or_null, request, see, shape, text, whole,
};

pub(super) fn values() -> Named {
    let value = json!({
        "description": "Decimals, days (YYYY-MM-DD) and local moments (YYYY-MM-DDTHH:MM) are texts and keep the digits \
            that were typed; codes are texts; several codes and rows are lists; {\"unread\": …} is a text that could \
            not be read. /dictionary/schema/{form}.json holds the exact schema of each form.",
        "anyOf": [
            { "type": ["string", "boolean", "number", "null"] },
            { "type": "array", "items": { "anyOf": [{ "type": "string" }, see("Values")] } },
            { "type": "object", "required": ["unread"], "properties": { "unread": text() }, "additionalProperties": false },
        ],
    });
    vec![
        ("Value", value),
        ("Values", json!({ "type": "object", "additionalProperties": see("Value") })),
    ]
}

pub(super) fn forms() -> Named {
    let form = answer(&[
        ("form", text()),
        ("label", text()),
        ("record_kind", text()),
        ("version", whole()),
        ("saved_at", or_null(&at())),
        ("saved_by", or_null(&text())),
        ("open", flag()),
        ("values", see("Values")),
        ("schema", text()),
        ("findings", list(&see("Finding"))),
    ]);
    let version = json!({ "type": "integer", "minimum": 0, "maximum": 1_000_000_000,
            "description": "The version that was read; 0 for none" });
    let difference = answer(&[
        ("pointer", text()),
        ("label", text()),
        ("sent", list(&text())),
        ("stored", list(&text())),
        ("before", list(&text())),
        ("changed_by", one_of(&["sender", "other", "both"])),
    ]);
    let versions = answer(&[
        ("version", whole()),
        ("at", at()),
        ("actor", text()),
        ("channel", text()),
        ("values", see("Values")),
    ]);
    vec![
        ("Form", form),
        (
            "FormSent",
            request(&["version", "values"], &[("version", version), ("values", see("Values"))]),
        ),
        ("FormChecked", request(&["values"], &[("values", see("Values"))])),
        (
            "FormSaved",
            answer(&[
                ("form", text()),
                ("version", whole()),
                ("values", see("Values")),
                ("findings", list(&see("Finding"))),
            ]),
        ),
        ("Difference", difference),
        ("Versions", answer(&[("versions", list(&versions))])),
        (
            "Compared",
            answer(&[
                ("form", text()),
                ("old", whole()),
                ("new", whole()),
                ("changes", list(&see("Change"))),
            ]),
        ),
    ]
}

pub(super) fn signature() -> Named {
    let seen = request(&["code", "field"], &[("code", text()), ("field", text())]);
    vec![
        (
            "Signature",
            request(
                &["name"],
                &[
                    (
                        "name",
                        json!({ "type": "string", "description": "The name of whoever signs, 2 to 100 characters" }),
                    ),
                    ("confirm", list(&seen)),
                ],
            ),
        ),
        (
            "Receipt",
            answer(&[
                ("seq", whole()),
                ("at", at()),
                ("actor", text()),
                ("channel", text()),
                ("signed_by", text()),
                ("locks_at", or_null(&at())),
                ("confirmed", list(&text())),
                ("hash", json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })),
            ]),
        ),
    ]
}

pub(super) fn requests() -> Named {
    let entry = answer(&[
        ("request", id()),
        ("center", text()),
        ("run", id()),
        ("patient_unique_id", text()),
        ("run_no", whole()),
        ("kind", one_of(&["unlock", "withdraw"])),
        ("state", one_of(&["open", "granted", "refused"])),
        ("reason", text()),
        ("asked_at", at()),
        ("asked_by", text()),
        ("answer", or_null(&text())),
        ("decided_at", or_null(&at())),
        ("decided_by", or_null(&text())),
    ]);
    vec![
        ("Request", entry),
        ("Requests", answer(&[("requests", list(&see("Request")))])),
        ("PendingRequests", answer(&[("requests", list(&see("Request"))), ("next", see("Next"))])),
        (
            "NewRequest",
            request(
                &["kind", "reason"],
                &[("kind", one_of(&["unlock", "withdraw"])), ("reason", words())],
            ),
        ),
        (
            "Decision",
            request(
                &["decision"],
                &[("decision", one_of(&["grant", "refuse"])), ("answer", text())],
            ),
        ),
    ]
}

fn words() -> Value {
    json!({ "type": "string", "description": "3 to 500 characters, no line breaks" })
}

pub(super) fn queries_and_transfers() -> Named {
    let query = answer(&[
        ("query", id()),
        ("run", id()),
        ("patient_unique_id", text()),
        ("run_no", whole()),
        ("form", text()),
        ("field", text()),
        ("code", or_null(&text())),
        ("state", one_of(&["open", "answered", "closed"])),
        ("steps", whole()),
        ("raised_at", at()),
        ("changed_at", at()),
    ]);
    let step = answer(&[
        ("step", whole()),
        ("at", at()),
        ("actor", text()),
        ("action", text()),
        ("words", text()),
    ]);
    let transfer = answer(&[
        ("transfer", id()),
        ("direction", one_of(&["sent", "received"])),
        ("run", or_null(&id())),
        ("other_center", or_null(&text())),
        ("other_center_name", or_null(&text())),
        ("state", one_of(&["expected", "proposed", "confirmed", "rejected"])),
        ("basis", list(&text())),
        ("confirmed_here", flag()),
        ("confirmed_there", flag()),
    ]);
    vec![
        ("Query", query),
        ("Queries", answer(&[("queries", list(&see("Query"))), ("next", see("Next"))])),
        ("QueryWithSteps", answer(&[("query", see("Query")), ("steps", list(&step))])),
        (
            "NewQuery",
            request(&["form", "words"], &[("form", text()), ("field", text()), ("words", words())]),
        ),
        ("Words", request(&["words"], &[("words", words())])),
        ("OptionalWords", request(&[], &[("words", text())])),
        ("Transfers", answer(&[("transfers", list(&transfer))])),
    ]
}

pub(super) fn quality() -> Named {
    let number = || or_null(&json!({ "type": "number" }));
    let timeliness = answer(&[
        ("runs", whole()),
        ("unusual_share", json!({ "type": "number" })),
        ("median_days_to_signature", number()),
        ("signed_within_60_days", number()),
    ]);
    let shares = json!({ "type": "object",
        "additionalProperties": answer(&[("answered", whole()), ("asked", whole())]) });
    let complete = answer(&[("runs", whole()), ("forms", shares.clone()), ("fields", shares)]);
    let pair = json!({ "type": "array", "items": text(), "minItems": 2, "maxItems": 2 });
    vec![(
        "Quality",
        answer(&[
            ("center", text()),
            ("timeliness", timeliness.clone()),
            ("completeness", complete.clone()),
            ("likely_duplicates", list(&pair)),
            (
                "all_centers",
                answer(&[
                    ("centers", whole()),
                    ("timeliness", or_null(&timeliness)),
                    ("completeness", or_null(&complete)),
                ]),
            ),
        ]),
    )]
}

pub(super) fn uploads() -> Named {
    let stages = ["planning", "planned", "applying", "applied", "failed", "stopped"];
    let waiting = [
        ("upload", id()),
        ("file", text()),
        ("bytes", whole()),
        ("sha256", text()),
        ("drafts_only", flag()),
        ("stage", one_of(&stages)),
        ("sent_by", text()),
        ("at", at()),
    ];
    let names: Vec<&str> = waiting.iter().map(|(name, _)| *name).collect();
    let mut one = waiting.to_vec();
    one.extend([
        ("percent", whole()),
        ("plan", or_null(&text())),
        ("summary", json!({})),
        ("import", or_null(&id())),
        ("failure", or_null(&text())),
        ("patients", list(&json!({ "type": "object" }))),
        ("more_patients", whole()),
    ]);
    let import = answer(&[
        ("import", id()),
        ("file", text()),
        ("applied_at", at()),
        ("applied_by", text()),
        ("summary", json!({})),
        ("undone_at", or_null(&at())),
    ]);
    vec![
        ("Uploads", answer(&[("waiting", list(&answer(&waiting))), ("imports", list(&import))])),
        ("Upload", shape(&names, &one, false)),
        ("UploadKept", answer(&[("upload", id()), ("address", text())])),
        (
            "Plan",
            request(
                &["plan"],
                &[(
                    "plan",
                    json!({ "type": "string", "description": "SHA-256 of the plan, as it was read" }),
                )],
            ),
        ),
        (
            "Choice",
            request(
                &["leave_out", "drafts_only"],
                &[
                    (
                        "leave_out",
                        json!({ "type": "array", "maxItems": 100_000, "items": { "type": "string", "maxLength": 100 },
                            "description": "Keys of the patients that are not taken" }),
                    ),
                    ("drafts_only", flag()),
                ],
            ),
        ),
        ("Undone", answer(&[("center", text()), ("records", whole())])),
    ]
}
