//! What the audit says of a record that an upload writes.

use base::Instant;

use super::feed::FormsSum;
use super::work::{RecordWork, Work};
use crate::audit::Hash;
use crate::model::RecordKind;
use crate::writer::RunRow;
use crate::{Registry, changes};

impl RecordWork {
    /// A hash of the stored forms of all new values.
    pub(super) fn sum(&self) -> Hash {
        if self.is_told() {
            return self.told.sum;
        }
        let mut sum = FormsSum::default();
        for form in &self.forms {
            sum.form(form.form, form.version, self.body(form));
        }
        sum.finish()
    }
}

impl Registry {
    /// Action and body of the audit row; and where `RecordWork::told` stands in it, when it does.
    pub(super) fn audit_body(
        &self,
        work: &Work,
        record: &RecordWork,
        next: Option<&RunRow>,
    ) -> (&'static str, String, Option<usize>) {
        let action = match (&record.signed_by, record.is_new) {
            (Some(_), _) => "submit",
            (None, true) => "create",
            (None, false) => "save",
        };
        let mut body = String::with_capacity(record.told.text.len() + 768);
        body.push('{');
        if record.is_new || record.signed_by.is_some() {
            Self::audit_record(work, record, next, &mut body);
        }
        if record.signed_by.is_some() {
            let confirmed = self.confirmations(&record.report);
            if !confirmed.is_empty() {
                body.push_str(&format!("\"confirmed\":{},", serde_json::json!(confirmed)));
            }
        }
        body.push_str("\"forms\":{");
        if record.is_told() {
            let told = body.len();
            body.push_str(&record.told.text);
            body.push_str("}}");
            return (action, body, Some(told));
        }
        for (index, form) in record.forms.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            body.push('"');
            body.push_str(&self.dictionary.form(form.form).key);
            body.push_str("\":");
            let change = form.change.as_ref();
            let old = change.map(|change| &change.old);
            let new = change.map(|change| &change.new);
            let (version, text) = (form.version, record.body(form));
            changes::audit_form(&self.dictionary, form.form, old, new, version, text, &mut body);
        }
        body.push_str("}}");
        (action, body, None)
    }

    /// The record's own attributes, before and after: `"record":{"old":{…},"new":{…}},`.
    fn audit_record(work: &Work, record: &RecordWork, next: Option<&RunRow>, body: &mut String) {
        let mut attributes = Attributes::new(record.is_new);
        if record.is_new {
            match record.kind {
                RecordKind::Patient => {
                    attributes.told("unique_id", None, Some(&work.target.unique_id));
                }
                RecordKind::Hospitalization | RecordKind::Run => {
                    attributes.told("patient", None, Some(&work.target.id.to_string()));
                }
            }
        }
        if let Some(next) = next {
            if record.is_new {
                let stay = next.hospitalization.to_string();
                attributes.told("hospitalization", None, Some(&stay));
                attributes.told("run_no", None, Some(&next.run_no.to_string()));
            }
            let before = record.before.as_ref();
            let state = before.map(|run| run.state.as_str());
            attributes.told("state", state, Some(next.state.as_str()));
            let at = before.and_then(|run| run.submitted_at);
            attributes.moved("submitted_at", at, next.submitted_at);
            let by = before.and_then(|run| run.submitted_by.as_deref());
            attributes.told("submitted_by", by, next.submitted_by.as_deref());
            let locks = before.and_then(|run| run.locks_at);
            attributes.moved("locks_at", locks, next.locks_at);
        }
        attributes.finish(body);
    }
}

/// Attributes of a record that differ, before and after, as JSON.
struct Attributes {
    is_new: bool,
    old: String,
    new: String,
}

impl Attributes {
    fn new(is_new: bool) -> Self {
        Self { is_new, old: String::new(), new: String::with_capacity(384) }
    }

    fn told(&mut self, key: &str, before: Option<&str>, after: Option<&str>) {
        if before == after {
            return;
        }
        if before.is_some() || !self.is_new {
            attribute(&mut self.old, key, before);
        }
        attribute(&mut self.new, key, after);
    }

    fn moved(&mut self, key: &str, before: Option<Instant>, after: Option<Instant>) {
        if before != after {
            let text = |at: Option<Instant>| at.map(|at| at.to_string());
            self.told(key, text(before).as_deref(), text(after).as_deref());
        }
    }

    fn finish(self, body: &mut String) {
        for part in ["\"record\":{\"old\":{", &self.old, "},\"new\":{", &self.new, "}},"] {
            body.push_str(part);
        }
    }
}

fn attribute(out: &mut String, key: &str, value: Option<&str>) {
    if !out.is_empty() {
        out.push(',');
    }
    out.push('"');
    out.push_str(key);
    out.push_str("\":");
    match value {
        Some(value) => dictionary::write_text(value, out),
        None => out.push_str("null"),
    }
}
