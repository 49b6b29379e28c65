//! Works out what one patient of a file means for what is stored.

use std::ops::Range;

use base::{CenterId, RecordId};
use db::Tx;
use dictionary::{FormId, Report, Row, Value};

use super::cross::Alike;
use super::feed::{AheadRun, AheadStay, Fed, Told};
use super::merge::merge;
use super::plan::Judged;
use super::{Outcome, PatientPlan};
use crate::changes;
use crate::incoming::{FormRows, IncomingPatient, IncomingRun, IncomingStay, Seen};
use crate::load::{self, StoredForms, StoredPatient, StoredRun, StoredStay};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::{Registry, keys};

/// One form that gets new values.
pub(super) struct FormWork {
    pub(super) form: FormId,
    pub(super) version: i64,
    /// Old and new values, for a form that was stored before.
    pub(super) change: Option<Change>,
    /// The stored form of the new values.
    pub(super) body: Body,
}

/// Where the stored form of new values is.
pub(super) enum Body {
    Own(String),
    /// As the file brought them: a part of `RecordWork::told`.
    Told(Range<usize>),
}

/// A stored form that gets other values.
pub(super) struct Change {
    pub(super) old: Row,
    pub(super) new: Row,
}

/// One record of the file.
pub(super) struct RecordWork {
    pub(super) kind: RecordKind,
    pub(super) id: RecordId,
    /// Its stay, for runs.
    pub(super) stay: RecordId,
    pub(super) label: String,
    pub(super) is_new: bool,
    pub(super) forms: Vec<FormWork>,
    /// What the audit says of the file's forms if none of them is stored.
    pub(super) told: Told,
    pub(super) seen: Vec<Seen>,
    pub(super) line: u32,
    /// The name that signs, for runs that ask for it.
    pub(super) signed_by: Option<String>,
    /// The run before the upload.
    pub(super) before: Option<StoredRun>,
    /// What validation says, for runs.
    pub(super) report: Report,
}

/// Everything about one patient of the file.
pub(super) struct Work {
    pub(super) center: CenterId,
    /// What is stored after the upload.
    pub(super) target: StoredPatient,
    pub(super) is_new: bool,
    pub(super) records: Vec<RecordWork>,
    pub(super) plan: PatientPlan,
}

impl RecordWork {
    /// The stored form of a form's new values.
    pub(super) fn body<'a>(&'a self, form: &'a FormWork) -> &'a str {
        match &form.body {
            Body::Own(body) => body,
            Body::Told(place) => self.told.text.get(place.clone()).unwrap_or_default(),
        }
    }

    /// Whether `told` says all and nothing but what is written.
    pub(super) fn is_told(&self) -> bool {
        self.is_new && self.forms.iter().all(|form| matches!(form.body, Body::Told(_)))
    }

    pub(super) fn outcome(&self) -> Outcome {
        match (self.is_new, self.forms.is_empty()) {
            (true, _) => Outcome::New,
            (false, false) => Outcome::Changed,
            (false, true) => Outcome::Unchanged,
        }
    }

    /// Whether anything is written for this record.
    pub(super) fn writes(&self) -> bool {
        self.is_new || !self.forms.is_empty() || self.signed_by.is_some()
    }
}

impl Registry {
    /// Compares one patient of the file with what is stored.
    pub(super) fn work_out(
        &self,
        tx: &mut Tx<'_>,
        (center, number): (CenterId, &str),
        fed: Fed,
        drafts_only: bool,
        alike: &mut Alike,
    ) -> Result<Work, RegistryError> {
        let Fed { incoming, ahead, .. } = fed;
        let stored = load::patient_by_key(tx, &self.dictionary, center, &incoming.unique_id)?;
        let is_new = stored.is_none();
        let mut judged = Judged::new(&incoming);
        if let Some(stored) = &stored {
            self.same_identity(stored, &incoming, &mut judged);
        }
        let mut target = stored.unwrap_or_else(|| StoredPatient {
            id: self.ids.next(),
            unique_id: incoming.unique_id.clone(),
            forms: StoredForms::default(),
            stays: Vec::new(),
        });
        let mut records = vec![RecordWork {
            kind: RecordKind::Patient,
            id: target.id.into(),
            stay: target.id.into(),
            label: "patient".to_owned(),
            is_new,
            forms: self.merge_forms(&mut target.forms, incoming.forms, &ahead.told),
            told: ahead.told,
            seen: incoming.seen,
            line: incoming.line,
            signed_by: None,
            before: None,
            report: Report::default(),
        }];
        let stays = incoming.stays.len();
        for stay in incoming.stays.into_iter().zip(ahead.stays) {
            self.work_out_stay(&mut target, stay, drafts_only, &mut records, &mut judged);
        }
        // a new patient was judged while the file was read, unless two stays of the file are one
        if !is_new || target.stays.len() != stays {
            self.judge_runs(&target, &mut records);
        }
        self.refuse_locked(&target, &records, &mut judged);
        for finding in self.cross(tx, center, &target, &records, alike)? {
            judged.add(finding);
        }
        let plan = self.patient_plan(number, &incoming.unique_id, incoming.line, &records, judged);
        Ok(Work { center, target, is_new, records, plan })
    }

