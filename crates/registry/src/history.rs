//! The history of a record: who changed what, when, through what and why.

use base::{Action, Actor, CenterId, Instant, RecordId, permit};
use serde_json::Value as Json;

use crate::model::{RegistryError, RunState};
use crate::{Registry, load, store};

/// One step in the history of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Place in the center's audit chain.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: String,
    /// Through what.
    pub channel: String,
    /// What was done: create, save, submit, lock, unlock, withdraw, undo.
    pub action: String,
    /// Why, where a reason was asked for.
    pub reason: Option<String>,
    /// Old and new values by form and field.
    pub change: Json,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// Its id.
    pub id: base::RunId,
    /// Its number within the patient.
    pub run_no: i64,
    /// The state as it counts now.
    pub state: RunState,
    /// When it was signed.
    pub submitted_at: Option<Instant>,
    /// Who signed.
    pub submitted_by: Option<String>,
    /// When it becomes read-only.
    pub locks_at: Option<Instant>,
}

type Columns = (i64, Instant, String, String, String, String, Option<String>, String);

impl Registry {
    /// The runs of a patient, by number.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers, `NotFound` for an unknown key.
    pub fn runs(
        &self,
        actor: &Actor,
        center: CenterId,
        unique_id: &str,
    ) -> Result<Vec<RunSummary>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let now = self.clock.now();
        self.db.read(|tx| {
            let patient = load::patient_by_key(tx, &self.dictionary, center, unique_id)?;
            let patient = patient.ok_or(RegistryError::NotFound("patient"))?;
            let mut runs: Vec<RunSummary> = patient
                .stays
                .into_iter()
                .flat_map(|stay| stay.runs)
                .map(|run| RunSummary {
                    id: run.id,
                    run_no: run.run_no,
                    state: run.state.seen(run.locks_at, now),
                    submitted_at: run.submitted_at,
                    submitted_by: run.submitted_by,
                    locks_at: run.locks_at,
                })
                .collect();
            runs.sort_by_key(|run| run.run_no);
            Ok(runs)
        })
    }

    /// Everything that ever happened to a record, oldest first.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers; an unknown record has an empty history.
    pub fn history(
        &self,
        actor: &Actor,
        center: CenterId,
        record: RecordId,
    ) -> Result<Vec<HistoryEntry>, RegistryError> {
        permit(actor, Action::ReadRecords, center)?;
        let rows: Vec<Columns> = self.db.read_one(|tx| {
            Ok::<_, RegistryError>(tx.all(&store::AUDIT_OF_RECORD, (center, record))?)
        })?;
        rows.into_iter()
            .map(|(seq, at, actor, channel, action, _, reason, body)| {
                let change = serde_json::from_str(&body).map_err(|error| {
                    RegistryError::Inconsistent(format!("audit row {seq} is not JSON: {error}"))
                })?;
                Ok(HistoryEntry { seq, at, actor, channel, action, reason, change })
            })
            .collect()
    }
}
