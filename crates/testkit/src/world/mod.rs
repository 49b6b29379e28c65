//! The whole world's registry, invented: some 780 centers, 167,674 submitted runs from 1989 to 2026, drafts.
//!
//! The same seed and size give the same world on every machine. Each center is generated on its own, so
//! centers may be drawn in any order and on several threads. What the draws are calibrated with, and how near
//! they come, is printed by `cargo run -p testkit --example calibration`.
//!
//! ```
//! use dictionary::Dictionary;
//! use testkit::world::{World, WorldSize};
//!
//! let dictionary = Dictionary::embedded().expect("the shipped dictionary");
//! let world = World::new(&dictionary, 7, WorldSize { submitted: 300 });
//! let runs: usize = (0..world.centers().len())
//!     .flat_map(|center| world.patients(center))
//!     .map(|patient| patient.submitted_at.len())
//!     .sum();
//! assert_eq!(runs, 300);
//! ```

pub mod calibration;
mod cases;
mod centers;
mod course;
mod figures;
mod gaps;
mod levels;
#[cfg(test)]
mod tests;
mod years;

use base::Instant;
use dictionary::Dictionary;
use registry::incoming::IncomingPatient;

use crate::synthetic::SampleCenter;
use crate::synthetic::dice::{Dice, real, whole};
use crate::synthetic::sheet::At;

pub use cases::Patients;
pub use centers::WorldCenter;
pub use years::SUBMITTED;

use gaps::Gaps;
use levels::Levels;
use years::Work;

/// How large a world is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorldSize {
    /// Submitted runs; centers, drafts and years keep their proportions.
    pub submitted: u64,
}

impl WorldSize {
    /// As many runs as the public count of 2021.
    pub const FULL: Self = Self { submitted: SUBMITTED };

    /// Centers of a world of this size: fewer in a small world, so that each still has runs.
    pub(crate) fn centers(self) -> usize {
        let full = real(i64::try_from(SUBMITTED).unwrap_or(i64::MAX));
        let part = (real(i64::try_from(self.submitted).unwrap_or(i64::MAX)) / full).min(1.0);
        usize::try_from(whole(796.0 * part.sqrt())).unwrap_or(796).clamp(12, 796)
    }
}

impl Default for WorldSize {
    fn default() -> Self {
        Self::FULL
    }
}

/// One invented patient of a center.
#[derive(Debug, Clone)]
pub struct WorldPatient {
    /// The record as a reader of files would hand it on.
    pub patient: IncomingPatient,
    /// When runs were submitted, by their place among all runs of the patient (stay by stay); a run that is
    /// not listed is a draft.
    pub submitted_at: Vec<(usize, Instant)>,
    /// When the record was first written: before every submission.
    pub entered_at: Instant,
}

/// The whole world, ready to be drawn center by center.
#[derive(Debug)]
pub struct World<'d> {
    dictionary: &'d Dictionary,
    seed: u64,
    centers: Vec<WorldCenter>,
    work: Work,
    levels: Levels,
    gaps: Gaps,
    until: At,
}

impl<'d> World<'d> {
    /// Plans a world: which center has how many runs of which kind in which year.
    pub fn new(dictionary: &'d Dictionary, seed: u64, size: WorldSize) -> Self {
        let centers = WorldCenter::some(size.centers());
        let mut dice = Dice::new(seed);
        let work = years::share(&centers, size.submitted, &mut dice);
        let levels = Levels::new(&centers, &work, &mut dice);
        let until = At::of(jiff::civil::date(2026, 11, 15));
        let gaps = Gaps::new(dictionary);
        Self { dictionary, seed, centers, work, levels, gaps, until }
    }

    /// All centers in the order in which they joined.
    pub fn centers(&self) -> &[WorldCenter] {
        &self.centers
    }

    /// The patients of a center by year of their first run; none when there is no such center.
    pub fn patients(&self, center: usize) -> Patients<'_> {
        Patients::new(self, center)
    }

    /// The moment at which the world stands still: nothing happens after it.
    pub fn now(&self) -> Instant {
        self.until.plus(12 * 60).instant()
    }

    /// Open runs of the world.
    pub fn drafts(&self) -> u64 {
        self.work.loads.iter().flatten().map(|load| u64::from(load.drafts)).sum()
    }

    /// Chance of its own for a part of the world, whatever the order in which the parts are drawn.
    fn dice(&self, kind: u64, place: usize) -> Dice {
        let place = u64::try_from(place).unwrap_or(u64::MAX);
        // SplitMix64 over seed, kind and place
        let mut mixed = self.seed;
        for part in [kind, place] {
            mixed = (mixed ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .wrapping_add(0x9E37_79B9_7F4A_7C15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
        }
        Dice::new(mixed)
    }

    /// A center as the forms need it.
    fn home(&self, center: usize) -> Option<SampleCenter> {
        let center = self.centers.get(center)?;
        Some(SampleCenter {
            number: center.number,
            name: center.name,
            country: center.country,
            chapter: center.chapter,
            size: center.size,
            children: center.children,
            adults: center.adults,
            race_percent: center.race_percent(),
            people: center.people,
        })
    }
}
