//! A disk that is full, a database that may only be read, a server that is restarted: nothing is half there.

use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use base::RunId;
use db::{Db, DbError, Statement};
use registry::{RecordKind, Registry, RegistryError, Settings};
use testkit::database::PrivateCluster;
use testkit::records::{Plans, TestRegistry, operator, source};

use super::snapshot::snapshot;

/// The same registry on the same database, opened with other options.
fn reopened(t: &TestRegistry, options: &db::Options) -> Registry {
    on(t, t.database.reopen(options))
}

fn on(t: &TestRegistry, db: Db) -> Registry {
    let dictionary = std::sync::Arc::clone(t.registry.dictionary());
    let ids = std::sync::Arc::new(base::Ids::system(t.clock.clone()));
    Registry::new(db, dictionary, t.clock.clone(), ids, Settings::default()).unwrap()
}

fn sqlite() -> TestRegistry {
    TestRegistry::over(testkit::database::TestDatabase::sqlite())
}

/// Pages that the database has now.
fn pages(t: &TestRegistry) -> u32 {
    let count = Statement::dynamic("pages", "pragma page_count".to_owned());
    let pages: i64 = t.database.read_one(|tx| tx.one(&count, ())).unwrap();
    u32::try_from(pages).unwrap()
}

fn upload(
    registry: &Registry,
    patients: &[registry::incoming::IncomingPatient],
) -> Result<(), RegistryError> {
    let open = || Ok(source(patients));
    let options = registry::upload::Options { drafts_only: true, ..Default::default() };
    registry.apply_upload(&operator(), &options, &open, None, &mut Plans::default()).map(drop)
}

#[test]
fn an_upload_that_the_disk_cannot_hold_leaves_nothing_and_works_once_there_is_room() {
    let t = sqlite();
    let first = t.patients(71, 5, true);
    upload(&t.registry, &first).unwrap();
    let before = snapshot(&t.database);
    let most = Some(pages(&t) + 60);
    let small = reopened(&t, &db::Options { max_page_count: most, ..db::Options::default() });
    let second = t.patients(72, 60, false);

    let error = upload(&small, &second).unwrap_err();

    assert!(matches!(error, RegistryError::Db(DbError::DiskFull { .. })), "{error:?}");
    assert!(error.to_string().contains("nothing was saved, make room"), "{error}");
    assert!(snapshot(&t.database) == before);
    assert_eq!(small.verify(&mut |_| {}).unwrap().faults, []);
    upload(&t.registry, &second).unwrap();
    assert_eq!(t.registry.verify(&mut |_| {}).unwrap().faults, []);
    assert_eq!(t.plan(&first).0.patients.new, 0);
}

#[test]
fn saves_and_signatures_go_on_until_the_disk_is_full_and_the_last_one_is_whole() {
    let t = sqlite();
    let patients = t.patients(73, 8, true);
    upload(&t.registry, &patients).unwrap();
    let most = Some(pages(&t) + 12);
    let small = reopened(&t, &db::Options { max_page_count: most, ..db::Options::default() });
    let mut done = snapshot(&t.database);
    let mut saved = 0;

    let error = 'full: loop {
        for patient in &patients {
            if let Err(error) = touch(&t, &small, patient, saved) {
                break 'full error;
            }
            saved += 1;
            done = snapshot(&t.database);
        }
        assert!(saved < 2_000, "the disk never fills");
    };

    assert!(matches!(error, RegistryError::Db(DbError::DiskFull { .. })), "{error:?}");
    assert!(saved > 3, "only {saved}");
    assert!(snapshot(&t.database) == done, "{}", snapshot(&t.database).difference(&done));
    assert_eq!(small.verify(&mut |_| {}).unwrap().faults, []);
    touch(&t, &t.registry, &patients[0], saved).unwrap();
}

/// Signs a patient's first run, or saves another value once it is signed.
fn touch(
    t: &TestRegistry,
    registry: &Registry,
    patient: &registry::incoming::IncomingPatient,
    number: usize,
) -> Result<(), RegistryError> {
    let center = t.center(patient.center_number.as_deref().unwrap()).id;
    let run = registry.runs(&operator(), center, &patient.unique_id).unwrap()[0].clone();
    if run.submitted_by.is_none() {
        return registry.submit(&operator(), center, run.id, "Ada Byron", true).map(drop);
    }
    save(t, registry, (center, run.id), patient, number)
}

