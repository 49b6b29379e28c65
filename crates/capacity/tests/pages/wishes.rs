//! When somebody is reminded: duty, an hour before, quiet hours, a snooze, an absence.

use base::PersonId;
use capacity::{Cadence, CapacityError, ReminderWish, Scope, WISH_STATEMENTS};
use directory::People;
use directory::people::NewGrant;

use super::tap::{each_with_people, written};
use super::*;

/// The account of a role.
fn account(people: &People, role: &str) -> Actor {
    let operator = Actor::operator("operator");
    let person = people.by_email(&operator, &format!("{role}@demo.example")).unwrap();
    let all = people.recipients(&operator).unwrap();
    all.iter().find(|it| it.id == person.id).unwrap().actor()
}

/// A second reporter of the center: the account that keeps the data.
fn colleague(people: &People, center: &Profile) -> Actor {
    let operator = Actor::operator("operator");
    let person = people.by_email(&operator, "data-manager@demo.example").unwrap().id;
    let grant = NewGrant::lasting(Role::CapacityReporter, Place::Center(center.id));
    people.grant(&operator, person, &grant).unwrap();
    account(people, "data-manager")
}

/// To whom was written.
fn to(mails: &[(String, String)]) -> Vec<&str> {
    mails.iter().map(|(to, _)| to.split('@').next().unwrap()).collect()
}

