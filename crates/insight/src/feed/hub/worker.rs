//! What the hub's thread does: open or build, follow, publish, save.

mod fill;
mod shown;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant as Timer};

use base::Instant;
use columns::{Builder, Change, ColumnsError, OpenError, Store};
use dictionary::Dictionary;
use fill::Fill;
use registry::{Cursor, DataVersion, FeedChange, FeedChanges, Registry, RegistryError};
use shown::Public;

use super::{HubOptions, HubStatus, Inner, Loading, Wishes, lock};
use crate::Shape;
use crate::feed::ledger::{Ledger, Places};
use crate::feed::make::Maker;
use crate::feed::{CenterTable, Served, note};

/// After failures, the time to the next try doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What can go wrong on the thread.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    #[error("the work panicked")]
    Panic,
}

/// What the thread owns.
struct Feed {
    store: Store,
    ledger: Ledger,
    cursor: Cursor,
    centers: Arc<CenterTable>,
    /// The version that the snapshot file holds.
    saved: Option<DataVersion>,
    saved_at: Timer,
    public: Option<Public>,
}

/// The thread's work.
pub(super) struct Worker {
    pub(super) inner: Arc<Inner>,
    pub(super) registry: Registry,
    pub(super) shape: Arc<Shape>,
    pub(super) options: HubOptions,
}

impl Worker {
    /// Works until it is told to stop.
    pub(super) fn run(&self) {
        let mut feed = self.open();
        let mut pause = self.options.poll;
        loop {
            let step = catch_unwind(AssertUnwindSafe(|| self.step(&mut feed)));
            match step.unwrap_or(Err(FeedError::Panic)) {
                Ok(()) => pause = self.options.poll,
                // reading everything was broken off to stop
                Err(_) if self.stops() => {}
                Err(error) => {
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    self.failed(&error, pause);
                }
            }
            if self.wait(pause) {
                break;
            }
        }
        if let Some(feed) = &mut feed {
            self.save(feed);
        }
    }

    fn failed(&self, error: &FeedError, pause: Duration) {
        let seconds = pause.as_secs();
        tracing::error!("reading the records for figures failed, next try in {seconds} s: {error}");
        let mut status = lock(&self.inner.status);
        if !matches!(*status, HubStatus::Loading(_)) {
            *status = HubStatus::Behind { error: error.to_string() };
        }
    }

    /// Waits for the next turn; says whether to stop.
    fn wait(&self, pause: Duration) -> bool {
        let wishes = lock(&self.inner.wishes);
        let idle = |wishes: &mut Wishes| !wishes.stop && !wishes.rebuild && !wishes.look;
        let (mut wishes, _) = self
            .inner
            .woken
            .wait_timeout_while(wishes, pause, idle)
            .unwrap_or_else(PoisonError::into_inner);
        wishes.look = false;
        wishes.stop
    }

    fn stops(&self) -> bool {
        lock(&self.inner.wishes).stop
    }

    /// Looks once.
    fn step(&self, feed: &mut Option<Feed>) -> Result<(), FeedError> {
        let again = std::mem::take(&mut lock(&self.inner.wishes).rebuild);
        if again {
            tracing::warn!("reading all records again on request");
            *feed = None;
        }
        let as_of = self.registry.clock().now();
        if let Some(known) = feed
            && !self.follow(known, as_of)?
        {
            tracing::warn!(
                "the snapshot belongs to another state of the database; reading all records again"
            );
            *self.inner.served.write().unwrap_or_else(PoisonError::into_inner) = None;
            *self.inner.public.write().unwrap_or_else(PoisonError::into_inner) = None;
            self.remove_public();
            *feed = None;
        }
        if let Some(known) = feed {
            if known.saved_at.elapsed() >= self.options.save_every {
                self.save(known);
            }
            return Ok(());
        }
        let mut built = self.build()?;
        self.reopen_public(&mut built);
        let made = feed.insert(built);
        self.publish(made, as_of);
        self.save(made);
        Ok(())
    }

    /// Takes in what has changed; says no when the store does not belong to the database.
    fn follow(&self, feed: &mut Feed, as_of: Instant) -> Result<bool, FeedError> {
        let maker = Maker::new(self.registry.dictionary(), &self.shape);
        let ledger = &feed.ledger;
        let changes =
            self.registry.feed_changes(&feed.cursor, &|run| ledger.home(run), &|patient| {
                maker.make(patient)
            })?;
        match changes {
            FeedChanges::None => {}
            FeedChanges::Unrelated => return Ok(false),
            FeedChanges::Some { changes, cursor, centers } => {
                feed.centers = Arc::new(feed.ledger.table(&centers));
                let places = Places::of(&self.shape, &feed.centers);
                let mut list = Vec::with_capacity(changes.len());
                for change in changes {
                    match change {
                        FeedChange::Gone(run) => list.push(Change::Remove(*run.0.as_bytes())),
                        FeedChange::Patient(made) => {
                            list.extend(feed.ledger.seal(made, &places).map(Change::Put));
                        }
                    }
                }
                self.compare(&mut feed.public, &list);
                feed.store = feed.store.apply(list)?;
                feed.cursor = cursor;
            }
        }
        self.publish(feed, as_of);
        Ok(true)
    }

