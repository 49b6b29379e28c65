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

use super::axis::{Axis, Guide};
use super::cube::{Amounts, Cells, Lane, compose};
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
    cells.iter_mut().for_each(Cells::settle);
    for mut worker in workers {
        worker.cells.iter_mut().for_each(Cells::settle);
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
    seen: Vec<u32>,
    rows: u64,
}

/// What is at hand while a view of a stretch is counted.
struct Sight<'a> {
    window: Window<'a>,
    table: u16,
    /// Rows whose places are worked out.
    pick: Pick,
    /// Which of them count, by their place among them; none if all do.
    chosen: Option<Vec<u32>>,
    /// The picked rows' rows in other tables.
    above: HashMap<u16, Pick>,
    places: HashMap<usize, Packed>,
    /// What is added to a lane, by its axis.
    amounts: HashMap<usize, Amounts>,
}

impl<'a> Worker<'a> {
    fn new(store: &'a Store, plan: &'a Plan) -> Self {
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
        let mut look = |row: u32| {
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
            Some(chosen) => chosen.iter().for_each(|row| look(*row)),
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
            wider.push((*row, first));
        }
        wider.extend(set.iter().map(|code| (*row, first.wrapping_add(u64::from(*code) + 1))));
    }
    wider
}

impl<'a> Sight<'a> {
    /// Nothing if no row of the view hangs on these root rows.
    fn of(window: Window<'a>, view: &View, root: &Bits) -> Result<Option<Self>, ColumnsError> {
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
