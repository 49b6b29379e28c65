//! Capacity for programs, on both engines.

use serde_json::{Value, json};

use super::*;

const BASE: &str = "/api/capacity/v1";

fn read(test: &Test, actor: &Actor, path: &str) -> (StatusCode, Value) {
    let (status, body) = test.get(actor, &format!("{BASE}/{path}"));
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn send(test: &Test, actor: &Actor, path: &str, body: &Value) -> (StatusCode, Value) {
    let (status, _, body) = test.post(actor, &format!("{BASE}/{path}"), &body.to_string());
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn report(number: u128, line: &Value) -> Value {
    json!({
        "report_id": Uuid::from_u128(number), "kind": "partial",
        "valid_at": "2026-11-22T11:55:00+01:00", "lines": [line],
    })
}

fn adult(declared: &str, free: i64) -> Value {
    json!({ "age_group": "adult", "declared_status": declared, "available_now": free })
}

#[test]
fn at_16_and_17_a_report_is_stored_once_and_an_id_belongs_to_one_center() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        test.clock.advance_micros(HOUR);
        let sent = report(1, &adult("available", 2));
        let own = format!("centers/{}/reports", center.number);

        let (first, taken) = send(test, &clinician(&center), &own, &sent);
        let (second, again) = send(test, &clinician(&center), &own, &sent);
        let foreign = format!("centers/{}/reports", other.number);
        let (third, why) = send(test, &clinician(&other), &foreign, &sent);

        assert_eq!((first, second), (StatusCode::CREATED, StatusCode::OK), "{taken}");
        assert_eq!((&taken["new"], &again["new"]), (&json!(true), &json!(false)));
        assert_eq!(third, StatusCode::FORBIDDEN, "{why}");
        let line = &taken["center"]["lines"][0];
        assert_eq!(line["effective_status"], "available");
        assert_eq!(line["valid_at"], "2026-11-22T10:55:00.000000Z");
        assert_eq!(
            (&line["age_minutes"], &line["counts"]["available_now"]),
            (&json!(5), &json!(2))
        );
        assert_eq!(taken["report"]["channel"], "api");
        let (_, kept) = read(test, &clinician(&center), &own);
        assert_eq!(kept["reports"].as_array().unwrap().len(), 1);
        assert_eq!(kept["reports"][0]["reported_by"], "Ada Park");
    });
}

#[test]
fn every_broken_rule_is_named_with_its_place_and_a_dry_run_stores_nothing() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.clock.advance_micros(HOUR);
        let own = clinician(&center);
        let path = format!("centers/{}/reports", center.number);
        let cases = [
            // T10, T11, T12
            (
                json!({ "age_group": "adult", "declared_status": "available", "available_now": 2,
                    "on_ecls_now": 3, "committed": 0, "staffed_slots": 4 }),
                "V2",
                "/lines/0/staffed_slots",
            ),
            (adult("available", 0), "V3", "/lines/0/declared_status"),
            (adult("full", 1), "V4", "/lines/0/limits"),
            (
                json!({ "age_group": "neonate", "declared_status": "full" }),
                "V11",
                "/lines/0/age_group",
            ),
        ];
        for (line, rule, pointer) in cases {
            for path in [path.clone(), format!("{path}/validate")] {
                let (status, why) = send(test, &own, &path, &report(1, &line));
                assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
                assert_eq!(why["type"], "urn:openecls:problem:rules");
                let errors = why["errors"].as_array().unwrap();
                let found = errors.iter().find(|it| it["rule"] == rule);
                assert_eq!(found.unwrap()["pointer"], pointer, "{why}");
            }
        }
        // T18
        let late = json!({ "report_id": Uuid::from_u128(2), "kind": "partial",
            "valid_at": "2026-11-22T11:06:00Z", "lines": [adult("available", 1)] });
        assert_eq!(send(test, &own, &path, &late).1["errors"][0]["rule"], "V7");
        // a moment without its offset from UTC could be any time of the day
        let local = json!({ "report_id": Uuid::from_u128(2), "kind": "partial",
            "valid_at": "2026-11-22T10:00:00", "lines": [] });
        let (status, why) = send(test, &own, &path, &local);
        assert_eq!(
            (status, &why["errors"][0]["pointer"]),
            (StatusCode::BAD_REQUEST, &json!("/valid_at"))
        );
        let good = report(3, &adult("available", 1));
        let (status, valid) = send(test, &own, &format!("{path}/validate"), &good);
        assert_eq!((status, &valid["valid"]), (StatusCode::OK, &json!(true)));
        assert!(read(test, &own, &path).1["reports"].as_array().unwrap().is_empty());
    });
}

