//! Freshness, cadences, surges, units.

use capacity::{
    Cadence, Cadences, Center, Freshness, Light, Log, MINUTE, MapTrust, Period, Reason, Report,
    ReportKind, Totals, may_correct, status, strictest,
};

use crate::common::{
    Adult, Available, Full, Limited, Neonate, Unknown, Va, Vv, adult_vv, at, center, counted, feed,
    line, log, report, suspension, two_units, unit,
};

#[test]
fn at_01_a_day_old_is_aging_and_a_second_more_is_stale() {
    let log = log(&[report(1, at("12:00:00"), vec![line(Adult, None, Available)])]);
    let center = center();
    let then = |now| adult_vv(&center, &log, at(now)).freshness;

    assert_eq!(then("2026-11-23T12:00:00Z"), Freshness::Aging);
    assert_eq!(then("2026-11-23T12:00:01Z"), Freshness::Stale);
}

#[test]
fn at_02_three_days_old_is_stale_and_a_second_more_is_expired() {
    let log = log(&[report(1, at("12:00:00"), vec![line(Adult, None, Available)])]);
    let center = center();
    let then = |now| adult_vv(&center, &log, at(now));

    assert_eq!(then("2026-11-25T12:00:00Z").freshness, Freshness::Stale);
    assert_eq!(then("2026-11-25T12:00:00Z").light, Light::Available);
    assert_eq!(then("2026-11-25T12:00:01Z").freshness, Freshness::Expired);
    assert_eq!(then("2026-11-25T12:00:01Z").light, Light::Unknown);
}

#[test]
fn at_03_a_partial_report_leaves_the_clock_of_another_age_group_alone() {
    let log = log(&[
        report(1, at("01:00:00"), vec![line(Adult, None, Full), line(Neonate, None, Full)]),
        report(2, at("20:00:00"), vec![line(Adult, None, Available)]),
    ]);
    let center = center();
    let now = at("21:00:00");

    let adult = adult_vv(&center, &log, now);
    let neonate = status(&center, &log, (Neonate, Va), &Cadences::default(), now).unwrap();

    assert_eq!((adult.freshness, adult.light), (Freshness::Fresh, Light::Available));
    assert_eq!((neonate.freshness, neonate.light), (Freshness::Aging, Light::Full));
}

#[test]
fn at_04_without_a_report_nothing_is_known_and_no_total_counts_it_as_a_place() {
    let (center, log) = (center(), Log::default());

    let status = adult_vv(&center, &log, at("12:00:00"));
    let mut totals = Totals::default();
    totals.add(&status);

    assert_eq!((status.light, status.reason), (Light::Unknown, Some(Reason::NeverReported)));
    assert_eq!(status.sum(|line| line.available_now), None, "no zero");
    assert_eq!((totals.reporting(), totals.not_known), (0, 1));
}

#[test]
fn at_20_a_feed_that_stops_goes_stale_after_two_hours_and_expires_after_six() {
    let log = log(&[feed(1, at("08:00:00"), vec![line(Adult, None, Available)])]);
    let center = center();
    let then = |now| adult_vv(&center, &log, at(now)).freshness;

    assert_eq!(then("08:30:00"), Freshness::Fresh);
    assert_eq!(then("10:00:00"), Freshness::Aging);
    assert_eq!(then("10:00:01"), Freshness::Stale);
    assert_eq!(then("14:00:01"), Freshness::Expired);
}

#[test]
fn at_29_a_surge_changes_all_thresholds_at_once_and_its_end_makes_nothing_fresh_again() {
    let log = log(&[report(1, at("06:00:00"), vec![line(Adult, None, Available)])]);
    let mut center = center();
    let now = at("11:00:00");
    assert_eq!(adult_vv(&center, &log, now).freshness, Freshness::Fresh);

    center.periods.push(Period {
        cadence: Cadence::Surge,
        from: at("10:30:00"),
        until: Some(at("11:30:00")),
        reason: "many influenza patients".to_owned(),
    });

    assert_eq!(adult_vv(&center, &log, now).freshness, Freshness::Aging);
    assert_eq!(adult_vv(&center, &log, at("12:00:01")).freshness, Freshness::Stale);
    assert_eq!(adult_vv(&center, &log, at("18:00:01")).freshness, Freshness::Expired);
    // a report after the end is routine
    assert_eq!(strictest(&center.periods, at("11:30:00"), at("13:00:00")), Cadence::Routine);
    assert_eq!(strictest(&center.periods, at("11:29:59"), at("13:00:00")), Cadence::Surge);
}

