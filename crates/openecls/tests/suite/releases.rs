//! Releases on the command line, and the pages that hand them out.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{Desk, sample, word_after};

/// Path and content of every file of a folder.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn a_release_stays_as_it_is_while_the_registry_goes_on() {
    let desk = Desk::new().with_centers().with_upload("center-9002").with_upload("center-9003");
    desk.run(&["release", "list"]).code(0);
    desk.run(&["release", "make", "2199"]).fails(1, "has not ended");

    let said = desk.run(&["release", "make", "2025", "--note", "The first one."]).code(0);
    let folder = desk.path("data/releases/2025-1");
    let before = files(&folder);
    desk.run(&["import", "--apply", "--quiet", &sample("center-9006")]).code(0);

    let sum = word_after(&said, "sha256").to_owned();
    let checked = desk.run(&["release", "check"]).code(0);
    assert!(checked.contains("0 damaged"), "{checked}");
    assert!(!checked.contains("not counted again"), "{checked}");
    assert!(checked.contains("counted again are the same"), "{checked}");
    assert_eq!(files(&folder), before);
    assert!(desk.run(&["release", "list"]).code(0).contains(&sum));
    desk.run(&["release", "make", "2025"]).fails(1, "withdraw it first");
    // the state that everybody sees, not the newest one: with the other release it would tell of the upload
    desk.run(&["release", "make", "2024"]).code(0);
    let version = |id: &str| {
        let path = desk.path(&format!("data/releases/{id}/manifest.json"));
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        (manifest["data_version"].clone(), manifest["as_of"].clone())
    };
    assert_eq!(version("2024-1"), version("2025-1"));

    let server = desk.serve(&[]);
    server.wait_for("/health/ready", 200);
    assert!(server.get("/registry/releases/2025-1").1.contains(&sum));
    // every address that the methods and the releases link to
    for path in [
        "/registry",
        "/registry/methods",
        "/registry/methods/disclosure",
        "/registry/methods/definitions",
        "/registry/releases",
        "/registry/releases.atom",
        "/registry/releases/2025-1/manifest.json",
        "/registry/releases/2025-1/tables/nine-groups.csv",
        "/registry/dataset.jsonld",
        "/catalog.ttl",
        "/catalog.jsonld",
        "/sitemap.xml",
        "/robots.txt",
        "/dictionary",
        "/dictionary/manual",
        "/dictionary/codebook",
        "/api/v1/openapi.json",
    ] {
        assert_eq!(server.get(path).0, 200, "{path}");
    }
    drop(server);

    let path = folder.join("tables/nine-groups.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + "x").unwrap();
    let checked = desk.run(&["release", "check", "2025-1"]).code(5);
    assert!(checked.contains("tables/nine-groups.csv is missing or not"), "{checked}");
    desk.run(&["release", "withdraw", "2025-1", "--reason", "Changed by hand."]).code(0);
    assert!(desk.run(&["release", "show", "2025-1"]).code(0).contains("Changed by hand."));
}
