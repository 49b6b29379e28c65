//! Queries: the list of a center, one query with its steps, raising one.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/queries?state=…` | those of all centers, for the steward |
//! | `GET /desk/{center}/queries?state=…` | the list |
//! | `GET`, `POST /desk/{center}/queries/{id}` | one query; the steward closes it or asks again |
//! | `POST /desk/{center}/queries/{id}/answer` | the center answers |
//! | `POST /desk/{center}/runs/{run}/query` | the steward asks |

mod everywhere;

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, Instant, permit};
use dictionary::Dictionary;
use registry::{DataQuery, NewQuery, QueryMove, QueryStep, RecordKind};
use serde::Deserialize;
use site::{Access, Problem, Routes, SignedIn, Visitor};
use uuid::Uuid;

use crate::answer::{self, Head};
use crate::run::Ask;
use crate::{Desk, forms, run};

/// Queries of a page.
const SHOWN: u32 = 50;

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let read = Access::May(Action::ReadRecords);
    Routes::new()
        .get("/desk/queries", Access::May(Action::RaiseQueries), everywhere::list)
        .get("/desk/{center}/queries", read, list)
        .get("/desk/{center}/queries/{id}", read, one)
        .post("/desk/{center}/queries/{id}/answer", Access::May(Action::AnswerQueries), reply)
        .post("/desk/{center}/queries/{id}", Access::May(Action::RaiseQueries), step)
        .post("/desk/{center}/runs/{run}/query", Access::May(Action::RaiseQueries), raise)
}

/// What a query is about.
pub(crate) fn about(dictionary: &Dictionary, query: &DataQuery) -> String {
    let form = dictionary.form_named(&query.form).map_or(query.form.as_str(), |form| &form.label);
    let key = query.field.rsplit('.').next().unwrap_or_default();
    match dictionary.field_named(key) {
        Some(field) => format!("{form}: {}", field.label),
        None => form.to_owned(),
    }
}

