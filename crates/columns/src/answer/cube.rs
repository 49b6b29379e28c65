//! Counting rows into cells.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::packed::{Packed, Place, each_width};

/// Cells of one joint count.
#[derive(Debug)]
pub(crate) struct Cells {
    /// The place of each cell that was seen; none if cells stand at their own number.
    index: Option<HashMap<u64, u32, BuildHasherDefault<Mix>>>,
    pub(crate) counts: Vec<u32>,
    pub(crate) lanes: Vec<Lane>,
}

/// Sums of one column.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// Sums of the places of the values, if they cannot pass 64 bits.
    pub(crate) totals: Vec<u64>,
    /// The same if they can.
    pub(crate) wide: Vec<u128>,
    pub(crate) known: Vec<u32>,
    /// The place that means missing.
    missing: u64,
    is_wide: bool,
}

impl Lane {
    /// For values below `missing`, of at most `rows` rows.
    pub(crate) fn new(missing: u64, rows: u64) -> Self {
        let is_wide = missing.checked_mul(rows).is_none();
        Self { totals: Vec::new(), wide: Vec::new(), known: Vec::new(), missing, is_wide }
    }

    fn grow(&mut self, cells: usize) {
        self.known.resize(cells, 0);
        if self.is_wide {
            self.wide.resize(cells, 0);
        } else {
            self.totals.resize(cells, 0);
        }
    }

    fn add_all<G: Place, P: Place>(&mut self, cells: &[G], values: &[P]) {
        let missing = self.missing;
        for (cell, value) in cells.iter().zip(values) {
            self.add(place(*cell), value.wide(), missing);
        }
    }

    #[inline]
    fn add(&mut self, cell: usize, value: u64, missing: u64) {
        let known = u32::from(value != missing);
        if let Some(count) = self.known.get_mut(cell) {
            *count += known;
        }
        if self.is_wide {
            if let Some(total) = self.wide.get_mut(cell) {
                *total += u128::from(value) * u128::from(known);
            }
        } else if let Some(total) = self.totals.get_mut(cell) {
            *total += value * u64::from(known);
        }
    }

    /// Sum of the places in a cell, and rows with a value.
    pub(crate) fn at(&self, cell: usize) -> (u128, u64) {
        let total = if self.is_wide {
            self.wide.get(cell).copied()
        } else {
            self.totals.get(cell).map(|total| u128::from(*total))
        };
        (total.unwrap_or(0), self.known.get(cell).copied().unwrap_or(0).into())
    }

    fn take(&mut self, cell: usize, from: &Self, other: usize) {
        if let (Some(mine), Some(theirs)) = (self.known.get_mut(cell), from.known.get(other)) {
            *mine += theirs;
        }
        if let (Some(mine), Some(theirs)) = (self.totals.get_mut(cell), from.totals.get(other)) {
            *mine += theirs;
        }
        if let (Some(mine), Some(theirs)) = (self.wide.get_mut(cell), from.wide.get(other)) {
            *mine += theirs;
        }
    }
}

#[inline]
fn place<G: Place>(cell: G) -> usize {
    // cells of plain arrays are few
    usize::try_from(cell.wide()).unwrap_or(usize::MAX)
}

impl Cells {
    pub(crate) fn new(dense: Option<usize>, mut lanes: Vec<Lane>) -> Self {
        let cells = dense.unwrap_or(0);
        lanes.iter_mut().for_each(|lane| lane.grow(cells));
        let index = dense.is_none().then(HashMap::default);
        Self { index, counts: vec![0; cells], lanes }
    }

    /// Adds one row to each of these cells; `values` are the places to be summed, one column for each lane.
    pub(crate) fn add<G: Place>(&mut self, cells: &[G], values: &[&Packed]) {
        if self.index.is_some() {
            let cells = self.find(cells);
            self.add_found(&cells, values);
        } else {
            self.add_found(cells, values);
        }
    }

    fn add_found<G: Place>(&mut self, cells: &[G], values: &[&Packed]) {
        for cell in cells {
            if let Some(count) = self.counts.get_mut(place(*cell)) {
                *count += 1;
            }
        }
        for (lane, values) in self.lanes.iter_mut().zip(values) {
            each_width!(values, values => lane.add_all(cells, values));
        }
    }

    fn find<G: Place>(&mut self, cells: &[G]) -> Vec<u32> {
        let Some(index) = &mut self.index else { return Vec::new() };
        let found = cells
            .iter()
            .map(|cell| {
                // there are never more cells than rows, and rows fit 32 bits
                let next = u32::try_from(index.len()).unwrap_or(u32::MAX);
                *index.entry(cell.wide()).or_insert(next)
            })
            .collect();
        let cells = index.len();
        self.grow(cells);
        found
    }

    fn grow(&mut self, cells: usize) {
        self.counts.resize(cells, 0);
        self.lanes.iter_mut().for_each(|lane| lane.grow(cells));
    }

    /// Adds what another thread counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (cell, theirs) in other.seen() {
            let mine = if self.index.is_some() {
                self.find(&[cell]).first().map_or(0, |it| *it as usize)
            } else {
                theirs
            };
            if let (Some(count), Some(more)) = (self.counts.get_mut(mine), other.counts.get(theirs))
            {
                *count += more;
            }
            for (lane, from) in self.lanes.iter_mut().zip(&other.lanes) {
                lane.take(mine, from, theirs);
            }
        }
    }

    /// Cells with rows: their number, and their place in the arrays.
    pub(crate) fn seen(&self) -> Box<dyn Iterator<Item = (u64, usize)> + '_> {
        match &self.index {
            Some(index) => Box::new(index.iter().map(|(cell, at)| (*cell, *at as usize))),
            None => {
                let some = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
                Box::new(some.map(|(at, _)| (at as u64, at)))
            }
        }
    }
}

/// Numbers of cells from the places on each axis.
pub(crate) fn compose<G: Place>(len: usize, axes: &[(&Packed, u64)]) -> Vec<G> {
    let mut cells = vec![G::cut(0); len];
    for (places, size) in axes {
        each_width!(places, places => {
            for (cell, place) in cells.iter_mut().zip(places) {
                *cell = G::cut(cell.wide().wrapping_mul(*size).wrapping_add(place.wide()));
            }
        });
    }
    cells
}

/// Spreads numbers that often follow each other. Not for hostile keys: cells are numbered by us.
#[derive(Debug, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}