#[test]
fn at_30_a_map_says_that_its_data_are_late_and_turns_gray_when_they_are_lost() {
    let read = at("12:00:00");
    let after = |minutes: i64| MapTrust::of(read, read.plus_micros(minutes * MINUTE));

    assert_eq!(after(5), MapTrust::Current);
    assert_eq!(MapTrust::of(read, read.plus_micros(5 * MINUTE + 1)), MapTrust::Late);
    assert_eq!(after(30), MapTrust::Late);
    assert_eq!(MapTrust::of(read, read.plus_micros(30 * MINUTE + 1)), MapTrust::Lost);
}

fn of_unit(number: u128, unit: &str, when: &str, said: capacity::Line) -> Report {
    Report { unit: Some(unit.to_owned()), ..report(number, at(when), vec![said]) }
}

#[test]
fn at_33_the_best_of_two_fresh_units_is_shown_and_both_are_listed() {
    let log = log(&[
        of_unit(1, "icu", "08:00:00", counted(2, Available)),
        of_unit(2, "cardiac", "09:00:00", counted(0, Full)),
    ]);
    let center = two_units();

    let status = adult_vv(&center, &log, at("10:00:00"));

    assert_eq!(status.light, Light::Available);
    assert_eq!(status.units.len(), 2);
    assert_eq!(status.sum(|line| line.available_now), Some(2));
}

#[test]
fn of_stale_units_the_least_permissive_decides_and_a_silent_one_takes_the_sum_away() {
    let log = log(&[
        of_unit(1, "icu", "08:00:00", counted(2, Available)),
        of_unit(2, "cardiac", "09:00:00", counted(1, Limited)),
    ]);
    let center = two_units();

    let stale = adult_vv(&center, &log, at("2026-11-23T10:00:00Z"));
    assert_eq!((stale.light, stale.is_stale()), (Light::Limited, true));
    let half = adult_vv(&center, &log, at("2026-11-23T08:30:00Z"));
    assert_eq!((half.light, half.is_stale()), (Light::Limited, false));
    assert_eq!(half.sum(|line| line.available_now), None);
    let gone = adult_vv(&center, &log, at("2026-11-26T10:00:00Z"));
    assert_eq!((gone.light, gone.reason), (Light::Unknown, Some(Reason::Expired)));
    assert!(gone.last_known().is_some());
}

#[test]
fn who_takes_over_an_age_group_has_said_nothing_of_it() {
    let made = at("09:00:00");
    let closed = at("12:00:00");
    let whole = report(1, at("08:00:00"), vec![counted(2, Available)]);
    let center = Center { units: vec![unit("icu", &[(made, Some(closed))])], ..center() };
    let said = log(&[whole.clone(), of_unit(2, "icu", "10:00:00", counted(0, Full))]);

    assert_eq!(adult_vv(&center, &said, at("08:30:00")).light, Light::Available);
    let before = log(&[whole]);
    let silent = adult_vv(&center, &before, at("09:30:00"));
    assert_eq!((silent.light, silent.reason), (Light::Unknown, Some(Reason::NeverReported)));
    assert_eq!(silent.units.len(), 1, "the silent unit is listed");
    assert_eq!(adult_vv(&center, &said, at("11:00:00")).light, Light::Full);
    let over = adult_vv(&center, &said, at("12:00:00"));
    assert_eq!(over.light, Light::Unknown, "what was said before the unit does not come back");
}

