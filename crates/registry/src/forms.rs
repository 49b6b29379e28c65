//! Saving forms against the version that was read, and judging what they mean for each run.

use base::{Action, Actor, CenterId, HospitalizationId, PatientId, RecordId, RunId, permit};
use db::Tx;
use dictionary::{FormId, Forms, Report, Row, Value};

use crate::keys::{self, Copies};
use crate::load::{self, StoredForms, StoredPatient, StoredRun, StoredStay};
use crate::model::{RecordKind, RegistryError};
use crate::writer::{RunRow, Writer};
use crate::{Registry, changes, store};

/// A form that was saved.
#[derive(Debug, Clone)]
pub struct FormSaved {
    /// The version that is stored now.
    pub version: i64,
    /// What validation says of each run that the form belongs to.
    pub reports: Vec<(RunId, Report)>,
}

impl Registry {
    /// Saves the values of one form against the version that the caller knew (0 for none).
    ///
    /// What was typed is kept even when it has findings; they are returned and only refuse submission.
    ///
    /// # Errors
    /// `Conflict` when somebody else saved first, `State` when a run is locked, `NotFound` for another
    /// center's record.
    pub fn save_form(
        &self,
        actor: &Actor,
        center: CenterId,
        (kind, record): (RecordKind, RecordId),
        form: FormId,
        expected: i64,
        row: &Row,
    ) -> Result<FormSaved, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        if self.dictionary.form(form).scope != kind.scope() {
            return Err(RegistryError::NotFound("form"));
        }
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, kind, record)?;
            self.save_in(tx, actor, center, (kind, record), &patient, (form, expected, row))
        })
    }

    /// The patient that a record belongs to.
    pub(crate) fn patient_of(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        kind: RecordKind,
        record: RecordId,
    ) -> Result<StoredPatient, RegistryError> {
        let id: Option<PatientId> = match kind {
            RecordKind::Patient => Some(PatientId(record.0)),
            RecordKind::Hospitalization => {
                tx.opt(&store::HOSPITALIZATION_BY_ID, (center, record))?
            }
            RecordKind::Run => tx.opt(&store::RUN_PATIENT, (center, record))?,
        };
        let id = id.ok_or(RegistryError::NotFound(kind.as_str()))?;
        load::patient_by_id(tx, &self.dictionary, center, id)
    }

    fn save_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        center: CenterId,
        (kind, record): (RecordKind, RecordId),
        patient: &StoredPatient,
        (form, expected, row): (FormId, i64, &Row),
    ) -> Result<FormSaved, RegistryError> {
        self.refuse_unless_open(patient, kind, record)?;
        let spec = self.dictionary.form(form);
        let stored = forms_of(patient, kind, record).and_then(|forms| forms.get(form));
        let current = stored.map_or(0, |stored| stored.version);
        if current != expected {
            return Err(RegistryError::Conflict { form: spec.key.clone(), expected, current });
        }
        let row = &self.settled(spec.table, row);
        let body = self.dictionary.body(spec.table, row);
        let mut writer = Writer::new(self.context(actor, None));
        let mut changed = patient.clone();
        replace(&mut changed, kind, record, form, row);
        let version = if stored.is_some_and(|stored| stored.body == body) {
            current
        } else {
            let version = current + 1;
            let mut audit = format!("{{\"forms\":{{\"{}\":", spec.key);
            let old = stored.map(|stored| &stored.row);
            let dictionary = &self.dictionary;
            changes::audit_form(dictionary, form, old, Some(row), version, &body, &mut audit);
            audit.push_str("}}");
            writer.put_form(tx, center, record, &spec.key, version, body)?;
            writer.audit(tx, center, "save", (kind, record), None, audit)?;
            version
        };
        if kind == RecordKind::Patient {
            self.copy_identity(tx, center, &changed)?;
        }
        let reports = self.refresh_runs(tx, center, patient, &changed)?;
        writer.finish(tx)?;
        for (run, _) in &reports {
            self.refresh_senders(tx, center, *run)?;
        }
        Ok(FormSaved { version, reports: of_record(&changed, kind, record, reports) })
    }

    /// The row as it is kept: a 'no' in the 'unknown' twin of a value says nothing, and files cannot tell it
    /// from no answer.
    fn settled(&self, table: dictionary::TableId, row: &Row) -> Row {
        let spec = self.dictionary.table(table);
        let mut row = row.clone();
        for (id, value) in spec.columns.iter().zip(&mut row.values) {
            if *value == Value::Bool(false) && self.dictionary.field(*id).twin_of.is_some() {
                *value = Value::Missing;
            }
        }
        for (child, rows) in spec.children.iter().zip(&mut row.children) {
            for row in rows {
                *row = self.settled(*child, row);
            }
        }
        row
    }

    /// Copies birth date and sex beside the key, where likely duplicates are looked for.
    pub(crate) fn copy_identity(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
    ) -> Result<(), RegistryError> {
        let copy = |field| {
            let value = keys::value(&self.dictionary, patient.forms.rows(), field);
            keys::text(&self.dictionary, field, value)
        };
        let values = (center, patient.id, copy(self.keys.birth_date), copy(self.keys.sex));
        tx.execute(&store::SET_PATIENT, values)?;
        Ok(())
    }

    pub(crate) fn refuse_unless_open(
        &self,
        patient: &StoredPatient,
        kind: RecordKind,
        record: RecordId,
    ) -> Result<(), RegistryError> {
        let now = self.clock.now();
        for (_, run) in runs_of(patient, kind, record) {
            if !run.state.is_open(run.locks_at, now) {
                let hint = "ask the registry to unlock it, with a reason";
                return Err(RegistryError::State {
                    state: run.state.seen(run.locks_at, now),
                    hint,
                });
            }
        }
        Ok(())
    }

    /// Judges one run with its stay and its patient.
    pub(crate) fn judge(
        &self,
        patient: &StoredForms,
        stay: &StoredForms,
        run: &StoredForms,
    ) -> Report {
        let mut forms = Forms::none(&self.dictionary);
        patient.add_to(&mut forms);
        stay.add_to(&mut forms);
        run.add_to(&mut forms);
        self.dictionary.validate(&forms, self.latest_local())
    }

    /// Judges every run again after a change and stores the copies that differ.
    pub(crate) fn refresh_runs(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        before: &StoredPatient,
        after: &StoredPatient,
    ) -> Result<Vec<(RunId, Report)>, RegistryError> {
        let mut reports = Vec::new();
        for stay in &after.stays {
            for run in &stay.runs {
                let report = self.judge(&after.forms, &stay.forms, &run.forms);
                let known = before.run(run.id).map(|(stay, run)| {
                    let report = self.judge(&before.forms, &stay.forms, &run.forms);
                    Copies::of(&self.dictionary, &self.keys, &report, run.forms.rows())
                });
                let copies = Copies::of(&self.dictionary, &self.keys, &report, run.forms.rows());
                if known.as_ref() != Some(&copies) {
                    let copies = self.join_partner(tx, center, run.id, copies)?;
                    Writer::set_run(tx, &run.row(center, after.id, stay.id, copies))?;
                }
                reports.push((run.id, report));
            }
        }
        Ok(reports)
    }
}