    fn publish(&self, feed: &mut Feed, as_of: Instant) {
        self.publish_publicly(feed, as_of);
        let served = Served {
            store: feed.store.clone(),
            shape: Arc::clone(&self.shape),
            version: feed.cursor.version(),
            as_of,
            centers: Arc::clone(&feed.centers),
        };
        let version = served.version;
        *self.inner.served.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(served));
        *lock(&self.inner.status) = HubStatus::Current;
        self.inner.version.send_if_modified(|known| {
            let other = *known != version;
            *known = version;
            other
        });
    }

    /// The snapshot, if there is one that fits.
    fn open(&self) -> Option<Feed> {
        let path = self.options.snapshot.as_ref()?;
        let opened = Store::open(path, Arc::clone(self.shape.schema()));
        let (store, bytes) = match opened {
            Ok(opened) => opened,
            Err(OpenError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                return None;
            }
            Err(error) => {
                tracing::warn!("the snapshot of the figures is not used: {error}");
                return None;
            }
        };
        let (cursor, mut ledger) = match note::read(self.registry.dictionary(), &bytes) {
            Ok(read) => read,
            Err(error) => {
                tracing::warn!("the snapshot of the figures is not used: {error}");
                return None;
            }
        };
        let centers = match self.registry.centers() {
            Ok(centers) => ledger.table(&centers),
            Err(error) => {
                tracing::error!("reading the centers failed: {error}");
                return None;
            }
        };
        let saved = Some(cursor.version());
        let mut feed = Feed {
            store,
            ledger,
            cursor,
            centers: Arc::new(centers),
            saved,
            saved_at: Timer::now(),
            public: None,
        };
        self.reopen_public(&mut feed);
        Some(feed)
    }

    /// Reads everything.
    fn build(&self) -> Result<Feed, FeedError> {
        let started = Timer::now();
        *lock(&self.inner.status) = HubStatus::Loading(Loading::default());
        let dictionary: &Dictionary = self.registry.dictionary();
        let maker = Maker::new(dictionary, &self.shape);
        let mut fill = Fill {
            worker: self,
            builder: Builder::new(Arc::clone(self.shape.schema())),
            ledger: Ledger::default(),
            centers: CenterTable::default(),
            places: Places::of(&self.shape, &CenterTable::default()),
            loading: Loading::default(),
            error: None,
        };
        let make = |patient: &registry::FeedPatient<'_>| maker.make(patient);
        let cursor = self.registry.feed_all(self.options.workers, &make, &mut fill)?;
        if let Some(error) = fill.error {
            return Err(error.into());
        }
        let store = fill.builder.finish();
        let seconds = started.elapsed().as_secs_f64();
        tracing::info!("read {} runs for the figures in {seconds:.1} s", store.rows());
        Ok(Feed {
            store,
            ledger: fill.ledger,
            cursor,
            centers: Arc::new(fill.centers),
            saved: None,
            saved_at: Timer::now(),
            public: None,
        })
    }

    /// Writes the snapshot if it is not what is known. A failure costs the next start some seconds, nothing else.
    fn save(&self, feed: &mut Feed) {
        feed.saved_at = Timer::now();
        let version = feed.cursor.version();
        let Some(path) = &self.options.snapshot else { return };
        if feed.saved == Some(version) {
            return;
        }
        if let Some(folder) = path.parent()
            && let Err(error) = std::fs::create_dir_all(folder)
        {
            tracing::error!("making the folder for the snapshot of the figures failed: {error}");
            return;
        }
        let note = note::write(self.registry.dictionary(), &feed.cursor, &feed.ledger);
        let kept = feed.store.save(path, &note).map_err(|error| error.to_string());
        match kept.and_then(|()| keep_private(path).map_err(|error| error.to_string())) {
            Ok(()) => feed.saved = Some(version),
            Err(error) => {
                tracing::error!("writing the snapshot of the figures failed: {error}");
            }
        }
    }
}

/// The file holds what the database holds, which only its owner may read.
fn keep_private(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
