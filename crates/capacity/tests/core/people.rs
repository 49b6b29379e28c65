//! Who sees what, and what is published.

use std::collections::BTreeMap;

use capacity::{
    Cadences, Center, Light, Line, OperatingLevel, Reader, Reason, Totals, published, view,
};

use crate::common::{Adult, Available, Full, Vv, at, center, counted, line, log, report};

fn whole() -> Line {
    Line {
        on_ecls_now: Some(3),
        staffed_slots: Some(6),
        committed: Some(1),
        surge_7d: Some(4),
        operating_level: Some(OperatingLevel::Strained),
        ..counted(2, Available)
    }
}

fn seen(center: &Center, reader: Reader) -> serde_json::Value {
    let log = log(&[report(1, at("08:00:00"), vec![whole()])]);
    let view = view(center, &log, reader, &Cadences::default(), at("09:25:00")).unwrap();
    serde_json::to_value(view).unwrap()
}

/// The line of adults on VV.
fn adult_vv(seen: &serde_json::Value) -> serde_json::Value {
    let lines = seen["lines"].as_array().unwrap();
    let is_it = |line: &&serde_json::Value| line["age_group"] == "adult" && line["mode"] == "VV";
    lines.iter().find(is_it).cloned().unwrap()
}

#[test]
fn at_26_everybody_sees_a_light_and_its_age_but_no_count_and_no_referral_number() {
    let public = seen(&center(), Reader::Public);

    let line = adult_vv(&public);
    assert_eq!(line["effective_status"], "available");
    assert_eq!(line["age_minutes"], 85);
    assert_eq!(line["valid_at"], "2026-11-22T08:00:00.000000Z");
    assert!(line["counts"].is_null() && line.get("counts").is_some(), "null, and there");
    assert_eq!(line["counts_withheld"], true);
    assert!(line.get("inner").is_none() && public["teams"].is_null());
    let text = public.to_string();
    assert!(text.contains("+4930000001") && !text.contains("+4930000002"));
    let open = Center { public_counts: true, ..center() };
    assert_eq!(adult_vv(&seen(&open, Reader::Public))["counts"]["available_now"], 2);
    assert_eq!(adult_vv(&seen(&open, Reader::Public))["counts_withheld"], false);
}

#[test]
fn each_tier_sees_what_the_one_below_sees_and_more() {
    let inner = |reader, path: &str| {
        adult_vv(&seen(&center(), reader)).pointer(path).cloned().unwrap_or_default()
    };

    assert_eq!(inner(Reader::Professional, "/counts/available_now"), 2);
    assert_eq!(inner(Reader::Professional, "/counts/occupancy"), 0.5);
    assert!(inner(Reader::Professional, "/counts/committed").is_null());
    assert!(inner(Reader::Professional, "/inner/operating_level").is_null());
    assert_eq!(inner(Reader::Network, "/counts/committed"), 1);
    assert_eq!(inner(Reader::Network, "/inner/operating_level"), "strained");
    assert!(seen(&center(), Reader::Professional).to_string().contains("+4930000002"));
}

#[test]
fn an_expired_line_shows_no_number_to_anybody_and_says_what_was_known() {
    let log = log(&[report(1, at("08:00:00"), vec![whole()])]);
    let center = center();
    let view =
        view(&center, &log, Reader::Steward, &Cadences::default(), at("2026-11-26T08:00:00Z"));
    let lines = view.unwrap().lines;
    let line = lines.iter().find(|line| (line.age_group, line.mode) == (Adult, Vv)).unwrap();

    assert_eq!(
        (line.effective_status, line.effective_reason),
        (Light::Unknown, Some(Reason::Expired))
    );
    assert_eq!(line.last_known_status, Some(Available));
    assert_eq!((line.counts, line.counts_withheld, line.declared_status), (None, false, None));
}

#[test]
fn at_27_a_country_with_two_reporting_centers_is_not_published_nor_is_it_found_by_subtraction() {
    let of = |can_accept, full| Totals { can_accept, full, ..Totals::default() };
    let areas: BTreeMap<String, Totals> =
        [("DE".to_owned(), of(9, 4)), ("SE".to_owned(), of(1, 1)), ("NO".to_owned(), of(2, 1))]
            .into();

    let shown = published(&areas);

    assert_eq!(shown["SE"], None);
    assert_eq!(shown["NO"], None, "one more, or the sum would tell");
    assert_eq!(shown["DE"], Some(of(9, 4)));
    let two: BTreeMap<String, Totals> =
        [("DE".to_owned(), of(9, 4)), ("SE".to_owned(), of(1, 1)), ("FI".to_owned(), of(0, 1))]
            .into();
    assert_eq!(published(&two)["DE"], Some(of(9, 4)), "two hidden ones hide each other");
}

#[test]
fn every_center_of_a_list_is_in_one_number_of_its_totals() {
    let (center, none) = (center(), capacity::Log::default());
    let fresh = log(&[report(1, at("08:00:00"), vec![line(Adult, None, Full)])]);
    let mut totals = Totals::default();
    for (log, now) in [(&fresh, "09:00:00"), (&fresh, "2026-11-24T09:00:00Z"), (&none, "09:00:00")]
    {
        let status = capacity::status(&center, log, (Adult, Vv), &Cadences::default(), at(now));
        totals.add(&status.unwrap());
    }

    assert_eq!((totals.full, totals.not_known, totals.all()), (1, 2, 3));
}
