//! Writes a center's rows.

use db::{DbError, Tx};
use dictionary::Dictionary;

use super::history::History;
use crate::store;

impl History {
    /// Inserts everything, each table in the order of its keys. The transaction may run again.
    pub(super) fn write(&self, tx: &mut Tx<'_>, dictionary: &Dictionary) -> Result<(), DbError> {
        let center = self.center;
        let patients = self.patients.iter().map(|row| {
            (
                center,
                row.id,
                row.unique_id.as_str(),
                row.birth_date.as_deref(),
                row.sex.as_deref(),
                row.at,
            )
        });
        tx.insert_many(&store::ADD_PATIENTS, patients)?;
        let stays = self.stays.iter().map(|row| (center, row.id, row.patient, row.at));
        tx.insert_many(&store::ADD_HOSPITALIZATIONS, stays)?;
        self.write_runs(tx)?;
        let version = dictionary.version();
        let forms = self.forms.iter().map(|row| {
            let form = dictionary.form(row.form).key.as_str();
            let (body, by) = (row.body.as_str(), self.actor.name.as_str());
            (center, row.record, form, 1_i64, version, body, row.at, by)
        });
        tx.insert_many(&store::ADD_FORMS, forms)?;
        self.write_audit(tx)?;
        Ok(())
    }

    fn write_runs(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let runs = self.runs.iter().map(|(run, at)| {
            let copies = &run.copies;
            (
                run.center,
                run.id,
                run.patient,
                run.hospitalization,
                run.run_no,
                run.state.as_str(),
                run.revision,
                run.submitted_at,
                run.submitted_by.as_deref(),
                run.locks_at,
                copies.support_type.as_deref(),
                copies.age_group.as_deref(),
                copies.started_at.as_deref(),
                copies.stopped_at.as_deref(),
                copies.survived_ecls,
                copies.survived_hospital,
                copies.hard_findings,
                copies.soft_findings,
                *at,
            )
        });
        tx.insert_many(&store::ADD_RUNS, runs)?;
        Ok(())
    }

    /// The chain and its end.
    fn write_audit(&self, tx: &mut Tx<'_>) -> Result<(), DbError> {
        let Some(last) = self.audit.last() else { return Ok(()) };
        let rows = self.audit.iter().map(|row| {
            let by = if row.by_platform { &self.platform } else { &self.actor };
            (
                self.center,
                row.seq,
                row.at,
                by.name.as_str(),
                by.channel,
                row.action,
                row.kind.as_str(),
                row.record,
                None::<base::ImportId>,
                None::<&str>,
                row.body.as_str(),
                row.hash,
            )
        });
        tx.insert_many(&store::ADD_AUDIT, rows)?;
        tx.execute(&store::TAKE_HEAD, (self.center, last.seq, self.hash))?;
        Ok(())
    }
}
