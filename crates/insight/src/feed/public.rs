//! The state of the registry that public answers come from: renewed in batches, and not forgotten by a restart.
//!
//! Whoever asks the same question before and after a submission sees the one run by which the answers differ. So the
//! public (and the members of other centers) are answered from a state that stays as it is until [`Batch`] says that
//! enough has changed. What has changed is the exact difference between that state and the newest one: runs that were
//! added, taken away, or of which any value is another; a run that changed and changed back counts no more.
//!
//! What it guarantees: two successive public states differ by at least `runs` runs of at least `centers` centers, and
//! by at least `others` runs that are not of the center with the most changes, so that not even this center, which
//! knows its own, can tell one of the others. Differences between cells of two states may still be single runs: the
//! batch hides *whose* change it was among those that changed, not that there was one. A state of which nothing is
//! shown (fewer runs or centers than a shown group needs) may be renewed at any time, so a new registry shows
//! what it has at once.
//!
//! The state is a file beside the snapshot, written before it is shown for the first time. At the next start it is
//! opened, and what has changed since is read from the audit chains. Only when the file is lost, or the program or
//! the dictionary are others, does a start begin with the newest state.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::Instant;
use columns::{
    ColumnsError, Counts, Filter, Measure, Panel, Record, Schema, Select, Store, Unit, Value,
};
use registry::Cursor;

use crate::disclosure::{Audience, Settings};
use crate::shape::{Extra, Shape};

/// When public answers are renewed. All of it must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// Runs that have changed since.
    pub runs: usize,
    /// Centers that these are of.
    pub centers: usize,
    /// Runs among them that are not of the center with the most.
    pub others: usize,
}

impl Batch {
    /// With every change: for a registry without public answers, and for tests.
    pub const AT_ONCE: Self = Self { runs: 1, centers: 1, others: 0 };
}

impl Default for Batch {
    fn default() -> Self {
        Self { runs: 20, centers: 3, others: 5 }
    }
}

/// What has changed since the public state: runs, each with its center.
#[derive(Debug, Default)]
pub(super) struct Changed {
    runs: HashMap<[u8; 16], Option<u32>>,
}

impl Changed {
    /// Compares a run as it is now with the public state.
    pub(super) fn put(
        &mut self,
        shape: &Shape,
        public: &Store,
        record: &Record,
    ) -> Result<(), ColumnsError> {
        let held = public.record(&record.key)?;
        if held.is_some_and(|held| plain(shape, held) == plain(shape, record.clone())) {
            self.runs.remove(&record.key);
        } else {
            self.runs.insert(record.key, center(shape, record));
        }
        Ok(())
    }

    /// A run that is no more.
    pub(super) fn gone(
        &mut self,
        shape: &Shape,
        public: &Store,
        key: [u8; 16],
    ) -> Result<(), ColumnsError> {
        match public.record(&key)? {
            Some(held) => self.runs.insert(key, center(shape, &held)),
            None => self.runs.remove(&key),
        };
        Ok(())
    }

    /// Whether a new public state may be shown.
    pub(super) fn is_enough(&self, batch: &Batch) -> bool {
        let mut by_center: HashMap<Option<u32>, usize> = HashMap::new();
        for center in self.runs.values() {
            *by_center.entry(*center).or_default() += 1;
        }
        let most = by_center.values().max().copied().unwrap_or(0);
        !self.runs.is_empty()
            && self.runs.len() >= batch.runs
            && by_center.len() >= batch.centers
            && self.runs.len() - most >= batch.others
    }
}

/// Without dense numbers, which say nothing of the run.
fn plain(shape: &Shape, mut record: Record) -> Record {
    for extra in [Extra::Center, Extra::Patient, Extra::Course] {
        if let Some(slot) = record.values.get_mut(usize::from(shape.extra(extra).column)) {
            *slot = Value::Missing;
        }
    }
    record
}

fn center(shape: &Shape, record: &Record) -> Option<u32> {
    match record.values.get(usize::from(shape.extra(Extra::Center).column)) {
        Some(Value::Key(center)) => Some(*center),
        _ => None,
    }
}

/// Whether nothing of a state is shown publicly: the whole of it is too small, so everything below it is hidden.
pub(super) fn shows_nothing(shape: &Shape, store: &Store) -> Result<bool, ColumnsError> {
    let least = Settings::of(Audience::Public);
    let centers = Panel {
        table: 0,
        filter: None,
        by: Vec::new(),
        measures: vec![Measure::Distinct(shape.extra(Extra::Center))],
        once: false,
    };
    let everyone = Select { filter: Filter::All(Vec::new()), unit: Unit::Row };
    let answers = store.answer(&everyone, &[centers])?;
    let cell = answers.first().and_then(|answer| answer.cells.first()?.measures.first());
    let centers = if let Some(Counts::Number(centers)) = cell { *centers } else { 0 };
    Ok(store.rows() < least.least_units || centers < least.least_centers)
}

/// A public state as it was kept.
pub(super) struct Kept {
    pub(super) store: Store,
    pub(super) cursor: Cursor,
    pub(super) as_of: Instant,
}

/// The file of the public state, beside the snapshot.
pub(super) fn path(snapshot: &Path) -> PathBuf {
    snapshot.with_extension("public")
}

/// Opens it; nothing when there is none that fits.
pub(super) fn open(
    path: &Path,
    schema: &Arc<Schema>,
    fingerprint: &[u8; 32],
) -> Result<Option<Kept>, String> {
    if !path.exists() {
        return Ok(None);
    }
    let (store, note) = Store::open(path, Arc::clone(schema)).map_err(|error| error.to_string())?;
    let other = || "it was made by another version of the program or of the dictionary".to_owned();
    let rest = note.strip_prefix(fingerprint).ok_or_else(other)?;
    let (as_of, cursor) = rest.split_first_chunk::<8>().ok_or_else(other)?;
    let as_of = Instant::from_micros(i64::from_le_bytes(*as_of));
    let cursor = Cursor::from_bytes(cursor).map_err(|error| error.to_string())?;
    Ok(Some(Kept { store, cursor, as_of }))
}

/// Writes it.
pub(super) fn save(path: &Path, fingerprint: &[u8; 32], kept: &Kept) -> Result<(), String> {
    let mut note = fingerprint.to_vec();
    note.extend_from_slice(&kept.as_of.as_micros().to_le_bytes());
    note.extend_from_slice(&kept.cursor.to_bytes());
    kept.store.save(path, &note).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_many_runs_of_several_centers_of_which_none_made_nearly_all() {
        let changed = |of: &[u32]| {
            let mut changed = Changed::default();
            let runs = (0_u32..).flat_map(|at| {
                let runs = of.get(usize::try_from(at).unwrap()).copied().unwrap_or(0);
                (0..runs).map(move |run| (at, run))
            });
            let all = usize::try_from(of.iter().sum::<u32>()).unwrap();
            for (center, run) in runs.take(all) {
                let mut key = [0; 16];
                key[..4].copy_from_slice(&center.to_be_bytes());
                key[4..8].copy_from_slice(&run.to_be_bytes());
                changed.runs.insert(key, Some(center));
            }
            changed.is_enough(&Batch::default())
        };

        assert!(changed(&[10, 5, 5]) && changed(&[300, 3, 2]));
        assert!(!changed(&[10, 5, 4]), "too few runs");
        assert!(!changed(&[20, 20]), "too few centers");
        assert!(!changed(&[300, 2, 2]), "one center could tell the others");
        assert!(!Changed::default().is_enough(&Batch { runs: 0, centers: 0, others: 0 }));
    }
}
