//! One record with all that bears on it, as a form page needs it: in a fixed number of statements, however many
//! records the center holds.

use base::{
    Action, Actor, CenterId, HospitalizationId, Instant, PatientId, RecordId, RunId, permit,
};
use db::Tx;
use dictionary::{FieldId, FormId, Forms, Moment, Report, Row};

use crate::centers::Center;
use crate::confirm::{self, Confirmed};
use crate::history::RunSummary;
use crate::model::{RecordKind, RegistryError, RunState};
use crate::{Registry, store};

db::statements! {
    /// Statements of form pages.
    pub READING_STATEMENTS;

    RUN_WITH_PATIENT = "select r.patient_id, p.unique_id from run r
        join patient p on p.center_id = r.center_id and p.patient_id = r.patient_id
        where r.center_id = $1 and r.run_id = $2";
    STAY_WITH_PATIENT = "select h.patient_id, p.unique_id from hospitalization h
        join patient p on p.center_id = h.center_id and p.patient_id = h.patient_id
        where h.center_id = $1 and h.hospitalization_id = $2";
    FORMS_IN = "select record_id, form, version, body, saved_at, saved_by from form_value
        where center_id = $1 and record_id in ($2, $3, $4) order by record_id, form";
}

/// A stored form of a record in sight.
#[derive(Debug, Clone)]
pub struct FormInSight {
    /// The record that owns it.
    pub record: RecordId,
    /// The form.
    pub form: FormId,
    /// Its version, from 1.
    pub version: i64,
    /// Its values.
    pub row: Row,
    /// When it was saved.
    pub saved_at: Instant,
    /// Who saved it, as the audit keeps it.
    pub saved_by: String,
}

/// A patient, stay or run with everything it is judged with.
#[derive(Debug, Clone)]
pub struct RecordInSight {
    /// The center that owns it.
    pub center: Center,
    /// What was asked for.
    pub kind: RecordKind,
    /// Its id.
    pub record: RecordId,
    /// The patient.
    pub patient: PatientId,
    /// The patient's key.
    pub unique_id: String,
    /// The stay, as far as there is one.
    pub stay: Option<HospitalizationId>,
    /// The run in whose light the record is judged, if there is one.
    pub run: Option<RunId>,
    /// All runs of the patient by number, with their stays.
    pub runs: Vec<(RunSummary, HospitalizationId)>,
    /// The state that keeps the values from being changed, if one does.
    pub closed: Option<RunState>,
    /// The stored forms of patient, stay and run.
    pub forms: Vec<FormInSight>,
    /// Soft findings that somebody has confirmed.
    pub confirmed: Vec<Confirmed>,
}

impl RecordInSight {
    /// A stored form of patient, stay or run.
    pub fn form(&self, form: FormId) -> Option<&FormInSight> {
        self.forms.iter().find(|stored| stored.form == form)
    }

    /// The record that owns the forms of a kind.
    pub fn owner(&self, kind: RecordKind) -> Option<RecordId> {
        match kind {
            RecordKind::Patient => Some(self.patient.into()),
            RecordKind::Hospitalization => self.stay.map(Into::into),
            RecordKind::Run => self.run.map(Into::into),
        }
    }

    /// The stored rows for judging, `instead` in the place of one of them.
    pub fn rows<'a>(
        &'a self,
        dictionary: &dictionary::Dictionary,
        instead: Option<(FormId, &'a Row)>,
    ) -> Forms<'a> {
        let mut forms = Forms::none(dictionary);
        for stored in &self.forms {
            forms.set(stored.form, &stored.row);
        }
        if let Some((form, row)) = instead {
            forms.set(form, row);
        }
        forms
    }
}

type StoredColumns = (RecordId, String, i64, String, Instant, String);
type RunColumns =
    (RunId, HospitalizationId, i64, String, i64, Option<Instant>, Option<String>, Option<Instant>);

impl Registry {
    /// The latest local moment anywhere on Earth, for "not in the future".
    pub fn latest_moment(&self) -> Moment {
        self.latest_local()
    }

    /// Whether a field's value is given when a record is opened or signed, and not typed into its form.
    pub fn is_assigned(&self, field: FieldId) -> bool {
        let keys = &self.keys;
        [keys.unique_id, keys.center_no, keys.run_no, keys.completed_by].contains(&field)
    }

    /// Whether a field holds the name with which a run is signed.
    pub fn is_signature(&self, field: FieldId) -> bool {
        field == self.keys.completed_by
    }

    /// Judges forms as the registry does when it saves them.
    pub fn judge_forms(&self, forms: &Forms<'_>) -> Report {
        self.dictionary.validate(forms, self.latest_local())
    }

