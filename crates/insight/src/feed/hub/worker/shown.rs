//! The state that public answers come from: kept, compared with what changes, renewed in batches.

use std::sync::{Arc, PoisonError};

use base::Instant;
use columns::{Change, Store};
use registry::{DataVersion, FeedChange, FeedChanges};

use super::{Feed, Worker, keep_private};
use crate::feed::ledger::Places;
use crate::feed::make::Maker;
use crate::feed::public::{self, Changed, Kept};
use crate::feed::{Served, note};

/// The state that public answers come from, and what has changed since.
pub(super) struct Public {
    store: Store,
    version: DataVersion,
    as_of: Instant,
    changed: Changed,
    /// Whether it was handed out since the program started.
    shown: bool,
}

impl Worker {
    /// Notes what of the public state has changed.
    pub(super) fn compare(&self, public: &mut Option<Public>, list: &[Change]) {
        let Some(known) = public else { return };
        let compared = list.iter().try_for_each(|change| match change {
            Change::Put(record) => known.changed.put(&self.shape, &known.store, record),
            Change::Remove(key) => known.changed.gone(&self.shape, &known.store, *key),
        });
        if let Err(error) = compared {
            tracing::error!(
                "the public state of the figures cannot be read and is renewed: {error}"
            );
            *public = None;
        }
    }

    /// Renews the public state if enough has changed, or if nothing of it is shown.
    pub(super) fn publish_publicly(&self, feed: &mut Feed, as_of: Instant) {
        let version = feed.cursor.version();
        if let Some(known) = &mut feed.public {
            let nothing = || public::shows_nothing(&self.shape, &known.store).unwrap_or(false);
            let renew = self.options.renews
                && known.version != version
                && (known.changed.is_enough(&self.options.batch) || nothing());
            if !renew {
                if !std::mem::replace(&mut known.shown, true) {
                    let served = self.served(feed, feed.public.as_ref());
                    self.show_publicly(served);
                }
                return;
            }
        }
        let kept = Kept { store: feed.store.clone(), cursor: feed.cursor.clone(), as_of };
        if let Some(path) = self.options.snapshot.as_deref().map(public::path) {
            let print = note::fingerprint(self.registry.dictionary());
            let saved = public::save(&path, &print, &kept)
                .and_then(|()| keep_private(&path).map_err(|error| error.to_string()));
            if let Err(error) = saved {
                // after a restart it would be another state than the one that was shown
                tracing::error!("writing the public state of the figures failed: {error}");
                if feed.public.is_some() {
                    return;
                }
            }
        }
        let changed = Changed::default();
        feed.public = Some(Public { store: kept.store, version, as_of, changed, shown: true });
        self.show_publicly(self.served(feed, feed.public.as_ref()));
    }

    fn served(&self, feed: &Feed, public: Option<&Public>) -> Option<Served> {
        public.map(|public| Served {
            store: public.store.clone(),
            shape: Arc::clone(&self.shape),
            version: public.version,
            as_of: public.as_of,
            centers: Arc::clone(&feed.centers),
        })
    }

    fn show_publicly(&self, served: Option<Served>) {
        let Some(served) = served else { return };
        let version = served.version;
        *self.inner.public.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(served));
        self.inner.public_version.send_if_modified(|known| {
            let other = *known != version;
            *known = version;
            other
        });
    }

    /// The public state as it was shown last, with what has changed since.
    pub(super) fn reopen_public(&self, feed: &mut Feed) {
        let Some(path) = self.options.snapshot.as_deref().map(public::path) else { return };
        let print = note::fingerprint(self.registry.dictionary());
        let kept = match public::open(&path, self.shape.schema(), &print) {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!("the public state of the figures is not used: {error}");
                return;
            }
        };
        let maker = Maker::new(self.registry.dictionary(), &self.shape);
        let ledger = &feed.ledger;
        let changes =
            self.registry.feed_changes(&kept.cursor, &|run| ledger.home(run), &|patient| {
                maker.make(patient)
            });
        let list = match changes {
            Ok(FeedChanges::None) => Vec::new(),
            Ok(FeedChanges::Unrelated) => {
                tracing::warn!("the public state belongs to another state of the database");
                return;
            }
            Ok(FeedChanges::Some { changes, .. }) => {
                let places = Places::of(&self.shape, &feed.centers);
                let mut list = Vec::new();
                for change in changes {
                    match change {
                        FeedChange::Gone(run) => list.push(Change::Remove(*run.0.as_bytes())),
                        FeedChange::Patient(made) => {
                            list.extend(feed.ledger.seal(made, &places).map(Change::Put));
                        }
                    }
                }
                list
            }
            Err(error) => {
                // fewer changes are known than there are: it is renewed later, not sooner
                tracing::error!("reading what the public state lacks failed: {error}");
                Vec::new()
            }
        };
        let version = kept.cursor.version();
        let (store, as_of) = (kept.store, kept.as_of);
        let changed = Changed::default();
        feed.public = Some(Public { store, version, as_of, changed, shown: false });
        self.compare(&mut feed.public, &list);
    }

    pub(super) fn remove_public(&self) {
        let Some(path) = self.options.snapshot.as_deref().map(public::path) else { return };
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::error!("removing the public state of another database failed: {error}");
        }
    }
}
