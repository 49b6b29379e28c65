//! What a reporter typed: read, kept as it is for showing it again, and turned into a report.

use std::collections::BTreeSet;

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use uuid::Uuid;

use crate::check::Finding;
use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::{Center, Line, Report, Team};
use crate::search::comes;
use crate::unit::Unit;
use crate::words::{Accepts, Declared, Freshness, Limit, OperatingLevel, ReportKind, TeamStatus};

/// Longest text that is read, in bytes; a comment for professionals has 1,000 characters.
const LONGEST: usize = 4_000;
/// The counts of the form with their labels; those after the second are on the second screen.
pub(super) const COUNTS: [(&str, &str); 6] = [
    ("available_now", "Further patients you can take now"),
    ("on_ecls_now", "Patients on ECLS now"),
    ("staffed_slots", "Staffed places"),
    ("committed", "Committed for the next 12 hours"),
    ("additional_24h", "More within 24 hours"),
    ("additional_72h", "More within 72 hours"),
];
/// How many of them are asked at once.
pub(super) const ASKED: usize = 2;

/// What was typed of one kind of support.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModeTyped {
    pub(super) mode: Mode,
    /// None for the status of the age group.
    pub(super) status: Option<Declared>,
    /// A line of its own is in force: it is said anew, or it would outlive what the form says.
    said: bool,
}

/// What was typed of a retrieval team.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TeamTyped {
    pub(super) status: Option<TeamStatus>,
    pub(super) ready: String,
    pub(super) back: String,
}

/// One age group as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) age: AgeGroup,
    pub(super) status: Option<Declared>,
    /// The offered kinds of support, when there are several.
    pub(super) modes: Vec<ModeTyped>,
    /// In the order of [`COUNTS`].
    pub(super) counts: [String; 6],
    pub(super) limits: BTreeSet<Limit>,
    pub(super) withheld: bool,
    pub(super) accepts: Option<Accepts>,
    pub(super) level: Option<OperatingLevel>,
    /// When a place is expected, on the clock of the center.
    pub(super) expected: String,
    /// None when no team goes out for this age group.
    pub(super) team: Option<TeamTyped>,
}

/// What has been said, and how to judge its age.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) center: &'a Center,
    /// The unit that reports; none for the center as a whole.
    pub(super) unit: Option<&'a Unit>,
    pub(super) log: &'a Log,
    pub(super) cadences: &'a Cadences,
    pub(super) now: Instant,
}

impl<'a> Known<'a> {
    pub(super) fn key(&self) -> Option<&'a str> {
        self.unit.map(|unit| unit.key.as_str())
    }

    /// What is in force of whoever reports.
    pub(super) fn lines(&self) -> Vec<&'a Entry> {
        self.center.lines_of(self.log, self.key(), self.cadences, self.now)
    }
}

/// The whole form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    pub(super) report: Uuid,
    /// When it was made, if it could not be sent at once.
    pub(super) said_at: Option<Instant>,
    pub(super) groups: Vec<Group>,
    pub(super) comment_public: String,
    pub(super) comment_professional: String,
    pub(super) acknowledged: bool,
}

impl Typed {
    /// The form filled with what is in force: most reports change one thing.
    pub(super) fn from_log(known: Known<'_>, report: Uuid) -> Self {
        let Known { center, now, .. } = known;
        let lines = known.lines();
        let group = |age: &AgeGroup| {
            let of = |mode: Option<Mode>| {
                let found =
                    lines.iter().find(|it| it.line.age_group == *age && it.line.mode == mode);
                found.map(|it| &it.line)
            };
            let line = of(None);
            let text = |count: Option<i64>| count.map(|it| it.to_string()).unwrap_or_default();
            let mode = |mode: Mode| {
                let status = of(Some(mode)).map(|line| line.declared_status);
                ModeTyped { mode, status, said: status.is_some() }
            };
            let expected = line.and_then(|it| it.next_free_expected_at).filter(|at| *at > now);
            Group {
                age: *age,
                status: line.map(|it| it.declared_status),
                modes: several(center, *age).into_iter().map(mode).collect(),
                counts: line.map(values).unwrap_or_default().map(text),
                limits: line.map(|it| it.limits.clone()).unwrap_or_default(),
                withheld: line.is_some_and(|it| it.limits_withheld),
                accepts: line.and_then(|it| it.accepts_external),
                level: line.and_then(|it| it.operating_level),
                expected: expected.map(|at| clock_text(at, &center.time_zone)).unwrap_or_default(),
                team: comes(center, *age).then(|| team_typed(known, *age)),
            }
        };
        Self {
            report,
            said_at: None,
            groups: center.ages_of(known.key(), now).iter().map(group).collect(),
            comment_public: String::new(),
            comment_professional: String::new(),
            acknowledged: false,
        }
    }

