//! The program itself killed in the middle of an upload, of a backup and of its first start.

use std::io::Read as _;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use testkit::database::TestDatabase;

use super::support::{Desk, sample};

/// Imports on each engine that are cut off.
const KILLS: u32 = 12;

/// Starts the program and kills it after a share of the time that it takes; tells what it had said.
fn cut_off(desk: &Desk, arguments: &[&str], usual: Duration, share: f64) -> String {
    let mut child =
        desk.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    sleep(usual.mul_f64(share));
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    said
}

fn time_of(desk: &Desk, arguments: &[&str]) -> Duration {
    let begin = Instant::now();
    desk.run(arguments).code(0);
    begin.elapsed()
}

/// The file is there as a whole, or not at all, and comes with the next attempt.
fn story(make: impl Fn() -> (Desk, Option<TestDatabase>)) {
    let file = sample("center-9006");
    let (desk, _database) = make();
    let import = ["import", "--apply", "-q", &file];
    let mut usual = time_of(&desk, &import);
    let (mut cut, mut tried) = (0, 0);
    while cut < KILLS {
        assert!(tried < 8 * KILLS, "only {cut} of {tried} imports were cut off");
        tried += 1;
        let (desk, _database) = make();
        let share = f64::from(cut + 1) / f64::from(KILLS);
        let said = cut_off(&desk, &import, usual, share);

        desk.verify();
        let there = desk.run(&["import", "list"]).code(0).contains("applied");
        assert!(there || !said.contains("applied"), "an acknowledged import is lost");
        let again = desk.run(&import).code(0);
        let whole = if there { "23 unchanged" } else { "23 new" };
        assert!(again.contains(whole), "{there}: {again}");
        desk.verify();
        if said.contains("applied") {
            // it was faster than the first one, on a machine that had other work then
            usual = usual.mul_f64(0.9);
        } else {
            cut += 1;
        }
    }
}

#[test]
fn an_import_cut_off_by_a_crash_is_whole_or_absent_on_sqlite() {
    story(|| (Desk::new().with_centers(), None));
}

#[test]
fn an_import_cut_off_by_a_crash_is_whole_or_absent_on_postgres() {
    story(|| {
        let database = TestDatabase::postgres();
        (Desk::on(database.url()).with_centers(), Some(database))
    });
}

#[test]
fn a_backup_cut_off_by_a_crash_leaves_no_file_that_could_be_taken_for_one() {
    let desk = Desk::new().with_centers().with_upload("center-9002");
    let usual = time_of(&desk, &["backup", &desk.file("first.db")]);
    for number in 0..6 {
        let name = format!("backup-{number}.db");
        cut_off(&desk, &["backup", &desk.file(&name)], usual, f64::from(number) / 6.0);

        if desk.path(&name).exists() {
            Desk::new().run(&["restore", &desk.file(&name)]).code(0);
        }
    }
    desk.run(&["backup", &desk.file("last.db")]).code(0);
    desk.verify();
}

#[test]
fn a_first_start_cut_off_by_a_crash_is_finished_by_the_next() {
    let usual = {
        let desk = Desk::new();
        let begin = Instant::now();
        drop(desk.serve(&["--sample"]));
        begin.elapsed()
    };
    for share in [0.3, 0.6, 0.9] {
        let desk = Desk::new();
        cut_off(&desk, &["serve", "--sample", "--listen", "127.0.0.1:0"], usual, share);

        let server = desk.serve(&["--sample"]);

        let (status, body) = server.get("/api/v1/figures");
        assert_eq!(status, 200);
        assert!(body.contains("\"centers\":6,"), "{body}");
        server.signal("-TERM");
        server.end().code(0);
        desk.verify();
        assert_eq!(desk.run(&["import", "list"]).code(0).lines().count(), 6);
    }
}
