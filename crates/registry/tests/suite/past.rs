//! Invented centers that are made with all their past.

use std::sync::Arc;

use base::{Actor, Channel, Clock, Ids, Instant};
use db::{Db, Options, Statement};
use dictionary::{Dictionary, Value};
use registry::incoming::IncomingPatient;
use registry::{NewCenter, PastCenter, PastPatient, Registry, RegistryError, RunState, Settings};
use testkit::database::TestDatabase;
use testkit::records::{TestRegistry, operator};
use testkit::synthetic::{self, CENTERS, SampleCenter, Synthetic};

use super::snapshot::snapshot;

const NOW: &str = "2026-11-22T12:00:00Z";
const DAY: i64 = 86_400_000_000;

/// A registry without centers.
fn bare(database: &TestDatabase) -> Registry {
    let clock = Clock::fixed(NOW.parse().unwrap());
    let dictionary = Arc::new(Dictionary::embedded().unwrap());
    let ids = Arc::new(Ids::seeded(clock.clone(), 5));
    let db = database.reopen(&Options::default());
    Registry::new(db, dictionary, clock, ids, Settings::default()).unwrap()
}

fn new(center: &SampleCenter) -> NewCenter<'_> {
    NewCenter {
        number: center.number,
        name: center.name,
        country: center.country,
        chapter: center.chapter,
        invented: true,
    }
}

fn invented(registry: &Registry, seed: u64, count: usize) -> Vec<(&'static str, IncomingPatient)> {
    Synthetic::new(registry.dictionary(), seed, synthetic::Options::default())
        .take(count)
        .map(|sample| (sample.center, sample.patient))
        .collect()
}

