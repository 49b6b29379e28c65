//! Releases that stay as they are, and what catalogs and feeds read of them.

use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use columns::{Change, Store};
use dictionary::Dictionary;
use insight::answer::Audience;
use insight::api::{Current, Insight};
use insight::figure::Book;
use insight::open::release::{
    Contents, Held, NewRelease, Recount, ReleaseError, Shelf, check, make,
};
use insight::open::{Open, Publisher, routes};
use insight::query::{Catalog, Query};
use serde_json::Value;
use site::Shell;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::suite::api::is_described;
use crate::suite::common::{catalog, shipped};
use crate::suite::world::{AS_OF, store};

const NEW: NewRelease<'static> =
    NewRelease { year: 2024, note: "With <care> & \"thought\".", program: "0.1.0", now: AS_OF };

fn current(store: &Store, version: &str) -> Current {
    let (store, version) = (store.clone(), version.to_owned());
    Current { store, as_of: AS_OF, version, invented: true }
}

fn insight(current: Option<Current>) -> Insight {
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let catalog = Catalog::new(&shipped().0, dictionary).unwrap();
    Insight::new(catalog, Arc::new(move || current.clone()), 1_000_000)
}

/// A few tables are enough to see that they stay.
fn contents() -> Contents {
    let book = Book::registry(catalog()).unwrap();
    let mut contents = Contents::usual(catalog(), &book).unwrap();
    let few = ["summary-years", "runs-by-year", "centers-by-year", "countries"];
    contents.entries.retain(|entry| few.contains(&entry.key.as_str()));
    assert_eq!(contents.entries.len(), few.len());
    contents
}

fn released(folder: &TempDir) -> (Shelf, Held) {
    let shelf = Shelf::new(folder.path().join("releases"));
    let now = current(store(), "v7");
    let held = make(&insight(None), &now, &contents(), &shelf, &NEW).unwrap();
    (shelf, held)
}

/// The store without every seventh run.
fn later() -> Store {
    let keys = (0..1_500_u64).step_by(7).map(|at| {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&at.to_be_bytes());
        Change::Remove(key)
    });
    store().apply(keys.collect()).unwrap()
}

/// Path and content of every file.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn recount(shelf: &Shelf, held: &Held) -> insight::open::release::CheckReport {
    check(&insight(None), shipped().0.schema(), &contents(), shelf, held).unwrap()
}

#[test]
fn a_release_gives_the_same_numbers_after_the_registry_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);
    let before = files(&shelf.folder("2024-1"));
    let question = Query::parse(catalog(), &held.manifest.tables[0].question).unwrap();
    let asked = |store: &Store, version: &str| {
        let insight = insight(None);
        let answers =
            insight.ask_of(&current(store, version), &[&question], Audience::Public).unwrap();
        answers[0].total.count.clone()
    };

    let (then, now) = (asked(store(), "v7"), asked(&later(), "v8"));
    let report = recount(&shelf, &held);

    assert_ne!(then, now, "the registry has not changed, so the test shows nothing");
    assert_eq!(report.damaged, Vec::<String>::new());
    assert_eq!(report.recount, Recount::Counted { same: 4, different: Vec::new() });
    assert_eq!(files(&shelf.folder("2024-1")), before);
}

#[test]
fn a_release_is_made_of_runs_up_to_its_year_under_disclosure_control() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);

    let manifest = &held.manifest;
    let json = shelf.read(&held, "tables/summary-years.json").unwrap();
    let answer: Value = serde_json::from_slice(&json).unwrap();

    assert_eq!(manifest.id, "2024-1");
    assert_eq!(manifest.runs, answer["total"]["count"]["value"].as_u64());
    assert!(manifest.runs.unwrap() < store().rows(), "runs of the newest year are counted");
    assert!(manifest.tables.iter().all(|table| table.question.contains("where=started:..2024")));
    assert!(manifest.tables.iter().all(|table| table.refused.is_none()), "{manifest:?}");
    for file in &manifest.files {
        shelf.read(&held, &file.path).unwrap();
    }
    assert!(manifest.records.iter().any(|file| file.path == "records/run.parquet"));
}

