//! What programs send as reports, and what they are answered.

use serde_json::{Value, json};

use super::{ages, modes, moment, or_null, reference, text, whole, words};
use crate::words::{Accepts, Declared, Limit, OperatingLevel, TeamStatus};

/// Schemas by name.
pub(super) fn schemas() -> Value {
    let free = json!({ "type": "object" });
    let list = |of: Value| json!({ "type": "array", "items": of });
    let flag = json!({ "type": "boolean" });
    let texts = list(json!({ "type": "string" }));
    let maybe = or_null(&moment());
    json!({
        "CapacityReports": whole(&json!({ "center_id": text(), "reports": list(free.clone()) })),
        "CapacityTaken": whole(&json!({
            "new": flag, "report": free, "center": or_null(&reference("CapacityCenter")), "warnings": texts, "notes": texts,
        })),
        "CapacityValid": whole(&json!({ "valid": flag, "warnings": texts })),
        "CapacityConfirmSent": {
            "type": "object", "required": ["report_id"], "additionalProperties": false,
            "properties": { "report_id": { "type": "string", "format": "uuid" }, "valid_at": maybe,
                "unit_id": { "type": ["string", "null"], "description": "Left out, the center confirms with all its units" } },
        },
        "CapacityReportSent": report_sent(),
    })
}

/// A report as programs send it. Keys that are not known are taken, and named in the answer.
fn report_sent() -> Value {
    let count = json!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 99 }, { "type": "null" }] });
    let maybe = or_null(&moment());
    let line = json!({
        "age_group": ages(), "mode": or_null(&modes()),
        "declared_status": words(Declared::ALL, Declared::as_str),
        "available_now": count, "on_ecls_now": count, "staffed_slots": count, "committed": count,
        "additional_24h": count, "additional_72h": count, "surge_7d": count, "next_free_expected_at": maybe,
        "limits": { "type": "array", "items": words(Limit::ALL, Limit::as_str) },
        "limits_withheld": { "type": "boolean" },
        "accepts_external": or_null(&words(Accepts::ALL, Accepts::as_str)),
        "operating_level": or_null(&words(OperatingLevel::ALL, OperatingLevel::as_str)),
    });
    let team = json!({
        "age_group": ages(), "team_status": words(TeamStatus::ALL, TeamStatus::as_str), "teams_ready": count,
        "back_at": maybe, "comment": { "type": "string" },
    });
    json!({
        "type": "object",
        "required": ["report_id", "kind", "valid_at"],
        "properties": {
            "report_id": { "type": "string", "format": "uuid", "description": "Made by the sender: the same id is the same report" },
            "kind": { "type": "string", "enum": ["full", "partial", "relayed", "withdrawal"] },
            "valid_at": moment(),
            "automatic": { "type": "boolean", "description": "No person stands behind each report: it ages within hours" },
            "unit_id": { "type": ["string", "null"], "description": "Where the center's units report for themselves: which one" },
            "lines": { "type": "array", "maxItems": 50, "items": {
                "type": "object", "required": ["age_group", "declared_status"], "properties": line } },
            "transport": { "type": "array", "maxItems": 50, "items": {
                "type": "object", "required": ["age_group", "team_status"], "properties": team } },
            "comment_public": { "type": "string" },
            "comment_professional": { "type": "string" },
        },
        "example": {
            "report_id": "5f0c2f0e-8d1f-4a7e-9a55-0b3f2f1f6d10", "kind": "partial", "valid_at": "2026-11-22T07:35:00+01:00",
            "lines": [{ "age_group": "adult", "declared_status": "limited", "available_now": 1, "on_ecls_now": 3,
                "limits": ["nursing"] }],
        },
    })
}
