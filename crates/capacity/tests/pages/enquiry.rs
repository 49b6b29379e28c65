//! Requests for a place, on both engines.

use std::collections::BTreeSet;

use capacity::{By, ENQUIRY_STATEMENTS, Enquiry, Onward, Outcome};

use super::*;

fn address(center: &Profile) -> String {
    format!("/capacity/{}/enquiries", center.number)
}

fn form(number: u128, end: &str) -> String {
    let id = Uuid::from_u128(number);
    format!("id={id}&age=adult&mode=VV&at=2026-11-22T10:40&country=de&region=de-be&end={end}")
}

const NOWHERE: &str = "declined_no_capacity+none_found";

fn enquiry(test: &Test, number: u128, outcome: Outcome, onward: Onward) -> Enquiry {
    Enquiry {
        id: Uuid::from_u128(number),
        at: test.clock.now(),
        from_country: "DE".to_owned(),
        from_subdivision: String::new(),
        age_group: AgeGroup::Adult,
        mode: None,
        outcome,
        limits: BTreeSet::new(),
        onward,
    }
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let findings = db::check_statements(&[&sqlite, &postgres], ENQUIRY_STATEMENTS);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_request_is_counted_with_two_taps_kept_to_the_hour_and_taken_back() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let own = clinician(&center);
        let (status, page) = test.get(&own, &address(&center));
        assert!(status == StatusCode::OK && page.contains("None yet."));

        let (status, leads, _) = test.post(&own, &address(&center), &form(1, NOWHERE));
        let again = test.post(&own, &address(&center), &form(1, NOWHERE)).0;
        let (_, kept) = test.get(&own, &leads);
        let all = test.capacity.enquiries(&own, center.id).unwrap();

        assert_eq!((status, again), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
        assert_eq!(all.len(), 1, "sent twice it is one");
        assert_eq!(all[0].at.to_string(), "2026-11-22T09:00:00.000000Z", "to the hour");
        let from = (all[0].from_country.as_str(), all[0].from_subdivision.as_str());
        assert_eq!(from, ("DE", "DE-BE"));
        assert!(kept.contains("<b>Kept.</b>") && kept.contains("No center was found"));
        let undo = format!("do=undo&id={}", Uuid::from_u128(1));
        assert_eq!(test.post(&own, &address(&center), &undo).0, StatusCode::SEE_OTHER);
        assert!(test.capacity.enquiries(&own, center.id).unwrap().is_empty());
        assert_eq!(test.post(&own, &address(&center), &undo).0, StatusCode::CONFLICT);
    });
}

#[test]
fn what_cannot_be_right_is_told_with_what_was_typed_and_nobody_counts_for_others() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = clinician(&test.center("Other", (48.1, 11.6), AgeGroup::Adult));
        let own = clinician(&center);
        let swapped = |from: &str, to: &str| form(1, NOWHERE).replace(from, to);
        for (sent, told) in [
            (swapped("2026-11-22T10:40", "yesterday"), "Type day and time"),
            (swapped("2026-11-22T10:40", "2026-11-10T10:40"), "the last seven days"),
            (swapped("2026-11-22T10:40", "2026-12-22T10:40"), "the last seven days"),
            (swapped("country=de", "country=zz"), "a code of two letters"),
            (swapped("de-be", "berlin"), "a code such as DE-BE"),
        ] {
            let (status, _, page) = test.post(&own, &address(&center), &sent);
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
            let kept = page.contains("<option value=\"VV\" selected>");
            assert!(page.contains(told) && kept, "{told}");
        }
        for torn in ["", "id=1", "do=undo", &swapped("age=adult", "age=all"), &form(1, "maybe")] {
            let status = test.post(&own, &address(&center), torn).0;
            assert_eq!(status, StatusCode::CONFLICT, "{torn}");
        }
        assert_eq!(test.get(&other, &address(&center)).0, StatusCode::NOT_FOUND);
        let foreign = test.post(&other, &address(&center), &form(1, NOWHERE)).0;
        assert_eq!(foreign, StatusCode::NOT_FOUND);
        assert!(test.capacity.enquiries(&own, center.id).unwrap().is_empty());
    });
}

