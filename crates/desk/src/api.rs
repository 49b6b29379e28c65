//! The desk for programs: the same services as the pages, as JSON.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /api/v1/desk/{center}/worklist?list=…&key=…&after=…` | a page of a worklist with the numbers of all lists |
//! | `GET /api/v1/desk/{center}/runs/{run}` | a run: forms with states, versions and values, findings |
//! | `GET /api/v1/desk/{center}/runs/{run}/history` | every change of run, stay and patient |
//! | `GET /api/v1/desk/{center}/queries?state=…&after=…` | queries |
//! | `POST /api/v1/desk/{center}/cases` | opens a case, whole or not at all |
//!
//! [`paths`] describes them for the OpenAPI document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use base::{Action, Channel};
use registry::worklist::{FormStates, WorkFilter, WorkList};
use registry::{CASE_FIELDS, HistoryStep, NewCase, Opened, RecordInSight, RecordKind};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Access, Problem, Routes, SignedIn, Visitor};
use uuid::Uuid;

use crate::run::{in_sight, own};
use crate::{Desk, answer};

/// Rows of a page unless the address asks for fewer or more, up to a hundred.
const ROWS: u32 = 25;

/// The addresses.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let read = Access::May(Action::ReadRecords);
    Routes::new()
        .get("/api/v1/desk/{center}/worklist", read, worklist)
        .get("/api/v1/desk/{center}/runs/{run}", read, run)
        .get("/api/v1/desk/{center}/runs/{run}/history", read, history)
        .get("/api/v1/desk/{center}/queries", read, queries)
        .post("/api/v1/desk/{center}/cases", Access::May(Action::WriteRecords), open)
}

fn said(status: StatusCode, value: &Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(value)).into_response()
}

/// The visitor, whose changes the audit shows as coming through the interface.
fn through(mut visitor: Visitor) -> Visitor {
    visitor.actor = visitor.actor.through(Channel::Api);
    visitor
}

fn unreadable(what: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "Request not understood", what)
}

#[derive(Debug, Default, Deserialize)]
struct ListAsked {
    list: Option<String>,
    #[serde(default)]
    support: String,
    #[serde(default)]
    age: String,
    #[serde(default)]
    key: String,
    after: Option<String>,
    most: Option<u32>,
}

async fn worklist(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    asked: Result<Query<ListAsked>, QueryRejection>,
) -> Response {
    let work = move || {
        answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let Query(asked) = asked.map_err(|_| unreadable("The query cannot be read."))?;
        let list = match asked.list.as_deref() {
            None => WorkList::Open,
            Some(word) => WorkList::from_word(word)
                .ok_or_else(|| unreadable("There is no worklist of this name."))?,
        };
        let after = asked.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|error| answer::problem(error, &visitor))?;
        let filter =
            WorkFilter { support_type: asked.support, age_group: asked.age, key: asked.key };
        let most = asked.most.unwrap_or(ROWS);
        let page =
            desk.registry.worklist(&visitor.actor, &number, (list, &filter), after.as_ref(), most);
        let page = page.map_err(|error| answer::problem(error, &visitor))?;
        let counts: BTreeMap<&str, Value> = page
            .counts
            .iter()
            .map(|(list, count)| (list.as_str(), json!({ "runs": count.runs, "more": count.more })))
            .collect();
        let runs = page.rows.iter().map(|row| {
            json!({
                "run": row.run, "patient": row.patient, "hospitalization": row.stay,
                "patient_unique_id": row.unique_id, "run_no": row.run_no, "state": row.state.as_str(),
                "support_type": row.support_type, "age_group": row.age_group,
                "ecls_start_datetime": row.started_at, "ecls_stop_datetime": row.stopped_at,
                "hard_findings": row.hard, "soft_findings": row.soft, "queries": row.queries,
                "locks_at": row.locks_at.map(|at| at.to_string()),
            })
        });
        let value = json!({
            "center": number, "as_of": page.as_of.to_string(), "list": list.as_str(),
            "counts": counts, "runs": runs.collect::<Vec<_>>(),
            "next": page.next.as_ref().map(ToString::to_string),
        });
        Ok(said(StatusCode::OK, &value))
    };
    answer::blocking(work).await
}

async fn run(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, run)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let record = in_sight(&desk, &visitor, &number, &run)?;
        Ok(said(StatusCode::OK, &run_value(&desk, &record)?))
    };
    answer::blocking(work).await
}

