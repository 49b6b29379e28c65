//! Copies of answers that lists and counts use, worked out again.

use std::collections::{BTreeMap, HashMap, HashSet};

use base::{CenterId, PatientId, RecordId, RunId};
use db::Tx;
use dictionary::{FormId, Forms, Moment, Row};

use super::Fault;
use super::rows::{self, CopiesRow, Unread};
use crate::Registry;
use crate::keys::{self, Copies};
use crate::model::RegistryError;

/// The forms of one record.
type Rows = Vec<(FormId, Row)>;

/// A center's patients between two ids, with their runs and all answers.
pub(super) struct CopyWindow {
    center: CenterId,
    /// Birth date and sex that stand beside a patient's key.
    patients: Vec<(PatientId, Option<String>, Option<String>)>,
    runs: Vec<CopiesRow>,
    /// Record, name and body.
    forms: Vec<(RecordId, String, String)>,
    /// Survival in the record of the center that the patient was sent to, where both centers have confirmed it.
    partners: BTreeMap<RunId, Option<bool>>,
    /// Rows of patients and runs that cannot be read.
    unread: Vec<Unread>,
    /// Records that lack something that cannot be read, and is named where it is compared with its audit.
    skipped: Vec<Unread>,
}

impl CopyWindow {
    /// Reads the patients after one id and up to another: a few statements, and some for each confirmed transfer.
    pub(super) fn read(
        registry: &Registry,
        tx: &mut Tx<'_>,
        center: CenterId,
        (after, upto): (PatientId, PatientId),
    ) -> Result<Self, RegistryError> {
        let range = (center, after, upto);
        let mut window = Self {
            center,
            patients: Vec::new(),
            runs: Vec::new(),
            forms: Vec::new(),
            partners: BTreeMap::new(),
            unread: Vec::new(),
            skipped: Vec::new(),
        };
        let Self { patients, runs, forms, partners, unread, skipped, .. } = &mut window;
        rows::each(tx, &rows::VERIFY_IDENTITIES, range, unread, |_, row| patients.push(row))?;
        rows::each(tx, &rows::VERIFY_COPIES, range, unread, |_, row| runs.push(row))?;
        for statement in
            [&rows::VERIFY_PATIENT_FORMS, &rows::VERIFY_STAY_FORMS, &rows::VERIFY_RUN_FORMS]
        {
            rows::each(tx, statement, range, skipped, |_, row| forms.push(row))?;
        }
        let linked: Vec<(RunId, CenterId, RunId)> = tx.all(&rows::VERIFY_PARTNERS, range)?;
        for (run, partner, partner_run) in linked {
            match registry.stored_survival(tx, partner, partner_run) {
                Ok(survived) => {
                    partners.insert(run, survived);
                }
                Err(error @ (RegistryError::Inconsistent(_) | RegistryError::Body(_))) => {
                    skipped.push((run.into(), error.to_string()));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(window)
    }
}

impl Registry {
    /// Works out the copies of every patient and run again.
    pub(super) fn check_copies(&self, window: &CopyWindow, now: Moment) -> Vec<Fault> {
        let about = |record, problem: &str| Fault::of_record(window.center, record, problem);
        let mut unread: HashSet<RecordId> = window.skipped.iter().map(|(id, _)| *id).collect();
        let mut faults: Vec<Fault> =
            window.unread.iter().map(|(record, problem)| about(*record, problem)).collect();
        let mut read: HashMap<RecordId, Rows> = HashMap::with_capacity(window.runs.len() * 3);
        for (record, key, body) in &window.forms {
            match self.feed_form(*record, key, body) {
                Ok(form) => read.entry(*record).or_default().push(form),
                Err(error) => {
                    faults.push(about(*record, &error.to_string()));
                    unread.insert(*record);
                }
            }
        }
        let none = Rows::new();
        let rows = |record: RecordId| {
            read.get(&record).unwrap_or(&none).iter().map(|(form, row)| (*form, row))
        };
        for (patient, birth_date, sex) in &window.patients {
            let record = RecordId::from(*patient);
            let copy = |field| {
                keys::text(
                    &self.dictionary,
                    field,
                    keys::value(&self.dictionary, rows(record), field),
                )
            };
            let copied = (copy(self.keys.birth_date), copy(self.keys.sex));
            if !unread.contains(&record) && copied != (birth_date.clone(), sex.clone()) {
                faults.push(about(record, "copies of birth date and sex differ from the record"));
            }
        }
        for run in &window.runs {
            let records: [RecordId; 3] =
                [run.patient.into(), run.hospitalization.into(), run.id.into()];
            if records.iter().any(|record| unread.contains(record)) {
                continue;
            }
            let mut forms = Forms::none(&self.dictionary);
            for (form, row) in records.into_iter().flat_map(rows) {
                forms.set(form, row);
            }
            let report = self.dictionary.derive(&forms, now);
            let mut copies = Copies::of(&self.dictionary, &self.keys, &report, rows(run.id.into()));
            if let (None, Some(survived)) = (copies.survived_hospital, window.partners.get(&run.id))
            {
                copies.survived_hospital = *survived;
            }
            if !run.holds(&copies) {
                let problem = "copies of derived values differ from the record";
                faults.push(about(run.id.into(), problem));
            }
        }
        faults
    }
}

impl CopiesRow {
    /// Whether the row has these copies. The number of findings is left out: "not in the future" and the like move
    /// with the clock.
    fn holds(&self, copies: &Copies) -> bool {
        self.support_type == copies.support_type
            && self.age_group == copies.age_group
            && self.started_at == copies.started_at
            && self.stopped_at == copies.stopped_at
            && self.survived_ecls == copies.survived_ecls
            && self.survived_hospital == copies.survived_hospital
    }
}
