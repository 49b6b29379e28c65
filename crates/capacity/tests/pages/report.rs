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

/// The center with a second kind of support that differs, and a team.
fn with_team(test: &Test, center: &Profile) {
    let operator = Actor::operator("operator");
    let retrieval = Retrieval {
        ages: [AgeGroup::Adult].into(),
        services: [Service::Primary].into(),
        ..Retrieval::default()
    };
    let details = Details { retrieval, ..center.details.clone() };
    test.centers.save(&operator, center.id, center.revision, &details).unwrap();
}

#[test]
fn kinds_of_support_the_expected_place_and_the_team_are_reported_and_come_back_in_the_form() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        with_team(test, &center);
        let own = clinician(&center);
        // noon in Berlin is 11:00 UTC
        let form = filled(
            &id(1),
            &[
                ("declared_status", "available"),
                ("available_now", "2"),
                ("VA", "full"),
                ("next_free_expected_at", "2026-11-22T18:00"),
                ("operating_level", "strained"),
                ("team_status", "committed"),
                ("teams_ready", "0"),
                ("back_at", "2026-11-22T20:30"),
            ],
        );

        let (status, leads, html) = test.post(&own, &address(&center), &form);
        assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
        let (_, again) = test.get(&own, leads.split('#').next().unwrap());
        let (_, vv) = test.get(&Actor::public(), "/capacity?mode=VV");
        let (_, va) = test.get(&Actor::public(), "/capacity?mode=VA");
        let reports = test.capacity.history(
            &own,
            center.id,
            (test.clock.now().plus_micros(-HOUR), test.clock.now().plus_micros(HOUR)),
        );

        assert!(row(&vv, "Open").contains("Can accept") && row(&va, "Open").contains("Full"));
        for kept in [
            "<option value=\"full\" selected>",
            "value=\"2026-11-22T18:00\"",
            "<option value=\"strained\" selected>",
            "<option value=\"committed\" selected>",
            "value=\"2026-11-22T20:30\"",
        ] {
            assert!(again.contains(kept), "{kept}");
        }
        let reports = reports.unwrap();
        let expected = reports[0].lines[0].next_free_expected_at.unwrap();
        assert_eq!(
            expected.to_string(),
            "2026-11-22T17:00:00.000000Z",
            "on the clock of the center"
        );
        assert_eq!(reports[0].transport[0].team_status, TeamStatus::Committed);
    });
}

#[test]
fn a_kind_of_support_that_is_as_the_age_group_again_is_said_anew() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let first = [("declared_status", "limited"), ("limits", "nursing"), ("VA", "full")];
        test.post(&own, &address(&center), &filled(&id(1), &first));
        test.clock.advance_micros(HOUR);
        // VA is not chosen any more
        let second = [("declared_status", "limited"), ("limits", "nursing")];
        let (status, _, html) = test.post(&own, &address(&center), &filled(&id(2), &second));

        assert_eq!(status, StatusCode::SEE_OTHER, "{html}");
        let (_, va) = test.get(&Actor::public(), "/capacity?mode=VA");
        assert!(row(&va, "Open").contains("Limited"), "{}", row(&va, "Open"));
    });
}

#[test]
fn an_expected_time_that_cannot_be_read_or_is_over_stands_at_its_field() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        for wrong in ["tomorrow", "2026-11-22T03:00"] {
            let fields = [("declared_status", "available"), ("next_free_expected_at", wrong)];
            let (status, _, html) = test.post(&own, &address(&center), &filled(&id(1), &fields));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
            assert!(html.contains("adult.next_free_expected_at-wrong"), "{wrong}");
            assert!(html.contains("<details class=\"report-more\" open>"), "it is not hidden");
        }
    });
}

#[test]
fn at_36_a_reporter_is_asked_about_a_place_that_was_expected_by_now() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let fields = [
            ("declared_status", "full"),
            ("limits", "nursing"),
            ("next_free_expected_at", "2026-11-22T12:00"),
        ];
        test.post(&own, &address(&center), &filled(&id(1), &fields));
        test.clock.advance_micros(2 * HOUR);

        let (_, html) = test.get(&own, &address(&center));
        let (_, list) = test.get(&Actor::public(), "/capacity");

        assert!(html.contains("You expected a place by 22 Nov 2026, 12:00"), "{html}");
        assert!(row(&list, "Open").contains("Full"), "the clock opens nothing");
    });
}

#[test]
fn a_coordinator_relays_what_a_center_of_the_network_says_and_nothing_else() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let outside = test.center("Outside", (48.1, 11.6), AgeGroup::Adult);
        let network = Network {
            key: "north".to_owned(),
            name: "North".to_owned(),
            countries: ["DE".to_owned()].into(),
            hotline: String::new(),
            hotline_public: false,
        };
        test.capacity.put_network(&Actor::operator("operator"), &network, &[center.id]).unwrap();
        let place = Place::Network("north".to_owned());
        let grant = Grant { role: Role::NetworkCoordinator, place };
        let desk = Actor::person(PersonId(Uuid::from_u128(6)), "Network Desk", [grant]);
        let (_, html) = test.get(&desk, &address(&center));
        let said = [("declared_status", "available"), ("available_now", "2")];

        let (status, leads, _) = test.post(&desk, &address(&center), &filled(&id(1), &said));
        let (_, receipt) = test.get(&desk, leads.split('#').next().unwrap());
        let (_, list) = test.get(&Actor::public(), "/capacity");
        let confirm = format!("do=confirm&confirm={}", id(2));
        let (refused, _, why) = test.post(&desk, &address(&center), &confirm);
        let (elsewhere, _, _) = test.post(&desk, &address(&outside), &filled(&id(3), &said));

        assert!(html.contains("Relay capacity") && !html.contains("does not work for a while"));
        assert_eq!(status, StatusCode::SEE_OTHER);
        assert!(receipt.contains("<b>Stored.</b>") && !receipt.contains("Take it back"));
        assert!(row(&list, "Open").contains("Can accept"));
        // it counts as a relayed report, whatever was sent
        assert!(refused.is_client_error(), "{refused} {why}");
        assert_eq!(elsewhere, StatusCode::NOT_FOUND);
    });
}