fn run_value(desk: &Desk, record: &RecordInSight) -> Result<Value, Problem> {
    let dictionary = desk.registry.dictionary();
    let rows = record.rows(dictionary, None);
    let report = desk.registry.judge_forms(&rows);
    let states = FormStates::of(dictionary, &rows, &report);
    let summary = own(record)?;
    let forms = states.0.iter().map(|(form, state, hard, soft)| {
        let stored = record.form(*form);
        let form = dictionary.form(*form);
        let values = stored.map(|stored| dictionary.body(form.table, &stored.row));
        let values: Option<Value> = values.and_then(|body| serde_json::from_str(&body).ok());
        json!({
            "form": form.key, "label": form.label, "state": state.word(),
            "hard_findings": hard, "soft_findings": soft,
            "version": stored.map_or(0, |stored| stored.version), "values": values,
        })
    });
    let findings = report.findings.iter().map(|finding| {
        let form = dictionary.form(dictionary.field(finding.place.field).form);
        json!({
            "code": finding.code(dictionary), "form": form.key, "field": finding.place.path(dictionary),
            "severity": if finding.refuses_submission() { "hard" } else { "soft" },
            "message": finding.message(dictionary), "fix": finding.fix(dictionary),
        })
    });
    Ok(json!({
        "run": summary.id, "patient": record.patient, "hospitalization": record.stay,
        "patient_unique_id": record.unique_id, "run_no": summary.run_no,
        "state": summary.state.as_str(), "submitted_by": summary.submitted_by,
        "submitted_at": summary.submitted_at.map(|at| at.to_string()),
        "locks_at": summary.locks_at.map(|at| at.to_string()),
        "dictionary": dictionary.version(),
        "forms": forms.collect::<Vec<_>>(), "findings": findings.collect::<Vec<_>>(),
    }))
}

async fn history(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, run)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let record = in_sight(&desk, &visitor, &number, &run)?;
        let kinds = [RecordKind::Patient, RecordKind::Hospitalization, RecordKind::Run];
        let records: Vec<_> = kinds.into_iter().filter_map(|kind| record.owner(kind)).collect();
        let steps = desk.registry.history_of(&visitor.actor, record.center.id, &records);
        let steps = steps.map_err(|error| answer::problem(error, &visitor))?;
        let steps: Vec<Value> = steps.iter().map(step_value).collect();
        Ok(said(StatusCode::OK, &json!({ "steps": steps })))
    };
    answer::blocking(work).await
}

fn step_value(step: &HistoryStep) -> Value {
    json!({
        "seq": step.seq, "at": step.at.to_string(), "actor": base::shown_name(&step.actor),
        "channel": step.channel, "action": step.action, "record_kind": step.kind.as_str(),
        "record": step.record, "reason": step.reason, "changes": step.changes, "told": step.told,
    })
}

#[derive(Debug, Default, Deserialize)]
struct QueriesAsked {
    state: Option<String>,
    after: Option<Uuid>,
}

async fn queries(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    asked: Result<Query<QueriesAsked>, QueryRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let Query(asked) = asked.map_err(|_| unreadable("The query cannot be read."))?;
        let state = asked.state.as_deref().unwrap_or("pending");
        let found = desk.registry.queries(&visitor.actor, center.id, state, asked.after, 100);
        let found = found.map_err(|error| answer::problem(error, &visitor))?;
        let queries = found.iter().map(|query| {
            json!({
                "query": query.id, "run": query.run, "patient_unique_id": query.unique_id,
                "run_no": query.run_no, "form": query.form, "field": query.field, "code": query.code,
                "state": query.state, "steps": query.steps,
                "raised_at": query.raised_at.to_string(), "changed_at": query.changed_at.to_string(),
            })
        });
        Ok(said(StatusCode::OK, &json!({ "queries": queries.collect::<Vec<_>>() })))
    };
    answer::blocking(work).await
}

/// A case as a program sends it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseSent {
    patient_unique_id: String,
    hospitalization: Option<Uuid>,
    #[serde(default)]
    known_patient: bool,
    #[serde(default)]
    other_person: bool,
    #[serde(default)]
    values: BTreeMap<String, String>,
}

impl CaseSent {
    fn case(self) -> Result<NewCase, Problem> {
        let known = |key: &String| CASE_FIELDS.iter().any(|field| field.key == key);
        if let Some(key) = self.values.keys().find(|key| !known(key)) {
            let keys: Vec<&str> = CASE_FIELDS.iter().map(|field| field.key).collect();
            let text = format!("`{key}` is not asked here; these are: {}.", keys.join(", "));
            return Err(unreadable(&text));
        }
        let value = |key: &'static str| self.values.get(key).map(|text| (key, text.clone()));
        Ok(NewCase {
            values: CASE_FIELDS.iter().filter_map(|field| value(field.key)).collect(),
            unique_id: self.patient_unique_id,
            stay: self.hospitalization.map(Into::into),
            is_known: self.known_patient,
            is_other: self.other_person,
        })
    }
}

