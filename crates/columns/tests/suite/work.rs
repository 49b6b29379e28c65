//! How much is read, kept and rewritten; counted, not timed.

use std::sync::Arc;

use columns::{
    Answer, Builder, By, Change, ColumnRef, ColumnSpec, ColumnsError, Counts, Filter, Kind,
    Measure, Panel, Record, Schema, Select, Store, TableSpec, Test, Unit, Value,
};

use crate::generate::{Dice, key};
use crate::naive::Naive;

const SUPPORT: ColumnRef = ColumnRef { table: 0, column: 0 };
const DAY: ColumnRef = ColumnRef { table: 0, column: 1 };
const HOURS: ColumnRef = ColumnRef { table: 0, column: 2 };
const ALIVE: ColumnRef = ColumnRef { table: 0, column: 3 };
const CODE: ColumnRef = ColumnRef { table: 1, column: 0 };

fn schema() -> Arc<Schema> {
    let codes = |count: u16| (0..count).map(|code| format!("c{code}")).collect();
    let column = |key: &str, kind| ColumnSpec { key: key.to_owned(), kind };
    Arc::new(Schema {
        tables: vec![
            TableSpec {
                key: "run".to_owned(),
                parent: None,
                columns: vec![
                    column("support", Kind::Code(codes(4))),
                    column("day", Kind::Day),
                    column("hours", Kind::Number),
                    column("alive", Kind::Bool),
                    column("never", Kind::Number),
                ],
            },
            TableSpec {
                key: "complication".to_owned(),
                parent: Some(0),
                columns: vec![column("code", Kind::Code(codes(30)))],
            },
        ],
    })
}

/// Days ascend as runs are entered.
fn run(dice: &mut Dice, number: u64) -> Record {
    let digits = dice.from(1, 9999);
    let part = |code: u64| (1, 0, vec![Value::Code(u16::try_from(code).unwrap())]);
    Record {
        key: key(number),
        values: vec![
            Value::Code(u16::try_from(dice.below(4)).unwrap()),
            Value::Day(i32::try_from(number / 20).unwrap()),
            Value::Number { digits, scale: 1 },
            Value::Bool(dice.percent(60)),
            Value::Missing,
        ],
        parts: (0..dice.below(3)).map(|_| part(dice.below(30))).collect(),
    }
}

fn world(rows: u64) -> (Arc<Schema>, Vec<Record>, Store) {
    let (schema, mut dice) = (schema(), Dice(11));
    let records: Vec<Record> = (0..rows).map(|number| run(&mut dice, number)).collect();
    let mut builder = Builder::new(Arc::clone(&schema));
    for it in &records {
        builder.push(it).unwrap();
    }
    (schema, records, builder.finish())
}

fn everyone() -> Select {
    Select { filter: Filter::All(Vec::new()), unit: Unit::Row }
}

fn by_support(measures: Vec<Measure>) -> Panel {
    Panel { table: 0, filter: None, by: vec![By::Column(SUPPORT)], measures, once: false }
}

fn counted(answers: &[Answer]) -> u64 {
    let number = |it: &Counts| match it {
        Counts::Number(it) => *it,
        other => panic!("{other:?}"),
    };
    answers.iter().flat_map(|it| &it.cells).map(|it| number(&it.measures[0])).sum()
}

#[test]
fn many_segments_on_two_threads_answer_like_a_plain_reading() {
    let (schema, records, store) = world(70_000);
    let naive = Naive { schema: &schema, records: &records };
    let select = Select {
        filter: Filter::All(vec![
            Filter::Test(DAY, Test::Between { low: Some(1000), below: Some(3400), scale: 0 }),
            Filter::Not(Box::new(Filter::Test(SUPPORT, Test::In(vec![2])))),
        ]),
        unit: Unit::Row,
    };
    let child = |once| Panel {
        table: 1,
        filter: None,
        by: vec![By::Column(CODE), By::Column(ALIVE)],
        measures: vec![Measure::Count, Measure::Sum(HOURS)],
        once,
    };
    let panels = [
        by_support(vec![
            Measure::Count,
            Measure::True(ALIVE),
            Measure::Sum(HOURS),
            Measure::Values(HOURS),
        ]),
        Panel {
            by: vec![By::Year(DAY), By::Column(SUPPORT)],
            ..by_support(vec![Measure::Sum(HOURS)])
        },
        child(false),
        child(true),
    ];

    let (two, work) = store.answer_with(&select, &panels, 2).unwrap();
    let (one, _) = store.answer_with(&select, &panels, 1).unwrap();

    assert_eq!((store.memory().segments, work.segments), (2, 2));
    for (panel, answer) in panels.iter().zip(&two) {
        assert_eq!(*answer, naive.answer(&select, panel));
    }
    assert_eq!(one, two);
}

