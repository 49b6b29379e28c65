//! Goes through the windows and counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bits::Bits;
use crate::error::ColumnsError;
use crate::packed::{Packed, each_width};
use crate::query::Filter;
use crate::segment::Segment;
use crate::store::{Part, Store};

use super::axis::Guide;
use super::cube::{Cells, Lane, compose};
use super::plan::{CubePlan, Plan, View};
use super::window::{Pick, WINDOW_ROWS, Window, can_match};

/// Below this many rows a second thread costs more than it brings.
const SHARED_ROWS: u64 = 50_000;

/// What a question took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Segments whose values were looked at; others were left out by what is known of them.
    pub segments: u64,
    /// Root rows that passed the filter.
    pub rows: u64,
    /// Joint counts that were taken to answer all panels.
    pub counts: u64,
}

/// Which root rows are meant.
pub(crate) enum Meant<'a> {
    /// Those for which this is true.
    Filter(&'a Filter),
    /// These of each part.
    Rows(Vec<Bits>),
}

/// A stretch of a part.
type Stretch = (usize, usize, usize);

/// Stretches of the parts that can hold what is meant.
fn stretches(store: &Store, filter: &Filter) -> (Vec<Stretch>, u64) {
    let mut all = Vec::new();
    let mut segments = 0;
    for (at, part) in store.inner.parts.iter().enumerate() {
        if !can_match(&part.segment, filter) {
            continue;
        }
        segments += 1;
        let rows = part.live.len();
        let starts = (0..rows).step_by(WINDOW_ROWS);
        all.extend(starts.map(|from| (at, from, (from + WINDOW_ROWS).min(rows))));
    }
    (all, segments)
}

/// Does the work on each stretch, on two threads if it is worth it, and gives what each thread made.
pub(crate) fn share<S: Send>(
    rows: u64,
    stretches: &[Stretch],
    threads: usize,
    make: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, Stretch) -> Result<(), ColumnsError> + Sync,
) -> Result<Vec<S>, ColumnsError> {
    let next = AtomicUsize::new(0);
    let go = || {
        let mut state = make();
        while let Some(stretch) = stretches.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(&mut state, *stretch)?;
        }
        Ok::<S, ColumnsError>(state)
    };
    if rows < SHARED_ROWS || threads < 2 {
        return Ok(vec![go()?]);
    }
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(go)).collect();
        let mut made = vec![go()?];
        for other in others {
            match other.join() {
                Ok(state) => made.push(state?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(made)
    })
}

/// Root rows of a stretch for which the filter is true.
pub(crate) fn pass(store: &Store, filter: &Filter, stretch: Stretch) -> Result<Bits, ColumnsError> {
    let (at, from, to) = stretch;
    let Some(part) = store.inner.parts.get(at) else { return Ok(Bits::default()) };
    let mut bits = part.live.part(from, to);
    let everything = matches!(filter, Filter::All(all) if all.is_empty());
    if !everything && bits.count() > 0 {
        bits.and(&window(store, part, stretch).eval(0, filter, true)?);
    }
    Ok(bits)
}

fn window<'a>(store: &'a Store, part: &'a Part, (_, from, to): Stretch) -> Window<'a> {
    Window { layout: &store.inner.layout, segment: &part.segment, from, to }
}

/// Counts all cubes of the plan.
pub(crate) fn run(
    store: &Store,
    plan: &Plan,
    filter: &Filter,
    meant: &Meant<'_>,
    threads: usize,
) -> Result<(Vec<Cells>, Work), ColumnsError> {
    let (stretches, segments) = stretches(store, filter);
    let make = || Worker::new(store, plan);
    let workers = share(store.rows(), &stretches, threads, make, |worker, stretch| {
        let root = match meant {
            Meant::Filter(filter) => pass(store, filter, stretch)?,
            Meant::Rows(rows) => {
                let (at, from, to) = stretch;
                rows.get(at).map(|rows| rows.part(from, to)).unwrap_or_default()
            }
        };
        worker.stretch(stretch, &root)
    })?;
    let mut work = Work { segments, rows: 0, counts: plan.cubes.len() as u64 };
    let mut workers = workers.into_iter();
    let mut cells: Vec<Cells> = Vec::new();
    if let Some(first) = workers.next() {
        work.rows = first.rows;
        cells = first.cells;
    }
    for worker in workers {
        work.rows += worker.rows;
        for (mine, theirs) in cells.iter_mut().zip(&worker.cells) {
            mine.merge(theirs);
        }
    }
    Ok((cells, work))
}

/// All stretches of all parts.
pub(crate) fn everything(store: &Store, filter: &Filter) -> Vec<Stretch> {
    stretches(store, filter).0
}

struct Worker<'a> {
    store: &'a Store,
    plan: &'a Plan,
    cells: Vec<Cells>,
    /// How the columns of the part are read that was last worked on.
    guides: HashMap<usize, Arc<Guide>>,
    guided: Option<usize>,
    rows: u64,
}

/// What is at hand while a view of a stretch is counted.
struct Sight<'a> {
    window: Window<'a>,
    table: u16,
    pick: Pick,
    /// The picked rows' rows in other tables.
    above: HashMap<u16, Pick>,
    places: HashMap<usize, Packed>,
}

