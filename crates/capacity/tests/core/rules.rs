//! Hard and soft rules of reports.

use base::Instant;
use capacity::{
    Cadences, Center, Context, Findings, Line, Log, MINUTE, Report, ReportKind, check, is_jump,
};

use crate::common::{
    Adult, Available, Full, Limited, Neonate, Pediatric, Va, Vv, at, center, counted, id, line,
    log, report, two_units, unit,
};

const NOW: &str = "12:00:00";

fn judged_at(center: &Center, log: &Log, report: &Report, now: Instant) -> Findings {
    let cadences = Cadences::default();
    let context = Context { center, log, cadences: &cadences, now, same_days: 0, open_runs: &[] };
    check(report, &context)
}

fn judged(report: &Report) -> Findings {
    judged_at(&center(), &Log::default(), report, at(NOW))
}

/// The hard rules that a line breaks.
fn broken(said: Line) -> Vec<&'static str> {
    judged(&report(1, at(NOW), vec![said])).hard.into_iter().map(|it| it.rule).collect()
}

#[test]
fn at_07_a_confirmation_is_refused_while_one_line_has_expired() {
    let log = log(&[
        report(1, at("2026-11-18T12:00:00Z"), vec![line(Neonate, None, Full)]),
        report(2, at("08:00:00"), vec![line(Adult, None, Available)]),
    ]);
    let confirm = Report { kind: ReportKind::ConfirmUnchanged, ..report(3, at(NOW), Vec::new()) };

    let found = judged_at(&center(), &log, &confirm, at(NOW));

    assert_eq!(found.hard.len(), 1);
    assert_eq!(found.hard[0].rule, "V9");
    assert!(found.hard[0].message.contains("neonatal"));
    let nothing = judged_at(&center(), &Log::default(), &confirm, at(NOW));
    assert_eq!(nothing.hard[0].rule, "V9", "nothing to confirm");
}

#[test]
fn at_09_no_mode_permits_more_than_its_pool() {
    let both = vec![line(Adult, None, Full), line(Adult, Some(Vv), Available)];

    let found = judged(&report(1, at(NOW), both));

    assert_eq!(found.hard.len(), 1);
    assert_eq!(
        (found.hard[0].rule, found.hard[0].pointer.as_str()),
        ("V6", "/lines/1/declared_status")
    );
}

#[test]
fn at_10_more_patients_than_staffed_places_are_refused_with_the_number_that_would_do() {
    let said = Line {
        on_ecls_now: Some(3),
        committed: Some(0),
        staffed_slots: Some(4),
        ..counted(2, Available)
    };

    let found = judged(&report(1, at(NOW), vec![said]));

    assert_eq!(found.hard.len(), 1);
    assert_eq!((found.hard[0].rule, found.hard[0].fix.as_deref()), ("V2", Some("5")));
}

#[test]
fn at_11_available_with_no_place_is_refused() {
    assert_eq!(broken(counted(0, Available)), ["V3"]);
    assert!(broken(counted(1, Available)).is_empty());
    assert!(broken(line(Adult, None, Available)).is_empty(), "no number is no zero");
}

#[test]
fn at_12_full_with_a_place_says_what_is_lacking() {
    let mut said = counted(1, Full);
    said.limits.clear();
    assert_eq!(broken(said.clone()), ["V4"], "one finding for the field");
    said.limits_withheld = true;
    assert_eq!(broken(said), ["V4"]);
    assert!(broken(counted(1, Full)).is_empty());
}

#[test]
fn limits_are_asked_for_unless_somebody_prefers_not_to_say() {
    let mut said = line(Adult, None, Limited);
    said.limits.clear();
    assert_eq!(broken(said.clone()), ["V8"]);
    said.limits_withheld = true;
    assert!(broken(said).is_empty());
}

/// The soft rules when 'available now' goes from one number to another.
fn asked(from: i64, to: i64) -> Vec<&'static str> {
    let earlier = log(&[report(1, at("08:00:00"), vec![counted(from, Available)])]);
    let found =
        judged_at(&center(), &earlier, &report(2, at(NOW), vec![counted(to, Available)]), at(NOW));
    assert!(found.hard.is_empty());
    assert!(found.accept(true), "accepted when somebody says that it is right");
    assert_eq!(found.accept(false), found.soft.is_empty());
    found.soft.into_iter().map(|it| it.rule).collect()
}

