//! Queries: raised, answered, closed, asked again.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::Action;
use registry::{DataQuery, NewQuery, QueryMove};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Asked, Fault, Sent, Wrong, asked};
use uuid::Uuid;

use super::sent::{Asker, answered, nothing, said};
use crate::run::{kind_of, own};

/// Queries of a page.
const PAGE: usize = 100;
/// The states that can be asked for.
pub(super) const STATES: [&str; 5] = ["pending", "open", "answered", "closed", "all"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QueriesAsked {
    state: Option<String>,
    after: Option<Uuid>,
}

pub(super) async fn list(
    asker: Asker,
    Path(number): Path<String>,
    query: Asked<QueriesAsked>,
) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::ReadRecords)?;
        let wanted = asked(query)?;
        let state = wanted.state.as_deref().unwrap_or("pending");
        if !STATES.contains(&state) {
            return Err(Fault::request(
                "state",
                format!("one of {} is expected", STATES.join(", ")),
            ));
        }
        let most = u32::try_from(PAGE + 1).unwrap_or(u32::MAX);
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let found = registry.queries(actor, center.id, state, wanted.after, most);
        let mut found = found.map_err(|error| asker.told(error))?;
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let next = found
            .last()
            .filter(|_| more)
            .map(|last| format!("/api/v1/desk/{number}/queries?state={state}&after={}", last.id));
        let queries: Vec<Value> = found.iter().map(query_value).collect();
        Ok(said(StatusCode::OK, &json!({ "queries": queries, "next": next })))
    })
    .await
}

fn query_value(query: &DataQuery) -> Value {
    json!({
        "query": query.id, "run": query.run, "patient_unique_id": query.unique_id,
        "run_no": query.run_no, "form": query.form, "field": query.field, "code": query.code,
        "state": query.state, "steps": query.steps,
        "raised_at": query.raised_at.to_string(), "changed_at": query.changed_at.to_string(),
    })
}

pub(super) async fn one(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::ReadRecords)?;
        let id: Uuid = id.parse().map_err(|_| nothing())?;
        let found = asker.desk.registry.query(&asker.visitor.actor, center.id, id);
        let (query, steps) = found.map_err(|error| asker.told(error))?;
        let steps = steps.iter().map(|step| {
            json!({
                "step": step.step, "at": step.at.to_string(), "actor": base::shown_name(&step.actor),
                "action": step.action, "words": step.words,
            })
        });
        let steps: Vec<Value> = steps.collect();
        Ok(said(StatusCode::OK, &json!({ "query": query_value(&query), "steps": steps })))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raised {
    form: String,
    #[serde(default)]
    field: String,
    words: String,
}

pub(super) async fn raise(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::RaiseQueries)?;
        let sent: Raised = sent.read()?;
        let registry = &asker.desk.registry;
        let wrong = || {
            let detail = "there is no such form of this run".to_owned();
            Fault::values(vec![Wrong { at: "/form".to_owned(), detail }])
        };
        let form = registry.dictionary().form_named(&sent.form).ok_or_else(wrong)?;
        let kind = kind_of(form.scope).ok_or_else(wrong)?;
        let owner = record.owner(kind).ok_or_else(wrong)?;
        let new = NewQuery {
            run: own(&record)?.id,
            record: (kind, owner),
            form: &sent.form,
            field: sent.field.trim(),
            code: None,
            words: &sent.words,
        };
        let raised = registry.raise_query(&asker.visitor.actor, record.center.id, &new);
        let id = raised.map_err(|error| asker.told(error))?;
        Ok(said(StatusCode::CREATED, &json!({ "id": id })))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    words: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionalWords {
    #[serde(default)]
    words: String,
}

pub(super) async fn answer(
    asker: Asker,
    Path(place): Path<(String, String)>,
    sent: Sent,
) -> Response {
    let words = |sent: Sent| sent.read::<Words>().map(|sent| sent.words);
    moved(asker, place, (QueryMove::Answer, Action::AnswerQueries), sent, words).await
}

pub(super) async fn close(
    asker: Asker,
    Path(place): Path<(String, String)>,
    sent: Sent,
) -> Response {
    let words = |sent: Sent| sent.read::<OptionalWords>().map(|sent| sent.words);
    moved(asker, place, (QueryMove::Close, Action::RaiseQueries), sent, words).await
}

pub(super) async fn reopen(
    asker: Asker,
    Path(place): Path<(String, String)>,
    sent: Sent,
) -> Response {
    let words = |sent: Sent| sent.read::<Words>().map(|sent| sent.words);
    moved(asker, place, (QueryMove::Reopen, Action::RaiseQueries), sent, words).await
}

async fn moved(
    asker: Asker,
    (number, id): (String, String),
    (step, action): (QueryMove, Action),
    sent: Sent,
    words: impl FnOnce(Sent) -> Result<String, Fault> + Send + 'static,
) -> Response {
    answered(move || {
        let center = asker.center(&number, action)?;
        let id: Uuid = id.parse().map_err(|_| nothing())?;
        let words = words(sent)?;
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let done = registry.move_query(actor, center.id, id, (step, &words));
        done.map_err(|error| asker.told(error))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
