//! Counts that come in as FHIR, on both engines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::*;

const PLACE: &str = "/api/capacity/v1/fhir/MeasureReport";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

fn send(test: &Test, actor: &Actor, how: (&str, &str), body: &Value) -> (StatusCode, Value) {
    let sent = ("application/fhir+json", Some(body.to_string()));
    let (status, _, body) = test.call(actor, how, (sent.0, sent.1.as_deref()));
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn post(test: &Test, actor: &Actor, body: &Value) -> (StatusCode, Value) {
    send(test, actor, ("POST", PLACE), body)
}

/// A population by our code; none for a count that is not known.
fn population(code: &str, count: Option<i64>) -> Value {
    let code = json!({ "coding": [
        { "system": "urn:openecls:fhir:CodeSystem:ecls-capacity-value", "code": code },
    ] });
    match count {
        Some(count) => json!({ "code": code, "count": count }),
        None => json!({ "code": code,
            "_count": { "extension": [{ "url": ABSENT, "valueCode": "unknown" }] } }),
    }
}

fn light(parts: &[(&str, &str)]) -> Value {
    let parts = parts.iter().map(|(url, code)| json!({ "url": url, "valueCode": code }));
    json!([{ "url": "urn:openecls:fhir:StructureDefinition:ecls-availability",
        "extension": parts.collect::<Value>() }])
}

fn adults(populations: &[Value]) -> Value {
    json!({
        "code": { "coding": [
            { "system": "http://profiles.ihe.net/fhir/CodeSystem/IHE_ADX_agerange", "code": "P18Y--P9999Y" },
        ] },
        "population": populations,
    })
}

fn resource(center: &Profile, group: &Value) -> Value {
    json!({
        "resourceType": "MeasureReport", "status": "complete", "type": "summary",
        "measure": "urn:openecls:fhir:Measure:ecls-capacity|1.0.0",
        "subject": { "identifier": { "system": "urn:openecls:fhir:center", "value": center.number } },
        "period": { "start": "2026-11-22T10:55:00+01:00", "end": "2026-11-22T10:55:00+01:00" },
        "group": [group],
    })
}

/// What a center has reported, newest first.
fn kept(test: &Test, center: &Profile) -> Vec<Report> {
    let span = (test.clock.now().plus_micros(-DAY), test.clock.now().plus_micros(DAY));
    test.capacity.history(&clinician(center), center.id, span).unwrap()
}

fn expressions(outcome: &Value) -> Vec<&str> {
    assert_eq!(outcome["resourceType"], "OperationOutcome", "{outcome}");
    let issues = outcome["issue"].as_array().unwrap();
    issues.iter().filter_map(|it| it.pointer("/expression/0")?.as_str()).collect()
}

#[test]
fn what_was_exported_comes_in_again_with_the_same_values() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Twin", (48.1, 11.6), AgeGroup::Adult);
        let mut pool = Line::new(AgeGroup::Adult, None, Declared::Limited);
        (pool.available_now, pool.on_ecls_now, pool.staffed_slots) = (Some(0), Some(3), Some(4));
        (pool.committed, pool.surge_7d) = (Some(1), Some(2));
        pool.limits = [Limit::Nursing, Limit::Perfusion].into();
        let mut venous = Line::new(AgeGroup::Adult, Some(Mode::Vv), Declared::Full);
        venous.limits_withheld = true;
        let lines = vec![pool, venous];
        let now = test.clock.now();
        let blank = Report::blank(center.id, Uuid::from_u128(1), ReportKind::Partial, now);
        let report = Report { lines: lines.clone(), ..blank };
        test.capacity.report(&clinician(&center), center.id, &report, true).unwrap();

        let own = clinician(&center);
        let (_, bundle) =
            test.get(&own, &format!("/api/capacity/v1/centers/{}/fhir", center.number));
        let bundle: Value = serde_json::from_str(&bundle).unwrap();
        let entries = bundle["entry"].as_array().unwrap();
        let found = entries.iter().map(|it| &it["resource"]);
        let mut exported =
            found.into_iter().find(|it| it["resourceType"] == "MeasureReport").unwrap().clone();
        exported["subject"]["identifier"]["value"] = json!(other.number);
        let (status, outcome) = post(test, &clinician(&other), &exported);

        assert_eq!(status, StatusCode::CREATED, "{outcome}");
        let taken = &kept(test, &other)[0];
        assert_eq!((&taken.lines, taken.valid_at), (&lines, now));
        assert_eq!((taken.channel, taken.automatic), (Channel::Fhir, true));
        // the same words again are the same report
        assert_eq!(post(test, &clinician(&other), &exported).0, StatusCode::OK);
        assert_eq!(kept(test, &other).len(), 1);
        // and it is read as it was sent
        let (status, stored) =
            test.get(&clinician(&other), &format!("{PLACE}/{}", taken.report_id));
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(status, StatusCode::OK);
        assert_eq!(stored["group"][0]["population"], exported["group"][0]["population"]);
        assert_eq!(
            test.get(&own, &format!("{PLACE}/{}", taken.report_id)).0,
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn a_light_is_declared_or_follows_from_free_places_and_is_never_guessed() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let cases = [(0, "full"), (1, "limited"), (2, "available")];
        for (free, wanted) in cases {
            let group =
                adults(&[population("available-now", Some(free)), population("on-ecls-now", None)]);
            let (status, outcome) = send(
                test,
                &own,
                ("POST", &format!("{PLACE}?acknowledge=true")),
                &resource(&center, &group),
            );
            assert_eq!(status, StatusCode::CREATED, "{outcome}");
            assert!(outcome.to_string().contains(&format!("Taken as {wanted}")), "{outcome}");
            let line = &kept(test, &center)[0].lines[0];
            assert_eq!((line.declared_status.as_str(), line.on_ecls_now), (wanted, None));
        }
        // patients alone say nothing of free places
        let group =
            adults(&[population("on-ecls-now", Some(3)), population("available-now", None)]);
        let (status, outcome) = post(test, &own, &resource(&center, &group));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(expressions(&outcome), ["MeasureReport.group[0]"]);
        // a group of which nothing is known says nothing
        let group = adults(&[population("available-now", None)]);
        assert_eq!(
            post(test, &own, &resource(&center, &group)).0,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(kept(test, &center).len(), 3);
        // and a light without counts is a light
        let mut group = adults(&[]);
        group["extension"] = light(&[("declaredStatus", "unknown")]);
        let (status, _) = send(
            test,
            &own,
            ("POST", &format!("{PLACE}?acknowledge=true")),
            &resource(&center, &group),
        );
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(kept(test, &center)[0].lines[0].declared_status, Declared::Unknown);
    });
}