    fn work_out_stay(
        &self,
        target: &mut StoredPatient,
        (incoming, ahead): (IncomingStay, AheadStay),
        drafts_only: bool,
        records: &mut Vec<RecordWork>,
        judged: &mut Judged,
    ) {
        let numbers: Vec<Option<i64>> =
            incoming.runs.iter().map(|run| self.run_number(&run.forms)).collect();
        let known = self.known_stay(target, &incoming, &numbers);
        let place = known.unwrap_or_else(|| {
            target.stays.push(StoredStay {
                id: self.ids.next(),
                forms: StoredForms::default(),
                runs: Vec::new(),
            });
            target.stays.len() - 1
        });
        let elsewhere = numbers_elsewhere(target, place);
        let Some(stay) = target.stays.get_mut(place) else { return };
        if records.iter().any(|record| record.id.0 == stay.id.0) {
            let message = "two stays of the file are one: same admission, or a run of the other";
            let fix = "Put all runs of a stay under one hospitalization.";
            judged.refuse("overlap", incoming.line, "AdmitDate", message, fix);
            return;
        }
        records.push(RecordWork {
            kind: RecordKind::Hospitalization,
            id: stay.id.into(),
            stay: stay.id.into(),
            label: format!("stay {}", place + 1),
            is_new: known.is_none(),
            forms: self.merge_forms(&mut stay.forms, incoming.forms, &ahead.told),
            told: ahead.told,
            seen: incoming.seen,
            line: incoming.line,
            signed_by: None,
            before: None,
            report: Report::default(),
        });
        let runs = incoming.runs.into_iter().zip(ahead.runs);
        for ((run, ahead), number) in runs.zip(numbers) {
            let Some(number) = number else {
                let fix = "Number the runs of a patient 1, 2, 3 in the order of their starts.";
                judged.refuse("schema", run.line, "RunNo", "the run has no readable number", fix);
                continue;
            };
            let twice = |record: &RecordWork| {
                record.kind == RecordKind::Run && record.label == run_label(number)
            };
            if elsewhere.contains(&number) || records.iter().any(twice) {
                let message = format!("run {number} stands twice, or belongs to another stay");
                let fix = "Give each run of a patient its own number.";
                judged.refuse("duplicate_run", run.line, "RunNo", &message, fix);
                continue;
            }
            records.push(self.work_out_run(
                stay,
                (stay.id.into(), number),
                (run, ahead),
                drafts_only,
            ));
        }
    }

    /// The stored stay that shares a run with the file's, or else its admission.
    fn known_stay(
        &self,
        target: &StoredPatient,
        incoming: &IncomingStay,
        numbers: &[Option<i64>],
    ) -> Option<usize> {
        let by_run = target
            .stays
            .iter()
            .position(|stay| stay.runs.iter().any(|run| numbers.contains(&Some(run.run_no))));
        let admitted = keys::value(&self.dictionary, rows(&incoming.forms), self.keys.admit_at);
        by_run.or_else(|| {
            target.stays.iter().position(|stay| {
                let stored = keys::value(&self.dictionary, stay.forms.rows(), self.keys.admit_at);
                *admitted != Value::Missing && stored == admitted
            })
        })
    }

    fn work_out_run(
        &self,
        stay: &mut StoredStay,
        (stay_id, number): (RecordId, i64),
        (incoming, ahead): (IncomingRun, AheadRun),
        drafts_only: bool,
    ) -> RecordWork {
        let known = stay.runs.iter().position(|run| run.run_no == number);
        let before = known.and_then(|place| stay.runs.get(place).cloned());
        let place = known.unwrap_or_else(|| {
            stay.runs.push(StoredRun {
                id: self.ids.next(),
                run_no: number,
                state: RunState::Draft,
                revision: 0,
                submitted_at: None,
                submitted_by: None,
                locks_at: None,
                forms: StoredForms::default(),
            });
            stay.runs.len() - 1
        });
        let asks = incoming.submit != Some(false) && !drafts_only;
        let open = before
            .as_ref()
            .is_none_or(|run| matches!(run.state, RunState::Draft | RunState::Unlocked));
        let signed_by = incoming.completed_by.filter(|name| asks && open && !name.is_empty());
        let (id, forms) = match stay.runs.get_mut(place) {
            Some(run) => {
                (run.id.into(), self.merge_forms(&mut run.forms, incoming.forms, &ahead.told))
            }
            None => (stay_id, Vec::new()),
        };
        RecordWork {
            kind: RecordKind::Run,
            id,
            stay: stay_id,
            label: run_label(number),
            is_new: known.is_none(),
            forms,
            told: ahead.told,
            seen: incoming.seen,
            line: incoming.line,
            signed_by,
            before,
            report: ahead.report,
        }
    }

