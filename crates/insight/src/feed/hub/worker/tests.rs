mod hub;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::OnceLock;

use base::{Actor, RunId};
use columns::{
    Answer, By, ColumnRef, Counts, Filter, Kind, Measure, Panel, Record, Select, Test, Unit, Value,
};
use db::Statement;
use registry::incoming::IncomingPatient;
use registry::{RunState, TransferSide};
use testkit::records::{TestRegistry, operator};

use super::*;
use crate::feed::Hub;
use crate::shape::Extra;

const DAY: i64 = 86_400_000_000;

fn worker(t: &TestRegistry, snapshot: Option<&Path>) -> Worker {
    let hub = Hub::with(None, HubStatus::Loading(Loading::default()));
    Worker {
        inner: hub.inner,
        registry: t.registry.clone(),
        shape: Arc::new(Shape::of(t.registry.dictionary())),
        options: HubOptions { snapshot: snapshot.map(Path::to_owned), ..HubOptions::default() },
    }
}

fn built(t: &TestRegistry) -> Feed {
    worker(t, None).build().unwrap()
}

/// Panels over every table: counts by each code, Boolean and year, sums, and different keys.
fn answers(shape: &Shape, store: &Store) -> Vec<Answer> {
    let mut panels = Vec::new();
    for (table, spec) in (0_u16..).zip(&shape.schema().tables) {
        let mut measures = vec![Measure::Count];
        let mut by = Vec::new();
        for (column, spec) in (0_u16..).zip(&spec.columns) {
            let column = ColumnRef { table, column };
            match &spec.kind {
                Kind::Number => measures.push(Measure::Sum(column)),
                Kind::Key => measures.push(Measure::Distinct(column)),
                Kind::Bool => measures.push(Measure::True(column)),
                Kind::Code(_) | Kind::Codes(_) => by.push(By::Column(column)),
                Kind::Day | Kind::Minute => by.push(By::Year(column)),
                Kind::Text => measures.push(Measure::Known(column)),
            }
        }
        let panel = |by, measures| Panel { table, filter: None, by, measures, once: false };
        panels.push(panel(vec![], measures));
        panels.extend(by.into_iter().map(|by| panel(vec![by], vec![Measure::Count])));
    }
    let select = Select { filter: Filter::All(vec![]), unit: Unit::Row };
    store.answer(&select, &panels).unwrap()
}

/// The runs of a store without their dense numbers, and how those group them.
fn records(t: &TestRegistry, shape: &Shape, store: &Store) -> Vec<Option<(Record, [RunId; 2])>> {
    let dense = [Extra::Center, Extra::Patient, Extra::Course].map(|extra| shape.extra(extra));
    let all = all_runs(t);
    let read: Vec<Option<Record>> =
        all.iter().map(|id| store.record(id.0.as_bytes()).unwrap()).collect();
    let fellow = |own: &Record, column: ColumnRef| {
        let place = usize::from(column.column);
        let shares = |other: &Record| other.values[place] == own.values[place];
        all[read.iter().position(|other| other.as_ref().is_some_and(shares)).unwrap()]
    };
    read.iter()
        .map(|own| {
            let own = own.clone()?;
            let fellows = [dense[1], dense[2]].map(|column| fellow(&own, column));
            let mut plain = own;
            for column in dense {
                plain.values[usize::from(column.column)] = Value::Missing;
            }
            Some((plain, fellows))
        })
        .collect()
}

fn all_runs(t: &TestRegistry) -> Vec<RunId> {
    let mut runs = Vec::new();
    for center in &t.centers {
        t.registry
            .export(&operator(), center.id, registry::ExportRuns::All, &mut |patient| {
                let found = t.registry.runs(&operator(), center.id, &patient.unique_id)?;
                runs.extend(found.iter().map(|run| run.id));
                Ok::<_, RegistryError>(())
            })
            .unwrap();
    }
    runs
}

fn same(t: &TestRegistry, shape: &Shape, followed: &Feed) {
    let whole = built(t);
    assert_eq!(followed.cursor, whole.cursor);
    assert_eq!(followed.store.rows(), whole.store.rows());
    assert_eq!(answers(shape, &followed.store), answers(shape, &whole.store));
    assert_eq!(records(t, shape, &followed.store), records(t, shape, &whole.store));
}

fn next(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % below
}

fn set(
    t: &TestRegistry,
    forms: &mut [(dictionary::FormId, dictionary::Row)],
    key: &str,
    text: &str,
) {
    let dictionary = t.registry.dictionary();
    let field = dictionary.field_named(key).unwrap();
    if let Some((_, row)) = forms.iter_mut().find(|(form, _)| *form == field.form) {
        row.values[usize::from(field.column.unwrap())] = dictionary.read(field, text);
    }
}

