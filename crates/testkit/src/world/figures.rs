//! What the world is calibrated with. Published numbers and assumptions are told apart in the calibration
//! report; here stand the values that the draws use.

use dictionary::AgeGroup::{self, Adult, Neonate, Pediatric};

use crate::synthetic::figures::Illness;
use crate::synthetic::figures::Support::{self, Cardiac, Ecpr, Pulmonary};

/// One of the nine groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    pub(super) age: AgeGroup,
    pub(super) support: Support,
    /// Percent discharged alive by year of start; straight lines between.
    pub(super) alive: &'static [(i16, f64)],
    /// Percent of those weaned who are discharged alive (2016).
    pub(super) then_alive: f64,
    /// Median and quartiles of hours on support.
    pub(super) hours: (f64, f64, f64),
    /// Percent that start veno-venous, by year.
    pub(super) vv: &'static [(i16, f64)],
    pub(super) illnesses: &'static [Ill],
}

/// An illness as the world draws it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ill {
    pub(super) illness: Illness,
    /// Relative frequency by year; straight lines between.
    pub(super) weight: &'static [(i16, f64)],
    /// Percent discharged alive among its like, before the group is brought to its own level.
    pub(super) alive: f64,
    /// Hours on support relative to the group.
    pub(super) hours: f64,
    pub(super) injured: bool,
}

const fn ill(
    code: &'static str,
    weight: &'static [(i16, f64)],
    alive: f64,
    hours: f64,
    others: &'static [&'static str],
) -> Ill {
    Ill { illness: Illness { code, others }, weight, alive, hours, injured: false }
}

/// Straight lines between points of years; level outside.
pub(super) fn between(points: &[(i16, f64)], year: i16) -> f64 {
    let mut before: Option<(i16, f64)> = None;
    for (at, value) in points.iter().copied() {
        if year <= at {
            return match before {
                Some((from, low)) => {
                    let part = f64::from(year - from) / f64::from((at - from).max(1));
                    low + (value - low) * part
                }
                None => value,
            };
        }
        before = Some((at, value));
    }
    before.map_or(0.0, |(_, value)| value)
}

const NEVER_VV: &[(i16, f64)] = &[(1989, 0.0)];

