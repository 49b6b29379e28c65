//! Random stores, changes and questions.

use std::sync::Arc;

use columns::{
    Builder, By, Change, ColumnsError, Filter, Kind, Panel, Record, Schema, Select, Slot, Store,
    Unit,
};
use proptest::prelude::*;

use crate::generate::{Dice, Taste, key, panel, record, schema, select};
use crate::naive::Naive;

/// What should be in the store, in the order of entry.
#[derive(Default)]
struct Shelf(Vec<Record>);

impl Shelf {
    fn put(&mut self, record: Record) {
        self.0.retain(|it| it.key != record.key);
        self.0.push(record);
    }
}

fn build(dice: &mut Dice, schema: &Arc<Schema>, shelf: &mut Shelf, rows: u64) -> Store {
    let mut builder = Builder::new(Arc::clone(schema));
    for _ in 0..rows {
        let number = dice.below(rows * 4);
        let record = record(dice, schema, key(number), Taste::Wild);
        // a column can refuse numbers that lie too far apart
        if builder.push(&record).is_ok() {
            shelf.put(record);
        }
    }
    builder.finish()
}

fn change(dice: &mut Dice, schema: &Schema, shelf: &mut Shelf, store: &Store) -> Store {
    let mut changes = Vec::new();
    let before = shelf.0.clone();
    for _ in 0..=dice.below(12) {
        let key = match dice.pick(&shelf.0) {
            Some(old) if dice.percent(50) => old.key,
            _ => key(dice.below(1000)),
        };
        if dice.percent(40) {
            shelf.0.retain(|it| it.key != key);
            changes.push(Change::Remove(key));
        } else {
            let record = record(dice, schema, key, Taste::Wild);
            shelf.put(record.clone());
            changes.push(Change::Put(record));
        }
    }
    store.apply(changes).unwrap_or_else(|_| {
        shelf.0 = before;
        store.clone()
    })
}

fn compare(dice: &mut Dice, schema: &Schema, shelf: &Shelf, store: &Store, questions: u64) {
    assert_eq!(store.rows(), shelf.0.len() as u64);
    for record in &shelf.0 {
        assert!(store.contains(&record.key));
    }
    let naive = Naive { schema, records: &shelf.0 };
    compare_places(dice, schema, &naive, store);
    for _ in 0..questions {
        let select = select(dice, schema);
        let panels: Vec<_> = (0..=dice.below(5)).map(|_| panel(dice, schema)).collect();
        let answers = match store.answer(&select, &panels) {
            Ok(answers) => answers,
            Err(ColumnsError::Query(text)) if text.contains("2^64") => continue,
            Err(other) => panic!("{other}"),
        };
        for (panel, answer) in panels.iter().zip(&answers) {
            let expected = naive.answer(&select, panel);
            assert_eq!(*answer, expected, "{select:?} {panel:?}");
        }
    }
}

/// Rows stand where a plain reading has them, in the order of entry.
fn compare_places(dice: &mut Dice, schema: &Schema, naive: &Naive<'_>, store: &Store) {
    let Panel { by, .. } = Panel { table: 0, ..panel(dice, schema) };
    for by in by {
        let expected = naive_places(naive, &by);
        match (store.places(&by), expected) {
            (Ok(found), Some(expected)) => {
                let slots = found.rows.iter().map(|at| found.slots[usize::from(*at)]);
                assert_eq!(slots.collect::<Vec<_>>(), expected, "{by:?}");
                assert!(found.slots.is_sorted_by(|a, b| a < b));
            }
            (Err(ColumnsError::Query(_)), None) => {}
            (found, expected) => panic!("{by:?}: {found:?}, not {expected:?}"),
        }
    }
    let conditions: Vec<Filter> = (0..dice.below(4)).map(|_| select(dice, schema).filter).collect();
    let expected: Vec<usize> = naive.first_of(&conditions);
    let found = store.first_of(&conditions).unwrap();
    assert_eq!(found.into_iter().map(usize::from).collect::<Vec<_>>(), expected, "{conditions:?}");
}

/// One slot for each record; nothing if the column is not the root's or holds several codes.
fn naive_places(naive: &Naive<'_>, by: &By) -> Option<Vec<Slot>> {
    let (By::Column(column) | By::Year(column) | By::Month(column) | By::Bins { column, .. }) = by;
    let table = naive.schema.tables.get(usize::from(column.table)).filter(|_| column.table == 0)?;
    let several = matches!(table.columns[usize::from(column.column)].kind, Kind::Codes(_));
    (!several).then(|| naive.places(by).into_iter().map(|slots| slots[0]).collect())
}

#[test]
fn panels_asked_together_answer_as_asked_alone() {
    let everyone = Select { filter: Filter::All(Vec::new()), unit: Unit::Row };
    let mut saved = 0;
    for seed in 1..5 {
        let mut dice = Dice(seed);
        let schema = schema(&mut dice);
        let mut builder = Builder::new(Arc::clone(&schema));
        for number in 0..18_000 {
            builder.push(record(&mut dice, &schema, key(number), Taste::Tame)).unwrap();
        }
        let store = builder.finish();
        let panels: Vec<_> = (0..24)
            .map(|_| Panel { filter: None, once: false, ..panel(&mut dice, &schema) })
            .collect();

        let (together, work) = store.answer_with(&everyone, &panels, 1).unwrap();

        let mut alone = 0;
        for (panel, answer) in panels.iter().zip(&together) {
            let (one, work) = store.answer_with(&everyone, std::slice::from_ref(panel), 1).unwrap();
            assert_eq!(one[0], *answer, "{panel:?}");
            alone += work.counts;
        }
        saved += alone - work.counts;
    }
    assert!(saved > 20, "only {saved} counts were saved");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_equal_a_plain_reading_of_the_contract(seed: u64) {
        let mut dice = Dice(seed);
        let schema = schema(&mut dice);
        let mut shelf = Shelf::default();
        let rows = dice.below(120);
        let store = build(&mut dice, &schema, &mut shelf, rows);
        compare(&mut dice, &schema, &shelf, &store, 12);
    }

    #[test]
    fn changed_saved_and_opened_stores_answer_as_if_built_at_once(seed: u64) {
        let mut dice = Dice(seed);
        let schema = schema(&mut dice);
        let mut shelf = Shelf::default();
        let rows = dice.below(60);
        let mut store = build(&mut dice, &schema, &mut shelf, rows);
        let folder = tempfile::tempdir().unwrap();
        for round in 0..6_u8 {
            for _ in 0..dice.below(6) {
                store = change(&mut dice, &schema, &mut shelf, &store);
            }
            if dice.percent(40) {
                let path = folder.path().join("snapshot");
                store.save(&path, &[round]).unwrap();
                let (opened, note) = Store::open(&path, Arc::clone(&schema)).unwrap();
                prop_assert_eq!(note, [round]);
                store = opened;
            }
            compare(&mut dice, &schema, &shelf, &store, 3);
        }
        for record in &shelf.0 {
            let found = store.record(&record.key).unwrap().unwrap();
            let plain = |values: &[columns::Value]| -> Vec<_> {
                values.iter().map(|it| it.clone().plain()).collect()
            };
            prop_assert_eq!(plain(&record.values), found.values);
            prop_assert_eq!(record.parts.len(), found.parts.len());
            for ((table, up, values), (found_table, found_up, found)) in record.parts.iter().zip(&found.parts) {
                prop_assert_eq!((table, up, &plain(values)), (found_table, found_up, found));
            }
        }
    }
}