#[test]
fn a_year_that_has_not_ended_and_a_second_release_of_a_year_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = released(&folder);
    let again = |year: i32, store: &Store, version: &str| {
        let now = current(store, version);
        make(&insight(None), &now, &contents(), &shelf, &NewRelease { year, ..NEW })
    };

    assert!(matches!(again(2026, store(), "v7"), Err(ReleaseError::YearOpen(2026))));
    assert!(matches!(again(2024, store(), "v7"), Err(ReleaseError::Twice(id)) if id == "2024-1"));
    shelf.withdraw("2024-1", "Wrong.", AS_OF).unwrap();
    let mut one = [0; 16];
    one[..8].copy_from_slice(&first_run_counted().to_be_bytes());
    let close = store().apply(vec![Change::Remove(one)]).unwrap();
    assert!(matches!(
        again(2024, &close, "v8"),
        Err(ReleaseError::TooClose { difference: 1, least: 5, .. })
    ));
    assert_eq!(again(2024, &later(), "v9").unwrap().manifest.id, "2024-2");
    let left: Vec<_> = files(&folder.path().join("releases"));
    assert!(left.iter().all(|(path, _)| !path.contains("making")));
}

/// A run that a release of 2024 counts.
fn first_run_counted() -> u64 {
    let runs = crate::suite::world::runs();
    let at = runs.iter().position(|run| run.start < 50 * 525_960).unwrap();
    u64::try_from(at).unwrap()
}

#[test]
fn a_file_that_was_changed_is_found_and_not_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);
    let path = shelf.folder("2024-1").join("tables/centers-by-year.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen('1', "2", 1)).unwrap();

    let report = recount(&shelf, &held);

    assert_eq!(report.damaged, ["tables/centers-by-year.csv"]);
    assert!(!report.is_sound());
    let read = shelf.read(&held, "tables/centers-by-year.csv");
    assert!(matches!(read, Err(ReleaseError::Changed { .. })));
}

async fn get(shelf: &Shelf, path: &str) -> (StatusCode, String) {
    get_from(shelf, path, Publisher::default()).await
}

async fn get_from(shelf: &Shelf, path: &str, publisher: Publisher) -> (StatusCode, String) {
    let live = insight(Some(current(store(), "v7")));
    let shell = Shell::new("0.1.0", Vec::new());
    let current = Arc::new(move || live.current());
    let open = Open::new(shelf.clone(), current, shell, publisher);
    let request = Request::get(path).header("host", "localhost:8080");
    let response =
        routes(open).into_router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 20_000_000).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn pages_show_the_release_and_nothing_of_its_records() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);

    let (status, page) = get(&shelf, "/registry/releases/2024-1").await;
    let (_, list) = get(&shelf, "/registry/releases").await;
    let (_, sums) = get(&shelf, "/registry/releases/2024-1/SHA256SUMS").await;

    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(&held.sha256) && list.contains(&held.sha256));
    assert!(page.contains("With &#60;care&#62;") && !page.contains("<care>"), "{page}");
    assert_eq!(sums.lines().count(), held.manifest.files.len());
    for file in &held.manifest.files {
        let (status, _) = get(&shelf, &format!("/registry/releases/2024-1/{}", file.path)).await;
        assert_eq!(status, StatusCode::OK, "{}", file.path);
    }
    for path in [
        "/registry/releases/2024-1/records/store.columns",
        "/registry/releases/2024-1/tables/..%2frecords%2frun.parquet",
        "/registry/releases/2024-1/tables/..%2fmanifest.json",
        "/registry/releases/..%2f2024-1/manifest.json",
        "/registry/releases/2024-1/withdrawn.json",
        "/registry/releases/2023-1",
    ] {
        assert_eq!(get(&shelf, path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_withdrawn_release_keeps_its_page_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = released(&folder);
    shelf.withdraw("2024-1", "A center had sent runs twice.", AS_OF).unwrap();

    let (_, page) = get(&shelf, "/registry/releases/2024-1").await;
    let (status, _) = get(&shelf, "/registry/releases/2024-1/tables/centers-by-year.csv").await;
    let (manifest, _) = get(&shelf, "/registry/releases/2024-1/manifest.json").await;
    let (_, feed) = get(&shelf, "/registry/releases.atom").await;
    let (_, turtle) = get(&shelf, "/catalog.ttl").await;

    assert!(page.contains("A center had sent runs twice."), "{page}");
    assert_eq!((status, manifest), (StatusCode::GONE, StatusCode::OK));
    assert!(feed.contains("(withdrawn)") && feed.contains("A center had sent runs twice."));
    assert!(!turtle.contains("2024-1"), "{turtle}");
}

#[tokio::test]
async fn who_runs_the_registry_is_told_wherever_machines_read() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = released(&folder);
    let publisher = Publisher {
        name: Some("Society & Sons".to_owned()),
        homepage: Some("https://society.example/about".to_owned()),
        email: Some("office@society.example".to_owned()),
        address: Some("https://data.society.example".to_owned()),
        license: None,
    };

    let (_, feed) = get_from(&shelf, "/registry/releases.atom", publisher.clone()).await;
    let (_, turtle) = get_from(&shelf, "/catalog.ttl", publisher.clone()).await;
    let (_, dataset) = get_from(&shelf, "/registry/dataset.jsonld", publisher.clone()).await;
    let (_, page) = get_from(&shelf, "/registry/releases/2024-1", publisher).await;
    let (_, manifest) = get(&shelf, "/registry/releases/2024-1/manifest.json").await;

    assert_eq!(texts(&feed, "name"), ["Society & Sons"]);
    assert_eq!(texts(&feed, "uri"), ["https://society.example/about"]);
    assert_eq!(texts(&feed, "email"), ["office@society.example"]);
    for part in [
        "Society & Sons",
        "<mailto:office@society.example>",
        "<https://data.society.example/catalog.ttl",
    ] {
        assert!(turtle.contains(part), "{part}: {turtle}");
    }
    let dataset: Value = serde_json::from_str(&dataset).unwrap();
    assert_eq!(dataset["creator"]["name"], "Society & Sons");
    assert_eq!(dataset["url"], "https://data.society.example/registry");
    assert!(page.contains("Society \\u0026 Sons"), "{page}");
    is_described("Manifest", &serde_json::from_str(&manifest).unwrap()).unwrap();
}

#[tokio::test]
async fn feed_and_site_map_are_whole_xml_with_full_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, _) = released(&folder);

    let (_, feed) = get(&shelf, "/registry/releases.atom").await;
    let (_, map) = get(&shelf, "/sitemap.xml").await;

    assert_eq!(texts(&feed, "id").len(), 2);
    assert!(texts(&feed, "id")[1].starts_with("urn:uuid:"));
    assert!(texts(&feed, "summary")[0].contains("With <care> & \"thought\"."), "{feed}");
    assert_eq!(texts(&feed, "updated"), ["2026-11-22T12:00:00Z"; 2]);
    let places = texts(&map, "loc");
    assert!(places.contains(&"http://localhost:8080/registry/releases/2024-1".to_owned()));
    assert!(places.contains(&"http://localhost:8080/registry/methods/disclosure".to_owned()));
}