    fn run_number(&self, forms: &FormRows) -> Option<i64> {
        match keys::value(&self.dictionary, rows(forms), self.keys.run_no) {
            Value::Number(number) => {
                let number =
                    i64::try_from(number.mantissa()).ok().filter(|_| number.scale() == 0)?;
                (1..=1000).contains(&number).then_some(number)
            }
            _ => None,
        }
    }

    /// Joins the file's forms into the record; what differs comes back as work. `told` has the stored form of
    /// the rows as they came.
    fn merge_forms(
        &self,
        target: &mut StoredForms,
        incoming: FormRows,
        told: &Told,
    ) -> Vec<FormWork> {
        let mut work = Vec::with_capacity(incoming.len());
        for ((form, row), place) in incoming.into_iter().zip(&told.bodies) {
            let Some(stored) = target.0.iter_mut().find(|stored| stored.form == form) else {
                target.put(form, row);
                let body = Body::Told(place.clone());
                work.push(FormWork { form, version: 1, change: None, body });
                continue;
            };
            let row = merge(&stored.row, row);
            let body = self.dictionary.body(self.dictionary.form(form).table, &row);
            if stored.body != body {
                let old = std::mem::replace(&mut stored.row, row.clone());
                stored.version += 1;
                let change = Some(Change { old, new: row });
                let body = Body::Own(body);
                work.push(FormWork { form, version: stored.version, change, body });
            }
        }
        work
    }

    fn judge_runs(&self, target: &StoredPatient, records: &mut [RecordWork]) {
        for record in records.iter_mut().filter(|record| record.kind == RecordKind::Run) {
            let Some((stay, run)) = target.run(base::RunId(record.id.0)) else { continue };
            record.report = self.judge(&target.forms, &stay.forms, &run.forms);
        }
    }

    /// A known key with another birth date or sex is another person, or a wrong key.
    fn same_identity(
        &self,
        stored: &StoredPatient,
        incoming: &IncomingPatient,
        judged: &mut Judged,
    ) {
        for field in [self.keys.birth_date, self.keys.sex] {
            let old = keys::value(&self.dictionary, stored.forms.rows(), field);
            let new = keys::value(&self.dictionary, rows(&incoming.forms), field);
            let spec = self.dictionary.field(field);
            // code 0 of list `sex` is "unknown": learning it is no contradiction
            let known = |value: &Value| {
                !matches!(value, Value::Missing | Value::Unread(_) | Value::Code(0))
            };
            if known(old) && known(new) && !changes::same(old, new) {
                let line = incoming.seen.iter().find(|seen| seen.field == field);
                judged.refuse(
                    "duplicate_patient",
                    line.map_or(incoming.line, |seen| seen.line),
                    spec.xml.as_deref().unwrap_or(&spec.key),
                    &format!("the key is known with another value of {}", spec.label.to_lowercase()),
                    "Check the key; if the stored value is wrong, mend it in the patient form first.",
                );
            }
        }
    }

    /// Records of a locked run are read-only.
    fn refuse_locked(&self, target: &StoredPatient, records: &[RecordWork], judged: &mut Judged) {
        let now = self.clock.now();
        let closed = |run: &StoredRun| !run.state.is_open(run.locks_at, now);
        for record in records.iter().filter(|record| !record.forms.is_empty()) {
            // also runs that the file does not name: their patient and their stay are theirs too
            let mut bears_on = target
                .stays
                .iter()
                .filter(|stay| {
                    record.kind != RecordKind::Hospitalization || stay.id.0 == record.id.0
                })
                .flat_map(|stay| &stay.runs)
                .filter(|run| record.kind != RecordKind::Run || run.id.0 == record.id.0);
            let locked = bears_on.any(closed);
            if locked && !record.is_new {
                let message = format!("{} is locked and the file has other values", record.label);
                let fix = "Ask the registry to unlock the run, with a reason.";
                judged.refuse("locked", record.line, &record.label, &message, fix);
            }
        }
    }
}

/// Numbers of the runs of all other stays.
fn numbers_elsewhere(target: &StoredPatient, place: usize) -> Vec<i64> {
    let others = target.stays.iter().enumerate().filter(|(other, _)| *other != place);
    others.flat_map(|(_, stay)| stay.runs.iter().map(|run| run.run_no)).collect()
}

fn run_label(number: i64) -> String {
    format!("run {number}")
}

/// Forms and rows as `keys::value` takes them.
pub(super) fn rows(forms: &FormRows) -> impl Iterator<Item = (FormId, &Row)> + Clone {
    forms.iter().map(|(form, row)| (*form, row))
}
