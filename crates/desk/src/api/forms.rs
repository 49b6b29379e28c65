//! Forms: read, judged, saved against a version, compared.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use dictionary::{Dictionary, Form, Kind, Row, TableId, Value as Typed};
use registry::{FormVersion, RecordInSight, RecordKind, RegistryError};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use site::{Asked, Fault, Sent, Wrong, asked, escaped};

use super::MOST;
use super::runs::finding_values;
use super::sent::{Asker, answered, nothing, said, value_pointer};
use crate::forms::conflict::{self, Difference, Versions, Whose};
use crate::forms::is_typed;
use crate::run::kind_of;

/// Rows of one group that are read at most: more than any finding lets through.
const MOST_ROWS: usize = 5000;

/// The values of a stored form.
pub(super) fn values_of(dictionary: &Dictionary, table: TableId, row: &Row) -> Value {
    serde_json::from_str(&dictionary.body(table, row)).unwrap_or_default()
}

/// A form beside a run that the asker may read.
struct Open {
    record: RecordInSight,
    form: Form,
    kind: RecordKind,
}

impl Open {
    fn new(
        asker: &Asker,
        (number, run, form): &(String, String, String),
        action: Action,
    ) -> Result<Self, Fault> {
        let record = asker.run(number, run, action)?;
        let dictionary = asker.desk.registry.dictionary();
        let form = dictionary.form_named(form).filter(|form| is_typed(dictionary, form));
        let form = form.ok_or_else(nothing)?.clone();
        let kind = kind_of(form.scope).ok_or_else(nothing)?;
        Ok(Self { record, form, kind })
    }

    fn stored(&self) -> Option<&registry::FormInSight> {
        self.record.form(self.form.id)
    }

    fn version(&self) -> i64 {
        self.stored().map_or(0, |stored| stored.version)
    }
}

pub(super) async fn read(asker: Asker, Path(at): Path<(String, String, String)>) -> Response {
    answered(move || {
        let open = Open::new(&asker, &at, Action::ReadRecords)?;
        let registry = &asker.desk.registry;
        let dictionary = registry.dictionary();
        let report = registry.judge_forms(&open.record.rows(dictionary, None));
        let own = |finding: &dictionary::Finding| {
            dictionary.field(finding.place.field).form == open.form.id
        };
        let stored = open.stored();
        let value = json!({
            "form": open.form.key, "label": open.form.label, "record_kind": open.kind.as_str(),
            "version": open.version(),
            "saved_at": stored.map(|stored| stored.saved_at.to_string()),
            "saved_by": stored.map(|stored| base::shown_name(&stored.saved_by)),
            "open": open.record.closed.is_none(),
            "values": stored.map_or_else(
                || json!({}),
                |stored| values_of(dictionary, open.form.table, &stored.row),
            ),
            "schema": format!("/dictionary/schema/{}.json", open.form.key),
            "findings": finding_values(dictionary, &open.record, &report, own),
        });
        Ok(said(StatusCode::OK, &value))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormSent {
    #[serde(deserialize_with = "whole")]
    version: i64,
    values: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FormChecked {
    values: Map<String, Value>,
}

/// A whole number, also when it is written as `2.0`: JSON knows no difference.
fn whole<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    use serde::de::Error as _;
    let number = serde_json::Number::deserialize(from)?;
    let rounded = || {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)?;
        format!("{float:.0}").parse().ok()
    };
    let whole = number.as_i64().or_else(rounded).filter(|version| *version >= 0);
    whole.ok_or_else(|| D::Error::custom("a version is a whole number, 0 for none"))
}

pub(super) async fn save(
    asker: Asker,
    Path(at): Path<(String, String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let open = Open::new(&asker, &at, Action::WriteRecords)?;
        let sent: FormSent = sent.read()?;
        let registry = &asker.desk.registry;
        let row = row_of(&asker, &open, &sent.values)?;
        let owner = open.record.owner(open.kind).ok_or_else(nothing)?;
        let (actor, center) = (&asker.visitor.actor, open.record.center.id);
        let subject = (open.kind, owner);
        match registry.save_form(actor, center, subject, open.form.id, sent.version, &row) {
            Ok(saved) => {
                let again = Open::new(&asker, &at, Action::ReadRecords)?;
                let dictionary = registry.dictionary();
                let report = registry.judge_forms(&again.record.rows(dictionary, None));
                let own = |finding: &dictionary::Finding| {
                    dictionary.field(finding.place.field).form == open.form.id
                };
                let value = json!({
                    "form": open.form.key, "version": saved.version,
                    "values": values_of(dictionary, open.form.table, &row),
                    "findings": finding_values(dictionary, &again.record, &report, own),
                });
                Ok(said(StatusCode::OK, &value))
            }
            Err(RegistryError::Conflict { .. }) => {
                let again = Open::new(&asker, &at, Action::ReadRecords)?;
                Err(conflict_of(&asker, &again, &row, sent.version)?)
            }
            Err(error) => Err(asker.told(error)),
        }
    })
    .await
}

pub(super) async fn check(
    asker: Asker,
    Path(at): Path<(String, String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let open = Open::new(&asker, &at, Action::ReadRecords)?;
        let sent: FormChecked = sent.read()?;
        let registry = &asker.desk.registry;
        let dictionary = registry.dictionary();
        let row = row_of(&asker, &open, &sent.values)?;
        let rows = open.record.rows(dictionary, Some((open.form.id, &row)));
        let report = registry.judge_forms(&rows);
        let findings = finding_values(dictionary, &open.record, &report, |_| true);
        Ok(said(StatusCode::OK, &json!({ "findings": findings })))
    })
    .await
}

