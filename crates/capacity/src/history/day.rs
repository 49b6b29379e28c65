//! One center on one day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base::Instant;
use directory::centers::AgeGroup;

use super::{Figures, Pair};
use crate::clock::{Cadences, HOUR, MINUTE};
use crate::log::Log;
use crate::model::{Center, Line, Report};
use crate::search::comes;
use crate::shown::{Standing, shown};
use crate::status::{Status, team};
use crate::words::{Declared, Freshness, ReportKind, TeamStatus};

/// Hours of a day in UTC.
const HOURS: i64 = 24;

/// What one center showed on a day, and how old its report was in each current hour, in minutes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CenterDay {
    pub(super) figures: Figures,
    pub(super) ages_minutes: Vec<u32>,
}

/// What a center showed on the day that begins at `start`, from its reports in the order of their arrival. Those of
/// the four days before it are needed; earlier ones have expired.
pub(super) fn center_day(
    center: &Center,
    reports: &[Report],
    start: Instant,
    cadences: &Cadences,
) -> BTreeMap<Pair, CenterDay> {
    let mut days: BTreeMap<Pair, CenterDay> = BTreeMap::new();
    let mut log: Option<(usize, Log)> = None;
    for hour in 0..HOURS {
        let at = start.plus_micros(hour * HOUR);
        if !is_there(center, at) {
            continue;
        }
        // between two reports nothing but the clock changes
        let said = reports.iter().filter(|report| report.valid_at <= at).count();
        let log = match &mut log {
            Some((known, log)) if *known == said => log,
            other => &other.insert((said, log_at(reports, at, cadences))).1,
        };
        for pair in pairs(center) {
            note(days.entry(pair).or_default(), (center, log), pair, cadences, at);
        }
    }
    for day in days.values_mut() {
        day.figures.centers = 1;
        day.figures.reporting = u32::from(day.figures.current_hours > 0);
    }
    days
}

/// The age groups that a center treats, and each kind of support in them.
fn pairs(center: &Center) -> impl Iterator<Item = Pair> {
    AgeGroup::ALL.iter().filter(|age| center.modes(**age).next().is_some()).flat_map(|age| {
        std::iter::once((*age, None)).chain(center.modes(*age).map(|mode| (*age, Some(mode))))
    })
}

/// Whether the center was listed: the time before lasts from the beginning of all.
fn is_there(center: &Center, at: Instant) -> bool {
    !center.closed && center.suspended(at).is_none_or(|it| it.from.as_micros() > 0)
}

/// What was in force at a moment, as it is known now: what is taken back never counted.
fn log_at(reports: &[Report], at: Instant, cadences: &Cadences) -> Log {
    let known: Vec<Cow<'_, Report>> = reports
        .iter()
        .filter_map(|report| {
            if report.valid_at <= at {
                return Some(Cow::Borrowed(report));
            }
            report.supersedes?;
            let kind = ReportKind::Withdrawal;
            let mut bare = Report::blank(report.center, report.report_id, kind, report.valid_at);
            bare.supersedes = report.supersedes;
            bare.removes.clone_from(&report.removes);
            bare.recorded_at = report.recorded_at;
            Some(Cow::Owned(bare))
        })
        .collect();
    Log::of(known.iter().map(AsRef::as_ref), cadences)
}

fn note(
    day: &mut CenterDay,
    (center, log): (&Center, &Log),
    (age, mode): Pair,
    cadences: &Cadences,
    at: Instant,
) {
    let Some(shown) = shown(center, log, (age, mode), cadences, at) else { return };
    let figures = &mut day.figures;
    figures.note(shown.standing);
    if shown.standing == Standing::Suspended {
        return;
    }
    let status = &shown.status;
    if is_current(status) {
        figures.current_hours += 1;
        let age =
            status.entry.map_or(0, |it| at.as_micros().saturating_sub(it.valid_at.as_micros()));
        day.ages_minutes.push(u32::try_from(age / MINUTE).unwrap_or(0));
    }
    let sum = |of: fn(&Line) -> Option<i64>| status.sum(of).and_then(|it| u64::try_from(it).ok());
    if let (Some(patients), Some(places)) = (sum(|it| it.on_ecls_now), sum(|it| it.staffed_slots)) {
        figures.patient_hours += patients;
        figures.place_hours += places;
    }
    if matches!(shown.standing, Standing::Limited | Standing::Full) {
        for limit in status.entry.into_iter().flat_map(|entry| &entry.line.limits) {
            *figures.limits.entry(*limit).or_default() += 1;
        }
    }
    if mode.is_none() && comes(center, age) {
        let (status, _) = team(center, log, age, cadences, at);
        figures.team_known_hours += u32::from(status != TeamStatus::Unknown);
        figures.team_ready_hours += u32::from(status == TeamStatus::Ready);
    }
}

/// A report that is fresh or aging, also one that says that the center cannot tell.
fn is_current(status: &Status<'_>) -> bool {
    let declared = status.entry.map(|entry| entry.line.declared_status);
    let says = status.reason.is_none() || declared == Some(Declared::Unknown);
    says && matches!(status.freshness, Freshness::Fresh | Freshness::Aging)
}
