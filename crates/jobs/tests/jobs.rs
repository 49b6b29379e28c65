//! Jobs on both engines: when they are due, who does them, and what happens when they fail.
#![cfg(test)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use base::Clock;
use jobs::{Job, Jobs};
use testkit::database::TestDatabase;

const HOUR: Duration = Duration::from_hours(1);
const HOUR_MICROS: i64 = 3_600_000_000;

fn clock() -> Clock {
    Clock::fixed("2026-11-22T10:00:00Z".parse().unwrap())
}

fn counting(name: &'static str, counter: &Arc<AtomicUsize>) -> Job {
    let counter = Arc::clone(counter);
    Job::new(name, HOUR, move || {
        let count = counter.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(format!("done {count} times"))
    })
}

#[test]
fn every_statement_is_the_same_on_both_engines_and_reads_by_index() {
    let (sqlite, postgres) = (TestDatabase::sqlite(), TestDatabase::postgres());

    let findings = db::check_statements(&[&sqlite, &postgres], jobs::STATEMENTS);

    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn a_job_is_done_at_once_and_then_when_it_is_due_again() {
    TestDatabase::each(|db| {
        let (clock, counter) = (clock(), Arc::default());
        let jobs = Jobs::new((**db).clone(), clock.clone(), "a", vec![counting("lock", &counter)]);

        assert_eq!(jobs.run_due().unwrap(), 1);
        assert_eq!(jobs.run_due().unwrap(), 0);
        clock.advance_micros(HOUR_MICROS);
        assert_eq!(jobs.run_due().unwrap(), 1);

        let list = jobs.list().unwrap();
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].done.as_deref(), Some("done 2 times"));
        assert_eq!((list[0].failures, list[0].lease_until), (0, None));
    });
}

#[test]
fn of_many_programs_one_does_it() {
    TestDatabase::each(|db| {
        let (clock, counter) = (clock(), Arc::new(AtomicUsize::new(0)));
        let programs: Vec<_> = (0..8)
            .map(|at| {
                let jobs = vec![counting("lock", &counter)];
                let jobs = Jobs::new((**db).clone(), clock.clone(), format!("program {at}"), jobs);
                thread::spawn(move || jobs.run_due().unwrap())
            })
            .collect();

        let done: usize = programs.into_iter().map(|program| program.join().unwrap()).sum();

        assert_eq!((done, counter.load(Ordering::SeqCst)), (1, 1));
    });
}

#[test]
fn a_job_whose_program_died_is_taken_over_when_its_lease_is_over() {
    TestDatabase::each(|db| {
        let (clock, counter) = (clock(), Arc::default());
        let db_of_dead = (**db).clone();
        let dead_clock = clock.clone();
        // a program that dies in the middle of its work never settles: here it waits for good
        let (begun, waiting) = std::sync::mpsc::channel();
        drop(thread::spawn(move || {
            let job = Job::new("lock", HOUR, move || {
                begun.send(()).unwrap();
                loop {
                    thread::park();
                }
            });
            Jobs::new(db_of_dead, dead_clock, "dead", vec![job]).run_due()
        }));
        waiting.recv_timeout(Duration::from_secs(20)).unwrap();
        let heir =
            Jobs::new((**db).clone(), clock.clone(), "heir", vec![counting("lock", &counter)]);

        assert_eq!(heir.run_due().unwrap(), 0);
        clock.advance_micros(HOUR_MICROS / 4);
        assert_eq!(heir.run_due().unwrap(), 1);
    });
}

#[test]
fn a_failing_or_panicking_job_is_told_and_done_again_after_a_pause() {
    TestDatabase::each(|db| {
        let (clock, calls) = (clock(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&calls);
        let job = Job::new("mail", HOUR, move || match counter.fetch_add(1, Ordering::SeqCst) {
            0 => Err("the mail server does not answer".into()),
            1 => panic!("a fault"),
            _ => Ok(String::new()),
        });
        let jobs = Jobs::new((**db).clone(), clock.clone(), "a", vec![job]);
        let state = |jobs: &Jobs| jobs.list().unwrap().remove(0);

        jobs.run_due().unwrap();
        assert_eq!(state(&jobs).error.as_deref(), Some("the mail server does not answer"));
        assert_eq!(jobs.run_due().unwrap(), 0);
        clock.advance_micros(30_000_000);
        assert_eq!(jobs.run_due().unwrap(), 1);
        assert_eq!(state(&jobs).failures, 2);
        clock.advance_micros(30_000_000);
        assert_eq!(jobs.run_due().unwrap(), 0);
        clock.advance_micros(30_000_000);
        assert_eq!(jobs.run_due().unwrap(), 1);
        assert_eq!((state(&jobs).failures, state(&jobs).error), (0, None));
        assert_eq!(calls.load(Ordering::SeqCst), 3);
    });
}
