//! The contract read plainly: slow, over the records themselves.

use std::collections::{BTreeMap, BTreeSet};

use columns::{
    Answer, By, Cell, ColumnRef, Counts, Filter, Measure, Panel, Record, Schema, Select, Slot,
    Test, Unit, Value,
};

/// A row: the record, the table, and its place among the record's rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    record: usize,
    table: u16,
    at: usize,
}

pub(crate) struct Naive<'a> {
    pub(crate) schema: &'a Schema,
    /// In the order of entry.
    pub(crate) records: &'a [Record],
}

/// In units of 10^-12.
fn fine(digits: i64, scale: u8) -> i128 {
    i128::from(digits) * 10_i128.pow(u32::from(12 - scale))
}

/// The value as a number in units of 10^-12; whole things as they are.
fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Number { digits, scale } => Some(fine(*digits, *scale)),
        Value::Day(it) | Value::Minute(it) => Some(fine(i64::from(*it), 0)),
        Value::Key(it) => Some(fine(i64::from(*it), 0)),
        Value::Code(it) => Some(fine(i64::from(*it), 0)),
        _ => None,
    }
}

fn known(value: &Value) -> bool {
    match value {
        Value::Missing => false,
        Value::Codes(codes) => !codes.is_empty(),
        _ => true,
    }
}

