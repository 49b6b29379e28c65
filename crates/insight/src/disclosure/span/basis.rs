//! Rows in reduced echelon form, kept sparse: lines of one part of a table seldom meet those of another.

use std::collections::HashMap;

/// Arithmetic is done modulo this prime (2^31 - 1): a relation between counts with small whole coefficients is one
/// modulo a prime, too.
const PRIME: u64 = 2_147_483_647;

/// Column and coefficient of what is not zero, by column.
pub(in crate::disclosure) type Row = Vec<(usize, u64)>;

/// Rows of which none follows from the others, and none has the first column of another. They are the same whatever
/// the order in which they came.
#[derive(Default)]
pub(in crate::disclosure) struct Basis {
    rows: Vec<Row>,
    /// The row of each pivot.
    pivots: HashMap<usize, usize>,
    /// For each column the rows that had it once; most have it still.
    users: HashMap<usize, Vec<usize>>,
    work: u64,
}

impl Basis {
    /// The rows.
    pub(in crate::disclosure) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Multiplications so far.
    pub(in crate::disclosure) const fn work(&self) -> u64 {
        self.work
    }

    /// What is left of a row after all rows of the basis are taken out.
    pub(in crate::disclosure) fn reduced(&self, row: Row) -> Row {
        // no row of the basis has the pivot of another, so each is taken out once
        let base =
            |(at, factor): &(usize, u64)| Some((self.rows.get(*self.pivots.get(at)?)?, *factor));
        let taken: Vec<(&Row, u64)> = row.iter().filter_map(base).collect();
        if let [(base, factor)] = taken.as_slice() {
            return subtracted(&row, base, *factor, |_| ());
        }
        if taken.is_empty() {
            return row;
        }
        let mut all = row.clone();
        for (base, factor) in taken {
            all.extend(base.iter().map(|(at, value)| (*at, (PRIME - factor) * value % PRIME)));
        }
        all.sort_unstable_by_key(|(at, _)| *at);
        let mut left: Row = Vec::new();
        for (at, value) in all {
            match left.last_mut() {
                Some((last, sum)) if *last == at => *sum = (*sum + value) % PRIME,
                _ => left.push((at, value)),
            }
        }
        left.retain(|(_, value)| *value != 0);
        left
    }

    /// Adds a row; false if the basis has it already.
    pub(in crate::disclosure) fn add(&mut self, row: Row) -> bool {
        let mut row = self.reduced(row);
        let Some((pivot, first)) = row.first().copied() else { return false };
        let inverse = inverse(first);
        for (_, value) in &mut row {
            *value = *value * inverse % PRIME;
        }
        let mut users = self.users.remove(&pivot).unwrap_or_default();
        users.sort_unstable();
        users.dedup();
        for at in users {
            let Some(base) = self.rows.get_mut(at) else { continue };
            let held = base.binary_search_by_key(&pivot, |(column, _)| *column).ok();
            let Some((_, factor)) = held.and_then(|held| base.get(held)).copied() else { continue };
            let cost = base.len() + row.len();
            self.work = self.work.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
            let mut met = Vec::new();
            *base = subtracted(base, &row, factor, |column| met.push(column));
            for column in met {
                self.users.entry(column).or_default().push(at);
            }
        }
        for (column, _) in row.iter().skip(1) {
            self.users.entry(*column).or_default().push(self.rows.len());
        }
        self.pivots.insert(pivot, self.rows.len());
        self.rows.push(row);
        true
    }
}

/// One row less a multiple of another; tells each column that only the other has.
fn subtracted(
    row: &[(usize, u64)],
    base: &[(usize, u64)],
    factor: u64,
    mut met: impl FnMut(usize),
) -> Row {
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
                met(*at);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Basis, PRIME, Row, inverse};

    /// Elimination as in a textbook, over whole rows.
    fn plain(mut rows: Vec<Vec<u64>>, width: usize) -> Vec<Vec<u64>> {
        let mut done = 0;
        for column in 0..width {
            let Some(found) = (done..rows.len()).find(|at| rows[*at][column] != 0) else {
                continue;
            };
            rows.swap(done, found);
            let factor = inverse(rows[done][column]);
            rows[done].iter_mut().for_each(|value| *value = *value * factor % PRIME);
            let base = rows[done].clone();
            for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != done) {
                let factor = row[column];
                for (value, base) in row.iter_mut().zip(&base) {
                    *value = (*value + (PRIME - factor) * base) % PRIME;
                }
            }
            done += 1;
        }
        rows.truncate(done);
        rows
    }

    fn sparse(row: &[u64]) -> Row {
        row.iter().copied().enumerate().filter(|(_, value)| *value != 0).collect()
    }

    proptest! {
        #[test]
        fn the_basis_is_what_plain_elimination_leaves(
            rows in prop::collection::vec(prop::collection::vec(0_u64..2, 9), 0..9),
            other in prop::collection::vec(0_u64..3, 9),
        ) {
            let mut basis = Basis::default();
            let added = rows.iter().filter(|row| basis.add(sparse(row))).count();

            let expected = plain(rows.clone(), 9);
            let mut found = basis.rows().to_vec();
            found.sort_unstable_by_key(|row| row.first().map(|(at, _)| *at));
            prop_assert_eq!(found, expected.iter().map(|row| sparse(row)).collect::<Vec<_>>());
            prop_assert_eq!(added, expected.len());
            let follows = plain([rows, vec![other.clone()]].concat(), 9).len() == added;
            prop_assert_eq!(basis.reduced(sparse(&other)).is_empty(), follows);
        }
    }
}
