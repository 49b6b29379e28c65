//! Survival by illness and in published cohorts.

use dictionary::AgeGroup::{Adult, Neonate, Pediatric};

use super::Status::Verified;
use super::facts::Fact;
use super::measures::{Sheet, Which, arterial, is};

pub(super) fn cohorts(sheet: &mut Sheet<'_>) {
    let topic = "Survival to discharge of cohorts";
    let alive = |fact: &Fact| fact.alive;
    let from = |from: i32, to: i32| move |fact: &Fact| (from..=to).contains(&fact.year);
    let lines: [(&str, f64, &'static str, Which<'_>); 7] = [
        ("neonates, pulmonary, 2008 to 2013, %", 69.0, "Barbaro 2016", &|f| {
            from(2008, 2013)(f) && is(Neonate, "1")(f)
        }),
        ("children, pulmonary, 2009 to 2014, %", 60.2, "Barbaro 2016", &|f| {
            from(2009, 2014)(f) && is(Pediatric, "1")(f)
        }),
        ("diaphragmatic hernia 2000 to 2015, %", 48.0, "Guner 2018", &|f| {
            from(2000, 2015)(f) && f.age == Neonate && f.illness == "Q79.0"
        }),
        ("children, cardiac, 2001 to 2015, %", 50.0, "Geisser", &|f| {
            from(2001, 2015)(f) && f.age != Adult && f.support == "2"
        }),
        ("adults, pulmonary, 2000 to 2012, %", 57.0, "Schmidt 2014", &|f| {
            from(2000, 2012)(f) && is(Adult, "1")(f)
        }),
        ("adults, cardiac, 2003 to 2013, %", 42.0, "Schmidt 2015", &|f| {
            from(2003, 2013)(f) && is(Adult, "2")(f)
        }),
        ("adults, VA, 2002 to 2012, %", 41.4, "Smith 2017", &|f| {
            from(2002, 2012)(f) && f.age == Adult && arterial(f)
        }),
    ];
    for (what, percent, source, which) in lines {
        sheet.percent(topic, what, (percent, Verified, source), which, &alive);
    }
}

pub(super) fn illnesses(sheet: &mut Sheet<'_>) {
    let topic = "Survival to discharge by illness, to 2011";
    let source = "registry, July 2011";
    for (age, support, code, name, percent) in [
        (Neonate, "1", "P24.0", "meconium aspiration", 94.0),
        (Neonate, "1", "P29.3", "pulmonary hypertension", 78.0),
        (Neonate, "1", "P22.0", "respiratory distress", 84.0),
        (Neonate, "1", "P36.9", "sepsis", 75.0),
        (Neonate, "1", "P23.9", "pneumonia", 57.0),
        (Neonate, "1", "P25.1", "air leak", 74.0),
        (Neonate, "1", "Q79.0", "diaphragmatic hernia", 51.0),
        (Neonate, "2", "I42.9", "neonate cardiomyopathy", 63.0),
        (Neonate, "2", "I40.9", "neonate myocarditis", 49.0),
        (Neonate, "2", "R57.0", "neonate cardiogenic shock", 39.0),
        (Adult, "1", "J80", "adult ARDS", 51.0),
        (Adult, "1", "J12.9", "adult viral pneumonia", 65.0),
    ] {
        let which =
            move |fact: &Fact| fact.year <= 2011 && is(age, support)(fact) && fact.illness == code;
        let what = format!("{name}, %");
        sheet.percent(topic, &what, (percent, Verified, source), &which, &|fact| fact.alive);
    }
}
