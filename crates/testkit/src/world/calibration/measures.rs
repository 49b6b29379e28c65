//! The published numbers and how the like of each is counted.

use dictionary::AgeGroup::{self, Adult, Neonate, Pediatric};

use super::super::World;
use super::Line;
use super::Status::{self, Assumption, RecalledClosed, Verified};
use super::courses::{homes, hours, pandemic, people, process};
use super::facts::Fact;
use super::harms::{bleeding, brain, recalled_harms};
use super::survival::{cohorts, illnesses};
use crate::synthetic::dice::real;

/// Lines being made.
pub(super) struct Sheet<'a> {
    pub(super) facts: Vec<&'a Fact>,
    scale: f64,
    lines: Vec<Line>,
}

/// A published number with its standing.
pub(super) type Published = (f64, Status, &'static str);

/// Which runs.
pub(super) type Which<'a> = &'a dyn Fn(&Fact) -> bool;

const REPORT_2016: &str = "Thiagarajan 2017";
pub(super) const REPORT_2022: &str = "Tonna 2024";
const REPORT_2012: &str = "Paden 2013";
const REPORT_2013: &str = "Paden 2014";
const REPORT_2004: &str = "Conrad 2005";
pub(super) const CHILDREN: &str = "Barbaro 2017";
const VOLUME: &str = "Barbaro 2015";
pub(super) const DEFAULTS: &str = "generator default";

/// Days since 1970 of the first of a month.
pub(super) fn day(year: i16, month: i8) -> i32 {
    let first = jiff::civil::date(year, month, 1);
    i32::try_from(crate::synthetic::sheet::At::of(first).0.div_euclid(1440)).unwrap_or(0)
}

pub(super) fn amount(count: usize) -> f64 {
    real(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Sorted values at a part of their length.
fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let at = crate::synthetic::dice::whole(part * amount(last));
    usize::try_from(at).ok().and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN)
}

impl Sheet<'_> {
    pub(super) fn put(
        &mut self,
        topic: &'static str,
        what: &str,
        (published, status, source): Published,
        generated: f64,
        observed: usize,
    ) {
        self.lines.push(Line {
            topic,
            what: what.to_owned(),
            published,
            status,
            source,
            generated,
            observed,
            scaled: false,
        });
    }

    /// Runs, brought to the size of the full world.
    pub(super) fn count(
        &mut self,
        topic: &'static str,
        what: &str,
        published: Published,
        which: Which<'_>,
    ) {
        let observed = self.facts.iter().filter(|fact| which(fact)).count();
        self.put(topic, what, published, amount(observed) * self.scale, observed);
        if let Some(line) = self.lines.last_mut() {
            line.scaled = true;
        }
    }

    /// Percent of those that have an answer.
    pub(super) fn percent(
        &mut self,
        topic: &'static str,
        what: &str,
        published: Published,
        which: Which<'_>,
        answer: &dyn Fn(&Fact) -> Option<bool>,
    ) {
        let answers: Vec<bool> =
            self.facts.iter().filter(|fact| which(fact)).filter_map(|fact| answer(fact)).collect();
        let yes = answers.iter().filter(|yes| **yes).count();
        let part = amount(yes) / amount(answers.len().max(1)) * 100.0;
        self.put(topic, what, published, part, answers.len());
    }

    pub(super) fn quantiles(
        &mut self,
        topic: &'static str,
        what: &str,
        published: &[(&str, f64, Published)],
        which: Which<'_>,
        value: &dyn Fn(&Fact) -> Option<f64>,
    ) {
        let mut values: Vec<f64> =
            self.facts.iter().filter(|fact| which(fact)).filter_map(|fact| value(fact)).collect();
        for (name, part, published) in published {
            let generated = quantile(&mut values, *part);
            self.put(topic, &format!("{what}, {name}"), *published, generated, values.len());
        }
    }
}

pub(super) fn is(age: AgeGroup, support: &'static str) -> impl Fn(&Fact) -> bool {
    move |fact| fact.age == age && fact.support == support
}

