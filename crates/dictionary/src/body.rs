//! The stored form of a form's values: canonical JSON.
//!
//! Same values, same bytes: keys stand in the order of the dictionary, missing values and empty groups
//! are left out, decimals are texts with the digits that were typed. So two bodies can be compared and
//! hashed as they are.

use serde_json::Value as Json;
use thiserror::Error;

use crate::{Dictionary, Field, Kind, Row, TableId, Value};

/// A stored body does not fit the dictionary.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stored values do not fit the dictionary at {path}: {problem}")]
pub struct BodyError {
    /// Where in the body.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

impl Dictionary {
    /// Appends the canonical JSON of a row.
    pub fn write_body(&self, table: TableId, row: &Row, out: &mut String) {
        let spec = self.table(table);
        out.push('{');
        let mut first = true;
        for (id, value) in spec.columns.iter().zip(&row.values) {
            if *value == Value::Missing {
                continue;
            }
            let field = self.field(*id);
            key(&field.key, &mut first, out);
            self.write_value(field, value, out);
        }
        for (child, rows) in spec.children.iter().zip(&row.children) {
            let Some(group) = self.table(*child).group.filter(|_| !rows.is_empty()) else {
                continue;
            };
            key(&self.field(group).key, &mut first, out);
            self.write_rows(*child, rows, out);
        }
        out.push('}');
    }

    /// Appends the canonical JSON of a group's rows.
    pub fn write_rows(&self, table: TableId, rows: &[Row], out: &mut String) {
        out.push('[');
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            self.write_body(table, row, out);
        }
        out.push(']');
    }

    /// The canonical JSON of a row.
    pub fn body(&self, table: TableId, row: &Row) -> String {
        let mut out = String::with_capacity(256);
        self.write_body(table, row, &mut out);
        out
    }

    /// Appends the canonical JSON of one value; `null` for a missing one.
    pub fn write_value(&self, field: &Field, value: &Value, out: &mut String) {
        match value {
            Value::Missing => out.push_str("null"),
            Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Value::Number(_) | Value::Moment(_) => {
                out.push('"');
                self.write(field, value, out);
                out.push('"');
            }
            Value::Text(text) => write_text(text, out),
            Value::Unread(text) => {
                out.push_str("{\"unread\":");
                write_text(text, out);
                out.push('}');
            }
            Value::Code(place) => write_text(self.code_text(field, *place), out),
            Value::Codes(places) => {
                out.push('[');
                for (index, place) in places.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(self.code_text(field, *place), out);
                }
                out.push(']');
            }
        }
    }

    fn code_text(&self, field: &Field, place: u16) -> &str {
        field
            .list
            .and_then(|list| self.list(list).code(place))
            .map_or("", |code| code.code.as_str())
    }

    /// Reads a stored body back.
    ///
    /// # Errors
    /// `BodyError` when the text is no JSON object or holds a key or a value that the table does not know.
    pub fn parse_body(&self, table: TableId, text: &str) -> Result<Row, BodyError> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| BodyError { path: "body".to_owned(), problem: error.to_string() })?;
        self.row_from_json(table, &json, &mut String::new())
    }

    /// Reads one row from JSON; `path` names where it stands, for errors.
    pub fn row_from_json(
        &self,
        table: TableId,
        json: &Json,
        path: &mut String,
    ) -> Result<Row, BodyError> {
        let fail = |path: &str, problem: &str| BodyError {
            path: if path.is_empty() { "body".to_owned() } else { path.to_owned() },
            problem: problem.to_owned(),
        };
        let object = json.as_object().ok_or_else(|| fail(path, "an object is expected"))?;
        let mut row = self.empty_row(table);
        for (name, json) in object {
            let length = path.len();
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(name);
            let field = self
                .field_named(name)
                .filter(|field| field.table == table || field.rows.is_some())
                .ok_or_else(|| fail(path, "no such field here"))?;
            if let Some(rows) = field.rows {
                let spec = self.table(rows);
                let child = spec.parent.filter(|(parent, _)| *parent == table);
                let (_, child) = child.ok_or_else(|| fail(path, "no such group here"))?;
                let list = json.as_array().ok_or_else(|| fail(path, "a list is expected"))?;
                let rows = list
                    .iter()
                    .map(|json| self.row_from_json(rows, json, path))
                    .collect::<Result<Vec<_>, _>>()?;
                if let Some(slot) = row.children.get_mut(usize::from(child)) {
                    *slot = rows;
                }
            } else {
                let value = self
                    .value_from_json(field, json)
                    .ok_or_else(|| fail(path, "the value does not fit the field"))?;
                let slot = field.column.and_then(|column| row.values.get_mut(usize::from(column)));
                *slot.ok_or_else(|| fail(path, "the field holds no typed value"))? = value;
            }
            path.truncate(length);
        }
        Ok(row)
    }

    /// Reads one value from its stored JSON; `None` when it does not fit.
    pub fn value_from_json(&self, field: &Field, json: &Json) -> Option<Value> {
        match json {
            Json::Null => Some(Value::Missing),
            Json::Bool(yes) => (field.kind == Kind::Boolean).then_some(Value::Bool(*yes)),
            Json::String(text) if field.kind == Kind::Text => {
                Some(Value::Text(text.as_str().into()))
            }
            Json::String(text) => match self.read(field, text) {
                Value::Unread(_) => None,
                value => Some(value),
            },
            Json::Array(codes) => {
                let list = self.list(field.list.filter(|_| field.kind == Kind::Codes)?);
                let texts = codes.iter().map(Json::as_str).collect::<Option<Vec<_>>>()?;
                crate::read::read_codes(list, texts.into_iter())
            }
            Json::Object(object) => {
                let text = object.get("unread")?.as_str()?;
                Some(Value::Unread(text.into()))
            }
            Json::Number(_) => None,
        }
    }
}

fn key(key: &str, first: &mut bool, out: &mut String) {
    if !std::mem::take(first) {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
}

/// Appends a text as a JSON string, the way bodies hold it.
pub fn write_text(text: &str, out: &mut String) {
    let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    out.push('"');
    let mut rest = text;
    // these bytes never stand inside of a longer character
    while let Some(at) = rest.bytes().position(special) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some(other) => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