fn save(
    t: &TestRegistry,
    registry: &Registry,
    (center, run): (base::CenterId, RunId),
    patient: &registry::incoming::IncomingPatient,
    number: usize,
) -> Result<(), RegistryError> {
    let dictionary = registry.dictionary();
    let field = dictionary.field_named("run_weight_kg").unwrap();
    let forms = &patient.stays[0].runs[0].forms;
    let (_, row) = forms.iter().find(|(form, _)| *form == field.form).unwrap();
    let mut row = row.clone();
    row.values[usize::from(field.column.unwrap())] =
        dictionary.read(field, &format!("{}", 60 + number % 30));
    let text = "select version from form_value where record_id = $1 and form = $2";
    let find = Statement::dynamic("version", text.to_owned());
    let key = dictionary.form(field.form).key.as_str();
    let version: i64 = t.database.read_one(|tx| tx.one(&find, (run, key)))?;
    let record = (RecordKind::Run, run.into());
    registry.save_form(&operator(), center, record, field.form, version, &row).map(drop)
}

#[test]
fn a_registry_opened_for_reading_reads_and_refuses_every_change() {
    let t = sqlite();
    let patients = t.patients(74, 3, true);
    upload(&t.registry, &patients).unwrap();
    let before = snapshot(&t.database);
    let reading = reopened(&t, &db::Options { read_only: true, ..db::Options::default() });

    let upload = upload(&reading, &t.patients(75, 3, true)).unwrap_err();
    let touch = touch(&t, &reading, &patients[0], 1).unwrap_err();

    for error in [upload, touch] {
        assert!(matches!(error, RegistryError::Db(DbError::ReadOnly { .. })), "{error:?}");
    }
    assert_eq!(reading.verify(&mut |_| {}).unwrap().faults, []);
    assert!(snapshot(&t.database) == before);
}

/// Holds the ends of all chains until the server is restarted, so that it happens within what waits for them.
fn restart_within(cluster: &PrivateCluster, db: &Db, work: impl FnOnce() -> RegistryError + Send) {
    let hold = Statement::dynamic("hold", "update audit_head set seq = seq".to_owned());
    let text = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'";
    let waiting = Statement::dynamic("waiting", text.to_owned());
    let error = scope(|scope| {
        let mut work = Some(work);
        let mut thread = None;
        let held = db.write(|tx| {
            tx.execute(&hold, ())?;
            thread = work.take().map(|work| scope.spawn(work));
            let begin = Instant::now();
            while db.read_one(|tx| tx.one::<i64>(&waiting, ()))? == 0 {
                assert!(begin.elapsed() < Duration::from_mins(1), "nobody waits");
                sleep(Duration::from_millis(5));
            }
            cluster.restart();
            Ok::<_, DbError>(())
        });
        assert!(held.is_err(), "the restart did not cut the sessions");
        thread.unwrap().join().unwrap()
    });
    assert!(matches!(error, RegistryError::Db(DbError::Connection { .. })), "{error:?}");
    assert!(error.to_string().contains("nothing was saved, try again"), "{error}");
}

#[test]
fn a_restart_of_the_server_within_a_save_a_signature_and_an_upload_leaves_nothing_half_done() {
    let cluster = PrivateCluster::start();
    let t = sqlite();
    let db = Db::open(&cluster.url(), &db::Options::default()).unwrap();
    db.migrate(db::MIGRATIONS, &t.clock).unwrap();
    let registry = on(&t, db.clone());
    for center in &t.centers {
        let new = registry::NewCenter {
            number: &center.number,
            name: &center.name,
            country: &center.country,
            chapter: &center.chapter,
            invented: true,
        };
        registry.add_center(&operator(), &new).unwrap();
    }
    let patients = t.patients(76, 4, true);
    upload(&registry, &patients).unwrap();
    let before = snapshot(&db);
    let patient = &patients[0];
    let number = patient.center_number.as_deref().unwrap();
    let center = registry.center(number).unwrap().unwrap().id;
    let run = registry.runs(&operator(), center, &patient.unique_id).unwrap()[0].id;
    let sign = || registry.submit(&operator(), center, run, "Ada Byron", true);
    let options = registry::upload::Options::default();
    let open = || Ok(source(&patients));
    // signs what was uploaded as drafts
    let again = || registry.apply_upload(&operator(), &options, &open, None, &mut Plans::default());

    restart_within(&cluster, &db, || sign().unwrap_err());
    assert!(snapshot(&db) == before, "{}", snapshot(&db).difference(&before));
    restart_within(&cluster, &db, || again().unwrap_err());
    assert!(snapshot(&db) == before, "{}", snapshot(&db).difference(&before));

    sign().unwrap();
    assert!(again().unwrap().summary.submitted >= 3);
    assert_eq!(registry.verify(&mut |_| {}).unwrap().faults, []);
}
