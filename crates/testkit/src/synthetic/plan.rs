//! The facts of a patient before any form is filled: who, when, why, and how it ended.

use dictionary::AgeGroup;

use super::SampleCenter;
use super::dice::real;
use super::figures::{Illness, Support};
use super::sheet::{At, HOUR};

/// Who.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) key: String,
    pub(crate) birth: At,
    /// Code in list `sex`.
    pub(crate) sex: &'static str,
    pub(crate) weight_kg: f64,
    pub(crate) height_cm: f64,
    pub(crate) gestation_weeks: f64,
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ending {
    Alive(At),
    Dead(At),
    /// Taken over on support by the center of this number.
    Left(At, &'static str),
    InHospital,
}

/// Where the patient of a stay came from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Arrival {
    Direct,
    /// From a hospital outside the directory, off support.
    Referred,
    /// Put on support there by the own mobile team.
    Retrieved,
    /// On support from the center of this number.
    OnSupport(&'static str),
}

/// A part of the course in one mode; without end while it lasts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Period {
    pub(crate) mode: &'static str,
    pub(crate) start: At,
    pub(crate) end: Option<At>,
}

/// One run.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a run")]
pub(crate) struct Run {
    pub(crate) no: i64,
    pub(crate) age: AgeGroup,
    pub(crate) support: Support,
    pub(crate) illness: Illness,
    pub(crate) start: At,
    pub(crate) stop: Option<At>,
    /// Alive when support ended.
    pub(crate) weaned: bool,
    pub(crate) periods: Vec<Period>,
    pub(crate) arrest: bool,
    pub(crate) injured: bool,
    /// Everything that a submitted run needs is there.
    pub(crate) complete: bool,
    /// Left the hospital alive in the end, as far as this run decides it; the world's registry only.
    pub(crate) discharged: bool,
    /// What the world's registry knows beyond the sample; the sample has none.
    pub(crate) world: Option<Setting>,
}

/// Circumstances of a run in the world's registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// Year of the start: devices, forms and habits of the time.
    pub(crate) year: i16,
    /// How ill beyond others of the same illness, in standard deviations.
    pub(crate) ill: f64,
    /// How thoroughly the center documents, 0 to 1.
    pub(crate) care: f64,
    /// A journey away and back on support.
    pub(crate) trip: Option<(At, At, &'static str)>,
    /// Pregnant or just delivered.
    pub(crate) pregnant: bool,
    /// The pandemic's disease was suspected, not proven.
    pub(crate) suspected: bool,
    /// The center keeps the daily sheet.
    pub(crate) daily: bool,
}

impl Run {
    /// Hours on support, up to the data's end for one that lasts.
    pub(crate) fn hours(&self, until: At) -> f64 {
        real(self.stop.unwrap_or(until).since(self.start)) / real(HOUR)
    }
}

/// One stay.
#[derive(Debug, Clone)]
pub(crate) struct Stay {
    pub(crate) admit: At,
    pub(crate) arrival: Arrival,
    pub(crate) ending: Ending,
    pub(crate) runs: Vec<Run>,
}

impl Stay {
    /// Moves everything by so many minutes.
    pub(crate) fn shift(&mut self, minutes: i64) {
        self.admit = self.admit.plus(minutes);
        self.ending = match self.ending {
            Ending::Alive(at) => Ending::Alive(at.plus(minutes)),
            Ending::Dead(at) => Ending::Dead(at.plus(minutes)),
            Ending::Left(at, to) => Ending::Left(at.plus(minutes), to),
            Ending::InHospital => Ending::InHospital,
        };
        for run in &mut self.runs {
            run.start = run.start.plus(minutes);
            run.stop = run.stop.map(|stop| stop.plus(minutes));
        }
    }

    /// When it ended.
    pub(crate) const fn end(&self) -> Option<At> {
        match self.ending {
            Ending::Alive(at) | Ending::Dead(at) | Ending::Left(at, _) => Some(at),
            Ending::InHospital => None,
        }
    }
}

/// One patient of one center.
#[derive(Debug, Clone)]
pub(crate) struct Patient {
    pub(crate) center: SampleCenter,
    pub(crate) person: Person,
    pub(crate) stays: Vec<Stay>,
}