#[test]
fn at_13_a_jump_of_seven_is_asked_about_and_then_accepted() {
    assert_eq!(asked(4, 11), ["jump"]);
    assert!(asked(4, 10).is_empty());
}

#[test]
fn at_14_a_fall_to_a_quarter_is_asked_about_from_ten_on() {
    assert_eq!(asked(12, 3), ["jump"]);
    assert!(asked(12, 4).is_empty());
}

#[test]
fn at_15_a_fall_to_a_half_is_asked_about_from_twenty_on() {
    assert_eq!(asked(20, 10), ["jump"]);
    assert!(asked(20, 11).is_empty());
    assert!(is_jump(20, 40) && !is_jump(20, 39) && is_jump(10, 20) && !is_jump(10, 19));
}

#[test]
fn a_number_that_is_gone_a_quick_change_and_equal_values_for_two_weeks_are_asked_about() {
    let earlier = log(&[report(1, at("11:50:00"), vec![counted(0, Full)])]);
    let now = report(2, at(NOW), vec![line(Adult, None, Available)]);
    let (center, cadences) = (center(), Cadences::default());
    let context = Context {
        center: &center,
        log: &earlier,
        cadences: &cadences,
        now: at(NOW),
        same_days: 14,
        open_runs: &[(Adult, 4)],
    };
    let rules = |report: &Report| -> Vec<&str> {
        check(report, &context).soft.into_iter().map(|it| it.rule).collect()
    };

    assert_eq!(rules(&now), ["gone", "quick", "same"]);
    let on = |count| Line { on_ecls_now: Some(count), ..counted(0, Full) };
    assert_eq!(rules(&report(3, at(NOW), vec![on(2)])), ["same", "registry"]);
    assert_eq!(
        rules(&report(3, at(NOW), vec![on(3)])),
        ["same"],
        "one more or less is no question"
    );
}

#[test]
fn at_18_a_report_from_the_future_is_refused() {
    let ahead = |minutes: i64| {
        let valid_at = at(NOW).plus_micros(minutes * MINUTE);
        judged(&report(1, valid_at, vec![line(Adult, None, Available)]))
    };

    assert_eq!(ahead(6).hard[0].rule, "V7");
    assert!(ahead(5).hard.is_empty());
    assert!(ahead(-24 * 60).hard.is_empty());
    assert_eq!(ahead(-24 * 60 - 1).hard[0].rule, "V7");
}

#[test]
fn at_31_a_comment_with_a_date_of_birth_is_refused_with_the_reason() {
    let mut said = report(1, at(NOW), vec![line(Adult, None, Available)]);
    said.comment_professional = "girl, born 12.03.2019, on the way".to_owned();

    let found = judged(&said);

    assert_eq!(found.hard.len(), 1);
    assert_eq!(found.hard[0].pointer, "/comment_professional");
    assert!(found.hard[0].message.contains("date of birth"));
}

#[test]
fn counts_are_whole_numbers_below_a_hundred_and_three_days_hold_one_day() {
    assert_eq!(broken(counted(100, Available)), ["V1"]);
    assert_eq!(broken(Line { on_ecls_now: Some(-1), ..line(Adult, None, Available) }), ["V1"]);
    let said =
        Line { additional_24h: Some(3), additional_72h: Some(2), ..line(Adult, None, Available) };
    assert_eq!(broken(said), ["V10"]);
}

#[test]
fn only_what_the_profile_offers_is_reported_and_nothing_offered_is_called_not_offered() {
    let none = capacity::Declared::NotOffered;
    assert_eq!(broken(line(Adult, Some(directory::centers::Mode::Ecpr), Available)), ["V5"]);
    assert_eq!(broken(line(Adult, Some(Va), none)), ["V5"]);
    assert!(broken(line(Adult, Some(directory::centers::Mode::Ecpr), none)).is_empty());
    assert_eq!(broken(line(Pediatric, None, Available)), ["V11"]);
    let of_unit = Report {
        unit: Some("icu".to_owned()),
        ..report(1, at(NOW), vec![line(Neonate, None, Available)])
    };
    let found = judged_at(&two_units(), &Log::default(), &of_unit, at(NOW));
    assert_eq!(found.hard[0].rule, "V11", "a unit for adults");
}

