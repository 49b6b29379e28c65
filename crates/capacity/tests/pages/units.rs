//! Units that report for themselves, on both engines.

use serde_json::{Value, json};

use super::*;

fn place(center: &Profile) -> String {
    format!("/capacity/{}/units", center.number)
}

/// Makes a unit through the page and gives the page afterwards.
fn make(test: &Test, actor: &Actor, center: &Profile, form: &str) -> String {
    let (status, leads, html) = test.post(actor, &place(center), &format!("do=keep&{form}"));
    assert_eq!((status, leads), (StatusCode::SEE_OTHER, place(center)), "{html}");
    test.get(actor, &place(center)).1
}

/// A center with two units for adults.
fn two_units(test: &Test) -> (Profile, Actor) {
    let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
    let own = clinician(&center);
    make(test, &own, &center, "unit=&name=Medical+ICU&ages=adult");
    make(test, &own, &center, "unit=&name=Cardiac+ICU&ages=adult");
    (center, own)
}

/// A report of adults through the form; gives the page of the receipt.
fn says(
    test: &Test,
    own: &Actor,
    center: &Profile,
    unit: &str,
    (number, rest): (u128, &str),
) -> String {
    let id = Uuid::from_u128(number);
    let form = format!("do=send&report={id}&unit={unit}&{rest}");
    let address = format!("/capacity/{}/report", center.number);
    let (status, leads, html) = test.post(own, &address, &form);
    assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
    test.get(own, leads.split('#').next().unwrap()).1
}

const OPEN: &str = "adult.declared_status=available&adult.available_now=2";
const CLOSED: &str = "adult.declared_status=full&adult.available_now=0&adult.limits=nursing";

#[test]
fn at_33_the_center_shows_the_best_of_its_units_and_lists_each() {
    each(|test| {
        let (center, own) = two_units(test);
        says(test, &own, &center, "medical-icu", (1, OPEN));
        test.clock.advance_micros(HOUR);
        says(test, &own, &center, "cardiac-icu", (2, CLOSED));

        let (_, list) = test.get(&Actor::public(), "/capacity");
        let (_, one) = test.get(&Actor::public(), &format!("/capacity/{}", center.number));
        let (_, seen) = test.get(&own, &format!("/capacity/{}", center.number));

        assert!(row(&list, "Open").contains("Can accept"), "{}", row(&list, "Open"));
        let units = one.split("aria-label=\"Its units\"").nth(1).unwrap();
        let units = units.split("</ul>").next().unwrap();
        let at = |name: &str| units.find(name).unwrap();
        let (cardiac, medical) =
            (&units[at("Cardiac ICU")..at("Medical ICU")], &units[at("Medical ICU")..]);
        assert!(
            cardiac.contains("<b>Full</b>") && cardiac.contains("reported just now"),
            "{units}"
        );
        assert!(
            medical.contains("Can accept") && medical.contains("reported 60 minutes ago"),
            "{units}"
        );
        assert!(seen.contains("Free places\">2</td>"), "a sum of what both have stated");
    });
}

