//! The desk for programs.

use axum::http::StatusCode;
use base::Role;
use serde_json::{Value, json};
use testkit::records::TestRegistry;

use crate::client::Office;

#[test]
fn a_program_opens_a_case_and_reads_what_the_pages_show() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let center = &t.centers[0];
        let manager = office.somebody(Role::DataManager, center.id);
        let at = |path: &str| format!("/api/v1/desk/{}/{path}", center.number);
        let values: Value = json!({
            "birth_date": "1980-05-17", "sex": "1", "support_type": "1", "mode_code": "VV",
            "mode_start": "2026-11-21T10:30",
        });
        let case = json!({ "patient_unique_id": "CASE-000031", "values": values });

        let opened = manager.post_json(&at("cases"), &case);

        assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
        let run = opened.json()["run"].as_str().unwrap().to_owned();
        let list = manager.get(&at("worklist?list=on_ecls")).json();
        assert_eq!(
            (&list["runs"][0]["run"], &list["counts"]["on_ecls"]["runs"]),
            (&json!(run), &json!(1))
        );
        let read = manager.get(&at(&format!("runs/{run}"))).json();
        let form = |key: &str| {
            let forms = read["forms"].as_array().unwrap();
            forms.iter().find(|form| form["form"] == key).unwrap().clone()
        };
        assert_eq!(form("run")["values"]["support_type"], "1");
        assert_eq!(form("mode")["state"], "incomplete");
        assert!(read["findings"].as_array().unwrap().len() > 10);
        let steps = manager.get(&at(&format!("runs/{run}/history"))).json();
        assert_eq!(steps["steps"][0]["channel"], "api");
        assert_eq!(manager.get(&at("queries")).json(), json!({ "queries": [] }));
        let again = manager.post_json(&at("cases"), &case);
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert!(again.json()["known_patient"][0]["runs"] == json!([1]));
        let mut wrong = case.clone();
        wrong["values"]["support_type"] = json!("9");
        let wrong = manager.post_json(&at("cases"), &wrong);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.json()["problems"][0]["field"], "support_type");
        let strange = json!({ "patient_unique_id": "CASE-000032", "values": { "race": "1" } });
        assert_eq!(manager.post_json(&at("cases"), &strange).status, StatusCode::BAD_REQUEST);
        assert_eq!(manager.get(&at("worklist?list=none")).status, StatusCode::BAD_REQUEST);
        assert_eq!(manager.get(&at("worklist?most=1000")).status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn every_address_of_the_interface_is_described() {
    let t = TestRegistry::over(testkit::database::TestDatabase::sqlite());
    let office = Office::new(&t);
    let described = desk::api::paths();
    let described: Vec<(&String, &String)> = described
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| (path, method)))
        .collect();

    let declared = office.list().iter().filter(|route| route.path.starts_with("/api"));
    let declared: Vec<(String, String)> = declared
        .map(|route| (route.path.clone(), route.method.as_str().to_ascii_lowercase()))
        .collect();

    assert_eq!(described.len(), declared.len());
    for (path, method) in &declared {
        assert!(described.contains(&(path, method)), "{method} {path}");
    }
}
