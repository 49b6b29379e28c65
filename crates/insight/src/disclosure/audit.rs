//! What follows from a whole table (rule 4), and company for that.

use std::collections::{BTreeMap, BTreeSet};

use crate::disclosure::cover::{Line, Table};
use crate::disclosure::grid::GridCell;
use crate::disclosure::keys::{Key, Mask, margin, mask_of, places, set, subsets};
use crate::disclosure::line::Reason;
use crate::disclosure::span::{Few, Follows, Secret, follows};

/// Rounds of audit before a table that still tells too much is not broken down.
const ROUNDS: usize = 24;

impl Table<'_> {
    /// Rule 4. False if it cannot be kept.
    pub(super) fn audit(&mut self) -> bool {
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
        let open = known.iter().filter(|(above, keys)| {
            let all: u64 = keys.iter().filter_map(|key| unknown.get(key)).sum();
            self.is_few(above, all)
        });
        let told = self.told.iter().map(|key| vec![*key]);
        let open: BTreeSet<Vec<Key>> = open.map(|it| it.1.clone()).chain(told).collect();
        let secret: Vec<Secret<Key>> = secret.into_values().collect();
        let few: Vec<Few<Key>> = self.lines.keys().map(|line| self.few(line)).collect();
        follows(&unknown, &known, &open, &secret, &few, small, self.grid.settings.most_audit_work)
    }

    /// The small hidden cells of a line.
    fn few(&self, line: &Line) -> Few<Key> {
        let hidden = self.children(line).filter(|(_, cell)| cell.hidden.is_some());
        let hidden: Vec<(Key, GridCell)> =
            hidden.filter(|(key, _)| !self.told.contains(key)).collect();
        let least = self.grid.settings.least_units;
        let small = hidden.iter().filter(|(_, cell)| cell.tally.units < least);
        let cells: Vec<Key> = small.map(|(key, _)| *key).collect();
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
