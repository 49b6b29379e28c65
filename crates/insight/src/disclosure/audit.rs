//! What follows from a whole table (rule 4), and company for that.

use std::collections::BTreeSet;

use crate::disclosure::cover::{Line, Table};
use crate::disclosure::grid::GridCell;
use crate::disclosure::keys::{Key, Mask, margin, mask_of, places, set, subsets};
use crate::disclosure::line::Reason;
use crate::disclosure::span::{Few, Follows, Secret, System};

/// Rounds of audit before a table that still tells too much is not broken down.
const ROUNDS: usize = 24;

impl Table<'_> {
    /// Rule 4. False if it cannot be kept.
    pub(super) fn audit(&mut self) -> bool {
        for _ in 0..ROUNDS {
            let (keys, system) = self.system();
            let found: Vec<Key> = match self.follows(&system) {
                Follows::TooMuch => return false,
                Follows::Nothing { told } => {
                    self.grid.told.insert(self.mask, told);
                    return true;
                }
                Follows::These(found) => {
                    found.iter().filter_map(|at| keys.get(*at)).copied().collect()
                }
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

    fn follows(&self, system: &System) -> Follows {
        let settings = &self.grid.settings;
        system.follows(settings.least_units, settings.most_audit_work)
    }

    /// The hidden cells, and what all shown margins tell of them.
    fn system(&self) -> (Vec<Key>, System) {
        let level = self.grid.levels.get(&self.mask).into_iter().flatten();
        let hidden = level.filter(|(_, cell)| cell.hidden.is_some());
        let (keys, unknown): (Vec<Key>, Vec<u64>) =
            hidden.map(|(key, cell)| (*key, cell.tally.units)).unzip();
        let mut system = System { unknown, ..System::default() };
        let margins = subsets(self.mask).filter(|sub| *sub != self.mask);
        for sub in margins.filter(|sub| self.grid.is_level(*sub)) {
            self.tell(&keys, sub, &mut system);
        }
        let at = |key: &Key| keys.binary_search(key).ok();
        system.open.extend(self.told.iter().filter_map(at).map(|at| vec![at]));
        system.few = self.lines.keys().map(|line| self.few(line, at)).collect();
        (keys, system)
    }

    /// Adds what one coarser table tells of the hidden cells, and what it keeps to itself.
    fn tell(&self, keys: &[Key], sub: Mask, system: &mut System) {
        let mut parts: Vec<(Key, usize)> =
            keys.iter().enumerate().map(|(at, key)| (margin(key, sub), at)).collect();
        parts.sort_unstable();
        let told = self.grid.told.get(&sub).copied().unwrap_or(0);
        let mut secret = Secret { told, ..Secret::default() };
        for part in parts.chunk_by(|(one, _), (next, _)| one == next) {
            let Some((above, _)) = part.first() else { continue };
            let cells = || part.iter().map(|(_, at)| *at).collect::<Vec<usize>>();
            if self.grid.hidden(above).is_some() {
                secret.sums.push(cells());
            } else if self.adds(above) {
                let cells = cells();
                let all = cells.iter().filter_map(|at| system.unknown.get(*at)).sum();
                if self.is_few(above, all) {
                    system.open.insert(cells.clone());
                }
                system.known.push(cells);
            }
        }
        system.secret.push(secret);
    }

    /// The small hidden cells of a line.
    fn few(&self, line: &Line, at: impl Fn(&Key) -> Option<usize>) -> Few {
        let hidden = self.children(line).filter(|(_, cell)| cell.hidden.is_some());
        let hidden: Vec<(Key, GridCell)> =
            hidden.filter(|(key, _)| !self.told.contains(key)).collect();
        let least = self.grid.settings.least_units;
        let small = hidden.iter().filter(|(_, cell)| cell.tally.units < least);
        let cells: Vec<usize> = small.filter_map(|(key, _)| at(key)).collect();
        Few { all: cells.len() == hidden.len(), cells }
    }

    /// Whether a shown margin is of few people, all in gaps, and all of them are in hidden cells: their sum is shown
    /// already.
    fn is_few(&self, above: &Key, hidden: u64) -> bool {
        let few = |units: u64| units == hidden && units < self.grid.settings.least_units;
        self.grid.cell(above).is_some_and(|cell| few(cell.tally.units))
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
