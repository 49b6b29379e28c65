//! Hashes of rows that follow one another, so that a changed, missing or moved row is noticed.
//!
//! hash = SHA-256 over the hash of the row before and all columns, each with its length before it, so that no two
//! different rows give the same bytes. The first row of a chain follows 32 zero bytes.

use sha2::{Digest as _, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The hash of a row, column by column.
pub struct RowHash(Sha256);

impl RowHash {
    /// A row after the one with hash `previous`.
    pub fn after(previous: &Hash) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(previous);
        Self(hasher)
    }

    /// The next column.
    pub fn part(&mut self, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
    }

    /// The next column, which may be missing: a marker byte tells that from an empty one.
    pub fn maybe(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.part(&[&[1], bytes].concat()),
            None => self.part(&[]),
        }
    }

    /// The hash.
    pub fn finish(self) -> Hash {
        self.0.finalize().into()
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

    fn hash(parts: &[&[u8]], last: Option<&[u8]>) -> Hash {
        let mut row = RowHash::after(&[0; 32]);
        for part in parts {
            row.part(part);
        }
        row.maybe(last);
        row.finish()
    }

    #[test]
    fn columns_are_told_apart_by_their_lengths_and_missing_from_empty() {
        let same = hash(&[b"ab", b"c"], None);

        assert_eq!(same, hash(&[b"ab", b"c"], None));
        assert_ne!(same, hash(&[b"a", b"bc"], None));
        assert_ne!(same, hash(&[b"ab", b"c"], Some(b"")));
    }
}
