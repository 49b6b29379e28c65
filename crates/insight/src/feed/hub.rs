//! The thread that keeps the store current, and how others see what it has.

mod worker;

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use registry::{DataVersion, Registry};
use tokio::sync::watch;

use self::worker::Worker;
use super::{Batch, Served};
use crate::Shape;

/// How a hub works. The defaults are right for a server.
#[derive(Debug, Clone)]
pub struct HubOptions {
    /// File that spares reading everything at the next start; none: always read everything.
    pub snapshot: Option<PathBuf>,
    /// How often to ask whether something has changed. Default 500 ms.
    pub poll: Duration,
    /// How often to write the snapshot when something has changed. Default 10 minutes.
    pub save_every: Duration,
    /// Threads that put records together when everything is read. Default 2.
    pub workers: usize,
    /// When public answers are renewed.
    pub batch: Batch,
    /// Whether this hub renews the public state at all. Only the program that serves the pages does: another one
    /// that made a state of its own would show two states that differ by fewer runs than a batch has. It takes the
    /// kept state as it is, and makes one only when there is none. Default yes.
    pub renews: bool,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            snapshot: None,
            poll: Duration::from_millis(500),
            save_every: Duration::from_mins(10),
            workers: 2,
            batch: Batch::default(),
            renews: true,
        }
    }
}

/// Where a hub stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubStatus {
    /// Nothing can be shown yet.
    Loading(Loading),
    /// What is shown is everything there is.
    Current,
    /// What is shown may be old: the last reading failed. The error was logged.
    Behind {
        /// What went wrong; holds nothing clinical.
        error: String,
    },
}

/// The store is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, thiserror::Error)]
#[error("the figures are being loaded: {done} of {total} centers")]
pub struct Loading {
    /// Centers that were read.
    pub done: usize,
    /// Centers there are; 0 before that is known.
    pub total: usize,
}

/// The current state of the registry for questions. Clones share it.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    served: RwLock<Option<Arc<Served>>>,
    public: RwLock<Option<Arc<Served>>>,
    public_version: watch::Sender<DataVersion>,
    version: watch::Sender<DataVersion>,
    status: Mutex<HubStatus>,
    wishes: Mutex<Wishes>,
    woken: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Wishes {
    stop: bool,
    rebuild: bool,
    look: bool,
}

impl Hub {
    /// Starts the thread; returns at once.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(registry: Registry, options: HubOptions) -> std::io::Result<Self> {
        let hub = Self::with(None, HubStatus::Loading(Loading::default()));
        let shape = Arc::new(Shape::of(registry.dictionary()));
        let worker = Worker { inner: Arc::clone(&hub.inner), registry, shape, options };
        let thread = std::thread::Builder::new().name("feed".to_owned());
        *lock(&hub.inner.thread) = Some(thread.spawn(move || worker.run())?);
        Ok(hub)
    }

    /// One that never changes, for tests and tools.
    pub fn fixed(served: Served) -> Self {
        Self::with(Some(Arc::new(served)), HubStatus::Current)
    }

    fn with(served: Option<Arc<Served>>, status: HubStatus) -> Self {
        let version = served.as_ref().map_or_else(DataVersion::default, |served| served.version);
        let inner = Inner {
            public: RwLock::new(served.clone()),
            public_version: watch::Sender::new(version),
            served: RwLock::new(served),
            version: watch::Sender::new(version),
            status: Mutex::new(status),
            wishes: Mutex::new(Wishes::default()),
            woken: Condvar::new(),
            thread: Mutex::new(None),
        };
        Self { inner: Arc::new(inner) }
    }

    /// What is known now. Never waits for the database.
    ///
    /// # Errors
    /// `Loading` until the first state is there.
    pub fn current(&self) -> Result<Arc<Served>, Loading> {
        let served = self.inner.served.read().unwrap_or_else(PoisonError::into_inner).clone();
        served.ok_or_else(|| self.loading())
    }

    fn loading(&self) -> Loading {
        match *lock(&self.inner.status) {
            HubStatus::Loading(loading) => loading,
            HubStatus::Current | HubStatus::Behind { .. } => Loading::default(),
        }
    }

    /// The state that public answers come from: an older one, renewed as [`Batch`] says. Never waits for the
    /// database.
    ///
    /// # Errors
    /// `Loading` until the first state is there.
    pub fn public(&self) -> Result<Arc<Served>, Loading> {
        let public = self.inner.public.read().unwrap_or_else(PoisonError::into_inner).clone();
        public.ok_or_else(|| self.loading())
    }

    /// Tells when there is another public state. The first value is 0 until the first state is there.
    pub fn public_changed(&self) -> watch::Receiver<DataVersion> {
        self.inner.public_version.subscribe()
    }

    /// Where the hub stands.
    pub fn status(&self) -> HubStatus {
        lock(&self.inner.status).clone()
    }

    /// Tells when there is another version. The first value is 0 until the first state is there.
    pub fn changed(&self) -> watch::Receiver<DataVersion> {
        self.inner.version.subscribe()
    }

    /// Has everything read again from the database: a question failed because the snapshot file is damaged.
    pub fn rebuild(&self) {
        self.wish(|wishes| wishes.rebuild = true);
    }

    /// Has the hub look for changes now instead of at its next turn.
    pub fn look(&self) {
        self.wish(|wishes| wishes.look = true);
    }

    /// Ends the thread and waits for it; the snapshot is written if something has changed. Blocks.
    pub fn stop(&self) {
        self.wish(|wishes| wishes.stop = true);
        let thread = lock(&self.inner.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that follows the records had panicked");
        }
    }

    fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        change(&mut lock(&self.inner.wishes));
        self.inner.woken.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
