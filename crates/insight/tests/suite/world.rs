//! A small invented registry in a column store, and the same as plain rows to count by hand.

use std::sync::OnceLock;

use columns::{Record, Store};
use insight::answer::{Answers, Audience, Outcome, Source};
use insight::query::Query;

pub(crate) use crate::suite::builder::AS_OF;
use crate::suite::builder::{self, Held, Seed};
use crate::suite::common::catalog;

/// One run as it went into the store.
#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub(crate) center: u32,
    pub(crate) patient: u32,
    pub(crate) age: Option<&'static str>,
    pub(crate) support: Option<&'static str>,
    pub(crate) survived: Option<bool>,
    /// Minutes since 1970.
    pub(crate) start: i32,
    /// In hundredths.
    pub(crate) hours: Option<i64>,
    /// In tenths.
    pub(crate) weight: Option<i64>,
    pub(crate) stay_days: Option<i64>,
    pub(crate) discharged: Option<&'static str>,
    pub(crate) complications: Vec<&'static str>,
}

pub(crate) const RUNS: usize = 1_500;
pub(crate) const COMPLICATIONS: [&str; 4] = ["101", "102", "201", "321"];

fn plain(seed: &mut Seed) -> Plain {
    let stay = i64::try_from(seed.below(120)).unwrap();
    let discharged = seed.of(&["0", "1", "1", "2"]);
    let discharged = seed.most(discharged);
    let complications = (0..seed.below(4)).map(|_| seed.of(&COMPLICATIONS)).collect();
    let hours = i64::try_from(100 + seed.below(90_000)).unwrap();
    let weight = i64::try_from(20 + seed.below(1_200)).unwrap();
    let (age, support) = (seed.of(&["neonate", "pediatric", "adult"]), seed.of(&["1", "2", "3"]));
    let survived = seed.below(5) > 1;
    Plain {
        center: u32::try_from(seed.below(9)).unwrap(),
        patient: u32::try_from(seed.below(1_000)).unwrap(),
        age: seed.most(age),
        support: seed.most(support),
        survived: seed.most(survived),
        // 2012 to 2026
        start: i32::try_from(42 * 525_960 + seed.below(14 * 525_960)).unwrap(),
        hours: seed.most(hours),
        weight: seed.most(weight),
        stay_days: seed.most(stay),
        discharged,
        complications,
    }
}

/// The runs as plain rows.
pub(crate) fn runs() -> &'static [Plain] {
    static PLAIN: OnceLock<Vec<Plain>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut seed = Seed(7);
        (0..RUNS).map(|_| plain(&mut seed)).collect()
    })
}

/// The runs in a store.
pub(crate) fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let each = runs().iter().enumerate().zip(places());
        builder::store(each.map(|((at, run), place)| record(at, run, place)))
    })
}

/// The order of each run among its patient's, and whether it is the last.
fn places() -> Vec<(i64, bool)> {
    builder::places(runs().iter().map(|run| (run.patient, run.start)))
}

fn record(at: usize, run: &Plain, (order, last): (i64, bool)) -> Record {
    let number = |digits: Option<i64>, scale: u8| digits.map(|it| Held::Number(it, scale));
    let values = [
        ("center", Some(Held::Key(run.center))),
        ("patient", Some(Held::Key(run.patient))),
        ("run_order", Some(Held::Number(order, 0))),
        ("last_of_patient", Some(Held::Flag(last))),
        ("dv_age_group", run.age.map(Held::Code)),
        ("support_type", run.support.map(Held::Code)),
        ("dv_survived_hospital", run.survived.map(Held::Flag)),
        ("ecls_start_datetime", Some(Held::Minute(run.start))),
        ("dv_hours_ecls", number(run.hours, 2)),
        ("run_weight_kg", number(run.weight, 1)),
        ("dv_los_hospital_d", number(run.stay_days, 0)),
        ("hosp_discharged_alive", run.discharged.map(Held::Code)),
    ];
    let codes = run.complications.iter();
    let rows = codes.map(|code| vec![("complication_code", Held::Code(code))]);
    builder::record(at as u64, &values, &rows.collect::<Vec<_>>())
}

pub(crate) fn source() -> Source<'static> {
    Source { store: store(), catalog: catalog(), as_of: AS_OF, version: "v7" }
}

pub(crate) fn ask(text: &str) -> Query {
    Query::parse(catalog(), text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The answer to one question, as the office sees it.
pub(crate) fn answer(text: &str) -> Outcome {
    answer_to(text, Audience::Office)
}

/// The answer to one question, as an audience sees it.
pub(crate) fn answer_to(text: &str, audience: Audience) -> Outcome {
    let answers = Answers::new(1_000_000).of(source(), &[&ask(text)], audience);
    let mut answers = answers.unwrap_or_else(|error| panic!("{text}: {error}"));
    answers.pop().expect("one answer").as_ref().clone()
}