/// One random act of users; what the registry refuses is no act.
fn act(t: &TestRegistry, pool: &mut [IncomingPatient], seed: &mut u64) {
    let place = next(seed, pool.len());
    let patient = &mut pool[place];
    let center = t.center(patient.center_number.as_deref().unwrap()).id;
    let runs = t.registry.runs(&operator(), center, &patient.unique_id).unwrap_or_default();
    match next(seed, 8) {
        0..=2 => {
            let count = 1 + next(seed, 6);
            let from = next(seed, pool.len() - count);
            t.apply(&pool[from..from + count], None).unwrap();
        }
        3 => {
            let sex = if next(seed, 2) == 0 { "1" } else { "2" };
            set(t, &mut patient.forms, "sex", sex);
            for stay in &mut patient.stays {
                set(
                    t,
                    &mut stay.forms,
                    "hosp_admit_weight_kg",
                    if sex == "1" { "70" } else { "71.5" },
                );
            }
            t.apply(std::slice::from_ref(patient), None).unwrap();
        }
        4 => {
            if let Some(run) = runs.last() {
                let _ =
                    t.registry.withdraw(&operator(), center, run.id, "asked for by the patient");
            }
        }
        5 => {
            t.clock.advance_micros(20 * DAY);
            t.registry.lock_due().unwrap();
        }
        6 => {
            if let Some(run) = runs.iter().find(|run| run.state == RunState::Locked) {
                t.registry.unlock(&operator(), center, run.id, "a value was wrong").unwrap();
                let _ = t.registry.submit(&operator(), center, run.id, "Ada Byron", true);
            }
        }
        _ => {
            let imports = t.registry.imports(&operator(), None, 5).unwrap();
            if let Some(import) = imports.iter().find(|import| import.undone_at.is_none()) {
                let _ = t.registry.undo_import(&operator(), import.id);
            }
        }
    }
}

/// Random work, followed step by step, must lead to the store of somebody who reads everything at the end.
fn random_work_is_followed(seed: u64) {
    TestRegistry::each(|t| {
        let mut state = seed;
        let mut pool = t.patients(60 + seed, 24, false);
        let worker = worker(t, None);
        let mut feed = Some(worker.build().unwrap());
        let mut counted = Vec::new();
        for _ in 0..10 {
            for _ in 0..3 {
                act(t, &mut pool, &mut state);
            }
            worker.step(&mut feed).unwrap();
            counted.push(feed.as_ref().unwrap().store.rows());
        }

        same(t, &worker.shape, feed.as_ref().unwrap());
        assert_eq!(feed.unwrap().store.rows(), t.registry.figures().unwrap().submitted);
        let rises = counted.windows(2).any(|pair| pair[0] < pair[1]);
        let falls = counted.windows(2).any(|pair| pair[0] > pair[1]);
        assert!(rises && falls, "the work was not varied: {counted:?}");
    });
}

#[test]
fn a_store_that_followed_random_work_equals_one_that_was_read_at_once() {
    random_work_is_followed(1);
}

#[test]
fn a_store_that_followed_other_random_work_equals_one_that_was_read_at_once() {
    random_work_is_followed(2);
}

#[test]
fn survival_that_joins_from_another_center_reaches_the_sender_and_leaves_again() {
    TestRegistry::each(|t| {
        static PAIR: OnceLock<(IncomingPatient, IncomingPatient)> = OnceLock::new();
        let (sender, receiver) = PAIR
            .get_or_init(|| transferred(t).expect("a transfer on ECLS among invented patients"));
        t.apply(&[sender.clone(), receiver.clone()], None).unwrap();
        let from = t.center(sender.center_number.as_deref().unwrap()).id;
        let to = t.center(receiver.center_number.as_deref().unwrap()).id;
        let worker = worker(t, None);
        let mut feed = Some(worker.build().unwrap());
        let run = t.registry.runs(&operator(), from, &sender.unique_id).unwrap().last().unwrap().id;
        let survived = |feed: &Feed| {
            let column = worker.shape.named("dv_survived_hospital").unwrap();
            let record = feed.store.record(run.0.as_bytes()).unwrap().unwrap();
            record.values[usize::from(column.column)].clone()
        };
        assert_eq!(survived(feed.as_ref().unwrap()), Value::Missing);

        let link = t.registry.propose_transfer(&operator(), from, run).unwrap();
        let (a, b) = (Actor::of_center("a", from), Actor::of_center("b", to));
        t.registry.confirm_transfer(&a, link.id, TransferSide::Sender).unwrap();
        t.registry.confirm_transfer(&b, link.id, TransferSide::Receiver).unwrap();
        worker.step(&mut feed).unwrap();
        assert!(matches!(survived(feed.as_ref().unwrap()), Value::Bool(_)));

        t.registry.reject_transfer(&b, link.id, TransferSide::Receiver).unwrap();
        worker.step(&mut feed).unwrap();
        assert_eq!(survived(feed.as_ref().unwrap()), Value::Missing);
    });
}

/// A patient who left on ECLS, and the same person at the receiving center.
fn transferred(t: &TestRegistry) -> Option<(IncomingPatient, IncomingPatient)> {
    let dictionary = t.registry.dictionary();
    let value = |forms: &[(dictionary::FormId, dictionary::Row)], key: &str| {
        let field = dictionary.field_named(key).unwrap();
        forms.iter().find(|(form, _)| *form == field.form).map_or(String::new(), |(_, row)| {
            dictionary.text(field, row.value(field.column.unwrap()))
        })
    };
    let all = t.patients(50, 3000, true);
    all.iter().find_map(|sender| {
        let to = value(&sender.stays[0].forms, "hosp_receive_elso_center");
        let left = value(&sender.stays[0].forms, "hosp_discharged_alive") == "2";
        let born = value(&sender.forms, "birth_date");
        let receiver = all.iter().find(|other| {
            left && other.center_number.as_deref() == Some(to.as_str())
                && value(&other.forms, "birth_date") == born
        })?;
        Some((sender.clone(), receiver.clone()))
    })
}

