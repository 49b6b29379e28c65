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
        assert_eq!(manager.get(&at("queries")).json(), json!({ "queries": [], "next": null }));
        let again = manager.post_json(&at("cases"), &case);
        assert_eq!(again.status, StatusCode::CONFLICT);
        assert_eq!(again.json()["type"], "urn:openecls:problem:known-patient");
        assert_eq!(again.json()["stays"][0]["runs"], json!([1]));
        let mut wrong = case.clone();
        wrong["values"]["support_type"] = json!("9");
        let wrong = manager.post_json(&at("cases"), &wrong);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(wrong.json()["errors"][0]["pointer"], "/values/support_type");
        let strange = json!({ "patient_unique_id": "CASE-000032", "values": { "race": "1" } });
        assert_eq!(manager.post_json(&at("cases"), &strange).status, StatusCode::BAD_REQUEST);
        assert_eq!(manager.get(&at("worklist?list=none")).status, StatusCode::BAD_REQUEST);
        assert_eq!(manager.get(&at("worklist?most=1000")).status, StatusCode::BAD_REQUEST);
        assert_eq!(manager.get(&at("worklist?mots=10")).status, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn the_second_of_two_programs_is_told_both_values_and_nothing_is_overwritten() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let center = &t.centers[0];
        let manager = office.somebody(Role::DataManager, center.id);
        let at = |path: &str| format!("/api/v1/desk/{}/{path}", center.number);
        let case = json!({ "patient_unique_id": "CASE-000041", "values": {
            "support_type": "1", "mode_code": "VV", "mode_start": "2026-11-21T10:30", "run_weight_kg": "82.5" } });
        let run = manager.post_json(&at("cases"), &case).json()["run"].as_str().unwrap().to_owned();
        let form = at(&format!("runs/{run}/forms/run"));
        let read = manager.get(&form).json();
        assert_eq!(
            (&read["version"], &read["values"]["run_weight_kg"]),
            (&json!(1), &json!("82.5"))
        );
        let sent = |weight: Value| {
            let mut values = read["values"].clone();
            values["run_weight_kg"] = weight;
            json!({ "version": 1, "values": values })
        };

        let first = manager.post_json(&form, &sent(json!(83.5)));
        let second = manager.post_json(&form, &sent(json!("84.5")));

        assert_eq!(first.status, StatusCode::OK, "{}", first.body);
        assert_eq!(first.json()["version"], 2);
        assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.body);
        let told = second.json();
        let differs = json!([{ "pointer": "/values/run_weight_kg", "label": "Weight at ECLS start",
            "sent": ["84.5 kg"], "stored": ["83.5 kg"], "before": ["82.5 kg"], "changed_by": "both" }]);
        assert_eq!((&told["version"], &told["differences"]), (&json!(2), &differs));
        assert_eq!(manager.get(&form).json()["values"]["run_weight_kg"], "83.5");
        let compared = manager.get(&format!("{form}/compare")).json();
        assert_eq!(
            (&compared["changes"][0]["old"], &compared["changes"][0]["new"]),
            (&json!("82.5"), &json!("83.5"))
        );
        assert_eq!(
            manager.get(&format!("{form}/versions")).json()["versions"].as_array().unwrap().len(),
            2
        );
        let wrong = json!({ "version": 2, "values": { "run_weight_kg": "heavy", "support_type": "9", "race": "1" } });
        let wrong = manager.post_json(&form, &wrong);
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let pointers: Vec<Value> = wrong.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["pointer"].clone())
            .collect();
        assert_eq!(pointers, ["/values/run_weight_kg", "/values/support_type", "/values/race"]);
        let check = json!({ "values": { "run_weight_kg": "800" } });
        let found = manager.post_json(&format!("{form}/check"), &check).json();
        assert!(found.to_string().contains("/values/run_weight_kg"), "{found}");
        assert_eq!(manager.get(&form).json()["version"], 2);
        let strange = manager.post_json(&form, &json!({ "values": {} })).status;
        assert_eq!(strange, StatusCode::BAD_REQUEST);
        assert_eq!(
            manager.post(&form, &[("version", "1")]).status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
        assert_eq!(manager.get(&form.replace("/run", "/none")).status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_program_fills_in_rows_of_a_group_and_what_the_registry_gives_stays() {
    TestRegistry::each(|t| {
        let (center, run) = t.ready_to_sign();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center.id);
        let at = |path: &str| format!("/api/v1/desk/{}/runs/{run}/forms/{path}", center.number);
        let forms = manager.get(&format!("/api/v1/desk/{}/runs/{run}", center.number)).json();
        for form in forms["forms"].as_array().unwrap() {
            let address = at(form["form"].as_str().unwrap());
            let read = manager.get(&address);
            if read.status == StatusCode::NOT_FOUND {
                continue; // nobody types anything into it
            }
            let read = read.json();
            let same = json!({ "version": read["version"], "values": read["values"] });
            let saved = manager.post_json(&address, &same);

            assert_eq!(saved.status, StatusCode::OK, "{address}: {}", saved.body);
            assert_eq!(saved.json()["values"], read["values"], "{address}");
            let unchanged = saved.json()["version"] == read["version"];
            assert!(unchanged || read["values"] == json!({}), "{address} became another version");
        }
        let read = manager.get(&at("complication")).json();
        let mut values = read["values"].clone();
        let rows = json!([{ "complication_note": "first" }, { "complication_note": "second" }]);
        values["complication"] = rows.clone();
        let sent = json!({ "version": read["version"], "values": values });
        let saved = manager.post_json(&at("complication"), &sent);
        assert_eq!(saved.json()["values"]["complication"], rows, "{}", saved.body);
        let read = manager.get(&at("submission")).json();
        let forged = json!({ "version": read["version"], "values": { "completed_by": "Eve" } });
        let forged = manager.post_json(&at("submission"), &forged);
        assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", forged.body);
    });
}

#[test]
fn a_program_signs_what_it_has_read_and_gets_a_receipt() {
    TestRegistry::each(|t| {
        let (center, run) = t.ready_to_sign();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center.id);
        let steward = office.somebody(Role::DataQualitySteward, center.id);
        let at = |path: &str| format!("/api/v1/desk/{}/{path}", center.number);
        let of_run = |path: &str| at(&format!("runs/{run}/{path}"));
        assert_eq!(manager.get(&of_run("receipt")).status, StatusCode::NOT_FOUND);
        let later = office.somebody(Role::DataManager, center.id).later();
        let step_up = later.post_json(&of_run("submission"), &json!({ "name": "Ada Park" }));
        assert_eq!(step_up.status, StatusCode::FORBIDDEN);
        assert_eq!(step_up.json()["type"], "urn:openecls:problem:step-up");

        let unseen = manager.post_json(&of_run("submission"), &json!({ "name": "Ada Park" }));
        assert_eq!(unseen.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unseen.body);
        let soft: Vec<Value> = unseen.json()["findings"].as_array().unwrap().clone();
        assert!(!soft.is_empty() && soft.iter().all(|finding| finding["severity"] == "soft"));
        let told: Vec<Value> = soft
            .iter()
            .map(|f| json!({ "code": f["code"], "field": f["field"], "message": f["message"], "reason": "weighed twice" }))
            .collect();
        let confirmed = manager.post_json(&of_run("confirmations"), &json!({ "confirm": told }));
        assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
        assert!(confirmed.says("weighed twice"));
        let wrong = json!({ "confirm": [{ "code": "V999", "field": "x", "message": "y" }] });
        let wrong = manager.post_json(&of_run("confirmations"), &wrong);
        assert_eq!(wrong.json()["errors"][0]["pointer"], "/confirm/0");
        let seen: Vec<Value> =
            soft.iter().map(|f| json!({ "code": f["code"], "field": f["field"] })).collect();
        let nameless = json!({ "name": " ", "confirm": seen });
        let nameless = manager.post_json(&of_run("submission"), &nameless);
        assert_eq!(nameless.json()["errors"][0]["pointer"], "/name");
        let token = office.program(Role::DataManager, center.id);
        let signed = json!({ "name": "Ada Park", "confirm": seen });
        let signed = token.post_json(&of_run("submission"), &signed);

        assert_eq!(signed.status, StatusCode::CREATED, "{}", signed.body);
        assert_eq!(signed.json()["channel"], "api");
        assert_eq!(manager.get(&of_run("receipt")).json(), signed.json());
        let ask = json!({ "kind": "withdraw", "reason": "Entered for the wrong patient." });
        let asked = manager.post_json(&of_run("requests"), &ask);
        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
        let id = asked.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(
            steward.get("/api/v1/desk/requests").json()["requests"][0]["request"],
            json!(id)
        );
        let decide = at(&format!("requests/{id}"));
        let grant = json!({ "decision": "grant" });
        assert_eq!(manager.post_json(&decide, &grant).status, StatusCode::FORBIDDEN);
        assert_eq!(steward.post_json(&decide, &grant).status, StatusCode::NO_CONTENT);
        assert_eq!(manager.get(&of_run("requests")).json()["requests"][0]["state"], "granted");
        let late = manager.post_json(&of_run("submission"), &json!({ "name": "Ada Park" }));
        assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.body);
        assert_eq!(manager.get(&at("quality")).status, StatusCode::OK);
    });
}

