//! What a reporter typed: read, kept as it is for showing it again, and turned into a report.

use std::collections::BTreeSet;

use base::Instant;
use directory::centers::AgeGroup;
use uuid::Uuid;

use crate::check::Finding;
use crate::clock::Cadences;
use crate::log::Log;
use crate::model::{Center, Line, Report};
use crate::words::{Accepts, Channel, Declared, Limit, ReportKind};

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

/// One age group as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    pub(super) age: AgeGroup,
    pub(super) status: Option<Declared>,
    /// In the order of [`COUNTS`].
    pub(super) counts: [String; 6],
    pub(super) limits: BTreeSet<Limit>,
    pub(super) withheld: bool,
    pub(super) accepts: Option<Accepts>,
}

/// The whole form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    pub(super) report: Uuid,
    pub(super) groups: Vec<Group>,
    pub(super) comment_public: String,
    pub(super) comment_professional: String,
    pub(super) acknowledged: bool,
}

impl Typed {
    /// The form filled with what is in force: most reports change one thing.
    pub(super) fn from_log(center: &Center, log: &Log, cadences: &Cadences, report: Uuid) -> Self {
        let lines = log.lines_in_force(None, cadences);
        let group = |age: &AgeGroup| {
            let known = lines.iter().find(|it| it.line.age_group == *age && it.line.mode.is_none());
            let line = known.map(|it| &it.line);
            let text = |count: Option<i64>| count.map(|it| it.to_string()).unwrap_or_default();
            Group {
                age: *age,
                status: line.map(|it| it.declared_status),
                counts: line.map(values).unwrap_or_default().map(text),
                limits: line.map(|it| it.limits.clone()).unwrap_or_default(),
                withheld: line.is_some_and(|it| it.limits_withheld),
                accepts: line.and_then(|it| it.accepts_external),
            }
        };
        Self {
            report,
            groups: offered(center).iter().map(group).collect(),
            comment_public: String::new(),
            comment_professional: String::new(),
            acknowledged: false,
        }
    }

    /// Reads a form that was sent. None when it is not one of ours.
    pub(super) fn read(center: &Center, pairs: &[(String, String)]) -> Option<Self> {
        let value = |key: &str| {
            let found = pairs.iter().find(|(name, _)| name == key);
            found.map(|(_, value)| value.trim()).unwrap_or_default()
        };
        if pairs.iter().any(|(_, value)| value.len() > LONGEST || value.contains('\0')) {
            return None;
        }
        let group = |age: &AgeGroup| {
            let of = |name: &str| value(&format!("{age}.{name}"));
            let limits = format!("{age}.limits");
            let chosen = pairs.iter().filter(|(name, _)| *name == limits);
            Group {
                age: *age,
                status: Declared::from_word(of("declared_status")),
                counts: COUNTS.map(|(name, _)| of(name).to_owned()),
                limits: chosen.filter_map(|(_, word)| Limit::from_word(word)).collect(),
                withheld: of("withheld") == "1",
                accepts: Accepts::from_word(of("accepts_external")),
            }
        };
        Some(Self {
            report: value("report").parse().ok()?,
            groups: offered(center).iter().map(group).collect(),
            comment_public: value("comment_public").to_owned(),
            comment_professional: value("comment_professional").to_owned(),
            acknowledged: value("acknowledge") == "1",
        })
    }

    /// The report, or what cannot be read in it with its field.
    pub(super) fn report(&self, center: &Center, now: Instant) -> Result<Report, Vec<Finding>> {
        let mut wrong = Vec::new();
        let mut lines = Vec::new();
        for group in self.groups.iter().filter(|group| group.status.is_some()) {
            let at = lines.len();
            let mut counts = [None; 6];
            for ((name, _), (text, count)) in
                COUNTS.iter().zip(group.counts.iter().zip(&mut counts))
            {
                match text.parse::<i64>() {
                    Ok(number) => *count = Some(number),
                    Err(_) if text.is_empty() => {}
                    Err(_) => wrong.push(Finding {
                        rule: "V1",
                        pointer: format!("/lines/{at}/{name}"),
                        message: "Type a whole number from 0 to 99, or leave it empty.".to_owned(),
                        fix: None,
                    }),
                }
            }
            let [available, on, staffed, committed, day, days] = counts;
            let status = group.status.unwrap_or(Declared::Unknown);
            // reasons belong to a status that needs them
            let limited = matches!(status, Declared::Limited | Declared::Full);
            lines.push(Line {
                available_now: available,
                on_ecls_now: on,
                staffed_slots: staffed,
                committed,
                additional_24h: day,
                additional_72h: days,
                limits: if limited { group.limits.clone() } else { BTreeSet::new() },
                limits_withheld: limited && group.withheld,
                accepts_external: group.accepts,
                ..Line::new(group.age, None, status)
            });
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Report {
            lines,
            comment_public: self.comment_public.clone(),
            comment_professional: self.comment_professional.clone(),
            ..empty(center, self.report, ReportKind::Partial, now)
        })
    }

    /// The field that a finding points to, as `adult.available_now`; none for the form as a whole.
    pub(super) fn field(&self, pointer: &str) -> Option<String> {
        let mut parts = pointer.strip_prefix("/lines/")?.split('/');
        let place: usize = parts.next()?.parse().ok()?;
        let group = self.groups.iter().filter(|group| group.status.is_some()).nth(place)?;
        let name = parts.next().unwrap_or("declared_status");
        Some(format!("{}.{name}", group.age))
    }
}

/// A report from the form without lines.
pub(super) fn empty(center: &Center, id: Uuid, kind: ReportKind, now: Instant) -> Report {
    Report {
        report_id: id,
        center: center.id,
        unit: None,
        kind,
        valid_at: now,
        recorded_at: now,
        reported_by: String::new(),
        role: String::new(),
        channel: Channel::Web,
        automatic: false,
        supersedes: None,
        lines: Vec::new(),
        transport: Vec::new(),
        comment_public: String::new(),
        comment_professional: String::new(),
    }
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
