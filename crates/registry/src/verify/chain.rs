//! The chain of a center's audit rows, computed again.

use base::{CenterId, ImportId, Instant, RecordId};
use db::Tx;

use super::{Fault, Verified};
use crate::audit::{Entry, Hash, hex};
use crate::model::RegistryError;
use crate::store;

type Columns = (
    i64,
    Instant,
    String,
    String,
    String,
    String,
    RecordId,
    Option<ImportId>,
    Option<String>,
    String,
    [u8; 32],
);

/// Computes the chain of a center again.
pub(super) fn check(
    tx: &mut Tx<'_>,
    center: CenterId,
    verified: &mut Verified,
) -> Result<(), RegistryError> {
    let mut previous: Hash = [0; 32];
    let mut expected = 1;
    let Verified { rows, faults, heads, .. } = verified;
    let mut fault = |seq, problem: &str| faults.push(Fault::of_row(center, seq, problem));
    tx.each(&store::AUDIT_CHAIN, (center,), |row| -> Result<(), RegistryError> {
        *rows += 1;
        let Ok(columns) = <Columns as db::FromRow>::from_row(row) else {
            fault(expected, "the row cannot be read");
            expected += 1;
            return Ok(());
        };
        let (seq, at, actor, channel, action, kind, record, import, reason, body, hash) = columns;
        if seq != expected {
            fault(expected, "audit rows are missing before the next one");
        }
        let entry = Entry {
            center,
            seq,
            at,
            actor: &actor,
            channel: &channel,
            action: &action,
            record_kind: &kind,
            record,
            import,
            reason: reason.as_deref(),
            body: &body,
        };
        if entry.hash(&previous) != hash {
            fault(seq, "the row or the one before it was altered");
        }
        // go on from what is stored, so that one altered row is named once
        previous = hash;
        expected = seq.saturating_add(1);
        Ok(())
    })?;
    let head: Option<(i64, [u8; 32])> = tx.opt(&store::AUDIT_HEAD, (center,))?;
    if head.is_none() && expected == 1 {
        // a center that has never had a record
        return Ok(());
    }
    if head.is_none_or(|(seq, hash)| seq != expected - 1 || hash != previous) {
        fault(expected, "the last audit rows are missing");
    }
    heads.push((center, expected - 1, hex(&previous)));
    Ok(())
}
