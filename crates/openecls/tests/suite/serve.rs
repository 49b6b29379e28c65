//! The pages: start, figures, stop.

use serde_json::Value as Json;
use testkit::database::TestDatabase;

use super::support::{Desk, Server};

fn figures(server: &Server) -> Json {
    let (status, body) = server.get("/api/v1/figures");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// A first start with the sample, and a second one.
fn story(desk: &Desk) {
    let server = desk.serve(&["--sample"]);
    assert!(server.said.contains("importing the sample"), "{}", server.said);
    assert_eq!(server.get("/health/live"), (200, r#"{"status":"live"}"#.to_owned()));
    assert_eq!(server.wait_for("/health/ready", 200), r#"{"status":"ready"}"#);
    let first = figures(&server);
    let groups = first["outcomes"]["groups"].as_array().unwrap();
    let runs: u64 = groups.iter().map(|group| group["runs"].as_u64().unwrap()).sum();
    assert_eq!(groups.len(), 9);
    assert_eq!(Some(runs), first["total_submitted_cases"].as_u64());
    assert!(runs > 200, "{runs}");
    let year = &first["this_year"];
    let of_year = ["cases", "submitted_cases", "drafts"].map(|name| year[name].as_u64().unwrap());
    assert_eq!(of_year[0], of_year[1] + of_year[2]);
    let (status, page) = server.get("/");
    assert_eq!(status, 200);
    assert!(page.contains(&runs.to_string()), "the page shows another total");
    assert_eq!(server.get("/nothing-here").0, 404);

    server.signal("-TERM");
    let end = server.end();
    assert!(end.err.contains("stopping"), "{}", end.err);
    end.code(0);
    desk.verify();

    let server = desk.serve(&["--sample"]);
    assert!(!server.said.contains("importing"), "{}", server.said);
    assert_eq!(figures(&server)["total_submitted_cases"], first["total_submitted_cases"]);
    server.signal("-INT");
    server.end().code(0);
}

#[test]
fn the_first_start_brings_the_sample_and_the_second_finds_it_on_sqlite() {
    story(&Desk::new());
}

#[test]
fn the_first_start_brings_the_sample_and_the_second_finds_it_on_postgres() {
    let database = TestDatabase::empty_postgres();
    story(&Desk::on(database.url()));
}

#[test]
fn a_start_cut_off_in_the_sample_is_finished_by_the_next() {
    let desk = Desk::new();
    desk.run(&["center", "list"]).fails(1, "does not exist");
    let server = desk.serve(&["--sample"]);
    let all = figures(&server)["total_submitted_cases"].clone();
    drop(server);
    let list = desk.run(&["import", "list"]).code(0);
    for line in list.lines().take(3) {
        // as if they had never come
        desk.run(&["import", "undo", line.split(' ').next().unwrap()]).code(0);
    }
    let database = rusqlite::Connection::open(desk.path("data/openecls.db")).unwrap();
    database.execute("delete from import where undone_at is not null", []).unwrap();
    drop(database);

    let server = desk.serve(&["--sample"]);

    assert!(server.said.contains("importing the sample"), "{}", server.said);
    assert_eq!(figures(&server)["total_submitted_cases"], all);
}

#[test]
fn a_registry_with_centers_of_its_own_gets_no_sample() {
    let desk = Desk::new().with_centers();

    let server = desk.serve(&["--sample"]);

    assert!(server.said.contains("the sample is left out"), "{}", server.said);
    assert_eq!(figures(&server)["total_submitted_cases"], 0);
}

#[test]
fn an_address_that_others_can_reach_and_one_in_use_are_refused() {
    let desk = Desk::new();
    let server = desk.serve(&[]);

    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        desk.run(&["serve", "--listen", address]).fails(1, "in the clear");
    }
    let second = desk.run(&["serve", "--listen", &server.address]);

    let text = format!("cannot listen on {}", server.address);
    second.fails(1, &text);
    assert_eq!(server.get("/health/live").0, 200);
}
