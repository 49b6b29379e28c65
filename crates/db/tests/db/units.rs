//! Units of work: snapshots, saving, undoing, trying again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use db::{ConstraintKind, Db, DbError, EngineKind, Options, Outcome};

use crate::database::TestDatabase;
use crate::items::{ADD_ITEM, COUNT, N, SET_N, SUM_N, add, count, create_items, with_items};

#[test]
fn what_is_written_can_be_read() {
    with_items(|db| {
        add(db, 1).unwrap();

        let (n, total): (i64, i64) =
            db.read(|tx| Ok::<_, DbError>((tx.one(&N, (1_i64,))?, tx.one(&SUM_N, ())?))).unwrap();
        let nothing: Option<i64> = db.read_one(|tx| tx.opt(&N, (2_i64,))).unwrap();

        assert_eq!((n, total, nothing), (0, 0, None));
    });
}

#[test]
fn an_error_of_the_closure_undoes_everything() {
    #[derive(Debug, PartialEq)]
    enum Refused {
        Rule,
        Database,
    }
    impl From<DbError> for Refused {
        fn from(_: DbError) -> Self {
            Self::Database
        }
    }

    with_items(|db| {
        let result: Result<(), Refused> = db.write(|tx| {
            tx.execute(&ADD_ITEM, (1_i64, 1_i64, None::<&str>))?;
            Err(Refused::Rule)
        });

        assert_eq!(result, Err(Refused::Rule));
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_panic_undoes_everything_and_the_database_goes_on() {
    with_items(|db| {
        let result = catch_unwind(AssertUnwindSafe(|| {
            db.write(|tx| -> Result<(), DbError> {
                tx.execute(&ADD_ITEM, (1_i64, 1_i64, None::<&str>))?;
                panic!("on purpose");
            })
        }));

        assert!(result.is_err());
        assert_eq!(count(db), 0);
        add(db, 2).unwrap();
        assert_eq!(count(db), 1);
    });
}

#[test]
fn a_dry_run_answers_and_leaves_nothing() {
    with_items(|db| {
        let seen: i64 = db
            .decide(|tx| {
                tx.execute(&ADD_ITEM, (1_i64, 1_i64, None::<&str>))?;
                tx.one(&COUNT, ()).map(Outcome::Rollback)
            })
            .map_err(|error: DbError| error)
            .unwrap();

        assert_eq!(seen, 1);
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_unit_that_looks_over_a_failed_statement_is_not_saved() {
    with_items(|db| {
        add(db, 1).unwrap();

        let result = db.write(|tx| -> Result<(), DbError> {
            tx.execute(&ADD_ITEM, (2_i64, 0_i64, "kept?"))?;
            assert!(tx.execute(&ADD_ITEM, (1_i64, 0_i64, "again")).is_err());
            Ok(())
        });

        assert!(matches!(result, Err(DbError::Aborted { statement: "ADD_ITEM" })), "{result:?}");
        assert_eq!(count(db), 1);
    });
}

#[test]
fn constraints_are_told_apart() {
    with_items(|db| {
        add(db, 1).unwrap();

        let twice = add(db, 1).unwrap_err();
        let negative = db.write(|tx| tx.execute(&SET_N, (1_i64, -1_i64))).unwrap_err();
        let missing = db.write(|tx| tx.execute(&SET_N, (1_i64, None::<i64>))).unwrap_err();

        let kind = |error: &DbError| match error {
            DbError::Constraint { kind, .. } => *kind,
            other => panic!("{other:?}"),
        };
        assert_eq!(kind(&twice), ConstraintKind::Unique);
        assert_eq!(kind(&missing), ConstraintKind::NotNull);
        assert_eq!(negative.to_string(), "SET_N: refused by check constraint item_n_positive");
    });
}

#[test]
fn all_statements_of_a_read_see_the_same_state() {
    with_items(|db| {
        add(db, 1).unwrap();

        let (before, after): (i64, i64) = db
            .read(|tx| -> Result<_, DbError> {
                let before = tx.one(&COUNT, ())?;
                add(db, 2)?;
                Ok((before, tx.one(&COUNT, ())?))
            })
            .unwrap();

        assert_eq!((before, after), (1, 1));
        assert_eq!(count(db), 2);
    });
}

#[test]
fn nothing_can_be_written_while_reading() {
    with_items(|db| {
        let insert = |tx: &mut db::Tx<'_>| tx.execute(&ADD_ITEM, (1_i64, 0_i64, "x"));

        for result in [db.read(insert), db.read_one(insert)] {
            assert!(matches!(result, Err(DbError::ReadOnly { .. })), "{result:?}");
        }
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_single_read_refuses_a_second_statement() {
    with_items(|db| {
        let result = db.read_one(|tx| -> Result<i64, DbError> {
            tx.one::<i64>(&COUNT, ())?;
            tx.one(&COUNT, ())
        });

        assert!(result.unwrap_err().to_string().contains("read_one runs one statement"));
    });
}

#[test]
fn statements_are_counted_per_unit_and_in_all() {
    with_items(|db| {
        let before = db.statements();

        let counted = db
            .write(|tx| -> Result<u64, DbError> {
                tx.insert_many(&crate::items::ADD_ITEMS, (0..100).map(|id| (id, 1_i64, "t")))?;
                tx.one::<i64>(&COUNT, ())?;
                Ok(tx.statements())
            })
            .unwrap();

        assert_eq!(counted, 2);
        assert_eq!(db.statements() - before, 2);
    });
}

/// Each thread reads, then adds one: without serializable transactions additions get lost.
#[test]
fn rivals_lose_no_update_and_are_tried_again() {
    with_items(|db| {
        add(db, 1).unwrap();
        let (threads, rounds) = (4, 10);

        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    for _ in 0..rounds {
                        db.write(|tx| {
                            let n: i64 = tx.one(&N, (1_i64,))?;
                            tx.execute(&SET_N, (1_i64, n + 1))
                        })
                        .map_err(|error: DbError| error)
                        .unwrap();
                    }
                });
            }
        });

        let n: i64 = db.read_one(|tx| tx.one(&N, (1_i64,))).unwrap();
        assert_eq!(n, threads * rounds);
        if db.kind() == EngineKind::Postgres {
            assert!(db.retries() > 0, "the rivals never met");
        }
    });
}

/// Two units each read what the other writes (write skew): one of them must run again, even though
/// its closure hides the reason behind an error of its own.
#[test]
fn a_serialization_failure_behind_the_closures_own_error_is_tried_again() {
    #[derive(Debug)]
    struct Hidden;
    impl From<DbError> for Hidden {
        fn from(_: DbError) -> Self {
            Self
        }
    }

    let db = TestDatabase::empty_postgres();
    create_items(&db);
    add(&db, 1).unwrap();
    add(&db, 2).unwrap();
    let (meet, runs) = (Barrier::new(2), AtomicU32::new(0));
    let skew = |mine: i64| {
        let mut first = true;
        db.write(|tx| -> Result<(), Hidden> {
            runs.fetch_add(1, Ordering::SeqCst);
            let total: i64 = tx.one(&SUM_N, ())?;
            if std::mem::take(&mut first) {
                meet.wait();
            }
            if total == 0 {
                tx.execute(&SET_N, (mine, 1_i64))?;
            }
            Ok(())
        })
    };

    thread::scope(|scope| {
        let other = scope.spawn(|| skew(2));
        skew(1).unwrap();
        other.join().unwrap().unwrap();
    });

    let total: i64 = db.read_one(|tx| tx.one(&SUM_N, ())).unwrap();
    assert_eq!(total, 1, "both believed to be alone");
    assert!(runs.load(Ordering::SeqCst) > 2);
}

#[test]
fn a_busy_sqlite_file_is_waited_for_and_then_reported() {
    let ours = TestDatabase::empty_sqlite();
    create_items(&ours);
    let impatient = Options {
        busy_timeout: std::time::Duration::from_millis(20),
        patience: std::time::Duration::from_millis(300),
        ..Options::default()
    };
    let theirs = ours.reopen(&impatient);

    let refused = ours
        .write(|tx| -> Result<_, DbError> {
            tx.execute(&ADD_ITEM, (1_i64, 0_i64, "x"))?;
            Ok(add(&theirs, 2))
        })
        .unwrap();

    assert!(matches!(refused, Err(DbError::Busy { .. })), "{refused:?}");
    assert!(theirs.retries() > 0);
    add(&theirs, 2).unwrap();
    assert_eq!(count(&ours), 2);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

#[test]
fn asynchronous_units_run_on_database_threads() {
    with_items(|db| {
        let shared: Db = (**db).clone();
        let names = runtime().block_on(async move {
            let mut tasks = Vec::new();
            for id in 0..20_i64 {
                let db = shared.clone();
                tasks.push(tokio::spawn(async move {
                    db.write_async(move |tx| tx.execute(&ADD_ITEM, (id, 1_i64, "async"))).await?;
                    db.read_one_async(move |tx| {
                        tx.one::<i64>(&N, (id,))?;
                        Ok(thread::current().name().unwrap_or_default().to_owned())
                    })
                    .await
                }));
            }
            let mut names = Vec::new();
            for task in tasks {
                names.push(task.await.unwrap().map_err(|error: DbError| error).unwrap());
            }
            // the last handle may go on an asynchronous thread
            drop(shared);
            names
        });

        assert!(names.iter().all(|name| name.starts_with("db-read-")), "{names:?}");
        assert_eq!(count(db), 20);
    });
}

#[test]
fn an_asynchronous_panic_reaches_its_caller_and_nobody_else() {
    with_items(|db| {
        let shared: Db = (**db).clone();
        let (panicked, after) = runtime().block_on(async move {
            let other = shared.clone();
            let task = tokio::spawn(async move {
                other
                    .write_async(|tx| -> Result<(), DbError> {
                        tx.execute(&ADD_ITEM, (1_i64, 1_i64, None::<&str>))?;
                        panic!("on purpose");
                    })
                    .await
            });
            let panicked = task.await.unwrap_err().is_panic();
            let after: Result<i64, DbError> = shared.read_async(|tx| tx.one(&COUNT, ())).await;
            (panicked, after.unwrap())
        });

        assert!(panicked);
        assert_eq!(after, 0);
    });
}

#[test]
fn an_unknown_address_is_refused_without_repeating_it() {
    let error = Db::open("mysql://root:secret@host/db", &Options::default()).err().unwrap();

    assert!(matches!(error, DbError::Address(_)));
    assert!(!error.to_string().contains("secret"));
}

#[test]
fn a_schema_changed_by_another_program_is_noticed_without_an_error() {
    db::statements! {
        CHANGES;
        SHORTEN = "alter table item alter column t type varchar(50)";
        TEXT = "select t from item where id = $1";
    }
    assert_eq!(CHANGES.len(), 2);
    let db = TestDatabase::empty_postgres();
    create_items(&db);
    add(&db, 1).unwrap();
    let text = |tx: &mut db::Tx<'_>| tx.one::<String>(&TEXT, (1_i64,));
    db.read(text).unwrap();

    db.reopen(&Options::default()).write(|tx| tx.execute(&SHORTEN, ())).unwrap();

    for result in [db.read_one(text), db.read(text), db.write(text)] {
        assert_eq!(result.unwrap(), "text");
    }
    assert_eq!(db.retries(), 1);
}
