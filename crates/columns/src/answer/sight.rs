//! The rows of one view in one stretch, and what is worked out of them once for all cubes.

use std::collections::HashMap;

use crate::bits::Bits;
use crate::error::ColumnsError;
use crate::packed::Packed;

use super::cube::Amounts;
use super::plan::View;
use super::window::{Pick, Window};

/// What is at hand while a view of a stretch is counted.
pub(crate) struct Sight<'a> {
    pub(crate) window: Window<'a>,
    pub(crate) table: u16,
    /// Rows whose places are worked out.
    pub(crate) pick: Pick,
    /// Which of them count, by their place among them; none if all do.
    pub(crate) chosen: Option<Vec<u32>>,
    /// The picked rows' rows in other tables.
    pub(crate) above: HashMap<u16, Pick>,
    pub(crate) places: HashMap<usize, Packed>,
    /// What is added to a lane, by its axis.
    pub(crate) amounts: HashMap<usize, Amounts>,
}

impl<'a> Sight<'a> {
    /// Nothing if no row of the view hangs on these root rows.
    pub(crate) fn of(
        window: Window<'a>,
        view: &View,
        root: &Bits,
    ) -> Result<Option<Self>, ColumnsError> {
        let bits = rows_of(&window, view, root)?;
        let (from, to) = window.range(view.table)?;
        let count = bits.count();
        if count == 0 {
            return Ok(None);
        }
        // working out the places of all rows in one go is cheaper than picking even a few rows' values
        let all = count * 6 > to - from;
        let (pick, chosen) = if !all {
            (Pick::of(&bits, from), None)
        } else if count == to - from {
            (Pick::All(from, to), None)
        } else {
            (Pick::All(from, to), Some(Pick::of(&bits, 0).to_rows()))
        };
        Ok(Some(Self {
            window,
            table: view.table,
            pick,
            chosen,
            above: HashMap::new(),
            places: HashMap::new(),
            amounts: HashMap::new(),
        }))
    }

    /// Keeps the first row of each root row in each cell.
    pub(crate) fn once(&self, spread: &mut Vec<(u32, u64)>) -> Result<(), ColumnsError> {
        let mut roots = self.pick.to_rows();
        self.window.climb(self.table, 0, &mut roots)?;
        // a root row's rows stand together
        let mut last: HashMap<u64, u32> = HashMap::new();
        spread.retain(|(row, cell)| {
            let root = roots.get(*row as usize).copied().unwrap_or(u32::MAX);
            last.insert(*cell, root) != Some(root)
        });
        Ok(())
    }
}

/// Rows of the view that hang on these root rows.
fn rows_of(window: &Window<'_>, view: &View, root: &Bits) -> Result<Bits, ColumnsError> {
    let mut bits =
        if view.table == 0 { root.clone() } else { window.below(root, 0, view.table)? };
    if let Some(filter) = &view.filter
        && bits.count() > 0
    {
        bits.and(&window.eval(view.table, filter, true)?);
    }
    Ok(bits)
}

/// Each row once in each of its cells.
pub(crate) fn spread_sets(spread: &[(u32, u64)], sets: &[&[u16]], size: u64) -> Vec<(u32, u64)> {
    let mut wider = Vec::with_capacity(spread.len());
    for (row, cell) in spread {
        let first = cell.wrapping_mul(size);
        let set = sets.get(*row as usize).copied().unwrap_or_default();
        if set.is_empty() {
            wider.push((*row, first));
        }
        wider.extend(set.iter().map(|code| (*row, first.wrapping_add(u64::from(*code) + 1))));
    }
    wider
}