#[test]
fn programs_ask_answer_and_close_queries() {
    TestRegistry::each(|t| {
        let (center, run) = t.ready_to_sign();
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, center.id);
        let steward = office.somebody(Role::DataQualitySteward, center.id);
        let at = |path: &str| format!("/api/v1/desk/{}/{path}", center.number);
        let ask =
            json!({ "form": "run", "field": "run_weight_kg", "words": "Is this in kilograms?" });

        let asked = steward.post_json(&at(&format!("runs/{run}/queries")), &ask);

        assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
        let query = at(&format!("queries/{}", asked.json()["id"].as_str().unwrap()));
        let words = json!({ "words": "Yes, it is." });
        let step = |who: &crate::client::Client<'_>, step: &str, body: &Value| {
            who.post_json(&format!("{query}/{step}"), body).status
        };
        assert_eq!(step(&manager, "close", &words), StatusCode::FORBIDDEN);
        assert_eq!(step(&manager, "answer", &json!({})), StatusCode::BAD_REQUEST);
        assert_eq!(
            step(&manager, "answer", &json!({ "words": "x" })),
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(step(&manager, "answer", &words), StatusCode::NO_CONTENT);
        assert_eq!(step(&steward, "close", &json!({})), StatusCode::NO_CONTENT);
        assert_eq!(step(&steward, "reopen", &words), StatusCode::NO_CONTENT);
        let read = manager.get(&query).json();
        assert_eq!(
            (&read["query"]["state"], read["steps"].as_array().unwrap().len()),
            (&json!("open"), 4)
        );
    });
}

