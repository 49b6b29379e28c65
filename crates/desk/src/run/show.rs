//! The page of a run.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, permit};
use dictionary::{Dictionary, Report};
use registry::worklist::{FormState, FormStates};
use registry::{DataQuery, QueryStep, RecordInSight, RunRequest, RunState};
use site::{Problem, SignedIn, Visitor};

use super::{FoundForm, findings, form_href, in_sight};
use crate::answer::{self, Head};
use crate::worklist::state_words;
use crate::{Desk, timeline};

/// Values that tell a run apart, in the order in which they are shown.
const SUMMARY: [&str; 8] = [
    "dv_age_group",
    "sex",
    "support_type",
    "ecls_start_datetime",
    "ecls_stop_datetime",
    "dv_hours_ecls",
    "diagnosis_group",
    "dv_stay_state",
];

/// A form with how far it is.
struct FormLink {
    href: String,
    label: String,
    shape: &'static str,
    words: String,
}

pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
}

/// A query on the page of its run.
struct QueryView {
    href: String,
    about: String,
    state: String,
    words: String,
    age: String,
}

struct RequestView {
    kind: &'static str,
    state: String,
    reason: String,
    by: String,
    at: String,
    answer: Option<String>,
    decide: Option<String>,
}

struct OtherRun {
    href: String,
    run_no: i64,
    state: &'static str,
}

/// What the visitor may do here.
#[expect(clippy::struct_excessive_bools, reason = "each is a button of its own")]
struct May {
    sign: bool,
    unlock: bool,
    withdraw: bool,
    query: bool,
    transfer: bool,
}

#[derive(Template)]
#[template(path = "run/page.html")]
struct Page {
    head: Head,
    address: String,
    key: String,
    run_no: i64,
    others: Vec<OtherRun>,
    state: &'static str,
    shape: &'static str,
    dates: String,
    facts: Vec<Fact>,
    forms: Vec<FormLink>,
    addenda: Vec<FormLink>,
    timeline: Option<String>,
    found: Vec<FoundForm>,
    hard: usize,
    soft: usize,
    confirmed: usize,
    open_findings: bool,
    queries: Vec<QueryView>,
    requests: Vec<RequestView>,
    /// Forms, and their fields, that a question can be about.
    forms_to_ask: Vec<(String, String)>,
    fields_to_ask: Vec<(String, String)>,
    ask: Ask,
    may: May,
    signed: bool,
}

/// A question to the center that could not be taken, as it was typed.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) form: String,
    pub(crate) field: String,
    pub(crate) words: String,
    /// What is wrong with the field.
    pub(crate) wrong: Option<String>,
}

/// Shows a run.
pub(super) async fn show(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((center, run)): Path<(String, String)>,
) -> Response {
    let work = move || shown(&desk, &visitor, (&center, &run), Ask::default());
    answer::blocking(work).await
}

/// The page of a run, with a question that could not be taken.
pub(crate) fn shown(
    desk: &Desk,
    visitor: &Visitor,
    (center, run): (&str, &str),
    ask: Ask,
) -> Result<Response, Problem> {
    let record = in_sight(desk, visitor, center, run)?;
    let (id, run) = (record.center.id, answer::run_id(run)?);
    let told = |error| answer::problem(error, visitor);
    let queries = desk.registry.queries_of(&visitor.actor, id, run).map_err(told)?;
    let requests = desk.registry.requests_of(&visitor.actor, id, run).map_err(told)?;
    let status =
        if ask.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { ask, ..page(desk, visitor, &record, &queries, &requests)? };
    let title = format!("Run {} of {}", page.run_no, page.key);
    answer::page_with(desk, visitor, status, &title, &page)
}

