//! Counts for disclosure control, from the column store: every run of the registry, by any few axes.
//!
//! Each axis is read once for a version of the data ([`Placed`]); a grid's tables are margins of its finest one.

mod cells;
mod places;

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use columns::ColumnsError;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::answer::Source;
use crate::answer::axes::{self, Axis};
use crate::answer::census::cells::{Finest, counted, gathered};
pub(crate) use crate::answer::census::places::follow_up_splits_a_year;
use crate::answer::census::places::{Placed, placed};
use crate::disclosure::{Atom, Census, Counted, Dim, Settled};

/// Most memory for what is kept of a few versions, in bytes: places of runs, and settled tables.
const PLACES: u64 = 96 << 20;
const TABLES: u64 = 96 << 20;

/// Why counting failed.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum CensusError {
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    #[error("this combination of conditions has too many values to be checked")]
    TooLarge,
}

/// A version, whether it is for members, and the axes of a table.
type TableKey = (Box<str>, bool, Vec<Axis>);

/// What is kept of a version: by its name and what it is about.
pub(crate) struct Held {
    places: Cache<(Box<str>, Axis), Arc<Placed>, Bytes>,
    tables: Cache<TableKey, Arc<Settled>, Bytes>,
}

#[derive(Clone)]
struct Bytes;

impl<K> Weighter<K, Arc<Placed>> for Bytes {
    fn weight(&self, _: &K, placed: &Arc<Placed>) -> u64 {
        u64::try_from(placed.codes.len() * size_of::<u16>() + 256).unwrap_or(u64::MAX)
    }
}

impl<K> Weighter<K, Arc<Settled>> for Bytes {
    fn weight(&self, _: &K, settled: &Arc<Settled>) -> u64 {
        u64::try_from(settled.bytes() + 256).unwrap_or(u64::MAX)
    }
}

impl Held {
    pub(crate) fn new() -> Self {
        Self {
            places: Cache::with_weighter(200, PLACES, Bytes),
            tables: Cache::with_weighter(2_000, TABLES, Bytes),
        }
    }
}

/// The store as disclosure control sees it. `axes` ascend; [`Dim`] is the place among them.
pub(crate) struct StoreCensus<'s> {
    source: Source<'s>,
    axes: &'s [Axis],
    placed: Vec<Arc<Placed>>,
    /// Which settings the tables are settled with.
    member: bool,
    held: &'s Held,
    finest: OnceCell<Finest>,
}

impl<'s> StoreCensus<'s> {
    /// Reads what is not held yet.
    pub(crate) fn new(
        source: Source<'s>,
        axes: &'s [Axis],
        member: bool,
        held: &'s Held,
    ) -> Result<Self, CensusError> {
        let read = |axis: &Axis| {
            let key = (source.version.into(), axis.clone());
            held.places.get_or_insert_with(&key, || Ok(Arc::new(placed(source, axis)?)))
        };
        let placed = axes.iter().map(read).collect::<Result<_, CensusError>>()?;
        Ok(Self { source, axes, placed, member, held, finest: OnceCell::new() })
    }

    fn key(&self, dims: &[Dim]) -> TableKey {
        let axes = dims.iter().filter_map(|dim| self.axes.get(usize::from(dim.0)));
        (self.source.version.into(), self.member, axes.cloned().collect())
    }

    fn finest(&self) -> Result<&Finest, CensusError> {
        if let Some(finest) = self.finest.get() {
            return Ok(finest);
        }
        let center = Axis::Codes(self.source.catalog.roles().center);
        let key = (self.source.version.into(), center.clone());
        let read = || Ok::<_, CensusError>(Arc::new(placed(self.source, &center)?));
        let centers = self.held.places.get_or_insert_with(&key, read)?;
        // a run without a center counts for none
        let none = centers.atoms.iter().position(Option::is_none);
        let centers = centers.codes.iter().map(|center| {
            let known = none != Some(usize::from(*center));
            if known { center.saturating_add(1) } else { 0 }
        });
        let finest = counted(&self.placed, centers);
        let finest = finest.ok_or(CensusError::TooLarge)?;
        Ok(self.finest.get_or_init(|| finest))
    }

    fn sizes(&self) -> Vec<u64> {
        self.placed.iter().map(|placed| placed.size()).collect()
    }
}

impl Census for StoreCensus<'_> {
    type Error = CensusError;

    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, CensusError> {
        let places: Vec<usize> = dims.iter().map(|dim| usize::from(dim.0)).collect();
        let cells = gathered(self.finest()?, &places, &self.sizes());
        let atom = |codes: &[u16], place: usize| {
            let code = codes.get(place).copied().map_or(0, usize::from);
            self.placed.get(place).and_then(|placed| placed.atoms.get(code)).copied().flatten()
        };
        let cells = cells.ok_or(CensusError::TooLarge)?.into_iter().map(|(codes, met)| {
            (places.iter().map(|place| atom(&codes, *place)).collect(), met.tally())
        });
        Ok(cells.collect())
    }

    fn within(&self, fine: Dim) -> BTreeSet<Dim> {
        let Some(axis) = self.axes.get(usize::from(fine.0)) else { return BTreeSet::new() };
        let coarser = axes::within(self.source.catalog, axis);
        let places = (0_u16..).zip(self.axes).filter(|(_, other)| coarser.contains(other));
        places.map(|(place, _)| Dim(place)).collect()
    }

    fn atoms(&self, dim: Dim) -> Result<BTreeSet<Atom>, CensusError> {
        let placed = self.placed.get(usize::from(dim.0));
        Ok(placed.into_iter().flat_map(|placed| placed.atoms.iter().copied()).collect())
    }

    fn is_gap(&self, dim: Dim, atom: Atom) -> bool {
        let axis = self.axes.get(usize::from(dim.0));
        atom.is_none() && axis.is_some_and(|axis| axes::is_outcome(self.source.catalog, axis))
    }

    fn is_plain(&self, dim: Dim) -> bool {
        let axis = self.axes.get(usize::from(dim.0));
        axis.is_some_and(|axis| axes::is_plain(self.source.catalog, axis))
    }

    fn held(&self, dims: &[Dim]) -> Option<Arc<Settled>> {
        self.held.tables.get(&self.key(dims))
    }

    fn keep(&self, dims: &[Dim], settled: Settled) {
        self.held.tables.insert(self.key(dims), Arc::new(settled));
    }
}