#[test]
fn from_the_first_unit_on_the_center_as_a_whole_says_nothing_of_the_age_group() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        test.says(&center, 1, Declared::Available, 2);
        test.clock.advance_micros(HOUR);

        let page = make(test, &own, &center, "unit=&name=Medical+ICU&ages=adult");
        let (_, list) = test.get(&Actor::public(), "/capacity");
        assert!(page.contains("never reported"), "{page}");
        assert!(row(&list, "Open").contains("Not known – call"), "{}", row(&list, "Open"));

        // a form that was opened before, and a program that does not know of units
        let address = format!("/capacity/{}/report", center.number);
        let old = format!("do=send&report={}&{OPEN}", Uuid::from_u128(7));
        let (status, _, html) = test.post(&own, &address, &old);
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(html.contains("nothing is stored"), "{html}");
        let sent = json!({ "report_id": Uuid::from_u128(8), "kind": "partial",
            "valid_at": "2026-11-22T11:00:00Z",
            "lines": [{ "age_group": "adult", "declared_status": "available", "available_now": 2 }] });
        let interface = format!("/api/capacity/v1/centers/{}/reports", center.number);
        let (status, _, body) = test.post(&own, &interface, &sent.to_string());
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(body.contains("V11") && body.contains("Medical ICU (medical-icu)"), "{body}");
        let mut of_unit = sent;
        of_unit["unit_id"] = json!("medical-icu");
        let (status, _, body) = test.post(&own, &interface, &of_unit.to_string());
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let told: Value = serde_json::from_str(&body).unwrap();
        let units = &told["center"]["units"];
        assert_eq!(
            units,
            &json!([{ "unit_id": "medical-icu", "name": "Medical ICU", "age_groups": ["adult"] }])
        );
        assert_eq!(told["center"]["lines"][0]["units"][0]["effective_status"], "available");

        test.clock.advance_micros(HOUR);
        // when the unit closes, what the center had said before it does not come back
        let (status, _, _) = test.post(&own, &place(&center), "do=close&unit=medical-icu");
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, list) = test.get(&Actor::public(), "/capacity");
        assert!(row(&list, "Open").contains("never reported"), "{}", row(&list, "Open"));
        let (_, page) = test.get(&own, &place(&center));
        assert!(page.contains("The center as a whole") && page.contains("Open it again"), "{page}");
        test.clock.advance_micros(HOUR);
        let page = make(test, &own, &center, "unit=medical-icu&name=Medical+ICU&ages=adult");
        assert!(!page.contains("Open it again") && page.contains("never reported"), "{page}");
    });
}

#[test]
fn the_form_reports_for_one_unit_and_one_button_confirms_them_all() {
    each(|test| {
        let (center, own) = two_units(test);
        let address = format!("/capacity/{}/report", center.number);
        let (_, html) = test.get(&own, &address);
        assert!(html.contains("New report: Cardiac ICU"), "the first by name");
        let (_, html) = test.get(&own, &format!("{address}?unit=medical-icu"));
        assert!(html.contains("New report: Medical ICU") && html.contains("nothing is known"));
        assert!(!html.contains("Nothing has changed"), "there is nothing to confirm");

        let receipt = says(test, &own, &center, "medical-icu", (1, OPEN));
        assert!(receipt.contains("New report: Medical ICU") && receipt.contains("<b>Stored.</b>"));
        assert!(receipt.contains("value=\"2\""), "filled with what the unit has said");
        let (_, other) = test.get(&own, &format!("{address}?unit=cardiac-icu"));
        assert!(!other.contains("value=\"2\""), "another unit has not");
        says(test, &own, &center, "cardiac-icu", (2, CLOSED));
        test.clock.advance_micros(5 * HOUR);

        let (_, html) = test.get(&own, &address);
        assert!(html.contains("Nothing has changed in any unit"));
        assert!(html.contains("Nothing has changed in Cardiac ICU"));
        let all = format!("do=confirm&confirm={}", Uuid::from_u128(3));
        assert_eq!(test.post(&own, &address, &all).0, StatusCode::SEE_OTHER);
        let (_, one) = test.get(&Actor::public(), &format!("/capacity/{}", center.number));
        assert!(!one.contains("5 hours ago") && one.contains("reported just now"), "{one}");
        test.clock.advance_micros(5 * HOUR);
        let one = format!("do=confirm&unit=cardiac-icu&confirm={}", Uuid::from_u128(4));
        assert_eq!(test.post(&own, &address, &one).0, StatusCode::SEE_OTHER);
        let (_, one) = test.get(&Actor::public(), &format!("/capacity/{}", center.number));
        assert!(one.contains("5 hours ago") && one.contains("reported just now"), "{one}");
    });
}

