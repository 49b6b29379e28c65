//! What must hold for every history: time never improves a status, and unknown is neither green nor zero.

use base::Instant;
use capacity::{
    Cadence, Cadences, Center, Freshness, Group, HOUR, Light, Line, Log, MINUTE, Period, Reader,
    Reason, Report, ReportKind, Request, Suspension, Totals, search, status, view,
};
use directory::centers::Mode;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::common::{
    Adult, Available, Full, Limited, Unknown, Va, Vv, at, center, id, two_units, unit,
};

/// The beginning of every history.
fn origin() -> Instant {
    at("2026-11-01T00:00:00Z")
}

fn after(minutes: i64) -> Instant {
    origin().plus_micros(minutes * MINUTE)
}

/// Minutes of a history: a day and a half, so that old and new lines live side by side.
const SPAN: i64 = 36 * 60;
/// Minutes that are looked at after the last report: until everything has expired.
const AFTER: i64 = 80 * 60;

fn a_line() -> impl Strategy<Value = Line> {
    let declared = prop::sample::select(vec![Available, Limited, Full, Unknown]);
    let mode = prop::sample::select(vec![None, Some(Vv), Some(Va)]);
    let accepts =
        prop::option::weighted(0.2, prop::sample::select(capacity::Accepts::ALL.to_vec()));
    (declared, mode, prop::option::of(0..4_i64), accepts).prop_map(
        |(declared, mode, available_now, accepts_external)| Line {
            available_now,
            accepts_external,
            ..Line::new(Adult, mode, declared)
        },
    )
}

#[derive(Debug, Clone)]
struct Sent {
    minute: i64,
    late: i64,
    kind: u8,
    unit: u8,
    automatic: bool,
    aims_at: u128,
    lines: Vec<Line>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let lines = prop::collection::vec(a_line(), 1..3);
    (0..SPAN, 0..600_i64, 0..10_u8, 0..3_u8, any::<bool>(), 0..12_u128, lines).prop_map(
        |(minute, late, kind, unit, automatic, aims_at, lines)| Sent {
            minute,
            late: if kind == 9 { late } else { 0 },
            kind,
            unit,
            automatic,
            aims_at,
            lines,
        },
    )
}

fn as_report(number: u128, sent: &Sent) -> Report {
    let kind = match sent.kind {
        0 | 1 => ReportKind::Full,
        2 => ReportKind::ConfirmUnchanged,
        3 => ReportKind::Withdrawal,
        4 => ReportKind::Correction,
        5 => ReportKind::Relayed,
        _ => ReportKind::Partial,
    };
    let empty = matches!(kind, ReportKind::ConfirmUnchanged | ReportKind::Withdrawal);
    let points = matches!(kind, ReportKind::Withdrawal | ReportKind::Correction);
    Report {
        unit: match sent.unit {
            0 => None,
            1 => Some("icu".to_owned()),
            _ => Some("cardiac".to_owned()),
        },
        recorded_at: after(sent.minute + sent.late),
        automatic: sent.automatic,
        supersedes: points.then(|| id(sent.aims_at + 1)),
        lines: if empty { Vec::new() } else { sent.lines.clone() },
        ..Report::blank(center().id, id(number), kind, after(sent.minute))
    }
}

#[derive(Debug, Clone)]
struct History {
    center: Center,
    log: Log,
    /// Minute of the last report.
    last: i64,
}

fn history() -> impl Strategy<Value = History> {
    let spans = || prop::collection::vec((0..SPAN + 1500, 1..1500_i64), 0..3);
    let reports = prop::collection::vec(sent(), 0..12);
    let times = || prop::collection::vec((0..SPAN, 0..SPAN), 1..3);
    (reports, spans(), spans(), 0..3_u8, (times(), times()), any::<bool>()).prop_map(
        |(sent, suspended, surges, units, times, surge)| {
            let mut center = match units {
                0 => center(),
                1 => two_units(),
                // units that are made and closed while reports come in
                _ => {
                    let made = |key: &str, times: &[(i64, i64)]| {
                        let spans: Vec<_> = times
                            .iter()
                            .map(|(a, b)| (after(*a.min(b)), Some(after(*a.max(b)))))
                            .collect();
                        unit(key, &spans)
                    };
                    let units = vec![made("icu", &times.0), made("cardiac", &times.1)];
                    Center { units, ..center() }
                }
            };
            let period = |(from, minutes): (i64, i64)| Period {
                cadence: if surge { Cadence::Surge } else { Cadence::Heightened },
                from: after(from),
                until: Some(after(from + minutes)),
                reason: String::new(),
            };
            let suspension = |(from, minutes): (i64, i64)| Suspension {
                from: after(from),
                until: (minutes < 1300).then(|| after(from + minutes)),
                reason: String::new(),
            };
            center.periods = surges.into_iter().map(period).collect();
            center.suspensions = suspended.into_iter().map(suspension).collect();
            let reports: Vec<Report> = sent
                .iter()
                .enumerate()
                .map(|(number, sent)| as_report(u128::try_from(number).unwrap() + 1, sent))
                .collect();
            // what is done to units is no matter of time
            let deeds = times.0.iter().chain(&times.1).map(|(a, b)| *a.max(b));
            let deeds = deeds.filter(|_| units == 2).max();
            let last = sent.iter().map(|it| it.minute + it.late).max().max(deeds).unwrap_or(0);
            History { center, log: Log::of(&reports, &Cadences::default()), last }
        },
    )
}