/// Those of a center; the first run of the first patient `days` days ago, each later run three days later.
fn past(patients: &[(&'static str, IncomingPatient)], center: &str, days: i64) -> Vec<PastPatient> {
    let mut at = NOW.parse::<Instant>().unwrap().plus_micros(-days * DAY);
    let mut moments = |incoming: &IncomingPatient| -> Vec<Instant> {
        let runs = incoming.stays.iter().flat_map(|stay| &stay.runs);
        runs.map(|_| {
            at = at.plus_micros(3 * DAY);
            at
        })
        .collect()
    };
    patients
        .iter()
        .filter(|(number, _)| *number == center)
        .map(|(_, incoming)| PastPatient {
            handed_in: moments(incoming),
            incoming: incoming.clone(),
        })
        .collect()
}

fn worked_out(registry: &Registry, seed: u64, days: i64) -> Vec<PastCenter> {
    let patients = invented(registry, seed, 60);
    let actor = operator();
    CENTERS
        .iter()
        .map(|center| {
            let past = past(&patients, center.number, days);
            registry.work_out_past(&actor, &new(center), seed, past).unwrap()
        })
        .collect()
}

fn each(test: impl Fn(&TestDatabase, &Registry)) {
    TestDatabase::each(|database| test(database, &bare(database)));
}

fn column<T: db::FromRow>(db: &Db, text: &str) -> Vec<T> {
    db.read(|tx| tx.all(&Statement::dynamic("past", text.to_owned()), ())).unwrap()
}

#[test]
fn a_past_is_written_as_uploads_of_that_day_would_have_written_it() {
    TestRegistry::each(|uploaded| {
        let made = if uploaded.database.file().is_some() {
            TestDatabase::sqlite()
        } else {
            TestDatabase::postgres()
        };
        let registry = bare(&made);
        let patients = invented(&registry, 11, 80);
        let only: Vec<_> = patients.iter().map(|(_, incoming)| incoming.clone()).collect();
        let applied = uploaded.apply(&only, None).unwrap();
        let now = uploaded.clock.now();
        let actor = operator().through(Channel::Import);
        let centers: Vec<PastCenter> = CENTERS
            .iter()
            .map(|center| {
                let mut past = past(&patients, center.number, 1000);
                past.iter_mut().flat_map(|p| &mut p.handed_in).for_each(|at| *at = now);
                registry.work_out_past(&actor, &new(center), 1, past).unwrap()
            })
            .collect();

        registry.write_past(&centers).unwrap();

        let runs: u64 = centers.iter().map(|center| center.counts().runs).sum();
        assert_eq!((applied.summary.patients.new, applied.summary.runs.new), (80, runs));
        let by_upload = snapshot(&uploaded.database).without("test.xml ");
        let by_past = snapshot(&made);
        assert!(by_upload == by_past, "{}", by_past.difference(&by_upload));
    });
}

#[test]
fn a_past_over_years_holds_against_the_audit_and_leaves_nothing_to_lock() {
    each(|database, registry| {
        let centers = worked_out(registry, 12, 300);

        registry.write_past(&centers).unwrap();

        let verified = registry.verify(&mut |_| {}).unwrap();
        assert!(verified.faults.is_empty(), "{:#?}", verified.faults);
        assert_eq!(registry.lock_due().unwrap(), 0);
        let mut counts = registry::PastCounts::default();
        for center in &centers {
            counts.add(center.counts());
        }
        let figures = registry.figures().unwrap();
        assert_eq!(figures.submitted, counts.submitted);
        assert_eq!(figures.invented, counts.submitted);
        assert_eq!(figures.submitted + figures.drafts, counts.runs);
        assert!(counts.locked > 20 && counts.refused == 0, "{counts:?}");
        let locks =
            "select count(*) as rows from audit where action = 'lock' and actor = 'platform'";
        assert_eq!(column::<i64>(database, locks), [i64::try_from(counts.locked).unwrap()]);
        let back = "select a.seq from audit a join audit b on b.center_id = a.center_id
            and b.seq = a.seq + 1 where b.at < a.at";
        assert!(column::<i64>(database, back).is_empty(), "the audit goes back in time");
    });
}

#[test]
fn a_run_of_the_last_month_is_open_and_is_locked_when_its_month_is_over() {
    each(|database, registry| {
        let patients = invented(registry, 13, 40);
        let center = &CENTERS[1];
        let past = past(&patients, center.number, 25);
        let recent: Vec<_> = past.into_iter().take(3).collect();
        let made = registry.work_out_past(&operator(), &new(center), 1, recent).unwrap();
        registry.write_past(&[made]).unwrap();
        let states = "select distinct state from run where submitted_at is not null";
        assert_eq!(column::<String>(database, states), [RunState::Submitted.as_str()]);

        registry.clock().advance_micros(40 * DAY);

        assert!(registry.lock_due().unwrap() > 0);
        assert_eq!(column::<String>(database, states), [RunState::Locked.as_str()]);
        assert!(registry.verify(&mut |_| {}).unwrap().faults.is_empty());
    });
}

#[test]
fn the_same_seed_gives_the_same_chains_and_another_seed_others() {
    let database = TestDatabase::sqlite();
    let heads = |seed| {
        let other = TestDatabase::sqlite();
        let registry = bare(&other);
        let patients = invented(&registry, 14, 30);
        let past = past(&patients, "9002", 900);
        let made = registry.work_out_past(&operator(), &new(&CENTERS[1]), seed, past).unwrap();
        registry.write_past(&[made]).unwrap();
        registry.verify(&mut |_| {}).unwrap().heads
    };
    assert!(bare(&database).verify(&mut |_| {}).unwrap().heads.is_empty());

    assert_eq!(heads(3), heads(3));
    assert_ne!(heads(3), heads(4));
}

#[test]
fn a_center_that_exists_already_refuses_all_that_come_with_it() {
    each(|_, registry| {
        let centers = worked_out(registry, 15, 200);
        registry.write_past(&centers[2..3]).unwrap();
        let before = registry.figures().unwrap();

        let error = registry.write_past(&centers).unwrap_err();

        assert!(matches!(error, RegistryError::Invalid(_)), "{error}");
        assert_eq!(registry.centers().unwrap().len(), 1);
        assert_eq!(registry.figures().unwrap().submitted, before.submitted);
        let known = NewCenter { number: "8001", name: "Real", ..new(&CENTERS[0]) };
        registry.add_center(&operator(), &NewCenter { invented: false, ..known.clone() }).unwrap();
        let made = registry.work_out_past(&operator(), &known, 1, []).unwrap();
        assert!(registry.write_past(&[made]).is_err());
        assert!(registry.center("8001").unwrap().is_some_and(|center| !center.invented));
    });
}

#[test]
fn what_is_not_invented_not_past_or_not_permitted_is_refused() {
    let database = TestDatabase::sqlite();
    let registry = bare(&database);
    let patients = invented(&registry, 16, 20);
    let center = new(&CENTERS[1]);
    let operator = operator();
    let with = |actor: &Actor, center: &NewCenter<'_>, change: fn(&mut PastPatient)| {
        let mut past = past(&patients, "9002", 500);
        change(&mut past[0]);
        registry.work_out_past(actor, center, 1, past).map(|center| center.counts().refused)
    };
    let same = |_: &mut PastPatient| {};

    assert_eq!(with(&operator, &center, same).unwrap(), 0);
    let real = NewCenter { invented: false, ..center.clone() };
    assert!(matches!(with(&operator, &real, same), Err(RegistryError::Invalid(_))));
    let nameless = NewCenter { name: " ", ..center.clone() };
    assert!(matches!(with(&operator, &nameless, same), Err(RegistryError::Invalid(_))));
    let public = Actor::public();
    assert!(matches!(with(&public, &center, same), Err(RegistryError::Refused(_))));
    let later =
        with(&operator, &center, |p| p.handed_in[0] = p.handed_in[0].plus_micros(501 * DAY));
    assert!(matches!(later, Err(RegistryError::Invalid(_))));
    let more = with(&operator, &center, |p| p.handed_in.push(p.handed_in[0]));
    assert!(matches!(more, Err(RegistryError::Invalid(_))));
}

#[test]
fn a_patient_that_an_upload_would_refuse_is_refused_with_the_reason() {
    let database = TestDatabase::sqlite();
    let registry = bare(&database);
    let dictionary = registry.dictionary();
    let patients = invented(&registry, 17, 40);
    let set = |patient: &mut PastPatient, key: &str, value: Value| {
        let field = dictionary.field_named(key).unwrap();
        let run = &mut patient.incoming.stays[0].runs[0];
        let (_, row) = run.forms.iter_mut().find(|(form, _)| *form == field.form).unwrap();
        row.values[usize::from(field.column.unwrap())] = value;
    };
    let mut past = past(&patients, "9002", 500);
    assert!(past[0].incoming.stays[0].runs[0].completed_by.is_some());
    set(&mut past[0], "support_type", Value::Missing);
    set(&mut past[1], "run_no", Value::Missing);
    past[2].incoming.center_number = Some("9001".to_owned());
    let twice = past[3].clone();
    past.push(twice);

    let made = registry.work_out_past(&operator(), &new(&CENTERS[1]), 1, past.clone()).unwrap();

    assert_eq!(made.counts().refused, 4, "{:?}", made.refusals());
    assert_eq!(made.counts().patients, u64::try_from(past.len()).unwrap() - 4);
    let reasons = made.refusals().join("\n");
    assert!(reasons.contains("at support_type"), "{reasons}");
    assert!(reasons.contains("no readable number"), "{reasons}");
    assert!(reasons.contains("names another center"), "{reasons}");
    assert!(reasons.contains("a key stands twice"), "{reasons}");
    registry.write_past(&[made]).unwrap();
    assert!(registry.verify(&mut |_| {}).unwrap().faults.is_empty());
}
