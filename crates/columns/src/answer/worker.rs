//! One thread's counting.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bits::Bits;
use crate::error::ColumnsError;
use crate::packed::{Packed, Place as _, each_width};
use crate::store::Store;

use super::axis::{Axis, Guide};
use super::cube::{Amounts, Cells, Lane, compose};
use super::plan::{CubePlan, Plan};
use super::run::{Stretch, window};
use super::sight::{Sight, spread_sets};
use super::window::Pick;

/// Counts all cubes of a plan, stretch by stretch.
pub(crate) struct Worker<'a> {
    store: &'a Store,
    plan: &'a Plan,
    pub(crate) cells: Vec<Cells>,
    /// How the columns of the part are read that was last worked on.
    guides: HashMap<usize, Arc<Guide>>,
    guided: Option<usize>,
    seen: Vec<u32>,
    pub(crate) rows: u64,
}

impl<'a> Worker<'a> {
    pub(crate) fn new(store: &'a Store, plan: &'a Plan) -> Self {
        let cells = plan.cubes.iter().map(|cube| {
            let table = plan.views.get(cube.view).map_or(0, |view| view.table);
            let segments = store.inner.parts.iter().map(|part| &part.segment);
            let rows = segments.map(|segment| segment.rows_of(table) as u64).sum();
            let size = |axis: &usize| plan.axes.get(*axis).map_or(0, |axis| axis.size);
            let lanes = cube.sums.iter().map(|axis| Lane::new(size(axis), rows)).collect();
            let dense = usize::try_from(cube.cells).ok().filter(|_| cube.dense);
            Cells::new(dense, lanes)
        });
        let cells = cells.collect();
        Self { store, plan, cells, guides: HashMap::new(), guided: None, seen: Vec::new(), rows: 0 }
    }

    pub(crate) fn stretch(&mut self, stretch: Stretch, root: &Bits) -> Result<(), ColumnsError> {
        let count = root.count();
        let Some(part) = self.store.inner.parts.get(stretch.0).filter(|_| count > 0) else {
            return Ok(());
        };
        self.rows += count as u64;
        if self.guided != Some(stretch.0) {
            self.guides.clear();
            self.guided = Some(stretch.0);
        }
        let window = window(self.store, part, stretch);
        for (at, view) in self.plan.views.iter().enumerate() {
            let Some(mut sight) = Sight::of(window, view, root)? else { continue };
            for (at, cube) in self.plan.cubes.iter().enumerate().filter(|(_, it)| it.view == at) {
                self.count(at, cube, &mut sight)?;
            }
        }
        Ok(())
    }

    fn count(
        &mut self,
        at: usize,
        cube: &CubePlan,
        sight: &mut Sight<'_>,
    ) -> Result<(), ColumnsError> {
        for axis in cube.axes.iter().chain(&cube.sums) {
            self.prepare(*axis, sight)?;
        }
        let lanes = self.cells.get(at).map(|cells| cells.lanes.as_slice()).unwrap_or_default();
        for (axis, lane) in cube.sums.iter().zip(lanes) {
            // lanes of one column in one view are all of one kind
            if let Some(places) = sight.places.get(axis)
                && !sight.amounts.contains_key(axis)
            {
                sight.amounts.insert(*axis, Amounts::of(places, lane));
            }
        }
        let is_multiple = |at: &usize| self.plan.axes.get(*at).is_some_and(Axis::is_multiple);
        if cube.axes.iter().any(is_multiple) {
            return self.count_spread(at, cube, sight);
        }
        let mut firsts = None;
        if let Some(leading) = cube.once {
            firsts = self.first_rows(cube.axes.get(..leading).unwrap_or_default(), sight)?;
            if firsts.is_none() {
                return self.count_spread(at, cube, sight);
            }
        }
        let sizes = self.plan.sizes(&cube.axes);
        let places = cube.axes.iter().filter_map(|axis| sight.places.get(axis));
        let axes: Vec<(&Packed, u64)> = places.zip(sizes).collect();
        let amounts: Vec<&Amounts> =
            cube.sums.iter().filter_map(|axis| sight.amounts.get(axis)).collect();
        let Some(cells) = self.cells.get_mut(at) else { return Ok(()) };
        let len = sight.pick.len();
        let chosen = firsts.as_deref().or(sight.chosen.as_deref());
        if cube.cells <= 1 << 8 {
            cells.add(&compose::<u8>(len, &axes), chosen, &amounts);
        } else if cube.cells <= 1 << 16 {
            cells.add(&compose::<u16>(len, &axes), chosen, &amounts);
        } else if cube.cells <= 1 << 32 {
            cells.add(&compose::<u32>(len, &axes), chosen, &amounts);
        } else {
            cells.add(&compose::<u64>(len, &axes), chosen, &amounts);
        }
        Ok(())
    }