#[test]
fn at_13_a_jump_is_asked_about_until_it_is_acknowledged() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.clock.advance_micros(HOUR);
        let own = clinician(&center);
        let path = format!("centers/{}/reports", center.number);
        send(test, &own, &path, &report(1, &adult("available", 4)));
        let mut eleven = report(2, &adult("available", 11));
        eleven["valid_at"] = json!("2026-11-22T11:00:00Z");

        let (asked, why) = send(test, &own, &path, &eleven);
        let (taken, _) = send(test, &own, &format!("{path}?acknowledge=true"), &eleven);

        assert_eq!(asked, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(
            (&why["type"], &why["errors"][0]["rule"]),
            (&json!("urn:openecls:problem:ask"), &json!("jump"))
        );
        assert_eq!(taken, StatusCode::CREATED);
    });
}

#[test]
fn at_35_keys_that_nobody_knows_are_taken_and_named() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.clock.advance_micros(HOUR);
        let mut sent = report(1, &adult("available", 2));
        sent["weather"] = json!("rain");
        sent["lines"][0]["on_ecls_now"] = json!(3.0);
        sent["lines"][0]["nurses/ward"] = json!(4);

        let path = format!("centers/{}/reports", center.number);
        let (status, taken) = send(test, &clinician(&center), &path, &sent);

        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(taken["warnings"], json!(["/weather", "/lines/0/nurses~1ward"]));
    });
}