#[test]
fn a_center_says_that_it_does_not_work_and_takes_it_back() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let said = [("declared_status", "available"), ("available_now", "2")];
        test.post(&own, &address(&center), &filled(&id(1), &said));
        test.clock.advance_micros(HOUR);

        let torn = "do=suspend&until=&reason=No+perfusionist";
        let (wrong, _, html) = test.post(&own, &address(&center), torn);
        assert_eq!(wrong, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains("value=\"No perfusionist\""), "what was typed stays");
        let form = "do=suspend&until=2026-11-24T08:00&reason=No+perfusionist";
        let (status, _, _) = test.post(&own, &address(&center), form);
        let twice = test.post(&own, &address(&center), form);
        let (_, list) = test.get(&Actor::public(), "/capacity");
        let (_, page) = test.get(&own, &address(&center));
        let (back, _, _) = test.post(&own, &address(&center), "do=resume");
        let (_, after) = test.get(&Actor::public(), "/capacity");

        assert_eq!((status, back), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        assert!(twice.2.contains("The center is suspended already."));
        assert!(row(&list, "Open").contains("Not working at present"));
        assert!(page.contains("The center works again"));
        let line = row(&after, "Open");
        assert!(!line.contains("Can accept") && line.contains("Not known"), "{line}");
    });
}

#[test]
fn open_runs_of_the_registry_stand_beside_the_number_and_a_difference_is_asked_about() {
    for make in [TestDatabase::sqlite, TestDatabase::postgres] {
        let mut test = Test::over(make());
        test.capacity = test.capacity.clone().beside(Arc::new(|_, _| vec![(AgeGroup::Adult, 4)]));
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let (_, html) = test.get(&own, &address(&center));
        let three = [("declared_status", "full"), ("limits", "nursing"), ("on_ecls_now", "3")];
        let one = [("declared_status", "full"), ("limits", "nursing"), ("on_ecls_now", "1")];

        let (near, _, _) = test.post(&own, &address(&center), &filled(&id(1), &three));
        let (far, _, asked) = test.post(&own, &address(&center), &filled(&id(2), &one));

        assert!(html.contains("4 open runs in the registry"));
        assert!(html.contains("name=\"adult.on_ecls_now\" type=\"number\""));
        assert_eq!(near, StatusCode::SEE_OTHER);
        assert_eq!(far, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(asked.contains("4 open runs in the registry, 1 reported on ECLS"), "{asked}");
    }
}

#[test]
fn the_same_values_for_a_fortnight_are_asked_about() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let said = [("declared_status", "available"), ("available_now", "2")];
        for day in 1..=14 {
            let (status, _, _) = test.post(&own, &address(&center), &filled(&id(day), &said));
            assert_eq!(status, StatusCode::SEE_OTHER, "day {day}");
            test.clock.advance_micros(DAY);
        }

        let (status, _, html) = test.post(&own, &address(&center), &filled(&id(15), &said));

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains("The same values on 14 days in a row"), "{html}");
    });
}

#[test]
fn a_report_that_had_to_wait_counts_from_when_it_was_made() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let actor = clinician(&center);
        let address = format!("/capacity/{}/report", center.number);
        let form = |number: u128, waited: &str| {
            let id = Uuid::from_u128(number);
            format!(
                "do=send&report={id}&adult.declared_status=available&adult.available_now=2&{waited}"
            )
        };
        let newest = || {
            let span = (test.clock.now().plus_micros(-2 * DAY), test.clock.now().plus_micros(DAY));
            test.capacity.history(&Actor::operator("operator"), center.id, span).unwrap()
        };
        // what was said before the center was listed does not count
        test.clock.advance_micros(HOUR);
        let now = test.clock.now();

        // made forty minutes ago; sent twice, since the first answer was lost
        for again in 0..2 {
            let (status, leads, page) = test.post(&actor, &address, &form(1, "waited_s=2400"));
            assert_eq!(status, StatusCode::SEE_OTHER, "{again}: {page}");
            let (_, receipt) = test.get(&actor, leads.split('#').next().unwrap());
            assert!(receipt.contains("It was made before, and counts from"), "{receipt}");
        }
        let all = newest();
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].valid_at, now.plus_micros(-40 * capacity::MINUTE));
        assert_eq!(all[0].recorded_at, now);

        // a day and an hour: too long ago, and what it says is kept on the page with its own time
        let (status, _, page) = test.post(&actor, &address, &form(2, "waited_s=90000"));
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("name=\"said_at\" value=\"2026-11-21T10:00:00"), "{page}");
        assert_eq!(test.post(&actor, &address, &form(3, "waited_s=yes")).0, StatusCode::CONFLICT);
        assert_eq!(test.post(&actor, &address, &form(4, "waited_s=-7")).0, StatusCode::CONFLICT);
        let id = Uuid::from_u128(5);
        let confirm = format!("do=confirm&confirm={id}&waited_s=600");
        assert_eq!(test.post(&actor, &address, &confirm).0, StatusCode::SEE_OTHER);
        assert_eq!(newest().len(), 2);
        assert_eq!(newest()[0].valid_at, now.plus_micros(-10 * capacity::MINUTE));
        assert!(!test.get(&actor, &address).1.contains("name=\"said_at\""));
    });
}