#[test]
fn a_month_needs_twenty_requests_at_three_centers_and_a_chapter_gives_no_country_away() {
    each(|test| {
        let operator = Actor::operator("operator");
        let centers: Vec<Profile> =
            ["A", "B", "C"].map(|name| test.center(name, (52.5, 13.4), AgeGroup::Adult)).into();
        let number = std::cell::Cell::new(0);
        let count = |center: &Profile, outcome, onward| {
            number.set(number.get() + 1);
            let it = enquiry(test, number.get(), outcome, onward);
            test.capacity.enquire(&operator, center.id, &it).unwrap();
        };
        (0..10).for_each(|_| count(&centers[0], Outcome::Accepted, Onward::Unknown));
        (0..9).for_each(|_| count(&centers[1], Outcome::NoCapacity, Onward::Nowhere));
        let span = (test.clock.now().plus_micros(-40 * DAY), test.clock.now().plus_micros(DAY));
        let months = |by| test.capacity.enquiry_months(span, by).unwrap();
        let key = ("2026-11".to_owned(), "DE".to_owned());
        assert_eq!(months(By::Country)[&key], None, "nineteen at two centers");
        count(&centers[2], Outcome::NoCapacity, Onward::Found);
        let told = months(By::Country)[&key].unwrap();
        assert_eq!((told.enquiries, told.accepted), (20, 10));
        assert_eq!((told.declined_no_capacity, told.none_found), (10, 9));
        let of_chapter = ("2026-11".to_owned(), centers[0].chapter.clone());
        assert!(months(By::Chapter)[&of_chapter].is_some());
        let (_, page) = test.get(&Actor::public(), "/capacity/enquiries");
        let (_, csv) = test.get(&Actor::public(), "/capacity/enquiries.csv");
        assert!(page.contains("Germany") && page.contains("either\">9</td>"), "{page}");
        assert!(csv.contains("2026-11,DE,20,10,10,0,0,9,no"), "{csv}");

        // one request of another country of the chapter would follow from the difference
        let details = Details {
            name: "D".to_owned(),
            country: "FR".to_owned(),
            city: "Paris".to_owned(),
            position: Some(Position { lat: 48.85, lon: 2.35, quality: PositionQuality::Site }),
            time_zone: "Europe/Paris".to_owned(),
            ..centers[0].details.clone()
        };
        let made = test.centers.add(&operator, None, &details, State::Verified).unwrap();
        test.centers.set_state(&operator, made.id, State::Listed, None, None).unwrap();
        let french = test.centers.profile(&operator, &made.number).unwrap();
        assert_eq!(french.chapter, of_chapter.1);
        count(&french, Outcome::NoCapacity, Onward::Nowhere);
        assert_eq!(months(By::Chapter)[&of_chapter], None);
        assert!(months(By::Country)[&key].is_some());
        let (wrong, _) = test.get(&Actor::public(), "/capacity/enquiries?by=center");
        assert_eq!(wrong, StatusCode::BAD_REQUEST);
    });
}

#[test]
fn programs_count_requests_and_are_told_what_is_wrong_by_field() {
    each(|test| {
        let center = test.center("Open", (52.5, 13.4), AgeGroup::Adult);
        let other = test.center("Other", (48.1, 11.6), AgeGroup::Adult);
        let own = clinician(&center);
        let address = format!("/api/capacity/v1/centers/{}/enquiries", center.number);
        let body = |more: &str| {
            let id = Uuid::from_u128(7);
            format!(
                r#"{{"enquiry_id":"{id}","at":"2026-11-22T10:40:00+01:00","age_group":"adult","outcome":"declined_no_capacity","onward":"none_found"{more}}}"#
            )
        };

        let (status, _, taken) = test.post(&own, &address, &body(r#","limits":["nursing"]"#));
        assert_eq!(status, StatusCode::CREATED, "{taken}");
        assert_eq!(test.post(&own, &address, &body("")).0, StatusCode::OK, "the same again");
        let all = test.capacity.enquiries(&own, center.id).unwrap();
        assert_eq!((all.len(), all[0].limits.len()), (1, 1));
        for (more, field) in [
            (r#","from_country":"XX""#, "/from_country"),
            (r#","from_subdivision":"BE""#, "/from_subdivision"),
        ] {
            let (status, _, told) = test.post(&own, &address, &body(more));
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(told.contains(field), "{told}");
        }
        let late = body("").replace("2026-11-22", "2026-11-02");
        assert!(test.post(&own, &address, &late).2.contains("/at"));
        assert_eq!(test.post(&own, &address, &body(r#","name":"x""#)).0, StatusCode::BAD_REQUEST);
        assert_eq!(test.post(&clinician(&other), &address, &body("")).0, StatusCode::NOT_FOUND);
        assert_eq!(test.post(&Actor::public(), &address, &body("")).0, StatusCode::UNAUTHORIZED);
    });
}
