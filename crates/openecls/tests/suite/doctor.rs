//! The self-check and the settings.

use std::fs;
use std::sync::Arc;

use base::{Actor, Clock, Ids};
use directory::sign_in::{SealKey, SystemRandom};
use directory::{People, PeopleSettings};
use testkit::database::TestDatabase;

use super::support::{Desk, set_mode};

#[test]
fn doctor_finds_a_good_database_well() {
    let desk = Desk::new().with_centers();

    let said = desk.run(&["doctor"]).code(0);

    for text in ["schema is current", "passes SQLite's own check", "only this account", "all well"]
    {
        assert!(said.contains(text), "no `{text}` in {said}");
    }
}

#[test]
fn doctor_makes_nothing_and_says_what_is_missing() {
    let desk = Desk::new();

    let said = desk.run(&["doctor"]).code(0);

    assert!(said.contains("does not exist yet"), "{said}");
    assert!(!desk.path("data").exists());
}

#[test]
fn doctor_names_damage_open_permissions_and_a_server_that_is_away() {
    let desk = Desk::new().with_centers();
    let file = desk.path("data/openecls.db");
    set_mode(&file, 0o644);
    let open = desk.run(&["doctor"]).code(5);
    set_mode(&file, 0o600);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 8192 * 4096;
    bytes[middle..middle + 64].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let damaged = desk.run(&["doctor"]).code(5);
    fs::write(&file, "Dear colleagues, ".repeat(500)).unwrap();
    let letter = desk.run(&["doctor"]).code(5);
    let away = Desk::on("postgres://a:secret@%2Fnonexistent/b").run(&["doctor"]).code(5);

    assert!(open.contains("can be read by others") && open.contains("chmod 600"), "{open}");
    assert!(damaged.contains("FAULT   the file is damaged"), "{damaged}");
    assert!(damaged.contains("restore the last backup elsewhere"), "{damaged}");
    assert!(letter.contains("file is not a database"), "{letter}");
    assert!(away.contains("check that the server runs"), "{away}");
    assert!(!away.contains("secret"), "{away}");
}

#[test]
fn doctor_names_second_factors_that_the_key_does_not_open() {
    TestDatabase::each(|database| {
        let desk = Desk::on(database.url());
        database.file().iter().for_each(|file| set_mode(file, 0o600));
        let settings = PeopleSettings { hash_kib: 64, hash_passes: 1, ..PeopleSettings::default() };
        let key = SealKey::open_or_create(&desk.path("data/people.key"), &SystemRandom).unwrap();
        let db = database.reopen(&db::Options::default());
        let clock = Clock::system();
        let ids = Arc::new(Ids::system(clock.clone()));
        let center = ids.next();
        let people = People::new(db, clock, ids, settings, key, Arc::new(SystemRandom)).unwrap();
        let accounts = people.demo_accounts(&Actor::operator("op"), center).unwrap().len();

        let well = desk.run(&["doctor"]).code(0);
        fs::rename(desk.path("data/people.key"), desk.path("kept.key")).unwrap();
        let lost = desk.run(&["doctor"]).code(5);
        desk.write("data/people.key", "half a key");
        let half = desk.run(&["doctor"]).code(5);
        fs::write(desk.path("data/people.key"), [7; 32]).unwrap();
        let other = desk.run(&["doctor"]).code(5);
        fs::copy(desk.path("kept.key"), desk.path("data/people.key")).unwrap();
        set_mode(&desk.path("data/people.key"), 0o644);
        let open = desk.run(&["doctor"]).code(5);

        assert!(
            well.contains(&format!("people.key opens all {accounts} second factor(s)")),
            "{well}"
        );
        assert!(lost.contains(&format!("is not there, and {accounts} second factor(s)")), "{lost}");
        assert!(lost.contains("reset-second-factor"), "{lost}");
        assert!(half.contains("does not hold a key of 32 bytes"), "{half}");
        assert!(other.contains(&format!("does not open {accounts} of {accounts}")), "{other}");
        assert!(open.contains("people.key can be read by others"), "{open}");
    });
}

#[test]
fn a_mistake_in_the_settings_is_named_with_its_place() {
    let desk = Desk::new();
    fs::create_dir(desk.path("data")).unwrap();
    let with = |text: &str| {
        desk.write("data/openecls.toml", text);
        desk.run(&["doctor"])
    };

    with("lock_month = 2\n").fails(1, "lock_month");
    with("\nlisten = \"nowhere\"\n").fails(1, "line 2, column 10");
    with("lock_months = 99\n").fails(1, "lock_months is 99; it must be 1 to 24");
    let open = with("listen = \"0.0.0.0:8080\"\n").code(0);
    assert!(open.contains("`serve` will not start"), "{open}");
    fs::remove_file(desk.path("data/openecls.toml")).unwrap();
    let config = desk.file("none.toml");
    desk.run(&["--config", &config, "doctor"]).fails(1, "reading the settings file");
    desk.run(&["--log", "=a=b", "doctor"]).fails(1, "the log filter `=a=b` cannot be read");
    let strange = desk.run(&["--database", "oracle:a", "verify"]);
    strange.fails(1, "write sqlite:PATH or postgres://USER@HOST/DATABASE");
}

#[test]
fn a_mistyped_path_is_not_taken_for_an_empty_registry() {
    let desk = Desk::new();

    for command in [&["verify"][..], &["import", "list"], &["center", "list"]] {
        desk.run(command).fails(1, "does not exist; check --data and --database");
    }

    assert!(!desk.path("data").exists());
}