/// Where the usual search puts the center: 2 for those who can accept, 1 for those to ring first, 0 for the rest.
fn rank(history: &History, mode: Mode, now: Instant) -> u8 {
    let request = Request::new((52.0, 13.0), Adult, Some(mode));
    let centers = [(&history.center, &history.log)];
    let answer = search(centers, &[], &request, &Cadences::default(), now);
    match answer.hits.first().map(|hit| hit.group) {
        Some(Group::CanAccept) => 2,
        Some(Group::CallFirst) => 1,
        _ => 0,
    }
}

/// How much the light itself permits, a stale one less than any that can be relied on.
fn shown(history: &History, mode: Mode, now: Instant) -> u8 {
    let cadences = Cadences::default();
    let status = status(&history.center, &history.log, (Adult, mode), &cadences, now).unwrap();
    let young = matches!(status.freshness, Freshness::Fresh | Freshness::Aging);
    match status.light {
        Light::Available if young => 2,
        Light::Limited if young => 1,
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(700))]

    #[test]
    fn at_38_time_alone_never_raises_a_center_in_the_usual_search(
        history in history(),
        mut minutes in prop::collection::vec(0..AFTER, 2..8),
    ) {
        // clocks that jump ahead by any step, with no new report
        minutes.sort_unstable();
        for mode in [Vv, Va] {
            let ranks: Vec<u8> = minutes.iter().map(|at| rank(&history, mode, after(history.last + *at))).collect();
            prop_assert!(ranks.is_sorted_by(|a, b| a >= b), "{mode}: {ranks:?} at {minutes:?}");
            let lights: Vec<u8> = minutes.iter().map(|at| shown(&history, mode, after(history.last + *at))).collect();
            prop_assert!(lights.is_sorted_by(|a, b| a >= b), "{mode}: {lights:?} at {minutes:?}");
        }
    }

    #[test]
    fn unknown_is_never_green_and_never_zero(history in history(), minute in 0..SPAN + AFTER) {
        let now = after(minute);
        let cadences = Cadences::default();
        for reader in Reader::ALL {
            let Some(seen) = view(&history.center, &history.log, *reader, &cadences, now) else {
                continue;
            };
            for line in seen.lines {
                if line.effective_reason.is_some() {
                    prop_assert_eq!(line.effective_status, Light::Unknown);
                }
                if matches!(line.effective_reason, Some(Reason::Expired | Reason::NeverReported | Reason::AfterSuspension)) {
                    prop_assert!(line.counts.is_none());
                    prop_assert!(line.declared_status.is_none());
                }
            }
        }
        for mode in [Vv, Va] {
            let status = status(&history.center, &history.log, (Adult, mode), &cadences, now).unwrap();
            let mut totals = Totals::default();
            totals.add(&status);
            if status.light == Light::Unknown {
                prop_assert_eq!((totals.reporting(), totals.not_known), (0, 1));
            }
            // a sum is a number that every unit has stated
            if let Some(sum) = status.sum(|line| line.available_now) {
                let stated: Vec<i64> = status
                    .units
                    .iter()
                    .filter_map(|unit| unit.entry.and_then(|entry| entry.line.available_now))
                    .collect();
                prop_assert_eq!(stated.len(), status.units.len());
                prop_assert_eq!(stated.iter().sum::<i64>(), sum);
            }
        }
    }

    #[test]
    fn a_light_was_declared_by_a_report_that_is_no_older_than_its_cadence_allows(
        history in history(),
        minute in 0..SPAN + AFTER,
    ) {
        let now = after(minute);
        let cadences = Cadences::default();
        for mode in [Vv, Va] {
            let status = status(&history.center, &history.log, (Adult, mode), &cadences, now).unwrap();
            if matches!(status.light, Light::Available | Light::Limited) {
                let entry = status.entry.unwrap();
                prop_assert_eq!(Light::from(entry.line.declared_status), status.light);
                let age = now.as_micros() - entry.valid_at.as_micros();
                prop_assert!(age <= 72 * HOUR);
                if status.freshness != Freshness::Stale {
                    prop_assert!(age <= 24 * HOUR);
                }
                prop_assert!(history.center.suspended(now).is_none());
                prop_assert!(history.center.resumed(now).is_none_or(|end| entry.valid_at >= end));
            }
        }
    }

    #[test]
    fn only_who_speaks_for_an_age_group_is_heard_and_nothing_from_before_they_did(
        history in history(),
        minute in 0..SPAN + AFTER,
    ) {
        let (center, now) = (&history.center, after(minute));
        let voices = center.voices(Adult, now);
        for mode in [Vv, Va] {
            let status = status(center, &history.log, (Adult, mode), &Cadences::default(), now).unwrap();
            for unit in &status.units {
                let voice = voices.iter().find(|it| it.unit == unit.unit).unwrap();
                prop_assert!(unit.entry.is_none_or(|entry| entry.valid_at >= voice.since));
            }
            let silent = voices.iter().any(|it| it.unit.is_some()) && center.suspended(now).is_none();
            prop_assert!(!silent || status.units.len() == voices.len(), "a silent unit is listed as well");
        }
    }

    #[test]
    fn a_log_that_grew_report_by_report_says_what_one_that_was_read_at_once_says(
        sent in prop::collection::vec(sent(), 0..12),
        minute in 0..SPAN + AFTER,
    ) {
        let cadences = Cadences::default();
        let number = |at: usize| u128::try_from(at).unwrap() + 1;
        let reports: Vec<Report> =
            sent.iter().enumerate().map(|(at, sent)| as_report(number(at), sent)).collect();
        let mut grown = Log::default();
        for report in &reports {
            grown.add(report, &cadences);
        }
        let center = two_units();
        let read = Log::of(&reports, &cadences);

        for mode in [Vv, Va] {
            let now = after(minute);
            let one = status(&center, &grown, (Adult, mode), &cadences, now);
            let other = status(&center, &read, (Adult, mode), &cadences, now);
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn double_sends_and_any_order_of_arrival_of_plain_reports_give_the_same_log(
        sent in prop::collection::vec(sent(), 0..10),
        minute in 0..SPAN + AFTER,
        turn in 0..10_usize,
    ) {
        let reports: Vec<Report> = sent
            .iter()
            .enumerate()
            .map(|(number, sent)| as_report(u128::try_from(number).unwrap() + 1, sent))
            // a confirmation says again what was known when it arrived
            .filter(|report| report.kind != ReportKind::ConfirmUnchanged)
            .collect();
        let mut turned = reports.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn % reports.len());
        }
        turned.extend(reports.clone());
        let (one, other) = (
            History { center: two_units(), log: Log::of(&reports, &Cadences::default()), last: 0 },
            History { center: two_units(), log: Log::of(&turned, &Cadences::default()), last: 0 },
        );

        for mode in [Vv, Va] {
            prop_assert_eq!(rank(&one, mode, after(minute)), rank(&other, mode, after(minute)));
            prop_assert_eq!(shown(&one, mode, after(minute)), shown(&other, mode, after(minute)));
        }
    }
}

#[test]
fn a_history_of_all_kinds_is_drawn() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let histories: Vec<History> =
        (0..300).map(|_| history().new_tree(&mut runner).unwrap().current()).collect();
    let ranks: Vec<u8> = histories.iter().map(|it| rank(it, Vv, after(it.last))).collect();

    for wanted in 0..3 {
        assert!(
            ranks.contains(&wanted),
            "no history ends with {wanted}: the properties would be empty"
        );
    }
    assert!(histories.iter().any(|it| !it.center.suspensions.is_empty()));
    let turns = |it: &History| {
        it.center.units.iter().any(|unit| unit.spans.iter().any(|span| span.until.is_some()))
    };
    assert!(histories.iter().any(turns), "units are made and closed");
}
