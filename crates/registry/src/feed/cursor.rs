//! How far the chains have been followed.

use std::collections::BTreeMap;
use std::fmt;

use base::CenterId;
use thiserror::Error;
use uuid::Uuid;

/// The state of all records as one number: the lengths of all audit chains added up. Chains only grow, so it rises
/// with every change, and two states of one database never share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DataVersion(pub u64);

impl DataVersion {
    pub(crate) fn from_sum(sum: i64) -> Self {
        Self(u64::try_from(sum).unwrap_or(0))
    }
}

impl fmt::Display for DataVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for DataVersion {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A stored cursor that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the stored cursor is cut short or damaged")]
pub struct CursorError;

/// For each center, the audit row up to which its changes are known: number and hash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    chains: BTreeMap<CenterId, (i64, [u8; 32])>,
}

const CHAIN: usize = 16 + 8 + 32;

impl Cursor {
    /// The version of the data at this cursor.
    pub fn version(&self) -> DataVersion {
        DataVersion::from_sum(self.chains.values().map(|(seq, _)| seq).sum())
    }

    /// The number and the hash of a center's last known audit row; 0 before the first.
    pub(crate) fn get(&self, center: CenterId) -> (i64, [u8; 32]) {
        self.chains.get(&center).copied().unwrap_or_default()
    }

    pub(crate) fn chains(&self) -> impl Iterator<Item = (CenterId, (i64, [u8; 32]))> + '_ {
        self.chains.iter().map(|(center, head)| (*center, *head))
    }

    /// As bytes, for a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.chains.len() * CHAIN);
        for (center, (seq, hash)) in &self.chains {
            out.extend_from_slice(center.0.as_bytes());
            out.extend_from_slice(&seq.to_le_bytes());
            out.extend_from_slice(hash);
        }
        out
    }

    /// From the bytes of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// When the bytes cannot have come from there.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CursorError> {
        let (chains, []) = bytes.as_chunks::<CHAIN>() else { return Err(CursorError) };
        let read = chains.iter().map(|chain| {
            let (id, rest) = chain.split_first_chunk::<16>().ok_or(CursorError)?;
            let (seq, hash) = rest.split_first_chunk::<8>().ok_or(CursorError)?;
            let hash = <[u8; 32]>::try_from(hash).map_err(|_| CursorError)?;
            Ok((CenterId(Uuid::from_bytes(*id)), (i64::from_le_bytes(*seq), hash)))
        });
        read.collect::<Result<_, _>>().map(|chains| Self { chains })
    }
}

impl FromIterator<(CenterId, (i64, [u8; 32]))> for Cursor {
    fn from_iter<I: IntoIterator<Item = (CenterId, (i64, [u8; 32]))>>(chains: I) -> Self {
        Self { chains: chains.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_from_its_bytes_and_damaged_bytes_are_refused() {
        let chain = |id: u128, seq: i64| (CenterId(Uuid::from_u128(id)), (seq, [7; 32]));
        let cursor: Cursor = [chain(1, 5), chain(9, 700)].into_iter().collect();

        let bytes = cursor.to_bytes();

        assert_eq!(Cursor::from_bytes(&bytes), Ok(cursor.clone()));
        assert_eq!(cursor.version(), DataVersion(705));
        assert_eq!(Cursor::from_bytes(bytes.split_last().unwrap().1), Err(CursorError));
    }
}
