//! The first start of a platform.

use std::sync::{Arc, Barrier};
use std::thread;

use axum::http::StatusCode;
use base::{Place, Role};
use directory::first_start::web::{FirstPages, Steps, routes};
use directory::first_start::{FirstStart, Step};
use directory::people::web::PeoplePages;
use directory::{PeopleError, people::NewGrant};
use site::Shell;
use testkit::database::TestDatabase;

use super::browser::Browser;
use super::world::{ORIGIN, PASSWORD, World};

fn key(first: &FirstStart) -> String {
    first.path().unwrap().strip_prefix("/set-up/").unwrap().to_owned()
}

fn browser(w: &World<'_>, first: &FirstStart) -> Browser {
    let step = |title: &str, done| Step {
        title: title.to_owned(),
        done,
        text: "why".to_owned(),
        page: None,
        command: Some("openecls backup <file>".to_owned()),
    };
    let steps: Steps = Arc::new(move || {
        Ok(vec![step("Mail", Some(false)), step("Centers", Some(true)), step("Backups", None)])
    });
    let pages = PeoplePages::new(w.people.clone(), Shell::new("0", Vec::new()).with_accounts());
    Browser::with(w, routes(FirstPages::new(pages, first.clone(), steps)))
}

#[test]
fn whoever_brings_the_key_names_the_first_administrator_by_pages_alone() {
    World::each(|w| {
        let first = FirstStart::new(&w.people).unwrap();
        let browser = browser(w, &first);
        let path = first.path().unwrap();

        assert_eq!(browser.get(path).status, StatusCode::OK);
        let wrong = browser.post(path, &[("name", "Ada Park"), ("email", "ada")]);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("Ada Park"), "what was typed is kept");
        let named = browser.post(path, &[("name", "Ada Park"), ("email", "ada@example.org")]);

        assert_eq!(named.status, StatusCode::SEE_OTHER);
        let token = named.place.strip_prefix("/invitation/").unwrap();
        let entered = w.people.answer_invitation(token, "Ada Park", PASSWORD, &ORIGIN).unwrap();
        assert!(!entered.secret.is_empty());
        assert_eq!(w.people.beginnings().unwrap().administrators, 1);
        assert_eq!(browser.get(path).status, StatusCode::GONE);
        let again = browser.post(path, &[("name", "Eve"), ("email", "eve@example.org")]);
        assert_eq!(again.status, StatusCode::GONE);
        assert!(FirstStart::new(&w.people).unwrap().path().is_none());
    });
}

#[test]
fn another_key_opens_nothing() {
    World::each(|w| {
        let first = FirstStart::new(&w.people).unwrap();
        // made by a start before this one
        let earlier = FirstStart::new(&w.people).unwrap();
        let browser = browser(w, &first);
        for key in [key(&earlier), "0".repeat(64), "x".to_owned()] {
            let path = format!("/set-up/{key}");
            assert_eq!(browser.get(&path).status, StatusCode::GONE);
            let sent = browser.post(&path, &[("name", "Eve"), ("email", "eve@example.org")]);
            assert_eq!(sent.status, StatusCode::GONE);
        }
        assert_eq!(w.people.beginnings().unwrap().people, 0);
    });
}

#[test]
fn of_two_who_send_the_form_at_once_one_becomes_administrator() {
    World::each(|w| {
        let first = FirstStart::new(&w.people).unwrap();
        let (barrier, key) = (Barrier::new(4), key(&first));
        let named = thread::scope(|scope| {
            let names: Vec<_> = (0..4)
                .map(|i| {
                    let (first, barrier, key) = (&first, &barrier, &key);
                    scope.spawn(move || {
                        barrier.wait();
                        first.name_administrator(key, &format!("a{i}@example.org"), "Ada Park")
                    })
                })
                .collect();
            names.into_iter().map(|name| name.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(named.iter().filter(|named| named.is_ok()).count(), 1);
        assert!(
            named.iter().all(|named| matches!(named, Ok(_) | Err(PeopleError::Expired))),
            "{named:?}"
        );
        assert_eq!(w.people.beginnings().unwrap().people, 1);
    });
}

#[test]
fn the_list_says_what_is_open_to_whoever_runs_the_platform() {
    World::each(|w| {
        let platform = NewGrant::lasting(Role::PlatformAdministrator, Place::Platform);
        let (_, session) = w.member_of("ada@example.org", &platform);
        let (_, manager) = w.member("max@example.org", Role::DataManager);
        let first = FirstStart::new(&w.people).unwrap();
        let browser = browser(w, &first);

        browser.is(&session);
        let page = browser.get("/platform/set-up");
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("1 of 3 steps is open"), "{}", page.text);
        assert!(page.text.contains("openecls backup &#60;file&#62;"));
        browser.is(&manager);
        assert_eq!(browser.get("/platform/set-up").status, StatusCode::FORBIDDEN);
        let known = w.people.beginnings().unwrap();
        assert_eq!((known.administrators, known.centers_that_enter), (1, 1));
    });
}

#[test]
fn how_far_a_platform_is_takes_three_statements_however_many_people_there_are() {
    TestDatabase::each(|database| {
        let w = World::on(database);
        let of_a_few = statements(&w);
        for i in 0..20 {
            w.answered(&format!("p{i}@example.org"), &w.at_center(Role::DataManager));
        }
        assert_eq!((of_a_few, statements(&w)), (3, 3));
    });
}

fn statements(w: &World<'_>) -> u64 {
    let before = w.database.statements();
    w.people.beginnings().unwrap();
    w.database.statements() - before
}