#[test]
fn a_snapshot_spares_reading_and_a_damaged_or_foreign_one_is_not_used() {
    TestRegistry::each(|t| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("insight.columns");
        t.apply(&t.patients(7, 30, true), None).unwrap();
        let first = worker(t, Some(&path));
        let mut feed = None;
        first.step(&mut feed).unwrap();
        let saved = feed.as_ref().unwrap().store.rows();
        assert!(saved > 0);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only the owner may read the records");

        let more = t.patients(8, 12, true);
        t.apply(&more, None).unwrap();
        let again = worker(t, Some(&path));
        let mut feed = again.open();
        assert_eq!(feed.as_ref().unwrap().store.rows(), saved);
        again.step(&mut feed).unwrap();
        same(t, &again.shape, feed.as_ref().unwrap());

        let other = TestRegistry::over(testkit::database::TestDatabase::sqlite());
        other.apply(&other.patients(9, 20, true), None).unwrap();
        let foreign = worker(&other, Some(&path));
        let mut feed = foreign.open();
        assert!(feed.is_some());
        foreign.step(&mut feed).unwrap();
        same(&other, &foreign.shape, feed.as_ref().unwrap());

        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(worker(t, Some(&path)).open().is_none());
    });
}

#[test]
fn a_look_without_changes_takes_one_statement_and_a_change_takes_a_few() {
    TestRegistry::each(|t| {
        let patients = t.patients(11, 40, true);
        t.apply(&patients[..30], None).unwrap();
        let worker = worker(t, None);
        let mut feed = Some(worker.build().unwrap());

        let before = t.registry.db().statements();
        worker.step(&mut feed).unwrap();
        assert_eq!(t.registry.db().statements() - before, 1);

        t.apply(&patients[30..31], None).unwrap();
        let before = t.registry.db().statements();
        worker.step(&mut feed).unwrap();
        let taken = t.registry.db().statements() - before;
        assert!(taken < 30, "{taken} statements");
    });
}

#[test]
fn everything_is_read_with_two_statements_a_center() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(12, 40, true), None).unwrap();
        let before = t.registry.db().statements();

        let feed = built(t);

        let taken = t.registry.db().statements() - before;
        assert!(feed.store.rows() >= 30);
        assert!(taken <= 2 + 2 * 6, "{taken} statements");
    });
}

#[test]
fn the_groups_of_the_store_are_those_of_the_records() {
    TestRegistry::each(|t| {
        t.apply(&t.patients(13, 60, false), None).unwrap();
        let shape = Shape::of(t.registry.dictionary());
        let store = built(t).store;
        let column = |key: &str| shape.named(key).unwrap();
        let (age, support) = (column("dv_age_group"), column("support_type"));
        let (ecls, hospital) = (column("dv_survived_ecls"), column("dv_survived_hospital"));
        let panel = Panel {
            table: 0,
            filter: None,
            by: vec![By::Column(age), By::Column(support)],
            measures: vec![Measure::Count, Measure::True(ecls), Measure::True(hospital)],
            once: false,
        };
        let known = |column| Filter::Test(column, Test::Known);
        let select =
            Select { filter: Filter::All(vec![known(age), known(support)]), unit: Unit::Row };

        let answer = store.answer(&select, &[panel]).unwrap().remove(0);

        let text =
            "select age_group, support_type, count(*) as runs, count(survived_ecls) as ecls_known,
                sum(case when survived_ecls then 1 else 0 end) as survived_ecls,
                count(survived_hospital) as hospital_known,
                sum(case when survived_hospital then 1 else 0 end) as survived_hospital
            from run where state in ('submitted', 'locked', 'unlocked')
                and age_group is not null and support_type is not null
            group by age_group, support_type";
        let stored: Vec<(String, String, i64, i64, i64, i64, i64)> = t
            .database
            .read_one(|tx| tx.all(&Statement::dynamic("groups", text.to_owned()), ()))
            .unwrap();
        assert!(stored.len() > 3, "{stored:?}");
        assert_eq!(answer.cells.len(), stored.len());
        for group in &stored {
            let place = |column, code: &str| shape.code(column, code).map(i32::from);
            let key = vec![place(age, &group.0), place(support, &group.1)];
            let cell = answer.cells.iter().find(|cell| cell.key == key).unwrap();
            let number = |number: i64| u64::try_from(number).unwrap();
            let expected = [
                Counts::Number(number(group.2)),
                Counts::True { yes: number(group.4), known: number(group.3) },
                Counts::True { yes: number(group.6), known: number(group.5) },
            ];
            assert_eq!(cell.measures, expected);
        }
    });
}
