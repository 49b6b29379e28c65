//! Everything, center by center: two statements a center, read on one thread, put together on others.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use base::{CenterId, PatientId, RecordId};
use db::Tx;
use dictionary::Moment;

use super::{Cursor, FEED_FORMS, FEED_RUNS, FeedPatient, FeedSink, Rows, RunRow};
use crate::model::RegistryError;
use crate::{Center, Registry, store};

/// Centers that wait to be put together: few, since each lies in memory as text.
const WAITING: usize = 2;

/// A center as read.
pub(super) struct RawCenter {
    pub(super) center: CenterId,
    /// Counted runs.
    pub(super) runs: Vec<RunRow>,
    /// Forms of their records.
    pub(super) forms: Vec<(RecordId, String, String)>,
}

type Job = (usize, RawCenter);
type Done<M> = (usize, Result<Vec<M>, RegistryError>);

impl Registry {
    /// Reads every counted run from one snapshot, and says how far the audit chains go in it.
    ///
    /// `make` runs on `workers` threads; `sink` gets what it made, center by center. Two statements a center.
    ///
    /// # Errors
    /// Of the database, and `Inconsistent` or `Body` for a stored form that the dictionary cannot read.
    pub fn feed_all<S: FeedSink>(
        &self,
        workers: usize,
        make: &(impl Fn(&FeedPatient<'_>) -> S::Made + Sync),
        sink: &mut S,
    ) -> Result<Cursor, RegistryError> {
        let now = self.latest_local();
        self.db.read(|tx| {
            let cursor = Self::feed_heads(tx)?;
            let centers: Vec<Center> = tx.all(&store::CENTERS, ())?;
            sink.begin(&centers);
            let (jobs, waiting) = mpsc::sync_channel::<Job>(WAITING);
            let waiting = Mutex::new(waiting);
            let (done, finished) = mpsc::channel::<Done<S::Made>>();
            thread::scope(|scope| {
                for _ in 0..workers.max(1) {
                    let done = done.clone();
                    let waiting = &waiting;
                    scope.spawn(move || {
                        while let Some((place, raw)) = next(waiting) {
                            let made = self.put_together(raw, now, make);
                            if done.send((place, made)).is_err() {
                                return;
                            }
                        }
                    });
                }
                drop(done);
                // the jobs' end is dropped on every way out of here, so the workers end
                Self::read_centers::<S>(tx, &centers, jobs, &finished, sink)
            })?;
            Ok(cursor)
        })
    }

    fn read_centers<S: FeedSink>(
        tx: &mut Tx<'_>,
        centers: &[Center],
        jobs: SyncSender<Job>,
        finished: &Receiver<Done<S::Made>>,
        sink: &mut S,
    ) -> Result<(), RegistryError> {
        let mut out = InOrder { next: 0, early: BTreeMap::new() };
        for (place, center) in centers.iter().enumerate() {
            if !sink.wants_more() {
                return Err(RegistryError::Invalid("reading was given up".to_owned()));
            }
            let raw = Self::read_center(tx, center.id)?;
            // the workers end early only by a panic, which the scope passes on
            if jobs.send((place, raw)).is_err() {
                break;
            }
            for done in finished.try_iter() {
                out.take(done, centers, sink)?;
            }
        }
        drop(jobs);
        finished.iter().try_for_each(|done| out.take(done, centers, sink))
    }

    /// Counted runs of a center with their forms.
    pub(super) fn read_center(
        tx: &mut Tx<'_>,
        center: CenterId,
    ) -> Result<RawCenter, RegistryError> {
        let mut runs: Vec<RunRow> = Vec::new();
        tx.each(&FEED_RUNS, (center,), |row| -> Result<(), RegistryError> {
            let row: RunRow = db::FromRow::from_row(row)?;
            if row.is_counted()? {
                runs.push(row);
            }
            Ok(())
        })?;
        let wanted: HashSet<RecordId> = runs
            .iter()
            .flat_map(|run| [run.patient.into(), run.hospitalization.into(), run.id.into()])
            .collect();
        let mut forms = Vec::new();
        if !runs.is_empty() {
            tx.each(&FEED_FORMS, (center,), |row| -> Result<(), RegistryError> {
                let record: RecordId = row.get(0)?;
                if wanted.contains(&record) {
                    forms.push((record, row.get(1)?, row.get(2)?));
                }
                Ok(())
            })?;
        }
        Ok(RawCenter { center, runs, forms })
    }

    /// Parses, derives and makes.
    pub(super) fn put_together<M>(
        &self,
        raw: RawCenter,
        now: Moment,
        make: &impl Fn(&FeedPatient<'_>) -> M,
    ) -> Result<Vec<M>, RegistryError> {
        let RawCenter { center, runs, forms } = raw;
        let mut read: HashMap<RecordId, Rows> = HashMap::with_capacity(runs.len() * 3);
        for (record, key, body) in forms {
            let form = self.feed_form(record, &key, &body)?;
            read.entry(record).or_default().push(form);
        }
        let mut patients: BTreeMap<PatientId, Vec<RunRow>> = BTreeMap::new();
        for run in runs {
            patients.entry(run.patient).or_default().push(run);
        }
        let made = patients.into_iter().map(|(patient, mut runs)| {
            runs.sort_by_key(|run| run.run_no);
            make(&self.feed_patient((center, patient), &runs, now, |record| read.get(&record)))
        });
        Ok(made.collect())
    }
}

fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Hands centers on in their order, whoever is ready first.
struct InOrder<M> {
    next: usize,
    early: BTreeMap<usize, Vec<M>>,
}

impl<M> InOrder<M> {
    fn take<S: FeedSink<Made = M>>(
        &mut self,
        (place, made): Done<M>,
        centers: &[Center],
        sink: &mut S,
    ) -> Result<(), RegistryError> {
        self.early.insert(place, made?);
        while let Some(made) = self.early.remove(&self.next) {
            if let Some(center) = centers.get(self.next) {
                sink.center(center, made);
            }
            self.next += 1;
        }
        Ok(())
    }
}