    /// Reads a form that was sent. None when it is not one of ours.
    pub(super) fn read(known: Known<'_>, pairs: &[(String, String)]) -> Option<Self> {
        let value = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim()).unwrap_or_default()
        };
        if pairs.iter().any(|(_, value)| value.len() > LONGEST || value.contains('\0')) {
            return None;
        }
        let report = value("report").parse().ok()?;
        let mut typed = Self::from_log(known, report);
        typed.said_at = said_at(known.now, pairs).ok()?;
        for group in &mut typed.groups {
            let age = group.age;
            let of = |name: &str| value(&format!("{age}.{name}"));
            let limits = format!("{age}.limits");
            let chosen = pairs.iter().filter(|(name, _)| *name == limits);
            group.status = Declared::from_word(of("declared_status"));
            for it in &mut group.modes {
                it.status = Declared::from_word(of(it.mode.as_str()));
            }
            group.counts = COUNTS.map(|(name, _)| of(name).to_owned());
            group.limits = chosen.filter_map(|(_, word)| Limit::from_word(word)).collect();
            group.withheld = of("withheld") == "1";
            group.accepts = Accepts::from_word(of("accepts_external"));
            group.level = OperatingLevel::from_word(of("operating_level"));
            of("next_free_expected_at").clone_into(&mut group.expected);
            if let Some(team) = &mut group.team {
                team.status = TeamStatus::from_word(of("team_status"));
                of("teams_ready").clone_into(&mut team.ready);
                of("back_at").clone_into(&mut team.back);
            }
        }
        value("comment_public").clone_into(&mut typed.comment_public);
        value("comment_professional").clone_into(&mut typed.comment_professional);
        typed.acknowledged = value("acknowledge") == "1";
        Some(typed)
    }

    /// The report, or what cannot be read in it with its field.
    pub(super) fn report(&self, known: Known<'_>) -> Result<Report, Vec<Finding>> {
        let Known { center, now, .. } = known;
        let mut wrong = Vec::new();
        let mut report = {
            let at = self.said_at.unwrap_or(now);
            let unit = known.key().map(str::to_owned);
            Report { unit, ..Report::blank(center.id, self.report, ReportKind::Partial, at) }
        };
        for group in &self.groups {
            if let Some(status) = group.status {
                let at = report.lines.len();
                report.lines.push(group.line(status, at, &center.time_zone, &mut wrong));
            }
            report.lines.extend(group.mode_lines());
            if let Some((team, status)) = group.team.as_ref().and_then(|it| Some((it, it.status?)))
            {
                let at = |name: &str| format!("/transport/{}/{name}", report.transport.len());
                let teams_ready = count(&team.ready, &at("teams_ready"), &mut wrong);
                let back_at = moment_of(&team.back, &center.time_zone, &at("back_at"), &mut wrong);
                let (age_group, comment) = (group.age, String::new());
                report.transport.push(Team {
                    age_group,
                    team_status: status,
                    teams_ready,
                    back_at,
                    comment,
                });
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        self.comment_public.clone_into(&mut report.comment_public);
        self.comment_professional.clone_into(&mut report.comment_professional);
        Ok(report)
    }

    /// The field that a finding points to, as `adult.available_now`; none for the form as a whole.
    pub(super) fn field(&self, pointer: &str) -> Option<String> {
        let mut parts = pointer.strip_prefix('/')?.split('/');
        let (list, place) = (parts.next()?, parts.next()?.parse::<usize>().ok()?);
        let name = parts.next().unwrap_or("declared_status");
        if list == "transport" {
            let sent = |group: &&Group| group.team.as_ref().is_some_and(|it| it.status.is_some());
            let group = self.groups.iter().filter(sent).nth(place)?;
            return Some(format!("{}.{name}", group.age));
        }
        let mut fields = self.groups.iter().flat_map(|group| {
            let own = group.status.map(|_| format!("{}.{name}", group.age));
            let modes = group.mode_lines().filter_map(|line| line.mode);
            own.into_iter().chain(modes.map(|mode| format!("{}.{}", group.age, mode.as_str())))
        });
        fields.nth(place).filter(|_| list == "lines")
    }
}

impl Group {
    fn line(&self, status: Declared, at: usize, zone: &str, wrong: &mut Vec<Finding>) -> Line {
        let mut counts = [None; 6];
        for ((name, _), (text, number)) in COUNTS.iter().zip(self.counts.iter().zip(&mut counts)) {
            *number = count(text, &format!("/lines/{at}/{name}"), wrong);
        }
        let [available, on, staffed, committed, day, days] = counts;
        // reasons belong to a status that needs them
        let limited = matches!(status, Declared::Limited | Declared::Full);
        let pointer = format!("/lines/{at}/next_free_expected_at");
        Line {
            available_now: available,
            on_ecls_now: on,
            staffed_slots: staffed,
            committed,
            additional_24h: day,
            additional_72h: days,
            next_free_expected_at: moment_of(&self.expected, zone, &pointer, wrong),
            limits: if limited { self.limits.clone() } else { BTreeSet::new() },
            limits_withheld: limited && self.withheld,
            accepts_external: self.accepts,
            operating_level: self.level,
            ..Line::new(self.age, None, status)
        }
    }

    /// The lines of single kinds of support: what differs, and what was said of one of them before.
    fn mode_lines(&self) -> impl Iterator<Item = Line> {
        self.modes.iter().filter_map(|it| {
            let status = it.status.or_else(|| self.status.filter(|_| it.said))?;
            let limited = matches!(status, Declared::Limited | Declared::Full);
            Some(Line {
                limits: if limited { self.limits.clone() } else { BTreeSet::new() },
                // the form asks for reasons once
                limits_withheld: limited && (self.withheld || self.limits.is_empty()),
                ..Line::new(self.age, Some(it.mode), status)
            })
        })
    }
}

/// A form that is none of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Torn;

/// When a report was made that had to wait: so many seconds ago, as the device that kept it counts them, or the moment
/// that was worked out from them before. None for one that is sent at once.
pub(super) fn said_at(now: Instant, pairs: &[(String, String)]) -> Result<Option<Instant>, Torn> {
    let of = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    if let Some(moment) = of("said_at") {
        return moment.parse().map(Some).map_err(|_| Torn);
    }
    let Some(waited) = of("waited_s") else { return Ok(None) };
    let seconds: u32 = waited.parse().map_err(|_| Torn)?;
    // a second or two is the way of every report
    Ok((seconds > 5).then(|| now.plus_micros(-i64::from(seconds) * 1_000_000)))
}

fn count(text: &str, pointer: &str, wrong: &mut Vec<Finding>) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    let number = text.parse().ok();
    if number.is_none() {
        let message = "Type a whole number from 0 to 99, or leave it empty.".to_owned();
        wrong.push(Finding { rule: "V1", pointer: pointer.to_owned(), message, fix: None });
    }
    number
}

