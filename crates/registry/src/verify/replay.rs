//! A record as its audit rows tell it, one after the other.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

/// The body of an audit row.
#[derive(Deserialize)]
struct Body<'a> {
    record: Option<RecordChange>,
    #[serde(borrow)]
    link: Option<LinkChange<'a>>,
    #[serde(borrow, default)]
    forms: BTreeMap<String, FormChange<'a>>,
}

#[derive(Deserialize)]
struct RecordChange {
    new: Map<String, Json>,
    removed: Option<bool>,
}

#[derive(Deserialize)]
struct LinkChange<'a> {
    id: &'a str,
    state: &'a str,
    side: &'a str,
}

#[derive(Deserialize)]
struct FormChange<'a> {
    version: i64,
    #[serde(borrow)]
    old: &'a RawValue,
    #[serde(borrow)]
    new: &'a RawValue,
}

/// Where a link stands, and who has confirmed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) state: String,
    pub(super) sender: bool,
    pub(super) receiver: bool,
}

/// Values of a form as the audit tells them.
#[derive(Debug)]
enum Values<'a> {
    /// Told once, as they were written: most forms are never changed.
    Once(&'a str),
    /// Changed since.
    Changed(Map<String, Json>),
}

impl Values<'_> {
    fn read(&self) -> Result<Map<String, Json>, String> {
        match self {
            Self::Once(text) => object(text),
            Self::Changed(values) => Ok(values.clone()),
        }
    }
}

/// A record as its audit rows tell it.
#[derive(Debug, Default)]
pub(super) struct Replay<'a> {
    attributes: Map<String, Json>,
    forms: BTreeMap<String, (i64, Values<'a>)>,
    /// Links of a run by id.
    pub(super) links: BTreeMap<String, Link>,
    pub(super) removed: bool,
}

impl<'a> Replay<'a> {
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(Json::as_str)
    }

    /// Goes on by one row.
    pub(super) fn apply(&mut self, body: &'a str) -> Result<(), String> {
        let body: Body<'a> = serde_json::from_str(body)
            .map_err(|error| format!("the row does not tell what has changed: {error}"))?;
        if let Some(record) = body.record {
            self.removed = record.removed.is_some();
            self.attributes.extend(record.new);
        }
        if let Some(link) = body.link {
            self.link(&link);
        }
        body.forms.into_iter().try_for_each(|(form, change)| self.form(form, &change))
    }

    /// A link is told when it is proposed, and again whenever one side says something of it.
    fn link(&mut self, told: &LinkChange<'_>) {
        let link = self.links.entry(told.id.to_owned()).or_default();
        if told.state == "confirmed" || (told.state == "proposed" && link.state == "proposed") {
            link.sender |= told.side == "sender";
            link.receiver |= told.side == "receiver";
        }
        told.state.clone_into(&mut link.state);
    }

    fn form(&mut self, form: String, change: &FormChange<'a>) -> Result<(), String> {
        let FormChange { version, old, new } = *change;
        let before = self.forms.remove(&form);
        let known = before.as_ref().map_or(0, |(version, _)| *version);
        if version != 0 && version != known + 1 {
            return Err(format!("form {form} jumps from version {known} to {version}"));
        }
        let after = match before {
            None if old.get() == "{}" => Values::Once(new.get()),
            before => {
                let values = before.map(|(_, values)| values.read()).transpose()?;
                Values::Changed(changed(&form, values.unwrap_or_default(), old, new)?)
            }
        };
        if version != 0 {
            self.forms.insert(form, (version, after));
        }
        Ok(())
    }

    /// In what the stored forms (name, version and body) differ from what was told.
    pub(super) fn differences(&self, stored: &[(String, i64, String)]) -> Vec<String> {
        let mut problems = Vec::new();
        for (form, version, body) in stored {
            match self.forms.get(form) {
                None => problems.push(format!("form {form} has no audit")),
                Some((told, _)) if told != version => {
                    problems.push(format!("form {form} has version {version}, the audit {told}"));
                }
                Some((_, Values::Once(told))) if told == body => {}
                Some((_, told)) => match (told.read(), object(body)) {
                    (Ok(told), Ok(body)) if told == body => {}
                    (_, Err(error)) => problems.push(format!("form {form}: {error}")),
                    _ => problems.push(format!("values of form {form} differ from the audit")),
                },
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

/// The values after a change whose old values must be those before it.
fn changed(
    form: &str,
    mut values: Map<String, Json>,
    old: &RawValue,
    new: &RawValue,
) -> Result<Map<String, Json>, String> {
    let none = |value: &Json| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    for (key, old) in object(old.get())? {
        let known = values.get(&key).unwrap_or(&Json::Null);
        if *known != old && !(none(known) && none(&old)) {
            return Err(format!("the old value of {form}.{key} is not the one before"));
        }
    }
    for (key, new) in object(new.get())? {
        if none(&new) {
            values.remove(&key);
        } else {
            values.insert(key, new);
        }
    }
    Ok(values)
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text).map_err(|error| format!("the values are not an object: {error}"))
}
