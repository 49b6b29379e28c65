//! Work that is due again and again: locking runs, sending mail, reminding.
//!
//! What is to be done stands in the tables of each system (a mail that is not sent, a run whose month is over), so
//! nothing is lost when a program ends in the middle. A job is a sweep over such a table. This crate decides when a
//! sweep is due and which program does it: several may run on one database, and the row of a job is its lease.

mod store;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Instant};
use db::{Db, DbError};

pub use store::STATEMENTS;

/// Longest time for one sweep; after it another program may take the job over. A sweep must bear to be repeated.
const LEASE: Duration = Duration::from_mins(15);
/// First pause after a failure; doubled with each further one, up to the job's own interval.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// Longest text of an error that is kept.
const ERROR_CHARS: usize = 500;

/// What a sweep says it has done, in a few words without clinical or identifying content; empty for nothing.
pub type Done = Result<String, Box<dyn Error + Send + Sync>>;

/// A recurring job.
#[derive(Clone)]
pub struct Job {
    /// Its name, which never changes.
    pub name: &'static str,
    /// How often it is done.
    pub every: Duration,
    /// What is done, on a thread that may block.
    pub work: Arc<dyn Fn() -> Done + Send + Sync>,
}

impl Job {
    /// A job.
    pub fn new(
        name: &'static str,
        every: Duration,
        work: impl Fn() -> Done + Send + Sync + 'static,
    ) -> Self {
        Self { name, every, work: Arc::new(work) }
    }
}

db::row! {
    /// How a job stands.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct JobState {
        /// Its name.
        pub name: String,
        /// When it is due next.
        pub due_at: Instant,
        /// Until when somebody is at it.
        pub lease_until: Option<Instant>,
        /// When it was last begun.
        pub started_at: Option<Instant>,
        /// When it last ended well.
        pub ended_at: Option<Instant>,
        /// What it did then.
        pub done: Option<String>,
        /// How often it has failed since.
        pub failures: i64,
        /// How it failed last.
        pub error: Option<String>,
    }
}

/// The jobs of one program.
#[derive(Clone)]
pub struct Jobs {
    db: Db,
    clock: Clock,
    worker: String,
    all: Arc<[Job]>,
}

impl Jobs {
    /// Jobs on an open and migrated database; `worker` names this program among others.
    pub fn new(db: Db, clock: Clock, worker: impl Into<String>, jobs: Vec<Job>) -> Self {
        Self { db, clock, worker: worker.into(), all: jobs.into() }
    }

    /// Does what is due and nobody else is at. Gives the number of jobs done.
    ///
    /// A sweep that fails or panics is told in its row and in the log, and is due again after a pause.
    ///
    /// # Errors
    /// When the database cannot be asked what is due.
    pub fn run_due(&self) -> Result<usize, DbError> {
        let mut done = 0;
        for job in self.all.iter() {
            if !self.claim(job)? {
                continue;
            }
            done += 1;
            let work = Arc::clone(&job.work);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work()))
                .unwrap_or_else(|_| Err("the job panicked; the log tells where".into()));
            self.settle(job, result)?;
        }
        Ok(done)
    }

    /// How all jobs that were ever done stand, by name.
    pub fn list(&self) -> Result<Vec<JobState>, DbError> {
        self.db.read_one(|tx| tx.all(&store::JOBS, ()))
    }

    /// Takes a job that is due; `false` when it is not, or another program is at it.
    fn claim(&self, job: &Job) -> Result<bool, DbError> {
        self.db.write(|tx| {
            let now = self.clock.now();
            tx.execute(&store::KNOW, (job.name, now))?;
            let until = after(now, LEASE);
            Ok(tx.execute(&store::CLAIM, (job.name, now, self.worker.as_str(), until))? == 1)
        })
    }

    fn settle(&self, job: &Job, result: Done) -> Result<(), DbError> {
        let now = self.clock.now();
        match result {
            Ok(done) => {
                if !done.is_empty() {
                    tracing::info!(job = job.name, "{}: {done}", job.name);
                }
                let due = after(now, job.every);
                self.db.write(|tx| {
                    tx.execute(
                        &store::DONE,
                        (job.name, self.worker.as_str(), due, now, done.as_str()),
                    )
                    .map(drop)
                })
            }
            Err(error) => {
                tracing::error!(job = job.name, "{} failed: {error}", job.name);
                let text: String = error.to_string().chars().take(ERROR_CHARS).collect();
                self.db.write(|tx| {
                    let failures: Option<i64> = tx.opt(&store::FAILURES, (job.name,))?;
                    let failures = failures.unwrap_or(0).saturating_add(1);
                    let due = after(now, pause(failures, job.every));
                    let row = (job.name, self.worker.as_str(), due, failures, text.as_str());
                    tx.execute(&store::FAILED, row).map(drop)
                })
            }
        }
    }
}

fn after(now: Instant, wait: Duration) -> Instant {
    now.plus_micros(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 4))
}

/// How long to wait after so many failures in a row.
fn pause(failures: i64, every: Duration) -> Duration {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(16);
    FIRST_PAUSE.saturating_mul(1 << doublings).min(every.max(FIRST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_interval() {
        let hour = Duration::from_hours(1);

        let pauses = [1, 2, 3, 7, 8, 500].map(|failures| pause(failures, hour).as_secs());

        assert_eq!(pauses, [30, 60, 120, 1920, 3600, 3600]);
        assert_eq!(pause(9, Duration::from_secs(5)), FIRST_PAUSE);
    }
}
