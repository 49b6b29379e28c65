//! Adding a joint count up over the axes that a figure does not need.

use std::borrow::Cow;
use std::collections::HashMap;

use super::cube::{Cells, Lane};
use super::plan::{CubePlan, DENSE, Need, Plan};

/// Rows, and sums, of each cell of some axes; the last axis changes fastest.
#[derive(Debug)]
pub(crate) enum Marginal<'a> {
    /// At their own numbers.
    Dense { rows: Cow<'a, [u32]>, sums: Vec<(u128, u64)> },
    /// Ascending.
    Sparse(Vec<Entry>),
}

/// One cell with rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    cell: u64,
    rows: u64,
    total: u128,
    known: u64,
}

impl Marginal<'_> {
    /// Numbers of the cells with rows, ascending.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        match self {
            Self::Dense { rows, .. } => {
                (0_u64..).zip(rows.iter()).filter(|(_, rows)| **rows > 0).map(|it| it.0).collect()
            }
            Self::Sparse(entries) => entries.iter().map(|entry| entry.cell).collect(),
        }
    }

    /// The cells that make up one cell of the leading axes: place on the others, and rows.
    pub(crate) fn each(&self, cell: u64, places: u64, work: &mut dyn FnMut(u64, u64)) {
        match self {
            Self::Dense { rows, .. } => {
                let from = usize::try_from(cell * places).unwrap_or(usize::MAX);
                let to = usize::try_from((cell + 1) * places).unwrap_or(usize::MAX);
                let here = rows.get(from..to).unwrap_or_default();
                for (place, rows) in (0_u64..).zip(here) {
                    if *rows > 0 {
                        work(place, u64::from(*rows));
                    }
                }
            }
            Self::Sparse(entries) => {
                let first = entries.partition_point(|entry| entry.cell / places < cell);
                let here = entries.iter().skip(first);
                for entry in here.take_while(|entry| entry.cell / places == cell) {
                    work(entry.cell % places, entry.rows);
                }
            }
        }
    }

    /// Sum of places, and rows with a value.
    pub(crate) fn sum(&self, cell: u64) -> (u128, u64) {
        match self {
            Self::Dense { sums, .. } => {
                let at = usize::try_from(cell).unwrap_or(usize::MAX);
                sums.get(at).copied().unwrap_or_default()
            }
            Self::Sparse(entries) => entries
                .binary_search_by_key(&cell, |entry| entry.cell)
                .ok()
                .and_then(|at| entries.get(at))
                .map_or((0, 0), |entry| (entry.total, entry.known)),
        }
    }
}

pub(crate) fn marginal<'a>(plan: &Plan, cells: &'a [Cells], need: &Need) -> Marginal<'a> {
    let (Some(cube), Some(cells)) = (plan.cubes.get(need.cube), cells.get(need.cube)) else {
        return Marginal::Sparse(Vec::new());
    };
    let lane = need
        .sum
        .and_then(|sum| cube.sums.iter().position(|it| *it == sum))
        .and_then(|at| cells.lanes.get(at));
    let size = plan.sizes(&need.axes).into_iter().try_fold(1_u64, u64::checked_mul);
    match size.and_then(|it| usize::try_from(it).ok()) {
        Some(_) if cells.is_dense() && need.axes == cube.axes => {
            let all = 0..cells.counts.len();
            let sums = lane.map(|lane| all.map(|at| lane.at(at)).collect()).unwrap_or_default();
            Marginal::Dense { rows: Cow::Borrowed(&cells.counts), sums }
        }
        Some(size) if cells.is_dense() && size as u64 <= DENSE => {
            fold(&steps(plan, cube, need), cells, lane, size)
        }
        _ => gather(&steps(plan, cube, need), cells, lane),
    }
}

