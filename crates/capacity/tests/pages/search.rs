//! The search for the nearest center, over HTTP.

use super::*;

/// Which group of the answer a center stands in; none when it is not there.
fn group(html: &str, name: &str) -> Option<String> {
    html.split("<h3 id=\"group-").skip(1).find_map(|part| {
        let key = part.split('"').next()?;
        (!row(part, name).is_empty()).then(|| key.to_owned())
    })
}

#[test]
fn the_four_groups_stand_in_their_order_with_distance_age_and_telephone() {
    each(|test| {
        let open = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let small = test.center("Small", (52.4, 13.1), AgeGroup::Adult);
        let busy = test.center("Busy", (52.6, 13.5), AgeGroup::Adult);
        let old = test.center("Old", (52.3, 13.2), AgeGroup::Adult);
        test.says(&old, 1, Declared::Available, 3);
        test.clock.advance_micros(30 * HOUR);
        test.says(&open, 2, Declared::Available, 2);
        test.says(&small, 3, Declared::Limited, 1);
        test.says(&busy, 4, Declared::Full, 0);
        test.clock.advance_micros(HOUR);

        let (status, html) = test.get(&Actor::public(), "/capacity/search?from=Berlin&mode=VV");

        assert_eq!(status, StatusCode::OK);
        assert_eq!(group(&html, "Open").as_deref(), Some("can_accept"));
        assert_eq!(group(&html, "Small").as_deref(), Some("call_first"));
        assert_eq!(group(&html, "Old").as_deref(), Some("not_known"));
        assert_eq!(group(&html, "Busy").as_deref(), Some("advice_only"));
        let places: Vec<usize> = ["can_accept", "call_first", "not_known", "advice_only"]
            .iter()
            .map(|key| html.find(&format!("id=\"group-{key}\"")).unwrap())
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        let line = row(&html, "Open");
        assert!(
            line.contains("reported 1 hour ago") || line.contains("reported 60 minutes ago"),
            "{line}"
        );
        assert!(line.contains(" km ") && line.contains(SWITCHBOARD), "{line}");
        assert!(row(&html, "Old").contains("last known 31 hours ago"), "{}", row(&html, "Old"));
        assert!(html.contains("from Berlin, Germany") && html.contains("GeoNames data, CC BY 4.0"));
        for notice in [
            "Ring the center before you act on them.",
            "Distance is as the crow flies. Whether a patient can be accepted is decided by the clinicians of both hospitals, not by this page.",
            "please ask the treating team to contact a center",
        ] {
            assert!(html.contains(notice), "{notice}");
        }
    });
}

#[test]
fn at_23_when_all_are_full_the_nearest_capable_centers_beyond_the_limit_are_named_with_the_hotline()
{
    each(|test| {
        let busy = test.center("Busy", (52.5, 13.4), AgeGroup::Adult);
        let far = test.center("Far", (48.1, 11.6), AgeGroup::Adult);
        test.says(&busy, 1, Declared::Full, 0);
        test.says(&far, 2, Declared::Available, 2);
        let network = |key: &str, hotline: &str, hotline_public| Network {
            key: key.to_owned(),
            name: format!("Network {key}"),
            countries: ["DE".to_owned()].into(),
            hotline: hotline.to_owned(),
            hotline_public,
        };
        let operator = Actor::operator("operator");
        for (key, hotline, public) in
            [("north", "+4940000001", true), ("inner", "+4940000002", false)]
        {
            test.capacity
                .put_network(&operator, &network(key, hotline, public), &[busy.id])
                .unwrap();
        }

        let address = "/capacity/search?from=52.5,+13.4&km=100";
        let (_, html) = test.get(&Actor::public(), address);
        let (_, own) = test.get(&clinician(&far), address);

        assert_eq!(group(&html, "Busy").as_deref(), Some("advice_only"));
        assert!(html.contains("No center within 100 km says that it has a place."));
        assert!(row(&html, "Far").contains("beyond what you asked for"), "{}", row(&html, "Far"));
        assert!(html.contains("+4940000001") && !html.contains("+4940000002"));
        assert!(own.contains("+4940000001") && own.contains("+4940000002"));
    });
}

