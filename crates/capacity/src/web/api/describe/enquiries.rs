//! Requests for a place, described.

use serde_json::{Value, json};

use super::{ages, in_path, modes, moment, or_null, whole, words, write};
use crate::enquiry::{Onward, Outcome};
use crate::words::Limit;

/// Addresses below `/api/capacity/v1`.
pub(super) fn paths() -> Value {
    let count = write(
        "capacityEnquiry",
        "Counts a request for a place, without anything of a patient; the same id again changes nothing",
        vec![in_path("number")],
        "CapacityEnquirySent",
        (&[200, 201], "CapacityEnquiryTaken"),
    );
    json!({ "/api/capacity/v1/centers/{number}/enquiries": { "post": count } })
}

/// The schemas that these paths refer to.
pub(super) fn schemas() -> Value {
    let taken = json!({
        "new": { "type": "boolean" }, "enquiry_id": { "type": "string", "format": "uuid" },
    });
    json!({ "CapacityEnquirySent": sent(), "CapacityEnquiryTaken": whole(&taken) })
}

/// A request for a place as programs send it.
fn sent() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["enquiry_id", "at", "age_group", "outcome", "onward"],
        "properties": {
            "enquiry_id": { "type": "string", "format": "uuid", "description": "Made by the sender: the same id is the same enquiry" },
            "at": moment(),
            "from_country": { "type": "string", "description": "ISO 3166-1 alpha-2 code, or empty" },
            "from_subdivision": { "type": "string", "description": "ISO 3166-2 code, or empty" },
            "age_group": ages(), "mode": or_null(&modes()),
            "outcome": words(Outcome::ALL, Outcome::as_str),
            "limits": { "type": "array", "items": words(Limit::ALL, Limit::as_str) },
            "onward": words(Onward::ALL, Onward::as_str),
        },
        "example": {
            "enquiry_id": "7b1f9d0e-4f0c-4d1c-8d55-3d2f1f6d1005", "at": "2026-11-22T14:30:00+01:00", "from_country": "DE",
            "age_group": "adult", "mode": "VV", "outcome": "declined_no_capacity", "limits": ["nursing"],
            "onward": "other_center_found",
        },
    })
}