#[test]
fn a_program_sends_a_file_and_applies_exactly_the_plan_that_it_has_read() {
    TestRegistry::each(|t| {
        let office = Office::new(t);
        let manager = office.somebody(Role::DataManager, t.center("9001").id);
        let uploads = "/api/v1/desk/9001/uploads";
        let file = include_bytes!("../../../../sample/center-9001.xml");

        let sent = manager.send_file(uploads, "runs.xml", file, false);

        assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
        let address = sent.json()["address"].as_str().unwrap().to_owned();
        let settled = || loop {
            let read = manager.get(&address).json();
            if !["planning", "applying"].contains(&read["stage"].as_str().unwrap()) {
                return read;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        let plan = settled();
        assert_eq!(plan["stage"], "planned");
        assert!(!plan["patients"].as_array().unwrap().is_empty());
        let first = plan["patients"][0]["patient"].clone();
        let choice = |left: Value| json!({ "leave_out": left, "drafts_only": false });
        let chosen = manager.post_json(&format!("{address}/choose"), &choice(json!([first])));
        assert_eq!(chosen.status, StatusCode::ACCEPTED, "{}", chosen.body);
        let without = settled();
        assert_eq!(without["patients"][0]["outcome"], "left out");
        assert_eq!(without["summary"]["left_out"], 1);
        assert_ne!(without["plan"], plan["plan"]);
        manager.post_json(&format!("{address}/choose"), &choice(json!([])));
        assert_eq!(settled()["plan"], plan["plan"]);
        let other = json!({ "plan": "0".repeat(64) });
        let moved = manager.post_json(&format!("{address}/apply"), &other);
        assert_eq!(moved.status, StatusCode::CONFLICT);
        assert_eq!(
            (&moved.json()["type"], &moved.json()["plan"]),
            (&json!("urn:openecls:problem:plan-moved"), &plan["plan"])
        );
        let applied =
            manager.post_json(&format!("{address}/apply"), &json!({ "plan": plan["plan"] }));
        assert_eq!(applied.status, StatusCode::ACCEPTED, "{}", applied.body);
        let done = settled();
        assert_eq!(done["stage"], "applied");
        let import = done["import"].as_str().unwrap();
        assert_eq!(manager.get(uploads).json()["imports"][0]["import"], import);
        let undo = format!("/api/v1/desk/9001/imports/{import}/undo");
        assert!(manager.post_json(&undo, &json!({})).json()["records"].as_u64().unwrap() > 5);
        assert_eq!(manager.post_json(&undo, &json!({})).status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            manager.post_json(uploads, &json!({})).status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        );
        let large = manager.send_file(uploads, "a.csv", &vec![b'a'; 3_000_001], false);
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
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