/// Adds a plain array up into a plain array.
fn fold<'a>(steps: &[(u64, u64)], cells: &Cells, lane: Option<&Lane>, size: usize) -> Marginal<'a> {
    let mut rows = vec![0_u32; size];
    let mut sums = vec![(0_u128, 0_u64); if lane.is_some() { size } else { 0 }];
    let whole = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let steps: Vec<(usize, usize)> = steps.iter().map(|it| (whole(it.0), whole(it.1))).collect();
    let Some(((last, step), outer)) = steps.split_last() else {
        return Marginal::Dense { rows: Cow::Owned(cells.counts.clone()), sums };
    };
    let mut at = vec![0_usize; outer.len()];
    let mut target = 0_usize;
    for (line, counts) in cells.counts.chunks(*last).enumerate() {
        if *step == 0 {
            if let Some(sum) = rows.get_mut(target) {
                *sum += counts.iter().sum::<u32>();
            }
        } else {
            let targets = rows.iter_mut().skip(target).step_by(*step);
            targets.zip(counts).for_each(|(sum, count)| *sum += count);
        }
        for (place, _) in counts.iter().enumerate().filter(|it| *it.1 > 0 && lane.is_some()) {
            let (total, known) = lane.map_or((0, 0), |lane| lane.at(line * last + place));
            if let Some(sum) = sums.get_mut(target + place * step) {
                *sum = (sum.0 + total, sum.1 + known);
            }
        }
        // the next line: the last of the outer axes turns fastest
        for (at, (size, step)) in at.iter_mut().zip(outer).rev() {
            *at += 1;
            target += step;
            if *at < *size {
                break;
            }
            target -= *at * step;
            *at = 0;
        }
    }
    Marginal::Dense { rows: Cow::Owned(rows), sums }
}

fn gather<'a>(steps: &[(u64, u64)], cells: &Cells, lane: Option<&Lane>) -> Marginal<'a> {
    let mut sums: HashMap<u64, Entry> = HashMap::new();
    let dense = cells.counts.iter().enumerate().filter(|it| *it.1 > 0);
    let dense = dense.map(|(at, _)| (at as u64, at));
    let dense = dense.take(if cells.is_dense() { usize::MAX } else { 0 });
    for (cell, at) in dense.chain(cells.seen()) {
        let mut rest = cell;
        let mut target = 0;
        for (size, step) in steps.iter().rev() {
            target += rest % size * step;
            rest /= size;
        }
        let (total, known) = lane.map_or((0, 0), |lane| lane.at(at));
        let none = Entry { cell: target, rows: 0, total: 0, known: 0 };
        let entry = sums.entry(target).or_insert(none);
        entry.rows += u64::from(cells.counts.get(at).copied().unwrap_or(0));
        entry.total += total;
        entry.known += known;
    }
    let mut entries: Vec<Entry> = sums.into_values().collect();
    entries.sort_unstable_by_key(|entry| entry.cell);
    Marginal::Sparse(entries)
}

/// Size of each axis of the cube, and what a place on it adds to the number of a cell of the marginal.
fn steps(plan: &Plan, cube: &CubePlan, need: &Need) -> Vec<(u64, u64)> {
    let mut steps: Vec<(u64, u64)> =
        plan.sizes(&cube.axes).into_iter().map(|size| (size, 0)).collect();
    let mut stride = 1_u64;
    let mut taken = vec![false; steps.len()];
    for (at, size) in need.axes.iter().zip(plan.sizes(&need.axes)).rev() {
        // a column with several codes can be there twice, and then counts all pairs of them
        let same = |place: &usize| cube.axes.get(*place) == Some(at);
        let free = |place: &usize| taken.get(*place) == Some(&false);
        let places = || (0..cube.axes.len()).rev().filter(same);
        if let Some(place) = places().find(free).or_else(|| places().next()) {
            if let Some(step) = steps.get_mut(place) {
                step.1 = step.1.saturating_add(stride);
            }
            if let Some(taken) = taken.get_mut(place) {
                *taken = true;
            }
        }
        stride = stride.saturating_mul(size);
    }
    steps
}
