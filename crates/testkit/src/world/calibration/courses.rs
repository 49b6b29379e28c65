//! Hours, patients, process, the pandemic, discharge: published numbers.

use dictionary::AgeGroup::{Adult, Neonate, Pediatric};

use super::Status::{Assumption, Derived, Verified};
use super::facts::Fact;
use super::measures::{
    CHILDREN, DEFAULTS, NINE, REPORT_2022, Sheet, Which, amount, arterial, day, is,
};

pub(super) fn hours(sheet: &mut Sheet<'_>) {
    let topic = "Hours on support";
    let smith = |value: f64| (value, Verified, "Smith 2017");
    let cohort =
        |fact: &Fact| (2002..=2012).contains(&fact.year) && fact.age == Adult && arterial(fact);
    let quartiles =
        [("q25", 0.25, smith(48.0)), ("median", 0.5, smith(96.0)), ("q75", 0.75, smith(163.0))];
    sheet.quantiles(topic, "adult VA 2002 to 2012", &quartiles, &cohort, &|fact| fact.hours);
    for (alive, name, days) in [(true, "survivors", 4.1), (false, "others", 3.8)] {
        let which = move |fact: &Fact| cohort(fact) && fact.alive == Some(alive);
        let median = [("median days", 0.5, smith(days))];
        let what = format!("adult VA 2002 to 2012, {name}");
        sheet.quantiles(topic, &what, &median, &which, &|fact| Some(fact.hours? / 24.0));
    }
    let defaults = [140.0, 110.0, 95.0, 195.0, 110.0, 85.0, 230.0, 110.0, 60.0];
    for ((age, support, name, ..), median) in NINE.into_iter().zip(defaults) {
        let which = move |fact: &Fact| is(age, support)(fact) && !fact.covid;
        let median = [("median", 0.5, (median, Assumption, DEFAULTS))];
        sheet.quantiles(topic, name, &median, &which, &|fact| fact.hours);
    }
}

pub(super) fn people(sheet: &mut Sheet<'_>) {
    let topic = "Patients";
    let pal = |value: f64| (value, Verified, "Stephens 2023");
    let cohort =
        |fact: &Fact| (2017..=2020).contains(&fact.year) && fact.age == Adult && arterial(fact);
    let ages: Vec<f64> =
        sheet.facts.iter().filter(|fact| cohort(fact)).map(|fact| fact.years_old).collect();
    let mean = ages.iter().sum::<f64>() / amount(ages.len().max(1));
    let variance = ages.iter().map(|age| (age - mean).powi(2)).sum::<f64>();
    let deviation = (variance / amount(ages.len().max(2) - 1)).sqrt();
    sheet.put(topic, "adult VA 2017 to 2020: mean age", pal(56.8), mean, ages.len());
    sheet.put(topic, "adult VA 2017 to 2020: deviation of age", pal(15.1), deviation, ages.len());
    sheet.percent(topic, "adult VA 2017 to 2020: male, %", pal(66.7), &cohort, &|fact| fact.male);
    let arrest = |fact: &Fact| Some(fact.arrest);
    sheet.percent(topic, "adult VA 2017 to 2020: arrest before, %", pal(50.2), &cohort, &arrest);
}

pub(super) fn process(sheet: &mut Sheet<'_>) {
    let topic = "Process";
    let era = |fact: &Fact| (2009..=2022).contains(&fact.year);
    let came = |fact: &Fact| Some(fact.came);
    let report = |value: f64| (value, Verified, REPORT_2022);
    sheet.percent(topic, "came from another hospital, %", report(50.0), &era, &came);
    let moved = |fact: &Fact| era(fact) && fact.came;
    let on = |fact: &Fact| Some(fact.transported == "transported_on_ecls");
    sheet.percent(topic, "of these on ECMO, %", report(20.0), &moved, &on);
    for (year, percent) in [(2019, 15.0), (2021, 44.0)] {
        let which = move |fact: &Fact| fact.year == year && is(Adult, "1")(fact);
        let prone = |fact: &Fact| Some(fact.before.iter().any(|code| code == "702"));
        let what = format!("prone before, adult pulmonary {year}, %");
        sheet.percent(topic, &what, report(percent), &which, &prone);
    }
    let vv = |fact: &Fact| fact.modes.first().map(|mode| mode == "VV");
    for (name, age, published) in [
        ("adult pulmonary 2011 started VV, %", Adult, 88.0),
        ("pediatric pulmonary 2011 started VV, %", Pediatric, 45.0),
    ] {
        let which = move |fact: &Fact| (2010..=2012).contains(&fact.year) && is(age, "1")(fact);
        sheet.percent(topic, name, (published, Verified, "registry, July 2011"), &which, &vv);
    }
    let young = |fact: &Fact| fact.age != Adult && (2009..=2015).contains(&fact.year);
    let centrifugal = |fact: &Fact| Some(!fact.pump.starts_with("roller"));
    let published = |value: f64| (value, Verified, CHILDREN);
    sheet.percent(
        topic,
        "children 2009 to 2015: centrifugal pump, %",
        published(51.0),
        &young,
        &centrifugal,
    );
    let fibers = |fact: &Fact| Some(fact.lung != "silicone_sheet_lung");
    sheet.percent(topic, "children 2009 to 2015: PMP lung, %", published(52.0), &young, &fibers);
    let lungs = |fact: &Fact| Some(fact.support == "1");
    sheet.percent(topic, "children 2009 to 2015: pulmonary, %", published(48.0), &young, &lungs);
}

