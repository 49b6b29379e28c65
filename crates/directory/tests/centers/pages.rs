//! The pages, files and JSON, as their readers get them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use base::{Actor, Ids, Place, Role};
use directory::centers::{CenterPages, Details, Profile, State, openapi_paths, routes};
use site::home::HomeFigures;
use site::{Found, Presented, Shell, SiteState, Visitor};
use tower::ServiceExt as _;

use crate::common::{Test, administrator, berlin, coordinator, holder, officer, zurich};

/// A site with people who are known by their cookie.
struct Web {
    router: Router,
}

impl Web {
    fn new(t: &Test, people: &[(&str, Actor)]) -> Self {
        let shell = Shell::new("1.0.0", Vec::new()).with_accounts();
        let now = t.clock.now();
        let home = Arc::new(move || Ok(HomeFigures::empty(now, 2026)));
        let people: HashMap<String, Actor> =
            people.iter().map(|(name, actor)| ((*name).to_owned(), actor.clone())).collect();
        let source = Arc::new(move |presented: &Presented| {
            let found = presented.cookie.as_ref().and_then(|name| people.get(name));
            let actor = found.cloned().unwrap_or_else(Actor::public);
            Ok(Found { visitor: Visitor { actor, session: None }, set_cookie: None })
        });
        let pages = CenterPages::new(t.centers.clone(), shell.clone());
        let ids = Arc::new(Ids::seeded(t.clock.clone(), 3));
        let state = SiteState::new(ids, home, Arc::new(|| Ok(())), shell)
            .with_pages(routes(pages))
            .with_visitors(source, false);
        Self { router: site::app(state) }
    }

    async fn ask(&self, method: Method, path: &str, who: &str, form: &str) -> (StatusCode, String) {
        let kind = "application/x-www-form-urlencoded";
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::CONTENT_TYPE, kind);
        if !who.is_empty() {
            request = request.header(header::COOKIE, format!("openecls={who}"));
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str, who: &str) -> (StatusCode, String) {
        self.ask(Method::GET, path, who, "").await
    }

    async fn ok(&self, path: &str) -> String {
        let (status, body) = self.get(path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        body
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Two centers and the site.
fn two(t: &Test) -> (Profile, Profile, Web) {
    let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
    let web = Web::new(
        t,
        &[
            ("coordinator", coordinator(&one)),
            ("director", holder(4, Role::ProgramDirector, Place::Center(one.id))),
            ("stranger", coordinator(&two)),
            ("officer", officer("europe")),
            ("far-officer", officer("swaac")),
            ("administrator", administrator()),
            ("manager", holder(6, Role::DataManager, Place::Center(one.id))),
        ],
    );
    (one, two, web)
}

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
fn a_form_that_is_sent_back_as_it_was_shown_changes_nothing() {
    let t = Test::sqlite();
    // every field in use
    let one = t.listed(&crate::claims::whole());
    let web = Web::new(&t, &[("coordinator", coordinator(&one))]);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &filled(&page)).await;

        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Nothing was changed."), "{}", between(&page, "<h1>", "<form"));
        assert_eq!(t.stored(&one.number), one);
    });
}

#[test]
fn contacts_of_professionals_are_on_the_page_of_those_who_are_signed_in() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}", one.number);
        let public = web.ok(&path).await;
        let (_, own) = web.get(&path, "stranger").await;

        assert!(public.contains("+4930000001") && !public.contains("+4930000002"));
        assert!(public.contains("One more contact is for verified professionals"));
        assert!(own.contains("+4930000001") && own.contains("+4930000002"));
        assert!(own.contains("ask to manage this center"));
        assert!(!public.contains("ask to manage this center"));
    });
}

#[test]
fn cycles_are_opened_and_countries_moved_by_pages_of_those_who_may() {
    let t = Test::sqlite();
    let one = t.listed(&berlin());
    let steward = holder(8, Role::DataQualitySteward, Place::Platform);
    let web = Web::new(&t, &[("steward", steward.clone()), ("administrator", administrator())]);
    runtime().block_on(async {
        let (status, _) = web.get("/centers/cycles", "administrator").await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, page) =
            web.ask(Method::POST, "/centers/cycles", "steward", "cycle=2027-1").await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Cycle 2027-1 is open: 1 centers have a new code."));
        assert_eq!(t.centers.cycles(&steward).unwrap()[0].codes, 1);
        let code = t.centers.report_codes(&steward, one.id).unwrap()[0].code.clone();
        assert!(!page.contains(&code));

        assert!(!web.ok("/chapters").await.contains("Move a country"));
        let (_, page) = web.get("/chapters", "administrator").await;
        assert!(page.contains("Move a country"));
        let form = "country=DE&chapter=swaac&from=2026-11-22";
        let (status, _) = web.ask(Method::POST, "/chapters", "steward", form).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        let (status, page) = web.ask(Method::POST, "/chapters", "administrator", form).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        assert!(page.contains("1 centers have followed"));
        assert_eq!(t.stored(&one.number).chapter, "swaac");
    });
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
fn a_form_shows_what_is_wrong_at_its_field_and_keeps_what_was_typed() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;
        let form = filled(&page)
            .replace("lat=52.52", "lat=5x")
            .replace("time_zone=Europe%2FBerlin", "time_zone=Europe%2FAtlantis");

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &form).await;

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            page.contains("value=\"5x\"") && page.contains("id=\"lat-wrong\"")
                || page.contains("Write both in degrees")
        );
        assert!(
            page.contains("href=\"#field-position\"") && page.contains("id=\"field-position\"")
        );
        let form = form.replace("lat=5x", "lat=52.52");
        let (_, page) = web.ask(Method::POST, &path, "coordinator", &form).await;
        assert!(page.contains("id=\"time_zone-wrong\""));
    });
}

