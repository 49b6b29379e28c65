//! Backup while others write, and restore.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::support::{Desk, sample, set_mode};

fn filled() -> Desk {
    Desk::new().with_centers().with_upload("center-9006")
}

/// The heads of all chains: where they are equal, everything is.
fn heads(desk: &Desk) -> Vec<String> {
    let said = desk.run(&["verify", "--heads"]).code(0);
    let mut heads: Vec<String> =
        said.lines().filter(|line| line.starts_with("head ")).map(str::to_owned).collect();
    heads.sort();
    heads
}

fn importing(desk: &Desk, name: &str) -> Child {
    let mut command = desk.command(&["import", "--apply", "-q", &sample(name)]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn a_backup_written_while_others_import_is_one_moment_of_the_records() {
    let desk = filled();
    let mut whole = 0;
    for (number, upload) in ["center-9001.xml", "center-9002", "center-9003"].iter().enumerate() {
        let before = desk.verify();
        let mut import = importing(&desk, upload);
        let begin = Instant::now();
        let mut copies = 0;
        while import.try_wait().unwrap().is_none() {
            assert!(begin.elapsed() < Duration::from_mins(2), "the import does not end");
            let file = desk.file(&format!("backup-{number}-{copies}.db"));
            desk.run(&["backup", &file]).code(0);
            copies += 1;
        }
        assert!(import.wait().unwrap().success());
        let after = desk.verify();

        for copy in 0..copies {
            let other = Desk::new();
            other.run(&["restore", &desk.file(&format!("backup-{number}-{copy}.db"))]).code(0);
            let found = other.verify();
            assert!(found == before || found == after, "{found} is neither {before} nor {after}");
        }
        whole += copies;
    }
    assert!(whole >= 3, "only {whole} backups were written");
}

#[test]
fn a_backup_is_restored_as_it_was_also_over_another_database_which_is_kept() {
    let desk = filled();
    let file = desk.file("backup.db");
    desk.run(&["backup", &file]).code(0);
    let then = heads(&desk);
    desk.run(&["import", "--apply", "-q", &sample("center-9001.xml")]).code(0);
    let now = heads(&desk);

    desk.run(&["restore", &file]).fails(1, "--replace puts the backup in its place");
    assert_eq!(heads(&desk), now);
    let said = desk.run(&["restore", "--replace", &file]).code(0);

    assert_ne!(then, now);
    assert_eq!(heads(&desk), then);
    let kept = said.split("is kept as ").nth(1).unwrap().lines().next().unwrap();
    let before = Desk::on(&format!("sqlite:{kept}"));
    assert_eq!(heads(&before), now);
    let names: Vec<_> = fs::read_dir(desk.path("data")).unwrap().map(Result::unwrap).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    desk.run(&["backup", &file]).fails(1, "a file of that name already");
}

#[test]
fn restore_refuses_what_is_no_sound_backup_and_leaves_the_database_as_it_is() {
    let desk = filled();
    let (good, then) = (desk.file("good.db"), heads(&desk));
    desk.run(&["backup", &good]).code(0);
    let mut bytes = fs::read(&good).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    let damaged = desk.write("damaged.db", bytes);
    let letter = desk.write("letter.db", "Dear colleagues, ".repeat(500));
    let foreign = desk.file("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("create table a (b)").unwrap();
    let own = desk.file("data/openecls.db");

    let restore = |file: &str| desk.run(&["restore", "--replace", file]);
    restore(&damaged).fails(1, "the file is damaged");
    restore(&letter).fails(1, "is this an OpenECLS database?");
    restore(&foreign).fails(1, "not one of this program");
    restore(&desk.file("none.db")).fails(1, "No such file");
    restore(&own).fails(1, "is the database itself");

    assert_eq!(heads(&desk), then);
    let names: Vec<_> = fs::read_dir(desk.path("data")).unwrap().map(Result::unwrap).collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn restore_refuses_to_replace_a_database_that_is_in_use() {
    let desk = filled();
    let file = desk.file("backup.db");
    desk.run(&["backup", &file]).code(0);
    let server = desk.serve(&[]);

    desk.run(&["restore", "--replace", &file]).fails(1, "is in use; stop the program");

    server.wait_for("/health/ready", 200);
    server.signal("-TERM");
    server.end().code(0);
    desk.run(&["restore", "--replace", &file]).code(0);
    desk.verify();
}

#[test]
fn a_database_that_is_damaged_beyond_opening_is_replaced_and_kept() {
    for damage in [b"not a database at all".repeat(999), Vec::new()] {
        let desk = filled();
        let (file, then) = (desk.file("backup.db"), heads(&desk));
        desk.run(&["backup", &file]).code(0);
        desk.write("data/openecls.db", &damage);
        desk.write("data/openecls.db-wal", "what a crash left");

        let said = desk.run(&["restore", "--replace", &file]).code(0);

        assert_eq!(heads(&desk), then);
        let kept = said.split("is kept as ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(fs::read(kept).unwrap(), damage);
        assert!(fs::metadata(format!("{kept}-wal")).is_ok());
    }
}

#[test]
fn a_backup_is_restored_from_where_nothing_can_be_written() {
    let desk = filled();
    fs::create_dir(desk.path("tape")).unwrap();
    desk.run(&["backup", &desk.file("tape/backup.db")]).code(0);
    set_mode(&desk.path("tape/backup.db"), 0o444);
    set_mode(&desk.path("tape"), 0o555);
    fs::create_dir(desk.path("home")).unwrap();
    set_mode(&desk.path("home"), 0o777);
    let target = format!("sqlite:{}", desk.file("home/openecls.db"));
    let there = ["--database", &target];

    desk.run_as_nobody(&[&there[..], &["restore", &desk.file("tape/backup.db")]].concat()).code(0);
    let said = desk.run_as_nobody(&[&there[..], &["verify"]].concat()).code(0);

    assert!(said.contains("all well"), "{said}");
    set_mode(&desk.path("tape"), 0o755);
}

#[test]
fn postgres_points_to_its_own_tools_for_backups() {
    let database = testkit::database::TestDatabase::postgres();
    let desk = Desk::on(database.url());

    desk.run(&["backup", &desk.file("backup.db")]).fails(1, "pg_dump --format=custom");
    desk.run(&["restore", &desk.file("backup.db")]).fails(1, "pg_restore");
}
