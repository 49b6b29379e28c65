//! Numbered schema changes, from every state and by several programs at once.

use std::sync::Barrier;
use std::thread;

use base::Clock;
use db::{Db, DbError, MIGRATIONS, Migration, Options, describe_schema};

use crate::database::TestDatabase;

const FIRST: Migration = Migration {
    number: 1,
    name: "centers",
    sqlite: "create table center (id blob primary key, name text not null) strict;
             create index center_name on center (name);",
    postgres: "create table center (id uuid primary key, name text not null);
               create index center_name on center (name);",
};
const SECOND: Migration = Migration {
    number: 2,
    name: "beds",
    sqlite: "alter table center add column beds integer not null default 0",
    postgres: "alter table center add column beds bigint not null default 0",
};
const STEPS: Migration = Migration {
    number: 5,
    name: "steps",
    sqlite: "create table if not exists a (id integer primary key) strict;\n-- step\n\
             create table if not exists b (id integer primary key) strict;",
    postgres: "create table if not exists a (id bigint primary key);\n-- step\n\
               create index concurrently if not exists center_beds on center (beds);",
};
const ALL: [Migration; 3] = [FIRST, SECOND, STEPS];

db::statements! {
    LIST;
    LOG = "select number, name from schema_migration order by number", scan_ok = "test";
    ADD_CENTER = "insert into center (id, name) values ($1, $2)";
}

fn log(db: &Db) -> Vec<(i64, String)> {
    db.read_one(|tx| tx.all(&LOG, ())).unwrap()
}

#[test]
fn migrations_run_once_and_in_order() {
    TestDatabase::each_empty(|db| {
        let clock = Clock::system();

        assert_eq!(db.migrate(&ALL, &clock).unwrap(), [1, 2, 5]);
        assert_eq!(db.migrate(&ALL, &clock).unwrap(), [0_i64; 0]);
        assert_eq!(log(db), [(1, "centers".into()), (2, "beds".into()), (5, "steps".into())]);
    });
}

#[test]
fn every_earlier_state_leads_to_the_same_schema() {
    let clock = Clock::system();
    TestDatabase::each_empty(|whole| {
        whole.migrate(&ALL, &clock).unwrap();
        let wanted = describe_schema(whole).unwrap();
        assert!(wanted.contains("center_name"), "{wanted}");

        for earlier in 0..ALL.len() {
            let db = match whole.file() {
                Some(_) => TestDatabase::empty_sqlite(),
                None => TestDatabase::empty_postgres(),
            };
            db.migrate(&ALL[..earlier], &clock).unwrap();
            if earlier > 0 {
                let id = base::CenterId(uuid::Uuid::from_u128(1));
                db.write(|tx| tx.execute(&ADD_CENTER, (id, "A"))).unwrap();
            }

            db.migrate(&ALL, &clock).unwrap();

            assert_eq!(describe_schema(&db).unwrap(), wanted, "from {earlier}");
        }
    });
}

#[test]
fn every_earlier_state_of_the_project_leads_to_the_same_schema() {
    let clock = Clock::system();
    for make in [TestDatabase::empty_sqlite, TestDatabase::empty_postgres] {
        let whole = make();
        whole.migrate(MIGRATIONS, &clock).unwrap();
        for earlier in 1..MIGRATIONS.len() {
            let db = make();
            db.migrate(&MIGRATIONS[..earlier], &clock).unwrap();
            db.migrate(MIGRATIONS, &clock).unwrap();
            assert_eq!(describe_schema(&db).unwrap(), describe_schema(&whole).unwrap());
        }
    }
}

#[test]
fn programs_that_start_together_migrate_once() {
    TestDatabase::each_empty(|db| {
        let together = Barrier::new(6);

        let applied: Vec<Vec<i64>> = thread::scope(|scope| {
            let start = || {
                let own = db.reopen(&Options::default());
                together.wait();
                own.migrate(&ALL, &Clock::system()).unwrap()
            };
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });

        let mut all = applied.concat();
        all.sort_unstable();
        assert_eq!(all, [1, 2, 5]);
        assert_eq!(log(db).len(), 3);
    });
}

