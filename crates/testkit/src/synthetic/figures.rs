//! What the generator is calibrated with: shares, survival and hours per group, and the illnesses.
//!
//! Survival follows the international summary of July 2016, shares the years 2018 to 2022; hours, ages and
//! illness shares are generator defaults. None of it may be read back as a result.

use dictionary::AgeGroup;

/// The three kinds of support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Support {
    Pulmonary,
    Cardiac,
    Ecpr,
}

impl Support {
    /// Code in list `support_type`.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Pulmonary => "1",
            Self::Cardiac => "2",
            Self::Ecpr => "3",
        }
    }
}

/// One of the nine groups.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group {
    pub(crate) age: AgeGroup,
    pub(crate) support: Support,
    /// Percent of all runs.
    pub(crate) share: f64,
    /// Percent alive when support ended.
    pub(crate) weaned: f64,
    /// Percent of those who then left the hospital alive.
    pub(crate) then_alive: f64,
    /// Median and quartiles of hours on support.
    pub(crate) hours: (f64, f64, f64),
}

const fn group(
    age: AgeGroup,
    support: Support,
    share: f64,
    survival: (f64, f64),
    hours: (f64, f64, f64),
) -> Group {
    let (weaned, alive) = survival;
    Group { age, support, share, weaned, then_alive: alive / weaned * 100.0, hours }
}

use AgeGroup::{Adult, Neonate, Pediatric};
use Support::{Cardiac, Ecpr, Pulmonary};

/// The nine groups.
pub(crate) const GROUPS: [Group; 9] = [
    group(Neonate, Pulmonary, 6.5, (84.0, 73.9), (140.0, 90.0, 230.0)),
    group(Neonate, Cardiac, 3.8, (62.2, 41.6), (110.0, 65.0, 180.0)),
    group(Neonate, Ecpr, 1.7, (64.3, 40.9), (95.0, 50.0, 160.0)),
    group(Pediatric, Pulmonary, 5.0, (66.7, 57.9), (195.0, 110.0, 360.0)),
    group(Pediatric, Cardiac, 6.5, (66.8, 50.9), (110.0, 65.0, 185.0)),
    group(Pediatric, Ecpr, 3.5, (57.4, 41.1), (85.0, 40.0, 150.0)),
    group(Adult, Pulmonary, 35.0, (66.0, 57.7), (230.0, 120.0, 430.0)),
    group(Adult, Cardiac, 28.0, (56.3, 41.2), (110.0, 55.0, 185.0)),
    group(Adult, Ecpr, 10.0, (39.4, 29.4), (60.0, 20.0, 120.0)),
];

/// An illness that led to support, with what often comes with it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Illness {
    /// Primary diagnosis.
    pub(crate) code: &'static str,
    /// Further diagnoses to choose from.
    pub(crate) others: &'static [&'static str],
}

