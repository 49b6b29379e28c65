//! How well patients fare by group, year and center, as log-odds that bring every group to its own level.

use dictionary::AgeGroup;

use crate::synthetic::dice::Dice;

use super::centers::WorldCenter;
use super::figures::{GROUPS, Ill, between};
use super::years::{FIRST, LAST, Work};

/// Deviation of how ill patients of one illness are, in log-odds.
pub(super) const ILLNESS_SPREAD: f64 = 0.65;
/// Deviation between centers, in log-odds: what they do, not whom they treat.
const CENTER_SPREAD: f64 = 0.3;

/// Log-odds to add.
#[derive(Debug)]
pub(super) struct Levels {
    /// By year since the first and by group.
    shifts: Vec<[f64; GROUPS.len()]>,
    /// By center: children, adults.
    centers: Vec<[f64; 2]>,
    /// By year since the first: what the volumes of the centers give on average, children and adults.
    volumes: Vec<[f64; 2]>,
    /// Documentation of the center: 0 poor to 1 thorough.
    care: Vec<f64>,
}

/// Log-odds of a percentage.
pub(super) fn logit(percent: f64) -> f64 {
    let part = (percent / 100.0).clamp(0.005, 0.995);
    (part / (1.0 - part)).ln()
}

/// Percentage of log-odds.
pub(super) fn logistic(odds: f64) -> f64 {
    100.0 / (1.0 + (-odds).exp())
}

/// Larger programs have fewer deaths: odds ratio 0.61 for more than 30 a year against fewer than 6 in adults;
/// children about half of that.
fn volume_effect(volume: f64, adult: bool) -> f64 {
    let effect = match volume {
        few if few < 6.0 => -0.25,
        some if some < 15.0 => -0.1,
        some if some <= 30.0 => 0.08,
        _ => 0.245,
    };
    if adult { effect } else { effect * 0.5 }
}

/// Mean survival of illnesses by weight after a shift, over how ill patients and how good centers are.
fn mean(illnesses: &[Ill], year: i16, shift: f64) -> f64 {
    // seven points of the normal distribution with their weights
    const POINTS: [(f64, f64); 7] = [
        (-2.4, 0.02),
        (-1.6, 0.08),
        (-0.8, 0.23),
        (0.0, 0.34),
        (0.8, 0.23),
        (1.6, 0.08),
        (2.4, 0.02),
    ];
    let spread = (ILLNESS_SPREAD.powi(2) + CENTER_SPREAD.powi(2) + 0.03).sqrt();
    let (mut alive, mut all) = (0.0, 0.0);
    for ill in illnesses {
        let weight = between(ill.weight, year);
        for (point, part) in POINTS {
            alive += weight * part * logistic(logit(ill.alive) + shift + point * spread);
            all += weight * part;
        }
    }
    alive / all
}

/// The shift that brings illnesses to a level, by halving.
fn level(illnesses: &[Ill], year: i16, wanted: f64) -> f64 {
    let (mut low, mut high) = (-4.0, 4.0);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if mean(illnesses, year, middle) < wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

impl Levels {
    pub(super) fn new(centers: &[WorldCenter], work: &Work, dice: &mut Dice) -> Self {
        let shifts = (FIRST..=LAST)
            .map(|year| {
                GROUPS.map(|group| level(group.illnesses, year, between(group.alive, year)))
            })
            .collect();
        let effects = centers
            .iter()
            .map(|_| [dice.bell() * CENTER_SPREAD, dice.bell() * CENTER_SPREAD])
            .collect();
        let care = centers.iter().map(|_| dice.near(0.75, 0.18, 0.2, 1.0)).collect();
        let mut levels = Self { shifts, centers: effects, volumes: Vec::new(), care };
        levels.volumes =
            (FIRST..=LAST).map(|year| [false, true].map(|a| levels.usual(work, year, a))).collect();
        levels
    }

    /// Mean effect of centers and volumes over the runs of a year.
    fn usual(&self, work: &Work, year: i16, adult: bool) -> f64 {
        let (mut sum, mut runs) = (0.0, 0.0);
        for (center, effects) in self.centers.iter().enumerate() {
            let volume = work.volume(center, year, adult);
            let effect = effects.get(usize::from(adult)).copied().unwrap_or(0.0);
            sum += (volume_effect(volume, adult) + effect) * volume;
            runs += volume;
        }
        if runs > 0.0 { sum / runs } else { 0.0 }
    }

    /// What the center adds in a year.
    pub(super) fn center(&self, work: &Work, center: usize, year: i16, adult: bool) -> f64 {
        let effects = self.centers.get(center).copied().unwrap_or_default();
        let place = usize::try_from(year - FIRST).unwrap_or(0);
        let usual = self.volumes.get(place).copied().unwrap_or_default();
        let own = effects.get(usize::from(adult)).copied().unwrap_or(0.0);
        let usual = usual.get(usize::from(adult)).copied().unwrap_or(0.0);
        own + volume_effect(work.volume(center, year, adult), adult) - usual
    }

    /// What the group's level in a year adds.
    pub(super) fn group(&self, year: i16, group: usize) -> f64 {
        let place = usize::try_from(year - FIRST).unwrap_or(0);
        self.shifts.get(place).and_then(|shifts| shifts.get(group)).copied().unwrap_or(0.0)
    }

    /// The shift of an illness outside of its group, such as the pandemic's.
    pub(super) fn apart(ill: &Ill, wanted: f64) -> f64 {
        level(std::slice::from_ref(ill), FIRST, wanted)
    }

    /// How thoroughly the center documents, 0 to 1; more so in later years.
    pub(super) fn care(&self, center: usize, year: i16) -> f64 {
        let own = self.care.get(center).copied().unwrap_or(0.7);
        let era = match year {
            ..=1999 => 0.35,
            2000..=2010 => 0.6,
            2011..=2017 => 0.85,
            _ => 1.0,
        };
        own * era
    }
}

/// Whether an age group is adult.
pub(super) fn adult(age: AgeGroup) -> bool {
    age == AgeGroup::Adult
}
