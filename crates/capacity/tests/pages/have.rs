//! Lights as EDXL-HAVE, on both engines. Against its schema the document is checked by `e2e/schemathesis/run`.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;

/// Every element with its path and text, in their order.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(xml);
    let (mut path, mut out) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                path.push(name);
                out.push((path.join("/"), String::new()));
            }
            Event::Text(text) => {
                let text = text.trim().to_owned();
                if let Some(last) = out.last_mut() {
                    last.1.push_str(&text);
                }
            }
            Event::End(_) => drop(path.pop()),
            Event::Eof => return out,
            _ => {}
        }
    }
}

fn read(test: &Test, actor: &Actor, query: &str) -> (StatusCode, Vec<(String, String)>) {
    let (status, xml) = test.get(actor, &format!("/api/capacity/v1/have.xml{query}"));
    (status, if status == StatusCode::OK { elements(&xml) } else { Vec::new() })
}

/// The texts of an element, wherever it stands.
fn all<'a>(found: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let own = found.iter().filter(|(path, _)| path.ends_with(&format!("/{name}")));
    own.map(|(_, text)| text.as_str()).collect()
}

#[test]
fn at_24_an_unknown_line_has_a_grey_light_a_comment_and_no_counts() {
    each(|test| {
        let silent = test.center("Silent", (52.5, 13.4), AgeGroup::Adult);
        let (status, found) = read(test, &clinician(&silent), "");

        assert_eq!(status, StatusCode::OK);
        assert_eq!(all(&found, "colourStatus/colourCodeDefault/Value"), ["grey", "grey"]);
        assert_eq!(all(&found, "facilityColourStatus/colourCode/Value"), ["grey"]);
        assert_eq!(all(&found, "isAvailable"), ["false", "false"]);
        assert!(all(&found, "serviceStatus/comment")[0].contains("Never reported"));
        assert!(all(&found, "serviceBedCapacity").is_empty());
        assert_eq!(all(&found, "facilityID"), [format!("center-{}", silent.number)]);
        assert_eq!(all(&found, "Point/pos"), ["52.5 13.4"], "latitude first");
    });
}

#[test]
fn a_light_is_worth_what_it_is_on_our_pages_and_counts_are_never_zero_for_unknown() {
    each(|test| {
        let open = test.center("Open & Sons <1>", (52.5, 13.4), AgeGroup::Adult);
        let busy = test.center("Busy", (48.1, 11.6), AgeGroup::Adult);
        let last = test.center("Last", (50.1, 8.7), AgeGroup::Adult);
        let own = clinician(&open);
        let of = |actor: &Actor, center: &Profile| {
            let (status, found) = read(test, actor, &format!("?q={}", center.number));
            assert_eq!(status, StatusCode::OK);
            found
        };
        test.says(&open, 1, Declared::Available, 2);
        test.says(&busy, 2, Declared::Full, 0);
        test.says(&last, 3, Declared::Limited, 1);

        let found = of(&own, &open);
        assert_eq!(all(&found, "colourCodeDefault/Value"), ["green", "green"]);
        assert_eq!(all(&found, "availableCount"), ["2", "2"]);
        assert!(all(&found, "baselineCount").is_empty(), "not stated is left out");
        let (_, xml) = test.get(&own, "/api/capacity/v1/have.xml");
        assert!(xml.contains("Open &amp; Sons &lt;1&gt;"));
        let found = of(&own, &busy);
        assert_eq!(
            (all(&found, "isAvailable")[0], all(&found, "colourCodeDefault/Value")[0]),
            ("false", "red")
        );
        let found = of(&own, &last);
        assert_eq!(
            (all(&found, "isAvailable")[0], all(&found, "colourCodeDefault/Value")[0]),
            ("true", "yellow")
        );
        // everybody sees lights without counts; what may be the last place is not promised without its count
        let public = of(&Actor::public(), &last);
        assert!(all(&public, "availableCount").is_empty());
        assert_eq!(
            (all(&public, "isAvailable")[0], all(&public, "colourCodeDefault/Value")[0]),
            ("false", "yellow")
        );
        // one grey service makes no green center
        test.clock.advance_micros(HOUR);
        test.says_of(&open, 4, (Some(Mode::Vv), false), (Declared::Unknown, 0));
        let found = of(&own, &open);
        assert_eq!(all(&found, "facilityColourStatus/colourCode/Value"), ["grey"]);
        // too old to be relied on, and expired
        for hours in [30, 60] {
            test.clock.advance_micros(hours * HOUR);
            let found = of(&own, &open);
            assert_eq!(all(&found, "colourCodeDefault/Value"), ["grey", "grey"], "{hours}");
            assert!(all(&found, "serviceBedCapacity").is_empty());
            assert_eq!(all(&found, "isAvailable"), ["false", "false"]);
        }
    });
}