impl Naive<'_> {
    fn rows(&self, record: usize, table: u16) -> Vec<Row> {
        let count = match table {
            0 => 1,
            _ => self.records[record].parts.iter().filter(|it| it.0 == table).count(),
        };
        (0..count).map(|at| Row { record, table, at }).collect()
    }

    fn part(&self, row: Row) -> &(u16, u32, Vec<Value>) {
        let mut parts = self.records[row.record].parts.iter().filter(|it| it.0 == row.table);
        parts.nth(row.at).unwrap()
    }

    fn above(&self, row: Row, table: u16) -> Row {
        if row.table == table {
            return row;
        }
        let parent = self.schema.tables[usize::from(row.table)].parent.unwrap();
        let up = Row { table: parent, at: self.part(row).1 as usize, ..row };
        self.above(up, table)
    }

    fn value(&self, row: Row, column: ColumnRef) -> &Value {
        let row = self.above(row, column.table);
        let values = match row.table {
            0 => &self.records[row.record].values,
            _ => &self.part(row).2,
        };
        &values[usize::from(column.column)]
    }

    fn is_under(&self, table: u16, above: u16) -> bool {
        let up = |at: &u16| self.schema.tables[usize::from(*at)].parent;
        std::iter::successors(Some(table), up).any(|at| at == above)
    }

    fn holds(&self, row: Row, filter: &Filter) -> Option<bool> {
        match filter {
            Filter::All(all) => {
                let each: Vec<Option<bool>> = all.iter().map(|it| self.holds(row, it)).collect();
                if each.contains(&Some(false)) {
                    Some(false)
                } else {
                    (!each.contains(&None)).then_some(true)
                }
            }
            Filter::Any(any) => {
                let not = any.iter().map(|it| Filter::Not(Box::new(it.clone()))).collect();
                self.holds(row, &Filter::All(not)).map(|it| !it)
            }
            Filter::Not(not) => self.holds(row, not).map(|it| !it),
            Filter::Test(column, test) => holds(self.value(row, *column), test),
            Filter::Has(child, inner) => {
                let rows = self.rows(row.record, *child).into_iter();
                let mut under = rows.filter(|it| self.above(*it, row.table) == row);
                Some(under.any(|it| self.holds(it, inner) == Some(true)))
            }
        }
    }

    fn selected(&self, select: &Select) -> Vec<usize> {
        let root = |record: usize| Row { record, table: 0, at: 0 };
        let passes = |it: &usize| self.holds(root(*it), &select.filter) == Some(true);
        let rows: Vec<usize> = (0..self.records.len()).filter(passes).collect();
        let Unit::Last { key, order } = select.unit else { return rows };
        let better = |one: usize, other: usize| {
            let order = |it: usize| number(self.value(root(it), order));
            (order(one), one) > (order(other), other)
        };
        let is_last = |one: &usize| {
            let mine = self.value(root(*one), key);
            let same = |it: &&usize| self.value(root(**it), key) == mine;
            *mine == Value::Missing || !rows.iter().filter(same).any(|it| better(*it, *one))
        };
        rows.iter().copied().filter(is_last).collect()
    }

    /// The slots of each record on a dimension of the root.
    pub(crate) fn places(&self, by: &By) -> Vec<Vec<Slot>> {
        let root = |record| Row { record, table: 0, at: 0 };
        (0..self.records.len()).map(|record| self.slots(root(record), by)).collect()
    }

    /// For each record the first condition that is true of it.
    pub(crate) fn first_of(&self, conditions: &[Filter]) -> Vec<usize> {
        let first = |record| {
            let row = Row { record, table: 0, at: 0 };
            let found = conditions.iter().position(|it| self.holds(row, it) == Some(true));
            found.unwrap_or(conditions.len())
        };
        (0..self.records.len()).map(first).collect()
    }

    fn slots(&self, row: Row, by: &By) -> Vec<Slot> {
        match by {
            By::Column(column) => match self.value(row, *column) {
                Value::Bool(it) => vec![Some(i32::from(*it))],
                Value::Code(it) => vec![Some(i32::from(*it))],
                Value::Codes(codes) if !codes.is_empty() => {
                    codes.iter().map(|it| Some(i32::from(*it))).collect()
                }
                Value::Key(it) => vec![Some(i32::try_from(*it).unwrap())],
                _ => vec![None],
            },
            By::Year(column) => vec![match self.value(row, *column) {
                Value::Day(day) => Some(year(*day)),
                Value::Minute(minute) => Some(year(minute.div_euclid(1440))),
                _ => None,
            }],
            By::Month(column) => vec![match self.value(row, *column) {
                Value::Day(day) => Some(month(*day)),
                Value::Minute(minute) => Some(month(minute.div_euclid(1440))),
                _ => None,
            }],
            By::Bins { column, edges, scale } => {
                let value = number(self.value(row, *column));
                let bin = value.and_then(|value| {
                    edges.windows(2).position(|pair| {
                        fine(pair[0], *scale) <= value && value < fine(pair[1], *scale)
                    })
                });
                vec![bin.map(|it| i32::try_from(it).unwrap())]
            }
        }
    }

    fn keys(&self, row: Row, by: &[By]) -> Vec<Vec<Slot>> {
        by.iter().fold(vec![Vec::new()], |keys, by| {
            let slots = self.slots(row, by);
            let with = |key: &Vec<Slot>| {
                let key = key.clone();
                slots.iter().map(move |it| key.iter().copied().chain([*it]).collect()).collect()
            };
            keys.iter().flat_map::<Vec<Vec<Slot>>, _>(with).collect()
        })
    }

    pub(crate) fn answer(&self, select: &Select, panel: &Panel) -> Answer {
        assert!(self.is_under(panel.table, 0));
        let mut cells: BTreeMap<Vec<Slot>, Vec<Row>> = BTreeMap::new();
        for record in self.selected(select) {
            for row in self.rows(record, panel.table) {
                if panel.filter.as_ref().is_some_and(|it| self.holds(row, it) != Some(true)) {
                    continue;
                }
                for key in self.keys(row, &panel.by) {
                    let rows = cells.entry(key).or_default();
                    let again = rows.last().is_some_and(|it| it.record == record);
                    if !(panel.once && again) {
                        rows.push(row);
                    }
                }
            }
        }
        let mut columns: Vec<Vec<Counts>> = Vec::new();
        for measure in &panel.measures {
            let mut counts: Vec<Counts> =
                cells.values().map(|rows| self.measure(rows, measure)).collect();
            coarsen(&mut counts);
            columns.push(counts);
        }
        let cells = cells.into_keys().enumerate();
        let cells = cells.map(|(at, key)| Cell {
            key,
            measures: columns.iter().map(|counts| counts[at].clone()).collect(),
        });
        Answer { cells: cells.collect() }
    }

    /// Numbers in units of 10^-12.
    fn measure(&self, rows: &[Row], measure: &Measure) -> Counts {
        let value = |row: &Row, column: &ColumnRef| self.value(*row, *column).clone();
        let count = |it: usize| Counts::Number(it as u64);
        match measure {
            Measure::Count => count(rows.len()),
            Measure::Known(column) => {
                count(rows.iter().filter(|row| known(&value(row, column))).count())
            }
            Measure::True(column) => {
                let is = |it: Value| rows.iter().filter(|row| value(row, column) == it).count();
                let (yes, no) = (is(Value::Bool(true)) as u64, is(Value::Bool(false)) as u64);
                Counts::True { yes, known: yes + no }
            }
            Measure::Sum(column) => {
                let all: Vec<i128> =
                    rows.iter().filter_map(|row| number(&value(row, column))).collect();
                Counts::Sum { digits: all.iter().sum(), scale: 12, known: all.len() as u64 }
            }
            Measure::Values(column) => {
                let mut counts: BTreeMap<i128, u64> = BTreeMap::new();
                for number in rows.iter().filter_map(|row| number(&value(row, column))) {
                    *counts.entry(number).or_default() += 1;
                }
                // kept as pairs: units this fine need more than 64 bits
                wide_values(&counts)
            }
            Measure::Pairs(column, with) => {
                let mut counts: BTreeMap<(i128, Option<u16>), u64> = BTreeMap::new();
                for row in rows {
                    let code = match value(row, with) {
                        Value::Code(code) => Some(code),
                        Value::Bool(it) => Some(u16::from(it)),
                        _ => None,
                    };
                    if let Some(number) = number(&value(row, column)) {
                        *counts.entry((number, code)).or_default() += 1;
                    }
                }
                let scale = least(counts.keys().map(|it| it.0));
                let values = counts.iter().map(|((value, code), count)| {
                    (i64::try_from(value / unit(scale)).unwrap(), *code, *count)
                });
                Counts::Pairs { scale, values: values.collect() }
            }
            Measure::Distinct(column) => {
                let mut seen = BTreeSet::new();
                for row in rows {
                    match value(row, column) {
                        Value::Key(it) => drop(seen.insert(it)),
                        Value::Code(it) => drop(seen.insert(u32::from(it))),
                        Value::Codes(codes) => seen.extend(codes.iter().map(|it| u32::from(*it))),
                        _ => {}
                    }
                }
                count(seen.len())
            }
        }
    }
}