const NEONATE_PULMONARY: [Ill; 8] = [
    ill("Q79.0", &[(1989, 22.0), (2010, 32.0)], 46.0, 1.55, &["P29.3", "P22.0"]),
    ill("P24.0", &[(1989, 36.0), (2000, 30.0), (2012, 22.0)], 94.0, 0.82, &["P29.3", "P25.1"]),
    ill("P29.3", &[(1989, 16.0), (2010, 20.0)], 76.5, 0.95, &["P22.0", "P36.9"]),
    ill("P36.9", &[(1989, 11.0), (2010, 5.0)], 71.5, 0.9, &["P29.3", "P23.9", "R65.21"]),
    ill("P22.0", &[(1989, 11.0), (2005, 3.0)], 84.0, 0.85, &["P25.1", "P29.3"]),
    ill("P23.9", &[(1989, 3.0)], 51.5, 1.5, &["P36.9", "P29.3"]),
    ill("P25.1", &[(1989, 1.0)], 68.0, 1.05, &["P22.0"]),
    ill("P28.5", &[(1989, 8.0), (2010, 14.0)], 64.0, 1.1, &["P29.3", "P22.0"]),
];
const NEONATE_CARDIAC: [Ill; 9] = [
    ill("Q23.4", &[(1989, 24.0), (2005, 30.0)], 35.0, 1.0, &["I97.1", "P29.3"]),
    ill("Q20.3", &[(1989, 18.0)], 45.0, 1.0, &["I97.1"]),
    ill("Q21.3", &[(1989, 12.0)], 42.0, 1.0, &["I97.1"]),
    ill("Q26.2", &[(1989, 10.0), (2010, 6.0)], 40.0, 1.0, &["P29.3", "I97.1"]),
    ill("I97.1", &[(1989, 16.0)], 38.0, 1.0, &["Q20.3", "Q21.3"]),
    ill("I46.9", &[(1989, 4.0)], 22.0, 0.8, &["Q23.4", "I97.1"]),
    ill("R57.0", &[(1989, 5.0)], 39.0, 1.0, &["I51.9"]),
    ill("I42.9", &[(1989, 3.0)], 63.0, 1.3, &["I50.9"]),
    ill("I40.9", &[(1989, 4.0)], 54.0, 1.2, &["I47.2", "R57.0"]),
];
const PEDIATRIC_PULMONARY: [Ill; 11] = [
    ill("J12.9", &[(1989, 16.0)], 64.0, 1.2, &["J80", "R65.21"]),
    ill("J21.9", &[(1989, 8.0)], 68.0, 1.15, &["J80", "J96.01"]),
    ill("J15.9", &[(1989, 11.0)], 58.0, 1.1, &["J80", "R65.21"]),
    ill("J69.0", &[(1989, 4.0)], 67.0, 0.95, &["J80"]),
    ill("J80", &[(1989, 14.0)], 54.0, 1.15, &["J69.0", "J96.01", "R65.21"]),
    ill("J96.01", &[(1989, 18.0)], 54.0, 0.95, &["J80"]),
    ill(
        "J10.0",
        &[(1989, 3.0), (2008, 4.0), (2009, 18.0), (2010, 6.0)],
        62.0,
        1.0,
        &["J80", "J15.9"],
    ),
    ill("J46", &[(1989, 3.0), (2010, 6.0)], 86.0, 0.55, &["J96.02"]),
    ill("A37.9", &[(1989, 3.0)], 32.0, 1.0, &["J15.9", "I27.0"]),
    ill("J98.8", &[(1989, 12.0)], 52.0, 0.9, &["J96.01"]),
    ill("J18.9", &[(1989, 8.0)], 56.0, 1.0, &["J80", "R65.21"]),
];
const PEDIATRIC_CARDIAC: [Ill; 9] = [
    ill("Q21.3", &[(1989, 20.0)], 49.0, 1.0, &["I97.1"]),
    ill("Q20.3", &[(1989, 8.0)], 48.0, 1.0, &["I97.1"]),
    ill("Q23.4", &[(1989, 14.0)], 44.0, 1.0, &["I97.1", "I50.9"]),
    ill("I97.1", &[(1989, 20.0)], 48.0, 0.95, &["Q21.3", "Q20.3"]),
    ill("I46.9", &[(1989, 5.0)], 40.0, 0.8, &["I42.9", "Q21.3"]),
    ill("R57.0", &[(1989, 9.0)], 50.0, 1.0, &["I51.9", "R65.21"]),
    ill("I42.9", &[(1989, 10.0)], 58.0, 1.4, &["I50.9"]),
    ill("I40.9", &[(1989, 10.0)], 71.0, 1.35, &["I47.2", "R57.0"]),
    ill("T86.2", &[(1989, 4.0)], 54.0, 1.0, &["I50.9"]),
];
const YOUNG_ARREST: [Ill; 6] = [
    ill("I46.9", &[(1989, 34.0)], 39.0, 1.0, &["Q21.3", "I97.1"]),
    ill("Q23.4", &[(1989, 20.0)], 37.0, 1.0, &["I46.9", "I97.1"]),
    ill("I97.1", &[(1989, 18.0)], 43.0, 1.0, &["I46.9", "Q20.3"]),
    ill("I40.9", &[(1989, 10.0)], 57.0, 1.3, &["I46.9", "I47.2"]),
    ill("R65.21", &[(1989, 8.0)], 30.0, 1.0, &["I46.9"]),
    ill("Q21.3", &[(1989, 10.0)], 42.0, 1.0, &["I46.9", "I97.1"]),
];
const ADULT_PULMONARY: [Ill; 13] = [
    ill("J12.9", &[(1989, 9.0)], 67.5, 1.15, &["J80", "J96.01"]),
    ill(
        "J10.0",
        &[
            (1989, 4.0),
            (2008, 5.0),
            (2009, 34.0),
            (2010, 12.0),
            (2014, 14.0),
            (2019, 11.0),
            (2020, 5.0),
            (2021, 0.5),
            (2023, 9.0),
        ],
        64.0,
        1.1,
        &["J80", "J15.9", "R65.21"],
    ),
    ill("J15.9", &[(1989, 13.0)], 60.0, 1.0, &["J80", "R65.21", "N17.9"]),
    ill("J69.0", &[(1989, 3.0)], 62.0, 0.85, &["J80", "T50.9"]),
    Ill { injured: true, ..ill("J80", &[(1989, 5.0)], 58.0, 0.95, &["S27.3", "S22.4", "S36.1"]) },
    ill("J80", &[(1989, 15.0)], 52.0, 1.1, &["R65.21", "N17.9", "J96.01"]),
    ill("J96.01", &[(1989, 12.0)], 55.0, 0.85, &["J80", "J44.1"]),
    ill("J46", &[(1989, 4.0)], 83.0, 0.5, &["J96.02"]),
    ill("J84.1", &[(1989, 2.0), (2010, 6.0)], 42.0, 1.05, &["I27.2", "J96.01"]),
    ill("T86.8", &[(1989, 3.0), (2010, 6.0)], 62.0, 0.6, &["J96.01"]),
    ill("E84.0", &[(1989, 1.0), (2012, 3.0), (2022, 1.0)], 56.0, 0.8, &["J96.02", "J15.9"]),
    ill("J44.1", &[(1989, 2.0)], 60.0, 0.75, &["J96.02"]),
    ill("J18.9", &[(1989, 14.0)], 56.0, 1.0, &["J80", "R65.21"]),
];
const ADULT_CARDIAC: [Ill; 13] = [
    ill("R57.0", &[(1989, 22.0)], 41.0, 1.0, &["I21.0", "I50.9", "N17.9"]),
    ill("I21.0", &[(1989, 12.0), (2012, 16.0)], 40.0, 0.95, &["R57.0", "I25.10", "E11.9"]),
    ill("I21.1", &[(1989, 6.0), (2012, 8.0)], 44.0, 0.9, &["R57.0", "I44.2"]),
    ill("I97.1", &[(1989, 30.0), (2012, 16.0)], 34.0, 1.0, &["I35.0", "I25.10", "N17.9"]),
    ill("I42.9", &[(1989, 9.0)], 50.0, 1.15, &["I50.9", "I47.2"]),
    ill("I50.9", &[(1989, 7.0)], 43.0, 1.15, &["I42.9", "N18.9"]),
    ill("I40.9", &[(1989, 5.0)], 65.0, 1.3, &["R57.0", "I47.2"]),
    ill("I26.0", &[(1989, 4.0), (2015, 8.0)], 51.0, 0.8, &["R57.8", "I82.4"]),
    ill("T86.2", &[(1989, 5.0)], 62.0, 1.0, &["I50.9"]),
    ill("T50.9", &[(1989, 2.0)], 66.0, 0.7, &["R57.8"]),
    ill("I71.01", &[(1989, 3.0)], 26.0, 0.8, &["I97.1", "R57.0"]),
    ill("R65.21", &[(1989, 3.0), (2020, 5.0)], 33.0, 1.0, &["R57.0", "N17.9"]),
    ill("I46.9", &[(1989, 6.0)], 30.0, 0.8, &["I21.0", "R57.0"]),
];
const ADULT_ARREST: [Ill; 6] = [
    ill("I46.9", &[(1989, 40.0)], 28.0, 0.95, &["I21.0", "I25.10"]),
    ill("I46.0", &[(1989, 12.0)], 33.0, 1.05, &["I21.1", "R57.0"]),
    ill("I21.0", &[(1989, 22.0)], 30.0, 1.05, &["I46.9", "I47.2"]),
    ill("I47.2", &[(1989, 10.0)], 40.0, 1.1, &["I46.9", "I42.9"]),
    ill("I26.0", &[(1989, 12.0)], 34.0, 0.9, &["I46.9"]),
    ill("T68", &[(1989, 3.0)], 46.0, 0.7, &["I46.9"]),
];

