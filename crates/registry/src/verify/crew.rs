//! The threads that compare what one thread reads.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use super::Fault;
use super::copies::CopyWindow;
use super::records::RecordWindow;
use crate::model::RegistryError;

/// Windows that wait to be compared: few, since each lies in memory as text.
const WAITING: usize = 2;

/// Something to compare.
pub(super) enum Task {
    Records(RecordWindow),
    Copies(CopyWindow),
}

/// Where the reading thread puts what it has read.
pub(super) struct Crew {
    jobs: SyncSender<(usize, Task)>,
    /// Number of the next window: faults are told in the order of reading, whoever finds them first.
    next: usize,
    found: BTreeMap<usize, Vec<Fault>>,
}

impl Crew {
    /// Hands a window to the threads that compare; waits while they are behind.
    pub(super) fn hand_over(&mut self, task: Task) {
        let place = self.place();
        // refused only when every thread has ended by a panic, which is passed on where they are joined
        drop(self.jobs.send((place, task)));
    }

    /// Keeps faults that were found while reading.
    pub(super) fn keep(&mut self, faults: Vec<Fault>) {
        let place = self.place();
        if !faults.is_empty() {
            self.found.insert(place, faults);
        }
    }

    const fn place(&mut self) -> usize {
        let place = self.next;
        self.next += 1;
        place
    }
}

/// Runs `read` on this thread while the others compare with `check`; gives what `read` gave, and all faults in
/// the order of reading.
pub(super) fn work<T>(
    check: &(impl Fn(Task) -> Vec<Fault> + Sync),
    read: impl FnOnce(&mut Crew) -> Result<T, RegistryError>,
) -> Result<(T, Vec<Fault>), RegistryError> {
    let threads = thread::available_parallelism().map_or(2, NonZero::get);
    thread::scope(|scope| {
        let (jobs, waiting) = mpsc::sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let hands: Vec<ScopedJoinHandle<'_, _>> = (0..threads)
            .map(|_| {
                let waiting = Arc::clone(&waiting);
                scope.spawn(move || compare(&waiting, check))
            })
            .collect();
        drop(waiting);
        let mut crew = Crew { jobs, next: 0, found: BTreeMap::new() };
        let done = read(&mut crew);
        let Crew { jobs, mut found, .. } = crew;
        // the end of the work for the others
        drop(jobs);
        for hand in hands {
            match hand.join() {
                Ok(faults) => found.extend(faults),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok((done?, found.into_values().flatten().collect()))
    })
}

fn compare(
    waiting: &Mutex<Receiver<(usize, Task)>>,
    check: &impl Fn(Task) -> Vec<Fault>,
) -> Vec<(usize, Vec<Fault>)> {
    let mut found = Vec::new();
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok((place, task)) = next() {
        let faults = check(task);
        if !faults.is_empty() {
            found.push((place, faults));
        }
    }
    found
}
