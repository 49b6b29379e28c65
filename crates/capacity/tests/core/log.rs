//! Which statement is in force.

use capacity::{Cadences, Freshness, Light, Log, Reason, Report, ReportKind};

use crate::common::{
    Adult, Available, Full, Limited, Va, Vv, adult_vv, at, center, counted, feed, id, line, log,
    report,
};

#[test]
fn at_19_a_feed_does_not_raise_what_a_person_said_until_its_first_report_after_six_hours() {
    let mut reports = vec![
        report(1, at("08:00:00"), vec![line(Adult, None, Full)]),
        feed(2, at("09:00:00"), vec![line(Adult, None, Available)]),
        feed(3, at("14:00:00"), vec![line(Adult, None, Available)]),
    ];
    let center = center();
    let silent = log(&reports);

    let status = adult_vv(&center, &silent, at("10:00:00"));
    assert_eq!(status.light, Light::Full);
    let until = status.entry.and_then(|entry| Log::by_hand_until(entry, &Cadences::default()));
    assert_eq!(until, Some(at("14:00:00")), "labeled");
    assert_eq!(adult_vv(&center, &silent, at("15:00:00")).light, Light::Full);
    reports.push(feed(4, at("14:00:01"), vec![line(Adult, None, Available)]));
    assert_eq!(adult_vv(&center, &log(&reports), at("15:00:00")).light, Light::Available);
}

#[test]
fn at_37_a_younger_line_made_by_hand_never_comes_back_when_the_pool_expires() {
    let log = log(&[
        report(1, at("08:00:00"), vec![line(Adult, Some(Vv), Available)]),
        feed(2, at("15:00:00"), vec![line(Adult, None, Full)]),
    ]);
    let center = center();
    let then = |now| adult_vv(&center, &log, at(now));

    assert_eq!((then("16:00:00").light, then("16:00:00").is_stale()), (Light::Full, false));
    assert_eq!((then("17:00:01").light, then("17:00:01").is_stale()), (Light::Full, true));
    assert_eq!(
        (then("21:00:01").light, then("21:00:01").reason),
        (Light::Unknown, Some(Reason::Expired))
    );
    for hour in 15..24 {
        let now = at(&format!("{hour}:59:59"));
        assert_ne!(adult_vv(&center, &log, now).light, Light::Available);
    }
}

#[test]
fn at_16_the_same_report_twice_is_one_report() {
    let one = report(1, at("08:00:00"), vec![line(Adult, None, Full)]);
    let mut log = Log::default();

    assert!(log.add(&one, &Cadences::default()));
    let before = log.clone();
    assert!(!log.add(&one, &Cadences::default()));

    assert_eq!(log, before);
}

#[test]
fn a_late_report_takes_its_own_time_and_not_the_place_of_a_newer_one() {
    let late = Report {
        recorded_at: at("12:00:00"),
        ..report(2, at("07:00:00"), vec![line(Adult, None, Available)])
    };
    let log = log(&[report(1, at("08:00:00"), vec![line(Adult, None, Full)]), late]);
    let center = center();

    assert_eq!(adult_vv(&center, &log, at("12:01:00")).light, Light::Full);
}

#[test]
fn a_report_of_everything_drops_the_lines_that_it_does_not_name() {
    let all = Report {
        kind: ReportKind::Full,
        ..report(2, at("09:00:00"), vec![line(Adult, None, Limited)])
    };
    let log = log(&[report(1, at("08:00:00"), vec![line(Adult, Some(Vv), Available)]), all]);
    let center = center();

    assert_eq!(adult_vv(&center, &log, at("10:00:00")).light, Light::Limited);
}

#[test]
fn an_automatic_report_of_everything_does_not_drop_what_a_person_just_said() {
    let all = Report {
        kind: ReportKind::Full,
        ..feed(2, at("09:00:00"), vec![line(Adult, Some(Va), Available)])
    };
    let log = log(&[report(1, at("08:00:00"), vec![line(Adult, Some(Vv), Full)]), all]);
    let center = center();

    assert_eq!(adult_vv(&center, &log, at("10:00:00")).light, Light::Full);
}

#[test]
fn a_newer_pool_that_permits_less_decides_and_one_that_permits_more_does_not() {
    let center = center();
    let own = |declared| report(1, at("08:00:00"), vec![line(Adult, Some(Vv), declared)]);
    let pool = |declared| report(2, at("09:00:00"), vec![line(Adult, None, declared)]);
    let shown = |own, pool| adult_vv(&center, &log(&[own, pool]), at("10:00:00")).light;

    assert_eq!(shown(own(Available), pool(Full)), Light::Full);
    assert_eq!(shown(own(Full), pool(Available)), Light::Full);
    assert_eq!(shown(own(Limited), pool(Limited)), Light::Limited);
}

#[test]
fn a_correction_or_withdrawal_removes_its_report_and_what_was_confirmed_from_it() {
    let center = center();
    let wrong = report(2, at("09:00:00"), vec![counted(3, Available)]);
    let confirmed =
        Report { kind: ReportKind::ConfirmUnchanged, ..report(3, at("10:00:00"), Vec::new()) };
    let mut all = vec![report(1, at("08:00:00"), vec![counted(0, Full)]), wrong, confirmed];
    assert_eq!(adult_vv(&center, &log(&all), at("10:30:00")).light, Light::Available);

    all.push(Report {
        kind: ReportKind::Withdrawal,
        supersedes: Some(id(2)),
        ..report(4, at("10:20:00"), Vec::new())
    });
    let log = log(&all);
    let withdrawn = adult_vv(&center, &log, at("10:30:00"));

    assert_eq!(withdrawn.light, Light::Full);
    assert_eq!(withdrawn.entry.map(|entry| entry.valid_at), Some(at("08:00:00")));
}

#[test]
fn a_confirmation_makes_lines_fresh_again_and_never_permits_more() {
    let center = center();
    let confirm =
        Report { kind: ReportKind::ConfirmUnchanged, ..report(9, at("20:00:00"), Vec::new()) };
    let reports = [
        report(1, at("08:00:00"), vec![line(Adult, Some(Vv), Available)]),
        report(2, at("09:00:00"), vec![line(Adult, None, Full)]),
        confirm,
    ];
    let log = log(&reports);

    let status = adult_vv(&center, &log, at("21:00:00"));

    assert_eq!((status.light, status.freshness), (Light::Full, Freshness::Fresh));
}