/// The pandemic's disease, by the survival of its wave.
pub(super) const COVID: [Ill; 1] =
    [ill("U07.1", &[(1989, 1.0)], 50.0, 1.6, &["J80", "J15.9", "N17.9", "J96.01"])];
/// Illnesses of pregnancy: pulmonary and cardiac.
pub(super) const PERIPARTUM: [Ill; 2] = [
    ill("J80", &[(1989, 1.0)], 72.0, 0.9, &["O88.1", "R65.21", "J10.0"]),
    ill("O90.3", &[(1989, 1.0)], 68.0, 0.95, &["R57.0", "I50.9"]),
];

/// The nine groups in the order of the table of runs.
pub(super) const GROUPS: [Group; 9] = [
    Group {
        age: Neonate,
        support: Pulmonary,
        alive: &[
            (1989, 79.8),
            (1995, 78.3),
            (2004, 73.2),
            (2009, 69.3),
            (2014, 68.0),
            (2026, 68.5),
        ],
        then_alive: 88.0,
        hours: (128.0, 84.0, 205.0),
        vv: &[(1989, 4.0), (1995, 18.0), (2005, 27.0), (2012, 33.0)],
        illnesses: &NEONATE_PULMONARY,
    },
    Group {
        age: Neonate,
        support: Cardiac,
        alive: &[(1989, 36.0), (2004, 39.3), (2012, 44.5), (2026, 49.0)],
        then_alive: 66.9,
        hours: (110.0, 65.0, 180.0),
        vv: NEVER_VV,
        illnesses: &NEONATE_CARDIAC,
    },
    Group {
        age: Neonate,
        support: Ecpr,
        alive: &[(1989, 39.0), (2010, 41.0), (2026, 43.0)],
        then_alive: 63.7,
        hours: (95.0, 50.0, 160.0),
        vv: NEVER_VV,
        illnesses: &YOUNG_ARREST,
    },
    Group {
        age: Pediatric,
        support: Pulmonary,
        alive: &[(1989, 54.0), (2003, 59.0), (2009, 60.0), (2014, 60.5), (2026, 62.0)],
        then_alive: 86.8,
        hours: (199.0, 112.0, 367.0),
        vv: &[(1989, 12.0), (2000, 30.0), (2011, 46.0), (2020, 52.0)],
        illnesses: &PEDIATRIC_PULMONARY,
    },
    Group {
        age: Pediatric,
        support: Cardiac,
        alive: &[(1989, 41.0), (2004, 48.0), (2010, 54.5), (2016, 56.0), (2026, 57.5)],
        then_alive: 76.2,
        hours: (110.0, 65.0, 185.0),
        vv: NEVER_VV,
        illnesses: &PEDIATRIC_CARDIAC,
    },
    Group {
        age: Pediatric,
        support: Ecpr,
        alive: &[(1989, 39.5), (2010, 42.8), (2026, 44.0)],
        then_alive: 71.7,
        hours: (85.0, 40.0, 150.0),
        vv: NEVER_VV,
        illnesses: &YOUNG_ARREST,
    },
    Group {
        age: Adult,
        support: Pulmonary,
        alive: &[(1989, 51.0), (2004, 56.0), (2010, 58.5), (2014, 60.5), (2026, 61.5)],
        then_alive: 87.4,
        hours: (252.0, 132.0, 470.0),
        vv: &[(1989, 55.0), (2000, 75.0), (2011, 88.0), (2020, 91.0)],
        illnesses: &ADULT_PULMONARY,
    },
    Group {
        age: Adult,
        support: Cardiac,
        alive: &[(1989, 31.0), (2004, 36.5), (2010, 43.0), (2016, 44.0), (2026, 45.0)],
        then_alive: 73.2,
        hours: (108.0, 57.0, 170.0),
        vv: NEVER_VV,
        illnesses: &ADULT_CARDIAC,
    },
    Group {
        age: Adult,
        support: Ecpr,
        alive: &[(1989, 27.0), (2010, 29.2), (2026, 29.8)],
        then_alive: 74.6,
        hours: (60.0, 20.0, 120.0),
        vv: NEVER_VV,
        illnesses: &ADULT_ARREST,
    },
];

