//! The history of a record as people read it: every changed value with its label, and any two versions of a form
//! beside one another. Both are told by the audit, not by copies.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, Instant, RecordId, permit};
use dictionary::{Dictionary, FormId, Kind, Row};
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::model::{RecordKind, RegistryError};
use crate::{FieldChange, Registry, changes, store};

/// A changed value in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlainChange {
    /// Key of the form.
    pub form: String,
    /// The form's heading.
    pub form_label: String,
    /// The field with its row numbers.
    pub field: String,
    /// The field's label, with row numbers where there are any.
    pub label: String,
    /// The old value in words; empty for none.
    pub old: String,
    /// The new value in words; empty for none.
    pub new: String,
}

/// One step in the history of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryStep {
    /// Place in the center's audit chain.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Who, as the audit keeps it.
    pub actor: String,
    /// Through what.
    pub channel: String,
    /// What was done: create, save, submit, lock, unlock, withdraw, undo, link, confirm, request, query.
    pub action: String,
    /// Which kind of record.
    pub kind: RecordKind,
    /// The record.
    pub record: RecordId,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// Forms that got another version, with its number; 0 when the form was taken away.
    pub versions: Vec<(String, i64)>,
    /// Changed values.
    pub changes: Vec<PlainChange>,
    /// Everything else that the row tells: confirmed findings, requests, queries, links, states.
    pub told: Json,
}

/// One version of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct FormVersion {
    /// Counts from 1.
    pub version: i64,
    /// When it was saved.
    pub at: Instant,
    /// Who, as the audit keeps it.
    pub actor: String,
    /// Through what.
    pub channel: String,
    /// Its values.
    pub row: Row,
}

type Columns = (i64, Instant, String, String, String, String, Option<String>, String);

/// The values of a record's forms while its audit rows are gone through.
#[derive(Default)]
struct Bodies(BTreeMap<String, Map<String, Json>>);

impl Bodies {
    /// Puts the new values of a form in; gives the old and the new ones.
    fn apply(&mut self, form: &str, change: &Json) -> (Map<String, Json>, Map<String, Json>) {
        let old = self.0.remove(form).unwrap_or_default();
        let mut new = old.clone();
        for (key, value) in change.get("new").and_then(Json::as_object).into_iter().flatten() {
            if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
                new.remove(key);
            } else {
                new.insert(key.clone(), value.clone());
            }
        }
        if change.get("version").and_then(Json::as_i64) != Some(0) {
            self.0.insert(form.to_owned(), new.clone());
        }
        (old, new)
    }
}

fn forms(body: &Json) -> impl Iterator<Item = (&String, &Json)> {
    body.get("forms").and_then(Json::as_object).into_iter().flatten()
}

