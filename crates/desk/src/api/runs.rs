//! Worklist, start card, a run with its findings and its history.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use dictionary::{Dictionary, Finding, Report, Severity};
use registry::worklist::{FormStates, WorkFilter, WorkList, WorkRow};
use registry::{
    CASE_FIELDS, Confirm, HistoryStep, NewCase, Opened, RecordInSight, RecordKind, confirmation,
};
use serde::Deserialize;
use serde_json::{Value, json};
use site::{Asked, Fault, Sent, Wrong, asked};
use uuid::Uuid;

use super::MOST;
use super::forms::values_of;
use super::sent::{Asker, answered, place_pointer, said, word};
use crate::run::{kind_of, own};
use crate::{Desk, answer};

/// Rows of a page unless the address asks for fewer or more, up to a hundred.
const ROWS: u32 = 25;
/// Steps of a page of the history.
const STEPS: usize = 100;

/// The centers whose desk the caller reads.
pub(super) async fn centers(asker: Asker) -> Response {
    answered(move || {
        let centers = asker.desk.registry.centers().map_err(|error| asker.told(error))?;
        let reach = asker.visitor.actor.reach(Action::ReadRecords);
        let own = centers.iter().filter(|center| reach.holds(center.id));
        let own = own.map(|center| json!({ "center": center.number, "name": center.name }));
        Ok(said(StatusCode::OK, &json!({ "centers": own.collect::<Vec<_>>() })))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListAsked {
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

impl ListAsked {
    fn list(&self) -> Result<WorkList, Fault> {
        let Some(name) = self.list.as_deref() else { return Ok(WorkList::Open) };
        let none = || Fault::request("list", "there is no worklist of this name");
        WorkList::from_word(name).ok_or_else(none)
    }
}

pub(super) async fn worklist(
    asker: Asker,
    Path(number): Path<String>,
    query: Asked<ListAsked>,
) -> Response {
    answered(move || {
        asker.center(&number, Action::ReadRecords)?;
        let asked = asked(query)?;
        let list = asked.list()?;
        let after = asked.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|_| Fault::request("after", "this is the `next` of no page"))?;
        let most = asked.most.unwrap_or(ROWS);
        if !(1..=100).contains(&most) {
            return Err(Fault::request("most", "a page has 1 to 100 rows"));
        }
        let (support, age) = (word("support", &asked.support)?, word("age", &asked.age)?);
        let key = word("key", &asked.key)?;
        let filter = WorkFilter {
            support_type: support.to_owned(),
            age_group: age.to_owned(),
            key: key.to_owned(),
        };
        let (registry, actor) = (&asker.desk.registry, &asker.visitor.actor);
        let page = registry.worklist(actor, &number, (list, &filter), after.as_ref(), most);
        let page = page.map_err(|error| asker.told(error))?;
        let counts: BTreeMap<&str, Value> = page
            .counts
            .iter()
            .map(|(list, count)| (list.as_str(), json!({ "runs": count.runs, "more": count.more })))
            .collect();
        let next = page.next.as_ref().map(|next| {
            let coded = |text: &str| answer::encoded(text);
            format!(
                "/api/v1/desk/{number}/worklist?list={}&support={}&age={}&most={most}&after={}",
                list.as_str(),
                coded(support),
                coded(age),
                coded(&next.to_string())
            )
        });
        let value = json!({
            "center": number, "as_of": page.as_of.to_string(), "list": list.as_str(),
            "counts": counts, "runs": page.rows.iter().map(row_value).collect::<Vec<_>>(), "next": next,
        });
        Ok(said(StatusCode::OK, &value))
    })
    .await
}

fn row_value(row: &WorkRow) -> Value {
    json!({
        "run": row.run, "patient": row.patient, "hospitalization": row.stay,
        "patient_unique_id": row.unique_id, "run_no": row.run_no, "state": row.state.as_str(),
        "support_type": row.support_type, "age_group": row.age_group,
        "ecls_start_datetime": row.started_at, "ecls_stop_datetime": row.stopped_at,
        "hard_findings": row.hard, "soft_findings": row.soft, "queries": row.queries,
        "locks_at": row.locks_at.map(|at| at.to_string()),
    })
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
    fn case(self) -> Result<NewCase, Fault> {
        let known = |key: &String| CASE_FIELDS.iter().any(|field| field.key == key);
        if let Some(key) = self.values.keys().find(|key| !known(key)) {
            let keys: Vec<&str> = CASE_FIELDS.iter().map(|field| field.key).collect();
            let text = format!("this is not asked here; these are: {}", keys.join(", "));
            return Err(Fault::request(format!("/values/{}", site::escaped(key)), text));
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

pub(super) async fn open(asker: Asker, Path(number): Path<String>, sent: Sent) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::WriteRecords)?;
        let case = sent.read::<CaseSent>()?.case()?;
        let opened = asker.desk.registry.open_case(&asker.visitor.actor, center.id, &case);
        let conflict = StatusCode::CONFLICT;
        match opened.map_err(|error| asker.told(error))? {
            Opened::Case(new) => Ok(said(
                StatusCode::CREATED,
                &json!({
                    "run": new.run, "patient": new.patient, "hospitalization": new.hospitalization,
                    "run_no": new.run_no, "address": format!("/api/v1/desk/{number}/runs/{}", new.run),
                }),
            )),
            Opened::Problems(problems) => {
                let at = |field: &str| match field {
                    "patient_unique_id" => "/patient_unique_id".to_owned(),
                    field => format!("/values/{field}"),
                };
                let wrong = problems
                    .iter()
                    .map(|wrong| Wrong { at: at(wrong.field), detail: wrong.message.clone() });
                Err(Fault::values(wrong.collect()))
            }
            Opened::Known(stays) => {
                let stays =
                    stays.iter().map(|(id, runs)| json!({ "hospitalization": id, "runs": runs }));
                let detail = "The key belongs to a patient of this center. Nothing was opened.";
                let fault = Fault::new("known-patient", conflict, "Patient is known", detail);
                Err(fault.with("stays", stays.collect()))
            }
            Opened::Alike(alike) => {
                let detail =
                    "Patients with the same birth date and sex are here. Nothing was opened.";
                let fault = Fault::new("alike-patients", conflict, "Patient may be known", detail);
                Err(fault.with("patients", json!(alike)))
            }
        }
    })
    .await
}

pub(super) async fn run(asker: Asker, Path((number, run)): Path<(String, String)>) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::ReadRecords)?;
        Ok(said(StatusCode::OK, &run_value(&asker.desk, &record)?))
    })
    .await
}

