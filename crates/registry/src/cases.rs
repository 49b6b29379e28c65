//! Opening cases and saving forms.

use base::{Action, Actor, CenterId, HospitalizationId, PatientId, RecordId, RunId, permit};
use db::Tx;
use dictionary::{FormId, Forms, Report, Row, Value};

use crate::keys::{self, Copies};
use crate::load::{self, StoredForms, StoredPatient, StoredRun, StoredStay};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{Context, RunRow, Writer};
use crate::{Registry, changes, store};

/// A run that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRun {
    /// The patient, new or known.
    pub patient: PatientId,
    /// The stay, new or known.
    pub hospitalization: HospitalizationId,
    /// The run.
    pub run: RunId,
    /// Its number within the patient.
    pub run_no: i64,
}

/// A form that was saved.
#[derive(Debug, Clone)]
pub struct FormSaved {
    /// The version that is stored now.
    pub version: i64,
    /// What validation says of each run that the form belongs to.
    pub reports: Vec<(RunId, Report)>,
}

impl Registry {
    pub(crate) fn context<'a>(
        &'a self,
        actor: &'a Actor,
        import: Option<base::ImportId>,
    ) -> Context<'a> {
        Context {
            actor,
            at: self.clock.now(),
            import,
            dictionary: self.dictionary.version(),
            ids: &self.ids,
        }
    }

    /// Opens a draft run for a patient key of a center. A known key joins the known patient; without a
    /// stay a new one is opened. Draft runs are not counted.
    ///
    /// # Errors
    /// `Refused`, `NotFound` for a stay that is not the patient's, `Invalid` for a key of the wrong length.
    pub fn open_run(
        &self,
        actor: &Actor,
        center: CenterId,
        unique_id: &str,
        stay: Option<HospitalizationId>,
    ) -> Result<NewRun, RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        if !(10..=20).contains(&unique_id.chars().count()) || unique_id.trim() != unique_id {
            let text = "a patient key has 10 to 20 characters without blanks at its ends";
            return Err(RegistryError::Invalid(text.to_owned()));
        }
        self.db.write(|tx| {
            let mut writer = Writer::new(self.context(actor, None));
            let known = load::patient_by_key(tx, &self.dictionary, center, unique_id)?;
            let opened =
                self.open_in(tx, &mut writer, center, (unique_id, known.as_ref()), stay)?;
            writer.finish(tx)?;
            Ok(opened)
        })
    }

    fn open_in<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        center: CenterId,
        (unique_id, known): (&str, Option<&StoredPatient>),
        stay: Option<HospitalizationId>,
    ) -> Result<NewRun, RegistryError> {
        let patient = known.map_or_else(|| self.ids.next(), |known| known.id);
        if known.is_none() {
            writer.add_patient(center, patient, unique_id, None, None);
            self.add_form(tx, writer, center, patient.into(), self.keys.unique_id, unique_id)?;
            let body = self.opening(&[("unique_id", unique_id)], self.keys.unique_id, unique_id);
            let subject = (RecordKind::Patient, patient.into());
            writer.audit(tx, center, "create", subject, None, body)?;
        }
        let known_stay =
            |id| known.is_some_and(|known| known.stays.iter().any(|stay| stay.id == id));
        let hospitalization = match stay {
            Some(id) if known_stay(id) => id,
            Some(_) => return Err(RegistryError::NotFound("hospitalization")),
            None => {
                let id = self.ids.next();
                writer.add_stay(center, id, patient);
                let subject = (RecordKind::Hospitalization, RecordId::from(id));
                let body = record_body(&[("patient", &patient.to_string())]);
                writer.audit(tx, center, "create", subject, None, body)?;
                id
            }
        };
        let runs = known.into_iter().flat_map(|known| &known.stays).flat_map(|stay| &stay.runs);
        let run_no = runs.map(|run| run.run_no).max().unwrap_or(0) + 1;
        let run: RunId = self.ids.next();
        let number = run_no.to_string();
        writer.add_run(RunRow {
            center,
            id: run,
            patient,
            hospitalization,
            run_no,
            state: RunState::Draft,
            revision: 1,
            submitted_at: None,
            submitted_by: None,
            locks_at: None,
            copies: Copies::default(),
        });
        self.add_form(tx, writer, center, run.into(), self.keys.run_no, &number)?;
        let attributes = [
            ("hospitalization", hospitalization.to_string()),
            ("patient", patient.to_string()),
            ("run_no", number.clone()),
            ("state", RunState::Draft.as_str().to_owned()),
        ];
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let body = self.opening(&attributes, self.keys.run_no, &number);
        writer.audit(tx, center, "create", (RecordKind::Run, run.into()), None, body)?;
        writer.event(center, "run.created", run.into());
        Ok(NewRun { patient, hospitalization, run, run_no })
    }

    /// A new form that holds one value.
    fn add_form<'a>(
        &'a self,
        tx: &mut Tx<'_>,
        writer: &mut Writer<'a>,
        center: CenterId,
        record: RecordId,
        field: dictionary::FieldId,
        text: &str,
    ) -> Result<(), RegistryError> {
        let form = self.dictionary.form(self.dictionary.field(field).form);
        let body = self.one_value(field, text);
        writer.put_form(tx, center, record, &form.key, 1, body)
    }

    fn one_value(&self, field: dictionary::FieldId, text: &str) -> String {
        let field = self.dictionary.field(field);
        let mut row = self.dictionary.empty_row(field.table);
        let slot = field.column.and_then(|column| row.values.get_mut(usize::from(column)));
        if let Some(slot) = slot {
            *slot = self.dictionary.read(field, text);
        }
        self.dictionary.body(field.table, &row)
    }

    /// Audit body of a record that starts with one form of one value.
    fn opening(
        &self,
        attributes: &[(&str, &str)],
        field: dictionary::FieldId,
        text: &str,
    ) -> String {
        let form = self.dictionary.form(self.dictionary.field(field).form);
        let mut body = record_body(attributes);
        body.pop();
        body.push_str(&format!(",\"forms\":{{\"{}\":", form.key));
        let values = self.one_value(field, text);
        changes::audit_form(&self.dictionary, form.id, None, None, 1, &values, &mut body);
        body.push_str("}}");
        body
    }

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
            writer.event(center, "form.saved", record);
            version
        };
        if kind == RecordKind::Patient {
            self.copy_identity(tx, center, &changed)?;
        }
        let reports = self.refresh_runs(tx, center, patient, &changed)?;
        writer.finish(tx)?;
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

    fn refuse_unless_open(
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
                    self.refresh_senders(tx, center, run.id)?;
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

/// Audit body of a record's own attributes: `{"record":{"old":{},"new":{…}}}`.
pub(crate) fn record_body(attributes: &[(&str, &str)]) -> String {
    let new: serde_json::Map<String, serde_json::Value> =
        attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    serde_json::json!({ "record": { "old": {}, "new": new } }).to_string()
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
