//! Column stores of invented runs: chance, and records from lists of values.

use std::collections::HashMap;

use columns::{Builder, Record, Store, Value};

use crate::suite::common::shipped;

/// 2026-11-22T12:00Z.
pub(crate) const AS_OF: base::Instant = base::Instant::from_micros(1_795_348_800_000_000);

/// The same numbers for the same seed.
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        // splitmix64, Steele, Lea and Flood, OOPSLA 2014
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    /// Missing once in twelve times.
    pub(crate) fn most<T>(&mut self, value: T) -> Option<T> {
        (self.below(12) > 0).then_some(value)
    }
}

/// One value of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Held {
    Key(u32),
    Flag(bool),
    Code(&'static str),
    /// Digits and decimals.
    Number(i64, u8),
    /// Since 1970.
    Minute(i32),
}

/// Columns by their keys; none for missing.
pub(crate) type Values<'v> = &'v [(&'v str, Option<Held>)];

fn put(row: &mut [Value], values: Values<'_>) {
    let shape = &shipped().0;
    for (key, held) in values {
        let column = shape.named(key).unwrap_or_else(|| panic!("column {key}"));
        row[usize::from(column.column)] = match *held {
            None => Value::Missing,
            Some(Held::Key(key)) => Value::Key(key),
            Some(Held::Flag(flag)) => Value::Bool(flag),
            Some(Held::Number(digits, scale)) => Value::Number { digits, scale },
            Some(Held::Minute(minute)) => Value::Minute(minute),
            Some(Held::Code(code)) => Value::Code(shape.code(column, code).expect("a code")),
        };
    }
}

/// One run with its complications; all other columns are missing.
pub(crate) fn record(at: u64, values: Values<'_>, complications: &[Vec<(&str, Held)>]) -> Record {
    let shape = &shipped().0;
    let row =
        |table: u16| vec![Value::Missing; shape.schema().tables[usize::from(table)].columns.len()];
    let mut run = row(0);
    put(&mut run, values);
    let table = shape.table_named("complication").expect("complications");
    let parts = complications.iter().map(|held| {
        let mut part = row(table);
        let held: Vec<_> = held.iter().map(|(key, held)| (*key, Some(*held))).collect();
        put(&mut part, &held);
        (table, 0, part)
    });
    let mut key = [0; 16];
    key[..8].copy_from_slice(&at.to_be_bytes());
    Record { key, values: run, parts: parts.collect() }
}

/// A store of records.
pub(crate) fn store(records: impl Iterator<Item = Record>) -> Store {
    let mut builder = Builder::new(shipped().0.schema().clone());
    for record in records {
        builder.push(record).expect("a record that fits");
    }
    builder.finish()
}

/// Where each run stands among those of its patient: from 1 in order of start, and whether it is the last. Runs are
/// given as patient and start.
pub(crate) fn places<K: Ord + Copy>(runs: impl Iterator<Item = (u32, K)>) -> Vec<(i64, bool)> {
    let mut of_patient: HashMap<u32, Vec<(K, usize)>> = HashMap::new();
    let mut count = 0;
    for (place, (patient, start)) in runs.enumerate() {
        of_patient.entry(patient).or_default().push((start, place));
        count += 1;
    }
    let mut out = vec![(0, false); count];
    for mut all in of_patient.into_values() {
        all.sort_unstable();
        let last = all.len();
        for (order, (_, place)) in (1..).zip(all) {
            out[place] = (i64::try_from(order).unwrap(), order == last);
        }
    }
    out
}
