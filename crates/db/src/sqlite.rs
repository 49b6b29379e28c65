//! The SQLite engine: one writer, a few readers, one file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, OpenFlags};

use crate::error::{Fault, from_sqlite};
use crate::fold::{self, Folder};
use crate::pool::{Lease, Pool};
use crate::row::{Cells, Row};
use crate::value::{Params, Value, check};
use crate::{DbError, Options, Statement};

/// Statements that a connection keeps prepared; a registry has a few hundred.
const PREPARED: usize = 256;

pub(crate) struct Sqlite {
    path: PathBuf,
    options: Options,
    // closed before the writer, which as the last connection folds the log into the file
    readers: Pool<Connection>,
    folder: Folder,
    writer: Mutex<Connection>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Self, DbError> {
        // SQLite would fall back to reading; better to say at once that nothing can be saved
        if !options.read_only && path.exists() && !may_write(path) {
            return Err(DbError::ReadOnly { statement: "open" });
        }
        let writer = open_writer(path, options).map_err(|error| refused(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            options: options.clone(),
            folder: Folder::new(path, options),
            writer: Mutex::new(writer),
            readers: Pool::new(options.readers, options.patience),
        })
    }

    /// The writer. A unit that panicked has rolled back, so a poisoned lock is sound.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the log short.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Undoes what a script may have left: an open transaction, or references that are not checked.
    pub(crate) fn tidy_writer(&self) -> Result<(), DbError> {
        let writer = self.writer();
        let tidy = || -> rusqlite::Result<()> {
            if !writer.is_autocommit() {
                writer.execute_batch("rollback")?;
            }
            writer.pragma_update(None, "foreign_keys", true)
        };
        tidy().map_err(|error| from_sqlite("migration", &error).error)
    }

    pub(crate) fn reader(&self) -> Result<Lease<'_, Connection>, DbError> {
        self.readers.take(|| self.open_reader())
    }

    /// A connection outside of the pool, for long work such as a backup.
    pub(crate) fn open_reader(&self) -> Result<Connection, DbError> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(
                &self.path,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            set_up(&connection, &self.options)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        };
        open().map_err(|error| refused(&self.path, &error))
    }
}

fn open_writer(path: &Path, options: &Options) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.read_only {
        flags |= OpenFlags::SQLITE_OPEN_READ_ONLY;
    } else {
        flags |= OpenFlags::SQLITE_OPEN_READ_WRITE;
        if options.create {
            // an existing file is fine, and any other trouble is reported by SQLite right after
            drop(create_private(path));
        }
    }
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection, options)?;
    if options.read_only {
        return Ok(connection);
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        let message =
            format!("no write-ahead log is possible there, only {mode}; use a local disk");
        return Err(rusqlite::Error::SqliteFailure(code, Some(message)));
    }
    // NORMAL may lose the last commits at power loss, which an audit trail must not
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", fold::LIMIT)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    // 32 MB: pages of an import that do not fit go to the log early, are changed again and written again
    connection.pragma_update(None, "cache_size", -32_768)?;
    if let Some(pages) = options.max_page_count {
        connection
            .pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0))?;
    }
    Ok(connection)
}

fn may_write(path: &Path) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let tried = fs::OpenOptions::new().write(true).open(path);
    !tried.is_err_and(|error| matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem))
}

/// Creates the file so that only its owner can read it; SQLite gives its log files the same mode.
pub(crate) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut open = fs::OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        open.mode(0o600);
    }
    open.open(path).map(drop)
}

