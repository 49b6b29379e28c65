//! The hub with its thread.

use super::*;

#[test]
fn the_hub_loads_follows_tells_and_saves_when_it_is_stopped() {
    TestRegistry::each(|t| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("insight.columns");
        let options = HubOptions {
            snapshot: Some(path.clone()),
            poll: Duration::from_millis(20),
            ..HubOptions::default()
        };
        let patients = t.patients(14, 30, true);
        t.apply(&patients[..20], None).unwrap();

        let hub = Hub::start(t.registry.clone(), options).unwrap();
        let until = |wanted: u64| {
            let begun = Timer::now();
            while hub.current().map_or(true, |served| served.version.0 != wanted) {
                assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", hub.status());
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        until(t.registry.data_version().unwrap().0);
        let mut changed = hub.changed();
        changed.mark_unchanged();
        t.apply(&patients[20..], None).unwrap();
        until(t.registry.data_version().unwrap().0);
        assert!(changed.has_changed().unwrap());
        assert_eq!(hub.status(), HubStatus::Current);
        let served = hub.current().unwrap();
        assert_eq!(served.store.rows(), t.registry.figures().unwrap().submitted);
        let center = served.centers.key_of_number(&t.centers[0].number).unwrap();
        assert_eq!(served.centers.get(center).unwrap().id, t.centers[0].id);
        hub.stop();

        let reopened = worker(t, Some(&path)).open().unwrap();
        assert_eq!(reopened.cursor.version(), served.version);
        assert_eq!(reopened.store.rows(), served.store.rows());
    });
}

#[test]
fn a_hub_that_does_not_renew_shows_the_kept_public_state_and_makes_one_only_when_there_is_none() {
    TestRegistry::each(|t| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("figures.snapshot");
        let patients = t.patients(5, 64, true);
        let beside = || {
            let mut worker = worker(t, Some(&path));
            worker.options.renews = false;
            let mut feed = worker.open();
            worker.step(&mut feed).unwrap();
            let public = worker.inner.public.read().unwrap().clone().unwrap();
            let newest = worker.inner.served.read().unwrap().clone().unwrap();
            (public, newest)
        };
        t.apply(&patients[..30], None).unwrap();

        let (first, newest) = beside();
        assert_eq!(first.version, newest.version);
        // far more than a batch
        t.apply(&patients[30..], None).unwrap();
        let (kept, newest) = beside();

        assert_eq!((kept.version, kept.store.rows()), (first.version, first.store.rows()));
        assert!(newest.store.rows() > kept.store.rows() + 20);
        // the one that serves goes on from there
        let server = worker(t, Some(&path));
        let mut feed = server.open();
        server.step(&mut feed).unwrap();
        server.step(&mut feed).unwrap();
        let renewed = server.inner.public.read().unwrap().clone().unwrap();
        assert_eq!(renewed.store.rows(), newest.store.rows());
    });
}

#[test]
fn the_public_state_waits_for_a_batch_and_a_restart_does_not_renew_it() {
    let t = TestRegistry::over(testkit::database::TestDatabase::sqlite());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("figures.snapshot");
    let patients = t.patients(5, 64, true);
    let public = |worker: &Worker| {
        let served = worker.inner.public.read().unwrap().clone().unwrap();
        (served.version, served.store.rows())
    };
    t.apply(&patients[..30], None).unwrap();
    let (worker, mut feed) = (worker(&t, Some(&path)), None);
    worker.step(&mut feed).unwrap();
    let first = public(&worker);
    assert_eq!(first.0, feed.as_ref().unwrap().cursor.version());
    assert!(first.1 >= 30);

    t.apply(&patients[30..32], None).unwrap();
    worker.step(&mut feed).unwrap();
    worker.save(feed.as_mut().unwrap());
    assert_ne!(feed.as_ref().unwrap().cursor.version(), first.0);
    assert_eq!(public(&worker), first);

    // with the snapshot, and without it
    for lost in [false, true] {
        if lost {
            std::fs::remove_file(&path).unwrap();
        }
        let again = self::worker(&t, Some(&path));
        let mut feed = again.open();
        assert_eq!(feed.is_none(), lost);
        again.step(&mut feed).unwrap();
        again.step(&mut feed).unwrap();
        assert_eq!(public(&again), first, "lost: {lost}");
        let newest = again.inner.served.read().unwrap().as_ref().unwrap().store.rows();
        assert!(newest > first.1);
    }

    t.apply(&patients[32..], None).unwrap();
    worker.step(&mut feed).unwrap();
    let (version, rows) = public(&worker);
    assert_eq!(version, feed.unwrap().cursor.version());
    assert!(rows > first.1 + 20);
}
