//! What follows from sums: exact linear algebra.

mod basis;

use std::collections::BTreeSet;

pub(super) use basis::{Basis, Row};

/// What can be computed of the unknown cells.
pub(super) enum Follows {
    /// Nothing that matters; so many independent sums are told.
    Nothing {
        /// How many.
        told: usize,
    },
    /// These, by themselves or together.
    These(BTreeSet<usize>),
    /// Not looked at: more work than allowed.
    TooMuch,
}

/// The hidden cells of a coarser level, as sums of unknown cells.
#[derive(Default)]
pub(super) struct Secret {
    pub(super) sums: Vec<Vec<usize>>,
    /// How many independent sums of *them* are told on their own level.
    pub(super) told: usize,
}

/// The small hidden cells of one line.
pub(super) struct Few {
    pub(super) cells: Vec<usize>,
    /// Whether they are all hidden cells of the line, so that their sum is told.
    pub(super) all: bool,
}

/// What is known and what is not. Cells stand for themselves by their place among the unknown ones, in ascending
/// order wherever several stand together.
#[derive(Default)]
pub(super) struct System {
    /// The values of the unknown cells.
    pub(super) unknown: Vec<u64>,
    /// Sums that are shown.
    pub(super) known: Vec<Vec<usize>>,
    /// Sums that may be small: coarser cells tell them.
    pub(super) open: BTreeSet<Vec<usize>>,
    pub(super) secret: Vec<Secret>,
    pub(super) few: Vec<Few>,
}

impl System {
    /// Which unknown cells follow from the known sums: as themselves, as part of a sum from 1 to below `small` that
    /// is not open, by any relation among the few small ones of a line, or because they tell more of a secret level
    /// than that level tells itself.
    pub(super) fn follows(&self, small: u64, most_work: u64) -> Follows {
        let mut basis = Basis::default();
        for cells in &self.known {
            basis.add(row(cells));
            if basis.work() > most_work {
                return Follows::TooMuch;
            }
        }
        let mut found = self.plain_sums(&basis, small);
        for secret in &self.secret {
            let mut left = Basis::default();
            let mut dependent = Vec::new();
            for cells in &secret.sums {
                if !left.add(basis.reduced(row(cells))) {
                    dependent.push(cells);
                }
                if left.work() > most_work {
                    return Follows::TooMuch;
                }
            }
            if dependent.len() > secret.told {
                found.extend(dependent.into_iter().flatten());
            }
        }
        for few in &self.few {
            let mut left = Basis::default();
            let dependent = |cell: &&usize| !left.add(basis.reduced(row(&[**cell])));
            let dependent: Vec<usize> = few.cells.iter().filter(dependent).copied().collect();
            if dependent.len() > usize::from(few.all) {
                found.extend(dependent);
            }
        }
        if found.is_empty() {
            Follows::Nothing { told: basis.rows().len() }
        } else {
            Follows::These(found)
        }
    }

    /// The cells of plain sums that are single cells or small.
    fn plain_sums(&self, basis: &Basis, small: u64) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for row in basis.rows() {
            if row.iter().any(|(_, coefficient)| *coefficient != 1) {
                continue;
            }
            let cells: Vec<usize> = row.iter().map(|(at, _)| *at).collect();
            let sum: u64 = cells.iter().filter_map(|at| self.unknown.get(*at)).sum();
            let tells = cells.len() == 1 || (sum > 0 && sum < small);
            if tells && !self.open.contains(&cells) {
                found.extend(cells);
            }
        }
        found
    }
}

/// The sum of some cells.
fn row(cells: &[usize]) -> Row {
    cells.iter().map(|at| (*at, 1)).collect()
}