pub(crate) fn set_up(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // "text" in double quotes is a name, as in PostgreSQL
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // a plan hangs on the statement alone; otherwise some statements are compiled again for every value
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    // also proves that this is a database
    connection.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

pub(crate) fn refused(path: &Path, error: &rusqlite::Error) -> DbError {
    let target = path.display().to_string();
    let reason = match from_sqlite("open", error).error {
        read_only @ DbError::ReadOnly { .. } => return read_only,
        DbError::Corrupt { reason, .. } => format!("{reason}; is this an OpenECLS database?"),
        DbError::Connection { reason, .. } => {
            format!("{reason}; check that the folder exists and that you may write there")
        }
        other => other.to_string(),
    };
    DbError::Open { target, reason }
}

/// Runs BEGIN, COMMIT or ROLLBACK.
pub(crate) fn control(connection: &Connection, text: &'static str) -> Result<(), Fault> {
    let run = || connection.prepare_cached(text)?.raw_execute();
    run().map(drop).map_err(|error| from_sqlite(text, &error))
}

pub(crate) fn rows(
    connection: &Connection,
    statement: &Statement,
    values: &[Value<'_>],
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), Fault> {
    let name = statement.name();
    let mut prepared = prepare(connection, statement, values.len())?;
    bind(&mut prepared, name, values)?;
    let mut rows = prepared.raw_query();
    let mut number = 0;
    while let Some(row) = rows.next().map_err(|error| from_sqlite(name, &error))? {
        number += 1;
        if !each(&Row { statement: name, number, cells: Cells::Sqlite(row) }) {
            break;
        }
    }
    Ok(())
}

pub(crate) fn execute(
    connection: &Connection,
    statement: &Statement,
    values: &[Value<'_>],
) -> Result<u64, Fault> {
    let name = statement.name();
    let mut prepared = prepare(connection, statement, values.len())?;
    bind(&mut prepared, name, values)?;
    let changed = prepared.raw_execute().map_err(|error| from_sqlite(name, &error))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

pub(crate) fn insert_many<P: Params>(
    connection: &Connection,
    statement: &Statement,
    columns: usize,
    rows: impl Iterator<Item = P>,
) -> Result<u64, Fault> {
    let name = statement.name();
    let mut prepared = prepare(connection, statement, columns)?;
    let mut bound: Vec<Bound> = (0..columns).map(|_| Bound::Other).collect();
    let mut count = 0;
    for row in rows {
        row.lend(|values| -> Result<(), Fault> {
            check(name, values)?;
            if values.len() != columns {
                return Err(wrong_count(name, columns, values.len()).into());
            }
            for (index, (value, bound)) in values.iter().zip(&mut bound).enumerate() {
                if !bound.is(*value) {
                    bind_one(&mut prepared, name, index, value)?;
                    *bound = Bound::to(*value);
                }
            }
            prepared.raw_execute().map(drop).map_err(|error| from_sqlite(name, &error))
        })?;
        count += 1;
    }
    Ok(count)
}

fn prepare<'c>(
    connection: &'c Connection,
    statement: &Statement,
    given: usize,
) -> Result<CachedStatement<'c>, Fault> {
    let name = statement.name();
    let prepared =
        connection.prepare_cached(statement.sqlite()).map_err(|error| from_sqlite(name, &error))?;
    let wanted = prepared.parameter_count();
    if wanted == given { Ok(prepared) } else { Err(wrong_count(name, wanted, given).into()) }
}

fn bind(
    prepared: &mut CachedStatement<'_>,
    name: &'static str,
    values: &[Value<'_>],
) -> Result<(), Fault> {
    values.iter().enumerate().try_for_each(|(index, value)| bind_one(prepared, name, index, value))
}

fn bind_one(
    prepared: &mut CachedStatement<'_>,
    name: &'static str,
    index: usize,
    value: &Value<'_>,
) -> Result<(), Fault> {
    prepared.raw_bind_parameter(index + 1, value).map_err(|error| from_sqlite(name, &error))
}

/// What a parameter holds from the row before, as far as it is quickly compared: many columns of a bulk insert
/// are the same in row after row.
enum Bound {
    Other,
    Fixed(Value<'static>),
    Short(usize, [u8; SHORT]),
}

/// Longest text that is remembered.
const SHORT: usize = 40;

impl Bound {
    fn to(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Fixed(Value::Null),
            Value::I64(number) => Self::Fixed(Value::I64(number)),
            Value::Bool(flag) => Self::Fixed(Value::Bool(flag)),
            Value::Uuid(id) => Self::Fixed(Value::Uuid(id)),
            Value::Instant(at) => Self::Fixed(Value::Instant(at)),
            Value::Text(text) if text.len() <= SHORT => {
                let mut kept = [0; SHORT];
                for (to, from) in kept.iter_mut().zip(text.bytes()) {
                    *to = from;
                }
                Self::Short(text.len(), kept)
            }
            Value::F64(_) | Value::Text(_) | Value::Blob(_) => Self::Other,
        }
    }

    fn is(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Fixed(held), value) => *held == value,
            (Self::Short(length, held), Value::Text(text)) => {
                held.get(..*length).is_some_and(|held| held == text.as_bytes())
            }
            _ => false,
        }
    }
}

pub(crate) fn wrong_count(statement: &'static str, wanted: usize, given: usize) -> DbError {
    let reason = format!("the statement has {wanted} parameters, {given} were given");
    DbError::Statement { statement, reason }
}
