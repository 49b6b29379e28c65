//! What a center has said so far, and which statement is in force for an age group and mode.
//!
//! Nothing here reads a clock: which line is in force changes with a report and with nothing else. The age of that
//! line is judged elsewhere, so time can only make an answer worse.

use std::collections::HashSet;

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::{Cadences, Period, strictest};
use crate::model::{Line, Report, Team};
use crate::words::{Cadence, Freshness, ReportKind};

/// A line with what its report says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is said.
    pub line: Line,
    /// By which unit.
    pub unit: Option<String>,
    /// The report that says it now.
    pub report: Uuid,
    /// The report that said it first: another one when it was confirmed since.
    pub origin: Uuid,
    /// The moment that it describes.
    pub valid_at: Instant,
    /// When it arrived.
    pub recorded_at: Instant,
    /// By an automatic feed.
    pub feed: bool,
}

impl Entry {
    const fn newness(&self) -> (Instant, Instant) {
        (self.valid_at, self.recorded_at)
    }

    /// How old it is: a feed's line by the row of feeds, another by the strictest cadence since it was made.
    pub fn freshness(&self, cadences: &Cadences, periods: &[Period], now: Instant) -> Freshness {
        cadences.of(self.cadence(periods, now)).freshness(self.valid_at, now)
    }

    /// When the next report is due, when the line goes stale, and when it expires.
    pub fn due(
        &self,
        cadences: &Cadences,
        periods: &[Period],
        now: Instant,
    ) -> (Instant, Instant, Instant) {
        let spans = cadences.of(self.cadence(periods, now));
        let after = |micros: i64| self.valid_at.plus_micros(micros);
        (after(spans.every), after(spans.aging), after(spans.stale))
    }

    /// The cadence by which it ages.
    pub fn cadence(&self, periods: &[Period], now: Instant) -> Cadence {
        if self.feed { Cadence::Feed } else { strictest(periods, self.valid_at, now) }
    }
}

/// A report of everything: what it does not name is not said any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Everything {
    unit: Option<String>,
    report: Uuid,
    valid_at: Instant,
    recorded_at: Instant,
    feed: bool,
}

/// Where a team is, with what its report says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamEntry {
    /// What is said.
    pub team: Team,
    /// By which unit.
    pub unit: Option<String>,
    /// The report.
    pub report: Uuid,
    /// The moment that it describes.
    pub valid_at: Instant,
    /// When it arrived.
    pub recorded_at: Instant,
    /// By an automatic feed.
    pub feed: bool,
}

/// The statements of one center.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    entries: Vec<Entry>,
    everything: Vec<Everything>,
    teams: Vec<TeamEntry>,
    removed: HashSet<Uuid>,
    seen: HashSet<Uuid>,
    /// What is in force, worked out once: no clock can change it. None after another report.
    #[serde(skip)]
    settled: Option<Settled>,
}

/// The units, and for each pair the place of the entry in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Settled {
    units: Vec<Option<String>>,
    lines: Vec<(usize, AgeGroup, Mode, usize)>,
}

