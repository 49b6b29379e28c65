//! Company for hidden cells: each line of a table covered (rule 3).

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::Tally;
use crate::disclosure::grid::{Grid, GridCell};
use crate::disclosure::keys::{Key, Mask, margin, places, set};
use crate::disclosure::line::{Hidden, Reason};
use crate::disclosure::settle::is_plainly_empty;

/// A shown cell of one dimension less, and the dimension along which it is cut.
pub(super) type Line = (Key, usize);

/// One level with its lines.
pub(super) struct Table<'a> {
    pub(super) grid: &'a mut Grid,
    pub(super) mask: Mask,
    /// The children of each shown cell that holds anybody, along each dimension of more than one atom.
    pub(super) lines: BTreeMap<Line, Vec<Key>>,
    /// Cells that a shown cell tells, because whoever stands in that one can only stand here. Hiding them is idle.
    pub(super) told: BTreeSet<Key>,
}

impl Table<'_> {
    pub(super) fn new(grid: &mut Grid, mask: Mask) -> Table<'_> {
        let keys: Vec<Key> =
            grid.levels.get(&mask).into_iter().flat_map(|level| level.keys().copied()).collect();
        let mut table = Table { grid, mask, lines: BTreeMap::new(), told: BTreeSet::new() };
        for key in keys {
            for line in table.lines_of(&key) {
                table.lines.entry(line).or_default().push(key);
            }
        }
        let alone = table.lines.iter().filter(|(line, keys)| keys.len() == 1 && table.tells(line));
        table.told = alone.flat_map(|(_, keys)| keys).copied().collect();
        table
    }

    /// Whether a line has one child that holds anybody and shows that all others are empty.
    fn tells(&self, (parent, place): &Line) -> bool {
        self.grid.codes(*place).all(|code| {
            let mut child = *parent;
            set(&mut child, *place, code);
            match self.grid.cell(&child) {
                Some(cell) => cell.tally.units > 0,
                None => is_plainly_empty(self.grid, &child),
            }
        })
    }

    pub(super) fn lines_of(&self, key: &Key) -> Vec<Line> {
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
    pub(super) fn cover(&mut self, mut open: BTreeSet<Line>) -> bool {
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

    pub(super) fn children(&self, line: &Line) -> impl Iterator<Item = (Key, GridCell)> {
        let level = self.grid.levels.get(&self.mask);
        let keys = self.lines.get(line).into_iter().flatten();
        keys.filter_map(move |key| Some((*key, *level?.get(key)?)))
    }

    fn is_covered(&self, line: &Line) -> bool {
        let all = self
            .children(line)
            .all(|(key, cell)| cell.hidden.is_some() && !self.told.contains(&key));
        self.hidden_sum(line).covered(all, &self.grid.settings)
    }

    fn hidden_sum(&self, line: &Line) -> Hidden {
        let hidden = self.children(line).filter(|(key, _)| !self.told.contains(key));
        let hidden = hidden.filter_map(|(_, cell)| Some((cell.tally, cell.hidden?)));
        Hidden::of(hidden, &self.grid.settings)
    }

    /// Shown cells that can be hidden.
    fn shown(&self, line: &Line) -> impl Iterator<Item = (Key, GridCell)> {
        self.children(line).filter(|(key, cell)| cell.hidden.is_none() && !self.told.contains(key))
    }

    /// The cell to hide next: large enough to leave all values open, with neighbors that can hide it in its other
    /// lines, and as small as possible.
    pub(super) fn candidate(&self, line: &Line) -> Option<Key> {
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
    pub(super) fn undivide(&mut self, (parent, place): &Line) -> Option<Vec<Key>> {
        let mut hidden = Vec::new();
        let mut changed = false;
        for code in self.grid.codes(*place) {
            let mut key = *parent;
            set(&mut key, *place, code);
            let cell = self.grid.cell(&key).copied();
            let idle = self.told.contains(&key);
            if idle || (cell.is_none() && is_plainly_empty(self.grid, &key)) {
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

    pub(super) fn hide(&mut self, key: Key, reason: Reason) {
        let level = self.grid.levels.entry(self.mask).or_default();
        let empty = GridCell { tally: Tally::default(), hidden: None };
        level.entry(key).or_insert(empty).hidden = Some(reason);
    }
}