/// Share of pulmonary runs that the pandemic's disease caused, by year: adults, children.
pub(super) fn pandemic(year: i16, age: AgeGroup, chapter: &str) -> f64 {
    let (adult, child): (f64, f64) = match year {
        2020 => (0.56, 0.05),
        2021 => (0.65, 0.17),
        2022 => (0.34, 0.16),
        2023 => (0.06, 0.02),
        _ => (0.0, 0.0),
    };
    let chapter = match chapter {
        "north_america" => 1.1,
        "europe" => 0.8,
        "asia_pacific" => 0.6,
        "latin_america" => 1.15,
        _ => 1.5,
    };
    match age {
        Adult => (adult * chapter).min(0.9),
        Pediatric => child * chapter,
        Neonate => 0.0,
    }
}

/// Weights of the months of a pandemic year.
pub(super) const fn waves(year: i16) -> [f64; 12] {
    match year {
        2020 => [0.0, 0.0, 10.0, 24.0, 9.0, 6.0, 9.0, 7.0, 5.0, 7.0, 12.0, 15.0],
        2021 => [17.0, 9.0, 8.0, 10.0, 7.0, 3.0, 5.0, 14.0, 13.0, 7.0, 5.0, 7.0],
        2022 => [40.0, 22.0, 7.0, 4.0, 3.0, 3.0, 4.0, 4.0, 3.0, 3.0, 3.0, 4.0],
        _ => [20.0, 14.0, 10.0, 8.0, 6.0, 5.0, 5.0, 6.0, 6.0, 6.0, 7.0, 7.0],
    }
}

/// Percent of patients with the pandemic's disease who leave the hospital alive, by half-year.
pub(super) fn pandemic_alive(year: i16, month: usize, age: AgeGroup) -> f64 {
    if age != Adult {
        return 66.0;
    }
    match (year, month) {
        (2020, 0..=5) => 62.5,
        (2020, _) => 45.0,
        (2021, _) => 44.5,
        (2022, _) => 47.0,
        _ => 57.0,
    }
}
