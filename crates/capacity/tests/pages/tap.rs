//! Reminders and the link that confirms, on both engines.

use directory::people::{Mail, MailFailure, Mailer, NewGrant};
use directory::sign_in::{SealKey, SystemRandom};
use directory::{People, PeopleSettings};
use std::sync::Mutex;

use super::*;

db::statements! {
    /// Of these tests.
    LIST;

    /// Accounts of the demo have no mailbox.
    REAL = "update person set demo = false", scan_ok = "a test";
}

/// Keeps what would be sent.
#[derive(Default)]
pub(super) struct Post(pub(super) Mutex<Vec<Mail>>);

impl Mailer for Post {
    fn send(&self, mail: &Mail) -> Result<(), MailFailure> {
        self.0.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

/// A center whose people get mails.
pub(super) fn with_people(test: &mut Test) -> (Profile, People) {
    assert_eq!(LIST.len(), 1);
    let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
    let settings = PeopleSettings {
        base_url: "https://registry.example".to_owned(),
        hash_kib: 64,
        hash_passes: 1,
        note_use_aside: false,
        ..PeopleSettings::default()
    };
    let ids = Arc::new(Ids::seeded(test.clock.clone(), 9));
    let db = (*test.database).clone();
    let random = Arc::new(SystemRandom);
    let people =
        People::new(db.clone(), test.clock.clone(), ids, settings, SealKey::new([3; 32]), random);
    let people = people.unwrap();
    people.demo_accounts(&Actor::operator("operator"), center.id).unwrap();
    db.write(|tx| tx.execute(&REAL, ())).unwrap();
    test.reminders = Some(CapacityReminders::new(test.capacity.clone(), people.clone()));
    (center, people)
}

pub(super) fn each_with_people(run: impl Fn(&Test, &Profile, &People)) {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let mut test = Test::over(make());
        let (center, people) = with_people(&mut test);
        run(&test, &center, &people);
    }
}

/// Writes reminders and gives the mails: to whom, and the text.
pub(super) fn written(test: &Test, people: &People) -> Vec<(String, String)> {
    let reminders = test.reminders.as_ref().unwrap();
    let count = reminders.write().unwrap();
    let post = Post::default();
    let (sent, _) = people.send_mails(&post).unwrap();
    assert_eq!(sent, count);
    let mails = post.0.into_inner().unwrap();
    let mut all: Vec<_> = mails.into_iter().map(|mail| (mail.to, mail.body)).collect();
    all.sort();
    all
}

/// The path of the link of a mail.
fn link(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.contains("/capacity/confirm/"))?;
    Some(line.trim_start_matches("https://registry.example").to_owned())
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let findings = db::check_statements(&[&sqlite, &postgres], capacity::REMIND_STATEMENTS);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_late_report_goes_further_up_the_longer_nobody_reports() {
    each_with_people(|test, center, people| {
        assert!(written(test, people).is_empty(), "whoever never reported is not reminded");
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(23 * HOUR);
        assert!(written(test, people).is_empty(), "not due yet");

        let to = |mails: &[(String, String)]| -> Vec<String> {
            mails.iter().map(|(to, _)| to.split('@').next().unwrap().to_owned()).collect()
        };
        test.clock.advance_micros(HOUR);
        let due = written(test, people);
        assert_eq!(to(&due), ["capacity-reporter"]);
        assert!(due[0].1.contains("was made 24 hours ago") && link(&due[0].1).is_some());
        assert!(!due[0].1.contains("Can accept"), "nothing of the report itself");
        assert!(written(test, people).is_empty(), "once");
        test.clock.advance_micros(6 * HOUR);
        // the reporter was written to within twelve hours
        assert_eq!(to(&written(test, people)), ["coordinator"]);
        test.clock.advance_micros(18 * HOUR);
        assert_eq!(
            to(&written(test, people)),
            ["capacity-reporter", "coordinator", "program-director"]
        );
        test.clock.advance_micros(25 * HOUR);
        let expired = written(test, people);
        assert!(to(&expired).contains(&"center-administrator".to_owned()));
        assert!(expired.iter().all(|(_, text)| link(text).is_none()), "too old to be confirmed");
        test.clock.advance_micros(3 * DAY);
        assert!(written(test, people).is_empty(), "then once a week");
        test.clock.advance_micros(5 * DAY);
        assert!(!written(test, people).is_empty());

        test.says(center, 2, Declared::Full, 0);
        test.clock.advance_micros(HOUR);
        assert!(written(test, people).is_empty(), "a report ends it");
    });
}

#[test]
fn at_20_when_a_feed_stops_its_administrator_is_told_as_soon_as_it_is_stale() {
    each_with_people(|test, center, people| {
        test.says_of(center, 1, (None, true), (Declared::Available, 2));
        test.clock.advance_micros(2 * HOUR - 1);
        assert!(written(test, people).is_empty(), "an hour before is for people");
        test.clock.advance_micros(1);

        let mails = written(test, people);

        let to: Vec<&str> = mails.iter().map(|(to, _)| to.split('@').next().unwrap()).collect();
        assert_eq!(to, ["capacity-reporter", "center-administrator"]);
        assert!(mails[1].1.contains("It came from a feed, which has stopped."), "{}", mails[1].1);
        test.clock.advance_micros(HOUR);
        test.says_of(center, 2, (None, true), (Declared::Available, 2));
        test.clock.advance_micros(HOUR);
        assert!(written(test, people).is_empty(), "it works again");
    });
}

#[test]
fn at_08_a_link_changes_nothing_when_it_is_opened_and_confirms_once() {
    each_with_people(|test, center, people| {
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(25 * HOUR);
        let mails = written(test, people);
        let link = link(&mails[0].1).unwrap();
        let history = || {
            let span = (test.clock.now().plus_micros(-5 * DAY), test.clock.now().plus_micros(DAY));
            test.capacity.history(&Actor::operator("operator"), center.id, span).unwrap()
        };

        for _ in 0..2 {
            let (status, page) = test.get(&Actor::public(), &link);
            assert_eq!(status, StatusCode::OK);
            assert!(
                page.contains("Nothing has changed") && page.contains("last known 25 hours ago")
            );
        }
        assert_eq!(history().len(), 1, "opening it changes nothing");
        let (first, _, page) = test.post(&Actor::public(), &link, "");
        let (second, _, again) = test.post(&Actor::public(), &link, "");
        let (opened, _) = test.get(&Actor::public(), &link);

        assert_eq!(first, StatusCode::OK, "{page}");
        assert!(page.contains("<b>Stored.</b>") && page.contains("reported just now"), "{page}");
        assert_eq!((second, opened), (StatusCode::GONE, StatusCode::GONE));
        assert!(again.contains("This link has been used"));
        let all = history();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].channel, all[0].kind), (Channel::OneTap, ReportKind::ConfirmUnchanged));
        assert_eq!(base::shown_name(&all[0].reported_by), "Demo capacity reporter");
    });
}