/// All lines.
pub(super) fn all(world: &World<'_>, facts: &[Fact], scale: f64) -> Vec<Line> {
    let submitted = facts.iter().filter(|fact| fact.submitted).collect();
    let mut sheet = Sheet { facts: submitted, scale, lines: Vec::new() };
    growth(&mut sheet);
    this_year(&mut sheet, facts);
    centers(&mut sheet, world);
    nine_groups(&mut sheet);
    survival_by_date(&mut sheet);
    cohorts(&mut sheet);
    illnesses(&mut sheet);
    hours(&mut sheet);
    people(&mut sheet);
    process(&mut sheet);
    brain(&mut sheet);
    bleeding(&mut sheet);
    recalled_harms(&mut sheet);
    pandemic(&mut sheet);
    homes(&mut sheet);
    sheet.lines
}

fn growth(sheet: &mut Sheet<'_>) {
    let topic = "Growth";
    let by = |year, month| move |fact: &Fact| fact.day < day(year, month);
    for (what, year, month, published) in [
        ("runs started by July 2004", 2004, 7, (29_000.0, Verified, REPORT_2004)),
        ("runs started by July 2011", 2011, 7, (46_500.0, Verified, "registry, July 2011")),
        ("runs started by July 2012", 2012, 7, (51_000.0, Verified, REPORT_2012)),
        ("runs started by 2014", 2014, 1, (56_222.0, Verified, VOLUME)),
        ("runs started by July 2016", 2016, 7, (78_397.0, Verified, REPORT_2016)),
        ("runs started by July 2018", 2018, 7, (100_000.0, Verified, "Lorusso 2019")),
        ("all submitted runs", 2027, 1, (167_674.0, Verified, "public counter, 2021")),
    ] {
        sheet.count(topic, what, published, &by(year, month));
    }
    for (age, published) in [(Neonate, 30_909.0), (Pediatric, 14_725.0), (Adult, 10_588.0)] {
        let what = format!("{} runs 1989 to 2013", age.code());
        let which = move |fact: &Fact| fact.age == age && fact.year <= 2013;
        sheet.count(topic, &what, (published, Verified, VOLUME), &which);
    }
    let pulmonary =
        |age, from, to| move |fact: &Fact| is(age, "1")(fact) && (from..=to).contains(&fact.year);
    let published = (1516.0, Verified, REPORT_2013);
    sheet.count(
        topic,
        "neonatal pulmonary runs in 1992",
        published,
        &pulmonary(Neonate, 1992, 1992),
    );
    let published = (800.0, Verified, REPORT_2004);
    sheet.count(
        topic,
        "neonatal pulmonary runs in 2004",
        published,
        &pulmonary(Neonate, 2004, 2004),
    );
    for (what, year, published) in
        [("children's runs in 2009", 2009, 2409.0), ("children's runs in 2015", 2015, 2992.0)]
    {
        let which = move |fact: &Fact| fact.age != Adult && fact.year == year;
        sheet.count(topic, what, (published, Verified, CHILDREN), &which);
    }
}

fn this_year(sheet: &mut Sheet<'_>, facts: &[Fact]) {
    let topic = "This year";
    let now = |fact: &Fact| fact.year == 2026;
    let published = (8_944.0, Verified, "public counter, 2021");
    sheet.count(topic, "submitted runs started this year", published, &now);
    let observed = facts.iter().filter(|fact| now(fact)).count();
    let published = (9_995.0, Verified, "public counter, 2021");
    let scaled = amount(observed) * sheet.scale;
    sheet.put(topic, "runs started this year, with drafts", published, scaled, observed);
}

/// Runs by center in a year.
fn by_center(sheet: &Sheet<'_>, world: &World<'_>, which: Which<'_>) -> Vec<f64> {
    let mut runs = vec![0_usize; world.centers().len()];
    for fact in sheet.facts.iter().filter(|fact| which(fact)) {
        if let Some(slot) = runs.get_mut(fact.center) {
            *slot += 1;
        }
    }
    runs.into_iter().filter(|runs| *runs > 0).map(amount).collect()
}