#[test]
fn a_lease_left_by_a_dead_program_ends() {
    db::statements! {
        LEFT;
        LEAVE = "insert into schema_lease (id, holder, expires_at) values (1, 'dead', $1)";
    }
    assert_eq!(LEFT.len(), 1);

    TestDatabase::each_empty(|db| {
        let clock = Clock::system();
        db.migrate(&ALL[..1], &clock).unwrap();
        let soon = clock.now().plus_micros(300_000);
        db.write(|tx| tx.execute(&LEAVE, (soon,))).unwrap();

        assert_eq!(db.migrate(&ALL, &clock).unwrap(), [2, 5]);
        assert!(clock.now() > soon, "did not wait for the lease");
    });
}

#[test]
fn a_changed_migration_is_refused() {
    TestDatabase::each_empty(|db| {
        let clock = Clock::system();
        db.migrate(&ALL, &clock).unwrap();
        let changed = Migration { sqlite: "select 1", postgres: "select 1", ..SECOND };

        let error = db.migrate(&[FIRST, changed, STEPS], &clock).unwrap_err();

        assert!(error.to_string().starts_with("migration 2 (beds): its text is not"), "{error}");
    });
}

#[test]
fn a_newer_database_and_a_late_number_are_refused() {
    TestDatabase::each_empty(|db| {
        let clock = Clock::system();
        db.migrate(&ALL, &clock).unwrap();

        let newer = db.migrate(&ALL[..2], &clock).unwrap_err();
        let late = Migration { number: 3, ..SECOND };
        let gap = db.migrate(&[FIRST, SECOND, late, STEPS], &clock).unwrap_err();

        assert!(matches!(newer, DbError::TooNew { database: 5, program: 2 }), "{newer:?}");
        assert!(gap.to_string().contains("give it a higher number"), "{gap}");
    });
}

#[test]
fn a_failing_migration_leaves_the_state_before_it() {
    TestDatabase::each_empty(|db| {
        let clock = Clock::system();
        let text = "create table half (id bigint); insert into nowhere values (1);";
        let broken = Migration { number: 2, name: "broken", sqlite: text, postgres: text };

        let error = db.migrate(&[FIRST, broken], &clock).unwrap_err();

        assert!(error.to_string().starts_with("migration 2 (broken): "), "{error}");
        assert_eq!(log(db).len(), 1);
        assert!(!describe_schema(db).unwrap().contains("half"));
        // the lease was given back, so the mended migration runs at once
        assert_eq!(db.migrate(&ALL, &clock).unwrap(), [2, 5]);
    });
}

#[test]
fn a_step_that_fails_in_a_transaction_of_its_own_leaves_nothing_open() {
    db::statements! {
        CHECKS;
        CHILD = "create table child (id uuid references center (id))",
            sqlite = "create table child (id blob references center (id)) strict";
        ORPHAN = "insert into child (id) values ($1)";
    }
    assert_eq!(CHECKS.len(), 2);

    TestDatabase::each_empty(|db| {
        let clock = Clock::system();
        let broken = Migration {
            number: 2,
            name: "broken",
            sqlite: "-- step\npragma foreign_keys = off; begin; create table half (id integer);
                     insert into nowhere values (1); commit;",
            postgres: "-- step\nbegin; create table half (id bigint);
                       insert into nowhere values (1); commit;",
        };

        let error = db.migrate(&[FIRST, broken], &clock).unwrap_err();

        assert!(error.to_string().starts_with("migration 2 (broken): "), "{error}");
        assert!(!describe_schema(db).unwrap().contains("half"));
        db.write(|tx| tx.execute(&CHILD, ())).unwrap();
        let orphan = db.write(|tx| tx.execute(&ORPHAN, (uuid::Uuid::from_u128(1),)));
        assert!(matches!(orphan, Err(DbError::Constraint { .. })), "{orphan:?}");
    });
}

#[test]
fn databases_for_tests_have_the_schema_of_the_project_and_are_apart() {
    TestDatabase::each(|db| {
        let other =
            if db.file().is_some() { TestDatabase::sqlite() } else { TestDatabase::postgres() };
        assert!(db.pending_migrations(MIGRATIONS).unwrap().is_empty());
        let before = describe_schema(db).unwrap();

        crate::items::create_items(&other);

        assert_ne!(db.url(), other.url());
        assert_eq!(describe_schema(db).unwrap(), before);
        assert_ne!(describe_schema(&other).unwrap(), before);
    });
}
