//! The pages of one run: what there is and what is missing, signing and its receipt, requests, history.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/runs/{run}` | the run with its forms, findings, queries and actions |
//! | `GET`, `POST …/submit` | what is missing; the signature |
//! | `GET …/receipt` | the receipt, to print |
//! | `GET …/history` | every change; `?form=…&a=1&b=2` compares two versions |
//! | `POST …/request` | asks for the run to be re-opened or withdrawn |
//! | `GET /desk/requests`, `POST /desk/{center}/requests/{id}` | the steward decides |

mod history;
mod requests;
mod show;
mod sign;

use std::sync::Arc;

pub(crate) use show::{Ask, shown};

use base::Action;
use dictionary::{Dictionary, Finding};
use registry::{RecordInSight, RecordKind, Registry, confirmation};
use site::{Access, Problem, Routes, Visitor};

use crate::{Desk, answer, forms};

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let read = Access::May(Action::ReadRecords);
    let submit = Access::May(Action::SubmitRuns);
    Routes::new()
        .get("/desk/{center}/runs/{run}", read, show::show)
        .get("/desk/{center}/runs/{run}/submit", submit, sign::show)
        .post("/desk/{center}/runs/{run}/submit", submit, sign::sign)
        .get("/desk/{center}/runs/{run}/receipt", read, sign::receipt)
        .get("/desk/{center}/runs/{run}/history", read, history::show)
        .post(
            "/desk/{center}/runs/{run}/request",
            Access::May(Action::RequestUnlock),
            requests::ask,
        )
        .get("/desk/requests", Access::May(Action::UnlockRuns), requests::list)
        .post("/desk/{center}/requests/{id}", Access::May(Action::UnlockRuns), requests::decide)
}

/// A run with everything it is judged with, if the visitor may read it.
pub(crate) fn in_sight(
    desk: &Desk,
    visitor: &Visitor,
    center: &str,
    run: &str,
) -> Result<RecordInSight, Problem> {
    let run = answer::run_id(run)?;
    let record = (RecordKind::Run, run.into());
    let found = desk.registry.read_record(&visitor.actor, center, record, None);
    found.map_err(|error| answer::problem(error, visitor))
}

/// A finding with the way to mend it.
pub(crate) struct FoundView {
    pub(crate) hard: bool,
    /// Code and place, as a signature keeps them.
    pub(crate) told: String,
    pub(crate) message: String,
    pub(crate) fix: String,
    pub(crate) href: String,
    /// Who confirmed it, and why.
    pub(crate) confirmed: Option<String>,
}

/// The findings of one form.
pub(crate) struct FoundForm {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) findings: Vec<FoundView>,
}

/// The findings of a run by form, in the order of entry.
pub(crate) fn findings(
    registry: &Registry,
    record: &RecordInSight,
    report: &dictionary::Report,
) -> Vec<FoundForm> {
    let dictionary = registry.dictionary();
    let mut out: Vec<(dictionary::FormId, FoundForm)> = Vec::new();
    for finding in &report.findings {
        let form = dictionary.form(dictionary.field(finding.place.field).form);
        let Some(href) = form_href(dictionary, record, form.id) else { continue };
        let found = found(dictionary, record, finding, &href);
        if let Some((_, known)) = out.iter_mut().find(|(id, _)| *id == form.id) {
            known.findings.push(found);
        } else {
            let label = form.label.clone();
            out.push((form.id, FoundForm { label, href, findings: vec![found] }));
        }
    }
    out.sort_by_key(|(form, _)| *form);
    out.into_iter().map(|(_, form)| form).collect()
}

fn found(
    dictionary: &Dictionary,
    record: &RecordInSight,
    finding: &Finding,
    href: &str,
) -> FoundView {
    let form = dictionary.form(dictionary.field(finding.place.field).form);
    let (code, place) = (finding.code(dictionary), finding.place.path(dictionary));
    let message = finding.message(dictionary);
    let owner = kind_of(form.scope).and_then(|kind| record.owner(kind));
    let known = owner.and_then(|owner| {
        confirmation(&record.confirmed, owner, (code, place.as_str(), message.as_str()))
    });
    let confirmed = known.map(|known| {
        let who = base::shown_name(&known.by);
        match &known.reason {
            Some(reason) => format!("{who}, {}: {reason}", answer::day(known.at)),
            None => format!("{who}, {}", answer::day(known.at)),
        }
    });
    FoundView {
        hard: finding.refuses_submission(),
        told: format!("{code} {place}"),
        message,
        fix: finding.fix(dictionary).to_owned(),
        href: format!("{href}#{}", forms::anchor(dictionary, &finding.place)),
        confirmed,
    }
}

/// The kind of record that owns the forms of a scope.
pub(crate) const fn kind_of(scope: dictionary::Scope) -> Option<RecordKind> {
    match scope {
        dictionary::Scope::Patient => Some(RecordKind::Patient),
        dictionary::Scope::Hospitalization => Some(RecordKind::Hospitalization),
        dictionary::Scope::Run => Some(RecordKind::Run),
        dictionary::Scope::System => None,
    }
}

/// The address of a form's page.
pub(crate) fn form_href(
    dictionary: &Dictionary,
    record: &RecordInSight,
    form: dictionary::FormId,
) -> Option<String> {
    let form = dictionary.form(form);
    let kind = kind_of(form.scope)?;
    let owner = record.owner(kind)?;
    let address = forms::address(&record.center.number, kind, owner, &form.key);
    Some(match record.run {
        // the form of a stay or a patient is shown in the light of this run
        Some(run) if kind != RecordKind::Run => format!("{address}?run={run}"),
        _ => address,
    })
}

/// The run that the record is.
pub(crate) fn own(record: &RecordInSight) -> Result<&registry::RunSummary, Problem> {
    let own = record.runs.iter().find(|(run, _)| Some(run.id) == record.run);
    own.map(|(run, _)| run).ok_or_else(|| Problem::of(axum::http::StatusCode::NOT_FOUND))
}