fn centers(sheet: &mut Sheet<'_>, world: &World<'_>) {
    // a small world has fewer centers: their number is not comparable
    if sheet.scale > 1.5 {
        return;
    }
    let topic = "Centers";
    let young = |fact: &Fact| fact.age != Adult;
    for (what, published, which) in [
        (
            "centers with children in 2009",
            (157.0, Verified, CHILDREN),
            &(move |fact: &Fact| young(fact) && fact.year == 2009) as Which<'_>,
        ),
        ("centers with children in 2015", (227.0, Verified, CHILDREN), &move |fact| {
            young(fact) && fact.year == 2015
        }),
        ("centers in 2022", (557.0, Verified, REPORT_2022), &|fact| fact.year == 2022),
        ("centers at any time 2009 to 2022", (780.0, Verified, REPORT_2022), &|fact| {
            (2009..=2022).contains(&fact.year)
        }),
        ("centers 1989 to 2013", (290.0, Verified, VOLUME), &|fact| fact.year <= 2013),
    ] {
        let runs = by_center(sheet, world, which);
        sheet.put(topic, what, published, amount(runs.len()), runs.len());
    }
    for (what, year, adults, published) in [
        ("median adult runs of a center in 2009", 2009, true, 4.0),
        ("median adult runs of a center in 2022", 2022, true, 15.0),
        ("median children's runs of a center in 2009", 2009, false, 12.0),
        ("median children's runs of a center in 2022", 2022, false, 7.0),
    ] {
        let which = move |fact: &Fact| (fact.age == Adult) == adults && fact.year == year;
        let mut runs = by_center(sheet, world, &which);
        let median = quantile(&mut runs, 0.5);
        sheet.put(topic, what, (published, Verified, REPORT_2022), median, runs.len());
    }
    volume(sheet, world);
}

/// Crude odds of death in adults by the year's volume.
fn volume(sheet: &mut Sheet<'_>, world: &World<'_>) {
    let mut runs = std::collections::HashMap::<(usize, i32), (f64, f64)>::new();
    let adults = |fact: &&&Fact| fact.age == Adult && fact.year <= 2022;
    for fact in sheet.facts.iter().filter(adults) {
        if let Some(alive) = fact.alive {
            let slot = runs.entry((fact.center, fact.year)).or_default();
            slot.0 += f64::from(u8::from(!alive));
            slot.1 += 1.0;
        }
    }
    let _ = world;
    let odds = |fits: &dyn Fn(f64) -> bool| {
        let chosen = runs.values().filter(|(_, all)| fits(*all));
        let (dead, all) = chosen.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (dead / (all - dead), all)
    };
    let ((large, observed), (small, _)) = (odds(&|all| all > 30.0), odds(&|all| all < 6.0));
    let observed = usize::try_from(crate::synthetic::dice::whole(observed)).unwrap_or(0);
    let published = (0.61, Verified, VOLUME);
    let what = "odds ratio of adult death, over 30 a year against under 6 (crude)";
    sheet.put("Centers", what, published, large / small, observed);
}

/// Age, support, runs, percent survived support, percent survived to discharge.
pub(super) const NINE: [(AgeGroup, &str, &str, f64, f64, f64); 9] = [
    (Neonate, "1", "neonate pulmonary", 37.19, 84.0, 73.9),
    (Neonate, "2", "neonate cardiac", 8.26, 62.2, 41.6),
    (Neonate, "3", "neonate ECPR", 1.70, 64.3, 40.9),
    (Pediatric, "1", "pediatric pulmonary", 9.63, 66.7, 57.9),
    (Pediatric, "2", "pediatric cardiac", 10.68, 66.8, 50.9),
    (Pediatric, "3", "pediatric ECPR", 3.82, 57.4, 41.1),
    (Adult, "1", "adult pulmonary", 13.52, 66.0, 57.7),
    (Adult, "2", "adult cardiac", 11.51, 56.3, 41.2),
    (Adult, "3", "adult ECPR", 3.68, 39.4, 29.4),
];

