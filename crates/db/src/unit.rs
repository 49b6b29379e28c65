//! One unit of work: connection, transaction, and trying again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::db::Engine;
use crate::error::{Class, Fault};
use crate::fold::Folder;
use crate::pool::Lease;
use crate::tx::{Session, Tx};
use crate::{Db, DbError, Options, Outcome, postgres, sqlite};

/// How a unit of work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One statement without transaction.
    Single,
    /// One snapshot.
    Snapshot,
    /// A serializable transaction.
    Write,
    /// A script of a migration without transaction.
    Bare,
}

/// What came of one attempt.
enum Attempt<T, E> {
    Done(Result<T, E>),
    Conflict(E),
    Stale(E),
}

impl Db {
    /// Runs a unit until it is done or patience ends: the one place where anything is tried again.
    pub(crate) fn unit<T, E: From<DbError>>(
        &self,
        mode: Mode,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<Outcome<T>, E>,
    ) -> Result<T, E> {
        let mut backoff = Backoff::new(self.options());
        let mut was_stale = false;
        loop {
            match self.attempt(mode, &mut work) {
                Attempt::Done(result) => return result,
                Attempt::Conflict(_) if mode == Mode::Write && backoff.pause() => {}
                Attempt::Stale(_) if !was_stale => {
                    was_stale = true;
                    self.forget_plans();
                }
                Attempt::Conflict(error) | Attempt::Stale(error) => return Err(error),
            }
            self.count(0, 1);
        }
    }

    fn attempt<T, E: From<DbError>>(
        &self,
        mode: Mode,
        work: &mut impl FnMut(&mut Tx<'_>) -> Result<Outcome<T>, E>,
    ) -> Attempt<T, E> {
        let mut unit = match Unit::open(self.engine(), mode) {
            Ok(unit) => unit,
            Err(error) => return Attempt::Done(Err(error.into())),
        };
        if let Err(fault) = unit.begin(mode) {
            return match fault.class {
                Class::Lost if !unit.is_fresh() => Attempt::Stale(fault.error.into()),
                Class::Conflict => Attempt::Conflict(fault.error.into()),
                _ => Attempt::Done(Err(fault.error.into())),
            };
        }
        let mut tx = Tx::new(unit.session(), mode == Mode::Single);
        let result = work(&mut tx);
        let failed = tx.failed();
        self.count(tx.statements(), 0);
        if let Some((_, Class::Lost | Class::Stale)) = failed {
            unit.give_up();
        }
        // what a failure means is known from the statement, however the closure wraps its errors
        let class = failed.map(|(_, class)| class);
        let again = match class {
            Some(Class::Lost) => mode == Mode::Single && !unit.is_fresh(),
            class => class == Some(Class::Stale),
        };
        let error = match (result, failed) {
            (Ok(Outcome::Commit(value)), None) => match unit.commit() {
                Ok(()) => return Attempt::Done(Ok(value)),
                Err(Fault { class: Class::Conflict, error }) => {
                    return Attempt::Conflict(error.into());
                }
                Err(fault) => return Attempt::Done(Err(fault.error.into())),
            },
            (Ok(Outcome::Rollback(value)), _) => return Attempt::Done(Ok(value)),
            // the closure looked over a failure: what it wanted to save is not there any more
            (Ok(Outcome::Commit(_)), Some((statement, _))) => DbError::Aborted { statement }.into(),
            (Err(error), _) => error,
        };
        match class {
            Some(Class::Conflict) => Attempt::Conflict(error),
            _ if again => Attempt::Stale(error),
            _ => Attempt::Done(Err(error)),
        }
    }
}

/// A connection with its transaction, which is rolled back when dropped, also by a panic.
struct Unit<'p> {
    connection: Held<'p>,
    in_transaction: bool,
}

