//! The audit chain: one row per change of a record, each holding the hash of the one before.
//!
//! `db::RowHash` says how columns become a hash; the order of the columns stands here.

use base::{CenterId, ImportId, Instant, RecordId};
use db::RowHash;

pub(crate) use db::Hash;
pub use db::hex;

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
        let mut row = RowHash::after(previous);
        row.part(self.center.0.as_bytes());
        row.part(&self.seq.to_be_bytes());
        row.part(&self.at.as_micros().to_be_bytes());
        row.part(self.actor.as_bytes());
        row.part(self.channel.as_bytes());
        row.part(self.action.as_bytes());
        row.part(self.record_kind.as_bytes());
        row.part(self.record.0.as_bytes());
        row.maybe(self.import.as_ref().map(|import| import.0.as_bytes().as_slice()));
        row.maybe(self.reason.map(str::as_bytes));
        row.part(self.body.as_bytes());
        row.finish()
    }
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
    fn the_hash_of_a_row_is_what_stored_chains_were_made_with() {
        let full = Entry { import: Some(ImportId(Uuid::nil())), reason: Some("why"), ..entry() };

        assert_eq!(
            hex(&entry().hash(&[0; 32])),
            "6f55f0639c7e6bf1b59c1dc3bff974e12cc0836cad3b341cb1d7a7728af8617b"
        );
        assert_eq!(
            hex(&full.hash(&[7; 32])),
            "8978fc7b9368976702667f38b91b7b9579b87ee6df4dec17d6cf56224420a2f5"
        );
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