/// The row that the values are, with what the registry gives as it is stored.
fn row_of(asker: &Asker, open: &Open, values: &Map<String, Value>) -> Result<Row, Fault> {
    let registry = &asker.desk.registry;
    let dictionary = registry.dictionary();
    let mut reader = Reader { dictionary, errors: Vec::new() };
    let stored = open.stored().map(|stored| &stored.row);
    let mut row = reader.row(open.form.table, values, stored, "");
    let spec = dictionary.table(open.form.table);
    for (at, id) in spec.columns.iter().enumerate() {
        let field = dictionary.field(*id);
        let kept = stored.and_then(|row| row.values.get(at)).unwrap_or(&Typed::Missing);
        let given = registry.is_assigned(*id) && (kept.is_present() || registry.is_signature(*id));
        let Some(value) = row.values.get_mut(at).filter(|_| given) else { continue };
        if values.contains_key(&field.key) && value != kept {
            reader.wrong(&field.key, "this is given by the registry and cannot be changed here");
        }
        value.clone_from(kept);
    }
    if reader.errors.is_empty() { Ok(row) } else { Err(Fault::values(reader.errors)) }
}

/// Reads values and collects everything that does not fit.
struct Reader<'d> {
    dictionary: &'d Dictionary,
    errors: Vec<Wrong>,
}

impl Reader<'_> {
    fn wrong(&mut self, path: &str, detail: impl Into<String>) {
        // enough to see what is meant
        if self.errors.len() < 100 {
            self.errors.push(Wrong { at: value_pointer(path), detail: detail.into() });
        }
    }

    fn row(
        &mut self,
        table: TableId,
        values: &Map<String, Value>,
        stored: Option<&Row>,
        path: &str,
    ) -> Row {
        let dictionary = self.dictionary;
        let mut row = dictionary.empty_row(table);
        for (name, json) in values {
            let path = format!("{path}{}", escaped(name));
            let Some(field) = dictionary.field_named(name) else {
                self.wrong(&path, "there is no such field here");
                continue;
            };
            if let Some(group) = field.rows {
                self.group((table, group), json, (&mut row, stored), &path);
                continue;
            }
            let slot = field.column.filter(|_| field.table == table);
            let Some(slot) = slot.and_then(|column| row.values.get_mut(usize::from(column))) else {
                self.wrong(&path, "there is no such field here");
                continue;
            };
            match value_of(dictionary, field, json) {
                Ok(value) => *slot = value,
                Err(detail) => self.wrong(&path, detail),
            }
        }
        // what is worked out stays as it is stored
        for (at, id) in dictionary.table(table).columns.iter().enumerate() {
            let field = dictionary.field(*id);
            if (field.computed || field.derived.is_some())
                && let Some(slot) = row.values.get_mut(at)
            {
                let kept = stored.and_then(|stored| stored.values.get(at));
                *slot = kept.cloned().unwrap_or(Typed::Missing);
            }
        }
        row
    }

    fn group(
        &mut self,
        (table, group): (TableId, TableId),
        json: &Value,
        (row, stored): (&mut Row, Option<&Row>),
        path: &str,
    ) {
        let parent = self.dictionary.table(group).parent.filter(|(parent, _)| *parent == table);
        let Some((_, child)) = parent else {
            return self.wrong(path, "there is no such group here");
        };
        let list = match json {
            Value::Null => return,
            Value::Array(list) if list.len() <= MOST_ROWS => list,
            _ => {
                return self.wrong(path, format!("a list of at most {MOST_ROWS} rows is expected"));
            }
        };
        let stored = stored.and_then(|row| row.children.get(usize::from(child)));
        let mut rows = Vec::with_capacity(list.len());
        for (at, json) in list.iter().enumerate() {
            let inner = format!("{path}.{at}");
            match json.as_object() {
                Some(values) => {
                    let stored = stored.and_then(|rows| rows.get(at));
                    rows.push(self.row(group, values, stored, &format!("{inner}.")));
                }
                None => self.wrong(&inner, "an object is expected"),
            }
        }
        if let Some(slot) = row.children.get_mut(usize::from(child)) {
            *slot = rows;
        }
    }
}