#[test]
fn whoever_speaks_for_an_age_group_reports_on_it_and_nobody_else() {
    let center = two_units();
    let told = |unit: Option<&str>, when: &str| -> Vec<(&'static str, String)> {
        let unit = unit.map(str::to_owned);
        let said = Report { unit, ..report(1, at(when), vec![line(Adult, None, Available)]) };
        let found = judged_at(&center, &Log::default(), &said, at(NOW));
        found.hard.into_iter().map(|it| (it.rule, it.message)).collect()
    };

    assert!(told(Some("icu"), NOW).is_empty());
    let whole = told(None, NOW);
    assert_eq!(whole[0].0, "V11");
    assert!(whole[0].1.contains("CARDIAC (cardiac), ICU (icu)"), "{whole:?}");
    let strange = told(Some("nicu"), NOW);
    assert!(strange[0].1.contains("no such unit"), "{strange:?}");
}

#[test]
fn what_somebody_else_said_before_is_not_confirmed() {
    // a unit spoke for adults until eleven; what the center had said before that is not its word any more
    let times = [(at("09:00:00"), Some(at("11:00:00")))];
    let center = Center { units: vec![unit("icu", &times)], ..center() };
    let known = log(&[report(1, at("08:00:00"), vec![line(Adult, None, Available)])]);
    let kind = ReportKind::ConfirmUnchanged;
    let confirm = Report { kind, ..report(2, at(NOW), Vec::new()) };

    let found = judged_at(&center, &known, &confirm, at(NOW));

    assert_eq!(found.hard[0].rule, "V9", "{found:?}");
}

#[test]
fn a_report_has_the_shape_of_its_kind() {
    let rules = |report: Report| -> Vec<&str> {
        judged(&report).hard.into_iter().map(|it| it.rule).collect()
    };
    let said = vec![line(Adult, None, Available)];
    assert_eq!(rules(report(1, at(NOW), Vec::new())), ["lines"]);
    let twice = vec![line(Adult, None, Available), line(Adult, None, Full)];
    assert_eq!(rules(report(1, at(NOW), twice)), ["lines"]);
    let correction = Report { kind: ReportKind::Correction, ..report(1, at(NOW), said.clone()) };
    assert_eq!(rules(correction.clone()), ["lines"]);
    assert!(rules(Report { supersedes: Some(id(7)), ..correction.clone() }).is_empty());
    assert_eq!(rules(Report { supersedes: Some(id(1)), ..correction }), ["lines"]);
    let old = Report {
        kind: ReportKind::Correction,
        supersedes: Some(id(7)),
        ..report(1, at("2026-11-10T12:00:00Z"), said)
    };
    assert!(rules(old).is_empty(), "a correction has the time of what it corrects");
}

#[test]
fn the_form_proposes_by_numbers_and_says_nothing_without_them() {
    let proposed = |available: Option<i64>, slots: Option<i64>| {
        let said =
            Line { available_now: available, staffed_slots: slots, ..line(Adult, None, Full) };
        said.proposed()
    };

    assert_eq!(proposed(None, Some(4)), None);
    assert_eq!(proposed(Some(0), None), Some(Full));
    assert_eq!(proposed(Some(1), None), Some(Limited));
    assert_eq!(proposed(Some(2), Some(11)), Some(Limited));
    assert_eq!(proposed(Some(2), Some(10)), Some(Available));
    assert_eq!(proposed(Some(2), None), Some(Available));
}

#[test]
fn occupancy_is_not_known_without_both_numbers_or_without_places() {
    let of = |on, slots| {
        Line { on_ecls_now: on, staffed_slots: slots, ..line(Adult, None, Full) }.occupancy()
    };

    assert_eq!(of(Some(3), Some(4)), Some(0.75));
    assert_eq!(of(None, Some(4)), None);
    assert_eq!(of(Some(0), Some(0)), None);
}
