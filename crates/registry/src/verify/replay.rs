//! A record as its audit rows tell it, one after the other.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

/// A record as its audit rows tell it.
#[derive(Debug, Default)]
pub(super) struct Replay {
    attributes: Map<String, Json>,
    forms: BTreeMap<String, (i64, Map<String, Json>)>,
    /// Links of a run by id, and where each stands.
    pub(super) links: BTreeMap<String, String>,
    pub(super) removed: bool,
}

impl Replay {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(Json::as_str)
    }

    pub(super) fn apply(&mut self, body: &str) -> Result<(), String> {
        let body: Json =
            serde_json::from_str(body).map_err(|error| format!("the row is not JSON: {error}"))?;
        if let Some(record) = body.get("record") {
            self.removed = record.get("removed").is_some();
            for (key, value) in object(record, "new")? {
                self.attributes.insert(key.clone(), value.clone());
            }
        }
        if let Some(link) = body.get("link") {
            let text = |key: &str| link.get(key).and_then(Json::as_str).map(str::to_owned);
            let (id, state) = text("id").zip(text("state")).ok_or("the row names no link")?;
            self.links.insert(id, state);
        }
        let empty = Map::new();
        for (form, change) in body.get("forms").and_then(Json::as_object).unwrap_or(&empty) {
            let version = change.get("version").and_then(Json::as_i64);
            let version = version.ok_or_else(|| format!("form {form} has no version"))?;
            let stored = self.forms.entry(form.clone()).or_default();
            if version != 0 && version != stored.0 + 1 {
                return Err(format!("form {form} jumps from version {} to {version}", stored.0));
            }
            stored.0 = version;
            for (key, old) in object(change, "old")? {
                let known = stored.1.get(key).unwrap_or(&Json::Null);
                let none =
                    |value: &Json| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                if known != old && !(none(known) && none(old)) {
                    return Err(format!("the old value of {form}.{key} is not the one before"));
                }
            }
            for (key, new) in object(change, "new")? {
                if new.is_null() || new.as_array().is_some_and(Vec::is_empty) {
                    stored.1.remove(key);
                } else {
                    stored.1.insert(key.clone(), new.clone());
                }
            }
            if version == 0 {
                self.forms.remove(form);
            }
        }
        Ok(())
    }

    pub(super) fn differences(&self, stored: &[(String, i64, String)]) -> Vec<String> {
        let mut problems = Vec::new();
        for (form, version, body) in stored {
            match (self.forms.get(form), serde_json::from_str::<Map<String, Json>>(body)) {
                (None, _) => problems.push(format!("form {form} has no audit")),
                (Some(_), Err(error)) => problems.push(format!("form {form} is not JSON: {error}")),
                (Some((told, values)), Ok(body)) => {
                    if told != version {
                        problems
                            .push(format!("form {form} has version {version}, the audit {told}"));
                    } else if *values != body {
                        problems.push(format!("values of form {form} differ from the audit"));
                    }
                }
            }
        }
        for form in self.forms.keys() {
            if !stored.iter().any(|(stored, _, _)| stored == form) {
                problems.push(format!("form {form} is gone"));
            }
        }
        problems
    }
}

fn object<'a>(value: &'a Json, key: &str) -> Result<&'a Map<String, Json>, String> {
    value.get(key).and_then(Json::as_object).ok_or_else(|| format!("the row has no `{key}`"))
}
