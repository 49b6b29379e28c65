//! The pages, files and JSON, as their readers get them.

use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use base::{Place, Role};
use directory::centers::{CenterPages, Details, Profile, State, openapi_paths, routes};
use site::Shell;

use crate::common::{Test, administrator, berlin, coordinator, holder, zurich};
use crate::web::{Web, runtime, two};

#[test]
fn public_pages_take_one_statement_once_the_directory_is_read() {
    Test::each(|t| {
        let (one, _, web) = two(t);
        runtime().block_on(async {
            web.ok("/centers").await;
            for path in [
                "/centers",
                "/centers?q=zurich&age=adult&mode=VV",
                "/centers/find?q=havel",
                "/centers/print",
                "/centers.csv",
                "/centers.json",
                "/centers.geojson",
                &format!("/centers/{}", one.number),
                "/chapters",
                "/chapters/europe",
                "/api/v1/centers",
                &format!("/api/v1/centers/{}", one.number),
                "/api/v1/chapters",
            ] {
                let before = t.database.statements();
                web.ok(path).await;
                assert_eq!(t.database.statements() - before, 1, "{path}");
            }
        });
    });
}

#[test]
fn pages_of_editors_take_few_statements_however_long_the_queue_is() {
    Test::each(|t| {
        let (one, _, web) = two(t);
        let wanted = Details { name: "Other Name".to_owned(), ..one.details.clone() };
        t.centers.save(&coordinator(&one), one.id, one.revision, &wanted).unwrap();
        runtime().block_on(async {
            let edit = format!("/centers/{}/edit", one.number);
            web.get(&edit, "coordinator").await;
            for (path, who, most) in [
                (edit.as_str(), "coordinator", 3),
                (&edit, "director", 4),
                // changes, their profiles, and who asks to manage a center
                ("/centers/pending", "officer", 3),
            ] {
                let before = t.database.statements();
                assert_eq!(web.get(path, who).await.0, StatusCode::OK, "{path}");
                assert_eq!(t.database.statements() - before, most, "{path} {who}");
            }
        });
    });
}

#[test]
fn no_public_answer_holds_a_code_a_hidden_contact_or_a_volume_without_consent() {
    Test::each(|t| {
        let mut details = berlin();
        details.contacts[1].personal = true;
        details.contacts[1].label = "Dr. Secret".to_owned();
        details.volume = vec![directory::centers::Volume {
            age: directory::centers::AgeGroup::Adult,
            band: directory::centers::Band::Many,
        }];
        let one = t.listed(&details);
        let steward = holder(8, Role::DataQualitySteward, Place::Platform);
        t.centers.open_cycle(&steward, "2026-1").unwrap();
        let code = t.centers.report_codes(&steward, one.id).unwrap()[0].code.clone();
        let web =
            Web::new(t, &[("director", holder(4, Role::ProgramDirector, Place::Center(one.id)))]);
        runtime().block_on(async {
            let number = &one.number;
            for path in [
                "/centers".to_owned(),
                format!("/centers/{number}"),
                format!("/centers?q={code}"),
                "/centers/print".to_owned(),
                format!("/centers/find?q={code}"),
                "/centers.csv".to_owned(),
                "/centers.json".to_owned(),
                "/centers.geojson".to_owned(),
                "/api/v1/centers".to_owned(),
                format!("/api/v1/centers/{number}"),
            ] {
                let body = web.ok(&path).await;
                // what was asked for is shown again; nothing is found by it
                let body = body
                    .replace(&format!("value=\"{code}\""), "")
                    .replace(&format!("“{code}”"), "")
                    .replace(&format!("q={code}"), "");
                for secret in [
                    code.as_str(),
                    "Dr. Secret",
                    "+4930000002",
                    "21-50",
                    "21 to 50",
                    &one.id.to_string(),
                ] {
                    assert!(!body.contains(secret), "{path}: {secret}");
                }
            }
            let (status, page) = web.get(&format!("/centers/{number}/edit"), "director").await;
            assert_eq!(status, StatusCode::OK);
            assert!(page.contains(&code));
            let (status, _) = web.get(&format!("/api/v1/centers/{number}/report-codes"), "").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            let (_, body) =
                web.get(&format!("/api/v1/centers/{number}/report-codes"), "director").await;
            assert!(body.contains(&code));
        });
    });
}