fn wants(test: &Test, actor: &Actor, wish: &ReminderWish) {
    test.reminders.as_ref().unwrap().put_wish(actor, wish).unwrap();
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let findings = db::check_statements(&[&sqlite, &postgres], WISH_STATEMENTS);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn whoever_is_off_duty_is_left_alone_while_somebody_else_is_on() {
    each_with_people(|test, center, people| {
        let (ada, kim) = (account(people, "capacity-reporter"), colleague(people, center));
        let off = ReminderWish { off_duty: true, ..ReminderWish::default() };
        wants(test, &ada, &off);
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        assert_eq!(to(&written(test, people)), ["data-manager"]);

        wants(test, &kim, &off);
        test.says(center, 2, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        assert_eq!(
            to(&written(test, people)),
            ["capacity-reporter", "data-manager"],
            "nobody is on duty"
        );
    });
}

#[test]
fn an_hour_before_is_for_those_who_ask_and_counts_as_the_mail_of_twelve_hours() {
    each_with_people(|test, center, people| {
        let (ada, _) = (account(people, "capacity-reporter"), colleague(people, center));
        wants(test, &ada, &ReminderWish { heads_up: true, ..ReminderWish::default() });
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(23 * HOUR - 1);
        assert!(written(test, people).is_empty(), "more than an hour before");
        test.clock.advance_micros(1);
        let mails = written(test, people);
        assert_eq!(to(&mails), ["capacity-reporter"]);
        assert!(mails[0].1.contains("The next one is due within"), "{}", mails[0].1);
        assert!(mails[0].1.contains("/capacity/reminders"));
        test.clock.advance_micros(HOUR);
        assert_eq!(to(&written(test, people)), ["data-manager"], "who was not told before");
    });
}

#[test]
fn quiet_hours_hold_a_reminder_back_until_they_end_if_it_is_still_so_and_a_surge_does_not_wait() {
    each_with_people(|test, center, people| {
        let ada = account(people, "capacity-reporter");
        let zone = "Europe/Berlin".to_owned();
        // it is 11:00 there
        let quiet =
            ReminderWish { quiet: Some((9, 15)), time_zone: zone, ..ReminderWish::default() };
        wants(test, &ada, &quiet);
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        assert!(written(test, people).is_empty());
        test.clock.advance_micros(3 * HOUR);
        assert!(written(test, people).is_empty(), "14:00");
        test.clock.advance_micros(HOUR);
        assert_eq!(to(&written(test, people)), ["capacity-reporter"]);
        assert!(written(test, people).is_empty(), "once");

        // reported meanwhile: nothing is left to be said
        test.clock.advance_micros(20 * HOUR);
        test.says(center, 2, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        assert!(written(test, people).is_empty());
        test.says(center, 3, Declared::Available, 2);
        test.clock.advance_micros(5 * HOUR);
        assert!(written(test, people).is_empty());

        let operator = Actor::operator("operator");
        let end = test.clock.now().plus_micros(5 * DAY);
        let country = Scope::Country("DE".to_owned());
        test.capacity.switch_on(&operator, &country, Cadence::Surge, end, "Influenza").unwrap();
        test.clock.advance_micros(17 * HOUR);
        let mails = written(test, people);
        assert!(to(&mails).contains(&"capacity-reporter"), "9:00, but a surge");
    });
}

#[test]
fn a_snooze_ends_when_it_was_said_to_or_when_it_is_taken_back() {
    each_with_people(|test, center, people| {
        let ada = account(people, "capacity-reporter");
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        let until = Some(test.clock.now().plus_micros(4 * HOUR));
        wants(test, &ada, &ReminderWish { snooze_until: until, ..ReminderWish::default() });
        assert!(written(test, people).is_empty());
        test.clock.advance_micros(HOUR);
        assert!(written(test, people).is_empty());
        wants(test, &ada, &ReminderWish::default());
        assert_eq!(to(&written(test, people)), ["capacity-reporter"]);
    });
}

#[test]
fn while_somebody_is_away_whoever_stands_in_is_written_to_and_only_a_colleague_can() {
    each_with_people(|test, center, people| {
        let (ada, kim) = (account(people, "capacity-reporter"), colleague(people, center));
        let kim_id = kim.person_id().unwrap();
        let away = Some(test.clock.now().plus_micros(10 * DAY));
        let reminders = test.reminders.as_ref().unwrap();
        let director = account(people, "moderator").person_id().unwrap();
        for cover in [director, PersonId(Uuid::from_u128(77)), ada.person_id().unwrap()] {
            let wish =
                ReminderWish { away_until: away, cover: Some(cover), ..ReminderWish::default() };
            let told = reminders.put_wish(&ada, &wish);
            assert!(
                matches!(told, Err(CapacityError::Values(ref it)) if it[0].0 == "cover"),
                "{told:?}"
            );
        }
        wants(
            test,
            &ada,
            &ReminderWish { away_until: away, cover: Some(kim_id), ..ReminderWish::default() },
        );
        test.says(center, 1, Declared::Available, 2);
        test.clock.advance_micros(24 * HOUR);
        assert_eq!(to(&written(test, people)), ["data-manager"], "once, though told twice over");
        test.says(center, 2, Declared::Available, 2);
        test.clock.advance_micros(10 * DAY);
        assert!(to(&written(test, people)).contains(&"capacity-reporter"), "back again");
    });
}

#[test]
fn the_page_keeps_what_was_typed_and_says_what_cannot_be_kept() {
    each_with_people(|test, center, people| {
        let (ada, kim) = (account(people, "capacity-reporter"), colleague(people, center));
        let (page, kim_id) = ("/capacity/reminders", kim.person_id().unwrap());
        assert_eq!(test.get(&account(people, "moderator"), page).0, StatusCode::FORBIDDEN);
        let wrong = [
            ("quiet_from=22", "Two different full hours"),
            ("quiet_from=22&quiet_to=6&zone=Mars", "A time zone such as"),
            ("away=2026-11-21", "The last day away"),
            ("away=soon", "The last day away"),
            ("away=2027-11-21", "three months at most"),
            ("snooze=99", "Choose one of the hours"),
            ("cover=x", "Choose somebody"),
        ];
        for (form, told) in wrong {
            let (status, _, html) = test.post(&ada, page, form);
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(html.contains(told), "{form}: {html}");
        }
        let form = format!(
            "off_duty=1&heads_up=1&quiet_from=22&quiet_to=6&zone=Europe%2FBerlin&snooze=8&away=2026-11-30&cover={kim_id}"
        );

        let (status, leads, _) = test.post(&ada, page, &form);
        let (_, html) = test.get(&ada, "/capacity/reminders?done=kept");

        assert_eq!(
            (status, leads.as_str()),
            (StatusCode::SEE_OTHER, "/capacity/reminders?done=kept")
        );
        assert!(
            html.contains("Nothing is written to you until 22 Nov 2026, 19:00 (UTC+01:00)"),
            "{html}"
        );
        let kept = [
            r#"name="off_duty" value="1" checked"#,
            r#"value="2026-11-30""#,
            r#"<option value="22" selected"#,
        ];
        assert!(kept.iter().all(|it| html.contains(it)), "{html}");
        assert!(
            html.contains(&format!(r#"<option value="{kim_id}" selected>Demo data manager"#)),
            "{html}"
        );
        let wish = test.reminders.as_ref().unwrap().wish(&ada).unwrap();
        assert_eq!(wish.away_until, Some("2026-11-30T23:00:00Z".parse().unwrap()));
        let again = form.replace("snooze=8", "snooze=as-it-is");
        test.clock.advance_micros(HOUR);
        assert_eq!(test.post(&ada, page, &again).0, StatusCode::SEE_OTHER);
        let later = test.reminders.as_ref().unwrap().wish(&ada).unwrap();
        assert_eq!(later.snooze_until, wish.snooze_until);
    });
}
