//! Schemas, records and questions from a seed.

use std::sync::Arc;

use columns::{
    By, ColumnRef, ColumnSpec, Filter, Kind, Measure, Panel, Record, RecordKey, Schema, Select,
    TableSpec, Test, Unit, Value,
};

/// A small generator (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Below `end`, which is above 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    pub(crate) fn from(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).unsigned_abs() + 1).cast_signed()
    }

    pub(crate) fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len() as u64) as usize) }
    }
}

/// How wild the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taste {
    /// As SQL engines hold them in 64-bit numbers.
    Tame,
    /// Anything that a store takes.
    Wild,
}

pub(crate) fn schema(dice: &mut Dice) -> Arc<Schema> {
    let tables = (0..=dice.below(4) as u16).map(|table| {
        let columns = (0..2 + dice.below(7)).map(|at| {
            let count = *dice.pick(&[1, 3, 12, 254, 255, 256, 300]).unwrap();
            let codes = (0..count).map(|code| format!("c{code}")).collect();
            let kind = match dice.below(9) {
                0 => Kind::Bool,
                1 | 2 => Kind::Code(codes),
                3 => Kind::Codes(codes),
                4 => Kind::Number,
                5 => Kind::Day,
                6 => Kind::Minute,
                7 => Kind::Key,
                _ => Kind::Text,
            };
            ColumnSpec { key: format!("k{at}"), kind }
        });
        let columns = columns.collect();
        let parent = table.checked_sub(1).map(|last| dice.below(u64::from(last) + 1) as u16);
        TableSpec { key: format!("t{table}"), parent, columns }
    });
    Arc::new(Schema { tables: tables.collect() })
}

pub(crate) fn key(number: u64) -> RecordKey {
    // neither in the order of numbers nor against it
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    key[8..].copy_from_slice(&number.to_le_bytes());
    key
}

fn number(dice: &mut Dice, column: u64, taste: Taste) -> Value {
    let scale = |dice: &mut Dice, most| dice.below(most) as u8;
    match (taste, column % 4) {
        (Taste::Wild, 0) => {
            Value::Number { digits: dice.from(-9_000_000, 9_000_000), scale: scale(dice, 6) }
        }
        (Taste::Wild, 1) => {
            Value::Number { digits: dice.from(-4_000, 4_000) * 1_000_000_000_000_000, scale: 0 }
        }
        (Taste::Wild, 2) => Value::Number { digits: dice.from(0, 99), scale: 12 },
        _ => Value::Number { digits: dice.from(-50, 400), scale: scale(dice, 3) },
    }
}

fn value(dice: &mut Dice, column: u64, kind: &Kind, taste: Taste) -> Value {
    // each column has its own share of missing values, some are empty
    if dice.percent(*[0, 5, 50, 97, 100].get((column * 7 % 5) as usize).unwrap()) {
        return Value::Missing;
    }
    match kind {
        Kind::Bool => Value::Bool(dice.percent(40)),
        Kind::Code(codes) => {
            let few = 1 + dice.below(codes.len() as u64);
            Value::Code(dice.below(few) as u16)
        }
        Kind::Codes(codes) => {
            let mut set: Vec<u16> =
                (0..dice.below(4)).map(|_| dice.below(codes.len() as u64) as u16).collect();
            set.sort_unstable();
            set.dedup();
            Value::Codes(set.into())
        }
        Kind::Number => number(dice, column, taste),
        Kind::Day => Value::Day(dice.from(-800, 20_000) as i32),
        Kind::Minute => Value::Minute(dice.from(-100_000, 28_000_000) as i32),
        Kind::Key => Value::Key(dice.below(12) as u32),
        Kind::Text => Value::Text(format!("text {}", dice.below(20)).into()),
    }
}

pub(crate) fn values(dice: &mut Dice, schema: &Schema, table: u16, taste: Taste) -> Vec<Value> {
    let columns = &schema.tables[usize::from(table)].columns;
    (0..).zip(columns).map(|(at, it)| value(dice, at, &it.kind, taste)).collect()
}

pub(crate) fn record(dice: &mut Dice, schema: &Schema, key: RecordKey, taste: Taste) -> Record {
    let root = values(dice, schema, 0, taste);
    let mut rows = vec![0_u64; schema.tables.len()];
    rows[0] = 1;
    let mut parts = Vec::new();
    for (table, spec) in (0_u16..).zip(&schema.tables).skip(1) {
        let parents = rows[usize::from(spec.parent.unwrap())];
        for _ in 0..(if parents == 0 { 0 } else { dice.below(5) }) {
            let up = dice.below(parents) as u32;
            parts.push((table, up, values(dice, schema, table, taste)));
            rows[usize::from(table)] += 1;
        }
    }
    Record { key, values: root, parts }
}

/// Columns that one row of the table has.
fn reach(schema: &Schema, table: u16) -> Vec<(ColumnRef, &Kind)> {
    let chain = std::iter::successors(Some(table), |at| schema.tables[usize::from(*at)].parent);
    chain
        .flat_map(|table| {
            let columns = (0_u16..).zip(&schema.tables[usize::from(table)].columns);
            columns.map(move |(column, spec)| (ColumnRef { table, column }, &spec.kind))
        })
        .collect()
}

fn below(schema: &Schema, table: u16) -> Vec<u16> {
    let under = |at: u16| {
        let up = |at: &u16| schema.tables[usize::from(*at)].parent;
        std::iter::successors(up(&at), up).any(|it| it == table)
    };
    (0..schema.tables.len() as u16).filter(|at| under(*at)).collect()
}

