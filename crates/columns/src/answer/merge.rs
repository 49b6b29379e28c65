//! Fewer joint counts: two are taken together where one pass over the rows costs less than two, even though the cells
//! of both together are more.

use crate::store::Store;

use super::plan::{CubePlan, DENSE, Plan};

/// A joint count that may be merged with others.
#[derive(Debug, Clone, Copy)]
struct Group {
    view: usize,
    axes: u128,
    sums: u128,
    cells: u64,
    rows: u64,
    /// Figures that will be made of it.
    needs: u64,
}

/// Costs are in hundredths of a nanosecond, as measured; only their proportions matter.
fn cost(group: &Group) -> u64 {
    let (count, sum) = match group.cells {
        0..=2_048 => (70, 90),
        2_049..=16_384 => (90, 130),
        16_385..=262_144 => (150, 300),
        _ => (400, 800),
    };
    let sums = u64::from(group.sums.count_ones());
    let width = if group.cells > 1 << 16 { 30 } else { 15 };
    let row = count + sum * sums + width * u64::from(group.axes.count_ones());
    let cell = 200 + 400 * sums + 80 * group.needs;
    group.rows.saturating_mul(row).saturating_add(group.cells.saturating_mul(cell))
}

fn join(plan: &Plan, one: &Group, other: &Group) -> Option<Group> {
    if one.view != other.view {
        return None;
    }
    let mut cells = one.cells;
    let mut rest = other.axes & !one.axes;
    while rest != 0 {
        let axis = plan.axes.get(rest.trailing_zeros() as usize)?;
        cells = cells.checked_mul(axis.size).filter(|cells| *cells <= DENSE)?;
        rest &= rest - 1;
    }
    let (axes, sums) = (one.axes | other.axes, one.sums | other.sums);
    Some(Group { axes, sums, cells, needs: one.needs + other.needs, ..*one })
}

/// What is gained by merging; nothing if it would cost more.
fn gain(plan: &Plan, one: &Group, other: &Group) -> Option<(u64, Group)> {
    let both = join(plan, one, other)?;
    let apart = cost(one).saturating_add(cost(other));
    apart.checked_sub(cost(&both)).filter(|gain| *gain > 0).map(|gain| (gain, both))
}

/// Merges the plan's cubes as long as that gains something.
pub(crate) fn merge(plan: &mut Plan, store: &Store) {
    if plan.axes.len() > 128 {
        return;
    }
    let rows: Vec<u64> = (0..store.schema().tables.len())
        .map(|table| {
            let segments = store.inner.parts.iter().map(|part| &part.segment.rows);
            segments.map(|rows| rows.get(table).map_or(0, |rows| *rows as u64)).sum()
        })
        .collect();
    let mut groups: Vec<Option<Group>> =
        plan.cubes.iter().map(|cube| group(plan, cube, &rows)).collect();
    let mut into: Vec<usize> = (0..groups.len()).collect();
    let best_of = |groups: &[Option<Group>], at: usize| {
        let one = groups.get(at).copied().flatten()?;
        let others = groups.iter().enumerate().skip(at + 1);
        others
            .filter_map(|(other, group)| {
                gain(plan, &one, &(*group)?).map(|(gain, both)| (gain, other, both))
            })
            .max_by_key(|(gain, ..)| *gain)
    };
    let mut best: Vec<_> = (0..groups.len()).map(|at| best_of(&groups, at)).collect();
    loop {
        let candidates = best.iter().enumerate().filter_map(|(at, it)| it.map(|it| (at, it)));
        let Some((at, (_, other, both))) = candidates.max_by_key(|(_, (gain, ..))| *gain) else {
            break;
        };
        for (place, group) in [(at, Some(both)), (other, None)] {
            if let Some(slot) = groups.get_mut(place) {
                *slot = group;
            }
        }
        into.iter_mut().filter(|it| **it == other).for_each(|it| *it = at);
        for place in 0..groups.len() {
            let stale =
                best.get(place).is_some_and(|it| it.is_some_and(|it| it.1 == at || it.1 == other));
            if (stale || place <= at || place == other)
                && let Some(slot) = best.get_mut(place)
            {
                *slot = best_of(&groups, place);
            }
        }
    }
    rebuild(plan, &groups, &into);
}

/// Only plain counts are merged: where a row stands once in a cell of one-valued axes.
fn group(plan: &Plan, cube: &CubePlan, rows: &[u64]) -> Option<Group> {
    let multiple = |at: &usize| plan.axes.get(*at).is_some_and(super::axis::Axis::is_multiple);
    if cube.once.is_some() || cube.axes.iter().any(multiple) || cube.cells > DENSE {
        return None;
    }
    let bits = |axes: &[usize]| axes.iter().fold(0_u128, |bits, at| bits | 1 << at);
    let table = plan.views.get(cube.view).map_or(0, |view| usize::from(view.table));
    Some(Group {
        view: cube.view,
        axes: bits(&cube.axes),
        sums: bits(&cube.sums),
        cells: cube.cells,
        rows: rows.get(table).copied().unwrap_or(0),
        needs: 1,
    })
}

/// Puts the merged cubes in the place of the old ones.
fn rebuild(plan: &mut Plan, groups: &[Option<Group>], into: &[usize]) {
    let mut cubes: Vec<CubePlan> = Vec::new();
    let mut moved: Vec<usize> = vec![0; into.len()];
    for (at, cube) in std::mem::take(&mut plan.cubes).into_iter().enumerate() {
        if into.get(at) != Some(&at) {
            continue;
        }
        if let Some(place) = moved.get_mut(at) {
            *place = cubes.len();
        }
        let mut cube = cube;
        if let Some(group) = groups.get(at).copied().flatten() {
            extend(&mut cube.axes, group.axes);
            extend(&mut cube.sums, group.sums);
            cube.cells = group.cells;
        }
        cubes.push(cube);
    }
    plan.cubes = cubes;
    for panel in &mut plan.panels {
        for need in panel.measures.iter_mut().chain([&mut panel.rows]) {
            let target = into.get(need.cube).copied().unwrap_or(need.cube);
            need.cube = moved.get(target).copied().unwrap_or(target);
        }
    }
}

/// Adds the places of a set that are not there.
fn extend(list: &mut Vec<usize>, set: u128) {
    for at in (0..128).filter(|at| set >> at & 1 == 1) {
        if !list.contains(&at) {
            list.push(at);
        }
    }
}