fn unit(scale: u8) -> i128 {
    10_i128.pow(u32::from(12 - scale))
}

fn least(numbers: impl Iterator<Item = i128>) -> u8 {
    let numbers: Vec<i128> = numbers.collect();
    (0..=12).find(|scale| numbers.iter().all(|it| it % unit(*scale) == 0)).unwrap()
}

fn wide_values(counts: &BTreeMap<i128, u64>) -> Counts {
    let scale = least(counts.keys().copied());
    let values = counts
        .iter()
        .map(|(value, count)| (i64::try_from(value / unit(scale)).unwrap(), *count))
        .collect();
    Counts::Values { scale, values }
}

/// One scale for all cells, the coarsest that holds all of them.
fn coarsen(counts: &mut [Counts]) {
    let scale = counts
        .iter()
        .map(|it| match it {
            Counts::Sum { digits, .. } => least([*digits].into_iter()),
            Counts::Values { scale, .. } | Counts::Pairs { scale, .. } => *scale,
            _ => 0,
        })
        .max()
        .unwrap_or(0);
    for count in counts {
        match count {
            Counts::Sum { digits, scale: was, .. } => {
                *digits /= unit(scale);
                *was = scale;
            }
            Counts::Values { scale: was, values } => {
                for it in values {
                    it.0 *= 10_i64.pow(u32::from(scale - *was));
                }
                *was = scale;
            }
            Counts::Pairs { scale: was, values } => {
                for it in values {
                    it.0 *= 10_i64.pow(u32::from(scale - *was));
                }
                *was = scale;
            }
            _ => {}
        }
    }
}

fn holds(value: &Value, test: &Test) -> Option<bool> {
    match test {
        Test::Known => return Some(known(value)),
        Test::Missing => return Some(!known(value)),
        _ if !known(value) => return None,
        _ => {}
    }
    Some(match (test, value) {
        (Test::Is(wanted), Value::Bool(is)) => wanted == is,
        (Test::In(codes), Value::Code(code)) => codes.contains(code),
        (Test::In(codes), Value::Codes(set)) => set.iter().any(|code| codes.contains(code)),
        (Test::Between { low, below, scale }, value) => {
            let value = number(value).unwrap();
            low.is_none_or(|low| fine(low, *scale) <= value)
                && below.is_none_or(|below| value < fine(below, *scale))
        }
        other => panic!("{other:?}"),
    })
}

fn year(day: i32) -> i32 {
    year_and_rest(day).0
}

/// Counted month by month.
fn month(day: i32) -> i32 {
    let (year, mut rest) = year_and_rest(day);
    let (next, _) = year_and_rest(day - rest + 365);
    let february = if next == year { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut over = 0;
    for length in lengths {
        if rest < length {
            break;
        }
        rest -= length;
        over += 1;
    }
    year * 12 + over
}

/// Counted year by year, and the days of it that are over.
fn year_and_rest(day: i32) -> (i32, i32) {
    let length = |year: i32| {
        if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) {
            366
        } else {
            365
        }
    };
    let (mut year, mut rest) = (1970, day);
    while rest < 0 {
        year -= 1;
        rest += length(year);
    }
    while rest >= length(year) {
        rest -= length(year);
        year += 1;
    }
    (year, rest)
}
