//! Reporting through the form, on both engines.

use super::*;

/// The value of a hidden field.
fn hidden<'a>(html: &'a str, name: &str) -> &'a str {
    let start = format!("name=\"{name}\" value=\"");
    html.split(&start).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("")
}

fn address(center: &Profile) -> String {
    format!("/capacity/{}/report", center.number)
}

/// A filled form for adults.
fn filled(id: &str, fields: &[(&str, &str)]) -> String {
    let mut out = format!("do=send&report={id}");
    for (name, value) in fields {
        out.push_str(&format!("&adult.{name}={value}"));
    }
    out
}

fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

#[test]
fn a_report_is_sent_in_one_form_shown_at_once_and_taken_back() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let (status, html) = test.get(&own, &address(&center));
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("What everybody sees now") && html.contains("never reported"));
        assert!(!html.contains("Nothing has changed"), "there is nothing to confirm");

        let form = filled(
            hidden(&html, "report"),
            &[
                ("declared_status", "limited"),
                ("available_now", "1"),
                ("on_ecls_now", "3"),
                ("limits", "nursing"),
            ],
        );
        let (status, leads, _) = test.post(&own, &address(&center), &form);
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, receipt) = test.get(&own, leads.split('#').next().unwrap());
        let (_, list) = test.get(&Actor::public(), "/capacity");

        assert!(receipt.contains("<b>Stored.</b>") && receipt.contains("next report due"));
        assert!(row(&list, "Open").contains("Limited – call"), "{}", row(&list, "Open"));
        // filled with what was said
        assert!(
            receipt.contains("value=\"limited\" checked")
                && receipt.contains("value=\"nursing\" checked")
        );
        assert_eq!(receipt.matches("value=\"3\"").count(), 1);

        let undo = format!("do=undo&sent={}", hidden(&receipt, "sent"));
        let (status, leads, _) = test.post(&own, &address(&center), &undo);
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, gone) = test.get(&own, leads.split('#').next().unwrap());
        let (_, list) = test.get(&Actor::public(), "/capacity");
        assert!(gone.contains("<b>Taken back.</b>"), "{gone}");
        assert!(row(&list, "Open").contains("never reported"));
    });
}

#[test]
fn at_16_the_same_form_sent_twice_is_one_report() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let form = filled(&id(1), &[("declared_status", "available"), ("available_now", "2")]);

        let first = test.post(&own, &address(&center), &form);
        let second = test.post(&own, &address(&center), &form);

        assert_eq!(first, second);
        let span = (test.clock.now().plus_micros(-DAY), test.clock.now().plus_micros(DAY));
        assert_eq!(test.capacity.history(&own, center.id, span).unwrap().len(), 1);
    });
}

#[test]
fn what_breaks_a_rule_stands_at_its_field_and_nothing_is_stored() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let span = (test.clock.now().plus_micros(-DAY), test.clock.now().plus_micros(DAY));
        let cases: [(&[(&str, &str)], &str); 5] = [
            (
                &[("declared_status", "available"), ("available_now", "two")],
                "adult.available_now-wrong",
            ),
            (&[("declared_status", "available"), ("available_now", "0")], "-wrong"),
            (&[("declared_status", "full")], "adult-limits-wrong"),
            (
                &[
                    ("declared_status", "available"),
                    ("available_now", "2"),
                    ("on_ecls_now", "3"),
                    ("committed", "0"),
                    ("staffed_slots", "4"),
                ],
                "adult.staffed_slots-wrong",
            ),
            (&[], "role=\"alert\""),
        ];
        for (fields, place) in cases {
            let (status, _, html) = test.post(&own, &address(&center), &filled(&id(7), fields));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
            assert!(html.contains(place), "{fields:?} not at {place}");
            assert!(html.contains("Nothing is stored yet. Mend what is marked."));
            assert_eq!(hidden(&html, "report"), id(7), "the same report is sent again");
        }
        let typed = filled(&id(7), &[("declared_status", "available"), ("available_now", "two")]);
        let (_, _, html) = test.post(&own, &address(&center), &typed);
        assert!(html.contains("value=\"two\"") && html.contains("value=\"available\" checked"));
        assert!(test.capacity.history(&own, center.id, span).unwrap().is_empty());
    });
}

#[test]
fn at_13_a_jump_is_asked_about_and_taken_when_it_is_said_to_be_right() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let four = filled(&id(1), &[("declared_status", "available"), ("available_now", "4")]);
        test.post(&own, &address(&center), &four);
        test.clock.advance_micros(HOUR);
        let eleven = filled(&id(2), &[("declared_status", "available"), ("available_now", "11")]);

        let (status, _, html) = test.post(&own, &address(&center), &eleven);
        let (sure, _, _) = test.post(&own, &address(&center), &format!("{eleven}&acknowledge=1"));

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            html.contains("From 4 to 11: is this right?") && html.contains("Yes, this is right")
        );
        assert_eq!(sure, StatusCode::SEE_OTHER);
        let (_, list) = test.get(&own, "/capacity");
        assert!(row(&list, "Open").contains("Free places\">11</td>"), "{}", row(&list, "Open"));
    });
}

#[test]
fn nothing_has_changed_makes_the_report_fresh_until_it_has_expired() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let said = filled(&id(1), &[("declared_status", "available"), ("available_now", "2")]);
        test.post(&own, &address(&center), &said);
        test.clock.advance_micros(30 * HOUR);
        let (_, html) = test.get(&own, &address(&center));
        assert!(html.contains("last known 30 hours ago"), "{html}");

        let confirm = format!("do=confirm&confirm={}", hidden(&html, "confirm"));
        let (status, _, _) = test.post(&own, &address(&center), &confirm);
        let (_, list) = test.get(&Actor::public(), "/capacity");
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(row(&list, "Open").contains("just now"), "{}", row(&list, "Open"));

        // T7: what has expired is said anew
        test.clock.advance_micros(80 * HOUR);
        let confirm = format!("do=confirm&confirm={}", id(9));
        let (status, _, html) = test.post(&own, &address(&center), &confirm);
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{html}");
    });
}

#[test]
fn nobody_reports_for_another_center_and_a_torn_form_is_refused() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        let other = clinician(&elsewhere);
        let form = filled(&id(1), &[("declared_status", "available"), ("available_now", "2")]);

        let read = test.get(&other, &address(&center)).0;
        let wrote = test.post(&other, &address(&center), &form).0;
        let page = test.get(&other, &format!("/capacity/{}", center.number)).1;
        let own = test.get(&clinician(&center), &format!("/capacity/{}", center.number)).1;

        assert_eq!((read, wrote), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert!(!page.contains("Report capacity") && own.contains("Report capacity"));
        for torn in ["do=send", "do=confirm", "do=undo&sent=x", "do=dance", ""] {
            let (status, _, _) = test.post(&clinician(&center), &address(&center), torn);
            assert_eq!(status, StatusCode::CONFLICT, "{torn}");
        }
        let (_, list) = test.get(&Actor::public(), "/capacity");
        assert!(row(&list, "Open").contains("never reported"));
    });
}
