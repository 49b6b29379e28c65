//! What a program says beside what people say.

use std::collections::BTreeSet;

use base::Instant;
use directory::centers::{AgeGroup, Mode};

use super::{Client, is_by};
use crate::clock::{Cadences, DAY};
use crate::log::{Entry, Log};
use crate::model::{Center, Line, Report};
use crate::words::Freshness;

/// One line of a program, with what people had said by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Double {
    /// The moment that the program describes.
    pub at: Instant,
    /// Of which unit.
    pub unit: Option<String>,
    /// What the program says.
    pub program: Line,
    /// What people had said, and of when; none when they had not, or it had expired.
    pub people: Option<(Instant, Line)>,
}

impl Double {
    /// Whether light, free places and patients on support are the same, as far as both tell them; none when people had
    /// said nothing.
    pub fn agrees(&self) -> Option<bool> {
        let (_, people) = self.people.as_ref()?;
        let same = |own: Option<i64>, other: Option<i64>| {
            own.zip(other).is_none_or(|(own, other)| own == other)
        };
        Some(
            self.program.declared_status == people.declared_status
                && same(self.program.available_now, people.available_now)
                && same(self.program.on_ecls_now, people.on_ecls_now),
        )
    }
}

/// What a program has said, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trial {
    /// Its lines that came while it was not shown; at most those of some hundred reports.
    pub lines: Vec<Double>,
    /// Days of UTC, counted from 1970, on which people had said something to compare with.
    pub days: BTreeSet<i64>,
}

impl Trial {
    /// How many lines could be compared, and how many of them said the same.
    pub fn agreement(&self) -> (usize, usize) {
        let judged: Vec<bool> = self.lines.iter().filter_map(Double::agrees).collect();
        (judged.len(), judged.iter().filter(|same| **same).count())
    }
}

/// Puts beside each line of a program what people had said at the time. Reports come in the order of their arrival.
pub(super) fn compared(
    client: &Client,
    center: &Center,
    reports: &[Report],
    cadences: &Cadences,
) -> Trial {
    let mut people = Log::default();
    let mut trial = Trial::default();
    for report in reports {
        if !is_by(report, client.person) {
            if !report.automatic {
                people.add(report, cadences);
            }
            continue;
        }
        if !report.held || report.recorded_at < client.since {
            continue;
        }
        for line in &report.lines {
            let unit = report.unit.as_deref();
            let said = said(&people, center, (unit, line), report.valid_at, cadences);
            let day = report.valid_at.as_micros().div_euclid(DAY);
            // a report of that very day: one that lasts over midnight is not typed twice
            if said.as_ref().is_some_and(|it| it.0.as_micros().div_euclid(DAY) == day) {
                trial.days.insert(day);
            }
            let unit = report.unit.clone();
            trial.lines.push(Double {
                at: report.valid_at,
                unit,
                program: line.clone(),
                people: said,
            });
        }
    }
    trial.lines.reverse();
    trial
}

fn said(
    people: &Log,
    center: &Center,
    (unit, line): (Option<&str>, &Line),
    at: Instant,
    cadences: &Cadences,
) -> Option<(Instant, Line)> {
    let age: AgeGroup = line.age_group;
    let mode: Mode = line.mode.or_else(|| center.modes(age).next())?;
    let found: &Entry = people.in_force(unit, age, mode, cadences)?;
    let known = found.freshness(cadences, &center.periods, at) != Freshness::Expired;
    known.then(|| (found.valid_at, found.line.clone()))
}