    /// A record with its patient, stay and run. `beside` names the run in whose light a patient or a stay is
    /// judged; without it, or when it is not one of theirs, their latest run.
    ///
    /// # Errors
    /// `NotFound` for an unknown center or record, `Refused` outside the actor's centers.
    pub fn read_record(
        &self,
        actor: &Actor,
        center: &str,
        (kind, record): (RecordKind, RecordId),
        beside: Option<RunId>,
    ) -> Result<RecordInSight, RegistryError> {
        self.db.read(|tx| {
            let center: Option<Center> = tx.opt(&store::CENTER_BY_NUMBER, (center,))?;
            let center = center.ok_or(RegistryError::NotFound("center"))?;
            permit(actor, Action::ReadRecords, center.id)?;
            let (patient, unique_id) = owner(tx, center.id, kind, record)?;
            let runs = self.runs_in_sight(tx, center.id, patient)?;
            let run = chosen(&runs, kind, record, beside);
            let stay = match kind {
                RecordKind::Hospitalization => Some(HospitalizationId(record.0)),
                _ => run.map(|(_, stay)| stay),
            };
            let run = run.map(|(run, _)| run);
            let own = RecordId::from(patient);
            let records = [own, stay.map_or(own, RecordId::from), run.map_or(own, RecordId::from)];
            let forms = self.forms_in_sight(tx, center.id, records)?;
            let confirmed = confirm::of_records(tx, center.id, records)?;
            let closed = self.closed(&runs, kind, record);
            Ok(RecordInSight {
                center,
                kind,
                record,
                patient,
                unique_id,
                stay,
                run,
                runs,
                closed,
                forms,
                confirmed,
            })
        })
    }

    fn runs_in_sight(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: PatientId,
    ) -> Result<Vec<(RunSummary, HospitalizationId)>, RegistryError> {
        let now = self.clock.now();
        let rows: Vec<RunColumns> = tx.all(&store::RUNS_OF, (center, patient))?;
        rows.into_iter()
            .map(|(id, stay, run_no, state, _, submitted_at, submitted_by, locks_at)| {
                let state = RunState::from_word(&state).ok_or_else(|| {
                    RegistryError::Inconsistent(format!("run {id} has no known state"))
                })?;
                let state = state.seen(locks_at, now);
                let run = RunSummary { id, run_no, state, submitted_at, submitted_by, locks_at };
                Ok((run, stay))
            })
            .collect()
    }

    fn forms_in_sight(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        [patient, stay, run]: [RecordId; 3],
    ) -> Result<Vec<FormInSight>, RegistryError> {
        let rows: Vec<StoredColumns> = tx.all(&FORMS_IN, (center, patient, stay, run))?;
        rows.into_iter()
            .map(|(record, key, version, body, saved_at, saved_by)| {
                let form = self.dictionary.form_named(&key).ok_or_else(|| {
                    RegistryError::Inconsistent(format!(
                        "record {record} has an unknown form {key}"
                    ))
                })?;
                let row = self.dictionary.parse_body(form.table, &body)?;
                Ok(FormInSight { record, form: form.id, version, row, saved_at, saved_by })
            })
            .collect()
    }

    /// The state of a run that closes the record, as `save_form` refuses it.
    fn closed(
        &self,
        runs: &[(RunSummary, HospitalizationId)],
        kind: RecordKind,
        record: RecordId,
    ) -> Option<RunState> {
        let now = self.clock.now();
        runs.iter()
            .filter(|(run, stay)| match kind {
                RecordKind::Patient => true,
                RecordKind::Hospitalization => stay.0 == record.0,
                RecordKind::Run => run.id.0 == record.0,
            })
            .find(|(run, _)| !run.state.is_open(run.locks_at, now))
            .map(|(run, _)| run.state)
    }
}

/// The patient of a record, and the patient's key.
fn owner(
    tx: &mut Tx<'_>,
    center: CenterId,
    kind: RecordKind,
    record: RecordId,
) -> Result<(PatientId, String), RegistryError> {
    let found = match kind {
        RecordKind::Patient => tx.opt(&store::PATIENT_BY_ID, (center, record))?,
        RecordKind::Hospitalization => tx.opt(&STAY_WITH_PATIENT, (center, record))?,
        RecordKind::Run => tx.opt(&RUN_WITH_PATIENT, (center, record))?,
    };
    found.ok_or(RegistryError::NotFound(kind.as_str()))
}

/// The run that a record is judged with.
fn chosen(
    runs: &[(RunSummary, HospitalizationId)],
    kind: RecordKind,
    record: RecordId,
    beside: Option<RunId>,
) -> Option<(RunId, HospitalizationId)> {
    let fits = |run: &RunSummary, stay: &HospitalizationId| match kind {
        RecordKind::Patient => true,
        RecordKind::Hospitalization => stay.0 == record.0,
        RecordKind::Run => run.id.0 == record.0,
    };
    let fitting = || runs.iter().filter(|(run, stay)| fits(run, stay));
    let wished = fitting().find(|(run, _)| Some(run.id) == beside);
    wished.or_else(|| fitting().next_back()).map(|(run, stay)| (run.id, *stay))
}