#[test]
fn at_07_and_28_a_confirmation_and_a_correction_have_addresses_of_their_own() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.clock.advance_micros(HOUR);
        let own = clinician(&center);
        let path = format!("centers/{}/reports", center.number);
        send(test, &own, &path, &report(1, &adult("available", 2)));
        test.clock.advance_micros(20 * HOUR);
        let confirm = json!({ "report_id": Uuid::from_u128(2) });
        let (fresh, taken) = send(test, &own, &format!("{path}/confirm"), &confirm);
        assert_eq!(fresh, StatusCode::CREATED);
        assert_eq!(taken["center"]["lines"][0]["freshness"], "fresh");

        let first = Uuid::from_u128(1);
        let mut other = report(
            3,
            &json!({ "age_group": "adult", "declared_status": "full", "available_now": 0, "limits": ["nursing"] }),
        );
        let (corrected, taken) = send(test, &own, &format!("{path}/{first}/correct"), &other);
        assert_eq!(corrected, StatusCode::CREATED, "{taken}");
        // what was confirmed of it goes with it
        assert_eq!(taken["center"]["lines"][0]["effective_status"], "full");
        assert_eq!(taken["report"]["supersedes"], json!(first));
        // T7
        test.clock.advance_micros(4 * DAY);
        let late = json!({ "report_id": Uuid::from_u128(4) });
        let (expired, why) = send(test, &own, &format!("{path}/confirm"), &late);
        assert_eq!(
            (expired, &why["errors"][0]["rule"]),
            (StatusCode::UNPROCESSABLE_ENTITY, &json!("V9"))
        );
        // T28
        test.clock.advance_micros(11 * DAY);
        other["report_id"] = json!(Uuid::from_u128(5));
        let (too_late, _) = send(test, &own, &format!("{path}/{first}/correct"), &other);
        assert_eq!(too_late, StatusCode::CONFLICT);
        other["kind"] = json!("withdrawal");
        assert_eq!(send(test, &own, &path, &other).0, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn nobody_reads_or_writes_the_reports_of_another_center() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = clinician(&test.center("Other", (48.1, 11.6), AgeGroup::Adult));
        test.clock.advance_micros(HOUR);
        let path = format!("centers/{}/reports", center.number);
        let sent = report(1, &adult("available", 2));
        assert_eq!(read(test, &other, &path).0, StatusCode::NOT_FOUND);
        for path in [path.clone(), format!("{path}/validate"), format!("{path}/confirm")] {
            assert_eq!(send(test, &other, &path, &sent).0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(read(test, &Actor::public(), &path).0, StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn at_26_everybody_reads_lights_without_counts_and_a_clinician_counts_too() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        test.says(&center, 1, Declared::Limited, 1);
        let path = format!("centers/{}", center.number);

        let (status, public) = read(test, &Actor::public(), &path);
        let (_, known) = read(test, &clinician(&elsewhere), &path);

        assert_eq!(status, StatusCode::OK);
        let line = &public["lines"][0];
        assert_eq!(line["effective_status"], "limited");
        assert!(line["counts"].is_null() && line.as_object().unwrap().contains_key("counts"));
        assert_eq!(line["counts_withheld"], true);
        assert!(!public.to_string().contains(REFERRAL) && public.to_string().contains(SWITCHBOARD));
        assert_eq!(public["position"], json!({ "lat": 52.5, "lon": 13.4 }));
        assert!(
            public["notice"].as_str().unwrap().contains("not for automatic patient allocation")
        );
        let line = &known["lines"][0];
        assert_eq!(
            (&line["counts"]["available_now"], &line["counts_withheld"]),
            (&json!(1), &json!(false))
        );
        assert!(known.to_string().contains(REFERRAL));
        assert_eq!(read(test, &Actor::public(), "centers/nothing").0, StatusCode::NOT_FOUND);
    });
}

#[test]
fn at_04_and_05_what_is_not_known_is_never_available_nor_zero() {
    each(|test| {
        let silent = test.center("Silent", (52.5, 13.4), AgeGroup::Adult);
        let old = test.center("Old", (48.1, 11.6), AgeGroup::Adult);
        test.says(&old, 1, Declared::Available, 2);
        test.clock.advance_micros(4 * DAY);
        let line = |center: &Profile| {
            read(test, &clinician(&silent), &format!("centers/{}", center.number)).1["lines"][0]
                .clone()
        };
        let (never, expired) = (line(&silent), line(&old));
        assert_eq!(
            (&never["effective_status"], &never["effective_reason"]),
            (&json!("unknown"), &json!("never_reported"))
        );
        assert_eq!(
            (&expired["effective_reason"], &expired["last_known_status"], &expired["counts"]),
            (&json!("expired"), &json!("available"), &Value::Null)
        );
        let (_, summary) = read(test, &Actor::public(), "summary?group_by=country");
        let totals = &summary["groups"]["DE"];
        assert_eq!((&totals["can_accept"], &totals["not_known"]), (&json!(0), &json!(2)));
        let (_, found) = read(test, &Actor::public(), "search?lat=50&lon=12&max_km=900");
        assert_eq!(found["groups"]["can_accept"]["total"], 0);
        assert_eq!(found["groups"]["not_known"]["total"], 2);
    });
}

#[test]
fn centers_are_filtered_and_paged_by_number() {
    each(|test| {
        let berlin = test.center("Berlin", (52.5, 13.4), AgeGroup::Adult);
        let suva = test.center("Far", (52.3, 13.1), AgeGroup::Neonate);
        test.says(&berlin, 1, Declared::Available, 2);
        let numbers = |path: &str| -> Vec<String> {
            let (status, found) = read(test, &Actor::public(), path);
            assert_eq!(status, StatusCode::OK, "{found}");
            let rows = found["centers"].as_array().unwrap().iter();
            rows.map(|it| it["center_id"].as_str().unwrap().to_owned()).collect()
        };
        let only = |center: &Profile| vec![center.number.clone()];
        let mut both = vec![berlin.number.clone(), suva.number.clone()];
        both.sort();
        assert_eq!(numbers("centers"), both);
        assert_eq!(numbers(&format!("centers?after={}", both[0])), [both[1].clone()]);
        assert_eq!(numbers("centers?age_group=neonate"), only(&suva));
        assert_eq!(numbers("centers?age_group=adult&status=can_accept"), only(&berlin));
        assert_eq!(numbers("centers?bbox=13.2,52,14,53"), only(&berlin));
        // across the 180th meridian
        assert!(numbers("centers?bbox=170,-60,-170,60").is_empty());
        assert_eq!(numbers("centers?updated_since=2026-11-22T09:00:00Z"), only(&berlin));
        for (wrong, wanted) in [
            ("status=can_accept", StatusCode::UNPROCESSABLE_ENTITY),
            ("bbox=1,2,3", StatusCode::UNPROCESSABLE_ENTITY),
            ("updated_since=today", StatusCode::UNPROCESSABLE_ENTITY),
            ("colour=green", StatusCode::BAD_REQUEST),
            ("mode=XX", StatusCode::BAD_REQUEST),
        ] {
            let (status, why) = read(test, &Actor::public(), &format!("centers?{wrong}"));
            assert_eq!(status, wanted, "{wrong} {why}");
        }
    });
}

#[test]
fn the_search_answers_in_four_groups_and_says_what_it_could_not_understand() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let full = test.center("Busy", (48.1, 11.6), AgeGroup::Adult);
        test.says(&open, 1, Declared::Available, 2);
        test.says(&full, 2, Declared::Full, 0);
        let (status, found) =
            read(test, &Actor::public(), "search?place=Leipzig&age_group=adult&mode=VV&max_km=600");

        assert_eq!(status, StatusCode::OK, "{found}");
        let first = &found["groups"]["can_accept"]["centers"][0];
        assert_eq!(first["center"]["center_id"], json!(open.number));
        assert!(first["distance_km"].as_f64().unwrap() > 100.0);
        assert!(first["matched"].as_array().unwrap().contains(&json!("freshness")));
        assert_eq!(found["groups"]["advice_only"]["total"], 1);
        assert_eq!(found["source"], "Contains GeoNames data, CC BY 4.0");
        assert!(found["notice"].as_str().unwrap().contains("as the crow flies"));
        let (status, why) = read(test, &Actor::public(), "search?place=Springfield");
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(why["choices"].as_array().unwrap().len() > 1, "{why}");
        let cases = [
            ("search", StatusCode::UNPROCESSABLE_ENTITY),
            ("search?lat=50", StatusCode::UNPROCESSABLE_ENTITY),
            ("search?lat=91&lon=0", StatusCode::BAD_REQUEST),
            ("search?place=Leipzig&from_center=1", StatusCode::UNPROCESSABLE_ENTITY),
            ("search?place=Leipzig&weight_kg=0", StatusCode::UNPROCESSABLE_ENTITY),
            ("search?place=Leipzig&limit=0", StatusCode::BAD_REQUEST),
        ];
        for (path, wanted) in cases {
            assert_eq!(read(test, &Actor::public(), path).0, wanted, "{path}");
        }
    });
}

