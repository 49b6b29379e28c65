//! Generated questions have the same answer here, in SQLite and in PostgreSQL.

use std::sync::Arc;

use columns::{Builder, Measure, Panel, Record, Schema, Store};
use postgres::types::Type;
use proptest::prelude::*;
use testkit::database::TestDatabase;

use crate::generate::{Dice, Taste, key, panel, record, schema, select};
use crate::sql::{Dialect, Rows, fill, query, rows};

/// One engine with the records in it.
enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Client>),
}

impl Engine {
    fn both(databases: &(TestDatabase, TestDatabase)) -> [Self; 2] {
        let file = databases.0.file().unwrap();
        let postgres = postgres::Client::connect(databases.1.url(), postgres::NoTls).unwrap();
        [
            Self::Sqlite(rusqlite::Connection::open(file).unwrap()),
            Self::Postgres(Box::new(postgres)),
        ]
    }

    fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    fn fill(&mut self, statements: &str) {
        match self {
            Self::Sqlite(it) => {
                let drop = "select 'drop table ' || name from sqlite_master where type = 'table'";
                let drops: Vec<String> = it
                    .prepare(drop)
                    .unwrap()
                    .query_map([], |row| row.get(0))
                    .unwrap()
                    .map(Result::unwrap)
                    .collect();
                for drop in &drops {
                    it.execute_batch(drop).unwrap();
                }
                it.execute_batch(&format!("begin; {statements} commit;")).unwrap();
            }
            Self::Postgres(it) => {
                it.batch_execute("drop schema public cascade; create schema public").unwrap();
                it.batch_execute(&format!("begin; {statements} commit;")).unwrap();
            }
        }
    }

    fn ask(&mut self, sql: &str, keys: usize) -> Rows {
        let row = |values: Vec<Option<i64>>| {
            let (key, counts) = values.split_at(keys);
            (key.to_vec(), counts.iter().map(|it| it.unwrap()).collect())
        };
        match self {
            Self::Sqlite(it) => {
                let mut statement =
                    it.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
                let width = statement.column_count();
                let all = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect());
                all.unwrap().map(|it| row(it.unwrap())).collect()
            }
            Self::Postgres(it) => {
                let all = it.query(sql, &[]).unwrap_or_else(|error| panic!("{error}: {sql}"));
                let value = |it: &postgres::Row, at: usize| match *it.columns()[at].type_() {
                    Type::INT4 => it.get::<_, Option<i32>>(at).map(i64::from),
                    _ => it.get::<_, Option<i64>>(at),
                };
                all.iter().map(|it| row((0..it.len()).map(|at| value(it, at)).collect())).collect()
            }
        }
    }
}

fn world(dice: &mut Dice) -> (Arc<Schema>, Vec<Record>, Store) {
    let schema = schema(dice);
    let records: Vec<Record> =
        (0..dice.below(60)).map(|number| record(dice, &schema, key(number), Taste::Tame)).collect();
    let mut builder = Builder::new(Arc::clone(&schema));
    for it in &records {
        builder.push(it).unwrap();
    }
    (schema, records, builder.finish())
}

/// SQL has no short word for "the first row of each run" beyond counting.
fn speakable(mut panel: Panel) -> Panel {
    if panel.once {
        panel.measures = vec![Measure::Count];
    }
    panel
}

#[test]
fn generated_questions_have_one_answer_in_the_store_sqlite_and_postgresql() {
    let databases = (TestDatabase::empty_sqlite(), TestDatabase::empty_postgres());
    let mut engines = Engine::both(&databases);
    let config =
        ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    let mut compared = 0;

    for case in 0..config.cases {
        let mut dice = Dice(u64::from(case) * 7_919 + 3);
        let (schema, records, store) = world(&mut dice);
        let statements = fill(&schema, &records);
        for it in &mut engines {
            it.fill(&statements);
        }
        for _ in 0..12 {
            let select = select(&mut dice, &schema);
            let panels: Vec<Panel> = (0..3).map(|_| speakable(panel(&mut dice, &schema))).collect();
            let answers = store.answer(&select, &panels).unwrap();
            for (panel, answer) in panels.iter().zip(&answers) {
                for (at, measure) in panel.measures.iter().enumerate() {
                    let ours = rows(&schema, answer, at, measure);
                    for engine in &mut engines {
                        let (sql, keys) = query(&schema, &select, panel, measure, engine.dialect());
                        assert_eq!(ours, engine.ask(&sql, keys), "{:?} {sql}", engine.dialect());
                    }
                    compared += ours.len();
                }
            }
        }
    }
    assert!(compared > 1000, "only {compared} rows were compared");
}