#[test]
fn a_question_loads_only_its_columns_and_segments() {
    let (schema, _, store) = world(140_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapshot");
    store.save(&path, &[]).unwrap();
    let (store, _) = Store::open(&path, schema).unwrap();
    let last_days = Filter::Test(DAY, Test::Between { low: Some(6600), below: None, scale: 0 });
    let select = Select { filter: last_days, unit: Unit::Row };

    let (opened, columns) = (store.memory().columns_loaded, store.memory().columns);
    let (answers, work) =
        store.answer_with(&select, &[by_support(vec![Measure::Count])], 2).unwrap();

    // three segments; four columns of runs and one of complications have values
    assert_eq!((opened, columns), (0, 15));
    assert_eq!((work.segments, work.rows, work.counts), (1, 8_000, 1));
    assert_eq!(counted(&answers), 8_000);
    assert_eq!(store.memory().columns_loaded, 2, "day and support of the last segment");
    assert_eq!(store.memory().keys, 0);
}

#[test]
fn one_submission_rewrites_little_and_leaves_the_old_store() {
    let (_, _, full) = world(70_000);
    let mut dice = Dice(3);
    let mut store = full.clone();

    for number in 0..600 {
        store = store.apply(vec![Change::Put(run(&mut dice, 1_000_000 + number))]).unwrap();
    }

    let panel = [by_support(vec![Measure::Count])];
    assert_eq!(counted(&full.answer(&everyone(), &panel).unwrap()), 70_000);
    assert_eq!(counted(&store.answer(&everyone(), &panel).unwrap()), 70_600);
    let segments = store.memory().segments;
    assert!((3..=14).contains(&segments), "{segments} segments");
}

#[test]
fn replaced_and_removed_records_are_gone_and_their_space_comes_back() {
    let (_, records, store) = world(4_000);
    let before = store.memory();

    let removed = records.iter().take(1_500).map(|it| Change::Remove(it.key)).collect();
    let store = store.apply(removed).unwrap();
    let mut again = records[2_000].clone();
    again.values[0] = Value::Missing;
    let store = store.apply(vec![Change::Put(again.clone())]).unwrap();

    assert_eq!(store.rows(), 2_500);
    assert!(!store.contains(&records[0].key) && store.contains(&records[1_500].key));
    assert_eq!(store.record(&again.key).unwrap().unwrap().values[0], Value::Missing);
    let after = store.memory();
    assert!(after.values * 10 < before.values * 7, "{before:?} {after:?}");
}

#[test]
fn a_change_that_does_not_fit_changes_nothing() {
    let (_, _, store) = world(10);
    let mut dice = Dice(4);
    let good = run(&mut dice, 99);
    let mut short = run(&mut dice, 100);
    short.values.pop();
    let mut beyond = run(&mut dice, 100);
    beyond.values[0] = Value::Code(4);
    let mut fine = run(&mut dice, 100);
    fine.values[2] = Value::Number { digits: 1, scale: 12 };
    let mut far = run(&mut dice, 101);
    far.values[2] = Value::Number { digits: i64::MAX / 4, scale: 0 };
    let mut loose = run(&mut dice, 100);
    loose.parts.push((1, 1, vec![Value::Missing]));

    for bad in [vec![short], vec![beyond], vec![fine, far], vec![loose]] {
        let mut changes = vec![Change::Put(good.clone())];
        changes.extend(bad.into_iter().map(Change::Put));
        let refused = store.apply(changes);

        assert!(
            matches!(
                refused,
                Err(ColumnsError::Width { .. }
                    | ColumnsError::Value { .. }
                    | ColumnsError::Part { .. })
            ),
            "{refused:?}"
        );
    }
    assert!(!store.contains(&good.key));
}

#[test]
fn questions_that_make_no_sense_are_refused_with_the_name_of_the_column() {
    let (_, _, store) = world(10);
    let ask = |panel: Panel| store.answer(&everyone(), &[panel]).unwrap_err().to_string();
    let panel = |by: By, measure| Panel { by: vec![by], ..by_support(vec![measure]) };

    assert_eq!(
        ask(panel(By::Column(HOURS), Measure::Count)),
        "query: `run.hours` cannot be a dimension like that"
    );
    assert_eq!(
        ask(panel(By::Column(CODE), Measure::Count)),
        "query: `complication.code` has many values for one row of `run`"
    );
    assert_eq!(
        ask(panel(By::Column(SUPPORT), Measure::Sum(DAY))),
        "query: `run.day` cannot be measured like that"
    );
    let has_itself = Filter::Has(0, Box::new(Filter::All(Vec::new())));
    let select = Select { filter: has_itself, unit: Unit::Row };
    let refused = store.answer(&select, &[]).unwrap_err().to_string();
    assert_eq!(refused, "query: `run` does not hang on `run`");
}

#[test]
fn a_missing_column_takes_no_memory_and_codes_take_a_byte() {
    let (_, records, store) = world(65_536);
    let rows = 65_536_u64;
    let children: u64 = records.iter().map(|it| it.parts.len() as u64).sum();

    let memory = store.memory();

    // support 1, day 2, hours 2 bytes, alive one bit, code of a complication 1
    assert_eq!(memory.values, rows * 5 + rows / 8 + children);
    assert_eq!(memory.links, rows / 8 + children * 2);
}