impl StoredRun {
    /// The run's row, one revision on.
    pub(crate) fn row(
        &self,
        center: CenterId,
        patient: PatientId,
        hospitalization: HospitalizationId,
        copies: Copies,
    ) -> RunRow {
        RunRow {
            center,
            id: self.id,
            patient,
            hospitalization,
            run_no: self.run_no,
            state: self.state,
            revision: self.revision + 1,
            submitted_at: self.submitted_at,
            submitted_by: self.submitted_by.clone(),
            locks_at: self.locks_at,
            copies,
        }
    }
}

/// The stored forms of one record of a patient.
fn forms_of(patient: &StoredPatient, kind: RecordKind, record: RecordId) -> Option<&StoredForms> {
    match kind {
        RecordKind::Patient => Some(&patient.forms),
        RecordKind::Hospitalization => {
            patient.stays.iter().find(|stay| stay.id.0 == record.0).map(|stay| &stay.forms)
        }
        RecordKind::Run => patient.run(RunId(record.0)).map(|(_, run)| &run.forms),
    }
}

/// The runs that a record's values bear on.
fn runs_of(
    patient: &StoredPatient,
    kind: RecordKind,
    record: RecordId,
) -> impl Iterator<Item = (&StoredStay, &StoredRun)> {
    let all = patient.stays.iter().flat_map(|stay| stay.runs.iter().map(move |run| (stay, run)));
    all.filter(move |(stay, run)| match kind {
        RecordKind::Patient => true,
        RecordKind::Hospitalization => stay.id.0 == record.0,
        RecordKind::Run => run.id.0 == record.0,
    })
}

fn of_record(
    patient: &StoredPatient,
    kind: RecordKind,
    record: RecordId,
    mut reports: Vec<(RunId, Report)>,
) -> Vec<(RunId, Report)> {
    let wanted: Vec<RunId> = runs_of(patient, kind, record).map(|(_, run)| run.id).collect();
    reports.retain(|(run, _)| wanted.contains(run));
    reports
}

/// Puts a form's new values into a loaded patient.
fn replace(
    patient: &mut StoredPatient,
    kind: RecordKind,
    record: RecordId,
    form: FormId,
    row: &Row,
) {
    let forms = match kind {
        RecordKind::Patient => Some(&mut patient.forms),
        RecordKind::Hospitalization => {
            patient.stays.iter_mut().find(|stay| stay.id.0 == record.0).map(|stay| &mut stay.forms)
        }
        RecordKind::Run => patient
            .stays
            .iter_mut()
            .flat_map(|stay| &mut stay.runs)
            .find(|run| run.id.0 == record.0)
            .map(|run| &mut run.forms),
    };
    let Some(forms) = forms else { return };
    forms.put(form, row.clone());
}

impl StoredForms {
    /// Puts new values in, one version on.
    pub(crate) fn put(&mut self, form: FormId, row: Row) {
        if let Some(stored) = self.0.iter_mut().find(|stored| stored.form == form) {
            stored.row = row;
            stored.version += 1;
        } else {
            self.0.push(load::StoredForm { form, version: 1, row, body: String::new() });
            self.0.sort_by_key(|stored| stored.form);
        }
    }
}
