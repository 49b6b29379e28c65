//! The few fields that readers must know by name: key, center, completion.

use dictionary::{Dictionary, Value};
use registry::incoming::{FormRows, IncomingPatient, IncomingRun, SourceFinding};

/// Characters of a patient key.
const KEY: std::ops::RangeInclusive<usize> = 10..=20;

/// The value of a field of a record; missing when it is not there.
pub(crate) fn value<'f>(dictionary: &Dictionary, forms: &'f FormRows, key: &str) -> &'f Value {
    let found = dictionary.field_named(key).and_then(|field| {
        let (_, row) = forms.iter().find(|(form, _)| *form == field.form)?;
        Some(row.value(field.column?))
    });
    found.unwrap_or(&Value::Missing)
}

fn text(dictionary: &Dictionary, forms: &FormRows, key: &str) -> Option<String> {
    match value(dictionary, forms, key) {
        Value::Text(text) | Value::Unread(text) => Some(text.as_ref().to_owned()),
        _ => None,
    }
}

/// Fills in what a run says about its completion.
pub(crate) fn fill_run(dictionary: &Dictionary, run: &mut IncomingRun) {
    run.completed_by = text(dictionary, &run.forms, "completed_by");
    run.submit = match value(dictionary, &run.forms, "run_submitted") {
        Value::Bool(submit) => Some(*submit),
        _ => None,
    };
}

/// Fills in key and center of a patient; a finding when the key is not good.
pub(crate) fn fill_patient(
    dictionary: &Dictionary,
    patient: &mut IncomingPatient,
    element: String,
) -> Option<SourceFinding> {
    patient.center_number = text(dictionary, &patient.forms, "patient_center_no");
    patient.unique_id = text(dictionary, &patient.forms, "patient_unique_id").unwrap_or_default();
    let length = patient.unique_id.chars().count();
    let (code, message) = match length {
        0 => ("schema", "the patient has no key".to_owned()),
        _ if KEY.contains(&length) => return None,
        _ => ("key_length", format!("the patient key has {length} characters")),
    };
    Some(SourceFinding {
        code,
        refuses: true,
        line: patient.line,
        element,
        message,
        fix: "the key has 10 to 20 characters".to_owned(),
    })
}