impl Registry {
    /// Everything that happened to some records of a center, newest first.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers; `Inconsistent` for an audit row that cannot be read.
    pub fn history_of(
        &self,
        actor: &Actor,
        center: CenterId,
        records: &[RecordId],
    ) -> Result<Vec<HistoryStep>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let rows: Vec<(RecordId, Vec<Columns>)> = self.db.read(|tx| {
            let of = |record: &RecordId| {
                Ok((*record, tx.all(&store::AUDIT_OF_RECORD, (center, *record))?))
            };
            records.iter().map(of).collect::<Result<_, RegistryError>>()
        })?;
        let mut steps = Vec::new();
        for (record, rows) in rows {
            let mut bodies = Bodies::default();
            for row in rows {
                steps.push(self.history_step(record, row, &mut bodies)?);
            }
        }
        steps.sort_by_key(|step| std::cmp::Reverse(step.seq));
        Ok(steps)
    }

    fn history_step(
        &self,
        record: RecordId,
        (seq, at, actor, channel, action, kind, reason, body): Columns,
        bodies: &mut Bodies,
    ) -> Result<HistoryStep, RegistryError> {
        let bad = || RegistryError::Inconsistent(format!("audit row {seq}"));
        let mut body: Json = serde_json::from_str(&body).map_err(|_| bad())?;
        let kind = RecordKind::from_word(&kind).ok_or_else(bad)?;
        let (mut versions, mut found) = (Vec::new(), Vec::new());
        for (key, change) in forms(&body) {
            let version = change.get("version").and_then(Json::as_i64).ok_or_else(bad)?;
            versions.push((key.clone(), version));
            let (old, new) = bodies.apply(key, change);
            found.extend(self.plain_changes(key, &old, &new)?);
        }
        if let Some(body) = body.as_object_mut() {
            body.remove("forms");
        }
        Ok(HistoryStep {
            seq,
            at,
            actor,
            channel,
            action,
            kind,
            record,
            reason,
            versions,
            changes: found,
            told: body,
        })
    }

    fn plain_changes(
        &self,
        key: &str,
        old: &Map<String, Json>,
        new: &Map<String, Json>,
    ) -> Result<Vec<PlainChange>, RegistryError> {
        let dictionary = &self.dictionary;
        // a form that this dictionary does not have any more has no labels
        let Some(form) = dictionary.form_named(key) else { return Ok(Vec::new()) };
        let row = |body: &Map<String, Json>| {
            let body = Json::Object(body.clone());
            dictionary.row_from_json(form.table, &body, &mut String::new())
        };
        let (old, new) = (row(old)?, row(new)?);
        Ok(between(dictionary, form.id, &old, &new))
    }

    /// Every version of a form of a record, oldest first.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers; an unknown record has no versions.
    pub fn form_versions(
        &self,
        actor: &Actor,
        center: CenterId,
        record: RecordId,
        form: FormId,
    ) -> Result<Vec<FormVersion>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let spec = self.dictionary.form(form);
        let rows: Vec<Columns> = self.db.read_one(|tx| {
            Ok::<_, RegistryError>(tx.all(&store::AUDIT_OF_RECORD, (center, record))?)
        })?;
        let (mut bodies, mut versions) = (Bodies::default(), Vec::new());
        for (seq, at, actor, channel, _, _, _, body) in rows {
            let bad = || RegistryError::Inconsistent(format!("audit row {seq}"));
            let body: Json = serde_json::from_str(&body).map_err(|_| bad())?;
            for (_, change) in forms(&body).filter(|(key, _)| **key == spec.key) {
                let version = change.get("version").and_then(Json::as_i64).ok_or_else(bad)?;
                let (_, new) = bodies.apply(&spec.key, change);
                let new = Json::Object(new);
                let row = self.dictionary.row_from_json(spec.table, &new, &mut String::new())?;
                let (actor, channel) = (actor.clone(), channel.clone());
                versions.push(FormVersion { version, at, actor, channel, row });
            }
        }
        Ok(versions)
    }

    /// What differs between two versions of a form, in words.
    pub fn compare_versions(&self, form: FormId, old: &Row, new: &Row) -> Vec<PlainChange> {
        between(&self.dictionary, form, old, new)
    }
}

fn between(dictionary: &Dictionary, form: FormId, old: &Row, new: &Row) -> Vec<PlainChange> {
    let mut found = Vec::new();
    changes::field_changes(dictionary, form, Some(old), Some(new), &mut found);
    found.into_iter().map(|change| plain(dictionary, change)).collect()
}

fn plain(dictionary: &Dictionary, change: FieldChange) -> PlainChange {
    let key = change.field.rsplit('.').next().unwrap_or_default();
    let words = |text: &str| match dictionary.field_named(key) {
        Some(field) if field.kind == Kind::DateTime => text.replace('T', " "),
        Some(field) => dictionary.words(field, &dictionary.read(field, text)),
        None => text.to_owned(),
    };
    let rows: Vec<&str> =
        change.field.split('[').skip(1).filter_map(|part| part.split(']').next()).collect();
    let label = if rows.is_empty() {
        change.label
    } else {
        format!("{} (row {})", change.label, rows.join("."))
    };
    let form_label = dictionary.form_named(&change.form).map(|form| form.label.clone());
    PlainChange {
        form_label: form_label.unwrap_or_default(),
        label,
        old: words(&change.old),
        new: words(&change.new),
        form: change.form,
        field: change.field,
    }
}
