//! The audit chain: one row per change of a record, each holding the hash of the one before.
//!
//! hash = SHA-256 over the previous hash and all columns, each with its length before it, so that no
//! two different rows give the same bytes. The first row of a center follows 32 zero bytes.

use base::{CenterId, ImportId, Instant, RecordId};
use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub(crate) type Hash = [u8; 32];

/// What one audit row says, without its hash.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) center: CenterId,
    pub(crate) seq: i64,
    pub(crate) at: Instant,
    pub(crate) actor: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) action: &'a str,
    pub(crate) record_kind: &'a str,
    pub(crate) record: RecordId,
    pub(crate) import: Option<ImportId>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) body: &'a str,
}

impl Entry<'_> {
    /// The hash of this row after a row with hash `previous`.
    pub(crate) fn hash(&self, previous: &Hash) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        let mut part = |bytes: &[u8]| {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            hasher.update(length.to_be_bytes());
            hasher.update(bytes);
        };
        part(self.center.0.as_bytes());
        part(&self.seq.to_be_bytes());
        part(&self.at.as_micros().to_be_bytes());
        part(self.actor.as_bytes());
        part(self.channel.as_bytes());
        part(self.action.as_bytes());
        part(self.record_kind.as_bytes());
        part(self.record.0.as_bytes());
        // a missing part is told from an empty one by a marker byte
        match self.import {
            Some(import) => part(&[&[1], import.0.as_bytes().as_slice()].concat()),
            None => part(&[]),
        }
        match self.reason {
            Some(reason) => part(&[&[1], reason.as_bytes()].concat()),
            None => part(&[]),
        }
        part(self.body.as_bytes());
        hasher.finalize().into()
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn entry() -> Entry<'static> {
        Entry {
            center: CenterId(Uuid::from_u128(1)),
            seq: 1,
            at: Instant::from_micros(5),
            actor: "a",
            channel: "page",
            action: "save",
            record_kind: "run",
            record: RecordId(Uuid::from_u128(2)),
            import: None,
            reason: None,
            body: "{}",
        }
    }

    #[test]
    fn every_column_and_the_row_before_change_the_hash() {
        let base = entry().hash(&[0; 32]);
        let others = [
            entry().hash(&[1; 32]),
            Entry { center: CenterId(Uuid::from_u128(9)), ..entry() }.hash(&[0; 32]),
            Entry { seq: 2, ..entry() }.hash(&[0; 32]),
            Entry { at: Instant::from_micros(6), ..entry() }.hash(&[0; 32]),
            Entry { actor: "ap", channel: "age", ..entry() }.hash(&[0; 32]),
            Entry { action: "lock", ..entry() }.hash(&[0; 32]),
            Entry { record_kind: "patient", ..entry() }.hash(&[0; 32]),
            Entry { record: RecordId(Uuid::from_u128(3)), ..entry() }.hash(&[0; 32]),
            Entry { import: Some(ImportId(Uuid::nil())), ..entry() }.hash(&[0; 32]),
            Entry { reason: Some(""), ..entry() }.hash(&[0; 32]),
            Entry { body: "[]", ..entry() }.hash(&[0; 32]),
        ];

        for (index, other) in others.iter().enumerate() {
            assert_ne!(*other, base, "change {index}");
        }
    }
}