#[test]
fn at_27_a_country_with_two_reporting_centers_has_no_totals() {
    each(|test| {
        for (number, name) in [(1, "A"), (2, "B")] {
            let center = test.center(name, (52.5, 13.4), AgeGroup::Adult);
            test.says(&center, number, Declared::Available, 2);
        }
        let (_, two) = read(test, &Actor::public(), "summary");
        let third = test.center("C", (52.5, 13.4), AgeGroup::Adult);
        test.says(&third, 3, Declared::Full, 0);
        let (_, three) = read(test, &Actor::public(), "summary");

        assert!(two["groups"]["DE"].is_null() && two["groups"].get("DE").is_some());
        assert_eq!(three["groups"]["DE"]["can_accept"], 2);
    });
}

#[test]
fn the_map_holds_everybodys_light_with_its_age_and_codes_and_cadences_are_told() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.says(&open, 1, Declared::Available, 2);
        test.clock.advance_micros(30 * HOUR);

        let (status, map) = read(test, &Actor::public(), "map.geojson?age_group=adult");
        assert_eq!((status, &map["type"]), (StatusCode::OK, &json!("FeatureCollection")));
        let point = &map["features"][0];
        assert_eq!(point["geometry"]["coordinates"], json!([13.4, 52.5]));
        let properties = &point["properties"];
        assert_eq!(
            (&properties["stale"], &properties["standing"]),
            (&json!(true), &json!("not_known"))
        );
        assert!(properties["valid_at"].is_string() && map["notice"].is_string());
        let (_, codes) = read(test, &Actor::public(), "codes");
        assert_eq!(codes["declared_status"].as_array().unwrap().len(), 5);
        let (_, cadences) = read(test, &Actor::public(), "cadences");
        assert_eq!(cadences["cadences"]["routine"]["aging_up_to_minutes"], 24 * 60);
        let (_, health) = read(test, &Actor::public(), "health");
        assert_eq!((&health["status"], &health["centers"]), (&json!("ok"), &json!(1)));
    });
}

