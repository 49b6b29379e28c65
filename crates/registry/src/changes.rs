//! What differs between two versions: for the audit, and for people.

use dictionary::{Dictionary, FieldId, FormId, Row, TableId, Value};
use serde::Serialize;

/// One changed value, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The form.
    pub form: String,
    /// The field with its row numbers, such as `mode_period[1].mode_start`.
    pub field: String,
    /// The label.
    pub label: String,
    /// The old value as text; empty for none.
    pub old: String,
    /// The new value as text; empty for none.
    pub new: String,
}

const NOTHING_BEFORE: &str = ",\"old\":{},\"new\":";

/// Begins what an audit body says of a form that was not there: the values follow, and a closing brace.
pub(crate) fn begin_new_form(key: &str, out: &mut String) {
    out.push('"');
    out.push_str(key);
    out.push_str("\":{\"version\":1");
    out.push_str(NOTHING_BEFORE);
}

/// The part of an audit body that tells of one form: `{"version":2,"old":{…},"new":{…}}`.
///
/// Only what differs is written: a field's old and new value, a group's old and new rows. `null` stands
/// for a missing value. For a new form `new` is the whole body.
pub(crate) fn audit_form(
    dictionary: &Dictionary,
    form: FormId,
    old: Option<&Row>,
    new: Option<&Row>,
    version: i64,
    new_body: &str,
    out: &mut String,
) {
    let table = dictionary.form(form).table;
    out.push_str("{\"version\":");
    out.push_str(&version.to_string());
    match (old, new) {
        (None, _) => {
            out.push_str(NOTHING_BEFORE);
            out.push_str(new_body);
        }
        (Some(old), new) => {
            let empty = dictionary.empty_row(table);
            let new = new.unwrap_or(&empty);
            let (mut before, mut after) = (String::from("{"), String::from("{"));
            difference(dictionary, table, old, new, &mut before, &mut after);
            out.push_str(",\"old\":");
            out.push_str(&before);
            out.push_str("},\"new\":");
            out.push_str(&after);
            out.push('}');
        }
    }
    out.push('}');
}

fn difference(
    dictionary: &Dictionary,
    table: TableId,
    old: &Row,
    new: &Row,
    before: &mut String,
    after: &mut String,
) {
    let spec = dictionary.table(table);
    let key = |id: FieldId, out: &mut String| {
        if out.len() > 1 {
            out.push(',');
        }
        out.push('"');
        out.push_str(&dictionary.field(id).key);
        out.push_str("\":");
    };
    for (id, (old, new)) in spec.columns.iter().zip(old.values.iter().zip(&new.values)) {
        if !same(old, new) {
            let field = dictionary.field(*id);
            key(*id, before);
            dictionary.write_value(field, old, before);
            key(*id, after);
            dictionary.write_value(field, new, after);
        }
    }
    let groups = spec.children.iter().zip(old.children.iter().zip(&new.children));
    for (child, (old, new)) in groups {
        let Some(group) = dictionary.table(*child).group else { continue };
        if !same_rows(old, new) {
            key(group, before);
            dictionary.write_rows(*child, old, before);
            key(group, after);
            dictionary.write_rows(*child, new, after);
        }
    }
}

/// Equal to the digit: 7.4 and 7.40 are different answers.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b && a.scale() == b.scale(),
        _ => a == b,
    }
}

/// Rows that are equal to the digit.
pub(crate) fn same_rows(a: &[Row], b: &[Row]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_row(a, b))
}

/// Two rows that are equal to the digit, with all rows below them.
pub(crate) fn same_row(a: &Row, b: &Row) -> bool {
    a.values.len() == b.values.len()
        && a.values.iter().zip(&b.values).all(|(a, b)| same(a, b))
        && a.children.len() == b.children.len()
        && a.children.iter().zip(&b.children).all(|(a, b)| same_rows(a, b))
}

/// Every changed value of a form with its place, rows compared by their number.
pub(crate) fn field_changes(
    dictionary: &Dictionary,
    form: FormId,
    old: Option<&Row>,
    new: Option<&Row>,
    out: &mut Vec<FieldChange>,
) {
    let table = dictionary.form(form).table;
    let empty = dictionary.empty_row(table);
    walk(dictionary, table, old.unwrap_or(&empty), new.unwrap_or(&empty), "", out);
}

fn walk(
    dictionary: &Dictionary,
    table: TableId,
    old: &Row,
    new: &Row,
    path: &str,
    out: &mut Vec<FieldChange>,
) {
    let spec = dictionary.table(table);
    for (id, (old, new)) in spec.columns.iter().zip(old.values.iter().zip(&new.values)) {
        if same(old, new) {
            continue;
        }
        let field = dictionary.field(*id);
        out.push(FieldChange {
            form: dictionary.form(field.form).key.clone(),
            field: format!("{path}{}", field.key),
            label: field.label.clone(),
            old: dictionary.text(field, old),
            new: dictionary.text(field, new),
        });
    }
    for (place, child) in spec.children.iter().enumerate() {
        let Some(group) = dictionary.table(*child).group else { continue };
        let rows = |row: &Row| row.children.get(place).cloned().unwrap_or_default();
        let (old, new) = (rows(old), rows(new));
        let empty = dictionary.empty_row(*child);
        for index in 0..old.len().max(new.len()) {
            let path = format!("{path}{}[{}].", dictionary.field(group).key, index + 1);
            let old = old.get(index).unwrap_or(&empty);
            let new = new.get(index).unwrap_or(&empty);
            walk(dictionary, *child, old, new, &path, out);
        }
    }
}
