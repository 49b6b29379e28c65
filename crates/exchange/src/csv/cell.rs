//! Texts of cells to values and back.

use std::borrow::Cow;

use dictionary::units::UnitId;
use dictionary::{Dictionary, Field, Kind, Value};

/// Decimals of a converted number when the field does not say how many make sense.
const DECIMALS: u32 = 4;

/// Whether a spreadsheet would take a text for a formula.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text as it is written: what a spreadsheet would run gets an apostrophe in front.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// A cell as it was meant: without the apostrophe that `guarded` puts in front.
pub(super) fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }
}

/// The value of a cell, in `unit` if the header names one.
pub(super) fn read(
    dictionary: &Dictionary,
    field: &Field,
    unit: Option<UnitId>,
    text: &str,
) -> Value {
    let text = unguarded(text.trim());
    let value = match (field.kind, text.len()) {
        // spreadsheets add the seconds
        (Kind::DateTime, 19) => dictionary.read(field, text.strip_suffix(":00").unwrap_or(text)),
        _ => dictionary.read(field, text),
    };
    let (Value::Number(number), Some(from), Some(to)) = (&value, unit, field.unit) else {
        return value;
    };
    let decimals = field.decimals.unwrap_or(DECIMALS);
    dictionary
        .units()
        .convert(*number, from, to, field.substance.as_deref(), decimals)
        .map_or_else(|| Value::Unread(text.into()), Value::Number)
}

/// The cell of a value.
pub(super) fn write(dictionary: &Dictionary, field: &Field, value: &Value) -> String {
    let text = dictionary.text(field, value);
    match value {
        Value::Text(_) | Value::Unread(_) => guarded(&text).into_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_written_as_text_and_read_back_equal() {
        for text in ["=1+1", "+49", "-", "@x", "'=x", "''+1", "'tis", "a=b", "", "'"] {
            let written = guarded(text);

            assert!(!written.starts_with(['=', '+', '-', '@']), "{text}");
            assert_eq!(unguarded(&written), text);
        }
        assert_eq!(guarded("'tis"), "'tis");
    }
}