#[test]
fn a_center_confirms_with_all_its_units_and_a_unit_for_itself() {
    let all = [
        of_unit(1, "icu", "08:00:00", counted(2, Available)),
        of_unit(2, "cardiac", "08:00:00", counted(0, Full)),
    ];
    let confirm = |unit: Option<&str>| {
        let kind = ReportKind::ConfirmUnchanged;
        let unit = unit.map(str::to_owned);
        Report { kind, unit, ..report(3, at("10:00:00"), Vec::new()) }
    };
    let (center, now) = (two_units(), at("11:00:00"));
    let times = |last: Report| -> Vec<base::Instant> {
        let log = log(&[all[0].clone(), all[1].clone(), last]);
        let status = adult_vv(&center, &log, now);
        status.units.iter().map(|it| it.entry.unwrap().valid_at).collect()
    };

    assert_eq!(times(confirm(None)), [at("10:00:00"), at("10:00:00")]);
    assert_eq!(times(confirm(Some("cardiac"))), [at("08:00:00"), at("10:00:00")]);
}

#[test]
fn at_36_an_expected_place_that_did_not_come_changes_no_light() {
    let mut said = line(Adult, None, Full);
    said.next_free_expected_at = Some(at("14:00:00"));
    let log = log(&[report(1, at("12:00:00"), vec![said])]);
    let center = center();

    let before = adult_vv(&center, &log, at("13:00:00"));
    let after = adult_vv(&center, &log, at("15:00:00"));

    assert_eq!((before.light, after.light), (Light::Full, Light::Full));
    assert_eq!(before.expected_but_not_confirmed(at("13:00:00")), None);
    assert_eq!(after.expected_but_not_confirmed(at("15:00:00")), Some(at("14:00:00")));
}

#[test]
fn a_suspended_center_says_so_and_is_not_known_until_it_reports_again() {
    let mut center = center();
    center.suspensions.push(suspension("10:00:00", Some("12:00:00")));
    let early = report(1, at("09:00:00"), vec![line(Adult, None, Available)]);
    let late = report(2, at("12:30:00"), vec![line(Adult, None, Limited)]);
    let (before, after) = (log(std::slice::from_ref(&early)), log(&[early, late]));

    assert_eq!(adult_vv(&center, &before, at("11:00:00")).light, Light::Suspended);
    let over = adult_vv(&center, &before, at("12:00:00"));
    assert_eq!((over.light, over.reason), (Light::Unknown, Some(Reason::AfterSuspension)));
    assert_eq!(adult_vv(&center, &after, at("13:00:00")).light, Light::Limited);
}

#[test]
fn a_declared_unknown_stays_unknown_and_a_closed_center_is_not_shown() {
    let log = log(&[report(1, at("09:00:00"), vec![line(Adult, None, Unknown)])]);
    let mut center = center();

    let status = adult_vv(&center, &log, at("09:05:00"));
    assert_eq!((status.light, status.reason), (Light::Unknown, Some(Reason::Declared)));
    let hybrid = directory::centers::Mode::Hybrid;
    let cadences = Cadences::default();
    let other = capacity::status(&center, &log, (Adult, hybrid), &cadences, at("09:05:00"));
    assert_eq!(other.unwrap().light, Light::NotOffered);
    center.closed = true;
    assert!(capacity::status(&center, &log, (Adult, Vv), &cadences, at("09:05:00")).is_none());
}

#[test]
fn at_28_a_report_is_corrected_for_fourteen_days_and_later_by_a_steward_only() {
    let made = at("12:00:00");

    assert!(may_correct(made, at("2026-12-05T12:00:00Z"), false), "day 13");
    assert!(!may_correct(made, at("2026-12-07T12:00:00Z"), false), "day 15");
    assert!(may_correct(made, at("2026-12-07T12:00:00Z"), true));
}

#[test]
fn the_cadences_of_the_specification_are_sound_and_a_laxer_surge_is_not() {
    let mut cadences = Cadences::default();
    assert!(cadences.are_sound());
    cadences.surge.stale = cadences.routine.stale + 1;
    assert!(!cadences.are_sound());
}
