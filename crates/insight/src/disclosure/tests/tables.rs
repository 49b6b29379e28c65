//! Protection of tables that stand alone.

use proptest::prelude::*;

use super::*;
use crate::disclosure::settle::Rules;
use crate::disclosure::{Audience, Guard, Reason, ShownTable, Spot, TableError};

fn spot(key: &[i32]) -> Spot {
    key.iter().map(|atom| Some(Some(*atom))).collect()
}

fn tally(units: u64) -> Tally {
    Tally { units, repeats: 0, centers: units }
}

/// A table from the counts of its inner cells, row by row.
fn table(rows: usize, counts: &[u64]) -> ShownTable {
    let width = counts.len() / rows;
    let cells = counts.iter().enumerate().map(|(i, units)| {
        let key = [i / width, i % width].map(|at| i32::try_from(at).expect("few"));
        (spot(&key), tally(*units))
    });
    ShownTable::new(2, cells).expect("a table")
}

fn protected(rows: usize, counts: &[u64]) -> ShownTable {
    let mut table = table(rows, counts);
    Guard::of(Audience::Public).protect(&mut table).expect("protected");
    table
}

/// Inner cells as text: the count, or a letter for why it is hidden.
fn drawn(table: &ShownTable, rows: usize, width: usize) -> Vec<String> {
    let cell = |row: usize, column: usize| {
        let key = spot(&[row, column].map(|at| i32::try_from(at).expect("few")));
        table.cell(&key).map_or("0".to_owned(), |cell| match cell.hidden {
            None => cell.tally.units.to_string(),
            Some(Reason::Small) => "s".to_owned(),
            Some(Reason::Protects) => "p".to_owned(),
            Some(_) => "u".to_owned(),
        })
    };
    (0..rows).map(|row| (0..width).map(|c| cell(row, c)).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn one_small_cell_is_hidden_by_a_rectangle() {
    let table = protected(3, &[20, 30, 3, 40, 50, 60, 70, 80, 90]);

    assert_eq!(drawn(&table, 3, 3), ["p 30 s", "p 50 p", "70 80 90"]);
}

#[test]
fn a_table_without_small_cells_is_shown_whole_with_its_zeros() {
    let table = protected(2, &[20, 0, 30, 0, 40, 50]);

    assert!(table.cells().all(|cell| cell.hidden.is_none()));
}

#[test]
fn a_bridge_between_two_loops_of_hidden_cells_gets_company() {
    // rows 0, 1 and rows 2, 3 have loops of their own; the small cell at (1, 2) joins them and every line has two
    // hidden cells without further help
    let counts = [
        3, 9, 50, 50, //
        9, 3, 2, 50, //
        50, 50, 9, 3, //
        50, 50, 3, 9,
    ];
    let mut without = table(4, &counts);
    without.protect(settings(), Rules { lines: true, audit: false }).expect("protected");
    let with = protected(4, &counts);

    assert!(follows(&without, 4, 4), "{:?}", drawn(&without, 4, 4));
    assert!(!follows(&with, 4, 4), "{:?}", drawn(&with, 4, 4));
}

/// Whether a hidden inner cell is a combination of everything shown.
fn follows(table: &ShownTable, rows: usize, width: usize) -> bool {
    let atoms = [rows, width].map(|size| {
        (0..size).map(|at| Some(i32::try_from(at).expect("few"))).collect::<Vec<Atom>>()
    });
    let finest = Finest::of(&atoms);
    let mut attacker = Attacker::default();
    let mut secrets = Vec::new();
    for cell in all_cells(&atoms) {
        let key: Spot =
            (0..2).map(|j| cell.get(&Dim(j)).and_then(|set| set.iter().next().copied())).collect();
        match table.cell(&key).and_then(|cell| cell.hidden) {
            None => attacker.learns(finest.row(&cell)),
            Some(_) => secrets.push(cell),
        }
    }
    secrets.iter().any(|cell| attacker.knows(finest.row(cell)))
}

/// All values that a hidden cell can have, given every total and shown cell, and that small cells are told to be
/// 1 to 4 and protecting ones to be 5 or more. Counts rows one after the other, keeping what each column has left.
fn possible(table: &ShownTable, rows: usize, width: usize, at: (usize, usize)) -> BTreeSet<u64> {
    let number = |at: usize| i32::try_from(at).expect("few");
    let bounds = |row: usize, column: usize| match table.cell(&spot(&[number(row), number(column)]))
    {
        None => (0, 0),
        Some(cell) => match cell.hidden {
            None => (cell.tally.units, cell.tally.units),
            Some(Reason::Small) => (1, 4),
            Some(Reason::Undivided) => (0, u64::MAX),
            Some(_) => (5, u64::MAX),
        },
    };
    let total = |key: Spot| {
        table.cell(&key).map_or(Some(0), |cell| cell.hidden.is_none().then_some(cell.tally.units))
    };
    let columns: Vec<Option<u64>> =
        (0..width).map(|c| total(vec![None, Some(Some(number(c)))])).collect();
    let mut states: BTreeSet<(Vec<Option<u64>>, Option<u64>)> = BTreeSet::from([(columns, None)]);
    for row in 0..rows {
        let sum = total(vec![Some(Some(number(row))), None]);
        let mut open: BTreeSet<_> =
            states.into_iter().map(|(left, value)| (left, value, sum)).collect();
        for column in 0..width {
            let mut next = BTreeSet::new();
            for (left, value, rest) in open {
                let (low, high) = bounds(row, column);
                let high = high.min(left[column].unwrap_or(20)).min(rest.unwrap_or(20));
                for guess in low..=high {
                    let mut left = left.clone();
                    left[column] = left[column].map(|left| left - guess);
                    let value = if (row, column) == at { Some(guess) } else { value };
                    next.insert((left, value, rest.map(|rest| rest - guess)));
                }
            }
            open = next;
        }
        let full = open.into_iter().filter(|(_, _, rest)| rest.is_none_or(|rest| rest == 0));
        states = full.map(|(left, value, _)| (left, value)).collect();
    }
    let fits = states.into_iter().filter(|(left, _)| left.iter().all(|l| l.is_none_or(|l| l == 0)));
    fits.filter_map(|(_, value)| value).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_hidden_cell_follows_from_a_protected_table(
        counts in proptest::collection::vec(prop_oneof![Just(0_u64), 1_u64..5, 5_u64..12, 8_u64..60], 20),
    ) {
        let table = protected(4, &counts);

        prop_assert!(!follows(&table, 4, 5), "{:?}", drawn(&table, 4, 5));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_small_cell_has_several_possible_values(
        counts in proptest::collection::vec(prop_oneof![Just(0_u64), 1_u64..5, 5_u64..10], 9),
    ) {
        let table = protected(3, &counts);

        for (i, units) in counts.iter().enumerate() {
            let hidden = table.cell(&spot(&[i32::try_from(i / 3).unwrap(), i32::try_from(i % 3).unwrap()]));
            if hidden.is_some_and(|cell| cell.hidden.is_some()) && *units > 0 {
                let values = possible(&table, 3, 3, (i / 3, i % 3));
                prop_assert!(values.contains(units));
                prop_assert!(values.len() > 1, "{:?} {values:?}", drawn(&table, 3, 3));
            }
        }
    }
}

#[test]
fn a_total_that_is_not_the_sum_of_its_parts_is_refused() {
    let cells = [(spot(&[0]), tally(7)), (spot(&[1]), tally(8)), (vec![None], tally(16))];

    let refused = ShownTable::new(1, cells);

    assert_eq!(refused, Err(TableError::Sum { total: 16, parts: 15 }));
}