fn run_value(desk: &Desk, record: &RecordInSight) -> Result<Value, Fault> {
    let dictionary = desk.registry.dictionary();
    let rows = record.rows(dictionary, None);
    let report = desk.registry.judge_forms(&rows);
    let states = FormStates::of(dictionary, &rows, &report);
    let summary = own(record)?;
    let address = format!("/api/v1/desk/{}/runs/{}", record.center.number, summary.id);
    let forms = states.0.iter().map(|(form, state, hard, soft)| {
        let stored = record.form(*form);
        let form = dictionary.form(*form);
        json!({
            "form": form.key, "label": form.label, "state": state.word(),
            "hard_findings": hard, "soft_findings": soft,
            "version": stored.map_or(0, |stored| stored.version),
            "values": stored.map(|stored| values_of(dictionary, form.table, &stored.row)),
            "address": format!("{address}/forms/{}", form.key),
        })
    });
    Ok(json!({
        "run": summary.id, "patient": record.patient, "hospitalization": record.stay,
        "patient_unique_id": record.unique_id, "run_no": summary.run_no,
        "state": summary.state.as_str(), "submitted_by": summary.submitted_by,
        "submitted_at": summary.submitted_at.map(|at| at.to_string()),
        "locks_at": summary.locks_at.map(|at| at.to_string()),
        "dictionary": dictionary.version(),
        "forms": forms.collect::<Vec<_>>(),
        "findings": finding_values(dictionary, record, &report, |_| true),
    }))
}

/// Findings for a program; a soft one with who confirmed it.
pub(super) fn finding_values(
    dictionary: &Dictionary,
    record: &RecordInSight,
    report: &Report,
    wanted: impl Fn(&Finding) -> bool,
) -> Vec<Value> {
    let value = |finding: &Finding| {
        let form = dictionary.form(dictionary.field(finding.place.field).form);
        let (code, place) = (finding.code(dictionary), finding.place.path(dictionary));
        let message = finding.message(dictionary);
        let owner = kind_of(form.scope).and_then(|kind| record.owner(kind));
        let confirmed = owner.and_then(|owner| {
            confirmation(&record.confirmed, owner, (code, place.as_str(), message.as_str()))
        });
        json!({
            "code": code, "form": form.key, "field": place, "pointer": place_pointer(&place),
            "severity": if finding.severity == Severity::Hard { "hard" } else { "soft" },
            "refuses_submission": finding.refuses_submission(),
            "message": message, "fix": finding.fix(dictionary),
            "confirmed": confirmed.map(|known| json!({
                "by": base::shown_name(&known.by), "at": known.at.to_string(), "reason": known.reason,
            })),
        })
    };
    report.findings.iter().filter(|finding| wanted(finding)).map(value).collect()
}