pub(super) fn pandemic(sheet: &mut Sheet<'_>) {
    let topic = "COVID-19";
    let board = |value: f64| (value, Verified, "public board, last capture");
    let covid = |fact: &Fact| fact.covid;
    for (chapter, percent) in [
        ("north_america", 63.17),
        ("europe", 19.87),
        ("asia_pacific", 3.21),
        ("latin_america", 7.05),
        ("swaac", 6.69),
    ] {
        let published = (percent, Derived, "public board, last capture");
        let answer = move |fact: &Fact| Some(fact.chapter == chapter);
        sheet.percent(topic, &format!("{chapter}, %"), published, &covid, &answer);
    }
    let quartiles = |low, middle, high| {
        [("q25", 0.25, board(low)), ("median", 0.5, board(middle)), ("q75", 0.75, board(high))]
    };
    let age = |fact: &Fact| Some(fact.years_old);
    sheet.quantiles(topic, "age", &quartiles(37.0, 47.0, 56.0), &covid, &age);
    let mass = |fact: &Fact| fact.body_mass;
    sheet.quantiles(topic, "body mass index", &quartiles(27.0, 32.0, 37.0), &covid, &mass);
    sheet.percent(topic, "male, %", board(68.0), &covid, &|fact| fact.male);
    let vv = |fact: &Fact| fact.modes.first().map(|mode| mode == "VV");
    let published = (98.6, Verified, "Ramanathan 2021");
    sheet.percent(topic, "started VV, %", published, &covid, &vv);
    // known by day 90: dead within 90 days against all who did not leave on support
    let dead = |fact: &Fact| {
        fact.alive?;
        Some(fact.death_days.is_some_and(|days| days <= 90.0))
    };
    let (may, january, all) = (day(2020, 5), day(2021, 1), day(2027, 1));
    let lines: [(&str, f64, &'static str, Which<'_>); 4] = [
        ("90-day mortality, started to April 2020, %", 37.4, "Barbaro 2020", &|f| f.day < may),
        ("90-day mortality, started in 2020, %", 45.0, "public board, capture c", &|f| {
            f.day < january
        }),
        ("90-day mortality, North America, %", 50.0, "public board, capture d", &|f| {
            f.chapter == "north_america" && f.day < all
        }),
        ("90-day mortality, under 18, %", 33.0, "public board, capture f", &|f| f.age != Adult),
    ];
    for (what, percent, source, which) in lines {
        let which = |fact: &Fact| fact.covid && which(fact);
        sheet.percent(topic, what, (percent, Verified, source), &which, &dead);
    }
}

pub(super) fn homes(sheet: &mut Sheet<'_>) {
    let topic = "Discharge of survivors";
    for (age, place, percent) in [
        (Adult, "home", 45.0),
        (Adult, "ltc_rehab", 30.0),
        (Adult, "other_hospital", 22.0),
        (Pediatric, "home", 68.0),
        (Pediatric, "other_hospital", 25.0),
        (Neonate, "home", 58.0),
        (Neonate, "other_hospital", 40.0),
    ] {
        let which = move |fact: &Fact| fact.age == age && fact.alive == Some(true);
        let what = format!("{} to {place}, %", age.code());
        let answer = move |fact: &Fact| Some(fact.place == place);
        sheet.percent(topic, &what, (percent, Assumption, DEFAULTS), &which, &answer);
    }
}