const fn ill(code: &'static str, weight: f64, others: &'static [&'static str]) -> (Illness, f64) {
    (Illness { code, others }, weight)
}

const NEONATE_PULMONARY: [(Illness, f64); 7] = [
    ill("Q79.0", 34.0, &["P29.3", "P22.0"]),
    ill("P24.0", 23.0, &["P29.3", "P25.1"]),
    ill("P29.3", 21.0, &["P22.0", "P36.9"]),
    ill("P36.9", 6.0, &["P29.3", "P23.9", "R65.21"]),
    ill("P22.0", 6.0, &["P25.1", "P29.3"]),
    ill("P23.9", 6.0, &["P36.9", "P29.3"]),
    ill("P25.1", 4.0, &["P22.0"]),
];
const YOUNG_CARDIAC: [(Illness, f64); 7] = [
    ill("Q23.4", 26.0, &["I97.1", "P29.3"]),
    ill("Q20.3", 18.0, &["I97.1"]),
    ill("Q21.3", 16.0, &["I97.1"]),
    ill("I97.1", 14.0, &["Q21.3", "Q20.3"]),
    ill("I40.9", 12.0, &["I47.2", "R57.0"]),
    ill("I42.9", 9.0, &["I50.9"]),
    ill("R57.0", 5.0, &["I51.9"]),
];
const PEDIATRIC_PULMONARY: [(Illness, f64); 9] = [
    ill("J12.9", 20.0, &["J80", "R65.21"]),
    ill("J21.9", 14.0, &["J80", "J96.01"]),
    ill("J15.9", 15.0, &["J80", "R65.21"]),
    ill("J10.0", 9.0, &["J80", "J15.9"]),
    ill("J80", 18.0, &["J69.0", "J96.01"]),
    ill("J69.0", 6.0, &["J80"]),
    ill("A37.9", 4.0, &["J15.9", "I27.0"]),
    ill("J46", 7.0, &["J96.02"]),
    ill("J96.01", 7.0, &["J80"]),
];
const ADULT_PULMONARY: [(Illness, f64); 9] = [
    ill("J12.9", 16.0, &["J80", "J96.01"]),
    ill("J10.0", 12.0, &["J80", "J15.9", "R65.21"]),
    ill("J15.9", 18.0, &["J80", "R65.21", "N17.9"]),
    ill("J69.0", 5.0, &["J80", "T50.9"]),
    ill("J80", 22.0, &["R65.21", "N17.9", "J96.01"]),
    ill("J46", 4.0, &["J96.02"]),
    ill("J84.1", 6.0, &["I27.2", "J96.01"]),
    ill("J96.01", 12.0, &["J80", "J44.1"]),
    ill("T86.8", 5.0, &["J96.01"]),
];
const ADULT_CARDIAC: [(Illness, f64); 10] = [
    ill("R57.0", 22.0, &["I21.0", "I50.9", "N17.9"]),
    ill("I21.0", 18.0, &["R57.0", "I25.10", "E11.9"]),
    ill("I21.1", 9.0, &["R57.0", "I44.2"]),
    ill("I97.1", 17.0, &["I35.0", "I25.10", "N17.9"]),
    ill("I42.9", 9.0, &["I50.9", "I47.2"]),
    ill("I50.9", 7.0, &["I42.9", "N18.9"]),
    ill("I40.9", 5.0, &["R57.0", "I47.2"]),
    ill("I26.0", 7.0, &["R57.8", "I82.4"]),
    ill("T86.2", 4.0, &["I50.9"]),
    ill("T50.9", 2.0, &["R57.8"]),
];
const ADULT_ARREST: [(Illness, f64); 6] = [
    ill("I46.9", 40.0, &["I21.0", "I25.10"]),
    ill("I46.0", 12.0, &["I21.1", "R57.0"]),
    ill("I21.0", 22.0, &["I46.9", "I47.2"]),
    ill("I47.2", 10.0, &["I46.9", "I42.9"]),
    ill("I26.0", 12.0, &["I46.9"]),
    ill("T68", 4.0, &["I46.9"]),
];
const YOUNG_ARREST: [(Illness, f64); 5] = [
    ill("I46.9", 36.0, &["Q21.3", "I97.1"]),
    ill("Q23.4", 24.0, &["I46.9", "I97.1"]),
    ill("I97.1", 18.0, &["I46.9", "Q20.3"]),
    ill("I40.9", 12.0, &["I46.9", "I47.2"]),
    ill("R65.21", 10.0, &["I46.9"]),
];

/// Adults with the pandemic's disease.
pub(crate) const COVID: Illness =
    Illness { code: "U07.1", others: &["J80", "J15.9", "N17.9", "J96.01"] };
/// Injured adults.
pub(crate) const INJURED: Illness = Illness { code: "J80", others: &["S27.3", "S22.4", "S36.1"] };

/// Illnesses of a group with their weights.
pub(crate) const fn illnesses(age: AgeGroup, support: Support) -> &'static [(Illness, f64)] {
    match (age, support) {
        (Neonate, Pulmonary) => &NEONATE_PULMONARY,
        (Pediatric, Pulmonary) => &PEDIATRIC_PULMONARY,
        (Adult, Pulmonary) => &ADULT_PULMONARY,
        (Adult, Cardiac) => &ADULT_CARDIAC,
        (Adult, Ecpr) => &ADULT_ARREST,
        (_, Cardiac) => &YOUNG_CARDIAC,
        (_, Ecpr) => &YOUNG_ARREST,
    }
}

/// Percent of runs that start veno-venous.
pub(crate) const fn starts_vv(age: AgeGroup, support: Support) -> f64 {
    match (age, support) {
        (Neonate, Pulmonary) => 33.0,
        (Pediatric, Pulmonary) => 52.0,
        (Adult, Pulmonary) => 90.0,
        _ => 0.0,
    }
}
