//! Digests by mail, through a real mail server, and the page that turns them off.

use std::sync::Arc;

use axum::http::StatusCode;
use base::{Actor, Ids, Role};
use desk::reminders::{REMINDER_STATEMENTS, Reminders};
use directory::people::Smtp;
use directory::sign_in::{SealKey, SystemRandom};
use directory::{People, PeopleSettings};
use registry::DueDays;
use registry::worklist::{WorkFilter, WorkList};
use testkit::database::TestDatabase;
use testkit::mail::MailServer;
use testkit::records::{TestRegistry, operator};

use crate::client::Office;

const DAY: i64 = 86_400_000_000;
const BASE: &str = "https://registry.example";

db::statements! {
    LIST;
    REAL = "update person set demo = false", scan_ok = "a test";
}

fn people(t: &TestRegistry) -> People {
    assert_eq!(LIST.len(), 1);
    let settings = PeopleSettings {
        base_url: BASE.to_owned(),
        hash_kib: 64,
        hash_passes: 1,
        note_use_aside: false,
        ..PeopleSettings::default()
    };
    let ids = Arc::new(Ids::seeded(t.clock.clone(), 9));
    let (db, key) = (t.registry.db().clone(), SealKey::new([3; 32]));
    People::new(db, t.clock.clone(), ids, settings, key, Arc::new(SystemRandom)).unwrap()
}

fn reminders(t: &TestRegistry, people: &People) -> Reminders {
    Reminders::new(t.registry.clone(), people.clone(), DueDays::default())
}

/// The number in the mail after some words.
fn number(text: &str, words: &str) -> i64 {
    let (_, after) = text.split_once(words).unwrap_or_else(|| panic!("no {words} in {text}"));
    after.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let all = [REMINDER_STATEMENTS, directory::people::RECIPIENT_STATEMENTS].concat();
    let findings = db::check_statements(&[&sqlite, &postgres], &all);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_digest_holds_numbers_and_links_goes_out_once_a_week_and_stops_when_it_is_not_wanted() {
    TestRegistry::each(|t| {
        let mut server = MailServer::start();
        let (center, _) = t.ready_to_sign();
        assert_eq!(center.number, "9001");
        let patients = t.patients(41, 60, true);
        t.clock.advance_micros(1000 * DAY);
        let people = people(t);
        people.demo_accounts(&operator(), center.id).unwrap();
        let none = reminders(t, &people).write().unwrap();
        assert_eq!(none, 0, "accounts of the demo have no mailbox");
        t.registry.db().write(|tx| tx.execute(&REAL, ())).unwrap();
        let mailer = Smtp::new(&server.url(), "OpenECLS <registry@society.example>").unwrap();

        // four programs at once, and one that was started again
        let written: usize = std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..4).map(|_| scope.spawn(|| reminders(t, &people).write().unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(reminders(t, &people).write().unwrap(), 0);
        assert_eq!(people.send_mails(&mailer).unwrap(), (written, 0));
        let lines: Vec<String> = (0..written).map(|_| server.line()).collect();

        let mail = lines.iter().find(|line| line.contains("|data-manager@demo.example|")).unwrap();
        assert!(mail.contains("|OpenECLS: what waits for you|"), "{mail}");
        assert!(mail.contains(&format!("{BASE}/desk/9001?list=late")), "{mail}");
        assert!(mail.contains(&format!("{BASE}/desk/notices")), "{mail}");
        let filter = WorkFilter::default();
        let list = (WorkList::Late, &filter);
        let page = t.registry.worklist(&operator(), "9001", list, None, 25).unwrap();
        let late = page.count(WorkList::Late).runs;
        assert!(late > 1);
        assert_eq!(number(mail, "Runs that ended more than 60 days ago without signature: "), late);
        for line in &lines {
            assert!(patients.iter().all(|patient| !line.contains(&patient.unique_id)), "{line}");
            assert!(!line.contains("/runs/") && !line.contains("9002"), "{line}");
        }
        let told = |email: &str| lines.iter().any(|line| line.contains(&format!("|{email}|")));
        assert!(told("program-director@demo.example"));
        assert!(!told("capacity-reporter@demo.example") && !told("moderator@demo.example"));

        let office = Office::new(t);
        let manager = Actor::operator("op");
        let person = people.by_email(&manager, "data-manager@demo.example").unwrap().id;
        let client = office.somebody(Role::DataManager, center.id).named(person);
        assert!(client.get("/desk/notices").says("value=\"weekly\" checked"));
        let saved = client.post("/desk/notices", &[("cadence", "never")]);
        assert!(saved.says("value=\"never\" checked"), "{}", saved.body);
        let odd = client.post("/desk/notices", &[("cadence", "hourly")]);
        assert_eq!(odd.status, StatusCode::BAD_REQUEST);
        t.clock.advance_micros(7 * DAY);
        assert_eq!(reminders(t, &people).write().unwrap(), written - 1);
        client.post("/desk/notices", &[("cadence", "daily")]);
        assert_eq!(reminders(t, &people).write().unwrap(), 1);
        assert_eq!(reminders(t, &people).write().unwrap(), 0);
        t.clock.advance_micros(DAY);
        assert_eq!(reminders(t, &people).write().unwrap(), 1);
        let (sent, failed) = people.send_mails(&mailer).unwrap();
        assert_eq!((sent, failed), (written + 1, 0));
        (0..sent).for_each(|_| assert!(server.line().contains("what waits")));
        assert!(directory::audit::verify(t.registry.db()).unwrap().faults.is_empty());
    });
}