/// The state in words.
pub(crate) fn state_word(state: &str) -> &str {
    match state {
        "open" => "waits for the center",
        "answered" => "waits for the registry",
        other => other,
    }
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

struct Line {
    href: String,
    run: String,
    key: String,
    run_no: i64,
    about: String,
    state: String,
    waits: bool,
    raised: String,
    age: String,
    /// The rule that asks; nothing when a person does.
    rule: Option<String>,
}

struct StateLink {
    href: String,
    label: &'static str,
    here: bool,
}

#[derive(Template)]
#[template(path = "queries/list.html")]
struct ListPage {
    head: Head,
    states: Vec<StateLink>,
    lines: Vec<Line>,
    next: Option<String>,
    /// Whether the visitor asks all centers.
    everywhere: bool,
}

/// The states of the list.
const STATES: [(&str, &str); 5] = [
    ("pending", "Not closed"),
    ("open", "Waiting for the center"),
    ("answered", "Waiting for the registry"),
    ("closed", "Closed"),
    ("all", "All"),
];

async fn list(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let work = move || {
        let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
        let center = answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let known = STATES.iter().find(|(state, _)| *state == asked.state);
        let state = known.map_or("pending", |(state, _)| state);
        let after: Option<Uuid> = asked.after.parse().ok();
        let found = desk.registry.queries(&visitor.actor, center.id, state, after, SHOWN + 1);
        let mut found = found.map_err(|error| answer::problem(error, &visitor))?;
        let more = found.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
        if more {
            found.pop();
        }
        let address = format!("/desk/{number}/queries");
        let next = found.last().filter(|_| more);
        let next = next.map(|last| format!("{address}?state={state}&after={}", last.id));
        let now = desk.clock.now();
        let dictionary = desk.registry.dictionary();
        let lines = found.iter().map(|query| line(dictionary, &number, query, now)).collect();
        let states = STATES.iter().map(|(word, label)| StateLink {
            href: format!("{address}?state={word}"),
            label,
            here: *word == state,
        });
        let head = Head::new(&center, &visitor, "/queries");
        let everywhere = visitor.actor.reach(Action::RaiseQueries).everything;
        let page = ListPage { head, states: states.collect(), lines, next, everywhere };
        answer::page(&desk, &visitor, "Queries", &page)
    };
    answer::blocking(work).await
}

fn line(dictionary: &Dictionary, number: &str, query: &DataQuery, now: Instant) -> Line {
    Line {
        href: format!("/desk/{number}/queries/{}", query.id),
        run: format!("/desk/{number}/runs/{}", query.run),
        key: query.unique_id.clone(),
        run_no: query.run_no,
        about: about(dictionary, query),
        state: state_word(&query.state).to_owned(),
        waits: query.state == "open",
        raised: answer::day(query.raised_at),
        age: answer::age(query.changed_at, now),
        rule: query.code.clone(),
    }
}

struct StepView {
    who: String,
    at: String,
    what: &'static str,
    words: String,
}

#[derive(Template)]
#[template(path = "queries/one.html")]
struct OnePage {
    head: Head,
    query: Line,
    field: Option<String>,
    steps: Vec<StepView>,
    may_answer: bool,
    may_close: bool,
    may_reopen: bool,
}

async fn one(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let id: Uuid = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
        let center = answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let found = desk.registry.query(&visitor.actor, center.id, id);
        let (query, steps) = found.map_err(|error| answer::problem(error, &visitor))?;
        let may = |action| permit(&visitor.actor, action, center.id).is_ok();
        let steward = may(Action::RaiseQueries);
        let page = OnePage {
            head: Head::new(&center, &visitor, "/queries"),
            field: field_href(&number, &query),
            may_answer: query.state == "open" && may(Action::AnswerQueries),
            may_close: query.state != "closed" && steward,
            may_reopen: query.state != "open" && steward,
            query: line(desk.registry.dictionary(), &number, &query, desk.clock.now()),
            steps: steps.into_iter().map(step_view).collect(),
        };
        answer::page(&desk, &visitor, "Query", &page)
    };
    answer::blocking(work).await
}

fn step_view(step: QueryStep) -> StepView {
    StepView {
        who: base::shown_name(&step.actor).to_owned(),
        at: answer::minute(step.at),
        what: match step.action.as_str() {
            "answer" => "answered",
            "close" => "closed",
            "reopen" => "asked again",
            _ => "asked",
        },
        words: step.words,
    }
}

/// The way to the field that is asked about.
fn field_href(number: &str, query: &DataQuery) -> Option<String> {
    let kind = RecordKind::from_word(&query.kind)?;
    let form = forms::address(number, kind, query.record, &query.form);
    if query.field.is_empty() {
        return Some(form);
    }
    // rows count from 1 in a path and from 0 in a fragment
    let parts = query.field.split('.').map(|part| match part.split_once('[') {
        Some((group, row)) => {
            let row: usize = row.trim_end_matches(']').parse().unwrap_or(1);
            format!("{group}.{}", row.saturating_sub(1))
        }
        None => part.to_owned(),
    });
    Some(format!("{form}#f-{}", parts.collect::<Vec<_>>().join(".")))
}

#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    step: String,
    #[serde(default)]
    words: String,
}

type SaidForm = Result<Form<Said>, FormRejection>;

async fn reply(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(place): Path<(String, String)>,
    said: SaidForm,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &place.0, Action::AnswerQueries)?;
        let Form(said) = said.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        moved(&desk, &visitor, &place, (QueryMove::Answer, &said.words))
    };
    answer::blocking(work).await
}

async fn step(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(place): Path<(String, String)>,
    said: SaidForm,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &place.0, Action::RaiseQueries)?;
        let Form(said) = said.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let step = match said.step.as_str() {
            "close" => QueryMove::Close,
            "reopen" => QueryMove::Reopen,
            _ => return Err(Problem::of(StatusCode::BAD_REQUEST)),
        };
        moved(&desk, &visitor, &place, (step, &said.words))
    };
    answer::blocking(work).await
}

