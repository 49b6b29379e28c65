//! The pages: start, figures, stop.

use db::Statement;
use serde_json::Value as Json;
use testkit::database::TestDatabase;

use super::support::{Desk, Server};

fn figures(server: &Server) -> Json {
    let (status, body) = server.get("/api/v1/figures");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap()
}

/// What is shown of the nine groups is what is stored; what is small in any row is not shown.
fn nobody_is_told_apart(desk: &Desk, outcomes: &Json) {
    let text = "select age_group, support_type, count(*) as runs, count(survived_hospital) as known,
            sum(case when survived_hospital then 1 else 0 end) as survived
        from run where state in ('submitted', 'locked', 'unlocked') group by age_group, support_type";
    let count = Statement::dynamic("groups", text.to_owned());
    let stored: Vec<(String, String, i64, i64, i64)> =
        desk.db().read_one(|tx| tx.all(&count, ())).unwrap();
    let groups = outcomes["groups"].as_array().unwrap();
    assert_eq!((groups.len(), stored.len()), (9, 9));
    let mut small = 0;
    for (age, support, runs, known, survived) in stored {
        let support = ["pulmonary", "cardiac", "ecpr"][support.parse::<usize>().unwrap() - 1];
        let shown = |group: &&Json| group["age_group"] == *age && group["support_type"] == support;
        let group = groups.iter().find(shown).unwrap();
        let share = &group["survived_hospital"];

        assert!(group["runs"].is_null() || group["runs"] == runs, "{group}");
        assert!(share.is_null() || share["n"] == survived && share["known"] == known, "{group}");
        let is_small = |number: i64| (1..5).contains(&number);
        assert!(!is_small(runs) || group["runs"].is_null(), "{runs} runs: {group}");
        if is_small(survived) || is_small(known - survived) {
            small += 1;
            assert!(share.is_null(), "{survived} of {known}: {group}");
        }
    }
    assert!(small > 0, "the sample has nothing to hide");
}

/// The home page hides what the dashboard hides and shows what it shows: nothing is to be had from both.
fn as_the_dashboard(server: &Server, outcomes: &Json) {
    let question = "by=age_group&by=support_type&measure=count&measure=share(dv_survived_ecls)\
        &measure=share(dv_survived_hospital)";
    let (status, body) = server.get(&format!("/api/v1/insight/query?{question}"));
    assert_eq!(status, 200, "{body}");
    let answer: Json = serde_json::from_str(&body).unwrap();
    let mut hidden = 0;
    for group in outcomes["groups"].as_array().unwrap() {
        let place = serde_json::json!([group["age_group"], group["support_type"]]);
        let cells = answer["cells"].as_array().unwrap();
        let cell = cells.iter().find(|cell| cell["slots"] == place).unwrap();

        assert_eq!(group["runs"], cell["count"]["value"], "{cell}");
        for (at, name) in [(1, "survived_ecls"), (2, "survived_hospital")] {
            let value = &cell["values"][at]["value"];
            assert_eq!(group[name]["n"], value["count"], "{cell}");
            assert_eq!(group[name]["known"], value["observed"], "{cell}");
            hidden += u32::from(value.is_null());
        }
    }
    assert!(hidden > 0, "{answer}");
}

/// A first start with the sample, and a second one.
fn story(desk: &Desk) {
    let server = desk.serve(&["--sample"]);
    assert!(server.said.contains("importing the sample"), "{}", server.said);
    assert_eq!(server.get("/health/live"), (200, r#"{"status":"live"}"#.to_owned()));
    assert_eq!(server.wait_for("/health/ready", 200), r#"{"status":"ready"}"#);
    let first = figures(&server);
    let runs = first["total_submitted_cases"].as_u64().unwrap();
    assert!(runs > 200, "{runs}");
    assert_eq!(first["outcomes"]["all_groups"]["runs"], runs);
    nobody_is_told_apart(desk, &first["outcomes"]);
    as_the_dashboard(&server, &first["outcomes"]);
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
    // what is shown while nobody answers
    let list = std::fs::read_to_string(desk.path("data/emergency/index.html")).unwrap();
    assert!(list.starts_with("<!doctype html>") && list.contains("telephone numbers"), "{list}");
    let left: Vec<_> = std::fs::read_dir(desk.path("data/emergency")).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing half written is left: {left:?}");
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

#[test]
fn pages_stay_open_when_nobody_reads_the_output() {
    let desk = Desk::new();
    let server = desk.serve_unheard();
    server.wait_for("/health/ready", 200);
    server.signal("-TERM");
    assert_eq!(server.end().code, Some(0));
}
