//! From joint counts to the panels' cells.

use std::collections::HashMap;

use crate::query::{Answer, Cell, Counts, Measure, Panel};

use super::axis::Axis;
use super::cube::Cells;
use super::plan::{CubePlan, Need, PanelPlan, Plan};

/// One cell of a marginal: its number (with missing first on each axis), rows, and sum.
#[derive(Debug, Clone, Copy)]
struct Entry {
    cell: u64,
    rows: u64,
    total: u128,
    known: u64,
}

/// Builds the answer to one panel.
pub(crate) fn answer(plan: &Plan, cells: &[Cells], made: &PanelPlan, panel: &Panel) -> Answer {
    let rows = marginal(plan, cells, &made.rows);
    let sizes: Vec<u64> = sizes(plan, &made.dims);
    let mut answer = Answer {
        cells: rows
            .iter()
            .map(|entry| Cell {
                key: key(plan, &made.dims, &sizes, entry.cell),
                measures: Vec::with_capacity(panel.measures.len()),
            })
            .collect(),
    };
    for (measure, need) in panel.measures.iter().zip(&made.measures) {
        let entries = marginal(plan, cells, need);
        let inner = need.axes.get(made.dims.len()..).unwrap_or_default();
        let inner: Vec<&Axis> = inner.iter().filter_map(|at| plan.axes.get(*at)).collect();
        let places: u64 = inner.iter().map(|axis| axis.size).product();
        let mut rest = entries.as_slice();
        let mut counts = Vec::with_capacity(rows.len());
        for row in &rows {
            let here = rest.partition_point(|entry| entry.cell / places <= row.cell);
            let (these, others) = rest.split_at(here);
            rest = others;
            counts.push(count(measure, plan, need, &inner, places, these));
        }
        simplify(&mut counts);
        for (cell, count) in answer.cells.iter_mut().zip(counts) {
            cell.measures.push(count);
        }
    }
    answer
}

fn sizes(plan: &Plan, axes: &[usize]) -> Vec<u64> {
    axes.iter().map(|at| plan.axes.get(*at).map_or(1, |axis| axis.size)).collect()
}

fn key(plan: &Plan, dims: &[usize], sizes: &[u64], cell: u64) -> Vec<Option<i32>> {
    let mut rest = cell;
    let mut key: Vec<Option<i32>> = dims
        .iter()
        .zip(sizes)
        .rev()
        .map(|(at, size)| {
            let place = rest % size;
            rest /= size;
            plan.axes.get(*at).and_then(|axis| axis.slot(place))
        })
        .collect();
    key.reverse();
    key
}

/// What one cell measures; `entries` are those of the cell, in the order of the inner places.
fn count(
    measure: &Measure,
    plan: &Plan,
    need: &Need,
    inner: &[&Axis],
    places: u64,
    entries: &[Entry],
) -> Counts {
    let rows = |wanted: &dyn Fn(u64) -> bool| -> u64 {
        entries.iter().filter(|it| wanted(it.cell % places)).map(|it| it.rows).sum()
    };
    match measure {
        Measure::Count => Counts::Number(rows(&|_| true)),
        Measure::Known(_) => Counts::Number(rows(&|place| place > 0)),
        Measure::True(_) => {
            Counts::True { yes: rows(&|place| place == 2), known: rows(&|place| place > 0) }
        }
        Measure::Distinct(_) => {
            let different = entries.iter().filter(|it| it.cell % places > 0).count();
            Counts::Number(different as u64)
        }
        Measure::Sum(_) => sum(plan, need, entries),
        Measure::Values(_) => {
            let axis = inner.first();
            let value = |it: &Entry| Some((axis?.value(it.cell % places)?, it.rows));
            let values = entries.iter().filter_map(value).collect();
            Counts::Values { scale: axis.map_or(0, |axis| axis.scale), values }
        }
        Measure::Pairs(..) => {
            let (axis, with) = (inner.first(), inner.get(1));
            let size = with.map_or(1, |with| with.size);
            let value = |it: &Entry| {
                let place = it.cell % places;
                let code = with?.value(place % size).and_then(|code| u16::try_from(code).ok());
                Some((axis?.value(place / size)?, code, it.rows))
            };
            let values = entries.iter().filter_map(value).collect();
            Counts::Pairs { scale: axis.map_or(0, |axis| axis.scale), values }
        }
    }
}