#[test]
fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
    each(|test| {
        test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        for (query, says) in [
            ("from=Berlin&weight=heavy", "Type kilograms from 0.2 to 300"),
            ("from=Berlin&km=9000", "Type kilometers from 1 to 5000."),
            ("from=Berlin&exact=old", "Type an age such as 5 days"),
            ("from=Berlin&weeks=3", "Type completed weeks from 20 to 45."),
            ("from=&km=300", "Type a place, coordinates or the number of a center."),
            ("from=Xyzzyq", "No place of this name is known."),
        ] {
            let (status, html) = test.get(&Actor::public(), &format!("/capacity/search?{query}"));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
            assert!(html.contains(says) && html.contains("aria-invalid=\"true\""), "{query}");
            assert!(!html.contains("id=\"group-"), "{query}: no answer to another question");
        }
        let (_, html) =
            test.get(&Actor::public(), "/capacity/search?from=Berlin&weight=heavy&km=300");
        assert!(html.contains("value=\"heavy\"") && html.contains("value=\"300\""));
        for unknown in ["color=green", "age=all", "fresh=expired", "need=taxi"] {
            let (status, _) =
                test.get(&Actor::public(), &format!("/capacity/search?from=Berlin&{unknown}"));
            assert_eq!(status, StatusCode::BAD_REQUEST, "{unknown}");
        }
    });
}

#[test]
fn a_name_of_several_places_is_chosen_by_a_person_and_the_rest_of_the_question_stays() {
    each(|test| {
        test.center("Open", (52.5, 13.4), AgeGroup::Neonate);

        let (status, html) =
            test.get(&Actor::public(), "/capacity/search?from=Springfield&exact=5+days&weight=2.9");

        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(html.contains("There are several places of this name. Choose one."));
        assert!(html.contains("Springfield, IL, United States"), "{html}");
        let link = html.split("href=\"").find(|it| it.contains("Springfield, IL")).unwrap();
        let address = link.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        assert!(address.contains("exact=5%20days") && address.contains("weight=2.9"), "{address}");
        let (status, html) = test.get(&Actor::public(), &address);
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("United States of America") || html.contains("(United States)"));
    });
}

#[test]
fn an_exact_age_decides_the_age_group_and_a_center_is_a_start() {
    each(|test| {
        let newborn = test.center("Newborn", (52.5, 13.4), AgeGroup::Neonate);
        test.center("Adults", (52.4, 13.3), AgeGroup::Adult);

        let address = format!("/capacity/search?from={}&age=adult&exact=5+days", newborn.number);
        let (_, html) = test.get(&Actor::public(), &address);

        assert!(
            html.contains("from Newborn") && html.contains("<option value=\"neonate\" selected>")
        );
        assert_eq!(group(&html, "Newborn").as_deref(), Some("not_known"));
        assert_eq!(group(&html, "Adults"), None, "an adult place for a newborn");
        assert!(html.contains("1 not for this age"), "{html}");
    });
}

#[test]
fn asking_for_more_places_tells_everybody_nothing_that_only_clinicians_see() {
    each(|test| {
        let one = test.center("One", (52.5, 13.4), AgeGroup::Adult);
        let many = test.center("Many", (52.4, 13.3), AgeGroup::Adult);
        let elsewhere = test.center("Elsewhere", (48.1, 11.6), AgeGroup::Adult);
        test.says(&one, 1, Declared::Available, 1);
        test.says(&many, 2, Declared::Available, 5);

        let address = "/capacity/search?from=Berlin&km=100&places=3";
        let (_, public) = test.get(&Actor::public(), address);
        let (_, own) = test.get(&clinician(&elsewhere), address);

        assert_eq!(group(&public, "One"), group(&public, "Many"));
        assert!(!public.contains("stated, 3 asked for"), "{public}");
        assert_eq!(group(&own, "One").as_deref(), Some("call_first"));
        assert_eq!(group(&own, "Many").as_deref(), Some("can_accept"));
        assert!(row(&own, "One").contains("1 stated, 3 asked for"));
        assert!(row(&own, "One").contains(REFERRAL) && !row(&public, "One").contains(REFERRAL));
    });
}
