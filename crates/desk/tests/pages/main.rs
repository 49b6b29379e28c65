//! The pages of the desk over HTTP, on both engines: worklist, start card, signing, requests, queries, history,
//! uploads, transfers, data quality.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that is not set up must fail")]

mod client;
mod export;
mod files;
mod interface;
mod killed;
mod life;
mod reminders;
mod services;

use axum::http::{Method, StatusCode};
use base::Role;
use client::Office;
use testkit::records::TestRegistry;

/// Values of a start card that opens a case.
pub(crate) fn card(key: &str) -> Vec<(&str, &str)> {
    vec![
        ("patient_unique_id", key),
        ("birth_date", "17 May 1980"),
        ("sex", "1"),
        ("support_type", "1"),
        ("mode_code", "VV"),
        ("mode_start", "21.11.2026 10:30"),
        ("run_weight_kg", "82.5"),
        ("diagnosis_code", "j80"),
    ]
}

#[test]
fn a_case_is_opened_with_one_form_and_stands_on_the_worklist() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let (number, id) = (t.centers[0].number.as_str(), t.centers[0].id);
        let manager = office.somebody(Role::DataManager, id);
        let start = format!("/desk/{number}/start");
        assert_eq!(manager.get("/desk").location, format!("/desk/{number}"));
        assert!(manager.get(&start).says("Open the case"));

        let opened = manager.post(&start, &card("CASE-000001"));

        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.body);
        let run = manager.get(&opened.location);
        assert!(run.says("CASE-000001") && run.says("2026-11-21 10:30") && run.says("Draft"));
        let list = manager.get(&format!("/desk/{number}?list=on_ecls"));
        assert!(list.says("CASE-000001") && list.says("day 2") && list.says(&opened.location));
        let grid = manager.get(&format!("/desk/{number}?view=grid"));
        assert!(grid.says("ECLS modes: incomplete") && grid.says("Diagnoses: complete"));
        let found = manager.get(&format!("/desk/{number}?key=CASE-0"));
        assert!(found.says("CASE-000001"));
        assert!(!manager.get(&format!("/desk/{number}?key=CASF")).says("CASE-000001"));
        assert!(manager.get(&format!("/desk/{number}?list=nothing&after=bad")).says("All open"));
        let before = t.registry.db().statements();
        manager.get(&format!("/desk/{number}"));
        // the center, five counts, the page
        assert!(t.registry.db().statements() - before <= 6);
        let before = t.registry.db().statements();
        manager.get(&opened.location);
        assert!(t.registry.db().statements() - before <= 9);
    });
}

#[test]
fn a_card_with_errors_comes_back_with_what_was_typed_and_nothing_is_kept() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let (number, id) = (t.centers[0].number.as_str(), t.centers[0].id);
        let manager = office.somebody(Role::DataManager, id);
        let start = format!("/desk/{number}/start");
        let mut wrong = card("CASE-000002");
        wrong[6].1 = "eighty <kg>";
        wrong.remove(3);

        let page = manager.post(&start, &wrong);

        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.says("value=\"CASE-000002\"") && page.says("href=\"#support_type\""));
        assert!(page.says("eighty &#60;kg&#62;") && page.says("href=\"#run_weight_kg\""));
        assert!(!manager.get(&format!("/desk/{number}")).says("CASE-000002"));
        manager.post(&start, &card("CASE-000003"));
        let again = manager.post(&start, &card("CASE-000003"));
        assert!(again.says("This patient key is known here"));
        let alike = manager.post(&start, &card("CASE-000004"));
        assert!(alike.says("Is this patient here already?") && alike.says("CASE-000003"));
        let mut other = card("CASE-000004");
        other.push(("other", "yes"));
        assert_eq!(manager.post(&start, &other).status, StatusCode::SEE_OTHER);
        let mut known = card("CASE-000003");
        known.extend([("known", "yes"), ("stay", again.between("name=\"stay\" value=\"", "\""))]);
        assert_eq!(manager.post(&start, &known).status, StatusCode::SEE_OTHER);
        assert!(manager.get(&format!("/desk/{number}")).says("run 2"));
    });
}

#[test]
fn nobody_and_nobody_else_reaches_anything_of_a_center() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let (number, id) = (t.centers[0].number.as_str(), t.centers[0].id);
        let manager = office.somebody(Role::DataManager, id);
        let opened = manager.post(&format!("/desk/{number}/start"), &card("CASE-000005"));
        let run = opened.location.rsplit('/').next().unwrap();
        let foreign = t.centers[1].number.as_str();
        let eve = office.somebody(Role::DataManager, t.centers[1].id);
        let director = office.somebody(Role::ProgramDirector, t.centers[1].id);
        let nobody = office.nobody();
        let mut called = 0;

        // the pages of forms have a test of their own
        let own = |path: &str| path.contains("{center}") && !path.contains("{form}");
        for route in office.list().iter().filter(|route| own(&route.path)) {
            let fill = |center: &str| {
                let path = route.path.replace("{center}", center).replace("{run}", run);
                let names = ["{id}", "{query}", "{request}", "{transfer}", "{upload}", "{import}"];
                let path = path.replace("{file}", "wide.csv");
                names.iter().fold(path, |path, name| path.replace(name, run))
            };
            for somebody in [&eve, &director] {
                let status = somebody.call(&route.method, &fill(number));
                let hidden = [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&status);
                assert!(hidden, "{} {}: {status}", route.method, route.path);
            }
            if route.path.contains("/runs/{run}") {
                // the run of another center under the own center's number
                let status = eve.call(&route.method, &fill(foreign));
                assert!(status.is_client_error(), "{} {}: {status}", route.method, route.path);
            }
            let api = route.path.starts_with("/api");
            let led = if api { StatusCode::UNAUTHORIZED } else { StatusCode::SEE_OTHER };
            let status = nobody.call(&route.method, &fill(number));
            assert_eq!(status, led, "{} {}", route.method, route.path);
            called += 1;
        }
        assert!(called > 20, "{called}");
        assert_eq!(manager.call(&Method::GET, &opened.location), StatusCode::OK);
    });
}

#[test]
fn data_quality_stands_beside_all_centers_only_when_there_are_enough_of_them() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let (number, id) = (t.centers[0].number.as_str(), t.centers[0].id);
        let manager = office.somebody(Role::DataManager, id);
        let address = format!("/desk/{number}/quality");
        assert!(manager.get(&address).says("Too few centers"));

        t.apply(&t.patients(9, 80, true), None).unwrap();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, id);
        let page = manager.get(&address);

        assert!(page.says("Beside all 6 centers"), "{}", page.body);
        let own = t.registry.timeliness(&testkit::records::operator(), id).unwrap();
        assert!(own.runs > 3 && page.says(&format!(">{}</td>", own.runs)));
        let complete = t.registry.completeness(&testkit::records::operator(), id).unwrap();
        assert_eq!(complete.runs, own.runs);
        let form = t.registry.dictionary().form_named("run").unwrap().id;
        let rate = complete.form(&t.registry, form).rate().unwrap();
        assert!((0.5..=1.0).contains(&rate), "{rate}");
    });
}
