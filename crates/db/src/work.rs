//! Database threads, on which asynchronous callers have their units of work run.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Units that may wait for a thread before further ones are turned away.
const WAITING: usize = 1024;

/// One queue of jobs with its threads. The threads end when the queue is dropped.
pub(crate) struct Workers(SyncSender<Job>);

impl Workers {
    pub(crate) fn start(name: &str, threads: usize) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new()
                .name(format!("db-{name}-{number}"))
                .spawn(move || run(&receiver))?;
        }
        Ok(Self(sender))
    }

    /// Queues a job; says why if that is not possible.
    pub(crate) fn submit(&self, job: Job) -> Result<(), &'static str> {
        self.0.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => "too many units of work are waiting",
            TrySendError::Disconnected(_) => "the database threads have ended",
        })
    }
}

fn run(receiver: &Mutex<Receiver<Job>>) {
    loop {
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        // jobs catch their own panics and hand them to the caller
        match next {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}