    /// Of the chosen rows, the first of each root row in each cell of some axes; nothing if the cells are too many
    /// to note them in a plain array.
    fn first_rows(
        &mut self,
        axes: &[usize],
        sight: &Sight<'_>,
    ) -> Result<Option<Vec<u32>>, ColumnsError> {
        let sizes = self.plan.sizes(axes);
        let cells = sizes.iter().try_fold(1_u64, |cells, size| cells.checked_mul(*size));
        let Some(cells) = cells.filter(|cells| *cells <= 1 << 16) else { return Ok(None) };
        let places = axes.iter().filter_map(|axis| sight.places.get(axis));
        let cell_of: Vec<u16> = compose(sight.pick.len(), &places.zip(sizes).collect::<Vec<_>>());
        let mut roots = sight.pick.to_rows();
        sight.window.climb(sight.table, 0, &mut roots)?;
        // the last root row that was seen in each cell; a root row's rows stand together
        self.seen.clear();
        self.seen.resize(usize::try_from(cells).unwrap_or(0), u32::MAX);
        let mut firsts = Vec::new();
        let look = |row: u32| {
            let at = row as usize;
            if let (Some(cell), Some(root)) = (cell_of.get(at), roots.get(at))
                && let Some(seen) = self.seen.get_mut(usize::from(*cell))
                && *seen != *root
            {
                *seen = *root;
                firsts.push(row);
            }
        };
        match &sight.chosen {
            Some(chosen) => chosen.iter().copied().for_each(look),
            None => (0..=u32::MAX).take(sight.pick.len()).for_each(look),
        }
        Ok(Some(firsts))
    }

    /// Counts where one row can stand in several cells, or several rows count once.
    fn count_spread(
        &mut self,
        at: usize,
        cube: &CubePlan,
        sight: &Sight<'_>,
    ) -> Result<(), ColumnsError> {
        let mut spread: Vec<(u32, u64)> = match &sight.chosen {
            Some(chosen) => chosen.iter().map(|row| (*row, 0)).collect(),
            None => (0..=u32::MAX).take(sight.pick.len()).map(|row| (row, 0)).collect(),
        };
        if cube.once == Some(0) {
            sight.once(&mut spread)?;
        }
        for (done, at) in cube.axes.iter().enumerate() {
            let Some(axis) = self.plan.axes.get(*at) else { continue };
            if axis.is_multiple() {
                let pick = sight.above.get(&axis.column.table).unwrap_or(&sight.pick);
                let sets = axis.sets(sight.window.segment, pick)?;
                spread = spread_sets(&spread, &sets, axis.size);
            } else if let Some(places) = sight.places.get(at) {
                each_width!(places, places => {
                    for (row, cell) in &mut spread {
                        let place = places.get(*row as usize).map_or(0, |place| place.wide());
                        *cell = cell.wrapping_mul(axis.size).wrapping_add(place);
                    }
                });
            }
            if cube.once == Some(done + 1) {
                sight.once(&mut spread)?;
            }
        }
        let cells: Vec<u64> = spread.iter().map(|(_, cell)| *cell).collect();
        let rows = || spread.iter().map(|(row, _)| *row as usize);
        let amounts: Vec<Amounts> = cube
            .sums
            .iter()
            .filter_map(|axis| sight.amounts.get(axis))
            .map(|amounts| amounts.picked(rows()))
            .collect();
        if let Some(mine) = self.cells.get_mut(at) {
            mine.add(&cells, None, &amounts.iter().collect::<Vec<_>>());
        }
        Ok(())
    }

    /// Makes the places of an axis ready.
    fn prepare(&mut self, at: usize, sight: &mut Sight<'_>) -> Result<(), ColumnsError> {
        let Some(axis) = self.plan.axes.get(at) else { return Ok(()) };
        let above = axis.column.table;
        if above != sight.table && !sight.above.contains_key(&above) {
            let mut rows = sight.pick.to_rows();
            sight.window.climb(sight.table, above, &mut rows)?;
            sight.above.insert(above, Pick::Rows(rows));
        }
        if axis.is_multiple() || sight.places.contains_key(&at) {
            return Ok(());
        }
        let segment = sight.window.segment;
        let guide = match self.guides.get(&at) {
            Some(guide) => Arc::clone(guide),
            None => Arc::new(axis.guide(segment)?),
        };
        let pick = sight.above.get(&above).unwrap_or(&sight.pick);
        let places = axis.places(segment, &guide, pick)?;
        self.guides.insert(at, guide);
        sight.places.insert(at, places);
        Ok(())
    }
}