#[test]
fn a_link_ends_after_a_day_and_with_the_role_and_an_invented_one_is_not_there() {
    each_with_people(|test, center, people| {
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        let old = link(&written(test, people)[0].1).unwrap();
        test.clock.advance_micros(24 * HOUR);
        assert_eq!(test.post(&Actor::public(), &old, "").0, StatusCode::GONE);
        let fresh = link(&written(test, people)[0].1).unwrap();
        assert_ne!(fresh, old);

        let operator = Actor::operator("operator");
        let email = "capacity-reporter@demo.example";
        let person = people.by_email(&operator, email).unwrap();
        people.suspend(&operator, person.id, "has left the hospital").unwrap();
        assert_eq!(test.post(&Actor::public(), &fresh, "").0, StatusCode::NOT_FOUND);
        for wrong in [
            "/capacity/confirm/nothing".to_owned(),
            format!("/capacity/confirm/{}", "a".repeat(300)),
        ] {
            assert_eq!(test.get(&Actor::public(), &wrong).0, StatusCode::NOT_FOUND, "{wrong}");
            assert_eq!(test.post(&Actor::public(), &wrong, "").0, StatusCode::NOT_FOUND);
        }
    });
}

#[test]
fn several_programs_write_each_reminder_once() {
    each_with_people(|test, center, _| {
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        let reminders = test.reminders.as_ref().unwrap();
        let written: usize = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| reminders.write().unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(written, 1);
    });
}

