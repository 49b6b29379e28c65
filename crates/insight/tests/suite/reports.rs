//! Conditions and the International Summary over an invented registry that is also counted by hand.

mod condition;
mod summary;

use std::sync::{Arc, OnceLock};

use axum::body::to_bytes;
use axum::response::Response;
use base::Instant;
use columns::{Record, Store};
use dictionary::Dictionary;
use insight::api::{Current, Insight};
use insight::query::Catalog;
use site::Shell;

use crate::suite::builder::{self, Held, Seed};
use crate::suite::common::shipped;

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
    /// Where the patient stands: the end of the stay, or on or off ECLS before it.
    state: &'static str,
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

fn plain(seed: &mut Seed) -> Plain {
    let start = 18_262 + i32::try_from(seed.below(2_515)).unwrap();
    let ways = ["died", "died", "discharged", "discharged", "transferred", "transferred_ecls"];
    // one in nine is still in hospital, a third of them on ECLS
    let going_on = seed.below(9) == 0;
    let stay_end = (!going_on).then(|| seed.of(&ways));
    let state = stay_end.unwrap_or_else(|| seed.of(&["on_ecls", "in_hospital", "in_hospital"]));
    let stay = i32::try_from(1 + seed.below(140)).unwrap();
    Plain {
        center: u32::try_from(seed.below(12)).unwrap(),
        patient: u32::try_from(seed.below(1_400)).unwrap(),
        chapter: seed.of(&CHAPTERS),
        age: seed.of(&AGES),
        support: seed.of(&["1", "2", "3"]),
        status: seed.of(&[Some("confirmed"), Some("confirmed"), Some("suspected"), None]),
        start,
        state,
        stay_end,
        stay_days: stay_end.map(|_| stay),
        years: i64::try_from(seed.below(80)).unwrap(),
        complications: (0..seed.below(3)).map(|_| seed.of(&["101", "102", "321"])).collect(),
    }
}

fn runs() -> &'static [Plain] {
    static PLAIN: OnceLock<Vec<Plain>> = OnceLock::new();
    PLAIN.get_or_init(|| {
        let mut seed = Seed(19);
        (0..1_600).map(|_| plain(&mut seed)).collect()
    })
}

fn store() -> &'static Store {
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
    let number = |digits: i64| Held::Number(digits, 0);
    let values = [
        ("center", Some(Held::Key(run.center))),
        ("patient", Some(Held::Key(run.patient))),
        ("run_order", Some(Held::Number(order, 0))),
        ("last_of_patient", Some(Held::Flag(last))),
        ("last_of_course", Some(Held::Flag(at % 2 == 1))),
        ("course", Some(Held::Key(u32::try_from(at / 2).unwrap()))),
        ("chapter", Some(Held::Code(run.chapter))),
        ("dv_age_group", Some(Held::Code(run.age))),
        ("support_type", Some(Held::Code(run.support))),
        ("cv_status", run.status.map(Held::Code)),
        ("ecls_start_datetime", Some(Held::Minute(run.start * 1_440 + 600))),
        ("dv_hours_ecls", Some(number(24 + run.years))),
        ("dv_stay_state", Some(Held::Code(run.state))),
        ("dv_days_to_stay_end", run.stay_days.map(|it| number(i64::from(it)))),
        ("dv_survived_hospital", run.survived().map(Held::Flag)),
        ("dv_age_years", Some(number(run.years))),
    ];
    let system = |code: &str| if code == "321" { "neurologic" } else { "mechanical" };
    let rows = run.complications.iter().map(|code| {
        vec![
            ("complication_code", Held::Code(code)),
            ("complication_system", Held::Code(system(code))),
        ]
    });
    builder::record(at as u64, &values, &rows.collect::<Vec<_>>())
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
