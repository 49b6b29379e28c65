//! Invented runs: skewed as registries are, the same for the same seed and number.

use std::sync::Arc;

use anyhow::Result;
use columns::{Builder, ColumnRef, ColumnSpec, Kind, Record, Schema, Store, TableSpec, Value};

/// Codes of each coded column.
const CODES: [(&str, u16); 9] = [
    ("country", 60),
    ("chapter", 5),
    ("age_group", 3),
    ("support", 5),
    ("mode", 8),
    ("diagnosis", 40),
    ("discharge", 6),
    ("code", 60),
    ("system", 8),
];

/// Places of the columns of runs.
pub(crate) const RUN: [&str; 17] = [
    "center",
    "country",
    "chapter",
    "patient",
    "start",
    "age_group",
    "support",
    "mode",
    "diagnosis",
    "discharge",
    "run_order",
    "age",
    "weight",
    "hours",
    "lactate",
    "alive",
    "transfer",
];
/// Places of the columns of complications.
pub(crate) const COMPLICATION: [&str; 3] = ["code", "system", "day"];

/// A column of either table by its name.
pub(crate) fn column(name: &str) -> ColumnRef {
    let place = |all: &[&str]| all.iter().position(|it| *it == name);
    let (table, at) = match (place(&RUN), place(&COMPLICATION)) {
        (Some(at), _) => (0, at),
        (None, at) => (1, at.unwrap_or(usize::MAX)),
    };
    ColumnRef { table, column: u16::try_from(at).unwrap_or(u16::MAX) }
}

/// The number of codes of a column.
pub(crate) fn codes(name: &str) -> Option<u16> {
    CODES.iter().find(|it| it.0 == name).map(|it| it.1)
}

pub(crate) fn schema() -> Arc<Schema> {
    let spec = |name: &&str| {
        let kind = match (*name, codes(name)) {
            // numbers as names, so that other engines can keep them as small integers
            (_, Some(count)) => Kind::Code((0..count).map(|it| it.to_string()).collect()),
            ("center" | "patient", _) => Kind::Key,
            ("start", _) => Kind::Day,
            ("alive" | "transfer", _) => Kind::Bool,
            _ => Kind::Number,
        };
        ColumnSpec { key: (*name).to_owned(), kind }
    };
    let table = |key: &str, parent, columns: &[&str]| TableSpec {
        key: key.to_owned(),
        parent,
        columns: columns.iter().map(spec).collect(),
    };
    Arc::new(Schema {
        tables: vec![table("run", None, &RUN), table("complication", Some(0), &COMPLICATION)],
    })
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// Below `end`, small numbers far oftener: as centers differ in size.
    fn skewed(&mut self, end: u64) -> u64 {
        let (one, other) = (self.below(1 << 20), self.below(1 << 20));
        (((one * other) >> 20) * end) >> 20
    }

    fn skewed_code(&mut self, end: u16) -> u16 {
        u16::try_from(self.skewed(u64::from(end))).unwrap_or(0)
    }
}

fn number(digits: u64, scale: u8) -> Value {
    Value::Number { digits: digits.cast_signed(), scale }
}

fn sometimes(is: bool, value: Value) -> Value {
    if is { value } else { Value::Missing }
}

fn run(dice: &mut Dice, at: u64, runs: u64) -> Record {
    let center = dice.skewed(780);
    let country = u16::try_from(center % 60).unwrap_or(0);
    // later years have more runs; entered in the order of their start, roughly
    let year_part = at * 1000 / runs;
    let start = 7_300 + year_part * 13 + dice.below(180);
    let age_group = match dice.below(7) {
        0..=3 => 2,
        4 | 5 => 1,
        _ => 0,
    };
    let support = if age_group == 2 { dice.skewed_code(5) } else { 4 - dice.skewed_code(5) };
    let (age, weight) = match age_group {
        0 => (0, 20 + dice.below(25)),
        1 => (dice.below(180), 40 + dice.below(500)),
        _ => (180 + dice.below(700), 450 + dice.below(300) + dice.skewed(700)),
    };
    let hours = 10 + dice.skewed(9_000) + dice.skewed(9_000);
    let alive = dice.percent(72 - u64::from(support) * 6);
    let discharge = if alive { 1 + dice.skewed_code(5) } else { 0 };
    let known = at * 100 / runs < 97 || dice.percent(50);
    let part = |dice: &mut Dice| {
        let code = dice.skewed_code(60);
        let day = number(dice.skewed(60), 0);
        (1, 0, vec![Value::Code(code), Value::Code(code % 8), day])
    };
    let parts = (0..dice.skewed(6)).map(|_| part(dice)).collect();
    let mut key = [0; 16];
    key[..8].copy_from_slice(&at.to_be_bytes());
    let whole = |it: u64| u32::try_from(it).unwrap_or(0);
    let values = vec![
        Value::Key(whole(center)),
        Value::Code(country),
        Value::Code(country % 5),
        Value::Key(whole(at - at.min(dice.skewed(20)))),
        Value::Day(i32::try_from(start).unwrap_or(0)),
        Value::Code(age_group),
        Value::Code(support),
        Value::Code(dice.skewed_code(8)),
        Value::Code(dice.skewed_code(40)),
        sometimes(known, Value::Code(discharge)),
        number(1 + dice.skewed(5), 0),
        number(age, 1),
        sometimes(dice.percent(92), number(weight, 1)),
        number(hours, 1),
        sometimes(dice.percent(70), number(5 + dice.skewed(200), 1)),
        sometimes(known, Value::Bool(alive)),
        Value::Bool(dice.percent(30)),
    ];
    Record { key, values, parts }
}

/// Makes a store of so many runs.
pub(crate) fn store(runs: u64) -> Result<Store> {
    let mut dice = Dice(1989);
    let mut builder = Builder::new(schema());
    for at in 0..runs {
        builder.push(run(&mut dice, at, runs))?;
    }
    Ok(builder.finish())
}