enum Held<'p> {
    Writer(MutexGuard<'p, Connection>, &'p Folder),
    Reader(Lease<'p, Connection>),
    Postgres(Lease<'p, Box<postgres::Session>>),
}

impl<'p> Unit<'p> {
    fn open(engine: &'p Engine, mode: Mode) -> Result<Self, DbError> {
        let connection = match engine {
            Engine::Sqlite(engine) if matches!(mode, Mode::Write | Mode::Bare) => {
                Held::Writer(engine.writer(), engine.folder())
            }
            Engine::Sqlite(engine) => Held::Reader(engine.reader()?),
            Engine::Postgres(engine) => Held::Postgres(engine.session()?),
        };
        Ok(Self { connection, in_transaction: false })
    }

    fn begin(&mut self, mode: Mode) -> Result<(), Fault> {
        let begun = match (&mut self.connection, mode) {
            (Held::Postgres(session), Mode::Bare) => {
                // the setting goes with the session
                session.broken = true;
                return session.script("begin", "set default_transaction_read_only = off");
            }
            (_, Mode::Single | Mode::Bare) => return Ok(()),
            (Held::Writer(connection, _), _) => sqlite::control(connection, "begin immediate"),
            (Held::Reader(connection), _) => sqlite::control(connection, "begin deferred"),
            (Held::Postgres(session), Mode::Write) => {
                session.script("begin", "begin isolation level serializable read write")
            }
            (Held::Postgres(session), _) => {
                session.script("begin", "begin isolation level repeatable read read only")
            }
        };
        if matches!(&begun, Err(fault) if fault.class == Class::Lost) {
            self.give_up();
        }
        self.in_transaction = begun.is_ok();
        begun
    }

    fn session(&mut self) -> Session<'_> {
        match &mut self.connection {
            Held::Writer(connection, _) => Session::Sqlite(connection),
            Held::Reader(connection) => Session::Sqlite(connection),
            Held::Postgres(session) => Session::Postgres(session),
        }
    }

    fn is_fresh(&self) -> bool {
        if let Held::Postgres(session) = &self.connection { session.fresh } else { true }
    }

    /// The connection is dead or must not be used again.
    fn give_up(&mut self) {
        if let Held::Postgres(session) = &mut self.connection {
            session.broken = true;
            self.in_transaction = false;
        }
    }

    fn commit(mut self) -> Result<(), Fault> {
        let done = match &mut self.connection {
            Held::Writer(connection, folder) => {
                sqlite::control(connection, "commit").inspect(|()| folder.after_commit(connection))
            }
            Held::Reader(connection) => sqlite::control(connection, "commit"),
            Held::Postgres(session) => session.script("commit", "commit"),
        };
        match done {
            Ok(()) => {
                self.in_transaction = false;
                Ok(())
            }
            // nobody knows whether the server, or the disk, took it before the line went dead
            Err(Fault { error: DbError::Connection { reason, .. }, .. }) => {
                self.give_up();
                Err(DbError::OutcomeUnknown { reason }.into())
            }
            Err(fault) => Err(fault),
        }
    }
}

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        if !self.in_transaction {
            return;
        }
        match &mut self.connection {
            Held::Writer(connection, _) => sqlite_rollback(connection),
            Held::Reader(connection) => sqlite_rollback(connection),
            Held::Postgres(session) => {
                session.broken = session.script("rollback", "rollback").is_err();
            }
        }
    }
}

/// SQLite ends some failed transactions by itself.
fn sqlite_rollback(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(fault) = sqlite::control(connection, "rollback")
    {
        tracing::error!(error = %fault.error, "cannot roll back");
    }
}

/// Waits longer after each conflict, with jitter, so that rivals do not meet again.
struct Backoff {
    left: u32,
    next: Duration,
    deadline: Instant,
}

impl Backoff {
    fn new(options: &Options) -> Self {
        let deadline = Instant::now() + options.patience;
        Self { left: options.retries, next: Duration::from_millis(2), deadline }
    }

    fn pause(&mut self) -> bool {
        if self.left == 0 || Instant::now() >= self.deadline {
            return false;
        }
        self.left -= 1;
        // a fresh hasher state is random enough to spread rivals, and needs no generator
        let thousandth = RandomState::new().build_hasher().finish() % 1000;
        let share = 0.5 + f64::from(u32::try_from(thousandth).unwrap_or(0)) / 2000.0;
        std::thread::sleep(self.next.mul_f64(share));
        self.next = (self.next * 2).min(Duration::from_millis(250));
        true
    }
}
