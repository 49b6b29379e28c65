//! The statements that read the registry in the order of its keys.

use base::{CenterId, HospitalizationId, Instant, PatientId, RecordId, RunId};
use db::{DbError, FromRow, Statement, Tx};

use super::unread;
use crate::model::RegistryError;

db::statements! {
    /// Statements of the proof.
    pub VERIFY_STATEMENTS;

    pub(super) VERIFY_TOTAL = "select cast(coalesce(sum(seq), 0) as bigint) as total from audit_head",
        sqlite = "select coalesce(sum(seq), 0) as total from audit_head",
        scan_ok = "one row per center";
    pub(super) VERIFY_END = "select record_id from audit where center_id = $1 and record_id > $2
        order by record_id, seq limit 1 offset $3";
    pub(super) VERIFY_AUDIT = "select record_id, seq, record_kind, body from audit
        where center_id = $1 and record_id > $2 and record_id <= $3 order by record_id, seq";
    pub(super) VERIFY_FORMS = "select record_id, form, version, body from form_value
        where center_id = $1 and record_id > $2 and record_id <= $3 order by record_id, form";
    pub(super) VERIFY_PATIENTS = "select patient_id, unique_id from patient
        where center_id = $1 and patient_id > $2 and patient_id <= $3 order by patient_id";
    pub(super) VERIFY_STAYS = "select hospitalization_id, patient_id from hospitalization
        where center_id = $1 and hospitalization_id > $2 and hospitalization_id <= $3
        order by hospitalization_id";
    pub(super) VERIFY_RUNS = "select run_id, patient_id, hospitalization_id, run_no, state, submitted_by,
            submitted_at, locks_at
        from run where center_id = $1 and run_id > $2 and run_id <= $3 order by run_id";

    pub(super) VERIFY_PATIENTS_END = "select patient_id from patient where center_id = $1 and patient_id > $2
        order by patient_id limit 1 offset $3";
    pub(super) VERIFY_IDENTITIES = "select patient_id, birth_date, sex from patient
        where center_id = $1 and patient_id > $2 and patient_id <= $3 order by patient_id";
    pub(super) VERIFY_COPIES = "select run_id, patient_id, hospitalization_id, support_type, age_group, started_at,
            stopped_at, survived_ecls, survived_hospital
        from run where center_id = $1 and patient_id > $2 and patient_id <= $3 order by patient_id, run_no";
    pub(super) VERIFY_PATIENT_FORMS = "select f.record_id, f.form, f.body from patient p
        join form_value f on f.center_id = p.center_id and f.record_id = p.patient_id
        where p.center_id = $1 and p.patient_id > $2 and p.patient_id <= $3";
    pub(super) VERIFY_STAY_FORMS = "select f.record_id, f.form, f.body from hospitalization h
        join form_value f on f.center_id = h.center_id and f.record_id = h.hospitalization_id
        where h.center_id = $1 and h.patient_id > $2 and h.patient_id <= $3";
    pub(super) VERIFY_RUN_FORMS = "select f.record_id, f.form, f.body from run r
        join form_value f on f.center_id = r.center_id and f.record_id = r.run_id
        where r.center_id = $1 and r.patient_id > $2 and r.patient_id <= $3";
    pub(super) VERIFY_PARTNERS = "select t.from_run_id, t.to_center_id, t.to_run_id from run r
        join transfer t on t.from_center_id = r.center_id and t.from_run_id = r.run_id
        where r.center_id = $1 and r.patient_id > $2 and r.patient_id <= $3 and t.state = 'confirmed'
            and t.to_run_id is not null";
}

db::row! {
    /// What the audit tells of a run's row.
    pub(super) struct RunRow {
        pub(super) id: RunId,
        pub(super) patient: PatientId,
        pub(super) hospitalization: HospitalizationId,
        pub(super) run_no: i64,
        pub(super) state: String,
        pub(super) submitted_by: Option<String>,
        pub(super) submitted_at: Option<Instant>,
        pub(super) locks_at: Option<Instant>,
    }
}

db::row! {
    /// What a run's row copies from answers.
    pub(super) struct CopiesRow {
        pub(super) id: RunId,
        pub(super) patient: PatientId,
        pub(super) hospitalization: HospitalizationId,
        pub(super) support_type: Option<String>,
        pub(super) age_group: Option<String>,
        pub(super) started_at: Option<String>,
        pub(super) stopped_at: Option<String>,
        pub(super) survived_ecls: Option<bool>,
        pub(super) survived_hospital: Option<bool>,
    }
}

/// A row that was found but cannot be read, and why.
pub(super) type Unread = (RecordId, String);

/// Reads rows whose first column names the record; those that cannot be read are kept apart, by record.
pub(super) fn each<T: FromRow>(
    tx: &mut Tx<'_>,
    statement: &Statement,
    params: (CenterId, impl db::ToValue, impl db::ToValue),
    not_read: &mut Vec<Unread>,
    mut each: impl FnMut(RecordId, T),
) -> Result<(), RegistryError> {
    tx.each(statement, params, |row| -> Result<(), DbError> {
        let record: RecordId = row.get(0)?;
        match unread(T::from_row(row))? {
            Ok(read) => each(record, read),
            Err(problem) => not_read.push((record, problem)),
        }
        Ok(())
    })?;
    Ok(())
}