/// All findings of a run as an answer.
pub(super) fn findings_answer(desk: &Desk, record: &RecordInSight) -> Response {
    let dictionary = desk.registry.dictionary();
    let report = desk.registry.judge_forms(&record.rows(dictionary, None));
    let findings = finding_values(dictionary, record, &report, |_| true);
    said(StatusCode::OK, &json!({ "findings": findings }))
}

pub(super) async fn findings(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::ReadRecords)?;
        Ok(findings_answer(&asker.desk, &record))
    })
    .await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmations {
    confirm: Vec<ConfirmSent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmSent {
    code: String,
    field: String,
    message: String,
    reason: Option<String>,
}

pub(super) async fn confirm(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::WriteRecords)?;
        let sent: Confirmations = sent.read()?;
        let desk = &asker.desk;
        let dictionary = desk.registry.dictionary();
        let report = desk.registry.judge_forms(&record.rows(dictionary, None));
        let mut by_owner: BTreeMap<RecordKind, Vec<Confirm>> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (at, one) in sent.confirm.iter().enumerate() {
            let found = report.findings.iter().find(|finding| {
                finding.severity == Severity::Soft
                    && finding.code(dictionary) == one.code
                    && finding.place.path(dictionary) == one.field
                    && finding.message(dictionary) == one.message
            });
            let kind = found.and_then(|finding| {
                kind_of(dictionary.form(dictionary.field(finding.place.field).form).scope)
            });
            let reason = one.reason.as_deref().map(str::trim).filter(|text| !text.is_empty());
            if reason.is_some_and(|text| text.chars().any(char::is_control)) {
                let detail = "control characters are not kept".to_owned();
                wrong.push(Wrong { at: format!("/confirm/{at}/reason"), detail });
            }
            let Some(kind) = kind else {
                let detail = "there is no soft finding that says this now".to_owned();
                wrong.push(Wrong { at: format!("/confirm/{at}"), detail });
                continue;
            };
            by_owner.entry(kind).or_default().push(Confirm {
                code: one.code.clone(),
                place: one.field.clone(),
                said: one.message.clone(),
                reason: reason.map(str::to_owned),
            });
        }
        if !wrong.is_empty() {
            return Err(Fault::values(wrong));
        }
        for (kind, findings) in &by_owner {
            let Some(owner) = record.owner(*kind) else { continue };
            let subject = (*kind, owner);
            let done =
                desk.registry.confirm(&asker.visitor.actor, record.center.id, subject, findings);
            done.map_err(|error| asker.told(error))?;
        }
        let again = asker.run(&number, &run, Action::ReadRecords)?;
        Ok(findings_answer(desk, &again))
    })
    .await
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryAsked {
    before: Option<i64>,
}

pub(super) async fn history(
    asker: Asker,
    Path((number, run)): Path<(String, String)>,
    query: Asked<HistoryAsked>,
) -> Response {
    answered(move || {
        let record = asker.run(&number, &run, Action::ReadRecords)?;
        let before = asked(query)?.before;
        if before.is_some_and(|before| !(1..=MOST).contains(&before)) {
            return Err(Fault::request("before", "a place in the chain is a number from 1 on"));
        }
        let kinds = [RecordKind::Patient, RecordKind::Hospitalization, RecordKind::Run];
        let records: Vec<_> = kinds.into_iter().filter_map(|kind| record.owner(kind)).collect();
        let actor = &asker.visitor.actor;
        let steps = asker.desk.registry.history_of(actor, record.center.id, &records);
        let mut steps = steps.map_err(|error| asker.told(error))?;
        steps.retain(|step| before.is_none_or(|before| step.seq < before));
        let more = steps.len() > STEPS;
        steps.truncate(STEPS);
        let next = steps
            .last()
            .filter(|_| more)
            .map(|last| format!("/api/v1/desk/{number}/runs/{run}/history?before={}", last.seq));
        let steps: Vec<Value> = steps.iter().map(step_value).collect();
        Ok(said(StatusCode::OK, &json!({ "steps": steps, "next": next })))
    })
    .await
}

fn step_value(step: &HistoryStep) -> Value {
    let versions = step.versions.iter();
    let versions = versions.map(|(form, version)| json!({ "form": form, "version": version }));
    json!({
        "seq": step.seq, "at": step.at.to_string(), "actor": base::shown_name(&step.actor),
        "channel": step.channel, "action": step.action, "record_kind": step.kind.as_str(),
        "record": step.record, "reason": step.reason, "versions": versions.collect::<Vec<_>>(),
        "changes": step.changes, "told": step.told,
    })
}
