//! Folds SQLite's write-ahead log into the database file, so that no commit has to wait for it.
//!
//! A commit is durable once it stands in the log. Left to itself SQLite also copies a long log into the file
//! before such a commit returns. Here a thread does that, with a connection of its own; it starts when a log
//! first grows long and ends with the database handle.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, OpenFlags};

use crate::{Options, sqlite};

/// Pages of the log that are worth folding, as many as SQLite itself waits for.
const WORTH: i64 = 1000;
/// A log of so many pages (64 MB) is folded by the commit after all: the thread does not keep up.
pub(crate) const LIMIT: i64 = 16_000;
/// Pages of the log, and how many of them were folded; does nothing else.
const LENGTH: &str = "pragma wal_checkpoint(noop)";
/// Waits for nobody: what a reader still needs stays for the next time.
const FOLD: &str = "pragma wal_checkpoint(passive)";

/// Folds the log of one database.
pub(crate) struct Folder {
    path: PathBuf,
    options: Options,
    thread: OnceLock<Option<Worker>>,
}

struct Worker {
    /// Taken when the thread is to end.
    wake: Option<SyncSender<()>>,
    handle: Option<JoinHandle<()>>,
}

impl Folder {
    pub(crate) fn new(path: &Path, options: &Options) -> Self {
        Self { path: path.to_owned(), options: options.clone(), thread: OnceLock::new() }
    }

    /// Looks at the log after a commit of the writer.
    pub(crate) fn after_commit(&self, writer: &Connection) {
        let length = || -> rusqlite::Result<(i64, i64)> {
            writer.prepare_cached(LENGTH)?.query_row((), |row| Ok((row.get(1)?, row.get(2)?)))
        };
        // a failure is no concern of the commit, which is done
        if length().is_ok_and(|(pages, folded)| pages - folded >= WORTH)
            && let Some(worker) = self.thread.get_or_init(|| self.start())
            && let Some(wake) = &worker.wake
        {
            // a full channel means that it will look anyway
            let _ = wake.try_send(());
        }
    }

    /// Without a thread the log is folded at `LIMIT`.
    fn start(&self) -> Option<Worker> {
        let (wake, woken) = sync_channel(1);
        let (path, options) = (self.path.clone(), self.options.clone());
        let name = "openecls-fold".to_owned();
        let handle = thread::Builder::new().name(name).spawn(move || work(&path, &options, &woken));
        Some(Worker { wake: Some(wake), handle: Some(handle.ok()?) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(handle) = self.handle.take() {
            drop(handle.join());
        }
    }
}

fn work(path: &Path, options: &Options, woken: &Receiver<()>) {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        sqlite::set_up(&connection, options)?;
        // the file must hold what the log held before the log is written over
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(connection)
    };
    let connection = match open() {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(%error, "cannot fold the write-ahead log in the background");
            return;
        }
    };
    while woken.recv().is_ok() {
        let folded = connection
            .prepare_cached(FOLD)
            .and_then(|mut fold| fold.query_row((), |row| row.get::<_, i64>(0)));
        if let Err(error) = folded {
            tracing::warn!(%error, "cannot fold the write-ahead log; trying again later");
        }
    }
}
