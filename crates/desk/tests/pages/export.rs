//! A center's own records as a file.

use axum::http::StatusCode;
use base::Role;
use directory::audit;
use testkit::records::{TestRegistry, operator};

use crate::client::Office;
use crate::files::settled;

const ADDRESS: &str = "/desk/9001/export";

#[test]
fn what_is_exported_on_a_page_comes_back_unchanged_on_a_page() {
    TestRegistry::each(|t| {
        let center = t.center("9001").id;
        t.apply(&t.patients(11, 60, true), None).unwrap();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center);
        let start = manager.get(ADDRESS);
        assert!(start.says("have no element in it") && start.says("Codes without a number"));
        let codes = manager.get(&format!("{ADDRESS}/without-number.csv"));
        assert!(codes.body.starts_with("list,code,label\n") && codes.body.lines().count() > 2);

        for (format, beginning, name) in
            [("xml", "<?xml", ""), ("wide", "center,patient", "a.csv"), ("csv", "PK", "a.zip")]
        {
            let made = manager.post(ADDRESS, &[("format", format), ("runs", "all")]);
            assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
            let page = settled(&manager, &made.location);
            assert!(page.says("Download"), "{}", page.body);
            let file = manager.get(&format!("{}/file", made.location));
            assert!(file.body.starts_with(beginning), "{format}");
            // the codes that the page has told of are not in the file, so it cannot come back as it was
            assert_eq!(page.says("What stayed behind"), format == "xml", "{}", page.body);
            if format == "xml" {
                assert!(page.says("the code has no number of the registry yet"), "{}", page.body);
                continue;
            }
            let sent = manager.send_file("/desk/9001/upload", name, &file.bytes, false);
            let plan = settled(&manager, &sent.location);
            assert!(plan.says("Forget this file"), "{}", plan.body);
            assert!(plan.says("Nothing of this file is new"), "{}", plan.body);
            assert!(!plan.says("Apply exactly this plan"), "{format}: {}", plan.body);
        }

        let told = t.registry.db().read(|tx| audit::at_center(tx, center, 50)).unwrap();
        let count = |action: &str| told.iter().filter(|entry| entry.action == action).count();
        assert_eq!((count("export-records"), count("fetch-export")), (3, 3));
        assert!(audit::verify(t.registry.db()).unwrap().faults.is_empty());
        assert!(t.registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn a_file_is_made_and_fetched_only_by_whoever_has_just_shown_their_credentials() {
    TestRegistry::each(|t| {
        let center = t.center("9001").id;
        t.apply(&t.patients(11, 20, true), None).unwrap();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center);
        let made = manager.post(ADDRESS, &[("format", "wide"), ("runs", "submitted")]);
        settled(&manager, &made.location);
        let file = format!("{}/file", made.location);
        assert_eq!(manager.get(&file).status, StatusCode::OK);

        let later = office.somebody(Role::DataManager, center).later();
        let led = later.get(&file);
        assert!(led.location.starts_with("/account/step-up?next="), "{}", led.location);
        let led = later.post(ADDRESS, &[("format", "wide"), ("runs", "submitted")]);
        assert_eq!(led.status, StatusCode::SEE_OTHER);
        assert!(led.location.contains("format%3Dwide%26runs%3Dsubmitted"), "{}", led.location);

        // a colleague with the same role makes a file of their own
        let colleague = office.somebody(Role::DataManager, center);
        let colleague = colleague.named(base::PersonId(uuid::Uuid::from_u128(77)));
        assert_eq!(colleague.get(ADDRESS).status, StatusCode::OK);
        assert_eq!(colleague.get(&file).status, StatusCode::NOT_FOUND);
        for role in [Role::DataQualitySteward, Role::ProgramDirector, Role::CenterAdministrator] {
            let other = office.somebody(role, center);
            assert_eq!(other.get(ADDRESS).status, StatusCode::FORBIDDEN, "{role}");
            let refused = other.post(ADDRESS, &[("format", "xml")]);
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
        }
        let eve = office.somebody(Role::DataManager, t.center("9002").id);
        assert_eq!(eve.get(ADDRESS).status, StatusCode::NOT_FOUND);
        let bad = manager.post(ADDRESS, &[("format", "pdf")]);
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        let runs = registry::ExportRuns::All;
        let actor = steward();
        let refused = t
            .registry
            .export_passes(&actor, center, runs, |_| Ok::<_, registry::RegistryError>(()));
        assert!(matches!(refused, Err(registry::RegistryError::Refused(_))));
        assert!(
            t.registry
                .export_passes(&operator(), center, runs, |_| {
                    Ok::<_, registry::RegistryError>(())
                })
                .is_ok()
        );
    });
}

fn steward() -> base::Actor {
    let grant = base::Grant { role: Role::DataQualitySteward, place: base::Place::Platform };
    base::Actor::person(base::PersonId(uuid::Uuid::from_u128(5)), "Ada Park", [grant])
}
