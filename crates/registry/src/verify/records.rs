//! Records joined with their audit rows.

use std::collections::BTreeMap;

use base::{CenterId, PatientId, RecordId};
use db::Tx;

use super::Fault;
use super::links::Links;
use super::replay::{Link, Replay};
use super::rows::{self, RunRow, Unread};
use crate::model::{RecordKind, RegistryError};

/// What is stored under one id.
#[derive(Default)]
struct Found {
    /// What the audit calls it.
    kind: Option<RecordKind>,
    /// Number and body of its audit rows.
    audit: Vec<(i64, String)>,
    /// Name, version and body of its forms.
    forms: Vec<(String, i64, String)>,
    /// The key of a patient.
    patient: Option<String>,
    /// The patient of a stay.
    stay: Option<PatientId>,
    run: Option<RunRow>,
    links: BTreeMap<String, Link>,
}

type AuditColumns = (RecordId, i64, String, String);
type FormColumns = (RecordId, String, i64, String);
type PatientColumns = (RecordId, String);
type StayColumns = (RecordId, PatientId);

/// A center's records between two ids.
pub(super) struct RecordWindow {
    center: CenterId,
    records: BTreeMap<RecordId, Found>,
    unread: Vec<Unread>,
}

impl RecordWindow {
    /// Reads what is stored after one id and up to another; a few statements, however many records there are.
    pub(super) fn read(
        tx: &mut Tx<'_>,
        center: CenterId,
        (after, upto): (RecordId, RecordId),
        links: &mut Links,
    ) -> Result<Self, RegistryError> {
        let range = (center, after, upto);
        let (mut records, mut unread) = (BTreeMap::<RecordId, Found>::new(), Vec::new());
        rows::each(tx, &rows::VERIFY_AUDIT, range, &mut unread, |id, row: AuditColumns| {
            let found = records.entry(id).or_default();
            found.kind = RecordKind::from_word(&row.2);
            found.audit.push((row.1, row.3));
        })?;
        rows::each(tx, &rows::VERIFY_FORMS, range, &mut unread, |id, row: FormColumns| {
            records.entry(id).or_default().forms.push((row.1, row.2, row.3));
        })?;
        rows::each(tx, &rows::VERIFY_PATIENTS, range, &mut unread, |id, row: PatientColumns| {
            records.entry(id).or_default().patient = Some(row.1);
        })?;
        rows::each(tx, &rows::VERIFY_STAYS, range, &mut unread, |id, row: StayColumns| {
            records.entry(id).or_default().stay = Some(row.1);
        })?;
        rows::each(tx, &rows::VERIFY_RUNS, range, &mut unread, |id, row: RunRow| {
            records.entry(id).or_default().run = Some(row);
        })?;
        while let Some(entry) = links.first_entry().filter(|entry| *entry.key() <= upto) {
            let (run, of_run) = entry.remove_entry();
            records.entry(run).or_default().links = of_run;
        }
        Ok(Self { center, records, unread })
    }

    /// Audit rows in it.
    pub(super) fn audit_rows(&self) -> u64 {
        self.records.values().map(|found| found.audit.len() as u64).sum()
    }

    /// Records with an audit in it.
    pub(super) fn audited_records(&self) -> u64 {
        self.records.values().filter(|found| !found.audit.is_empty()).count() as u64
    }

    /// Compares every record with the replay of its audit.
    pub(super) fn check(mut self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (record, problem) in self.unread {
            // what else is known of it is not the whole record
            self.records.remove(&record);
            faults.push(Fault::of_record(self.center, record, problem));
        }
        for (record, found) in &self.records {
            let about = |problem| Fault::of_record(self.center, *record, problem);
            match found.replay() {
                Ok(replay) => faults.extend(found.differences(&replay).into_iter().map(about)),
                Err((seq, problem)) => {
                    faults.push(Fault { seq: Some(seq), ..about(problem) });
                }
            }
        }
        faults
    }
}

impl Found {
    /// What the audit tells, or the row that cannot be right.
    fn replay(&self) -> Result<Replay<'_>, (i64, String)> {
        let mut replay = Replay::default();
        for (seq, body) in &self.audit {
            replay.apply(body).map_err(|problem| (*seq, problem))?;
        }
        Ok(replay)
    }

    fn differences(&self, replay: &Replay<'_>) -> Vec<String> {
        if self.audit.is_empty() {
            return self.strays(None);
        }
        let kind = self.kind.unwrap_or(RecordKind::Patient);
        let mut problems = self.strays(Some(kind));
        problems.extend(replay.differences(&self.forms));
        let there = match kind {
            RecordKind::Patient => self.patient.is_some(),
            RecordKind::Hospitalization => self.stay.is_some(),
            RecordKind::Run => self.run.is_some(),
        };
        match (there, replay.removed) {
            (true, false) => self.attributes(replay, &mut problems),
            (true, true) => problems.push("a removed record is still there".to_owned()),
            (false, false) => problems.push("the record is gone".to_owned()),
            (false, true) => {}
        }
        if replay.links != self.links {
            problems.push("links of the run differ from the audit".to_owned());
        }
        problems
    }

    /// What stands under this id though the audit tells of nothing, or of another kind of record.
    fn strays(&self, told: Option<RecordKind>) -> Vec<String> {
        let strays = [
            (told.is_none() && !self.forms.is_empty(), "values without any audit row"),
            (told.is_none() && !self.links.is_empty(), "links without any audit row"),
            (told != Some(RecordKind::Run) && self.run.is_some(), "a run without any audit row"),
            (
                told != Some(RecordKind::Hospitalization) && self.stay.is_some(),
                "a hospitalization without any audit row",
            ),
            (
                told != Some(RecordKind::Patient) && self.patient.is_some(),
                "a patient without any audit row",
            ),
        ];
        strays.into_iter().filter(|(is, _)| *is).map(|(_, problem)| problem.to_owned()).collect()
    }

    /// Compares the columns of the record's own row.
    fn attributes(&self, replay: &Replay<'_>, problems: &mut Vec<String>) {
        if let Some(unique_id) = &self.patient
            && replay.text("unique_id") != Some(unique_id)
        {
            problems.push("the patient key was altered".to_owned());
        }
        if let Some(patient) = self.stay
            && replay.text("patient") != Some(&patient.to_string())
        {
            problems.push("the stay was given to another patient".to_owned());
        }
        let Some(run) = &self.run else { return };
        for (key, now) in [
            ("state", Some(run.state.clone())),
            ("run_no", Some(run.run_no.to_string())),
            ("patient", Some(run.patient.to_string())),
            ("hospitalization", Some(run.hospitalization.to_string())),
            ("submitted_by", run.submitted_by.clone()),
            ("submitted_at", run.submitted_at.map(|at| at.to_string())),
            ("locks_at", run.locks_at.map(|at| at.to_string())),
        ] {
            if replay.text(key) != now.as_deref() {
                problems.push(format!("{key} of the run differs from the audit"));
            }
        }
    }
}
