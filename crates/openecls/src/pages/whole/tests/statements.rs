//! How many statements the pages and addresses of the desk take, and that a center of 20,000 runs takes no more.

use std::fmt::Write as _;

use base::RunId;
use directory::people::NewGrant;
use registry::{NewQuery, RecordKind, RuleSweep};
use serde_json::json;
use testkit::records::{TestRegistry, operator};

use super::isolation::{Call, House, each_house};
use super::*;

/// Statements that may be taken, the one that finds out who asks included. `{n}` is the center's number; other braces
/// are records of it.
const PAGES: [(&str, &str, u64); 36] = [
    ("data_manager", "/desk/{n}", 7),
    ("data_manager", "/desk/{n}?list=locked", 7),
    ("data_manager", "/desk/{n}?list=locked&view=grid", 9),
    ("data_manager", "/desk/{n}?key=LARGE", 7),
    ("data_manager", "/desk/{n}/start", 2),
    ("data_manager", "/desk/{n}/queries?state=all", 3),
    ("data_manager", "/desk/{n}/queries/{queries/id}", 4),
    ("data_manager", "/desk/{n}/upload", 4),
    ("data_manager", "/desk/{n}/upload/{upload/id}", 3),
    ("data_manager", "/desk/{n}/export", 2),
    ("data_manager", "/desk/{n}/export/{export/id}", 2),
    ("data_manager", "/desk/{n}/transfers", 5),
    ("data_manager", "/desk/{n}/quality", 26),
    ("data_manager", "/desk/{n}/runs/{run}", 9),
    ("data_manager", "/desk/{n}/runs/{run}/submit", 6),
    ("data_manager", "/desk/{n}/runs/{run}/history", 9),
    ("data_manager", "/desk/{n}/runs/{run}/history?form=complication", 7),
    ("data_manager", "/desk/{n}/runs/{run}/complication", 6),
    ("data_manager", "/desk/notices", 2),
    ("data_quality_steward", "/desk", 2),
    ("data_quality_steward", "/desk/queries?state=open", 2),
    ("data_quality_steward", "/desk/requests", 2),
    ("center_administrator", "/people/{n}", 3),
    ("program_director", "/people/{n}/review", 5),
    ("data_manager", "/api/v1/desk", 2),
    ("data_manager", "/api/v1/desk/{n}/worklist?list=locked&most=50", 8),
    ("data_manager", "/api/v1/desk/{n}/runs/{run}", 6),
    ("data_manager", "/api/v1/desk/{n}/runs/{run}/findings", 6),
    ("data_manager", "/api/v1/desk/{n}/runs/{run}/history", 9),
    ("data_manager", "/api/v1/desk/{n}/runs/{run}/forms/complication", 6),
    ("data_manager", "/api/v1/desk/{n}/runs/{run}/forms/complication/compare", 7),
    ("data_manager", "/api/v1/desk/{n}/queries?state=all", 3),
    ("data_manager", "/api/v1/desk/{n}/transfers", 5),
    ("data_manager", "/api/v1/desk/{n}/quality", 20),
    ("data_manager", "/api/v1/desk/{n}/uploads", 4),
    ("center_administrator", "/api/v1/people?center={n}", 3),
];

fn address(template: &str, house: &House) -> String {
    let with_number = template.replace("{n}", &house.number);
    house.ids.iter().fold(with_number, |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
}

/// How often a page is read at most until no work of the program itself falls between.
const TRIES: usize = 12;

/// Statements of one answer: the least of several, since the program itself works beside it.
fn taken(call: &Call<'_>, path: &str, cookie: &str, most: u64) -> (u64, usize) {
    let mut least = u64::MAX;
    let mut bytes = 0;
    for _ in 0..TRIES {
        let before = call.program.app.db.statements();
        let answer = call.get(path, cookie);
        least = least.min(call.program.app.db.statements() - before);
        assert_eq!(answer.status, StatusCode::OK, "{path} as {cookie}: {}", answer.body);
        bytes = answer.body.len();
        if least <= most {
            break;
        }
    }
    (least, bytes)
}

/// More of everything: 20,360 runs, a version and queries of the run, what rules ask, files, people.
fn grown(t: &TestRegistry, call: &Call<'_>, house: &House) {
    t.many_runs(house.center);
    let mut patients = t.weighed_twice(12);
    for patient in &mut patients {
        patient.center_number = Some(house.number.clone());
    }
    t.apply(&patients, None).unwrap();
    RuleSweep::new(t.registry.clone()).sweep().unwrap();
    let manager = format!("data_manager@{}", house.number);
    let run: RunId = house.ids["run"].parse().unwrap();
    let form = format!("/api/v1/desk/{}/runs/{run}/forms/complication", house.number);
    for number in 0..12 {
        let words = format!("Question {number}");
        let record = (RecordKind::Run, run.into());
        let query = NewQuery { run, record, form: "run", field: "", code: None, words: &words };
        t.registry.raise_query(&operator(), house.center, &query).unwrap();
        let read: Value = serde_json::from_str(&call.get(&form, &manager).body).unwrap();
        let rows = [json!({ "complication_note": words })];
        let sent = json!({ "version": read["version"], "values": { "complication": rows } });
        assert_eq!(call.json(&Method::POST, &form, &manager, &sent).status, StatusCode::OK);
        let uploads = format!("/api/v1/desk/{}/uploads", house.number);
        call.file(&uploads, &manager, "more.xml", &format!("<none n=\"{number}\"/>"));
        let grant = NewGrant::lasting(Role::DataManager, Place::Center(house.center));
        let email = format!("member{number}@example.org");
        call.program.people.invite(&operator(), &email, "Ada Nguyen", &grant).unwrap();
    }
}

#[test]
fn every_page_of_the_desk_takes_a_few_statements_however_much_there_is() {
    each_house(|t, call, house| {
        let all = || {
            PAGES.map(|(role, template, most)| {
                let (path, cookie) = (address(template, house), format!("{role}@{}", house.number));
                let (statements, bytes) = taken(call, &path, &cookie, most);
                (role, template, most, statements, bytes)
            })
        };
        let few = all();

        grown(t, call, house);
        let many = all();

        let mut wrong = String::new();
        for (few, many) in few.iter().zip(&many) {
            let (role, template, most, ..) = *few;
            if few.3 > most || many.3 > most {
                writeln!(
                    wrong,
                    "{template} as {role}: {}, then {}; {most} are allowed",
                    few.3, many.3
                )
                .unwrap();
            }
            // a page of 20,000 runs has some of them: no page tells of all
            if many.4 > 500_000 {
                writeln!(wrong, "{template} as {role} has {} bytes", many.4).unwrap();
            }
            if std::env::args().any(|it| it == "--nocapture") {
                println!(
                    "(\"{role}\", \"{template}\", {}), // was {}; {} bytes, then {}",
                    many.3, few.3, few.4, many.4
                );
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    });
}