#[test]
fn each_fault_is_named_where_it_stands() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let free = |count| adults(&[population("available-now", Some(count))]);
        let mut sum = adults(&[
            population("staffed-slots", Some(4)),
            population("available-now", Some(2)),
            population("on-ecls-now", Some(3)),
            population("committed", Some(0)),
        ]);
        sum["extension"] = light(&[("declaredStatus", "available")]);
        let mut reason = free(1);
        reason["extension"] = light(&[("declaredStatus", "limited"), ("limit", "gremlins")]);
        let mut late = free(2);
        late["extension"] = json!([{ "url": "urn:openecls:fhir:StructureDefinition:ecls-availability",
            "extension": [{ "url": "declaredStatus", "valueCode": "available" },
                { "url": "validAt", "valueDateTime": "2026-11-22T09:00:00Z" }] }]);
        let mut mode = free(2);
        mode["stratifier"] = json!([{ "stratum": [{ "value": { "text": "VV" } }] }]);
        let neither = adults(&[json!({ "code": population("available-now", None)["code"] })]);
        let mut ages = free(2);
        let neonate = json!({ "system": "urn:openecls:fhir:CodeSystem:ecls-capacity-group", "code": "neonate" });
        ages["code"]["coding"].as_array_mut().unwrap().push(neonate);
        let mut modified = free(2);
        modified["modifierExtension"] = json!([{ "url": "urn:x", "valueBoolean": true }]);
        let cases = [
            (sum, "MeasureReport.group[0].population[0].count"),
            (free(100), "MeasureReport.group[0].population[0].count"),
            (reason, "MeasureReport.group[0].extension[0].extension[1]"),
            (late, "MeasureReport.group[0].extension[0].extension[1]"),
            (mode, "MeasureReport.group[0].stratifier[0].stratum[0].component"),
            (neither, "MeasureReport.group[0].population[0]"),
            (ages, "MeasureReport.group[0].code"),
            (modified, "MeasureReport.group[0].modifierExtension"),
        ];
        for (group, wanted) in cases {
            let (status, outcome) = post(test, &own, &resource(&center, &group));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{outcome}");
            assert!(expressions(&outcome).contains(&wanted), "{wanted}: {outcome}");
        }
        let mut draft = resource(&center, &free(2));
        draft["status"] = json!("pending");
        let (status, outcome) = post(test, &own, &draft);
        assert_eq!(
            (status, expressions(&outcome)[0]),
            (StatusCode::BAD_REQUEST, "MeasureReport.status")
        );
        let mut day = resource(&center, &free(2));
        day["period"]["end"] = json!("2026-11-22");
        assert_eq!(expressions(&post(test, &own, &day).1), ["MeasureReport.period.end"]);
        // T18
        let mut ahead = resource(&center, &free(2));
        ahead["period"]["end"] = json!("2026-11-22T10:06:00Z");
        assert_eq!(expressions(&post(test, &own, &ahead).1), ["MeasureReport.period.end"]);
        assert!(kept(test, &center).is_empty());
    });
}

