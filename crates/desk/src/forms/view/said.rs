//! Findings at their fields: what refuses, what is still needed, what somebody has to confirm.

use std::collections::HashMap;

use askama::Template;
use base::shown_name;
use dictionary::{Dictionary, FieldId, Finding, Form, Place, Report, Severity, Stage};
use registry::{Confirmed, confirmation};

use crate::forms::sheet::Posted;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Cannot be right.
    Refused,
    /// Unusual: somebody has to say that it is right.
    Ask,
    /// Missing or wrong for a complete record only.
    Needed,
    /// Unusual, and somebody has said that it is right.
    Confirmed,
}

impl Weight {
    /// The word in classes and data attributes.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Ask => "ask",
            Self::Needed => "needed",
            Self::Confirmed => "confirmed",
        }
    }
}

/// One finding, ready to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) weight: Weight,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) fix: String,
    /// Where, as `Place::path` writes it.
    pub(crate) path: String,
    /// Nothing but that an answer is missing: the field itself shows that.
    pub(crate) bare: bool,
    /// The reason that is being typed.
    reason: String,
    ticked: bool,
    by: String,
    why: String,
}

#[derive(Template)]
#[template(path = "forms/said.html")]
struct SaidParts<'a> {
    said: &'a [Said],
    editable: bool,
}

/// The markup of the findings at one field; empty for none that need words.
pub(crate) fn markup(said: &[Said], editable: bool) -> Result<String, askama::Error> {
    if said.iter().all(|said| said.bare) {
        return Ok(String::new());
    }
    SaidParts { said, editable }.render()
}

/// The findings of one form, by place.
pub(crate) struct SaidAt {
    by_place: HashMap<Place, Vec<Said>>,
}

impl SaidAt {
    /// The findings of a form; `record` owns it, `posted` is what is being typed.
    pub(crate) fn new(
        dictionary: &Dictionary,
        form: &Form,
        report: &Report,
        confirmed: &[Confirmed],
        (record, posted): (base::RecordId, Option<&Posted<'_>>),
    ) -> Self {
        let mut by_place: HashMap<Place, Vec<Said>> = HashMap::new();
        for finding in &report.findings {
            if dictionary.field(finding.place.field).form != form.id {
                continue;
            }
            let said = said(dictionary, finding, confirmed, record, posted);
            by_place.entry(finding.place.clone()).or_default().push(said);
        }
        for list in by_place.values_mut() {
            list.sort_by_key(|said| said.weight);
        }
        Self { by_place }
    }

    /// What is said of a field of a row; nothing for a row that is not stored.
    pub(crate) fn at(&self, field: FieldId, rows: Option<&[u16]>) -> &[Said] {
        let Some(rows) = rows else { return &[] };
        let place = Place { field, rows: rows.iter().copied().collect() };
        self.by_place.get(&place).map_or(&[], Vec::as_slice)
    }
}

fn said(
    dictionary: &Dictionary,
    finding: &Finding,
    confirmed: &[Confirmed],
    record: base::RecordId,
    posted: Option<&Posted<'_>>,
) -> Said {
    let code = finding.code(dictionary).to_owned();
    let message = finding.message(dictionary);
    let path = finding.place.path(dictionary);
    let known = confirmation(confirmed, record, (&code, &path, &message));
    let weight = match (finding.severity, finding.stage) {
        (Severity::Hard, Stage::Always) => Weight::Refused,
        (Severity::Hard, Stage::Submission) => Weight::Needed,
        (Severity::Soft, _) if known.is_some() => Weight::Confirmed,
        (Severity::Soft, _) => Weight::Ask,
    };
    let typed =
        |what: &str| posted.and_then(|posted| posted.first(&format!("{what}:{code}:{path}")));
    let bare = matches!(finding.what, dictionary::What::Generic(dictionary::Generic::Required));
    Said {
        weight,
        reason: typed("reason").unwrap_or_default().to_owned(),
        ticked: typed("right").is_some(),
        by: known.map_or(String::new(), |known| shown_name(&known.by).to_owned()),
        why: known.and_then(|known| known.reason.clone()).unwrap_or_default(),
        fix: finding.fix(dictionary).to_owned(),
        message,
        code,
        path,
        bare,
    }
}

/// The heaviest of some findings.
pub(crate) fn heaviest(said: &[Said]) -> Option<Weight> {
    said.iter().map(|said| said.weight).min()
}
