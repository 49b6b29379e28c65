//! Settles one level of a grid: which cells of one set of dimensions are hidden.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::grid::{Grid, GridCell, Key, Mask, margin, mask_of, places, set, subsets};
use crate::disclosure::line::{Hidden, Reason, primary};
use crate::disclosure::span::{Few, Follows, Secret, follows};
use crate::disclosure::{Settings, Tally};

/// Which rules are in force. All of them, but for tests that prove each to be needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) lines: bool,
    pub(super) audit: bool,
}

impl Rules {
    pub(super) const ALL: Rules = Rules { lines: true, audit: true };
}

/// Rounds of audit before a table that still tells too much is not broken down.
const ROUNDS: usize = 24;

/// A shown cell of one dimension less, and the dimension along which it is cut.
type Line = (Key, usize);

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

/// One level with its lines.
struct Table<'a> {
    grid: &'a mut Grid,
    mask: Mask,
    /// The children of each shown cell that holds anybody, along each dimension of more than one atom.
    lines: BTreeMap<Line, Vec<Key>>,
}

impl Table<'_> {
    fn new(grid: &mut Grid, mask: Mask) -> Table<'_> {
        let keys: Vec<Key> =
            grid.levels.get(&mask).into_iter().flat_map(|level| level.keys().copied()).collect();
        let mut table = Table { grid, mask, lines: BTreeMap::new() };
        for key in keys {
            for line in table.lines_of(&key) {
                table.lines.entry(line).or_default().push(key);
            }
        }
        table
    }

    fn lines_of(&self, key: &Key) -> Vec<Line> {
        let with_parent = places(self.mask)
            .filter(|j| self.grid.is_level(self.mask & !(1 << j)))
            .map(|j| (margin(key, self.mask & !(1 << j)), j));
        with_parent
            .filter(|(parent, j)| {
                let divides = self.grid.atoms.get(*j).is_some_and(|atoms| atoms.len() > 1);
                divides && self.grid.is_shown_and_held(parent)
            })
            .collect()
    }

    /// Rule 3 for these lines and all that are touched by it. False if it cannot be kept.
    fn cover(&mut self, mut open: BTreeSet<Line>) -> bool {
        while let Some(line) = open.pop_first() {
            while !self.is_covered(&line) {
                let hidden = match self.candidate(&line) {
                    Some(key) => {
                        self.hide(key, Reason::Protects);
                        vec![key]
                    }
                    None => match self.undivide(&line) {
                        Some(keys) => keys,
                        None => return false,
                    },
                };
                let touched = hidden.iter().flat_map(|key| self.lines_of(key));
                open.extend(touched.filter(|other| *other != line));
            }
        }
        true
    }

    fn children(&self, line: &Line) -> impl Iterator<Item = (Key, GridCell)> {
        let level = self.grid.levels.get(&self.mask);
        let keys = self.lines.get(line).into_iter().flatten();
        keys.filter_map(move |key| Some((*key, *level?.get(key)?)))
    }

    fn is_covered(&self, line: &Line) -> bool {
        self.hidden_sum(line).covered(self.shown(line).next().is_none(), &self.grid.settings)
    }

    fn hidden_sum(&self, line: &Line) -> Hidden {
        let hidden = self.children(line).filter_map(|(_, cell)| Some((cell.tally, cell.hidden?)));
        Hidden::of(hidden, &self.grid.settings)
    }

    fn shown(&self, line: &Line) -> impl Iterator<Item = (Key, GridCell)> {
        self.children(line).filter(|(_, cell)| cell.hidden.is_none())
    }

    /// The cell to hide next: large enough to leave all values open, with neighbors that can hide it in its other
    /// lines, and as small as possible.
    fn candidate(&self, line: &Line) -> Option<Key> {
        let roomy = 2 * self.grid.settings.least_units - 2;
        let lacks_repeats = self.hidden_sum(line).lacks_repeats(&self.grid.settings);
        let cost = |(key, cell): &(Key, GridCell)| {
            let useless = lacks_repeats && cell.tally.repeats == 0;
            let lonely = (self.grid.is_all_of_its(key), useless, self.lonely(key));
            (cell.tally.units < roomy, lonely, cell.tally.units, *key)
        };
        self.shown(line).min_by_key(cost).map(|(key, _)| key)
    }

    /// In how many of its lines nobody else could hide a cell.
    fn lonely(&self, key: &Key) -> usize {
        let alone = |line: &Line| self.children(line).count() < 2;
        self.lines_of(key).iter().filter(|line| alone(line)).count()
    }

    /// Hides all children of a line, also those without anybody unless that is plain from elsewhere. `None` if that
    /// does not help.
    fn undivide(&mut self, (parent, place): &Line) -> Option<Vec<Key>> {
        let mut hidden = Vec::new();
        let mut changed = false;
        for code in self.grid.codes(*place) {
            let mut key = *parent;
            set(&mut key, *place, code);
            let cell = self.grid.cell(&key).copied();
            if cell.is_none() && is_plainly_empty(self.grid, &key) {
                continue;
            }
            changed |= cell.is_none_or(|cell| cell.hidden != Some(Reason::Undivided));
            if cell.is_none() {
                for line in self.lines_of(&key) {
                    self.lines.entry(line).or_default().push(key);
                }
            }
            self.hide(key, Reason::Undivided);
            hidden.push(key);
        }
        (changed && hidden.len() > 1).then_some(hidden)
    }

    fn hide(&mut self, key: Key, reason: Reason) {
        let level = self.grid.levels.entry(self.mask).or_default();
        let empty = GridCell { tally: Tally::default(), hidden: None };
        level.entry(key).or_insert(empty).hidden = Some(reason);
    }

    /// Rule 4. False if it cannot be kept.
    fn audit(&mut self) -> bool {
        for _ in 0..ROUNDS {
            let found = match self.follows() {
                Follows::TooMuch => return false,
                Follows::Nothing { told } => {
                    self.grid.told.insert(self.mask, told);
                    return true;
                }
                Follows::These(keys) => keys,
            };
            let lines: BTreeSet<Line> = found.iter().flat_map(|key| self.lines_of(key)).collect();
            let more: BTreeSet<Key> =
                lines.iter().filter_map(|line| self.candidate(line)).collect();
            let mut touched = BTreeSet::new();
            for key in &more {
                self.hide(*key, Reason::Protects);
                touched.extend(self.lines_of(key));
            }
            if more.is_empty() {
                for line in &lines {
                    let keys = self.undivide(line).unwrap_or_default();
                    touched.extend(keys.iter().flat_map(|key| self.lines_of(key)));
                }
            }
            if touched.is_empty() {
                return false;
            }
            if !self.cover(touched) {
                return false;
            }
        }
        false
    }

    /// The hidden cells that follow from all shown margins, alone, as a margin, or as a small sum.
    fn follows(&self) -> Follows<Key> {
        let level = self.grid.levels.get(&self.mask);
        let unknown: BTreeMap<Key, u64> = level
            .into_iter()
            .flatten()
            .filter(|(_, cell)| cell.hidden.is_some())
            .map(|(key, cell)| (*key, cell.tally.units))
            .collect();
        let mut known: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
        let mut secret: BTreeMap<Mask, Secret<Key>> = BTreeMap::new();
        for key in unknown.keys() {
            let margins = subsets(self.mask).filter(|sub| *sub != self.mask);
            for sub in margins.filter(|sub| self.grid.is_level(*sub)) {
                let above = margin(key, sub);
                if self.grid.hidden(&above).is_some() {
                    let of = secret.entry(sub).or_default();
                    of.sums.entry(above).or_default().push(*key);
                } else if self.adds(&above) {
                    known.entry(above).or_default().push(*key);
                }
            }
        }
        for (sub, secret) in &mut secret {
            secret.told = self.grid.told.get(sub).copied().unwrap_or(0);
        }
        let small = self.grid.settings.least_units;
        let secret: Vec<Secret<Key>> = secret.into_values().collect();
        let few: Vec<Few<Key>> = self.lines.keys().map(|line| self.few(line)).collect();
        follows(&unknown, &known, &secret, &few, small, self.grid.settings.most_audit_work)
    }

    /// The small hidden cells of a line.
    fn few(&self, line: &Line) -> Few<Key> {
        let hidden: Vec<(Key, GridCell)> =
            self.children(line).filter(|(_, cell)| cell.hidden.is_some()).collect();
        let least = self.grid.settings.least_units;
        let small = hidden.iter().filter(|(_, cell)| cell.tally.units < least);
        let cells: Vec<Key> = small.map(|(key, _)| *key).collect();
        Few { all: cells.len() == hidden.len(), cells }
    }

    /// Whether a shown margin says more than the finer margins below it do: it is cut once, or one of those is
    /// hidden.
    fn adds(&self, above: &Key) -> bool {
        let fixed = mask_of(above);
        if fixed.count_ones() + 1 == self.mask.count_ones() {
            return true;
        }
        let cut = |j: &usize| self.grid.is_level(fixed | (1 << j));
        places(self.mask & !fixed).filter(cut).all(|j| {
            self.grid.codes(j).any(|code| {
                let mut finer = *above;
                set(&mut finer, j, code);
                self.grid.hidden(&finer).is_some()
            })
        })
    }
}

const _: () = assert!(Settings::DIMENSIONS < 16, "a set of dimensions is a small number");
