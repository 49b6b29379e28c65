//! The invented registry: made, cut off, gone on with, refused.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use testkit::database::TestDatabase;

use super::support::Desk;

const RUNS: &str = "200";

/// Makes it; gives what was said.
fn make(desk: &Desk, more: &[&str]) -> String {
    let mut arguments = vec!["demo", "--no-serve"];
    arguments.extend(more);
    desk.run(&arguments).code(0)
}

/// The ends of all chains: equal ends stand for equal registries.
fn heads(desk: &Desk) -> String {
    let said = desk.run(&["verify", "--heads"]).code(0);
    assert!(said.contains("all well"), "{said}");
    // accounts are made now, with ids and passwords of their own
    said.lines().filter(|line| !line.starts_with("head access")).collect::<Vec<_>>().join("\n")
}

fn story(desk: &Desk) {
    let said = make(desk, &["--runs", RUNS]);
    assert!(said.contains("making an invented registry of 200 submitted runs, seed 1"), "{said}");
    assert!(said.contains("made: 200 submitted runs and "), "{said}");
    assert!(!said.contains("refused"), "{said}");
    // the first page need not wait for the records to be read
    assert!(said.contains("the figures are ready"), "{said}");
    assert!(desk.path("data/insight.columns").exists());
    desk.verify();

    let again = make(desk, &[]);

    assert!(again.contains("the invented registry is there: 200 submitted runs"), "{again}");
    assert!(!again.contains("making"), "{again}");
    let doctor = desk.run(&["doctor"]).code(0);
    assert!(doctor.contains("and their records are invented"), "{doctor}");
}

#[test]
fn the_invented_registry_is_made_once_and_holds_against_its_audit_on_sqlite() {
    story(&Desk::new());
}

#[test]
fn the_invented_registry_is_made_once_and_holds_against_its_audit_on_postgres() {
    let database = TestDatabase::empty_postgres();
    story(&Desk::on(database.url()));
}

#[test]
fn the_pages_of_the_invented_registry_say_that_it_is_invented() {
    let desk = Desk::new();

    let server = desk.start(&["demo", "--runs", RUNS, "--listen", "127.0.0.1:0"]);

    let (status, body) = server.get("/api/v1/figures");
    assert_eq!(status, 200, "{body}");
    let figures: Json = serde_json::from_str(&body).unwrap();
    assert_eq!(figures["total_submitted_cases"], 200);
    assert_eq!(figures["invented_runs"], 200);
    assert!(server.get("/").1.contains("invented"));
    server.signal("-TERM");
    let end = server.end();
    assert!(end.out.contains("centers are invented"), "{}", end.out);
    end.code(0);
}

#[test]
fn the_same_seed_makes_the_same_registry_and_another_seed_another() {
    let made = |seed| {
        let desk = Desk::new();
        make(&desk, &["--runs", "20", "--seed", seed]);
        heads(&desk)
    };

    assert_eq!(made("4"), made("4"));
    assert_ne!(made("4"), made("5"));
}

#[test]
fn a_start_cut_off_by_a_crash_is_gone_on_with_and_gives_the_same_registry() {
    let whole = Desk::new();
    make(&whole, &["--runs", RUNS]);
    let desk = Desk::new();
    for centers in [1, 4] {
        cut_off_after(&desk, centers);
    }
    let cut = count(&desk);

    let said = make(&desk, &["--runs", RUNS]);

    assert!(said.contains("going on with an invented registry"), "{said}");
    assert_eq!(count(&desk), count(&whole));
    assert!(cut.centers >= 4 && cut.centers < count(&whole).centers, "{cut:?}");
}

/// What two registries have in common when they are the same.
#[derive(Debug, PartialEq)]
struct Counts {
    centers: i64,
    runs: i64,
    audit: i64,
    /// The ends of all chains.
    heads: Vec<String>,
}

fn count(desk: &Desk) -> Counts {
    let database = rusqlite::Connection::open(desk.path("data/openecls.db")).unwrap();
    let one = |text: &str| database.query_row(text, [], |row| row.get(0)).unwrap();
    let mut heads = database
        .prepare("select hex(center_id) || hex(hash) from audit_head order by center_id")
        .unwrap();
    let heads = heads.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    Counts {
        centers: one("select count(*) from center"),
        runs: one("select count(*) from run"),
        audit: one("select count(*) from audit"),
        heads,
    }
}

/// Kills a start as soon as so many centers are there.
fn cut_off_after(desk: &Desk, centers: i64) {
    let arguments = ["demo", "--runs", RUNS, "--no-serve"];
    let mut child =
        desk.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let path = desk.path("data/openecls.db");
    let there = || -> rusqlite::Result<i64> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(&path, flags)?;
        database.query_row("select count(*) from center", [], |row| row.get(0))
    };
    let begin = Instant::now();
    while there().unwrap_or(0) < centers {
        assert!(begin.elapsed() < Duration::from_mins(1), "no center in a minute");
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn another_size_or_seed_is_refused_until_it_is_made_anew() {
    let desk = Desk::new();
    make(&desk, &["--runs", "20"]);

    let other = |more: &[&str]| {
        let mut arguments = vec!["demo", "--no-serve"];
        arguments.extend(more);
        desk.run(&arguments)
    };
    other(&["--runs", "21"]).fails(1, "--fresh makes another in its place");
    other(&["--seed", "2"]).fails(1, "holds an invented registry of 20 submitted runs, seed 1");
    let said = other(&["--runs", "21", "--fresh"]).code(0);

    assert!(said.contains("made: 21 submitted runs"), "{said}");
    desk.verify();
}

#[test]
fn a_registry_that_was_not_made_by_the_command_is_left_alone() {
    let real = Desk::new().with_centers();
    real.run(&["demo", "--no-serve"]).fails(1, "holds centers that are not invented");
    real.run(&["demo", "--no-serve", "--fresh"]).fails(1, "was not made by `openecls demo`");
    assert!(real.run(&["center", "list"]).code(0).contains("9001"));

    // also when the folder is of an invented registry, and only the database is another
    let folder = Desk::new();
    make(&folder, &["--runs", "20"]);
    let database = format!("sqlite:{}", real.file("data/openecls.db"));
    let fresh = ["demo", "--no-serve", "--fresh", "--database", &database];
    folder.run(&fresh).fails(1, "holds centers that are not invented; it is left alone");
    assert!(real.run(&["center", "list"]).code(0).contains("9001"));

    let sample = Desk::new();
    drop(sample.serve(&["--sample"]));
    sample.run(&["demo", "--no-serve"]).fails(1, "holds another registry");

    let demo = Desk::new();
    make(&demo, &["--runs", "20"]);
    let server = demo.serve(&["--sample"]);
    assert!(server.said.contains("the sample is left out"), "{}", server.said);
}

#[test]
fn a_registry_in_use_is_not_made_anew() {
    let desk = Desk::new();
    make(&desk, &["--runs", "20"]);
    let server = desk.serve(&[]);

    desk.run(&["demo", "--no-serve", "--fresh"]).fails(1, "is in use");

    server.wait_for("/health/ready", 200);
}

#[test]
fn without_a_folder_the_invented_registry_gets_one_of_its_own() {
    let desk = Desk::new();
    let mut command = desk.command(&["demo", "--runs", "20", "--no-serve"]);

    let done = command.env_remove("OPENECLS_DATA").output().unwrap();

    assert!(done.status.success(), "{done:?}");
    let folder = desk.path("openecls-demo");
    assert!(folder.join("openecls.db").exists(), "{:?}", fs::read_dir(folder.parent().unwrap()));
    assert!(!desk.path("data").exists());
}