fn sum(plan: &Plan, need: &Need, entries: &[Entry]) -> Counts {
    let (total, known) =
        entries.iter().fold((0, 0), |(total, known), it| (total + it.total, known + it.known));
    let axis = need.sum.and_then(|at| {
        let cube = plan.cubes.get(need.cube)?;
        plan.axes.get(*cube.sums.get(at)?)
    });
    let (low, scale) = axis.map_or((0, 0), |axis| (axis.low, axis.scale));
    // at most 2^32 values below 2^63
    let digits = total.cast_signed() + i128::from(low) * i128::from(known);
    Counts::Sum { digits, scale, known }
}

/// The coarsest scale in which all cells of a measure are exact: answers do not depend on how values were stored.
fn simplify(counts: &mut [Counts]) {
    let mut least = 0;
    for count in counts.iter() {
        let needed = match count {
            Counts::Sum { digits, scale, .. } => needed(*digits, *scale, least),
            Counts::Values { scale, values } => {
                values.iter().map(|it| needed(it.0.into(), *scale, least)).max().unwrap_or(0)
            }
            Counts::Pairs { scale, values } => {
                values.iter().map(|it| needed(it.0.into(), *scale, least)).max().unwrap_or(0)
            }
            Counts::Number(_) | Counts::True { .. } => 0,
        };
        least = least.max(needed);
    }
    for count in counts {
        match count {
            Counts::Sum { digits, scale, .. } => {
                *digits /= 10_i128.pow(u32::from(scale.saturating_sub(least)));
                *scale = least.min(*scale);
            }
            Counts::Values { scale, values } => {
                let factor = crate::column::power(scale.saturating_sub(least));
                values.iter_mut().for_each(|it| it.0 /= factor);
                *scale = least;
            }
            Counts::Pairs { scale, values } => {
                let factor = crate::column::power(scale.saturating_sub(least));
                values.iter_mut().for_each(|it| it.0 /= factor);
                *scale = least;
            }
            Counts::Number(_) | Counts::True { .. } => {}
        }
    }
}

/// Decimals that a number needs, at least `least`.
fn needed(digits: i128, scale: u8, least: u8) -> u8 {
    let mut digits = digits;
    let mut scale = scale;
    while scale > least && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    scale
}

/// Adds up a cube over the axes that are not needed; ascending.
fn marginal(plan: &Plan, cells: &[Cells], need: &Need) -> Vec<Entry> {
    let (Some(cube), Some(cells)) = (plan.cubes.get(need.cube), cells.get(need.cube)) else {
        return Vec::new();
    };
    let steps = steps(plan, cube, need);
    let mut sums: HashMap<u64, Entry> = HashMap::new();
    for (cell, at) in cells.seen() {
        let mut rest = cell;
        let mut target = 0;
        for (size, step) in steps.iter().rev() {
            let place = rest % size;
            rest /= size;
            target += (place + 1) % size * step;
        }
        let rows = u64::from(cells.counts.get(at).copied().unwrap_or(0));
        let lane = need.sum.and_then(|sum| cells.lanes.get(sum));
        let (total, known) = lane.map_or((0, 0), |lane| lane.at(at));
        let entry =
            sums.entry(target).or_insert(Entry { cell: target, rows: 0, total: 0, known: 0 });
        entry.rows += rows;
        entry.total += total;
        entry.known += known;
    }
    let mut entries: Vec<Entry> = sums.into_values().collect();
    entries.sort_unstable_by_key(|entry| entry.cell);
    entries
}

/// Size of each axis of the cube, and what a place on it adds to the number of a cell of the marginal.
fn steps(plan: &Plan, cube: &CubePlan, need: &Need) -> Vec<(u64, u64)> {
    let mut steps: Vec<(u64, u64)> =
        sizes(plan, &cube.axes).into_iter().map(|size| (size, 0)).collect();
    let mut stride = 1_u64;
    let mut taken = vec![false; steps.len()];
    for (at, size) in need.axes.iter().zip(sizes(plan, &need.axes)).rev() {
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
