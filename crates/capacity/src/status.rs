//! What the service shows: the line in force, aged by the clock.

use base::Instant;
use directory::centers::{AgeGroup, Mode};

use crate::clock::Cadences;
use crate::log::{Entry, Log, TeamEntry};
use crate::model::{Center, Line};
use crate::words::{Declared, Freshness, Light, Reason, TeamStatus};

/// What one unit shows for an age group and mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitStatus<'a> {
    /// The unit; none for the center as a whole.
    pub unit: Option<&'a str>,
    /// What is shown.
    pub light: Light,
    /// Why it is not known.
    pub reason: Option<Reason>,
    /// How old the line is.
    pub freshness: Freshness,
    /// The line, expired or not.
    pub entry: Option<&'a Entry>,
}

impl UnitStatus<'_> {
    /// Whether the light can be relied on.
    pub const fn is_current(&self) -> bool {
        matches!(self.freshness, Freshness::Fresh | Freshness::Aging) && self.reason.is_none()
    }

    /// The last known status is shown, too old to rely on.
    pub fn is_stale(&self) -> bool {
        self.reason.is_none() && self.freshness == Freshness::Stale
    }

    const fn permits(&self) -> u8 {
        match self.light {
            Light::Available => 2,
            Light::Limited => 1,
            Light::Full | Light::Unknown | Light::NotOffered | Light::Suspended => 0,
        }
    }
}

/// What a center shows for an age group and mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status<'a> {
    /// What is shown.
    pub light: Light,
    /// Why it is not known.
    pub reason: Option<Reason>,
    /// How old the deciding line is.
    pub freshness: Freshness,
    /// The deciding line, expired or not; none when nothing was ever said.
    pub entry: Option<&'a Entry>,
    /// Every unit that has said something, or would.
    pub units: Vec<UnitStatus<'a>>,
}

/// A sum over units.
pub type Sum = fn(&Line) -> Option<i64>;

impl<'a> Status<'a> {
    /// The last known status is shown, too old to rely on.
    pub fn is_stale(&self) -> bool {
        self.reason.is_none() && self.freshness == Freshness::Stale
    }

    /// What was declared before the line expired.
    pub fn last_known(&self) -> Option<Declared> {
        let entry = self.entry.filter(|_| self.reason == Some(Reason::Expired))?;
        Some(entry.line.declared_status)
    }

    /// The sum over all units, when each has said a number that still counts; otherwise none. A unit that falls
    /// silent therefore takes the number away and never makes it smaller or larger.
    pub fn sum(&self, of: Sum) -> Option<i64> {
        let count = |unit: &UnitStatus<'a>| {
            unit.entry.filter(|_| unit.is_current()).and_then(|entry| of(&entry.line))
        };
        let counts: Option<Vec<i64>> = self.units.iter().map(count).collect();
        counts.filter(|counts| !counts.is_empty()).map(|counts| counts.iter().sum())
    }

    /// The expected place that has not come: the light stays, readers are told, reporters are asked.
    pub fn expected_but_not_confirmed(&self, now: Instant) -> Option<Instant> {
        let entry = self.entry.filter(|_| self.reason.is_none())?;
        entry.line.next_free_expected_at.filter(|at| *at <= now)
    }

    /// When the next report is due, when the line goes stale, and when it expires.
    pub fn due(
        &self,
        center: &Center,
        cadences: &Cadences,
        now: Instant,
    ) -> Option<(Instant, Instant, Instant)> {
        self.entry.map(|entry| entry.due(cadences, &center.periods, now))
    }
}