impl Log {
    /// The log of reports, in the order in which they arrived.
    pub fn of<'a>(reports: impl IntoIterator<Item = &'a Report>, cadences: &Cadences) -> Self {
        let mut log = Self::default();
        for report in reports {
            log.add(report, cadences);
        }
        log.settle(cadences);
        log
    }

    /// Works out what is in force, so that looking is quick.
    fn settle(&mut self, cadences: &Cadences) {
        let units: Vec<Option<String>> =
            self.units().into_iter().map(|unit| unit.map(str::to_owned)).collect();
        let mut lines = Vec::new();
        for (at, unit) in units.iter().enumerate() {
            for age in AgeGroup::ALL {
                for mode in Mode::ALL {
                    let found = self.in_force(unit.as_deref(), *age, *mode, cadences);
                    let place = found.and_then(|it| {
                        self.entries.iter().position(|entry| std::ptr::eq(entry, it))
                    });
                    lines.extend(place.map(|place| (at, *age, *mode, place)));
                }
            }
        }
        self.settled = Some(Settled { units, lines });
    }

    /// Takes in one more report; one that is there already changes nothing. Gives whether it was new.
    pub fn add(&mut self, report: &Report, cadences: &Cadences) -> bool {
        if !self.seen.insert(report.report_id) {
            return false;
        }
        if report.held {
            return true;
        }
        self.settled = None;
        self.removed.extend(report.supersedes);
        self.removed.extend(&report.removes);
        if report.kind == ReportKind::ConfirmUnchanged {
            self.confirm(report, cadences);
            return true;
        }
        let feed = report.automatic;
        let (id, valid_at, recorded_at) = (report.report_id, report.valid_at, report.recorded_at);
        if report.kind == ReportKind::Full {
            let unit = report.unit.clone();
            self.everything.push(Everything { unit, report: id, valid_at, recorded_at, feed });
        }
        for line in &report.lines {
            self.entries.push(Entry {
                line: line.clone(),
                unit: report.unit.clone(),
                report: id,
                origin: id,
                valid_at,
                recorded_at,
                feed,
            });
        }
        for team in &report.transport {
            let (team, unit) = (team.clone(), report.unit.clone());
            self.teams.push(TeamEntry { team, unit, report: id, valid_at, recorded_at, feed });
        }
        true
    }

    /// Says anew what is in force at the moment of the confirmation and has not expired: of one unit, or of the center
    /// with all its units.
    fn confirm(&mut self, report: &Report, cadences: &Cadences) {
        let at = report.valid_at;
        let earlier = Self {
            entries: self.entries.iter().filter(|it| it.valid_at <= at).cloned().collect(),
            everything: self.everything.iter().filter(|it| it.valid_at <= at).cloned().collect(),
            removed: self.removed.clone(),
            ..Self::default()
        };
        let again = |entry: &Entry| Entry {
            report: report.report_id,
            valid_at: at,
            recorded_at: report.recorded_at,
            feed: report.automatic,
            ..entry.clone()
        };
        let lives = |entry: &&Entry| entry.freshness(cadences, &[], at) != Freshness::Expired;
        let own = |unit: Option<&str>| report.unit.is_none() || report.unit.as_deref() == unit;
        let units = earlier.units().into_iter().filter(|unit| own(*unit));
        let confirmed: Vec<Entry> = units
            .flat_map(|unit| earlier.lines_in_force(unit, cadences))
            .filter(lives)
            .map(again)
            .collect();
        self.entries.extend(confirmed);
        let teams: Vec<TeamEntry> = AgeGroup::ALL
            .iter()
            .filter_map(|age| self.team(*age).filter(|it| it.valid_at <= at))
            .filter(|it| own(it.unit.as_deref()))
            .map(|it| TeamEntry {
                report: report.report_id,
                valid_at: at,
                recorded_at: report.recorded_at,
                feed: report.automatic,
                ..it.clone()
            })
            .collect();
        self.teams.extend(teams);
    }

    fn counts(&self, entry: &Entry) -> bool {
        !self.removed.contains(&entry.report) && !self.removed.contains(&entry.origin)
    }

    /// The units that have said anything.
    pub fn units(&self) -> Vec<Option<&str>> {
        if let Some(settled) = &self.settled {
            return settled.units.iter().map(Option::as_deref).collect();
        }
        let mut units: Vec<Option<&str>> =
            self.entries.iter().filter(|it| self.counts(it)).map(|it| it.unit.as_deref()).collect();
        units.sort_unstable();
        units.dedup();
        units
    }

    /// The line in force of a unit for an age group and mode: the newest line of the pair that no later report of
    /// everything has dropped, or the pool's line when there is none or when the pool's is newer and permits less.
    pub fn in_force(
        &self,
        unit: Option<&str>,
        age: AgeGroup,
        mode: Mode,
        cadences: &Cadences,
    ) -> Option<&Entry> {
        if let Some(settled) = &self.settled {
            let unit = settled.units.iter().position(|it| it.as_deref() == unit)?;
            let is_it =
                |it: &&(usize, AgeGroup, Mode, usize)| (it.0, it.1, it.2) == (unit, age, mode);
            return self.entries.get(settled.lines.iter().find(is_it)?.3);
        }
        let relevant: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|it| it.line.age_group == age && it.unit.as_deref() == unit)
            .filter(|it| it.line.mode.is_none_or(|own| own == mode) && self.counts(it))
            .collect();
        // what a feed says within some hours after a person never comes into force
        let by_hand: Vec<Instant> =
            relevant.iter().filter(|it| !it.feed).map(|it| it.valid_at).collect();
        let silenced = |feed: bool, at: Instant| {
            feed && by_hand
                .iter()
                .any(|hand| *hand <= at && at <= hand.plus_micros(cadences.by_hand))
        };
        let newest = |mode: Option<Mode>| {
            relevant
                .iter()
                .filter(|it| it.line.mode == mode && !silenced(it.feed, it.valid_at))
                .max_by_key(|it| it.newness())
                .copied()
        };
        let dropped = |entry: &&Entry| {
            self.everything.iter().any(|it| {
                it.unit.as_deref() == unit
                    && it.report != entry.report
                    && !self.removed.contains(&it.report)
                    && (it.valid_at, it.recorded_at) > entry.newness()
                    && !silenced(it.feed, it.valid_at)
            })
        };
        let pool = newest(None);
        let own = newest(Some(mode)).filter(|entry| !dropped(entry));
        match (own, pool) {
            (Some(own), Some(pool)) if is_stricter_and_newer(pool, own) => Some(pool),
            (Some(own), _) => Some(own),
            (None, pool) => pool,
        }
    }

    /// Every line in force of a unit, each once, in the order of its keys.
    pub fn lines_in_force(&self, unit: Option<&str>, cadences: &Cadences) -> Vec<&Entry> {
        let mut lines: Vec<&Entry> = Vec::new();
        for age in AgeGroup::ALL {
            for mode in Mode::ALL {
                let Some(found) = self.in_force(unit, *age, *mode, cadences) else { continue };
                if !lines.iter().any(|it| std::ptr::eq(*it, found)) {
                    lines.push(found);
                }
            }
        }
        lines
    }

    /// Until when a line stands against feeds, if a person has made it.
    pub fn by_hand_until(entry: &Entry, cadences: &Cadences) -> Option<Instant> {
        (!entry.feed).then(|| entry.valid_at.plus_micros(cadences.by_hand))
    }

    /// The newest statement on the teams for an age group.
    pub fn team(&self, age: AgeGroup) -> Option<&TeamEntry> {
        let own: Vec<&TeamEntry> = self
            .teams
            .iter()
            .filter(|it| it.team.age_group == age && !self.removed.contains(&it.report))
            .collect();
        own.into_iter().max_by_key(|it| (it.valid_at, it.recorded_at))
    }

    /// When the last report arrived that still counts.
    pub fn last_recorded(&self) -> Option<Instant> {
        let lines = self.entries.iter().filter(|it| self.counts(it)).map(|it| it.recorded_at);
        lines.chain(self.teams.iter().map(|it| it.recorded_at)).max()
    }

    /// Whether a report is in the log.
    pub fn holds(&self, report: Uuid) -> bool {
        self.seen.contains(&report)
    }
}

fn is_stricter_and_newer(pool: &Entry, own: &Entry) -> bool {
    pool.newness() > own.newness()
        && pool.line.declared_status.permits() < own.line.declared_status.permits()
}
