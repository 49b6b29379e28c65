//! Opening a database, and units of work with retry.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::oneshot;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::tx::Tx;
use crate::unit::Mode;
use crate::work::Workers;
use crate::{DbError, EngineKind, Options, Outcome};

/// A database on either engine. Clones share its connections.
///
/// `read`, `write` and their kin block and must not be called on an asynchronous thread; there are
/// `…_async` twins for those.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    options: Options,
    readers: OnceLock<Option<Workers>>,
    writers: OnceLock<Option<Workers>>,
    statements: AtomicU64,
    retries: AtomicU64,
}

pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Db {
    /// Opens `sqlite:PATH` or `postgres://…`. A SQLite file is created unless the options say otherwise.
    pub fn open(url: &str, options: &Options) -> Result<Self, DbError> {
        let engine = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err(DbError::Address("a file is needed".to_owned()));
            }
            Engine::Sqlite(Sqlite::open(Path::new(path), options)?)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(Postgres::open(url, options)?)
        } else {
            // not repeated, since it may hold a password
            return Err(DbError::Address("unknown scheme".to_owned()));
        };
        let inner = Inner {
            engine,
            options: options.clone(),
            readers: OnceLock::new(),
            writers: OnceLock::new(),
            statements: AtomicU64::new(0),
            retries: AtomicU64::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Which engine this is.
    pub fn kind(&self) -> EngineKind {
        match self.inner.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// Statements run through this database so far, in all units, repeated ones included.
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Units of work that were run again so far.
    pub fn retries(&self) -> u64 {
        self.inner.retries.load(Ordering::Relaxed)
    }

    /// Counts what a unit did.
    pub(crate) fn count(&self, statements: u64, retries: u64) {
        self.inner.statements.fetch_add(statements, Ordering::Relaxed);
        self.inner.retries.fetch_add(retries, Ordering::Relaxed);
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Reads from one snapshot: all statements of the closure see the same state.
    pub fn read<T, E: From<DbError>>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit(Mode::Snapshot, |tx| work(tx).map(Outcome::Rollback))
    }

    /// Reads with a single statement, sparing a snapshot's round trips; a second statement is an error.
    pub fn read_one<T, E: From<DbError>>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit(Mode::Single, |tx| work(tx).map(Outcome::Rollback))
    }

    /// Writes in one serializable transaction and saves it, unless the closure fails or panics.
    ///
    /// The closure may run again when others were in the way, so its effects outside of the database must not
    /// count. It must not write through the database handle itself: on SQLite there is only one writer.
    pub fn write<T, E: From<DbError>>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.unit(Mode::Write, |tx| work(tx).map(Outcome::Commit))
    }

    /// Like [`write`](Self::write), but the closure decides whether its changes are saved.
    pub fn decide<T, E: From<DbError>>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<Outcome<T>, E>,
    ) -> Result<T, E> {
        self.unit(Mode::Write, work)
    }

    /// Runs a step of a migration outside of a transaction.
    pub(crate) fn bare(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let done = self.unit(Mode::Bare, |tx| work(tx).map(Outcome::Rollback));
        if let Engine::Sqlite(engine) = &self.inner.engine {
            engine.tidy_writer()?;
        }
        done
    }

    /// After a change of the schema, sessions must not go on with their prepared statements.
    pub(crate) fn forget_plans(&self) {
        if let Engine::Postgres(engine) = &self.inner.engine {
            engine.forget_idle();
        }
    }

    /// [`read`](Self::read) on a database thread.
    pub fn read_async<T, E, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.on_thread(Mode::Snapshot, move |db| db.read(work))
    }

    /// [`read_one`](Self::read_one) on a database thread.
    pub fn read_one_async<T, E, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.on_thread(Mode::Single, move |db| db.read_one(work))
    }

    /// [`write`](Self::write) on a database thread. A write that has begun ends even if nobody waits for it any more.
    pub fn write_async<T, E, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.on_thread(Mode::Write, move |db| db.write(work))
    }

    /// [`decide`](Self::decide) on a database thread.
    pub fn decide_async<T, E, F>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<Outcome<T>, E> + Send + 'static,
    {
        self.on_thread(Mode::Write, move |db| db.decide(work))
    }

    fn on_thread<T, E, F>(
        &self,
        mode: Mode,
        work: F,
    ) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&Self) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let db = self.clone();
        let job = Box::new(move || {
            // nobody waits any more: the request was given up while it stood in the queue
            if reply.is_closed() {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| work(&db)));
            drop(reply.send(result));
        });
        let queued = match self.workers(mode) {
            Some(workers) => workers.submit(job),
            None => Err("no thread can be started"),
        };
        async move {
            let busy = |reason: &str| {
                E::from(DbError::Busy { statement: "queue", reason: reason.to_owned() })
            };
            queued.map_err(busy)?;
            match answer.await {
                Ok(Ok(result)) => result,
                Ok(Err(panic)) => resume_unwind(panic),
                Err(_) => Err(busy("the database threads have ended")),
            }
        }
    }

    fn workers(&self, mode: Mode) -> Option<&Workers> {
        let inner = &self.inner;
        let (readers, writers) = match inner.engine {
            Engine::Sqlite(_) => (inner.options.readers, 1),
            // writes keep their own threads, so that slow reads cannot keep them waiting
            Engine::Postgres(_) => {
                let writers = inner.options.connections.div_ceil(4);
                (inner.options.connections.saturating_sub(writers), writers)
            }
        };
        let start = |name, threads| {
            Workers::start(name, threads)
                .inspect_err(|error| tracing::error!(%error, "cannot start database threads"))
                .ok()
        };
        match mode {
            Mode::Write | Mode::Bare => inner.writers.get_or_init(|| start("write", writers)),
            Mode::Single | Mode::Snapshot => inner.readers.get_or_init(|| start("read", readers)),
        }
        .as_ref()
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