#[test]
fn a_stale_form_shows_both_values_and_saves_with_the_new_revision() {
    let t = Test::sqlite();
    let (one, _, web) = two(&t);
    runtime().block_on(async {
        let path = format!("/centers/{}/edit", one.number);
        let (_, page) = web.get(&path, "coordinator").await;
        let other = Details { postcode: "10115".to_owned(), ..one.details.clone() };
        t.centers.save(&administrator(), one.id, one.revision, &other).unwrap();
        let form = filled(&page).replace("postcode=", "postcode=14109");

        let (status, page) = web.ask(Method::POST, &path, "coordinator", &form).await;

        assert_eq!(status, StatusCode::CONFLICT);
        assert!(page.contains("<td>10115</td><td>14109</td>"), "both values");
        let (status, page) = web.ask(Method::POST, &path, "coordinator", &filled(&page)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Saved."));
        assert_eq!(t.stored(&one.number).details.postcode, "14109");
    });
}

#[test]
fn an_administrator_adds_lists_and_an_officer_confirms_by_pages_alone() {
    Test::each(|t| {
        let (one, _, web) = two(t);
        runtime().block_on(async {
            let (_, page) = web.get("/centers/new", "administrator").await;
            let form = filled(&page).replace("&name=&", "&name=Third+Hospital&");
            let (status, _) = web.ask(Method::POST, "/centers/new", "administrator", &form).await;
            assert_eq!(status, StatusCode::SEE_OTHER);

            let path = format!("/centers/{}/edit", one.number);
            let (_, page) = web.get(&path, "coordinator").await;
            let form =
                filled(&page).replace("name=Havel+Heart+Hospital", "name=Havel+Heart+Center");
            let (_, page) = web.ask(Method::POST, &path, "coordinator", &form).await;
            assert!(page.contains("Waiting for the chapter&#39;s confirmation: Name."));
            let (_, page) = web.get("/centers/pending", "officer").await;
            let action = between(&page, "center-verdict\" method=\"post\" action=\"", "\"");
            let (status, _) =
                web.ask(Method::POST, action, "officer", "verdict=confirmed&reason=").await;
            assert_eq!(status, StatusCode::SEE_OTHER);
            assert!(
                web.ok(&format!("/centers/{}", one.number)).await.contains("Havel Heart Center")
            );
        });
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

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap().0
}

/// What a browser sends for the form of the page, without a change.
fn filled(page: &str) -> String {
    let (_, form) = page.split_once("<form class=\"center-form\"").unwrap();
    let form = form.split_once("</form>").unwrap().0;
    let attribute = |tag: &str, name: &str| {
        tag.split_once(&format!(" {name}=\""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(value, _)| unescaped(value))
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = form;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let tag = &rest[..end];
        let after = &rest[end + 1..];
        if tag.starts_with("input")
            && (!tag.contains("type=\"checkbox\"") || tag.ends_with(" checked"))
        {
            pairs.extend(
                attribute(tag, "name")
                    .map(|name| (name, attribute(tag, "value").unwrap_or_default())),
            );
        } else if tag.starts_with("textarea") {
            let text = after.split_once("</textarea>").unwrap().0;
            pairs.extend(attribute(tag, "name").map(|name| (name, unescaped(text))));
        } else if tag.starts_with("select") {
            let options = after.split_once("</select>").unwrap().0;
            let chosen = options.split("<option").find(|it| it.contains(" selected>"));
            let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap_or_default();
            let value = attribute(&format!("option{chosen}"), "value").unwrap_or_default();
            pairs.extend(attribute(tag, "name").map(|name| (name, value)));
        }
        rest = after;
    }
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b' ' => out.push('+'),
                byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                    out.push(char::from(byte));
                }
                byte => out.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
