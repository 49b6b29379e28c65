//! A center with more runs than any, written past the registry's rules.

use base::{CenterId, Ids};
use db::Value;

use crate::records::TestRegistry;

const DAY: i64 = 86_400_000_000;

db::statements! {
    SEEDS;
    ADD_PATIENTS => patient(center_id, patient_id, unique_id, birth_date, sex, created_at);
    ADD_RUNS => run(center_id, run_id, patient_id, hospitalization_id, run_no, state, revision, submitted_at,
        submitted_by, locks_at, support_type, age_group, started_at, stopped_at, survived_ecls, survived_hospital,
        hard_findings, soft_findings, created_at);
}

impl TestRegistry {
    /// Gives a center 20,000 locked runs, 300 open and 60 submitted ones of as many patients, `LARGE-00000000` and so
    /// on: rows with what lists need and without any form.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn many_runs(&self, center: CenterId) {
        let (ids, now) = (Ids::seeded(self.clock.clone(), 7), self.clock.now());
        let patients: Vec<_> = (0..20_360).map(|_| ids.next()).collect();
        let started: Vec<String> = (0..patients.len())
            .map(|n| format!("20{:02}-0{}-1{}T10:00", n % 27, n % 9 + 1, n % 10))
            .collect();
        let written = self.registry.db().write(|tx| {
            let rows = patients.iter().enumerate().map(|(n, id)| {
                (center, *id, format!("LARGE-{n:08}"), None::<&str>, None::<&str>, now)
            });
            tx.insert_many(&ADD_PATIENTS, rows)?;
            let all = patients.iter().zip(&started).enumerate();
            let rows = all.map(|(n, (patient, started))| {
                let state = match n {
                    0..20_000 => "locked",
                    20_000..20_300 => "draft",
                    _ => "submitted",
                };
                let locks = (state == "submitted").then(|| Value::Instant(now.plus_micros(DAY)));
                let (patient, started) = (Value::Uuid(*patient), Value::Text(started));
                vec![
                    Value::Uuid(center.0),
                    Value::Uuid(ids.next()),
                    patient,
                    patient,
                    Value::I64(1),
                    Value::Text(state),
                    Value::I64(1),
                    Value::Null,
                    Value::Null,
                    locks.unwrap_or(Value::Null),
                    Value::Text("1"),
                    Value::Text("adult"),
                    started,
                    started,
                    Value::Null,
                    Value::Null,
                    Value::I64(3),
                    Value::I64(0),
                    Value::Instant(now),
                ]
            });
            tx.insert_many(&ADD_RUNS, rows)?;
            Ok::<_, db::DbError>(())
        });
        written.expect("many runs");
    }
}
