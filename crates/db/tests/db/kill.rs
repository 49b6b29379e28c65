//! The program is killed while it writes: what it acknowledged is there, and nothing is there by halves.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use db::{Db, DbError, Options};

use crate::items::{ADD_ITEM, ADD_ITEMS, ITEMS, with_items};

/// Rows per unit, written by different ways.
const ROWS: i64 = 5;

#[test]
fn a_killed_program_loses_nothing_acknowledged_and_leaves_nothing_half_done() {
    with_items(|db| {
        let mut acknowledged = Vec::new();
        let mut next = 0;
        for round in 0..12_u64 {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "kill::writes_until_killed", "--ignored", "--nocapture"])
                .env("OPENECLS_TEST_URL", db.url())
                .env("OPENECLS_TEST_FIRST", next.to_string())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let mut last = next;
            let mut units = lines.by_ref().filter_map(|line| line.unwrap().parse::<i64>().ok());
            // the first unit proves that the program runs; then it is killed at an odd moment
            last = units.next().map_or(last, |unit| unit + 1);
            std::thread::sleep(Duration::from_micros(1_700 * round));
            child.kill().unwrap();
            last = units.last().map_or(last, |unit| unit + 1);
            child.wait().unwrap();
            acknowledged.extend(next..last);
            // the unit that was under way may be there or not, but its number is not used again
            next = last + 1;
        }

        let rows: Vec<(i64, i64, String)> = db.read_one(|tx| tx.all(&ITEMS, ())).unwrap();
        let of = |unit: i64| rows.iter().filter(|row| row.1 == unit).count();
        let whole = usize::try_from(ROWS).unwrap();
        assert!(acknowledged.len() >= 12);
        for unit in &acknowledged {
            assert_eq!(of(*unit), whole, "unit {unit} was acknowledged");
        }
        for unit in 0..next {
            assert!([0, whole].contains(&of(unit)), "unit {unit} is there by halves");
        }
        assert!(db.integrity_check().unwrap().is_none_or(|found| found.is_empty()));
    });
}

#[test]
#[ignore = "run and killed by the test above"]
#[expect(clippy::disallowed_methods, reason = "how the test above names the database")]
fn writes_until_killed() {
    let url = std::env::var("OPENECLS_TEST_URL").unwrap();
    let first: i64 = std::env::var("OPENECLS_TEST_FIRST").unwrap().parse().unwrap();
    let db = Db::open(&url, &Options::default()).unwrap();
    let mut out = std::io::stdout();
    for unit in first.. {
        db.write(|tx| -> Result<(), DbError> {
            let id = unit * ROWS;
            tx.execute(&ADD_ITEM, (id, unit, "one"))?;
            tx.insert_many(&ADD_ITEMS, (1..ROWS).map(|row| (id + row, unit, "many")))?;
            Ok(())
        })
        .unwrap();
        writeln!(out, "{unit}").unwrap();
        out.flush().unwrap();
    }
}
