//! The statements of one unit of work.

use crate::error::{Class, Fault};
use crate::row::{FromRow, Row};
use crate::value::{Params, Value, check};
use crate::{DbError, Statement, postgres, sqlite};

/// One unit of work: what closures of [`Db::read`](crate::Db::read) and [`Db::write`](crate::Db::write) get.
///
/// When a statement of a write fails, the unit can no longer be saved, on both engines alike: PostgreSQL
/// refuses everything after a failure, so SQLite must not be more lenient.
pub struct Tx<'a> {
    session: Session<'a>,
    single: bool,
    statements: u64,
    failed: Option<(&'static str, Class)>,
}

pub(crate) enum Session<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl<'a> Tx<'a> {
    pub(crate) fn new(session: Session<'a>, single: bool) -> Self {
        Self { session, single, statements: 0, failed: None }
    }

    /// The first failure, and what it means.
    pub(crate) fn failed(&self) -> Option<(&'static str, Class)> {
        self.failed
    }

    /// How many statements this unit has run; a bulk insert counts as one.
    pub fn statements(&self) -> u64 {
        self.statements
    }

    /// The only row; anything but one row is an inconsistency.
    pub fn one<T: FromRow>(
        &mut self,
        statement: &Statement,
        params: impl Params,
    ) -> Result<T, DbError> {
        self.opt(statement, params)?
            .ok_or_else(|| rows_are_wrong(statement, 0, "expected one row, found none"))
    }

    /// The only row, or nothing; more than one row is an inconsistency.
    pub fn opt<T: FromRow>(
        &mut self,
        statement: &Statement,
        params: impl Params,
    ) -> Result<Option<T>, DbError> {
        let mut found = None;
        self.each(statement, params, |row| {
            if found.is_some() {
                return Err(rows_are_wrong(statement, 2, "expected one row, found more"));
            }
            found = Some(T::from_row(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows. Only for answers that are known to be small; otherwise [`each`](Self::each).
    pub fn all<T: FromRow>(
        &mut self,
        statement: &Statement,
        params: impl Params,
    ) -> Result<Vec<T>, DbError> {
        let mut rows = Vec::new();
        self.each(statement, params, |row| -> Result<(), DbError> {
            rows.push(T::from_row(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Hands over row after row in constant memory; an error from `each` ends it.
    pub fn each<E: From<DbError>>(
        &mut self,
        statement: &Statement,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        let mut step = |row: &Row<'_>| match each(row) {
            Ok(()) => true,
            Err(error) => {
                stopped = Some(error);
                false
            }
        };
        params.lend(|values| self.rows(statement, values, &mut step))?;
        stopped.map_or(Ok(()), Err)
    }

    /// Runs a statement without answer; gives the number of rows that it changed.
    pub fn execute(&mut self, statement: &Statement, params: impl Params) -> Result<u64, DbError> {
        params.lend(|values| {
            check(statement.name(), values)?;
            self.call(statement.name(), |session| match session {
                Session::Sqlite(connection) => sqlite::execute(connection, statement, values),
                Session::Postgres(session) => session.execute(statement, values),
            })
        })
    }

    /// Inserts many rows with a bulk statement (`NAME => table(columns…)`); gives their number.
    ///
    /// SQLite runs one prepared insert in a loop, PostgreSQL a binary COPY. Rows are taken from the iterator one by one.
    pub fn insert_many<P: Params>(
        &mut self,
        statement: &Statement,
        rows: impl IntoIterator<Item = P>,
    ) -> Result<u64, DbError> {
        let name = statement.name();
        let Some(bulk) = statement.bulk() else {
            let reason = "not a bulk statement, write NAME => table(columns)".to_owned();
            return Err(DbError::Statement { statement: name, reason });
        };
        self.call(name, |session| match session {
            Session::Sqlite(connection) => {
                sqlite::insert_many(connection, statement, bulk.columns.len(), rows.into_iter())
            }
            Session::Postgres(session) => session.insert_many(statement, bulk, rows.into_iter()),
        })
    }

    /// Several statements without parameters, for migrations.
    pub(crate) fn script(&mut self, text: &str) -> Result<(), DbError> {
        let name = "migration";
        self.call(name, |session| match session {
            Session::Sqlite(connection) => connection
                .execute_batch(text)
                .map_err(|error| crate::error::from_sqlite(name, &error)),
            Session::Postgres(session) => session.script(name, text),
        })
    }

    fn rows(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), DbError> {
        check(statement.name(), values)?;
        self.call(statement.name(), |session| match session {
            Session::Sqlite(connection) => sqlite::rows(connection, statement, values, each),
            Session::Postgres(session) => session.rows(statement, values, each),
        })
    }

    fn call<R>(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&mut Session<'a>) -> Result<R, Fault>,
    ) -> Result<R, DbError> {
        if self.single && self.statements > 0 {
            let reason = "read_one runs one statement; use read for more".to_owned();
            return Err(DbError::Statement { statement: name, reason });
        }
        self.statements += 1;
        work(&mut self.session).map_err(|fault| {
            self.failed.get_or_insert((name, fault.class));
            fault.error
        })
    }
}

fn rows_are_wrong(statement: &Statement, row: u64, problem: &str) -> DbError {
    DbError::Inconsistent {
        statement: statement.name(),
        column: "all".to_owned(),
        row,
        problem: problem.to_owned(),
    }
}
