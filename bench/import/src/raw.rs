//! The floor: the same form values inserted through the same driver, without rules and without audit.

use anyhow::Result;
use base::{CenterId, Clock, HospitalizationId, Ids, Instant, PatientId, RecordId, RunId};
use db::{Db, DbError};
use dictionary::Dictionary;
use registry::incoming::{FormRows, IncomingPatient};

/// Rows per statement, as the registry's own writer has them.
const BATCH: usize = 4096;

db::statements! {
    STATEMENTS;
    RAW_PATIENTS => patient(center_id, patient_id, unique_id, birth_date, sex, created_at);
    RAW_STAYS => hospitalization(center_id, hospitalization_id, patient_id, created_at);
    RAW_RUNS => run(center_id, run_id, patient_id, hospitalization_id, run_no, state, revision,
        hard_findings, soft_findings, created_at);
    RAW_FORMS => form_value(center_id, record_id, form, version, dictionary, body, saved_at, saved_by);
}

/// All rows of a file, ready to be inserted.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    patients: Vec<(CenterId, PatientId, String)>,
    stays: Vec<(CenterId, HospitalizationId, PatientId)>,
    runs: Vec<(CenterId, RunId, PatientId, HospitalizationId, i64)>,
    forms: Vec<(CenterId, RecordId, String, String)>,
    at: Option<Instant>,
}

impl Rows {
    /// Makes the rows; `centers` are the ids by number.
    pub(crate) fn of(
        dictionary: &Dictionary,
        centers: &[(String, CenterId)],
        patients: &[IncomingPatient],
    ) -> Self {
        let clock = Clock::system();
        let ids = Ids::system(clock.clone());
        let mut rows = Self { at: Some(clock.now()), ..Self::default() };
        for patient in patients {
            let number = patient.center_number.as_deref().unwrap_or_default();
            let found = centers.iter().find(|(known, _)| known == number);
            let Some((_, center)) = found else { continue };
            let id: PatientId = ids.next();
            rows.patients.push((*center, id, patient.unique_id.clone()));
            rows.forms(dictionary, *center, id.into(), &patient.forms);
            let mut number = 0;
            for stay in &patient.stays {
                let stay_id: HospitalizationId = ids.next();
                rows.stays.push((*center, stay_id, id));
                rows.forms(dictionary, *center, stay_id.into(), &stay.forms);
                for run in &stay.runs {
                    number += 1;
                    let run_id: RunId = ids.next();
                    rows.runs.push((*center, run_id, id, stay_id, number));
                    rows.forms(dictionary, *center, run_id.into(), &run.forms);
                }
            }
        }
        rows
    }

    fn forms(&mut self, dictionary: &Dictionary, center: CenterId, id: RecordId, forms: &FormRows) {
        for (form, row) in forms {
            let form = dictionary.form(*form);
            let body = dictionary.body(form.table, row);
            self.forms.push((center, id, form.key.clone(), body));
        }
    }

    /// Inserts everything in one transaction.
    pub(crate) fn insert(&self, db: &Db, dictionary: &str) -> Result<()> {
        let Some(at) = self.at else { return Ok(()) };
        db.write(|tx| {
            for rows in self.patients.chunks(BATCH) {
                let rows = rows.iter().map(|(center, id, key)| {
                    (*center, *id, key.as_str(), None::<&str>, None::<&str>, at)
                });
                tx.insert_many(&RAW_PATIENTS, rows)?;
            }
            for rows in self.stays.chunks(BATCH) {
                let rows = rows.iter().map(|(center, id, patient)| (*center, *id, *patient, at));
                tx.insert_many(&RAW_STAYS, rows)?;
            }
            for rows in self.runs.chunks(BATCH) {
                let rows = rows.iter().map(|(center, id, patient, stay, number)| {
                    (*center, *id, *patient, *stay, *number, "draft", 1_i64, 0_i64, 0_i64, at)
                });
                tx.insert_many(&RAW_RUNS, rows)?;
            }
            for rows in self.forms.chunks(BATCH) {
                let rows = rows.iter().map(|(center, id, form, body)| {
                    (*center, *id, form.as_str(), 1_i64, dictionary, body.as_str(), at, "bench")
                });
                tx.insert_many(&RAW_FORMS, rows)?;
            }
            Ok::<(), DbError>(())
        })?;
        Ok(())
    }
}