fn moment_of(text: &str, zone: &str, pointer: &str, wrong: &mut Vec<Finding>) -> Option<Instant> {
    if text.is_empty() {
        return None;
    }
    let moment = clock_moment(text, zone);
    if moment.is_none() {
        let message = "Type day and time, as 2026-11-22T14:30, or leave it empty.".to_owned();
        wrong.push(Finding { rule: "V7", pointer: pointer.to_owned(), message, fix: None });
    }
    moment
}

fn zone_of(zone: &str) -> jiff::tz::TimeZone {
    jiff::tz::db().get(zone).unwrap_or(jiff::tz::TimeZone::UTC)
}

/// A moment on the clock of a center, as the browser's field for it writes it.
pub(in crate::web) fn clock_text(at: Instant, zone: &str) -> String {
    at.timestamp().to_zoned(zone_of(zone)).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// The moment that was typed on the clock of a center.
pub(in crate::web) fn clock_moment(text: &str, zone: &str) -> Option<Instant> {
    let there: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = there.to_zoned(zone_of(zone)).ok()?;
    Some(Instant::from_micros(zoned.timestamp().as_microsecond()))
}

/// Where the team is, as long as that can be relied on.
fn team_typed(known: Known<'_>, age: AgeGroup) -> TeamTyped {
    let Known { center, log, cadences, now, .. } = known;
    let (status, said) = crate::status::team(center, log, age, cadences, now);
    let Some(said) = said.filter(|_| status != TeamStatus::Unknown) else {
        return TeamTyped::default();
    };
    let back = said.team.back_at.filter(|at| *at > now);
    TeamTyped {
        status: Some(status),
        ready: said.team.teams_ready.map(|it| it.to_string()).unwrap_or_default(),
        back: back.map(|at| clock_text(at, &center.time_zone)).unwrap_or_default(),
    }
}

/// The modes that can differ from each other.
fn several(center: &Center, age: AgeGroup) -> Vec<Mode> {
    let modes: Vec<Mode> = center.modes(age).collect();
    if modes.len() > 1 { modes } else { Vec::new() }
}

/// What was expected by now and has not been confirmed, for the reporter to look at.
pub(super) fn overdue(known: Known<'_>, age: AgeGroup) -> Option<Instant> {
    let line =
        known.lines().into_iter().find(|it| it.line.age_group == age && it.line.mode.is_none())?;
    let freshness = line.freshness(known.cadences, &known.center.periods, known.now);
    let at = line.line.next_free_expected_at?;
    (at <= known.now && freshness != Freshness::Expired).then_some(at)
}

/// The age groups that the center treats, in the order of age.
pub(super) fn offered(center: &Center) -> Vec<AgeGroup> {
    let treats = |age: &AgeGroup| center.modes(*age).next().is_some();
    AgeGroup::ALL.iter().copied().filter(treats).collect()
}

fn values(line: &Line) -> [Option<i64>; 6] {
    [
        line.available_now,
        line.on_ecls_now,
        line.staffed_slots,
        line.committed,
        line.additional_24h,
        line.additional_72h,
    ]
}