#[test]
fn a_report_put_under_an_id_is_one_report_of_one_center_and_never_changes() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        let id = Uuid::from_u128(9).to_string();
        let place = format!("{PLACE}/{id}");
        let with = |center: &Profile, free| {
            let group = adults(&[population("available-now", Some(free))]);
            let mut out = resource(center, &group);
            out["id"] = json!(id);
            out
        };
        let put = |actor: &Profile, place: &str, body: &Value| {
            send(test, &clinician(actor), ("PUT", place), body)
        };
        assert_eq!(put(&center, &place, &with(&center, 2)).0, StatusCode::CREATED);
        assert_eq!(put(&center, &place, &with(&center, 2)).0, StatusCode::OK);
        let (changed, outcome) = put(&center, &place, &with(&center, 3));
        assert_eq!(
            (changed, &outcome["issue"][0]["code"]),
            (StatusCode::CONFLICT, &json!("conflict"))
        );
        // T17
        assert_eq!(put(&other, &place, &with(&other, 2)).0, StatusCode::FORBIDDEN);
        let elsewhere = format!("{PLACE}/{}", Uuid::from_u128(8));
        let (status, outcome) = put(&center, &elsewhere, &with(&center, 2));
        assert_eq!(
            (status, expressions(&outcome)),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["MeasureReport.id"])
        );
        // a center that is not theirs is not there
        let (status, outcome) = post(test, &clinician(&other), &with(&center, 2));
        assert_eq!(
            (status, &outcome["issue"][0]["code"]),
            (StatusCode::NOT_FOUND, &json!("not-found"))
        );
        assert_eq!(post(test, &Actor::public(), &with(&center, 2)).0, StatusCode::UNAUTHORIZED);
    });
}

/// A table with headings of its own.
const TABLE: &str = "Alter,declared_status,Freie Betten\nadult,available,2\n";

fn called(
    test: &Test,
    actor: &Actor,
    query: &str,
    (kind, body): (&str, &str),
) -> (StatusCode, String) {
    let path = format!("/api/capacity/v1/fhir/Measure/$report-csv{query}");
    let (status, _, body) = test.call(actor, ("POST", &path), (kind, Some(body)));
    (status, body)
}

#[test]
fn a_table_of_a_program_is_taken_with_what_is_said_beside_it() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        let own = clinician(&center);
        test.clock.advance_micros(HOUR);
        let call = |query: &str, kind: &str, body: &str| called(test, &own, query, (kind, body));
        let table = TABLE;
        let beside = format!(
            "?subject=Location/center-{}&period-end=2026-11-22T10:50:00Z&map=age_group,Alter",
            center.number
        );

        let (status, told) = call(&beside, "text/csv", table);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.contains("Line 1, Freie Betten: There is no such column."), "{told}");
        let beside = format!("{beside}&map=available_now,Freie+Betten&acknowledge=true");
        let twice = call(&beside, "text/csv", "center,Alter,declared_status\n1,adult,full\n");
        assert!(twice.1.contains("Line 1, center: This column stands there twice."), "{twice:?}");
        for (query, told) in [
            ("?subjekt=1", "no such parameter"),
            ("?map=available_now", "a comma"),
            ("?automatic=no", "`true` or `false`"),
        ] {
            let (status, text) = call(query, "text/csv", table);
            assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
            assert!(text.contains(told) && text.contains("OperationOutcome"), "{text}");
        }
        assert_eq!(call("", "text/plain", table).0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let elsewhere = beside.replace(&center.number, &other.number);
        let (status, told) = call(&elsewhere, "text/csv", table);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(told.contains("not yours to report for"), "{told}");

        let (status, told) = call(&beside, "text/csv", table);
        assert_eq!(status, StatusCode::OK, "{told}");
        assert!(told.contains("the program is not released yet"), "{told}");
        let typed = table.replace(",2", ",1");
        let (status, told) = call(&format!("{beside}&automatic=false"), "text/csv", &typed);
        assert!(status == StatusCode::OK && told.contains(": Stored."), "{told}");
        let view = test.capacity.view(&own, center.id).unwrap();
        assert_eq!(view.lines[0].counts.unwrap().available_now, Some(1));
    });
}

#[test]
fn a_table_within_parameters_is_taken_like_one_by_itself() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        test.clock.advance_micros(HOUR);
        let call = |body: &str| called(test, &own, "", ("application/fhir+json", body));
        let data = STANDARD.encode(TABLE.replace(",2", ",3"));
        let parameters = json!({ "resourceType": "Parameters", "parameter": [
            { "name": "input", "resource": { "resourceType": "Binary", "contentType": "text/csv", "data": data } },
            { "name": "subject", "valueReference": { "reference": format!("Location/center-{}", center.number) } },
            { "name": "period-end", "valueDateTime": "2026-11-22T10:55:00Z" },
            { "name": "map", "valueString": "age_group,Alter" },
            { "name": "map", "valueString": "available_now,Freie Betten" },
            { "name": "automatic", "valueBoolean": false },
            { "name": "acknowledge", "valueBoolean": true },
        ] });
        let (status, told) = call(&parameters.to_string());
        assert!(status == StatusCode::OK && told.contains(": Stored."), "{told}");
        let view = test.capacity.view(&own, center.id).unwrap();
        assert_eq!(view.lines[0].counts.unwrap().available_now, Some(3));
        for torn in ["{", "{}", "{\"resourceType\":\"Parameters\",\"parameter\":[]}"] {
            let (status, told) = call(torn);
            assert!(status.is_client_error() && told.contains("OperationOutcome"), "{torn}");
        }
    });
}