/// Takes a step, and leads back to the query.
fn moved(
    desk: &Desk,
    visitor: &Visitor,
    (number, id): &(String, String),
    step: (QueryMove, &str),
) -> Result<Response, Problem> {
    let center = answer::center(desk, visitor, number, Action::ReadRecords)?;
    let id: Uuid = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
    let done = desk.registry.move_query(&visitor.actor, center.id, id, step);
    done.map_err(|error| answer::problem(error, visitor))?;
    Ok(answer::led_to(&format!("/desk/{number}/queries/{id}")))
}

#[derive(Debug, Deserialize)]
struct Raised {
    form: String,
    #[serde(default)]
    field: String,
    #[serde(default)]
    words: String,
}

async fn raise(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, run)): Path<(String, String)>,
    raised: Result<Form<Raised>, FormRejection>,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &number, Action::RaiseQueries)?;
        let Form(raised) = raised.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        match subject(desk.registry.dictionary(), &raised) {
            Ok((form, field)) => {
                let words = raised.words.as_str();
                let query = asked(&desk, &visitor, (&number, &run), (&form, &field, words))?;
                Ok(answer::led_to(&format!("/desk/{number}/queries/{query}")))
            }
            Err(wrong) => {
                let Raised { form, field, words } = raised;
                let ask = Ask { form, field, words, wrong: Some(wrong) };
                run::shown(&desk, &visitor, (&number, &run), ask)
            }
        }
    };
    answer::blocking(work).await
}

/// The form and field that a question is about: the field by its key, or by its label within the form; a key of
/// another form takes that form. The error says what to do.
fn subject(dictionary: &Dictionary, raised: &Raised) -> Result<(String, String), String> {
    let typed = raised.field.trim();
    if typed.is_empty() {
        return Ok((raised.form.clone(), String::new()));
    }
    // the place of a row, as in `modes[2].mode`
    let key = typed.rsplit('.').next().unwrap_or_default();
    let key = key.split('[').next().unwrap_or_default();
    let chosen = dictionary.form_named(&raised.form);
    let others = dictionary.forms().iter().filter(|form| form.key != raised.form);
    for form in chosen.into_iter().chain(others) {
        let of_form = form.fields.iter().map(|field| dictionary.field(*field));
        let of_form: Vec<_> = of_form.collect();
        if of_form.iter().any(|field| field.key == key) {
            return Ok((form.key.clone(), typed.to_owned()));
        }
        let named = of_form.iter().find(|field| field.label.eq_ignore_ascii_case(typed));
        if let Some(field) = named.filter(|_| form.key == raised.form) {
            return Ok((form.key.clone(), field.key.clone()));
        }
    }
    Err(format!(
        "No field is named `{typed}`. Choose one from the list, or leave it empty to ask about the whole form."
    ))
}

fn asked(
    desk: &Desk,
    visitor: &Visitor,
    (number, run): (&str, &str),
    (form_key, field, words): (&str, &str, &str),
) -> Result<Uuid, Problem> {
    let record = run::in_sight(desk, visitor, number, run)?;
    let nothing = || Problem::of(StatusCode::NOT_FOUND);
    let dictionary = desk.registry.dictionary();
    let form = dictionary.form_named(form_key).ok_or_else(nothing)?;
    let kind = run::kind_of(form.scope).ok_or_else(nothing)?;
    let owner = record.owner(kind).ok_or_else(nothing)?;
    let new = NewQuery {
        run: run::own(&record)?.id,
        record: (kind, owner),
        form: form_key,
        field,
        code: None,
        words,
    };
    desk.registry
        .raise_query(&visitor.actor, record.center.id, &new)
        .map_err(|error| answer::problem(error, visitor))
}
