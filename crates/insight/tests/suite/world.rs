//! A small invented registry in a column store, and the same as plain rows to count by hand.

use std::sync::OnceLock;

use base::Instant;
use columns::{Builder, ColumnRef, Record, Store, Value};
use insight::answer::{Answers, Audience, Outcome, Source};
use insight::query::Query;

use crate::suite::common::{catalog, shipped};

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
/// 2026-11-22T12:00Z.
pub(crate) const AS_OF: Instant = Instant::from_micros(1_795_348_800_000_000);

struct Seed(u64);

impl Seed {
    fn below(&mut self, sides: u64) -> u64 {
        // splitmix64, Steele, Lea and Flood, OOPSLA 2014
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn most<T>(&mut self, value: T) -> Option<T> {
        (self.below(12) > 0).then_some(value)
    }

    fn plain(&mut self) -> Plain {
        let stay = i64::try_from(self.below(120)).unwrap();
        let discharged = self.of(&["0", "1", "1", "2"]);
        let discharged = self.most(discharged);
        let complications = (0..self.below(4)).map(|_| self.of(&COMPLICATIONS)).collect();
        let hours = i64::try_from(100 + self.below(90_000)).unwrap();
        let weight = i64::try_from(20 + self.below(1_200)).unwrap();
        let (age, support) =
            (self.of(&["neonate", "pediatric", "adult"]), self.of(&["1", "2", "3"]));
        let survived = self.below(5) > 1;
        Plain {
            center: u32::try_from(self.below(9)).unwrap(),
            patient: u32::try_from(self.below(1_000)).unwrap(),
            age: self.most(age),
            support: self.most(support),
            survived: self.most(survived),
            // 2012 to 2026
            start: i32::try_from(42 * 525_960 + self.below(14 * 525_960)).unwrap(),
            hours: self.most(hours),
            weight: self.most(weight),
            stay_days: self.most(stay),
            discharged,
            complications,
        }
    }
}

/// The runs as plain rows.
pub(crate) fn runs() -> &'static [Plain] {
    static PLAIN: OnceLock<Vec<Plain>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut seed = Seed(7);
        (0..RUNS).map(|_| seed.plain()).collect()
    })
}

/// The runs in a store.
pub(crate) fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let mut builder = Builder::new(shipped().0.schema().clone());
        for (at, run) in runs().iter().enumerate() {
            let last = is_last(at, run);
            let record = record(u64::try_from(at).unwrap(), run, last);
            builder.push(record).expect("a record that fits");
        }
        builder.finish()
    })
}

/// Whether this is the last run of its patient.
pub(crate) fn is_last(at: usize, run: &Plain) -> bool {
    let later = |(place, other): (usize, &Plain)| {
        other.patient == run.patient && (other.start, place) > (run.start, at)
    };
    !runs().iter().enumerate().any(later)
}

fn record(at: u64, run: &Plain, last: bool) -> Record {
    let shape = &shipped().0;
    let schema = shape.schema();
    let mut values = vec![Value::Missing; schema.tables[0].columns.len()];
    let column = |key: &str| shape.named(key).unwrap_or_else(|| panic!("column {key}"));
    let mut set = |key: &str, value: Option<Value>| {
        values[usize::from(column(key).column)] = value.unwrap_or_default();
    };
    let code = |key: &str, code: &str| Value::Code(shape.code(column(key), code).expect("a code"));
    let number = |digits: i64, scale: u8| Value::Number { digits, scale };
    set("center", Some(Value::Key(run.center)));
    set("patient", Some(Value::Key(run.patient)));
    set("last_of_patient", Some(Value::Bool(last)));
    set("dv_age_group", run.age.map(|it| code("dv_age_group", it)));
    set("support_type", run.support.map(|it| code("support_type", it)));
    set("dv_survived_hospital", run.survived.map(Value::Bool));
    set("ecls_start_datetime", Some(Value::Minute(run.start)));
    set("dv_hours_ecls", run.hours.map(|it| number(it, 2)));
    set("run_weight_kg", run.weight.map(|it| number(it, 1)));
    set("dv_los_hospital_d", run.stay_days.map(|it| number(it, 0)));
    set("hosp_discharged_alive", run.discharged.map(|it| code("hosp_discharged_alive", it)));
    let table = shape.table_named("complication").expect("complications");
    let at_code: ColumnRef = column("complication_code");
    let parts = run.complications.iter().map(|it| {
        let mut row = vec![Value::Missing; schema.tables[usize::from(table)].columns.len()];
        row[usize::from(at_code.column)] = code("complication_code", it);
        (table, 0, row)
    });
    let mut key = [0; 16];
    key[..8].copy_from_slice(&at.to_be_bytes());
    Record { key, values, parts: parts.collect() }
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