fn value_of(
    dictionary: &Dictionary,
    field: &dictionary::Field,
    json: &Value,
) -> Result<Typed, String> {
    let control = |text: &str| text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c));
    let value = match json {
        Value::Number(number) => {
            dictionary.value_from_json(field, &Value::String(number.to_string()))
        }
        Value::String(text) if control(text) => {
            return Err("control characters are not kept".to_owned());
        }
        Value::Object(object) => {
            let unread = object.get("unread").and_then(Value::as_str);
            if unread.is_some_and(control) || object.len() != 1 {
                None
            } else {
                dictionary.value_from_json(field, json)
            }
        }
        json => dictionary.value_from_json(field, json),
    };
    value.ok_or_else(|| {
        let wanted = match field.kind {
            Kind::Boolean => "true or false",
            Kind::Integer => "a whole number, as a text or a number",
            Kind::Decimal => "a number, as a text or a number",
            Kind::Date => "a day as YYYY-MM-DD",
            Kind::DateTime => "a local moment as YYYY-MM-DDTHH:MM",
            Kind::Code => "a code of its list",
            Kind::Codes => "a list of codes of its list",
            _ => "a text",
        };
        format!("{wanted} is expected; a text that cannot be read is kept as {{\"unread\": …}}")
    })
}

/// Both values of everything that differs.
fn conflict_of(asker: &Asker, open: &Open, row: &Row, began: i64) -> Result<Fault, Fault> {
    let registry = &asker.desk.registry;
    let dictionary = registry.dictionary();
    let empty = dictionary.empty_row(open.form.table);
    let stored = open.stored();
    let owner = open.record.owner(open.kind).ok_or_else(nothing)?;
    let base = if began == 0 {
        Some(empty.clone())
    } else {
        let (actor, center) = (&asker.visitor.actor, open.record.center.id);
        let versions = registry.form_versions(actor, center, owner, open.form.id);
        let versions = versions.map_err(|error| asker.told(error))?;
        versions.into_iter().find(|known| known.version == began).map(|known| known.row)
    };
    let theirs = stored.map_or(&empty, |stored| &stored.row);
    let versions = Versions { mine: row, theirs, base: base.as_ref() };
    let found = conflict::differences(dictionary, open.form.table, versions);
    let told = |one: &Difference| {
        json!({
            "pointer": value_pointer(&one.path), "label": one.label, "sent": one.mine,
            "stored": one.theirs, "before": one.before,
            "changed_by": match one.whose {
                Whose::Mine => "sender",
                Whose::Theirs => "other",
                Whose::Both => "both",
            },
        })
    };
    let detail =
        format!("Version {} is stored and {began} was sent. Nothing was saved.", open.version());
    let status = StatusCode::CONFLICT;
    Ok(Fault::new("conflict", status, "Saved by somebody else", detail)
        .with("version", json!(open.version()))
        .with("saved_by", json!(stored.map(|stored| base::shown_name(&stored.saved_by))))
        .with("saved_at", json!(stored.map(|stored| stored.saved_at.to_string())))
        .with("differences", found.iter().map(told).collect()))
}

fn all_versions(asker: &Asker, open: &Open) -> Result<Vec<FormVersion>, Fault> {
    let owner = open.record.owner(open.kind).ok_or_else(nothing)?;
    let (actor, center) = (&asker.visitor.actor, open.record.center.id);
    let versions = asker.desk.registry.form_versions(actor, center, owner, open.form.id);
    versions.map_err(|error| asker.told(error))
}

pub(super) async fn versions(asker: Asker, Path(at): Path<(String, String, String)>) -> Response {
    answered(move || {
        let open = Open::new(&asker, &at, Action::ReadRecords)?;
        let dictionary = asker.desk.registry.dictionary();
        let versions = all_versions(&asker, &open)?;
        let versions = versions.iter().map(|known| {
            json!({
                "version": known.version, "at": known.at.to_string(),
                "actor": base::shown_name(&known.actor), "channel": known.channel,
                "values": values_of(dictionary, open.form.table, &known.row),
            })
        });
        Ok(said(StatusCode::OK, &json!({ "versions": versions.collect::<Vec<_>>() })))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareAsked {
    old: Option<i64>,
    new: Option<i64>,
}

pub(super) async fn compare(
    asker: Asker,
    Path(at): Path<(String, String, String)>,
    query: Asked<CompareAsked>,
) -> Response {
    answered(move || {
        let open = Open::new(&asker, &at, Action::ReadRecords)?;
        let wanted = asked(query)?;
        for (name, number) in [("old", wanted.old), ("new", wanted.new)] {
            if number.is_some_and(|number| !(1..=MOST).contains(&number)) {
                return Err(Fault::request(name, "versions count from 1"));
            }
        }
        let found = all_versions(&asker, &open)?;
        let last = found.last().ok_or_else(nothing)?.version;
        let new = wanted.new.unwrap_or(last);
        let old = wanted.old.unwrap_or((new - 1).max(1));
        let version = |number: i64| found.iter().rev().find(|known| known.version == number);
        let (a, b) = version(old).zip(version(new)).ok_or_else(nothing)?;
        let changes = asker.desk.registry.compare_versions(open.form.id, &a.row, &b.row);
        let value = json!({ "form": open.form.key, "old": old, "new": new, "changes": changes });
        Ok(said(StatusCode::OK, &value))
    })
    .await
}
