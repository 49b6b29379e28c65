//! From findings to the plan that people read.

use dictionary::{Field, Finding, Severity};

use super::work::{Change, FormWork, RecordWork};
use super::{Outcome, PatientPlan, PlanFinding, RecordPlan, Weight};
use crate::changes::FieldChange;
use crate::incoming::{IncomingPatient, line_of};
use crate::model::RecordKind;
use crate::{Registry, changes};

/// Findings of one patient as they are gathered.
pub(super) struct Judged {
    findings: Vec<PlanFinding>,
}

impl Judged {
    /// Starts with what the reader noticed.
    pub(super) fn new(incoming: &IncomingPatient) -> Self {
        let findings = incoming
            .findings
            .iter()
            .map(|finding| PlanFinding {
                weight: if finding.refuses { Weight::Refuses } else { Weight::Notes },
                code: format!("F-{}", finding.code),
                category: finding.code.to_owned(),
                record: String::new(),
                line: finding.line,
                element: finding.element.clone(),
                field: String::new(),
                message: finding.message.clone(),
                fix: finding.fix.clone(),
            })
            .collect();
        Self { findings }
    }

    pub(super) fn add(&mut self, finding: PlanFinding) {
        self.findings.push(finding);
    }

    pub(super) fn refuse(
        &mut self,
        code: &str,
        line: u32,
        element: &str,
        message: &str,
        fix: &str,
    ) {
        self.add(PlanFinding {
            weight: Weight::Refuses,
            code: format!("F-{code}"),
            category: code.to_owned(),
            record: String::new(),
            line,
            element: element.to_owned(),
            field: String::new(),
            message: message.to_owned(),
            fix: fix.to_owned(),
        });
    }

    fn refuses(&self) -> bool {
        self.findings.iter().any(|finding| finding.weight == Weight::Refuses)
    }
}

impl Registry {
    pub(super) fn patient_plan(
        &self,
        center: &str,
        unique_id: &str,
        line: u32,
        records: &[RecordWork],
        mut judged: Judged,
    ) -> PatientPlan {
        for record in records.iter().filter(|record| record.kind == RecordKind::Run) {
            let complete = record.signed_by.is_some()
                || record.before.as_ref().is_some_and(|run| run.state.is_counted());
            for finding in &record.report.findings {
                let found = self.plan_finding(finding, record, records, complete);
                let known = judged.findings.iter().any(|other| {
                    other.code == found.code
                        && other.field == found.field
                        && other.record == found.record
                });
                if !known {
                    judged.add(found);
                }
            }
        }
        let refused = judged.refuses();
        let outcome = if refused {
            Outcome::Refused
        } else if records.first().is_some_and(|patient| patient.is_new) {
            Outcome::New
        } else if records.iter().any(RecordWork::writes) {
            Outcome::Changed
        } else {
            Outcome::Unchanged
        };
        PatientPlan {
            patient: unique_id.to_owned(),
            center: center.to_owned(),
            line,
            outcome,
            records: if refused { refused_records(records) } else { self.record_plans(records) },
            findings: judged.findings,
        }
    }

    fn record_plans(&self, records: &[RecordWork]) -> Vec<RecordPlan> {
        records
            .iter()
            .map(|record| {
                let mut changed = Vec::new();
                if !record.is_new {
                    for work in &record.forms {
                        self.form_changes(work, record.body(work), &mut changed);
                    }
                }
                let submits = record.signed_by.is_some();
                let outcome = match record.outcome() {
                    Outcome::Unchanged if submits => Outcome::Changed,
                    outcome => outcome,
                };
                RecordPlan {
                    record: record.label.clone(),
                    kind: record.kind,
                    outcome,
                    submits,
                    changes: changed,
                }
            })
            .collect()
    }

    fn form_changes(&self, work: &FormWork, body: &str, changed: &mut Vec<FieldChange>) {
        let dictionary = &self.dictionary;
        if let Some(Change { old, new }) = &work.change {
            changes::field_changes(dictionary, work.form, Some(old), Some(new), changed);
        } else {
            // a form that the record did not have yet: its body was made from values of this dictionary
            let table = dictionary.form(work.form).table;
            let row = dictionary.parse_body(table, body).ok();
            changes::field_changes(dictionary, work.form, None, row.as_ref(), changed);
        }
    }

    fn plan_finding(
        &self,
        finding: &Finding,
        run: &RecordWork,
        records: &[RecordWork],
        complete: bool,
    ) -> PlanFinding {
        let dictionary = &self.dictionary;
        let field = dictionary.field(finding.place.field);
        let holder = holder(dictionary.form(field.form).scope, run, records);
        let weight = match finding.severity {
            _ if finding.refuses_draft() => Weight::Refuses,
            Severity::Hard if complete => Weight::Refuses,
            Severity::Hard => Weight::Open,
            Severity::Soft => Weight::Warns,
        };
        let line = line_of(&holder.seen, field.id, &finding.place.rows).unwrap_or(holder.line);
        PlanFinding {
            weight,
            code: finding.code(dictionary).to_owned(),
            category: finding.portal(dictionary).unwrap_or_default().to_owned(),
            record: holder.label.clone(),
            line,
            element: element(field),
            field: finding.place.path(dictionary),
            message: finding.message(dictionary),
            fix: finding.fix(dictionary).to_owned(),
        }
    }
}

/// A refused patient's records, for the count.
fn refused_records(records: &[RecordWork]) -> Vec<RecordPlan> {
    let refused = |record: &RecordWork| RecordPlan {
        record: record.label.clone(),
        kind: record.kind,
        outcome: Outcome::Refused,
        submits: false,
        changes: Vec::new(),
    };
    records.iter().map(refused).collect()
}

/// The record whose form holds the field.
fn holder<'a>(
    scope: dictionary::Scope,
    run: &'a RecordWork,
    records: &'a [RecordWork],
) -> &'a RecordWork {
    let wanted = match scope {
        dictionary::Scope::Patient => records.first(),
        dictionary::Scope::Hospitalization => {
            records.iter().find(|record| record.id == run.stay && record.id != run.id)
        }
        dictionary::Scope::Run | dictionary::Scope::System => None,
    };
    wanted.unwrap_or(run)
}

fn element(field: &Field) -> String {
    field.xml.clone().unwrap_or_default()
}