#[test]
fn elements_stand_in_the_order_of_the_draft_and_filters_are_those_of_centers() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        test.says(&open, 1, Declared::Available, 2);
        let (_, found) = read(test, &clinician(&open), "?country=DE&age_group=adult");
        let children = |of: &str| -> Vec<String> {
            let direct = found.iter().filter_map(|(path, _)| path.strip_prefix(&format!("{of}/")));
            let mut names: Vec<String> =
                direct.filter(|it| !it.contains('/')).map(str::to_owned).collect();
            names.dedup();
            names
        };
        assert_eq!(children("HAVE"), ["organizationInformation", "reportComment", "facility"]);
        let facility = "HAVE/facility";
        assert_eq!(
            children(facility),
            ["facilityInformation", "serviceList", "facilityColourStatus"]
        );
        let item = format!("{facility}/serviceList/serviceListItem");
        assert_eq!(
            children(&item)[..4],
            ["serviceTaxonomyKeyValue", "serviceName", "serviceStatus", "serviceBedCapacity"]
        );
        assert_eq!(all(&found, "serviceTaxonomyKeyValue"), ["ecls.adult.vv", "ecls.adult.va"]);
        let cases = [
            ("?age_group=neonate", StatusCode::NOT_FOUND),
            ("?after=1", StatusCode::BAD_REQUEST),
            ("?colour=green", StatusCode::BAD_REQUEST),
        ];
        for (query, wanted) in cases {
            assert_eq!(read(test, &Actor::public(), query).0, wanted, "{query}");
        }
    });
}

#[test]
fn version_1_has_no_state_for_what_is_not_known_and_says_nothing_of_other_beds() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&open);
        let of = |actor: &Actor| {
            let (status, xml) = test.get(actor, "/api/capacity/v1/have-1.0.xml");
            assert_eq!(status, StatusCode::OK);
            (elements(&xml), xml)
        };
        let bed = "HospitalStatus/Hospital/HospitalBedCapacityStatus/BedCapacity";
        let children = |found: &[(String, String)]| -> Vec<String> {
            let direct =
                found.iter().filter_map(|(path, _)| path.strip_prefix(bed)?.strip_prefix('/'));
            direct.filter(|it| !it.contains('/')).map(str::to_owned).collect()
        };
        let (found, xml) = of(&own);
        assert!(xml.contains(&format!("xnl:ID=\"center-{}\"", open.number)), "{xml}");
        let parts =
            ["BedType", "SubCategoryBedType", "SubCategoryBedType", "CommentText", "CommentText"];
        assert_eq!(children(&found), parts);
        assert!(all(&found, "CommentText")[0].contains("Never reported"), "{xml}");

        test.says_of(&open, 1, (Some(Mode::Vv), false), (Declared::Full, 0));
        let (found, _) = of(&own);
        assert_eq!(all(&found, "CapacityStatus"), ["NotAvailable"], "of the part alone");
        assert_eq!(all(&found, "AvailableCount"), ["0"]);
        test.clock.advance_micros(HOUR);
        test.says_of(&open, 2, (Some(Mode::Va), false), (Declared::Limited, 1));
        let (found, _) = of(&own);
        assert_eq!(
            all(&found, "CapacityStatus"),
            ["Vacant/Available", "NotAvailable", "Vacant/Available"]
        );
        assert_eq!(all(&found, "AvailableCount"), ["0", "1"]);
        assert_eq!(all(&found, "BedType"), ["AdultICU"]);
        assert_eq!(all(&found, "SubCategoryBedType"), ["ECLS VV", "ECLS VA"]);
        assert_eq!(all(&found, "LastUpdateTime"), ["2026-11-22T10:00:00Z"], "the oldest");
        let (found, _) = of(&Actor::public());
        assert_eq!(all(&found, "CapacityStatus"), ["NotAvailable"], "no last place is promised");
        assert!(all(&found, "AvailableCount").is_empty());
        test.clock.advance_micros(30 * HOUR);
        assert!(all(&of(&own).0, "CapacityStatus").is_empty(), "too old");
    });
}
