//! A single table with all its margins.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::grid::GridError;
use crate::disclosure::line::Reason;
use crate::disclosure::settle::Rules;
use crate::disclosure::{Atom, Census, Counted, Dim, Grid, Settings, Spot, Tally};

/// One cell of a table as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCell {
    /// A place in each dimension; `None` is the total over it.
    pub key: Spot,
    /// What it holds.
    pub tally: Tally,
    /// Why it is hidden, if it is.
    pub hidden: Option<Reason>,
}

/// A table of up to three dimensions with its totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownTable {
    dims: usize,
    cells: BTreeMap<Spot, ShownCell>,
}

/// Why a table cannot be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// A cell's key has not one place for each dimension.
    #[error("a cell of the table has {found} places, the table {wanted} dimensions")]
    Key {
        /// Places of the cell.
        found: usize,
        /// Dimensions of the table.
        wanted: usize,
    },
    /// A total is not the sum of its parts.
    #[error("a total of the table is {total}, its parts sum to {parts}")]
    Sum {
        /// As given.
        total: u64,
        /// As summed.
        parts: u64,
    },
    /// More dimensions or values than a table may have.
    #[error("the table has too many dimensions or values")]
    TooLarge,
}

impl ShownTable {
    /// A table from its cells. Totals may be given, for the number of their centers, and must fit; without them they
    /// are summed, with the greatest number of centers of a part.
    pub fn new(
        dims: usize,
        cells: impl IntoIterator<Item = (Spot, Tally)>,
    ) -> Result<ShownTable, TableError> {
        let mut table = ShownTable { dims, cells: BTreeMap::new() };
        let mut sums: BTreeMap<Spot, Tally> = BTreeMap::new();
        let mut given = Vec::new();
        for (key, tally) in cells {
            if key.len() != dims {
                return Err(TableError::Key { found: key.len(), wanted: dims });
            }
            if key.iter().all(Option::is_some) {
                for subset in 0..1_usize << dims.min(Settings::DIMENSIONS) {
                    let sum = sums.entry(total_of(&key, subset)).or_default();
                    sum.units += tally.units;
                    sum.repeats += tally.repeats;
                    sum.centers = sum.centers.max(tally.centers);
                }
            } else {
                given.push((key, tally));
            }
        }
        for (key, tally) in given {
            let parts = sums.entry(key).or_default();
            if parts.units != tally.units {
                return Err(TableError::Sum { total: tally.units, parts: parts.units });
            }
            *parts = tally;
        }
        let shown = sums
            .into_iter()
            .map(|(key, tally)| (key.clone(), ShownCell { key, tally, hidden: None }));
        table.cells.extend(shown);
        Ok(table)
    }

    /// All cells, totals included, in the order of their keys.
    pub fn cells(&self) -> impl Iterator<Item = &ShownCell> {
        self.cells.values()
    }

    /// One cell; `None` where nobody was counted.
    pub fn cell(&self, key: &[Option<Atom>]) -> Option<&ShownCell> {
        self.cells.get(key)
    }

    pub(super) fn protect(&mut self, settings: Settings, rules: Rules) -> Result<(), TableError> {
        let dims: BTreeSet<Dim> =
            (0..self.dims).filter_map(|j| u16::try_from(j).ok()).map(Dim).collect();
        let settings = Settings { most_dimensions: Settings::DIMENSIONS, ..settings };
        let grid = Grid::new(self, &dims, settings, rules).map_err(|error| match error {
            GridError::TooManyDimensions { .. } | GridError::TooManyAtoms(_) => {
                TableError::TooLarge
            }
            GridError::Census(never) => match never {},
        })?;
        for (key, hidden) in grid.hidden_cells() {
            let empty = ShownCell { key: key.clone(), tally: Tally::default(), hidden: None };
            self.cells.entry(key).or_insert(empty).hidden = Some(hidden);
        }
        Ok(())
    }
}

/// The key with the dimensions of a set opened.
fn total_of(key: &[Option<Atom>], open: usize) -> Spot {
    key.iter().enumerate().map(|(j, place)| place.filter(|_| open & (1 << j) == 0)).collect()
}

impl Census for ShownTable {
    type Error = std::convert::Infallible;

    fn table(&self, dims: &[Dim]) -> Result<Vec<Counted>, Self::Error> {
        let wanted: BTreeSet<usize> = dims.iter().map(|dim| usize::from(dim.0)).collect();
        let fits = |cell: &&ShownCell| {
            cell.key.iter().enumerate().all(|(j, place)| place.is_some() == wanted.contains(&j))
        };
        let cells = self.cells.values().filter(fits);
        Ok(cells.map(|cell| (cell.key.iter().copied().flatten().collect(), cell.tally)).collect())
    }
}
