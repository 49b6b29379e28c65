//! What changed between two versions of a dictionary, and whom it breaks.
//!
//! Breaking: records or programs that fit the old version may not fit the new one. Additive: what fitted
//! still fits, and more is possible. Neutral: wording, order, and what only asks for a confirmation.

mod fields;
mod lists;

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::words::{basis, scope};
use crate::{Dictionary, Rule, Severity, Stage};

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// What fitted the old version may not fit the new one.
    Breaking,
    /// What fitted still fits, and more is possible.
    Additive,
    /// Wording, order, or a question to confirm.
    Neutral,
}

impl Impact {
    /// As a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
            Self::Neutral => "neutral",
        }
    }
}

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The dictionary itself.
    Dictionary,
    /// A form.
    Form,
    /// A field, block or group.
    Field,
    /// A code list.
    List,
    /// One code: its key is `list/code`.
    Code,
    /// A cross-field rule.
    Rule,
    /// A unit.
    Unit,
}

impl Subject {
    /// As a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dictionary => "dictionary",
            Self::Form => "form",
            Self::Field => "field",
            Self::List => "list",
            Self::Code => "code",
            Self::Rule => "rule",
            Self::Unit => "unit",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Whom it concerns.
    pub impact: Impact,
    /// What kind of thing.
    pub subject: Subject,
    /// Its name.
    pub key: String,
    /// What about it: `added`, `removed`, `label`, `hard`, `required` and so on.
    pub aspect: &'static str,
    /// Before; absent when there was nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// After; absent when there is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}: {}", self.impact.word(), self.subject.word(), self.key, self.aspect)?;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, " from {old:?} to {new:?}"),
            (Some(old), None) => write!(f, " (was {old:?})"),
            (None, Some(new)) => write!(f, " ({new:?})"),
            (None, None) => Ok(()),
        }
    }
}

/// All changes, breaking ones first; within one impact in the order of the dictionary.
pub fn diff(old: &Dictionary, new: &Dictionary) -> Vec<Change> {
    let mut out = Changes { found: Vec::new() };
    let it = About { subject: Subject::Dictionary, key: new.name() };
    out.neutral(&it, "name", old.name(), new.name());
    out.neutral(&it, "version", old.version(), new.version());
    forms(old, new, &mut out);
    fields::fields(old, new, &mut out);
    lists::lists(old, new, &mut out);
    lists::units(old, new, &mut out);
    rules(old, new, &mut out);
    out.found.sort_by_key(|change| change.impact);
    out.found
}

/// The changes as lines of text, with a count of each impact at the end.
pub fn text(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let _ = writeln!(out, "{change}");
    }
    let count = |impact| changes.iter().filter(|change| change.impact == impact).count();
    let _ = writeln!(
        out,
        "{} breaking, {} additive, {} neutral",
        count(Impact::Breaking),
        count(Impact::Additive),
        count(Impact::Neutral)
    );
    out
}

/// The changes as a JSON array.
pub fn json(changes: &[Change]) -> serde_json::Value {
    serde_json::to_value(changes).unwrap_or_default()
}

/// What a change is about.
#[derive(Clone, Copy)]
struct About<'k> {
    subject: Subject,
    key: &'k str,
}

/// Collects changes.
struct Changes {
    found: Vec<Change>,
}

impl Changes {
    fn note(
        &mut self,
        it: &About<'_>,
        impact: Impact,
        aspect: &'static str,
        old: Option<String>,
        new: Option<String>,
    ) {
        let key = it.key.to_owned();
        self.found.push(Change { impact, subject: it.subject, key, aspect, old, new });
    }

    fn neutral(&mut self, it: &About<'_>, aspect: &'static str, old: &str, new: &str) {
        self.changed(it, Impact::Neutral, aspect, old, new);
    }

    /// A text that changed.
    fn changed(
        &mut self,
        it: &About<'_>,
        impact: Impact,
        aspect: &'static str,
        old: &str,
        new: &str,
    ) {
        if old != new {
            let side = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            self.note(it, impact, aspect, side(old), side(new));
        }
    }

