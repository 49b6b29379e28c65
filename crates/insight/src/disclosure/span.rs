//! What follows from sums: exact linear algebra.

use std::collections::{BTreeMap, BTreeSet};

/// Arithmetic is done modulo this prime (2^31 - 1): a relation between counts with small whole coefficients is one
/// modulo a prime, too.
const PRIME: u64 = 2_147_483_647;

/// What can be computed of the unknown cells.
pub(super) enum Follows<K> {
    /// Nothing that matters; so many independent sums are told.
    Nothing {
        /// How many.
        told: usize,
    },
    /// These, by themselves or together.
    These(BTreeSet<K>),
    /// Not looked at: more work than allowed.
    TooMuch,
}

/// The hidden cells of a coarser level, as sums of unknown cells.
pub(super) struct Secret<K> {
    pub(super) sums: BTreeMap<K, Vec<K>>,
    /// How many independent sums of *them* are told on their own level.
    pub(super) told: usize,
}

impl<K> Default for Secret<K> {
    fn default() -> Self {
        Secret { sums: BTreeMap::new(), told: 0 }
    }
}

/// The small hidden cells of one line.
pub(super) struct Few<K> {
    pub(super) cells: Vec<K>,
    /// Whether they are all hidden cells of the line, so that their sum is told.
    pub(super) all: bool,
}

/// Which of the `unknown` cells (with their values) follow from the `known` sums of them: as themselves, as part of a
/// sum from 1 to below `small` that is not `open` (told by coarser cells), by any relation among the `few` small ones of a line, or because they tell more of a
/// `secret` level than that level tells itself.
pub(super) fn follows<K: Ord + Copy>(
    unknown: &BTreeMap<K, u64>,
    known: &BTreeMap<K, Vec<K>>,
    open: &BTreeSet<Vec<K>>,
    secret: &[Secret<K>],
    few: &[Few<K>],
    small: u64,
    most_work: u64,
) -> Follows<K> {
    let columns: Vec<(K, u64)> = unknown.iter().map(|(key, value)| (*key, *value)).collect();
    let place: BTreeMap<K, usize> = columns.iter().enumerate().map(|(i, c)| (c.0, i)).collect();
    let row = |keys: &[K]| {
        let mut row = vec![0; columns.len()];
        for place in keys.iter().filter_map(|key| place.get(key)) {
            if let Some(value) = row.get_mut(*place) {
                *value = 1;
            }
        }
        row
    };
    let mut basis = Basis::default();
    for keys in known.values() {
        basis.add(row(keys));
        if basis.work > most_work {
            return Follows::TooMuch;
        }
    }
    let mut found = plain_sums(&basis, &columns, open, small);
    for secret in secret {
        let mut left = Basis::default();
        let mut dependent = Vec::new();
        for keys in secret.sums.values() {
            if !left.add(basis.reduced(row(keys))) {
                dependent.push(keys);
            }
            if left.work > most_work {
                return Follows::TooMuch;
            }
        }
        if dependent.len() > secret.told {
            found.extend(dependent.into_iter().flatten());
        }
    }
    for few in few {
        let mut left = Basis::default();
        let dependent = |key: &&K| !left.add(basis.reduced(row(&[**key])));
        let dependent: Vec<K> = few.cells.iter().filter(dependent).copied().collect();
        if dependent.len() > usize::from(few.all) {
            found.extend(dependent);
        }
    }
    if found.is_empty() {
        Follows::Nothing { told: basis.rows.len() }
    } else {
        Follows::These(found)
    }
}

/// The cells of plain sums that are single cells or small.
fn plain_sums<K: Ord + Copy>(
    basis: &Basis,
    columns: &[(K, u64)],
    open: &BTreeSet<Vec<K>>,
    small: u64,
) -> BTreeSet<K> {
    let mut found = BTreeSet::new();
    for row in &basis.rows {
        let (mut sum, mut cells, mut plain) = (0, Vec::new(), true);
        for (at, coefficient) in &row.values {
            plain &= *coefficient == 1;
            if let Some((key, value)) = columns.get(*at) {
                sum += value;
                cells.push(*key);
            }
        }
        let tells = cells.len() == 1 || (sum > 0 && sum < small);
        if plain && tells && !open.contains(&cells) {
            found.extend(cells);
        }
    }
    found
}

/// Rows in reduced echelon form. Lines of one part of a table seldom meet those of another, so most of a row is zero.
#[derive(Default)]
pub(super) struct Basis {
    rows: Vec<Row>,
    /// The row of each pivot.
    pivots: BTreeMap<usize, usize>,
    /// Multiplications so far.
    work: u64,
}

struct Row {
    /// Column and coefficient of what is not zero, by column.
    values: Vec<(usize, u64)>,
}

impl Basis {
    /// What is left of a row after all rows of the basis are taken out.
    pub(super) fn reduced(&self, mut row: Vec<u64>) -> Vec<u64> {
        // no row of the basis has the pivot of another, so each is taken out once
        let pivots: Vec<(usize, u64)> = row
            .iter()
            .enumerate()
            .filter(|(at, value)| **value != 0 && self.pivots.contains_key(at))
            .map(|(at, value)| (at, *value))
            .collect();
        for (pivot, factor) in pivots {
            let base = self.pivots.get(&pivot).and_then(|at| self.rows.get(*at));
            for (at, other) in base.into_iter().flat_map(|base| &base.values) {
                if let Some(value) = row.get_mut(*at) {
                    *value = (*value + (PRIME - factor) * other) % PRIME;
                }
            }
        }
        row
    }

    /// Adds a row; false if the basis has it already.
    pub(super) fn add(&mut self, row: Vec<u64>) -> bool {
        let row = self.reduced(row);
        let Some(pivot) = row.iter().position(|value| *value != 0) else { return false };
        let inverse = inverse(row.get(pivot).copied().unwrap_or(1));
        let values = row.into_iter().enumerate().filter(|(_, value)| *value != 0);
        let values: Vec<(usize, u64)> =
            values.map(|(at, value)| (at, value * inverse % PRIME)).collect();
        for base in &mut self.rows {
            let factor = base.values.binary_search_by_key(&pivot, |(at, _)| *at).ok();
            let factor = factor.and_then(|at| base.values.get(at)).map(|(_, factor)| *factor);
            let cost = factor.map_or(1, |_| base.values.len() + values.len());
            self.work = self.work.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
            if let Some(factor) = factor {
                base.values = subtracted(&base.values, &values, factor);
            }
        }
        self.pivots.insert(pivot, self.rows.len());
        self.rows.push(Row { values });
        true
    }
}

/// One row less a multiple of another.
fn subtracted(row: &[(usize, u64)], base: &[(usize, u64)], factor: u64) -> Vec<(usize, u64)> {
    let mut out = Vec::with_capacity(row.len() + base.len());
    let (mut left, mut right) = (row.iter().peekable(), base.iter().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some((at, value)), Some((other, _))) if at < other => {
                left.next();
                (*at, *value)
            }
            (Some((at, value)), Some((other, taken))) if at == other => {
                left.next();
                right.next();
                (*at, (*value + (PRIME - factor) * taken) % PRIME)
            }
            (_, Some((at, taken))) => {
                right.next();
                (*at, (PRIME - factor) * taken % PRIME)
            }
            (Some((at, value)), None) => {
                left.next();
                (*at, *value)
            }
            (None, None) => return out,
        };
        if next.1 != 0 {
            out.push(next);
        }
    }
}

/// By Fermat's little theorem.
fn inverse(value: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, value % PRIME, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}