async fn open(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Result<Json<CaseSent>, JsonRejection>,
) -> Response {
    let work = move || {
        let visitor = through(visitor);
        let center = answer::center(&desk, &visitor, &number, Action::WriteRecords)?;
        let Json(sent) = sent.map_err(|error| unreadable(&error.body_text()))?;
        let opened = desk.registry.open_case(&visitor.actor, center.id, &sent.case()?);
        let opened = opened.map_err(|error| answer::problem(error, &visitor))?;
        Ok(match opened {
            Opened::Case(new) => said(
                StatusCode::CREATED,
                &json!({
                    "run": new.run, "patient": new.patient, "hospitalization": new.hospitalization,
                    "run_no": new.run_no,
                }),
            ),
            Opened::Problems(problems) => {
                let problems = problems
                    .iter()
                    .map(|wrong| json!({ "field": wrong.field, "message": wrong.message }));
                let value = json!({ "problems": problems.collect::<Vec<_>>() });
                said(StatusCode::UNPROCESSABLE_ENTITY, &value)
            }
            Opened::Known(stays) => {
                let stays =
                    stays.iter().map(|(id, runs)| json!({ "hospitalization": id, "runs": runs }));
                let value = json!({ "known_patient": stays.collect::<Vec<_>>() });
                said(StatusCode::CONFLICT, &value)
            }
            Opened::Alike(alike) => said(StatusCode::CONFLICT, &json!({ "alike": alike })),
        })
    };
    answer::blocking(work).await
}

/// The path items of these addresses for an OpenAPI 3.1 document.
pub fn paths() -> Value {
    let center = json!({ "name": "center", "in": "path", "required": true,
        "description": "Number of the center", "schema": { "type": "string" } });
    let run = json!({ "name": "run", "in": "path", "required": true,
        "schema": { "type": "string", "format": "uuid" } });
    let text = |name: &str, words: &str| json!({ "name": name, "in": "query", "description": words, "schema": { "type": "string" } });
    let lists: Vec<&str> = WorkList::ALL.iter().map(|list| list.as_str()).collect();
    let list =
        json!({ "name": "list", "in": "query", "schema": { "type": "string", "enum": lists } });
    let most = json!({ "name": "most", "in": "query",
        "schema": { "type": "integer", "minimum": 1, "maximum": 100 } });
    let get = |id: &str, summary: &str, parameters: Vec<&Value>| {
        json!({ "get": { "operationId": id, "summary": summary, "tags": ["desk"],
            "security": [{ "token": [] }], "parameters": parameters, "responses": answers("200") } })
    };
    let keys: serde_json::Map<String, Value> = CASE_FIELDS
        .iter()
        .map(|field| (field.key.to_owned(), json!({ "type": "string" })))
        .collect();
    let case = json!({ "type": "object", "required": ["patient_unique_id"],
        "additionalProperties": false, "properties": {
            "patient_unique_id": { "type": "string", "minLength": 10, "maxLength": 20 },
            "hospitalization": { "type": ["string", "null"], "format": "uuid" },
            "known_patient": { "type": "boolean" }, "other_person": { "type": "boolean" },
            "values": { "type": "object", "additionalProperties": false, "properties": keys },
        } });
    let (support, age) =
        (text("support", "Code of support_type"), text("age", "Code of age_group"));
    let (key, after) =
        (text("key", "How the patient key begins"), text("after", "`next` of the page before"));
    let (state, uuid) =
        (text("state", "pending, open, answered, closed or all"), text("after", "A query's id"));
    json!({
        "/api/v1/desk/{center}/worklist": get("deskWorklist", "A page of a worklist",
            vec![&center, &list, &support, &age, &key, &after, &most]),
        "/api/v1/desk/{center}/runs/{run}": get("deskRun", "A run with forms and findings", vec![&center, &run]),
        "/api/v1/desk/{center}/runs/{run}/history": get("deskHistory", "Every change of a run", vec![&center, &run]),
        "/api/v1/desk/{center}/queries": get("deskQueries", "Queries of a center", vec![&center, &state, &uuid]),
        "/api/v1/desk/{center}/cases": { "post": { "operationId": "deskOpenCase",
            "summary": "Opens patient, stay and run with the values of the start card, or nothing",
            "tags": ["desk"], "security": [{ "token": [] }], "parameters": [center],
            "requestBody": { "required": true, "content": { "application/json": { "schema": case } } },
            "responses": answers("201") } },
    })
}

fn answers(good: &str) -> Value {
    let object = json!({ "application/json": { "schema": { "type": "object" } } });
    let mut all = serde_json::Map::new();
    all.insert(good.to_owned(), json!({ "description": "The answer", "content": object }));
    for (status, words) in [
        ("400", "The request cannot be read"),
        ("401", "No token, or none that is valid"),
        ("403", "Not the actor's to do"),
        ("404", "Not there, or not the actor's center"),
        ("409", "The record is in another state than was thought"),
        ("422", "Values must be mended first"),
    ] {
        all.insert(status.to_owned(), json!({ "description": words }));
    }
    Value::Object(all)
}
