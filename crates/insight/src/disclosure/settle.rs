//! Settles one level of a grid: which cells of one set of dimensions are hidden.

use std::collections::BTreeSet;

use crate::disclosure::Tally;
use crate::disclosure::cover::{Line, Table};
use crate::disclosure::grid::{Grid, GridCell};
use crate::disclosure::keys::{Key, Mask, margin, mask_of, places, set, subsets};
use crate::disclosure::line::{Reason, primary};

/// Which rules are in force. All of them, but for tests that prove each to be needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) lines: bool,
    pub(super) audit: bool,
}

impl Rules {
    pub(super) const ALL: Rules = Rules { lines: true, audit: true };
}

/// Decides about a table whose coarser ones are decided.
pub(super) fn settle(grid: &mut Grid, mask: Mask, rules: Rules) {
    let closed_above = subsets(mask).any(|sub| grid.closed.contains(&sub));
    if closed_above {
        close(grid, mask);
        return;
    }
    hide_for_own_sake(grid, mask);
    if mask == 0 || !rules.lines {
        return;
    }
    let mut table = Table::new(grid, mask);
    let all: BTreeSet<Line> = table.lines.keys().copied().collect();
    let mut settled = table.cover(all);
    if rules.audit {
        settled = settled && table.audit();
    }
    if !settled {
        close(grid, mask);
    }
}

/// Not broken down at all.
fn close(grid: &mut Grid, mask: Mask) {
    grid.closed.insert(mask);
    for cell in grid.levels.entry(mask).or_default().values_mut() {
        cell.hidden = Some(Reason::Undivided);
    }
}

/// Rules 1 and 2, and cells whose complements in several dimensions are small.
fn hide_for_own_sake(grid: &mut Grid, mask: Mask) {
    // nobody's health is told by what is not known of them
    let few = |cell: &GridCell| {
        primary(cell.tally, &grid.settings).is_some_and(|reason| reason != Reason::Repeats)
    };
    let cells = grid.levels.get(&mask).into_iter().flatten();
    let gaps = cells.filter(|(key, cell)| few(cell) && grid.is_mere_gap(key));
    let gaps: BTreeSet<Key> = gaps.map(|(key, _)| *key).collect();
    let mut level = grid.levels.remove(&mask).unwrap_or_default();
    for (key, cell) in &mut level {
        let margins = places(mask).map(|j| mask & !(1 << j)).filter(|above| grid.is_level(*above));
        let mut above = margins.filter_map(|above| grid.hidden(&margin(key, above)));
        let inherited = above.try_fold(None, |_, reason| match reason {
            Reason::Undivided => Err(Reason::Undivided),
            _ => Ok(Some(Reason::Protects)),
        });
        let own = primary(cell.tally, &grid.settings).filter(|_| !gaps.contains(key));
        cell.hidden = match inherited {
            Err(undivided) => Some(undivided),
            Ok(inherited) => own.or(inherited),
        };
        if cell.hidden.is_none() && small_complement(grid, key, cell.tally.units, mask) {
            cell.hidden = Some(Reason::Protects);
        }
    }
    grid.levels.insert(mask, level);
    keep_hidden_zeros(grid, mask);
}

/// Below a cell that is not told to be empty, nobody else tells so either.
fn keep_hidden_zeros(grid: &mut Grid, mask: Mask) {
    let mut zeros = Vec::new();
    for place in places(mask) {
        for (parent, cell) in grid.levels.get(&(mask & !(1 << place))).into_iter().flatten() {
            if cell.hidden != Some(Reason::Undivided) {
                continue;
            }
            for code in grid.codes(place) {
                let mut key = *parent;
                set(&mut key, place, code);
                if grid.cell(&key).is_none() && !is_plainly_empty(grid, &key) {
                    zeros.push(key);
                }
            }
        }
    }
    let level = grid.levels.entry(mask).or_default();
    let hidden = GridCell { tally: Tally::default(), hidden: Some(Reason::Undivided) };
    level.extend(zeros.into_iter().map(|key| (key, hidden)));
}

/// Whether a margin that is shown says that nobody is there.
pub(super) fn is_plainly_empty(grid: &Grid, key: &Key) -> bool {
    let mask = mask_of(key);
    let mut margins = subsets(mask).filter(|sub| *sub != mask && grid.is_level(*sub));
    grid.cannot_be(key)
        || margins.any(|sub| {
            let margin = margin(key, sub);
            grid.cell(&margin).is_none() && grid.hidden(&margin).is_none()
        })
}

/// Whether a box outside the cell in two or more dimensions is small: it follows from the cell and its margins.
/// (Outside in one dimension is the cell's line.)
fn small_complement(grid: &Grid, key: &Key, units: u64, mask: Mask) -> bool {
    // what is outside of a coarser dimension is the matter of the margin without the finer one
    let open = |outside: &Mask| subsets(*outside).all(|open| grid.is_level(mask & !open));
    // what holds nobody but in gaps may be small
    let code = |place: usize| key.get(place).copied().unwrap_or(0);
    let gaps = places(mask).filter(|place| grid.others_are_gaps(*place, code(*place)));
    let gaps = gaps.fold(0, |all, place| all | (1 << place));
    let told = |outside: &Mask| outside.count_ones() > 1 && outside & gaps == 0;
    subsets(mask).filter(told).filter(open).any(|outside| {
        // inclusion and exclusion over the margins with some of these dimensions open
        let (mut plus, mut minus) = (0_u64, 0_u64);
        for open in subsets(outside) {
            let count = if open == 0 {
                units
            } else {
                grid.cell(&margin(key, mask & !open)).map_or(0, |cell| cell.tally.units)
            };
            if (outside.count_ones() - open.count_ones()) % 2 == 0 {
                plus += count;
            } else {
                minus += count;
            }
        }
        let left = plus.saturating_sub(minus);
        left > 0 && left < grid.settings.least_units
    })
}
