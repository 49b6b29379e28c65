//! What stands beside the columns in the snapshot file: how far the chains were followed, and the dense numbers.

use base::CenterId;
use dictionary::Dictionary;
use registry::Cursor;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::ledger::{Ledger, Numbered};

/// Raise when the same dictionary makes other values.
const MAGIC: &[u8; 8] = b"OEFEED02";

/// Why a note cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoteError {
    /// Another program or another dictionary wrote it.
    #[error("it was made by another version of the program or of the dictionary")]
    Other,
    /// Cut short or damaged.
    #[error("its note is damaged")]
    Damaged,
}

/// What values are made of: the dictionary's version, everything that derives values, and groups of codes.
pub(super) fn fingerprint(dictionary: &Dictionary) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(dictionary.version());
    hash.update(include_str!("../../data/grouped.toml"));
    for field in dictionary.fields() {
        if let Some(derive) = &field.derive {
            hash.update([0]);
            hash.update(&field.key);
            hash.update([1]);
            hash.update(derive.text());
        }
    }
    hash.finalize().into()
}

pub(super) fn write(dictionary: &Dictionary, cursor: &Cursor, ledger: &Ledger) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&fingerprint(dictionary));
    block(&mut out, &cursor.to_bytes());
    let centers: Vec<u8> = ledger.centers.iter().flat_map(|id| *id.0.as_bytes()).collect();
    block(&mut out, &centers);
    block(&mut out, ledger.patients.ids().as_flattened());
    block(&mut out, ledger.runs.ids().as_flattened());
    let patients: Vec<u8> = ledger.run_patients.iter().flat_map(|it| it.to_le_bytes()).collect();
    block(&mut out, &patients);
    out
}

fn block(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

pub(super) fn read(dictionary: &Dictionary, note: &[u8]) -> Result<(Cursor, Ledger), NoteError> {
    let rest = note.strip_prefix(MAGIC).ok_or(NoteError::Other)?;
    let rest = rest.strip_prefix(&fingerprint(dictionary)).ok_or(NoteError::Other)?;
    let (cursor, rest) = take(rest)?;
    let (centers, rest) = take(rest)?;
    let (patients, rest) = take(rest)?;
    let (runs, rest) = take(rest)?;
    let (run_patients, rest) = take(rest)?;
    let cursor = Cursor::from_bytes(cursor).map_err(|_| NoteError::Damaged)?;
    let centers = ids(centers)?.into_iter().map(|id| CenterId(Uuid::from_bytes(id))).collect();
    let (patients, runs) = (ids(patients)?, ids(runs)?);
    let (numbers, []) = run_patients.as_chunks::<4>() else { return Err(NoteError::Damaged) };
    let run_patients: Vec<u32> = numbers.iter().map(|it| u32::from_le_bytes(*it)).collect();
    if !rest.is_empty() || run_patients.len() != runs.len() {
        return Err(NoteError::Damaged);
    }
    let ledger = Ledger {
        centers,
        patients: Numbered::of(patients),
        runs: Numbered::of(runs),
        run_patients,
    };
    Ok((cursor, ledger))
}

fn take(bytes: &[u8]) -> Result<(&[u8], &[u8]), NoteError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or(NoteError::Damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| NoteError::Damaged)?;
    rest.split_at_checked(length).ok_or(NoteError::Damaged)
}

fn ids(bytes: &[u8]) -> Result<Vec<[u8; 16]>, NoteError> {
    let (ids, []) = bytes.as_chunks::<16>() else { return Err(NoteError::Damaged) };
    Ok(ids.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_and_a_note_cut_short_anywhere_is_refused() {
        let dictionary = Dictionary::embedded().unwrap();
        let ledger = Ledger {
            centers: vec![CenterId(Uuid::from_u128(3))],
            patients: Numbered::of(vec![[1; 16]]),
            runs: Numbered::of(vec![[2; 16], [3; 16]]),
            run_patients: vec![0, 0],
        };
        let cursor: Cursor = [(ledger.centers[0], (9, [5; 32]))].into_iter().collect();

        let note = write(&dictionary, &cursor, &ledger);

        let (read_cursor, read_ledger) = read(&dictionary, &note).unwrap();
        assert_eq!(read_cursor, cursor);
        assert_eq!(read_ledger.run_patients, ledger.run_patients);
        assert_eq!(
            read_ledger.home(base::RunId(Uuid::from_bytes([3; 16]))).unwrap().0,
            Uuid::from_bytes([1; 16])
        );
        for length in 0..note.len() {
            assert!(read(&dictionary, &note[..length]).is_err(), "{length}");
        }
    }
}
