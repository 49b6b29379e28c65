//! Opening cases and saving forms.

use base::{Action, Actor, CenterId, HospitalizationId, PatientId, RecordId, RunId, permit};
use db::Tx;

use crate::keys::Copies;
use crate::load::{self, StoredPatient};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::{Context, RunRow, Writer};
use crate::{Registry, changes};

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

impl Registry {
    pub(crate) fn context<'a>(
        &'a self,
        actor: &'a Actor,
        import: Option<base::ImportId>,
    ) -> Context<'a> {
        Context { actor, at: self.clock.now(), import, dictionary: self.dictionary.version() }
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
}

/// Audit body of a record's own attributes: `{"record":{"old":{},"new":{…}}}`.
pub(crate) fn record_body(attributes: &[(&str, &str)]) -> String {
    let new: serde_json::Map<String, serde_json::Value> =
        attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    serde_json::json!({ "record": { "old": {}, "new": new } }).to_string()
}