#[test]
fn the_people_of_another_center_find_nothing_and_the_attempt_is_logged_without_its_name() {
    Test::each(|t| {
        let (one, _, web) = two(t);
        let written = Log::default();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(written.clone()).finish();
        let wanted = Details { name: "Other Name".to_owned(), ..one.details.clone() };
        t.centers.save(&coordinator(&one), one.id, one.revision, &wanted).unwrap();
        let change = t.centers.waiting(&administrator()).unwrap()[0].1.id;
        let base = format!("/centers/{}", one.number);
        let decide = format!("/centers/pending/{}/{change}", one.id);
        tracing::subscriber::with_default(subscriber, || {
            runtime().block_on(async {
                for (method, path, form) in [
                    (Method::GET, format!("{base}/edit"), ""),
                    (Method::POST, format!("{base}/edit"), "revision=1&name=X"),
                    (Method::POST, format!("{base}/attest"), "revision=1"),
                    (Method::POST, decide.clone(), "verdict=confirmed"),
                    (Method::POST, decide.clone(), "verdict=withdrawn"),
                ] {
                    let before = written.lines();
                    let (status, body) = web.ask(method, &path, "stranger", form).await;
                    assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
                    assert!(!body.contains("Havel"), "{path}");
                    assert!(written.lines() > before, "{path} is not logged");
                }
                assert_eq!(
                    web.ask(Method::POST, &decide, "far-officer", "verdict=confirmed").await.0,
                    StatusCode::NOT_FOUND
                );
                assert_eq!(
                    web.get(&format!("{base}/edit"), "manager").await.0,
                    StatusCode::FORBIDDEN
                );
                // nobody of a center changes its state: the same answer for every center, there or not
                for number in [one.number.as_str(), "999999"] {
                    let state = format!("/centers/{number}/state");
                    let form = "state=closed&reason=x";
                    let (status, _) = web.ask(Method::POST, &state, "stranger", form).await;
                    assert_eq!(status, StatusCode::FORBIDDEN, "{state}");
                    let codes = format!("/api/v1/centers/{number}/report-codes");
                    assert_eq!(web.get(&codes, "stranger").await.0, StatusCode::FORBIDDEN);
                }
                assert_eq!(web.get("/centers/pending", "stranger").await.0, StatusCode::FORBIDDEN);
                let (status, _) =
                    web.ask(Method::POST, &decide, "coordinator", "verdict=withdrawn").await;
                assert_eq!(status, StatusCode::SEE_OTHER, "a center takes its own change back");
                assert_eq!(web.get("/centers/new", "coordinator").await.0, StatusCode::FORBIDDEN);
                assert_eq!(web.get(&format!("{base}/edit"), "").await.0, StatusCode::SEE_OTHER);
            });
        });
        let log = written.text();
        let told: Vec<&str> = log.lines().filter(|line| line.contains("openecls::scope")).collect();
        assert_eq!(told.len(), 6);
        assert!(!log.contains("Havel"));
        assert!(
            told.iter()
                .all(|line| !line.contains(&one.id.to_string()) && !line.contains(&one.number))
        );
        assert_eq!(t.stored(&one.number).revision, one.revision);
    });
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    fn lines(&self) -> usize {
        self.text().lines().filter(|line| line.contains("openecls::scope")).count()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[test]
fn cities_stand_on_the_map_with_shapes_that_the_page_defines_and_in_a_list() {
    let t = Test::sqlite();
    let (_, _, web) = two(&t);
    runtime().block_on(async {
        let page = web.ok("/centers").await;

        for id in ["centers-map-at-rest", "centers-map-at-DE", "centers-map-at-CH"] {
            assert!(page.contains(&format!("id=\"{id}\"")), "{id} is defined");
            assert!(page.contains(&format!("href=\"#{id}\"")), "{id} is used");
        }
        assert!(page.contains("<title>Berlin, Germany: 1 center</title>"));
        assert!(page.contains("2 cities on the map"));
        let berlin = web.ok("/centers?q=Berlin&country=DE").await;
        assert!(berlin.contains("1 center in 1 country"), "a city's link finds its centers");
    });
}

#[test]
fn counts_beside_choices_and_totals_equal_the_rows() {
    Test::each(|t| {
        for place in 0..7 {
            let base = if place % 2 == 0 { berlin() } else { zurich() };
            let name = format!("{} {place}", base.name);
            t.listed(&Details { name, identifiers: Vec::new(), ..base });
        }
        let book = t.centers.book().unwrap();
        let all = directory::centers::Selection::default();
        let facets = book.facets(&all);
        assert_eq!(book.select(&all).len(), facets.countries.values().sum::<usize>());
        for (country, count) in &facets.countries {
            let one =
                directory::centers::Selection { country: Some(country.clone()), ..all.clone() };
            assert_eq!(book.select(&one).len(), *count);
        }
        let found = book.select(&all);
        let mut after: Option<String> = None;
        let mut seen = Vec::new();
        loop {
            let page = book.page(&found, after.as_deref(), 3);
            seen.extend(page.rows.iter().map(|row| row.number.clone()));
            match page.next {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        let numbers: Vec<String> = found.iter().map(|center| center.number.clone()).collect();
        assert_eq!(seen, numbers, "pages give every row once");
        let web = Web::new(t, &[]);
        runtime().block_on(async {
            let page = web.ok("/centers?country=CH").await;
            assert!(page.contains("3 centers in 1 country"));
            assert_eq!(page.matches("<th scope=\"row\"><a href=\"/centers/1").count(), 3);
            let csv = web.ok("/centers.csv?country=CH").await;
            assert_eq!(csv.lines().count(), 4);
        });
    });
}

#[test]
fn closed_and_unknown_centers_and_mistyped_numbers_say_so() {
    let t = Test::sqlite();
    let (one, two, web) = two(&t);
    let close = |center: &Profile| {
        t.centers.set_state(&administrator(), center.id, State::Closed, Some("merged"), None)
    };
    close(&one).unwrap();
    runtime().block_on(async {
        assert!(
            web.ok(&format!("/centers/{}", one.number)).await.contains("This center has closed.")
        );
        assert!(!web.ok("/centers").await.contains("Havel"));
        assert!(web.ok("/centers?closed=1").await.contains("Havel"));
        assert!(
            web.ok("/centers/find?q=hafel").await.contains("Havel"),
            "closed and misspelled, and found"
        );
        let mut typo = two.number.clone();
        let last = typo.pop().unwrap().to_digit(10).unwrap();
        typo.push_str(&((last + 1) % 10).to_string());
        let (status, page) = web.get(&format!("/centers/{typo}"), "").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(page.contains("check digit"));
        assert_eq!(web.get("/centers/999", "").await.0, StatusCode::NOT_FOUND);
        assert_eq!(web.get("/centers?age=old", "").await.0, StatusCode::BAD_REQUEST);
        assert_eq!(web.get("/chapters/mars", "").await.0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn files_are_well_formed_and_state_their_license() {
    let t = Test::sqlite();
    let (one, ..) = two(&t);
    let web = Web::new(&t, &[]);
    runtime().block_on(async {
        for path in [
            "/centers.json",
            "/centers.geojson",
            "/centers.json?country=FR",
            "/centers.geojson?country=FR",
        ] {
            let value: serde_json::Value = serde_json::from_str(&web.ok(path).await).unwrap();
            assert_eq!(value["license"], "CC-BY-4.0", "{path}");
            let list = value.get("centers").or(value.get("features")).unwrap().as_array().unwrap();
            assert_eq!(u64::try_from(list.len()).unwrap(), value["total"], "{path}");
        }
        let value: serde_json::Value =
            serde_json::from_str(&web.ok("/centers.geojson").await).unwrap();
        assert_eq!(
            value["features"][0]["geometry"]["coordinates"],
            serde_json::json!([13.40, 52.52])
        );
        assert_eq!(value["features"][0]["id"], one.number);
        let csv = web.ok("/centers.csv").await;
        assert!(csv.lines().all(|line| line.ends_with("license") || line.ends_with("CC-BY-4.0")));
    });
}

#[test]
fn the_json_interface_is_described_and_every_described_address_exists() {
    let t = Test::sqlite();
    let web = routes(CenterPages::new(t.centers.clone(), Shell::new("1", Vec::new())));
    let described: Vec<String> = openapi_paths().as_object().unwrap().keys().cloned().collect();
    let mut declared: Vec<String> = web
        .list()
        .iter()
        .map(|it| it.path.clone())
        .filter(|path| path.starts_with("/api/"))
        .collect();
    declared.sort();
    // one address, several methods
    declared.dedup();
    let mut sorted = described.clone();
    sorted.sort();
    assert_eq!(sorted, declared);
    let schema = directory::centers::openapi_schemas();
    let one = t.listed(&berlin());
    let value = serde_json::to_value(one.public(t.clock.now())).unwrap();
    let fields: std::collections::BTreeSet<&String> = value.as_object().unwrap().keys().collect();
    let properties: std::collections::BTreeSet<&String> =
        schema["Center"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(fields, properties);
}