/// Texts of all elements of a name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut out, mut depth) = (Vec::new(), 0_usize);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                depth += 1;
                if start.name().as_ref() == name {
                    let text = reader.read_text(start.name()).unwrap();
                    let text = quick_xml::escape::unescape(&text).unwrap().into_owned();
                    out.push(text);
                    depth -= 1;
                }
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    out
}

#[tokio::test]
async fn the_catalog_lists_every_table_with_its_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);

    let (_, text) = get(&shelf, "/catalog.jsonld").await;
    let (_, turtle) = get(&shelf, "/catalog.ttl").await;

    let catalog: Value = serde_json::from_str(&text).unwrap();
    let things = catalog["@graph"].as_array().unwrap();
    for file in held.manifest.files.iter().filter(|file| !file.path.contains(".svg")) {
        let address = format!("http://localhost:8080/registry/releases/2024-1/{}", file.path);
        let sum = things.iter().find(|it| it["@id"] == format!("{address}#sha256")).unwrap();
        assert_eq!(sum["spdx:checksumValue"][0]["@value"], file.sha256);
        assert!(turtle.contains(&format!("<{address}#file>")));
    }
    // whatever is pointed at within the catalog is there
    let own = |id: &str| id.starts_with("http://localhost:8080/") && id.contains('#');
    for thing in things {
        for value in thing.as_object().unwrap().values().filter_map(Value::as_array).flatten() {
            if let Some(id) = value["@id"].as_str().filter(|id| own(id)) {
                assert!(things.iter().any(|other| other["@id"] == id), "{id}");
            }
        }
    }
}

#[tokio::test]
async fn the_script_of_a_release_is_one_data_set_of_schema_org() {
    let folder = tempfile::tempdir().unwrap();
    let (shelf, held) = released(&folder);

    let (_, page) = get(&shelf, "/registry/releases/2024-1").await;
    let (_, live) = get(&shelf, "/registry/dataset.jsonld").await;

    let begin = "<script type=\"application/ld+json\">";
    let script = page.split(begin).nth(1).unwrap().split("</script>").next().unwrap();
    let dataset: Value = serde_json::from_str(script).unwrap();
    assert_eq!(dataset["@type"], "Dataset");
    assert_eq!(dataset["version"], "2024-1");
    let files = dataset["distribution"].as_array().unwrap();
    assert_eq!(files.len(), held.manifest.files.len());
    let live: Value = serde_json::from_str(&live).unwrap();
    assert_eq!(live["dateModified"], "2026-11-22T12:00:00Z");
}