fn page(
    desk: &Desk,
    visitor: &Visitor,
    record: &RecordInSight,
    queries: &[(DataQuery, Vec<QueryStep>)],
    requests: &[RunRequest],
) -> Result<Page, Problem> {
    let dictionary = desk.registry.dictionary();
    let now = desk.clock.now();
    let run = super::own(record)?;
    let address = format!("/desk/{}/runs/{}", record.center.number, run.id);
    let rows = record.rows(dictionary, None);
    let report = desk.registry.judge_forms(&rows);
    let states = FormStates::of(dictionary, &rows, &report);
    let found = findings(&desk.registry, record, &report);
    let all = || found.iter().flat_map(|form| &form.findings);
    let (shape_word, shape) = state_words(run.state);
    let (forms, addenda) = form_links(dictionary, record, &states, run.state);
    let (hard, soft) = (all().filter(|f| f.hard).count(), all().filter(|f| !f.hard).count());
    let open = record.closed.is_none();
    let may = may(visitor, record, run.state, requests, left_on_ecls(dictionary, &report));
    Ok(Page {
        head: Head::new(&record.center, visitor, "-"),
        key: record.unique_id.clone(),
        run_no: run.run_no,
        others: others(record),
        state: shape_word,
        shape,
        dates: dates(run),
        facts: facts(dictionary, record, &report),
        forms,
        addenda,
        timeline: timeline::picture(dictionary, &rows),
        hard,
        soft,
        confirmed: all().filter(|finding| finding.confirmed.is_some()).count(),
        open_findings: hard + soft <= 12,
        found: if open { found } else { Vec::new() },
        queries: queries
            .iter()
            .map(|(query, steps)| query_view(dictionary, record, query, steps, now))
            .collect(),
        requests: requests.iter().map(|request| request_view(visitor, request)).collect(),
        forms_to_ask: stored_forms(dictionary)
            .map(|form| (form.key.clone(), form.label.clone()))
            .collect(),
        fields_to_ask: if may.query { fields_to_ask(dictionary) } else { Vec::new() },
        ask: Ask::default(),
        may,
        signed: matches!(run.state, RunState::Submitted | RunState::Locked | RunState::Unlocked),
        address,
    })
}

/// The forms whose answers are kept.
fn stored_forms(dictionary: &Dictionary) -> impl Iterator<Item = &dictionary::Form> {
    dictionary.forms().iter().filter(|form| super::kind_of(form.scope).is_some())
}

/// Every field with the words that name it.
fn fields_to_ask(dictionary: &Dictionary) -> Vec<(String, String)> {
    let named = |form: &dictionary::Form| {
        let fields = form.fields.iter().map(|field| dictionary.field(*field));
        let words =
            fields.map(|field| (field.key.clone(), format!("{}: {}", form.label, field.label)));
        words.collect::<Vec<_>>()
    };
    stored_forms(dictionary).flat_map(named).collect()
}

fn may(
    visitor: &Visitor,
    record: &RecordInSight,
    state: RunState,
    requests: &[RunRequest],
    left_on_ecls: bool,
) -> May {
    let may = |action| permit(&visitor.actor, action, record.center.id).is_ok();
    let waits = requests.iter().any(|request| request.state == "open");
    let ask = may(Action::RequestUnlock) && !waits;
    May {
        sign: may(Action::SubmitRuns)
            && matches!(state, RunState::Draft | RunState::Unlocked | RunState::Submitted),
        unlock: ask && state == RunState::Locked,
        withdraw: ask && state != RunState::Withdrawn,
        query: may(Action::RaiseQueries),
        transfer: left_on_ecls && may(Action::LinkTransfers),
    }
}

/// Whether the patient went to another hospital on ECLS, where a run continues this one.
fn left_on_ecls(dictionary: &Dictionary, report: &Report) -> bool {
    dictionary
        .field_named("dv_stay_state")
        .is_some_and(|field| dictionary.text(field, report.value(field)) == "transferred_ecls")
}

fn dates(run: &registry::RunSummary) -> String {
    let by = run.submitted_by.as_deref().unwrap_or_default();
    match (run.submitted_at, run.locks_at) {
        (Some(at), Some(locks)) if run.state == RunState::Submitted => {
            format!("Signed by {by} on {}; read-only from {}.", answer::day(at), answer::day(locks))
        }
        (Some(at), _) => format!("Signed by {by} on {}.", answer::day(at)),
        _ => "Not signed yet; not counted.".to_owned(),
    }
}

