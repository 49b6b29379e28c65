//! A disk that is full, files that may not be written, a server that goes away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use db::{Db, DbError, Statement};
use testkit::database::PrivateCluster;

use super::support::{Desk, is_root, sample, set_mode};

/// A small disk of its own; it goes when the test ends.
struct Disk(PathBuf);

impl Disk {
    /// Nothing where this account may not mount.
    fn mount(at: &Path, kilobytes: u32) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={kilobytes}k");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).stderr(Stdio::null());
        let mounted = is_root() && command.status().is_ok_and(|status| status.success());
        mounted.then(|| Self(at.to_owned()))
    }

    fn grow(&self, kilobytes: u32) {
        let options = format!("remount,size={kilobytes}k");
        let grown = Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap();
        assert!(grown.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(&self.0).status());
    }
}

#[test]
fn a_full_disk_is_said_loses_nothing_and_once_there_is_room_the_work_goes_on() {
    let desk = Desk::new();
    let Some(disk) = Disk::mount(&desk.path("data"), 1_700) else {
        println!("no disk can be mounted here; the registry's own tests fill one without");
        return;
    };
    let desk = desk.with_centers().with_upload("center-9006");
    let before = desk.verify();
    let import = ["import", "--apply", "-q", &sample("center-9002")];
    let filler = desk.write("data/filler", vec![1; 600 * 1024]);

    desk.run(&import).fails(1, "the disk of the database is full; nothing was saved");
    let backup = desk.file("data/backup.db");
    desk.run(&["backup", &backup]).fails(1, "full");
    assert!(!desk.path("data/backup.db").exists());
    assert_eq!(desk.verify(), before);
    fs::remove_file(filler).unwrap();
    disk.grow(65_536);
    let applied = desk.run(&import).code(0);

    assert!(applied.contains("70 new"), "{applied}");
    desk.verify();
    desk.run(&["doctor"]).code(0);
}

#[test]
fn a_database_that_may_not_be_written_is_said_and_stays_as_it_is() {
    let desk = Desk::new().with_centers();
    let (folder, file) = (desk.path("data"), desk.path("data/openecls.db"));
    set_mode(&folder, 0o755);
    set_mode(&file, 0o444);
    let bytes = fs::read(&file).unwrap();
    let import = ["import", "--apply", "-q", &sample("center-9006")];

    desk.run_as_nobody(&import).fails(1, "the database is read-only; check owner and permissions");
    let doctor = desk.run_as_nobody(&["doctor"]).code(5);

    assert!(doctor.contains("the database is read-only"), "{doctor}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    set_mode(&file, 0o600);
    desk.run(&import).code(0);
    desk.verify();
}

#[test]
fn a_folder_that_may_not_be_written_is_said() {
    let desk = Desk::new().with_centers();
    let (folder, file) = (desk.path("data"), desk.path("data/openecls.db"));
    // the file may be written, but not the journal beside it
    set_mode(&file, 0o666);
    set_mode(&folder, 0o555);

    let import = desk.run_as_nobody(&["import", "--apply", "-q", &sample("center-9006")]);
    let fresh = format!("sqlite:{}", desk.file("data/new/openecls.db"));
    let new = desk.run_as_nobody(&["--database", &fresh, "center", "add", "1", "New"]);

    set_mode(&folder, 0o755);
    set_mode(&file, 0o600);
    assert_eq!(import.code, Some(1), "{}", import.err);
    assert!(import.err.contains("read-only") || import.err.contains("may write"), "{}", import.err);
    new.fails(1, "creating the folder");
    desk.run(&["import", "--apply", "-q", &sample("center-9006")]).code(0);
    desk.verify();
}

/// Holds the end of every chain, so that whoever wants to add to one waits.
fn hold_chains(db: &Db, work: impl FnOnce()) -> Result<(), DbError> {
    let hold = Statement::dynamic("hold", "update audit_head set seq = seq".to_owned());
    let mut work = Some(work);
    db.write(|tx| {
        tx.execute(&hold, ())?;
        if let Some(work) = work.take() {
            work();
        }
        Ok(())
    })
}

/// Waits until somebody waits for what we hold.
fn wait_for_a_waiter(cluster: &PrivateCluster) {
    let look = Db::open(&cluster.url(), &db::Options::default()).unwrap();
    let text = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    let count = Statement::dynamic("waiters", text.to_owned());
    let begin = Instant::now();
    while look.read_one(|tx| tx.one::<i64>(&count, ())).unwrap() == 0 {
        assert!(begin.elapsed() < Duration::from_mins(1), "the import never came so far");
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_restart_of_the_server_within_an_import_is_said_and_the_next_import_is_whole() {
    let cluster = PrivateCluster::start();
    let desk = Desk::on(&cluster.url()).with_centers().with_upload("center-9006");
    let before = desk.verify();
    let db = Db::open(&cluster.url(), &db::Options::default()).unwrap();
    let import = ["import", "--apply", "-q", &sample("center-9001.xml")];
    // so that it only changes what is there, and waits for the end of the chain
    desk.run(&["import", "--apply", "-q", "--drafts", &sample("center-9001.xml")]).code(0);
    let drafts = desk.verify();
    let mut child = None;

    let held = hold_chains(&db, || {
        let started = desk.command(&import).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        child = Some(started.unwrap());
        wait_for_a_waiter(&cluster);
        cluster.restart();
    });

    assert!(held.is_err(), "the restart did not cut the sessions");
    let output = child.unwrap().wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("nothing was saved, try again"), "{said}");
    assert_ne!(before, drafts);
    assert_eq!(desk.verify(), drafts);
    let applied = desk.run(&import).code(0);
    assert!(applied.contains("47 run(s) signed"), "{applied}");
    desk.verify();
}

#[test]
fn pages_survive_a_restart_of_their_database() {
    let cluster = PrivateCluster::start();
    let desk = Desk::on(&cluster.url());
    let server = desk.serve(&["--sample"]);
    server.wait_for("/health/ready", 200);
    let (_, before) = server.get("/api/v1/figures");

    cluster.kill();
    let away = server.wait_for("/health/ready", 503);
    assert_eq!(server.get("/health/live").0, 200);
    desk.run(&["verify"]).fails(1, "check that the server runs");
    cluster.start_again();
    server.wait_for("/health/ready", 200);
    let after = server.wait_for("/api/v1/figures", 200);

    assert!(away.contains("the database does not answer"), "{away}");
    let total = |body: &str| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["total_submitted_cases"].clone()
    };
    assert_eq!(total(&before), total(&after));
    server.signal("-TERM");
    server.end().code(0);
    desk.verify();
}
