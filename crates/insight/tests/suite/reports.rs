//! Conditions and the International Summary over an invented registry that is also counted by hand.

mod condition;
mod summary;

use std::sync::{Arc, OnceLock};

use axum::body::to_bytes;
use axum::response::Response;
use base::Instant;
use columns::{Builder, Record, Store, Value};
use dictionary::Dictionary;
use insight::api::{Current, Insight};
use insight::query::Catalog;
use site::Shell;

use crate::suite::common::shipped;

/// 2026-11-22T12:00Z.
const AS_OF: Instant = Instant::from_micros(1_795_348_800_000_000);
/// 2026-07-31: the last month that ended at least 90 days before.
const FOLLOWED_UP: i32 = 20_665;
const CHAPTERS: [&str; 3] = ["north_america", "europe", "asia_pacific"];
const AGES: [&str; 3] = ["neonate", "pediatric", "adult"];

/// One run as it went into the store.
#[derive(Debug, Clone)]
struct Plain {
    center: u32,
    patient: u32,
    chapter: &'static str,
    age: &'static str,
    support: &'static str,
    status: Option<&'static str>,
    /// Days since 1970.
    start: i32,
    run_end: Option<&'static str>,
    stay_end: Option<&'static str>,
    stay_days: Option<i32>,
    years: i64,
    /// Organ systems are told apart by the first digits: 101 mechanical, 321 neurologic.
    complications: Vec<&'static str>,
}

impl Plain {
    fn confirmed(&self) -> bool {
        self.status == Some("confirmed")
    }

    fn survived(&self) -> Option<bool> {
        match self.stay_end? {
            "died" => Some(false),
            "transferred_ecls" => None,
            _ => Some(true),
        }
    }
}

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

    fn plain(&mut self) -> Plain {
        let start = 18_262 + i32::try_from(self.below(2_515)).unwrap();
        let ways = ["died", "died", "discharged", "discharged", "transferred", "transferred_ecls"];
        // one in nine is still in hospital, a third of them on ECLS
        let going_on = self.below(9) == 0;
        let stay_end = (!going_on).then(|| self.of(&ways));
        let run_end = match stay_end {
            None if self.below(3) == 0 => Some("still_on"),
            None => self.of(&[Some("off_alive"), Some("off_alive"), None]),
            Some("transferred_ecls") => Some("transferred_ecls"),
            Some("died") => self.of(&[Some("died"), Some("off_alive")]),
            Some(_) => Some("off_alive"),
        };
        let stay = i32::try_from(1 + self.below(140)).unwrap();
        Plain {
            center: u32::try_from(self.below(12)).unwrap(),
            patient: u32::try_from(self.below(2_500)).unwrap(),
            chapter: self.of(&CHAPTERS),
            age: self.of(&AGES),
            support: self.of(&["1", "2", "3"]),
            status: self.of(&[Some("confirmed"), Some("confirmed"), Some("suspected"), None]),
            start,
            run_end,
            stay_end,
            stay_days: stay_end.map(|_| stay),
            years: i64::try_from(self.below(80)).unwrap(),
            complications: (0..self.below(3)).map(|_| self.of(&["101", "102", "321"])).collect(),
        }
    }
}

fn runs() -> &'static [Plain] {
    static PLAIN: OnceLock<Vec<Plain>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut seed = Seed(19);
        (0..3_000).map(|_| seed.plain()).collect()
    })
}

fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let mut builder = Builder::new(shipped().0.schema().clone());
        for (at, run) in runs().iter().enumerate() {
            builder.push(record(u64::try_from(at).unwrap(), run)).expect("a record that fits");
        }
        builder.finish()
    })
}

/// Whether this is the last run of its patient.
fn is_last(at: u64, run: &Plain) -> bool {
    let place = usize::try_from(at).unwrap();
    !runs().iter().enumerate().any(|(other_place, other)| {
        other.patient == run.patient && (other.start, other_place) > (run.start, place)
    })
}

fn record(at: u64, run: &Plain) -> Record {
    let shape = &shipped().0;
    let schema = shape.schema();
    let mut values = vec![Value::Missing; schema.tables[0].columns.len()];
    let column = |key: &str| shape.named(key).unwrap_or_else(|| panic!("column {key}"));
    let mut set = |key: &str, value: Option<Value>| {
        values[usize::from(column(key).column)] = value.unwrap_or_default();
    };
    let code = |key: &str, code: &str| Value::Code(shape.code(column(key), code).expect("a code"));
    let whole = |digits: i64| Value::Number { digits, scale: 0 };
    set("center", Some(Value::Key(run.center)));
    set("patient", Some(Value::Key(run.patient)));
    set("last_of_patient", Some(Value::Bool(is_last(at, run))));
    set("last_of_course", Some(Value::Bool(at % 2 == 1)));
    set("course", Some(Value::Key(u32::try_from(at / 2).unwrap())));
    set("chapter", Some(code("chapter", run.chapter)));
    set("dv_age_group", Some(code("dv_age_group", run.age)));
    set("support_type", Some(code("support_type", run.support)));
    set("cv_status", run.status.map(|it| code("cv_status", it)));
    set("ecls_start_datetime", Some(Value::Minute(run.start * 1_440 + 600)));
    set("dv_hours_ecls", Some(whole(24 + run.years)));
    set("dv_run_end", run.run_end.map(|it| code("dv_run_end", it)));
    set("dv_stay_end", run.stay_end.map(|it| code("dv_stay_end", it)));
    set("dv_days_to_stay_end", run.stay_days.map(|it| whole(i64::from(it))));
    set("dv_survived_hospital", run.survived().map(Value::Bool));
    set("dv_age_years", Some(whole(run.years)));
    let table = shape.table_named("complication").expect("complications");
    let parts = run.complications.iter().map(|it| {
        let mut row = vec![Value::Missing; schema.tables[usize::from(table)].columns.len()];
        row[usize::from(column("complication_code").column)] = code("complication_code", it);
        let system = if *it == "321" { "neurologic" } else { "mechanical" };
        row[usize::from(column("complication_system").column)] =
            code("complication_system", system);
        (table, 0, row)
    });
    let mut key = [0; 16];
    key[..8].copy_from_slice(&at.to_be_bytes());
    Record { key, values, parts: parts.collect() }
}

fn current(as_of: Instant) -> Current {
    Current {
        store: store().clone(),
        as_of,
        version: format!("{}", as_of.as_micros()),
        invented: true,
    }
}

fn insight(as_of: Instant) -> Insight {
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let catalog = Catalog::new(&shipped().0, dictionary).unwrap();
    let current = current(as_of);
    Insight::new(catalog, Arc::new(move || Some(current.clone())), 10_000_000)
}

fn shell() -> Shell {
    Shell::new("0.0.0", Vec::new())
}

async fn body(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 20_000_000).await.unwrap().to_vec()).unwrap()
}
