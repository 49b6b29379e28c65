//! Audit bodies of new records, as an upload writes them.

use base::Instant;
use serde_json::{Map, Value as Json, json};

use super::judge::FormText;
use crate::writer::RunRow;
use crate::{Registry, changes};

/// Attributes of a record beside its forms.
pub(super) fn attributes<const N: usize>(pairs: [(&str, String); N]) -> Map<String, Json> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect()
}

/// Those of a run; a draft has no signature.
pub(super) fn run_attributes(row: &RunRow) -> Map<String, Json> {
    let mut new = attributes([
        ("patient", row.patient.to_string()),
        ("hospitalization", row.hospitalization.to_string()),
        ("run_no", row.run_no.to_string()),
        ("state", row.state.as_str().to_owned()),
    ]);
    let text = |at: Option<Instant>| at.map(|at| at.to_string());
    for (key, value) in [
        ("submitted_at", text(row.submitted_at)),
        ("submitted_by", row.submitted_by.clone()),
        ("locks_at", text(row.locks_at)),
    ] {
        if let Some(value) = value {
            new.insert(key.to_owned(), value.into());
        }
    }
    new
}

/// The audit body of a new record.
pub(super) fn body(
    registry: &Registry,
    new: &Map<String, Json>,
    confirmed: &[String],
    forms: &[FormText],
) -> String {
    let dictionary = registry.dictionary();
    let length: usize = forms.iter().map(|(_, body)| body.len() + 80).sum();
    let mut out = String::with_capacity(length + 600);
    out.push_str(&format!("{{\"record\":{},", json!({ "old": {}, "new": new })));
    if !confirmed.is_empty() {
        out.push_str(&format!("\"confirmed\":{},", json!(confirmed)));
    }
    out.push_str("\"forms\":{");
    for (index, (form, body)) in forms.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('"');
        out.push_str(&dictionary.form(*form).key);
        out.push_str("\":");
        changes::audit_form(dictionary, *form, None, None, 1, body, &mut out);
    }
    out.push_str("}}");
    out
}