fn nine_groups(sheet: &mut Sheet<'_>) {
    let topic = "Nine groups by July 2016";
    let early = |fact: &Fact| fact.day < day(2016, 7);
    let standing = (RecalledClosed, REPORT_2016);
    let with = |value: f64| (value, standing.0, standing.1);
    for (age, support, name, share, weaned, alive) in NINE {
        let group = move |fact: &Fact| early(fact) && is(age, support)(fact);
        let answer = move |fact: &Fact| Some(is(age, support)(fact));
        sheet.percent(topic, &format!("{name}: share of runs, %"), with(share), &early, &answer);
        let weaned_of = |fact: &Fact| fact.weaned;
        sheet.percent(
            topic,
            &format!("{name}: survived ECLS, %"),
            with(weaned),
            &group,
            &weaned_of,
        );
        let alive_of = |fact: &Fact| fact.alive;
        sheet.percent(
            topic,
            &format!("{name}: survived to discharge, %"),
            with(alive),
            &group,
            &alive_of,
        );
    }
    let published = (57.8, Verified, REPORT_2016);
    sheet.percent(topic, "all: survived to discharge, %", published, &early, &|fact| fact.alive);
    let topic = "2009 to 2022";
    let era = |fact: &Fact| (2009..=2022).contains(&fact.year);
    for (name, age, support, published) in [
        ("best group, neonate pulmonary: survived, %", Neonate, "1", 68.5),
        ("worst group, adult ECPR: survived, %", Adult, "3", 29.5),
    ] {
        let group = move |fact: &Fact| era(fact) && is(age, support)(fact);
        sheet.percent(topic, name, (published, Verified, REPORT_2022), &group, &|fact| fact.alive);
    }
    let topic = "Group mix 2018 to 2022";
    let mix = [6.5, 3.8, 1.7, 5.0, 6.5, 3.5, 35.0, 28.0, 10.0];
    let recent = |fact: &Fact| (2018..=2022).contains(&fact.year);
    for ((age, support, name, ..), share) in NINE.into_iter().zip(mix) {
        let answer = move |fact: &Fact| Some(is(age, support)(fact));
        let what = format!("{name}, %");
        sheet.percent(topic, &what, (share, Assumption, DEFAULTS), &recent, &answer);
    }
}

fn survival_by_date(sheet: &mut Sheet<'_>) {
    let topic = "Survival to discharge by date of the report";
    for (year, month, source, values) in [
        (
            2004,
            7,
            REPORT_2004,
            [
                (Neonate, "1", 77.0),
                (Pediatric, "1", 56.0),
                (Adult, "1", 53.0),
                (Neonate, "2", 38.0),
                (Pediatric, "2", 43.0),
                (Adult, "2", 33.0),
            ],
        ),
        (
            2012,
            7,
            REPORT_2012,
            [
                (Neonate, "1", 75.0),
                (Pediatric, "1", 56.0),
                (Adult, "1", 55.0),
                (Neonate, "2", 40.0),
                (Pediatric, "2", 49.0),
                (Adult, "2", 39.0),
            ],
        ),
        (
            2013,
            7,
            REPORT_2013,
            [
                (Neonate, "1", 75.0),
                (Pediatric, "1", 58.0),
                (Adult, "1", 58.0),
                (Neonate, "2", 40.0),
                (Pediatric, "2", 49.0),
                (Adult, "2", 40.0),
            ],
        ),
    ] {
        for (age, support, percent) in values {
            let kind = if support == "1" { "pulmonary" } else { "cardiac" };
            let what = format!("{year}: {} {kind}, %", age.code());
            let which = move |fact: &Fact| fact.day < day(year, month) && is(age, support)(fact);
            let published = (percent, Verified, source);
            sheet.percent(topic, &what, published, &which, &|fact| fact.alive);
        }
    }
}

/// Started with arterial return.
pub(super) fn arterial(fact: &Fact) -> bool {
    fact.modes.first().is_some_and(|mode| mode == "VA")
}