#[test]
fn whoever_answers_for_several_centers_reads_of_all_in_one_mail() {
    each_with_people(|test, center, people| {
        let other = test.center("Beside", (52.6, 13.5), AgeGroup::Adult);
        let operator = Actor::operator("operator");
        let person = people.by_email(&operator, "capacity-reporter@demo.example").unwrap().id;
        let grant = NewGrant {
            role: Role::CapacityReporter,
            place: Place::Center(other.id),
            starts_at: None,
            ends_at: None,
        };
        people.grant(&operator, person, &grant).unwrap();
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(3 * HOUR);
        test.says(&other, 2, Declared::Available, 2);
        test.clock.advance_micros(21 * HOUR);

        let mails = written(test, people);

        assert_eq!(mails.len(), 1, "the other one is due three hours later");
        let text = &mails[0].1;
        assert!(text.contains("Open was made 24 hours ago"), "{text}");
        assert!(text.contains("Beside was made 21 hours ago. The next one is due within 12 hours"));
        assert_eq!(text.matches("/capacity/confirm/").count(), 2, "a link for each");
        test.clock.advance_micros(3 * HOUR);
        assert!(written(test, people).is_empty(), "not again within 12 hours");
    });
}

#[test]
fn a_unit_that_has_fallen_silent_keeps_no_other_from_being_reminded() {
    each_with_people(|test, center, people| {
        let operator = Actor::operator("operator");
        for name in ["Cardiac ICU", "Medical ICU"] {
            let ages = [AgeGroup::Adult].into();
            let details = capacity::UnitDetails { name: name.to_owned(), ages };
            test.capacity.put_unit(&operator, center.id, None, &details).unwrap();
        }
        let says = |number: u128, unit: &str| {
            let line = Line::new(AgeGroup::Adult, None, Declared::Available);
            let now = test.clock.now();
            let blank = Report::blank(center.id, Uuid::from_u128(number), ReportKind::Partial, now);
            let report = Report { unit: Some(unit.to_owned()), lines: vec![line], ..blank };
            test.capacity.report(&operator, center.id, &report, true).unwrap();
        };
        says(1, "cardiac-icu");
        says(2, "medical-icu");
        test.clock.advance_micros(24 * HOUR);
        let both = written(test, people);
        assert_eq!(both.len(), 1);
        assert!(both[0].1.contains("confirm it here"), "all units: {}", both[0].1);
        for day in 0..3 {
            test.clock.advance_micros(DAY);
            says(10 + day, "medical-icu");
        }
        test.clock.advance_micros(HOUR);
        let silent = written(test, people);
        assert!(silent.iter().any(|(to, text)| to.starts_with("center-administrator")
            && text.contains("Open, Cardiac ICU was made 4 days ago")
            && link(text).is_none()));

        test.clock.advance_micros(23 * HOUR);
        let mails = written(test, people);

        let reporter = mails.iter().find(|(to, _)| to.starts_with("capacity-reporter")).unwrap();
        assert!(reporter.1.contains("Open, Medical ICU was made 24 hours ago"), "{}", reporter.1);
        assert!(reporter.1.contains("confirm this unit here"), "{}", reporter.1);
        assert!(reporter.1.contains("/report?unit=medical-icu"));
        assert!(written(test, people).is_empty(), "once");
        let address = link(&reporter.1).unwrap();
        let (_, asked) = test.get(&Actor::public(), &address);
        assert!(asked.contains("Open, Medical ICU"), "{asked}");
        let (status, _, html) = test.post(&Actor::public(), &address, "");
        assert_eq!(status, StatusCode::OK, "{html}");
        let span = (test.clock.now().plus_micros(-HOUR), test.clock.now().plus_micros(HOUR));
        let said = test.capacity.history(&operator, center.id, span).unwrap();
        assert_eq!(
            (said[0].kind, said[0].unit.as_deref()),
            (ReportKind::ConfirmUnchanged, Some("medical-icu"))
        );
    });
}
