//! Full disk, files that may not be written, servers that go away.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use db::{Db, DbError, Options};

use crate::database::{PrivateCluster, TestDatabase};
use crate::items::{ADD_ITEM, ADD_ITEMS, add, count, create_items, with_items};

#[test]
fn a_full_disk_loses_nothing_that_was_saved() {
    let database = TestDatabase::empty_sqlite();
    create_items(&database);
    add(&database, 1).unwrap();
    let small = database.reopen(&Options { max_page_count: Some(20), ..Options::default() });
    let text = "x".repeat(1_000);

    let error = small
        .write(|tx| tx.insert_many(&ADD_ITEMS, (10..1_000_i64).map(|id| (id, 0_i64, &text))))
        .unwrap_err();

    assert!(matches!(error, DbError::DiskFull { statement: "ADD_ITEMS" }), "{error:?}");
    assert!(error.to_string().contains("make room"));
    assert_eq!(count(&small), 1);
    add(&small, 2).unwrap();
    assert_eq!(small.integrity_check().unwrap().unwrap(), [""; 0]);
}

/// Root may write everything, so this test runs itself once more as somebody else.
#[test]
fn a_file_that_may_not_be_written_is_reported_when_opened() {
    let database = TestDatabase::empty_sqlite();
    create_items(&database);
    let file = database.file().unwrap();
    let folder = file.parent().unwrap().to_owned();
    drop(database.reopen(&Options::default()));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let root = fs::OpenOptions::new().write(true).open(&file).is_ok();
    let mut command = Command::new(if root { "setpriv" } else { "env" });
    if root {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "env"]);
    }

    let output = command
        .arg(format!("OPENECLS_TEST_FILE={}", file.display()))
        .arg(&program)
        .args(["--exact", "damage::opens_the_given_file", "--ignored", "--nocapture"])
        .output()
        .unwrap();

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("open: the database is read-only; check owner and permissions"),
        "{said}"
    );
}

#[test]
#[ignore = "run by the test above, as another user"]
#[expect(clippy::disallowed_methods, reason = "how the test above names the file")]
fn opens_the_given_file() {
    let file = std::env::var("OPENECLS_TEST_FILE").unwrap();

    match Db::open(&format!("sqlite:{file}"), &Options::default()) {
        Ok(_) => println!("opened"),
        Err(error) => println!("{error}"),
    }
}

#[test]
fn a_database_opened_for_reading_refuses_writes() {
    let database = TestDatabase::empty_sqlite();
    create_items(&database);
    let reading = database.reopen(&Options { read_only: true, ..Options::default() });

    assert_eq!(count(&reading), 0);
    assert!(matches!(add(&reading, 1), Err(DbError::ReadOnly { .. })));
}

#[test]
fn what_is_no_database_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    fs::write(&file, "Dear colleagues, ".repeat(500)).unwrap();
    let open = |path: &str| Db::open(&format!("sqlite:{path}"), &Options::default()).err().unwrap();

    let letter = open(&file.display().to_string());
    let nowhere = open("/nonexistent/folder/a.db");

    assert!(letter.to_string().contains("is this an OpenECLS database?"), "{letter}");
    assert!(nowhere.to_string().contains("check that the folder exists"), "{nowhere}");
    assert!(Db::open("postgres://nobody@%2Fnonexistent/x", &Options::default()).is_err());
}

