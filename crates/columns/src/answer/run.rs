//! Goes through the windows and counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::bits::Bits;
use crate::error::ColumnsError;
use crate::query::Filter;
use crate::store::{Part, Store};

use super::cube::Cells;
use super::plan::Plan;
use super::window::{WINDOW_ROWS, Window, can_match};
use super::worker::Worker;

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
pub(crate) type Stretch = (usize, usize, usize);

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

pub(crate) fn window<'a>(store: &'a Store, part: &'a Part, (_, from, to): Stretch) -> Window<'a> {
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
