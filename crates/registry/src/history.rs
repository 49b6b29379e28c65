//! The history of a record: who changed what, when, through what and why.

use base::{Action, Actor, CenterId, Instant, RecordId, permit};
use serde_json::Value as Json;

use crate::model::RegistryError;
use crate::{Registry, store};

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

type Columns = (i64, Instant, String, String, String, String, Option<String>, String);

impl Registry {
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
