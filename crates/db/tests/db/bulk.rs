//! Many rows in, many rows out.

use db::{ConstraintKind, DbError};

use crate::items::{ADD_ITEMS, ITEMS, count, with_items};

#[test]
fn bulk_inserts_of_any_size_arrive_whole() {
    with_items(|db| {
        for rows in [0_i64, 1, 2, 3, 1_000, 20_000] {
            let start = count(db);
            let items = (start..start + rows).map(|id| (id, id % 7, format!("text of {id}")));

            let inserted = db.write(|tx| tx.insert_many(&ADD_ITEMS, items.clone())).unwrap();

            assert_eq!(inserted, u64::try_from(rows).unwrap());
            assert_eq!(count(db), start + rows);
        }
    });
}

#[test]
fn a_duplicate_late_in_a_bulk_insert_refuses_all_of_it() {
    with_items(|db| {
        let text = "x".repeat(1_000);
        let items = (0..5_000_i64).map(|id| (id % 4_999, 0_i64, &text));

        let error = db.write(|tx| tx.insert_many(&ADD_ITEMS, items.clone())).unwrap_err();

        assert!(
            matches!(error, DbError::Constraint { kind: ConstraintKind::Unique, .. }),
            "{error:?}"
        );
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_check_early_in_a_bulk_insert_is_named_although_more_rows_follow() {
    with_items(|db| {
        let text = "x".repeat(1_000);
        let items = (0..20_000_i64).map(|id| (id, 10 - id, &text));

        let error = db.write(|tx| tx.insert_many(&ADD_ITEMS, items.clone())).unwrap_err();

        assert_eq!(error.to_string(), "ADD_ITEMS: refused by check constraint item_n_positive");
        assert_eq!(count(db), 0);
    });
}

#[test]
fn a_bulk_row_of_the_wrong_length_is_refused() {
    with_items(|db| {
        let error =
            db.write(|tx| tx.insert_many(&ADD_ITEMS, [(1_i64, 0_i64), (2, 0)])).unwrap_err();

        assert_eq!(error.to_string(), "ADD_ITEMS: the statement has 3 parameters, 2 were given");
        crate::items::add(db, 1).unwrap();
    });
}

#[test]
fn rows_are_handed_over_one_by_one_and_can_be_stopped() {
    with_items(|db| {
        db.write(|tx| tx.insert_many(&ADD_ITEMS, (0..10_000_i64).map(|id| (id, 1_i64, "t"))))
            .unwrap();

        let (mut seen, mut bytes) = (0, 0);
        let stopped = db.read(|tx| {
            tx.each(&ITEMS, (), |row| {
                let (id, text): (i64, &str) = (row.get(0)?, row.get(2)?);
                seen += 1;
                bytes += text.len();
                if id == 4_999 { Err(DbError::UsePgDump) } else { Ok(()) }
            })?;
            Ok(())
        });
        let mut all = 0;
        db.read_one(|tx| {
            all = 0;
            tx.each(&ITEMS, (), |_| -> Result<(), DbError> {
                all += 1;
                Ok(())
            })
        })
        .unwrap();

        assert!(matches!(stopped, Err(DbError::UsePgDump)));
        assert_eq!((seen, bytes, all), (5_000, 5_000, 10_000));
    });
}

/// In a process of its own, so that other tests do not count.
#[test]
fn reading_and_writing_many_rows_takes_constant_memory() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "bulk::a_hundred_megabytes_pass_through", "--ignored"])
        .output()
        .unwrap();

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the test above, in its own process"]
fn a_hundred_megabytes_pass_through() {
    with_items(|db| {
        let text = "x".repeat(2_000);
        let rows = 50_000_i64;
        db.write(|tx| tx.insert_many(&ADD_ITEMS, (0..rows).map(|id| (id, 1_i64, &text)))).unwrap();
        let mut bytes = 0;
        db.read_one(|tx| {
            tx.each(&ITEMS, (), |row| -> Result<(), DbError> {
                bytes += row.get::<&str>(2)?.len();
                Ok(())
            })
        })
        .unwrap();

        assert_eq!(bytes, 100_000_000);
        assert!(peak_kib() < 80_000, "peak {} KiB", peak_kib());
    });
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