impl<'a> Worker<'a> {
    fn new(store: &'a Store, plan: &'a Plan) -> Self {
        let cells = plan.cubes.iter().map(|cube| {
            let rows = u64::from(u32::MAX);
            let missing = |axis: &usize| plan.axes.get(*axis).map_or(0, |axis| axis.size - 1);
            let lanes = cube.sums.iter().map(|axis| Lane::new(missing(axis), rows)).collect();
            let dense = usize::try_from(cube.cells).ok().filter(|_| cube.dense);
            Cells::new(dense, lanes)
        });
        let cells = cells.collect();
        Self { store, plan, cells, guides: HashMap::new(), guided: None, rows: 0 }
    }

    fn stretch(&mut self, stretch: Stretch, root: &Bits) -> Result<(), ColumnsError> {
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
            let pick = rows_of(&window, view, root)?;
            if pick.len() == 0 {
                continue;
            }
            let mut sight = Sight {
                window,
                table: view.table,
                pick,
                above: HashMap::new(),
                places: HashMap::new(),
            };
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
        let is_multiple =
            |axis: &usize| self.plan.axes.get(*axis).is_some_and(super::axis::Axis::is_multiple);
        if cube.once.is_some() || cube.axes.iter().any(is_multiple) {
            return self.count_spread(at, cube, sight);
        }
        let none = Packed::U8(Vec::new());
        let places = |axis: &usize| sight.places.get(axis).unwrap_or(&none);
        let size = |axis: &usize| self.plan.axes.get(*axis).map_or(1, |it| it.size);
        let axes: Vec<(&Packed, u64)> = cube.axes.iter().map(|it| (places(it), size(it))).collect();
        let sums: Vec<&Packed> = cube.sums.iter().map(places).collect();
        let Some(cells) = self.cells.get_mut(at) else { return Ok(()) };
        if cube.cells <= 1 << 16 {
            cells.add(&compose::<u16>(sight.pick.len(), &axes), &sums);
        } else if cube.dense {
            cells.add(&compose::<u32>(sight.pick.len(), &axes), &sums);
        } else {
            cells.add(&compose::<u64>(sight.pick.len(), &axes), &sums);
        }
        Ok(())
    }

    /// Counts where one row can stand in several cells, or several rows count once.
    fn count_spread(
        &mut self,
        at: usize,
        cube: &CubePlan,
        sight: &Sight<'_>,
    ) -> Result<(), ColumnsError> {
        let len = u32::try_from(sight.pick.len()).unwrap_or(u32::MAX);
        let mut spread: Vec<(u32, u64)> = (0..len).map(|row| (row, 0)).collect();
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
                        let place = places.get(*row as usize).copied().unwrap_or_default();
                        *cell = cell.wrapping_mul(axis.size).wrapping_add(u64::from(place));
                    }
                });
            }
            if cube.once == Some(done + 1) {
                sight.once(&mut spread)?;
            }
        }
        let cells: Vec<u64> = spread.iter().map(|(_, cell)| *cell).collect();
        let sums: Vec<Packed> = cube
            .sums
            .iter()
            .filter_map(|axis| sight.places.get(axis))
            .map(|places| Packed::U64(spread_values(places, &spread)))
            .collect();
        if let Some(mine) = self.cells.get_mut(at) {
            mine.add(&cells, &sums.iter().collect::<Vec<_>>());
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
        let segment: &Segment = sight.window.segment;
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

/// Each row once in each of its cells.
fn spread_sets(spread: &[(u32, u64)], sets: &[&[u16]], size: u64) -> Vec<(u32, u64)> {
    let mut wider = Vec::with_capacity(spread.len());
    for (row, cell) in spread {
        let first = cell.wrapping_mul(size);
        let set = sets.get(*row as usize).copied().unwrap_or_default();
        if set.is_empty() {
            wider.push((*row, first.wrapping_add(size - 1)));
        }
        wider.extend(set.iter().map(|code| (*row, first.wrapping_add(u64::from(*code)))));
    }
    wider
}

fn spread_values(places: &Packed, spread: &[(u32, u64)]) -> Vec<u64> {
    each_width!(places, places => {
        let at = |row: u32| places.get(row as usize).copied().unwrap_or_default();
        spread.iter().map(|(row, _)| u64::from(at(*row))).collect()
    })
}

impl Sight<'_> {
    /// Keeps the first row of each root row in each cell.
    fn once(&self, spread: &mut Vec<(u32, u64)>) -> Result<(), ColumnsError> {
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
fn rows_of(window: &Window<'_>, view: &View, root: &Bits) -> Result<Pick, ColumnsError> {
    let (from, _) = window.range(view.table)?;
    if view.table == 0 && view.filter.is_none() {
        return Ok(Pick::of(root, from));
    }
    let mut bits =
        if view.table == 0 { root.clone() } else { window.below(root, 0, view.table)? };
    if let Some(filter) = &view.filter {
        bits.and(&window.eval(view.table, filter, true)?);
    }
    Ok(Pick::of(&bits, from))
}