/// What a center shows for an age group and mode at a moment; none when it has closed.
pub fn status<'a>(
    center: &'a Center,
    log: &'a Log,
    (age, mode): (AgeGroup, Mode),
    cadences: &Cadences,
    now: Instant,
) -> Option<Status<'a>> {
    if center.closed {
        return None;
    }
    let plain = |light| Status {
        light,
        reason: None,
        freshness: Freshness::Never,
        entry: None,
        units: Vec::new(),
    };
    if center.suspended(now).is_some() {
        return Some(plain(Light::Suspended));
    }
    if center.capability(age, mode).is_none() {
        return Some(plain(Light::NotOffered));
    }
    let mut units = Vec::new();
    for voice in center.voices(age, now) {
        match voice.in_force(log, (age, mode), cadences) {
            Some(entry) => units.push(aged(center, voice.unit, entry, cadences, now)),
            None if voice.unit.is_some() => units.push(UnitStatus {
                unit: voice.unit,
                light: Light::Unknown,
                reason: Some(Reason::NeverReported),
                freshness: Freshness::Never,
                entry: None,
            }),
            None => {}
        }
    }
    Some(combined(units))
}

fn aged<'a>(
    center: &Center,
    unit: Option<&'a str>,
    entry: &'a Entry,
    cadences: &Cadences,
    now: Instant,
) -> UnitStatus<'a> {
    let freshness = entry.freshness(cadences, &center.periods, now);
    let declared = entry.line.declared_status;
    let before = center.resumed(now).is_some_and(|resumed| entry.valid_at < resumed);
    let (light, reason) = if before {
        (Light::Unknown, Some(Reason::AfterSuspension))
    } else if freshness == Freshness::Expired {
        (Light::Unknown, Some(Reason::Expired))
    } else if declared == Declared::Unknown {
        (Light::Unknown, Some(Reason::Declared))
    } else {
        (declared.into(), None)
    };
    UnitStatus { unit, light, reason, freshness, entry: Some(entry) }
}

/// The best among the units whose line is fresh or aging; without one the least permissive stale line; without one
/// nothing is known.
fn combined(units: Vec<UnitStatus<'_>>) -> Status<'_> {
    let newness = |unit: &&UnitStatus<'_>| unit.entry.map(|entry| entry.valid_at);
    let young = |unit: &&UnitStatus<'_>| {
        matches!(unit.freshness, Freshness::Fresh | Freshness::Aging)
            && unit.reason != Some(Reason::AfterSuspension)
    };
    let stale = |unit: &&UnitStatus<'_>| {
        unit.freshness == Freshness::Stale && unit.reason != Some(Reason::AfterSuspension)
    };
    let best = units.iter().filter(young).max_by_key(|unit| (unit.permits(), newness(unit)));
    let worst = || {
        let old = units.iter().filter(stale);
        old.min_by_key(|unit| (unit.permits(), std::cmp::Reverse(newness(unit))))
    };
    let last = || units.iter().max_by_key(newness);
    let decides = best.or_else(worst).or_else(last);
    let (light, reason, freshness, entry) = decides
        .map_or((Light::Unknown, Some(Reason::NeverReported), Freshness::Never, None), |unit| {
            (unit.light, unit.reason, unit.freshness, unit.entry)
        });
    Status { light, reason, freshness, entry, units }
}

/// Where the team for an age group is: what was said last, if that is not too old and the center works; otherwise it is
/// not known.
pub fn team<'a>(
    center: &Center,
    log: &'a Log,
    age: AgeGroup,
    cadences: &Cadences,
    now: Instant,
) -> (TeamStatus, Option<&'a TeamEntry>) {
    let Some(entry) = log.team(age) else { return (TeamStatus::Unknown, None) };
    if center.suspended(now).is_some() {
        return (TeamStatus::Unknown, None);
    }
    let cadence = if entry.feed {
        crate::words::Cadence::Feed
    } else {
        crate::clock::strictest(&center.periods, entry.valid_at, now)
    };
    let freshness = cadences.of(cadence).freshness(entry.valid_at, now);
    let before = center.resumed(now).is_some_and(|resumed| entry.valid_at < resumed);
    if before || matches!(freshness, Freshness::Stale | Freshness::Expired) {
        return (TeamStatus::Unknown, None);
    }
    (entry.team.team_status, Some(entry))
}
