//! Online backup and integrity check of SQLite.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::db::Engine;
use crate::error::from_sqlite;
use crate::{Db, DbError};

/// Pages per step: 4 MiB.
const PAGES: i32 = 1024;

impl Db {
    /// Writes a copy of the database, as it is at this moment, into a new file, while others go on writing.
    ///
    /// `progress` gets pages copied and pages in all. The copy is checked before it appears under its name.
    /// On PostgreSQL this is [`DbError::UsePgDump`].
    pub fn backup_to(
        &self,
        target: &Path,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<(), DbError> {
        let Engine::Sqlite(engine) = self.engine() else { return Err(DbError::UsePgDump) };
        let fail =
            |reason: String| DbError::Backup { target: target.display().to_string(), reason };
        if target.exists() {
            return Err(fail("there is a file of that name already; choose another".to_owned()));
        }
        let source = engine.open_reader()?;
        let mut name = target.as_os_str().to_owned();
        name.push(".partial");
        let partial = Partial(PathBuf::from(name));
        crate::sqlite::create_private(&partial.0)
            .map_err(|error| fail(format!("cannot create {}: {error}", partial.0.display())))?;
        let engine_error =
            |error: rusqlite::Error| fail(from_sqlite("copy", &error).error.to_string());
        copy(&source, &partial.0, &mut progress).map_err(engine_error)?;
        let damage = check_file(&partial.0).map_err(engine_error)?;
        if let Some(first) = damage.first() {
            return Err(fail(format!("the copy does not pass its check: {first}")));
        }
        let publish = || -> std::io::Result<()> {
            fs::File::open(&partial.0)?.sync_all()?;
            // unlike a rename, a link never replaces what came in between; not every disk has links
            fs::hard_link(&partial.0, target).or_else(|error| {
                if target.exists() { Err(error) } else { fs::rename(&partial.0, target) }
            })?;
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        publish().map_err(|error| fail(error.to_string()))
    }

    /// SQLite's own check of the whole file and of all references: what is wrong, or nothing.
    ///
    /// `None` on PostgreSQL, where `pg_amcheck` and data checksums do that.
    pub fn integrity_check(&self) -> Result<Option<Vec<String>>, DbError> {
        let Engine::Sqlite(engine) = self.engine() else { return Ok(None) };
        let connection = engine.open_reader()?;
        match check(&connection) {
            Ok(found) => Ok(Some(found)),
            Err(error) => match from_sqlite("integrity check", &error).error {
                // too damaged to be looked through
                DbError::Corrupt { reason, .. } => Ok(Some(vec![reason])),
                other => Err(other),
            },
        }
    }
}

/// Removes what an interrupted backup left.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn copy(
    source: &Connection,
    target: &Path,
    progress: &mut impl FnMut(u64, u64),
) -> rusqlite::Result<()> {
    // a snapshot held open: otherwise each write by others would start the copy all over
    source.execute_batch("begin")?;
    source.query_row("select count(*) from sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let mut copy = Connection::open(target)?;
    copy.pragma_update(None, "synchronous", "full")?;
    let backup = Backup::new(source, &mut copy)?;
    loop {
        let step = backup.step(PAGES)?;
        let at = backup.progress();
        let total = u64::try_from(at.pagecount).unwrap_or(0);
        progress(total.saturating_sub(u64::try_from(at.remaining).unwrap_or(0)), total);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => std::thread::sleep(std::time::Duration::from_millis(10)),
        }
    }
}

fn check_file(path: &Path) -> rusqlite::Result<Vec<String>> {
    check(&Connection::open(path)?)
}

fn check(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut found: Vec<String> = connection
        .prepare("pragma integrity_check")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    found.retain(|line| line != "ok");
    let mut references = connection.prepare("pragma foreign_key_check")?;
    let mut rows = references.query([])?;
    while let Some(row) = rows.next()? {
        let (table, to): (String, String) = (row.get(0)?, row.get(2)?);
        found.push(format!("a row of {table} points to a missing row of {to}"));
    }
    Ok(found)
}
