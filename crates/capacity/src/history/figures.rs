//! Figures of a day: hours by what was shown, summed over the centers of an area.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::shown::Standing;
use crate::words::Limit;

/// A share is shown in gray where fewer hours than this were reported.
const HALF: f64 = 0.5;
/// So many patients, on average, that a figure on patients is told.
const FEWEST_PATIENTS: u64 = 5;

/// What was shown of an age group, or of one of its kinds of support, on a day. Hours are those of all centers
/// together; what a center did before it was listed, or after it closed, is not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Centers that offer it.
    pub centers: u32,
    /// Of them, those with an hour in which the report was fresh or aging.
    #[serde(skip_serializing_if = "is_zero")]
    pub reporting: u32,
    /// Hours in which the report was fresh or aging, whatever it said.
    #[serde(skip_serializing_if = "is_zero")]
    pub current_hours: u32,
    /// Hours by what was shown, as in the totals of the map.
    #[serde(skip_serializing_if = "is_zero")]
    pub can_accept_hours: u32,
    /// As above.
    #[serde(skip_serializing_if = "is_zero")]
    pub limited_hours: u32,
    /// As above.
    #[serde(skip_serializing_if = "is_zero")]
    pub full_hours: u32,
    /// As above: stale, expired, never reported, declared unknown.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_known_hours: u32,
    /// As above.
    #[serde(skip_serializing_if = "is_zero")]
    pub suspended_hours: u32,
    /// Patients on support, summed over the hours in which staffed places were known too.
    #[serde(skip_serializing_if = "is_zero")]
    pub patient_hours: u64,
    /// Staffed places in the same hours.
    #[serde(skip_serializing_if = "is_zero")]
    pub place_hours: u64,
    /// The median age of a report over the current hours, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub median_age_minutes: Option<u32>,
    /// Hours in which a reason for limited or full was named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub limits: BTreeMap<Limit, u32>,
    /// Hours in which it was known where the retrieval team is.
    #[serde(skip_serializing_if = "is_zero")]
    pub team_known_hours: u32,
    /// Of them, those in which it was ready.
    #[serde(skip_serializing_if = "is_zero")]
    pub team_ready_hours: u32,
    /// It may be told to everybody: see [`super`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
}

impl Figures {
    /// Hours of centers that work.
    pub const fn hours(&self) -> u32 {
        self.can_accept_hours + self.limited_hours + self.full_hours + self.not_known_hours
    }

    /// Hours of one standing.
    pub const fn of(&self, standing: Standing) -> u32 {
        match standing {
            Standing::CanAccept => self.can_accept_hours,
            Standing::Limited => self.limited_hours,
            Standing::Full => self.full_hours,
            Standing::NotKnown => self.not_known_hours,
            Standing::Suspended => self.suspended_hours,
        }
    }

    /// One more hour of a standing.
    pub(super) const fn note(&mut self, standing: Standing) {
        let hours = match standing {
            Standing::CanAccept => &mut self.can_accept_hours,
            Standing::Limited => &mut self.limited_hours,
            Standing::Full => &mut self.full_hours,
            Standing::NotKnown => &mut self.not_known_hours,
            Standing::Suspended => &mut self.suspended_hours,
        };
        *hours += 1;
    }

    /// Hours in which it was known whether a patient can be taken.
    const fn known_hours(&self) -> u32 {
        self.can_accept_hours + self.limited_hours + self.full_hours
    }

    /// Hours with a report that was fresh or aging, as a share of all.
    pub fn reporting_share(&self) -> Option<f64> {
        share(self.current_hours.into(), self.hours().into())
    }

    /// Hours in which a patient could be taken, perhaps after a call, as a share of those in which it was known.
    pub fn acceptance_share(&self) -> Option<f64> {
        share((self.can_accept_hours + self.limited_hours).into(), self.known_hours().into())
    }

    /// Full hours as a share of those in which it was known.
    pub fn full_share(&self) -> Option<f64> {
        share(self.full_hours.into(), self.known_hours().into())
    }

    /// Hours in which it was not known, as a share of all.
    pub fn unknown_share(&self) -> Option<f64> {
        share(self.not_known_hours.into(), self.hours().into())
    }

    /// Patients on support as a share of staffed places, over the hours in which both were known; none for fewer than
    /// five patients.
    pub fn occupancy(&self) -> Option<f64> {
        let enough = self.patient_hours >= FEWEST_PATIENTS * 24;
        share(self.patient_hours, self.place_hours).filter(|_| enough)
    }

    /// Hours in which the retrieval team was ready, as a share of those in which it was known where it is.
    pub fn team_ready_share(&self) -> Option<f64> {
        share(self.team_ready_hours.into(), self.team_known_hours.into())
    }

    /// Fewer than half of the hours were reported: what is shown beside it stands on little.
    pub fn is_thin(&self) -> bool {
        self.reporting_share().is_none_or(|share| share < HALF)
    }

    /// Adds the hours of another center, or of another day of the same centers.
    pub(super) fn add(&mut self, other: &Self) {
        self.current_hours += other.current_hours;
        self.can_accept_hours += other.can_accept_hours;
        self.limited_hours += other.limited_hours;
        self.full_hours += other.full_hours;
        self.not_known_hours += other.not_known_hours;
        self.suspended_hours += other.suspended_hours;
        self.patient_hours += other.patient_hours;
        self.place_hours += other.place_hours;
        self.team_known_hours += other.team_known_hours;
        self.team_ready_hours += other.team_ready_hours;
        for (limit, hours) in &other.limits {
            *self.limits.entry(*limit).or_default() += hours;
        }
    }
}

/// What is zero is not written down.
fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// A share of hours; they are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "hours of a few thousand centers")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_none_without_hours_and_occupancy_needs_five_patients() {
        let none = Figures::default();
        assert_eq!((none.reporting_share(), none.acceptance_share()), (None, None));
        assert!(none.is_thin());
        let mut some = Figures {
            current_hours: 12,
            can_accept_hours: 6,
            full_hours: 6,
            not_known_hours: 12,
            patient_hours: 119,
            place_hours: 240,
            ..Figures::default()
        };

        assert_eq!((some.reporting_share(), some.acceptance_share()), (Some(0.5), Some(0.5)));
        assert!(!some.is_thin());
        assert_eq!(some.occupancy(), None);
        some.patient_hours = 120;
        assert_eq!(some.occupancy(), Some(0.5));
    }
}