/// A population of a MeasureReport by our code.
fn population<'a>(group: &'a Value, code: &str) -> &'a Value {
    let all = group["population"].as_array().unwrap();
    all.iter().find(|it| it.pointer("/code/coding/0/code") == Some(&json!(code))).unwrap()
}

#[test]
fn at_25_fhir_says_that_a_count_is_not_known_and_the_light_is_always_there() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = clinician(&test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult));
        let path = format!("centers/{}/fhir", center.number);
        let resources = |actor: &Actor| -> Vec<Value> {
            let (status, bundle) = read(test, actor, &path);
            assert_eq!((status, &bundle["resourceType"]), (StatusCode::OK, &json!("Bundle")));
            bundle["entry"].as_array().unwrap().iter().map(|it| it["resource"].clone()).collect()
        };
        let of = |all: &[Value], kind: &str| -> Vec<Value> {
            all.iter().filter(|it| it["resourceType"] == kind).cloned().collect()
        };
        let light = |service: &Value| service["extension"][0]["extension"][0]["valueCode"].clone();
        let never = resources(&elsewhere);
        assert!(of(&never, "MeasureReport").is_empty(), "nothing was reported");
        assert_eq!(light(&of(&never, "HealthcareService")[0]), "unknown");

        test.says(&center, 1, Declared::Limited, 1);
        test.clock.advance_micros(HOUR);
        let known = resources(&elsewhere);
        let services = of(&known, "HealthcareService");
        assert_eq!((services.len(), light(&services[0])), (2, json!("limited")));
        assert_eq!(services[0]["type"][0]["coding"][0]["code"], "233573008");
        let report = &of(&known, "MeasureReport")[0];
        assert_eq!(report["period"]["start"], "2026-11-22T10:00:00Z");
        let group = &report["group"][0];
        assert_eq!(population(group, "available-now")["count"], 1);
        let unknown = population(group, "additional-24h");
        assert!(unknown.get("count").is_none(), "never zero");
        let absent = &unknown["_count"]["extension"][0];
        assert!(absent["url"].as_str().unwrap().ends_with("/data-absent-reason"));
        assert_eq!(absent["valueCode"], "unknown");

        // everybody sees lights without counts, and no referral telephone
        let public = resources(&Actor::public());
        assert!(of(&public, "MeasureReport").is_empty());
        assert!(!json!(public).to_string().contains(REFERRAL));
        // what has expired has no counts and a grey light
        test.clock.advance_micros(4 * DAY);
        let expired = resources(&elsewhere);
        assert_eq!(light(&of(&expired, "HealthcareService")[0]), "unknown");
        for report in of(&expired, "MeasureReport") {
            for it in report["group"][0]["population"].as_array().unwrap() {
                assert!(it.get("count").is_none(), "{it}");
            }
        }
        let (_, measure) = read(test, &Actor::public(), "fhir/Measure");
        assert_eq!(measure["scoring"]["coding"][0]["code"], "capacity");
    });
}