fn test(dice: &mut Dice, kind: &Kind) -> Test {
    if dice.percent(15) {
        return if dice.percent(50) { Test::Known } else { Test::Missing };
    }
    let mut between = |low: i64, high: i64, scale: u8| {
        let bound = |dice: &mut Dice| dice.percent(75).then(|| dice.from(low, high));
        let (low, below) = (bound(dice), bound(dice));
        Test::Between { low, below, scale }
    };
    match kind {
        Kind::Bool => Test::Is(dice.percent(50)),
        Kind::Code(codes) | Kind::Codes(codes) => {
            let few = codes.len().min(20) as u64;
            Test::In((0..dice.below(5)).map(|_| dice.below(few) as u16).collect())
        }
        Kind::Number => match between(0, 3, 0) {
            Test::Between { low: None, .. } => between(-50, 400, 0),
            _ => between(-500, 4000, 2),
        },
        Kind::Day => between(-900, 20_100, 0),
        Kind::Minute => between(-90_000, 29_000_000, 0),
        Kind::Key => between(0, 12, 0),
        Kind::Text => Test::Known,
    }
}

pub(crate) fn filter(dice: &mut Dice, schema: &Schema, table: u16, depth: u32) -> Filter {
    let some = |dice: &mut Dice| {
        (0..dice.below(3)).map(|_| filter(dice, schema, table, depth + 1)).collect()
    };
    match if depth > 2 { 9 } else { dice.below(10) } {
        0 | 1 => Filter::All(some(dice)),
        2 => Filter::Any(some(dice)),
        3 => Filter::Not(Box::new(filter(dice, schema, table, depth + 1))),
        4 if !below(schema, table).is_empty() => {
            let child = *dice.pick(&below(schema, table)).unwrap();
            Filter::Has(child, Box::new(filter(dice, schema, child, depth + 1)))
        }
        _ => {
            let (column, kind) = *dice.pick(&reach(schema, table)).unwrap();
            Filter::Test(column, test(dice, kind))
        }
    }
}

fn find(
    dice: &mut Dice,
    schema: &Schema,
    table: u16,
    fits: impl Fn(&Kind) -> bool,
) -> Option<ColumnRef> {
    let fitting: Vec<ColumnRef> =
        reach(schema, table).into_iter().filter(|it| fits(it.1)).map(|it| it.0).collect();
    dice.pick(&fitting).copied()
}

pub(crate) fn is_ordered(kind: &Kind) -> bool {
    matches!(kind, Kind::Number | Kind::Day | Kind::Minute)
}

fn by(dice: &mut Dice, schema: &Schema, table: u16) -> Option<By> {
    match dice.below(5) {
        0 => {
            let part = if dice.percent(50) { By::Year } else { By::Month };
            find(dice, schema, table, |it| matches!(it, Kind::Day | Kind::Minute)).map(part)
        }
        1 => {
            let column = find(dice, schema, table, is_ordered)?;
            let spread = match schema.tables[usize::from(column.table)].columns
                [usize::from(column.column)]
            .kind
            {
                Kind::Number => 400,
                Kind::Day => 20_000,
                _ => 28_000_000,
            };
            let mut edges: Vec<i64> =
                (0..dice.below(6)).map(|_| dice.from(-spread / 8, spread)).collect();
            edges.sort_unstable();
            edges.dedup();
            Some(By::Bins { column, edges, scale: 0 })
        }
        _ => find(dice, schema, table, |it| {
            matches!(it, Kind::Bool | Kind::Code(_) | Kind::Codes(_) | Kind::Key)
        })
        .map(By::Column),
    }
}

fn measure(dice: &mut Dice, schema: &Schema, table: u16) -> Option<Measure> {
    let is_code = |it: &Kind| matches!(it, Kind::Code(_));
    match dice.below(7) {
        0 => Some(Measure::Count),
        1 => find(dice, schema, table, |_| true).map(Measure::Known),
        2 => find(dice, schema, table, |it| *it == Kind::Bool).map(Measure::True),
        3 => find(dice, schema, table, |it| *it == Kind::Number).map(Measure::Sum),
        4 => find(dice, schema, table, |it| is_ordered(it) || is_code(it) || *it == Kind::Key)
            .map(Measure::Values),
        5 => {
            let value = find(dice, schema, table, is_ordered)?;
            let with = find(dice, schema, table, |it| is_code(it) || *it == Kind::Bool)?;
            Some(Measure::Pairs(value, with))
        }
        _ => {
            find(dice, schema, table, |it| matches!(it, Kind::Key | Kind::Code(_) | Kind::Codes(_)))
                .map(Measure::Distinct)
        }
    }
}

pub(crate) fn select(dice: &mut Dice, schema: &Schema) -> Select {
    let filter =
        if dice.percent(25) { Filter::All(Vec::new()) } else { filter(dice, schema, 0, 0) };
    let key = find(dice, schema, 0, |it| *it == Kind::Key);
    let order = find(dice, schema, 0, is_ordered);
    let unit = match (key, order) {
        (Some(key), Some(order)) if dice.percent(40) => Unit::Last { key, order },
        _ => Unit::Row,
    };
    Select { filter, unit }
}

pub(crate) fn panel(dice: &mut Dice, schema: &Schema) -> Panel {
    let table = dice.below(schema.tables.len() as u64) as u16;
    Panel {
        table,
        filter: dice.percent(40).then(|| filter(dice, schema, table, 1)),
        by: (0..dice.below(4)).filter_map(|_| by(dice, schema, table)).collect(),
        measures: (0..dice.below(5)).filter_map(|_| measure(dice, schema, table)).collect(),
        once: dice.percent(30),
    }
}
