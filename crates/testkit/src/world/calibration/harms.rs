//! Complications: published shares of runs.

use dictionary::AgeGroup::{self, Adult, Neonate};

use super::Status::{Recalled, Verified};
use super::facts::Fact;
use super::measures::{Sheet, arterial, is};

fn any(fact: &Fact, codes: &[&str]) -> bool {
    fact.harms.iter().any(|harm| codes.contains(&harm.as_str()))
}

const BRAIN: [&str; 7] = ["301", "311", "312", "321", "323", "324", "325"];

pub(super) fn brain(sheet: &mut Sheet<'_>) {
    let topic = "Brain, adult VA 1992 to 2013";
    let cohort =
        |fact: &Fact| (1992..=2013).contains(&fact.year) && fact.age == Adult && arterial(fact);
    let lorusso = |value: f64| (value, Verified, "Lorusso 2016");
    for (what, codes, percent) in [
        ("any, %", &BRAIN[..], 15.1),
        ("brain death, %", &["301"], 7.9),
        ("infarction, %", &["321"], 3.6),
        ("seizure, %", &["311", "312"], 1.8),
        ("hemorrhage, %", &["323", "324"], 1.8),
    ] {
        sheet.percent(topic, what, lorusso(percent), &cohort, &|fact| Some(any(fact, codes)));
    }
    for (what, with, percent) in
        [("mortality with, %", true, 89.0), ("mortality without, %", false, 57.0)]
    {
        let which = move |fact: &Fact| cohort(fact) && any(fact, &BRAIN) == with;
        sheet
            .percent(topic, what, lorusso(percent), &which, &|fact| fact.alive.map(|alive| !alive));
    }
}

const BLEEDING: [&str; 8] = ["201", "203", "222", "223", "323", "324", "541", "602"];

pub(super) fn bleeding(sheet: &mut Sheet<'_>) {
    let topic = "Bleeding under 18, 2002 to 2013";
    let cohort = |fact: &Fact| (2002..=2013).contains(&fact.year) && fact.age != Adult;
    let werho = |value: f64| (value, Verified, "Werho 2015");
    let bleeds = |fact: &Fact| Some(any(fact, &BLEEDING));
    sheet.percent(topic, "any, %", werho(39.0), &cohort, &bleeds);
    let heart = |fact: &Fact| cohort(fact) && fact.support != "1";
    sheet.percent(topic, "cardiac, %", werho(49.0), &heart, &bleeds);
    let lungs = |fact: &Fact| cohort(fact) && fact.support == "1";
    sheet.percent(topic, "others, %", werho(32.0), &lungs, &bleeds);
}

/// Code, name, percent of runs.
type Usual = (&'static str, &'static str, f64);

const NEONATE_PULMONARY: [Usual; 10] = [
    ("101", "oxygenator failure", 6.0),
    ("222", "cannula site bleeding", 8.0),
    ("203", "surgical bleeding", 6.0),
    ("201", "gastrointestinal bleeding", 2.0),
    ("321", "infarct", 7.0),
    ("311", "seizures", 9.0),
    ("415", "renal replacement", 25.0),
    ("601", "pneumothorax", 6.0),
    ("602", "pulmonary bleeding", 4.6),
    ("502", "resuscitation", 2.0),
];
const ADULT_PULMONARY: [Usual; 9] = [
    ("101", "oxygenator failure", 12.0),
    ("222", "cannula site bleeding", 14.0),
    ("203", "surgical bleeding", 11.0),
    ("201", "gastrointestinal bleeding", 5.0),
    ("321", "infarct", 2.0),
    ("324", "hemorrhage", 4.0),
    ("415", "renal replacement", 40.0),
    ("601", "pneumothorax", 9.0),
    ("901", "limb ischemia", 1.0),
];
const ADULT_CARDIAC: [Usual; 9] = [
    ("101", "oxygenator failure", 10.0),
    ("222", "cannula site bleeding", 19.0),
    ("203", "surgical bleeding", 20.0),
    ("321", "infarct", 4.0),
    ("324", "hemorrhage", 2.0),
    ("301", "brain death", 6.0),
    ("415", "renal replacement", 40.0),
    ("901", "limb ischemia", 4.0),
    ("541", "tamponade", 5.0),
];

pub(super) fn recalled_harms(sheet: &mut Sheet<'_>) {
    let topic = "Complications, percent of runs";
    let recalled = |value: f64| (value, Recalled, "printed about 2013");
    let groups: [(AgeGroup, &str, &str, &[Usual], f64); 3] = [
        (Neonate, "1", "neonate pulmonary", &NEONATE_PULMONARY, 6.0),
        (Adult, "1", "adult pulmonary", &ADULT_PULMONARY, 18.0),
        (Adult, "2", "adult cardiac", &ADULT_CARDIAC, 13.0),
    ];
    for (age, support, group, codes, infected) in groups {
        let which = is(age, support);
        for (code, name, percent) in codes {
            let what = format!("{group}: {name}, %");
            let answer = |fact: &Fact| Some(any(fact, &[code]));
            sheet.percent(topic, &what, recalled(*percent), &which, &answer);
        }
        let what = format!("{group}: infection, %");
        sheet.percent(topic, &what, recalled(infected), &which, &|fact| Some(fact.infected));
    }
}
