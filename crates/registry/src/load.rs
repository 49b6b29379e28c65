//! Reading a patient with everything that belongs to it.

use base::{CenterId, HospitalizationId, Instant, PatientId, RecordId, RunId};
use db::Tx;
use dictionary::{Dictionary, FormId, Forms, Row};

use crate::model::{RegistryError, RunState};
use crate::store;

/// One stored form.
#[derive(Debug, Clone)]
pub(crate) struct StoredForm {
    pub(crate) form: FormId,
    pub(crate) version: i64,
    pub(crate) row: Row,
    pub(crate) body: String,
}

/// The forms of one record.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoredForms(pub(crate) Vec<StoredForm>);

impl StoredForms {
    pub(crate) fn get(&self, form: FormId) -> Option<&StoredForm> {
        self.0.iter().find(|stored| stored.form == form)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = (FormId, &Row)> + Clone {
        self.0.iter().map(|stored| (stored.form, &stored.row))
    }

    pub(crate) fn add_to<'a>(&'a self, forms: &mut Forms<'a>) {
        for stored in &self.0 {
            forms.set(stored.form, &stored.row);
        }
    }
}

/// One stored run.
#[derive(Debug, Clone)]
pub(crate) struct StoredRun {
    pub(crate) id: RunId,
    pub(crate) run_no: i64,
    pub(crate) state: RunState,
    pub(crate) revision: i64,
    pub(crate) submitted_at: Option<Instant>,
    pub(crate) submitted_by: Option<String>,
    pub(crate) locks_at: Option<Instant>,
    pub(crate) forms: StoredForms,
}

/// One stored stay.
#[derive(Debug, Clone)]
pub(crate) struct StoredStay {
    pub(crate) id: HospitalizationId,
    pub(crate) forms: StoredForms,
    pub(crate) runs: Vec<StoredRun>,
}

/// One stored patient.
#[derive(Debug, Clone)]
pub(crate) struct StoredPatient {
    pub(crate) id: PatientId,
    pub(crate) unique_id: String,
    pub(crate) forms: StoredForms,
    pub(crate) stays: Vec<StoredStay>,
}

impl StoredPatient {
    pub(crate) fn run(&self, id: RunId) -> Option<(&StoredStay, &StoredRun)> {
        self.stays
            .iter()
            .find_map(|stay| stay.runs.iter().find(|run| run.id == id).map(|run| (stay, run)))
    }
}

type RunColumns =
    (RunId, HospitalizationId, i64, String, i64, Option<Instant>, Option<String>, Option<Instant>);

/// A patient by the pseudonymous key.
pub(crate) fn patient_by_key(
    tx: &mut Tx<'_>,
    dictionary: &Dictionary,
    center: CenterId,
    unique_id: &str,
) -> Result<Option<StoredPatient>, RegistryError> {
    let id: Option<PatientId> = tx.opt(&store::PATIENT_BY_KEY, (center, unique_id))?;
    id.map(|id| patient(tx, dictionary, center, id, unique_id.to_owned())).transpose()
}

/// A patient by id.
pub(crate) fn patient_by_id(
    tx: &mut Tx<'_>,
    dictionary: &Dictionary,
    center: CenterId,
    id: PatientId,
) -> Result<StoredPatient, RegistryError> {
    let found: Option<(PatientId, String)> = tx.opt(&store::PATIENT_BY_ID, (center, id))?;
    let (id, unique_id) = found.ok_or(RegistryError::NotFound("patient"))?;
    patient(tx, dictionary, center, id, unique_id)
}

/// A patient with stays, runs and all their forms.
pub(crate) fn patient(
    tx: &mut Tx<'_>,
    dictionary: &Dictionary,
    center: CenterId,
    id: PatientId,
    unique_id: String,
) -> Result<StoredPatient, RegistryError> {
    let stays: Vec<HospitalizationId> = tx.all(&store::HOSPITALIZATIONS_OF, (center, id))?;
    let runs: Vec<RunColumns> = tx.all(&store::RUNS_OF, (center, id))?;
    let mut patient = StoredPatient {
        id,
        unique_id,
        forms: forms(tx, dictionary, center, id.into())?,
        stays: Vec::with_capacity(stays.len()),
    };
    for stay in stays {
        let forms = forms(tx, dictionary, center, stay.into())?;
        patient.stays.push(StoredStay { id: stay, forms, runs: Vec::new() });
    }
    for (run, stay, run_no, state, revision, submitted_at, submitted_by, locks_at) in runs {
        let state = RunState::from_word(&state)
            .ok_or_else(|| RegistryError::Inconsistent(format!("run {run} has no known state")))?;
        let run = StoredRun {
            id: run,
            run_no,
            state,
            revision,
            submitted_at,
            submitted_by,
            locks_at,
            forms: forms(tx, dictionary, center, run.into())?,
        };
        let holder = patient.stays.iter_mut().find(|candidate| candidate.id == stay);
        let holder = holder
            .ok_or_else(|| RegistryError::Inconsistent(format!("run {} has no stay", run.id)))?;
        holder.runs.push(run);
    }
    Ok(patient)
}

/// All forms of one record.
pub(crate) fn forms(
    tx: &mut Tx<'_>,
    dictionary: &Dictionary,
    center: CenterId,
    record: RecordId,
) -> Result<StoredForms, RegistryError> {
    let rows: Vec<(String, i64, String)> = tx.all(&store::FORMS_OF, (center, record))?;
    let mut forms = Vec::with_capacity(rows.len());
    for (key, version, body) in rows {
        let form = dictionary.form_named(&key).ok_or_else(|| {
            RegistryError::Inconsistent(format!("record {record} has an unknown form {key}"))
        })?;
        let row = dictionary.parse_body(form.table, &body)?;
        forms.push(StoredForm { form: form.id, version, row, body });
    }
    forms.sort_by_key(|stored| stored.form);
    Ok(StoredForms(forms))
}
