//! SQLite and PostgreSQL behind one set of named statements.
//!
//! A unit of work is a closure: [`Db::read`] gives it one snapshot, [`Db::write`] one serializable
//! transaction that may run again when others were in the way. Inside, code is plain synchronous
//! Rust over [`Tx`]; asynchronous callers have the whole closure run on a database thread.
//!
//! ```
//! # fn main() -> Result<(), db::DbError> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let url = format!("sqlite:{}", folder.path().join("a.db").display());
//! db::statements! {
//!     STATEMENTS;
//!     SET_UP = "create table center (id text primary key, beds bigint not null) strict",
//!         sqlite = "create table center (id text primary key, beds integer not null) strict";
//!     ADD_CENTERS => center(id, beds);
//!     BEDS = "select sum(beds) from center", scan_ok = "sum of a small table";
//! }
//!
//! let db = db::Db::open(&url, &db::Options::default())?;
//! let total: i64 = db.write(|tx| {
//!     tx.execute(&SET_UP, ())?;
//!     tx.insert_many(&ADD_CENTERS, [("A", 3_i64), ("B", 5)])?;
//!     tx.one(&BEDS, ())
//! })?;
//! assert_eq!(total, 8);
//! # Ok(())
//! # }
//! ```

mod backup;
mod chain;
mod check;
mod db;
mod error;
mod fold;
mod migrate;
mod pool;
mod postgres;
mod row;
mod sqlite;
mod statement;
mod tx;
mod unit;
mod value;
mod work;

use std::time::Duration;

pub use chain::{Hash, RowHash, hex};
pub use check::{Finding, check_statements, describe_schema};
pub use db::Db;
pub use error::{ConstraintKind, DbError};
pub use migrate::{MIGRATIONS, Migration, STATEMENTS};
pub use row::{FromRow, Row};
pub use statement::Statement;
pub use tx::Tx;
pub use value::{FromValue, Params, ToValue, Value};

/// How a database is opened. The defaults are right for a server; tests and tools change single fields.
#[derive(Debug, Clone)]
pub struct Options {
    /// SQLite: connections that read. Default 4.
    pub readers: usize,
    /// PostgreSQL: most connections. Default 16.
    pub connections: usize,
    /// SQLite: how long a statement waits for another process. Default 5 s.
    pub busy_timeout: Duration,
    /// How long a unit of work waits for a connection, and is tried again after conflicts. Default 20 s.
    pub patience: Duration,
    /// How often a write is tried again after a conflict. Default 20.
    pub retries: u32,
    /// SQLite: create the file if it is missing. Default yes.
    pub create: bool,
    /// SQLite: open for reading only. Default no.
    pub read_only: bool,
    /// SQLite: refuse to grow beyond so many pages (of 4 KiB), as if the disk were full. Default no limit.
    pub max_page_count: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            connections: 16,
            busy_timeout: Duration::from_secs(5),
            patience: Duration::from_secs(20),
            retries: 20,
            create: true,
            read_only: false,
            max_page_count: None,
        }
    }
}

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Embedded, one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// Whether the changes of a unit of work are saved; see [`Db::decide`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<T> {
    /// Save them.
    Commit(T),
    /// Undo them, as a dry run does.
    Rollback(T),
}