#[test]
fn a_new_database_file_is_for_its_owner_only() {
    let database = TestDatabase::empty_sqlite();

    let mode = fs::metadata(database.file().unwrap()).unwrap().permissions().mode();

    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_restarted_server_is_found_again() {
    let cluster = PrivateCluster::start();
    let db = Db::open(&cluster.url(), &Options::default()).unwrap();
    create_items(&db);
    add(&db, 1).unwrap();
    // several idle connections, all of which the restart cuts
    thread::scope(|scope| {
        for id in 2..6 {
            let db = &db;
            scope.spawn(move || {
                db.read(|tx| {
                    thread::sleep(Duration::from_millis(100));
                    tx.opt::<i64>(&crate::items::N, (id,))
                })
                .unwrap();
            });
        }
    });

    cluster.restart();
    assert_eq!(count(&db), 1, "a single read on a stale connection is done again");
    cluster.restart();
    add(&db, 2).unwrap();
    cluster.restart();
    let total: i64 = db.read(|tx| tx.one(&crate::items::COUNT, ())).unwrap();

    assert_eq!(total, 2);
}

#[test]
fn a_server_that_dies_in_a_unit_saves_nothing_of_it() {
    let cluster = PrivateCluster::start();
    let db = Db::open(&cluster.url(), &Options::default()).unwrap();
    create_items(&db);

    let error = db
        .write(|tx| {
            tx.execute(&ADD_ITEM, (1_i64, 0_i64, "lost"))?;
            cluster.kill();
            tx.execute(&ADD_ITEM, (2_i64, 0_i64, "lost"))
        })
        .unwrap_err();
    let down = add(&db, 3).unwrap_err();
    cluster.start_again();

    assert!(matches!(error, DbError::Connection { statement: "ADD_ITEM", .. }), "{error:?}");
    assert!(matches!(down, DbError::Open { .. }), "{down:?}");
    assert_eq!(count(&db), 0);
}

#[test]
fn a_connection_lost_at_the_commit_says_that_the_outcome_is_unknown() {
    let cluster = PrivateCluster::start();
    let db = Db::open(&cluster.url(), &Options::default()).unwrap();
    create_items(&db);
    let mut runs = 0;

    let error = db
        .write(|tx| {
            runs += 1;
            tx.execute(&ADD_ITEM, (1_i64, 0_i64, "perhaps"))?;
            cluster.kill();
            Ok(())
        })
        .unwrap_err();
    cluster.start_again();

    assert!(matches!(error, DbError::OutcomeUnknown { .. }), "{error:?}");
    assert_eq!(runs, 1, "it must not be tried again");
    assert_eq!(count(&db), 0);
}

#[test]
fn units_go_on_through_restarts_and_nothing_acknowledged_is_lost() {
    let cluster = PrivateCluster::start();
    let db = Db::open(&cluster.url(), &Options::default()).unwrap();
    create_items(&db);
    let stop = AtomicBool::new(false);

    let saved: Vec<i64> = thread::scope(|scope| {
        let work = |first: i64| {
            let (db, stop) = (&db, &stop);
            scope.spawn(move || {
                let mut saved = Vec::new();
                let mut id = first;
                while !stop.load(Ordering::Relaxed) {
                    id += 10;
                    if add(db, id).is_ok() {
                        saved.push(id);
                    }
                }
                saved
            })
        };
        let threads: Vec<_> = (0..3).map(work).collect();
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(200));
            cluster.restart();
        }
        thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });

    let there: Vec<(i64, i64, String)> =
        db.read_one(|tx| tx.all(&crate::items::ITEMS, ())).unwrap();
    let lost: Vec<_> = saved.iter().filter(|id| there.iter().all(|row| row.0 != **id)).collect();
    assert!(saved.len() > 20, "{} saved", saved.len());
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn a_backup_taken_while_others_write_is_one_moment_of_the_database() {
    let database = TestDatabase::empty_sqlite();
    create_items(&database);
    let text = "x".repeat(2_000);
    database
        .write(|tx| tx.insert_many(&ADD_ITEMS, (0..10_000_i64).map(|id| (id, 0_i64, &text))))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy.db");
    let stop = AtomicBool::new(false);

    let steps = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut id = 10_000;
            while !stop.load(Ordering::Relaxed) {
                // two rows at a time, so that half a unit would show
                let rows = [(id, 0_i64, "new"), (id + 1, 0, "new")];
                database.write(|tx| tx.insert_many(&ADD_ITEMS, rows)).unwrap();
                id += 2;
            }
            id
        });
        let begin = Instant::now();
        while count(&database) < 10_010 && begin.elapsed() < Duration::from_secs(20) {}
        let mut steps = Vec::new();
        database.backup_to(&target, |done, total| steps.push((done, total))).unwrap();
        let at_end = count(&database);
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() >= at_end);
        steps
    });

    let copy = Db::open(&format!("sqlite:{}", target.display()), &Options::default()).unwrap();
    assert!(count(&copy) >= 10_010 && count(&copy) % 2 == 0);
    assert_eq!(copy.integrity_check().unwrap().unwrap(), [""; 0]);
    assert!(
        steps.len() > 3 && steps.last().is_some_and(|(done, total)| done == total),
        "{steps:?}"
    );
    let again = database.backup_to(&target, |_, _| ()).unwrap_err();
    assert!(again.to_string().contains("a file of that name already"), "{again}");
    drop(copy);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["copy.db"]);
}

#[test]
fn a_damaged_page_is_found() {
    let database = TestDatabase::empty_sqlite();
    create_items(&database);
    let text = "x".repeat(2_000);
    database
        .write(|tx| tx.insert_many(&ADD_ITEMS, (0..1_000_i64).map(|id| (id, 0_i64, &text))))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy.db");
    database.backup_to(&target, |_, _| ()).unwrap();
    let mut bytes = fs::read(&target).unwrap();
    bytes[40 * 4096..40 * 4096 + 8].fill(0xff);
    fs::write(&target, bytes).unwrap();

    let copy = Db::open(&format!("sqlite:{}", target.display()), &Options::default()).unwrap();
    let found = copy.integrity_check().unwrap().unwrap();

    assert!(!found.is_empty());
}

#[test]
fn postgres_points_to_its_own_tools() {
    with_items(|db| {
        if db.file().is_none() {
            let error = db.backup_to(std::path::Path::new("/tmp/x"), |_, _| ()).unwrap_err();
            assert!(error.to_string().contains("pg_dump"));
            assert_eq!(db.integrity_check().unwrap(), None);
        }
    });
}
