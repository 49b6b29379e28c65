//! Who counts: the one thing disclosure control needs to know of the data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::disclosure::grid::Settled;

/// A dimension, by a number that the asker gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dim(pub u16);

/// A place in a dimension: a code, a year, a band; `None` for missing.
pub type Atom = Option<i32>;

/// A population: the allowed atoms of each dimension that is constrained.
pub type Selection = BTreeMap<Dim, BTreeSet<Atom>>;

/// A cell of a table: one place for each of its dimensions, `None` for the total over it.
pub type Spot = Vec<Option<Atom>>;

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Units: runs, or courses or patients.
    pub units: u64,
    /// Runs beyond the units; 0 when the unit is the run.
    pub repeats: u64,
    /// Different centers that the units come from; counting may end at the fewest that a shown group needs.
    pub centers: u64,
}

/// A counted cell: its atoms in the order of the dimensions asked for.
pub type Counted = (Vec<Atom>, Tally);

/// Counts units by dimensions.
pub trait Census {
    /// Why counting failed.
    type Error;

    /// Every cell of these dimensions that holds any unit, over *all* public units: no filter. Without dimensions
    /// one cell, everything. Each unit must stand in exactly one cell, so that finer counts sum to coarser ones.
    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, Self::Error>;

    /// All coarser dimensions that this one lies within, as a country lies within its chapter: it is only ever
    /// counted within them, and a grid that has it must have them. Nobody needs to be determined exactly; atoms that
    /// never meet are known to be empty.
    fn within(&self, _fine: Dim) -> BTreeSet<Dim> {
        BTreeSet::new()
    }

    /// The atoms of a dimension at which anybody stands, in any order.
    fn atoms(&self, dim: Dim) -> Result<BTreeSet<Atom>, Self::Error> {
        let table = self.table(&[dim])?;
        Ok(table.iter().filter_map(|(key, _)| key.first().copied()).collect())
    }

    /// Whether an atom is a gap in the records, an outcome that is not known: that tells nothing of anybody's health.
    fn is_gap(&self, _dim: Dim, _atom: Atom) -> bool {
        false
    }

    /// Whether whoever knows somebody knows their place in this dimension anyway, as the year or the country.
    fn is_plain(&self, _dim: Dim) -> bool {
        false
    }

    /// The table of these dimensions as an earlier grid of the same data and settings has settled it.
    fn held(&self, _dims: &[Dim]) -> Option<Arc<Settled>> {
        None
    }

    /// Takes a settled table, for grids to come.
    fn keep(&self, _dims: &[Dim], _settled: Settled) {}
}

/// Whether each atom of `fine` lies in one atom of `coarse`, as a country in a chapter. Two such dimensions may both
/// be asked about publicly only if [`Census::within`] says so: see the module.
pub fn determines<C: Census>(census: &C, fine: Dim, coarse: Dim) -> Result<bool, C::Error> {
    let cells = census.table(&[fine, coarse])?;
    let fines: BTreeSet<Atom> = cells.iter().filter_map(|(key, _)| key.first().copied()).collect();
    Ok(fines.len() == cells.len())
}