    /// Something that may be absent; `impacts` are those of added, removed and changed.
    fn optional(
        &mut self,
        it: &About<'_>,
        impacts: [Impact; 3],
        aspect: &'static str,
        old: Option<&str>,
        new: Option<&str>,
    ) {
        let [added, removed, changed] = impacts;
        let impact = match (old, new) {
            (None, Some(_)) => added,
            (Some(_), None) => removed,
            _ => changed,
        };
        self.changed(it, impact, aspect, old.unwrap_or_default(), new.unwrap_or_default());
    }

    /// A number of which more, or less, is allowed.
    fn limit<T: Ord + ToString>(
        &mut self,
        it: &About<'_>,
        aspect: &'static str,
        old: &T,
        new: &T,
        more_is_wider: bool,
    ) {
        let wider = if more_is_wider { new > old } else { new < old };
        let impact = if wider { Impact::Additive } else { Impact::Breaking };
        self.changed(it, impact, aspect, &old.to_string(), &new.to_string());
    }
}

fn forms(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    for form in old.forms() {
        let it = About { subject: Subject::Form, key: &form.key };
        let Some(now) = new.form_named(&form.key) else {
            out.note(&it, Impact::Breaking, "removed", Some(form.label.clone()), None);
            continue;
        };
        out.changed(&it, Impact::Breaking, "scope", scope(form.scope), scope(now.scope));
        if form.addendum != now.addendum {
            let impact = if now.addendum { Impact::Additive } else { Impact::Breaking };
            let word = |addendum: bool| Some(addendum.to_string());
            out.note(&it, impact, "addendum", word(form.addendum), word(now.addendum));
        }
        fields::ages(&it, form.ages, now.ages, out);
        out.neutral(&it, "label", &form.label, &now.label);
        out.neutral(&it, "help", &form.help, &now.help);
    }
    for form in new.forms().iter().filter(|form| old.form_named(&form.key).is_none()) {
        let it = About { subject: Subject::Form, key: &form.key };
        out.note(&it, Impact::Additive, "added", None, Some(form.label.clone()));
    }
}

fn rules(old: &Dictionary, new: &Dictionary, out: &mut Changes) {
    let find = |dictionary: &'_ Dictionary, code: &str| {
        dictionary.rules().iter().position(|rule| rule.code == code)
    };
    for rule in old.rules() {
        let it = About { subject: Subject::Rule, key: &rule.code };
        match find(new, &rule.code).and_then(|place| new.rules().get(place)) {
            Some(now) => changed_rule(&it, rule, now, out),
            None => out.note(&it, Impact::Additive, "removed", Some(rule.message.clone()), None),
        }
    }
    for rule in new.rules().iter().filter(|rule| find(old, &rule.code).is_none()) {
        let it = About { subject: Subject::Rule, key: &rule.code };
        out.note(&it, weight(rule), "added", None, Some(rule.message.clone()));
    }
}

/// A hard rule refuses what was taken before; a soft one asks.
fn weight(rule: &Rule) -> Impact {
    if rule.severity == Severity::Hard { Impact::Breaking } else { Impact::Neutral }
}

fn changed_rule(it: &About<'_>, old: &Rule, new: &Rule, out: &mut Changes) {
    let word = |rule: &Rule| if rule.severity == Severity::Hard { "hard" } else { "soft" };
    let harder = if new.severity == Severity::Hard { Impact::Breaking } else { Impact::Additive };
    out.changed(it, harder, "severity", word(old), word(new));
    let stage = |rule: &Rule| if rule.stage == Stage::Always { "always" } else { "submission" };
    let earlier = if new.stage == Stage::Always { weight(new) } else { Impact::Additive };
    out.changed(it, earlier, "stage", stage(old), stage(new));
    out.changed(it, weight(new), "raise", old.raise.text(), new.raise.text());
    let asks = |rule: &Rule| if rule.query { "yes" } else { "no" };
    out.neutral(it, "query", asks(old), asks(new));
    out.neutral(it, "message", &old.message, &new.message);
    out.neutral(it, "fix", &old.fix, &new.fix);
    let portal = |rule: &Rule| rule.portal.clone().unwrap_or_default();
    out.neutral(it, "portal", &portal(old), &portal(new));
    out.neutral(it, "source", &old.source, &new.source);
    out.neutral(it, "basis", basis(old.basis), basis(new.basis));
}
