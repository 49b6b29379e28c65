//! Parts of a center that report for themselves, and who speaks for an age group when.
//!
//! Where a unit speaks for an age group, the center as a whole does not: what it said before is not in force any more,
//! nor does it come back when the unit closes. Whoever takes over says it anew.

mod keep;

use std::collections::BTreeSet;

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use serde::{Deserialize, Serialize};

use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::Center;

pub use keep::{MOST_UNITS, UNIT_STATEMENTS, UnitDetails};
pub(crate) use keep::{read, store};

/// A time in which a unit speaks for an age group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSpan {
    /// For whom.
    pub age_group: AgeGroup,
    /// From when.
    pub from: Instant,
    /// Until when; none while it does.
    pub until: Option<Instant>,
}

impl UnitSpan {
    fn is_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A part of a center that reports for itself, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its key within the center; it stays.
    pub key: String,
    /// Its name.
    pub name: String,
    /// When it speaks for whom.
    pub spans: Vec<UnitSpan>,
}

impl Unit {
    /// The age groups that it speaks for at a moment; none when it has closed.
    pub fn ages(&self, at: Instant) -> BTreeSet<AgeGroup> {
        self.spans.iter().filter(|it| it.is_at(at)).map(|it| it.age_group).collect()
    }
}

/// Who speaks for an age group of a center.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Voice<'a> {
    /// Which unit; none for the center as a whole.
    pub unit: Option<&'a str>,
    /// Since when: what it said before is not in force.
    pub since: Instant,
}

impl Voice<'_> {
    /// The line in force of this voice; none when it has said nothing since it speaks.
    pub fn in_force<'b>(
        &self,
        log: &'b Log,
        (age, mode): (AgeGroup, Mode),
        cadences: &Cadences,
    ) -> Option<&'b Entry> {
        log.in_force(self.unit, age, mode, cadences).filter(|it| it.valid_at >= self.since)
    }
}

impl Center {
    /// Who speaks for an age group at a moment: its units, or the center as a whole where there is none.
    pub fn voices(&self, age: AgeGroup, at: Instant) -> Vec<Voice<'_>> {
        let own = |unit: &'_ Unit| {
            unit.spans.iter().find(|it| it.age_group == age && it.is_at(at)).map(|it| it.from)
        };
        let mut voices: Vec<Voice<'_>> = self
            .units
            .iter()
            .filter_map(|unit| Some(Voice { unit: Some(unit.key.as_str()), since: own(unit)? }))
            .collect();
        if voices.is_empty() {
            let spans = self.units.iter().flat_map(|unit| &unit.spans);
            let ended = spans.filter(|it| it.age_group == age).filter_map(|it| it.until);
            let since = ended.filter(|until| *until <= at).max();
            voices.push(Voice { unit: None, since: since.unwrap_or(Instant::from_micros(0)) });
        }
        voices
    }

    /// Those who report at a moment: the units in the order of their names, then the center as a whole where an age
    /// group that it treats has no unit.
    pub fn speakers(&self, at: Instant) -> Vec<Option<&Unit>> {
        let mut units: Vec<&Unit> =
            self.units.iter().filter(|unit| !unit.ages(at).is_empty()).collect();
        units.sort_by(|a, b| (&a.name, &a.key).cmp(&(&b.name, &b.key)));
        let whole = units.is_empty() || !self.ages_of(None, at).is_empty();
        units.into_iter().map(Some).chain(whole.then_some(None)).collect()
    }

    /// The age groups that the center treats and a unit, or the center as a whole, speaks for at a moment.
    pub fn ages_of(&self, unit: Option<&str>, at: Instant) -> Vec<AgeGroup> {
        let speaks = |age: AgeGroup| self.voices(age, at).iter().any(|it| it.unit == unit);
        let treats = |age: &AgeGroup| self.modes(*age).next().is_some();
        AgeGroup::ALL.iter().copied().filter(treats).filter(|age| speaks(*age)).collect()
    }

    /// A unit that is there at a moment.
    pub fn unit(&self, key: &str, at: Instant) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.key == key && !unit.ages(at).is_empty())
    }

    /// Lines in force of a unit, or of the center as a whole, for the age groups that it speaks for.
    pub(crate) fn lines_of<'a>(
        &self,
        log: &'a Log,
        unit: Option<&str>,
        cadences: &Cadences,
        at: Instant,
    ) -> Vec<&'a Entry> {
        let speaks = |entry: &&Entry| {
            let voices = self.voices(entry.line.age_group, at);
            voices.iter().any(|it| it.unit == unit && entry.valid_at >= it.since)
        };
        log.lines_in_force(unit, cadences).into_iter().filter(speaks).collect()
    }
}