#[test]
fn what_is_wrong_with_a_unit_stands_at_its_field_and_only_its_center_changes_it() {
    each(|test| {
        let (center, own) = two_units(test);
        let cases = [
            ("do=keep&unit=&name=&ages=adult", "new-name-wrong"),
            ("do=keep&unit=&name=NICU", "new-ages-wrong"),
            ("do=keep&unit=&name=NICU&ages=neonate", "new-ages-wrong"),
            ("do=keep&unit=&name=cardiac+icu&ages=adult", "new-name-wrong"),
            ("do=keep&unit=cardiac-icu&name=Medical+ICU&ages=adult", "unit-cardiac-icu-name-wrong"),
            ("do=keep&unit=cardiac-icu&name=Cardiac+ICU", "unit-cardiac-icu-ages-wrong"),
        ];
        for (form, field) in cases {
            let (status, _, html) = test.post(&own, &place(&center), form);
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(html.contains(&format!("id=\"{field}\"")), "{form}: {html}");
        }
        assert_eq!(
            test.post(&own, &place(&center), "do=keep&unit=none&name=A&ages=adult").0,
            StatusCode::NOT_FOUND
        );

        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        let grant = Grant { role: Role::CapacityReporter, place: Place::Center(center.id) };
        let reporter = Actor::person(PersonId(Uuid::from_u128(6)), "Rae Port", [grant]);
        // whoever changes no center at all is told so
        let others = [
            (clinician(&elsewhere), StatusCode::NOT_FOUND),
            (reporter.clone(), StatusCode::FORBIDDEN),
        ];
        for (actor, refused) in others {
            assert_eq!(test.get(&actor, &place(&center)).0, refused);
            let form = "do=close&unit=cardiac-icu";
            assert_eq!(test.post(&actor, &place(&center), form).0, refused);
        }
        let (_, html) = test.get(&reporter, &format!("/capacity/{}/report", center.number));
        assert!(html.contains("New report: Cardiac ICU") && !html.contains("/units"), "{html}");
    });
}

#[test]
fn a_table_and_fhir_name_the_unit() {
    each(|test| {
        let (center, own) = two_units(test);
        let template = test.get(&own, "/capacity/upload/template.csv").1;
        assert!(
            template.contains(",cardiac-icu,") && template.contains(",medical-icu,"),
            "{template}"
        );
        let table = format!(
            "center,unit,age_group,declared_status,valid_at,available_now\n{0},medical-icu,adult,available,{1},2\n{0},cardiac-icu,adult,available,{1},2\n{0},,adult,available,{1},2\n{0},nicu,adult,available,{1},2\n",
            center.number, "2026-11-22T10:00:00Z"
        );
        let place = "/api/capacity/v1/reports.csv?dry_run=false";
        let (status, _, body) = test.call(&own, ("POST", place), ("text/csv", Some(&table)));
        assert_eq!(status, StatusCode::OK, "{body}");
        let told: Value = serde_json::from_str(&body).unwrap();
        let verdicts: Vec<(&Value, &Value)> = told["centers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (&it["unit_id"], &it["verdict"]))
            .collect();
        // two units that say the same are two reports
        assert_eq!(
            verdicts,
            [
                (&json!(null), &json!("refused")),
                (&json!("cardiac-icu"), &json!("stored")),
                (&json!("medical-icu"), &json!("stored")),
                (&json!("nicu"), &json!("refused")),
            ]
        );
        assert_eq!(told["centers"][3]["errors"][0]["column"], "unit", "{told}");

        let bundle = format!("/api/capacity/v1/centers/{}/fhir", center.number);
        let (_, body) = test.get(&own, &bundle);
        let bundle: Value = serde_json::from_str(&body).unwrap();
        let mut reports: Vec<Value> = bundle["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["resource"].clone())
            .filter(|it| it["resourceType"] == "MeasureReport")
            .collect();
        assert_eq!(reports.len(), 2, "one of each unit: {body}");
        let mut one = reports.remove(0);
        let url = "urn:openecls:fhir:StructureDefinition:ecls-unit";
        assert_eq!(one["extension"], json!([{ "url": url, "valueCode": "cardiac-icu" }]));
        // sent back to us it is a report of the same unit
        test.clock.advance_micros(HOUR);
        let place = "/api/capacity/v1/fhir/MeasureReport";
        let sent = one.to_string().replace("T10:00:00Z", "T11:00:00Z");
        let (status, _, body) =
            test.call(&own, ("POST", place), ("application/fhir+json", Some(&sent)));
        assert_eq!(status, StatusCode::CREATED, "{body}");
        let span = (test.clock.now().plus_micros(-DAY), test.clock.now().plus_micros(DAY));
        let kept = test.capacity.history(&own, center.id, span).unwrap();
        assert_eq!(kept[0].unit.as_deref(), Some("cardiac-icu"));
        one["extension"][0]["valueCode"] = json!("nicu");
        let (status, _, body) =
            test.call(&own, ("POST", place), ("application/fhir+json", Some(&one.to_string())));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(body.contains("MeasureReport.extension"), "{body}");
    });
}
