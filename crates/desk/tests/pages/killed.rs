//! The program killed while it applies a file: a process of its own, on both engines.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use base::{CenterId, Ids, Role};
use db::{Db, Statement};
use dictionary::Dictionary;
use registry::{Registry, Settings};
use tempfile::TempDir;
use testkit::database::TestDatabase;
use testkit::records::{TestRegistry, operator};

use crate::client::Office;
use crate::files::settled;

const FILE: &[u8] = include_bytes!("../../../../sample/center-9001.xml");
const UPLOAD: &str = "/desk/9001/upload";
/// The name of the killed program's sessions.
const NAME: &str = "openecls-killed-upload";

/// Plans the file and applies it, and tells both before it does the next step.
#[test]
#[ignore = "run by the test below, which kills it"]
#[expect(clippy::disallowed_methods, reason = "how the test below names the database")]
fn applies_a_file() {
    let (url, folder) = (std::env::var("OPENECLS_TEST_URL"), std::env::var("OPENECLS_TEST_FOLDER"));
    // run by somebody who runs all ignored tests
    let (Ok(url), Ok(folder)) = (url, folder) else { return };
    let url = if url.contains("://") { format!("{url}?application_name={NAME}") } else { url };
    let clock = base::Clock::system();
    let db = Db::open(&url, &db::Options::default()).unwrap();
    let ids = Arc::new(Ids::system(clock.clone()));
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let registry = Registry::new(db, dictionary, clock, ids, Settings::default()).unwrap();
    let center = registry.center("9001").unwrap().unwrap().id;
    let within = tempfile::Builder::new().disable_cleanup(true).tempdir_in(folder).unwrap();
    println!("folder {}", within.path().display());
    let office = Office::at(&registry, within);
    let manager = office.somebody(Role::DataManager, center);
    let sent = manager.send_file(UPLOAD, "runs.xml", FILE, false);
    assert!(settled(&manager, &sent.location).says("Apply exactly this plan"));
    println!("applying {}", sent.location);
    manager.post(&format!("{}/apply", sent.location), &[]);
    settled(&manager, &sent.location);
    println!("applied {}", sent.location);
    std::thread::sleep(Duration::from_mins(1));
}

/// Where the killed program had its files and the page of its upload, and how long it had been at it.
struct Killed {
    folder: String,
    page: String,
    told: bool,
    took: Duration,
}

/// Lets a program apply the file, and kills it after a while, or when it has told of the end.
fn killed(database: &TestDatabase, folder: &Path, after: Duration) -> Killed {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::applies_a_file", "--ignored", "--nocapture"])
        .env("OPENECLS_TEST_URL", database.url())
        .env("OPENECLS_TEST_FOLDER", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut word = |wanted: &str| {
        lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix(wanted)?.to_owned()))
    };
    let folder = word("folder ").unwrap();
    let page = word("applying ").unwrap();
    let begun = Instant::now();
    let waits = after == Duration::MAX;
    if waits {
        word("applied ").unwrap();
    } else {
        std::thread::sleep(after);
    }
    let took = begun.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    let told = waits || word("applied ").is_some();
    wait_for_the_end_of_sessions(database);
    Killed { folder, page, told, took }
}

/// A server of PostgreSQL carries a commit out that it has been sent, whoever waits for it.
fn wait_for_the_end_of_sessions(database: &TestDatabase) {
    if database.file().is_some() {
        return;
    }
    let text = "select count(*) from pg_stat_activity where application_name = $1 and datname = current_database()";
    let count = Statement::dynamic("sessions", text.to_owned());
    let begun = Instant::now();
    while database.read_one(|tx| tx.one::<i64>(&count, (NAME,))).unwrap() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "a dead program's session lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the file is there as a whole, after a restart; it must be that or absent, and the page must say which.
fn examined(t: &TestRegistry, center: CenterId, killed: &Killed) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::rename(Path::new(&killed.folder).join("uploads"), folder.path().join("uploads"))
        .unwrap();
    let office = Office::at(&t.registry, folder);
    let manager = office.somebody(Role::DataManager, center);
    let page = manager.get(&killed.page);
    let whole = page.says("Written.");
    assert_ne!(whole, page.says("Nothing was applied"), "{}", page.body);
    assert!(whole || !killed.told, "what was told is lost");
    let imports = t.registry.center_imports(&operator(), center, 9).unwrap().len();
    assert_eq!(imports, usize::from(whole));
    assert_eq!(manager.get("/desk/9001?list=submitted").says("/runs/"), whole);
    assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    if !whole {
        manager.post(&format!("{}/plan", killed.page), &[]);
        assert!(settled(&manager, &killed.page).says("Apply exactly this plan"));
        manager.post(&format!("{}/apply", killed.page), &[]);
        assert!(settled(&manager, &killed.page).says("Written."));
    }
    let again = manager.send_file(UPLOAD, "runs.xml", FILE, false);
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert!(settled(&manager, &again.location).says("Nothing of this file is new"));
    whole
}

#[test]
fn a_file_whose_program_is_killed_while_applying_it_is_whole_or_absent_and_the_page_says_which() {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let attempt = |after: Duration| {
            let t = TestRegistry::over(make());
            let center = t.center("9001").id;
            let folder = TempDir::new().unwrap();
            let killed = killed(&t.database, folder.path(), after);
            (examined(&t, center, &killed), killed.took)
        };
        let (whole, usual) = attempt(Duration::MAX);
        assert!(whole);

        let absent = [0.0, 0.3, 0.6, 0.9].map(|share| !attempt(usual.mul_f64(share)).0);

        assert!(absent.contains(&true), "nobody was killed in the middle");
    }
}