fn others(record: &RecordInSight) -> Vec<OtherRun> {
    let other = |run: &registry::RunSummary| OtherRun {
        href: format!("/desk/{}/runs/{}", record.center.number, run.id),
        run_no: run.run_no,
        state: state_words(run.state).0,
    };
    let others = record.runs.iter().filter(|(run, _)| Some(run.id) != record.run);
    others.map(|(run, _)| other(run)).collect()
}

fn facts(dictionary: &Dictionary, record: &RecordInSight, report: &Report) -> Vec<Fact> {
    let value = |key: &&str| {
        let field = dictionary.field_named(key)?;
        let value = match field.column {
            Some(column) => record.form(field.form)?.row.value(column),
            None => report.value(field),
        };
        let words = match field.kind {
            dictionary::Kind::DateTime => answer::local(&dictionary.text(field, value)),
            _ => dictionary.words(field, value),
        };
        let words = words.split(':').next().filter(|_| field.list.is_some()).unwrap_or(&words);
        let unit = field.unit.and_then(|unit| dictionary.units().unit(unit));
        let unit = unit.map_or(String::new(), |unit| format!(" {}", unit.key));
        let fact = Fact { label: field.label.clone(), value: format!("{words}{unit}") };
        value.is_present().then_some(fact)
    };
    SUMMARY.iter().filter_map(value).collect()
}

fn form_links(
    dictionary: &Dictionary,
    record: &RecordInSight,
    states: &FormStates,
    run: RunState,
) -> (Vec<FormLink>, Vec<FormLink>) {
    let (closed_word, closed) = state_words(run);
    let signed = matches!(run, RunState::Submitted | RunState::Locked);
    let link = |(form, state, hard, soft): &(dictionary::FormId, FormState, u32, u32)| {
        let href = form_href(dictionary, record, *form)?;
        let form = dictionary.form(*form);
        let (shape, word) = match state {
            FormState::NotAsked => ("none", "not asked".to_owned()),
            FormState::Empty => ("empty", "empty".to_owned()),
            FormState::Incomplete => ("incomplete", "incomplete".to_owned()),
            FormState::Complete if signed => (closed, closed_word.to_lowercase()),
            FormState::Complete => ("complete", "complete".to_owned()),
        };
        let words = match (hard, soft) {
            (0, 0) => word,
            _ if signed => word,
            (0, soft) => format!("{word}, {soft} to confirm"),
            (hard, 0) => format!("{word}, {hard} to do"),
            (hard, soft) => format!("{word}, {hard} to do, {soft} to confirm"),
        };
        let asked = *state != FormState::NotAsked;
        Some((asked, FormLink { href, label: form.label.clone(), shape, words }))
    };
    let (asked, not): (Vec<_>, Vec<_>) =
        states.0.iter().filter_map(link).partition(|(asked, _)| *asked);
    let plain = |links: Vec<(bool, FormLink)>| links.into_iter().map(|(_, link)| link).collect();
    (plain(asked), plain(not))
}

fn query_view(
    dictionary: &Dictionary,
    record: &RecordInSight,
    query: &DataQuery,
    steps: &[QueryStep],
    now: base::Instant,
) -> QueryView {
    QueryView {
        href: format!("/desk/{}/queries/{}", record.center.number, query.id),
        about: crate::queries::about(dictionary, query),
        state: crate::queries::state_word(&query.state).to_owned(),
        words: steps.last().map_or(String::new(), |step| step.words.clone()),
        age: answer::age(query.changed_at, now),
    }
}

fn request_view(visitor: &Visitor, request: &RunRequest) -> RequestView {
    let steward = permit(&visitor.actor, Action::UnlockRuns, request.center).is_ok();
    let waits = request.state == "open";
    RequestView {
        kind: super::requests::kind_word(&request.kind),
        state: if waits { "waits for a decision".to_owned() } else { request.state.clone() },
        reason: request.reason.clone(),
        by: base::shown_name(&request.asked_by).to_owned(),
        at: answer::day(request.asked_at),
        answer: request.answer.clone(),
        decide: (steward && waits)
            .then(|| format!("/desk/{}/requests/{}", request.number, request.id)),
    }
}
