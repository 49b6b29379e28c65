//! The receipt of a signature: what was signed when by whom, and the audit row that proves it.

use base::{Action, Actor, CenterId, Instant, RunId, permit};
use serde_json::Value as Json;

use crate::Registry;
use crate::audit::hex;
use crate::model::RegistryError;

db::statements! {
    /// Statements of receipts.
    pub RECEIPT_STATEMENTS;

    LAST_SIGNATURE = "select seq, at, actor, channel, body, hash from audit
        where center_id = $1 and record_id = $2 and action = 'submit' order by seq desc limit 1";
}

/// What a signature left in the center's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Place in the center's audit chain.
    pub seq: i64,
    /// When.
    pub at: Instant,
    /// Who acted, as the audit keeps it.
    pub actor: String,
    /// Through what.
    pub channel: String,
    /// The name that was signed.
    pub signed_by: String,
    /// When the run becomes read-only, as it was told then.
    pub locks_at: Option<Instant>,
    /// Codes and places of the soft findings that were confirmed.
    pub confirmed: Vec<String>,
    /// SHA-256 of the audit row over all rows before it, in hexadecimal.
    pub hash: String,
}

impl Registry {
    /// The receipt of the latest signature of a run; nothing for a run that was signed otherwise, such as by an
    /// upload.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers; `Inconsistent` for an audit row that cannot be read.
    pub fn receipt(
        &self,
        actor: &Actor,
        center: CenterId,
        run: RunId,
    ) -> Result<Option<Receipt>, RegistryError> {
        type Columns = (i64, Instant, String, String, String, [u8; 32]);
        permit(actor, Action::ReadRecords, center)?;
        let row: Option<Columns> = self
            .db
            .read_one(|tx| Ok::<_, RegistryError>(tx.opt(&LAST_SIGNATURE, (center, run))?))?;
        let Some((seq, at, actor, channel, body, hash)) = row else { return Ok(None) };
        let body: Json = serde_json::from_str(&body)
            .map_err(|_| RegistryError::Inconsistent(format!("audit row {seq}")))?;
        let new = |key: &str| body.pointer("/record/new")?.get(key)?.as_str();
        let confirmed = body.get("confirmed").and_then(Json::as_array).into_iter().flatten();
        Ok(Some(Receipt {
            seq,
            at,
            actor,
            channel,
            signed_by: new("submitted_by").unwrap_or_default().to_owned(),
            locks_at: new("locks_at").and_then(|at| at.parse().ok()),
            confirmed: confirmed.filter_map(Json::as_str).map(str::to_owned).collect(),
            hash: hex(&hash),
        }))
    }
}
