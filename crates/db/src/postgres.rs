//! The PostgreSQL engine: a pool of sessions, each with its prepared statements.

use std::collections::HashMap;
use std::io::Write as _;
use std::str::FromStr;
use std::time::Duration;

use bytes::{BufMut, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres::{Client, Config, CopyInWriter, NoTls};
use postgres_types::{IsNull, ToSql, Type};

use crate::error::{Class, Fault, from_postgres};
use crate::pool::{Lease, Pool};
use crate::row::{Cells, Row};
use crate::sqlite::wrong_count;
use crate::statement::Bulk;
use crate::value::{Params, Value, check};
use crate::{DbError, Options, Statement};

/// Prepared statements that a session keeps before it forgets them all.
const PREPARED: usize = 512;
/// Bytes of rows that are gathered before they are sent.
const COPY_CHUNK: usize = 64 * 1024;
/// See "Binary Format" under COPY in the PostgreSQL manual: signature, no flags, no header extension.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

pub(crate) struct Postgres {
    config: Config,
    sessions: Pool<Box<Session>>,
}

pub(crate) struct Session {
    pub(crate) client: Client,
    prepared: HashMap<String, postgres::Statement>,
}

impl Postgres {
    pub(crate) fn open(url: &str, options: &Options) -> Result<Self, DbError> {
        let mut config = Config::from_str(url).map_err(|error| DbError::Address(chain(&error)))?;
        if config.get_application_name().is_none() {
            config.application_name("openecls");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        if config.get_tcp_user_timeout().is_none() {
            // a server that vanished without a word must not hold a unit for ever
            config.tcp_user_timeout(Duration::from_secs(30));
            config.keepalives_idle(Duration::from_secs(30));
        }
        let sessions = Pool::new(options.connections, options.patience);
        let engine = Self { config, sessions };
        drop(engine.session()?);
        Ok(engine)
    }

    pub(crate) fn session(&self) -> Result<Lease<'_, Box<Session>>, DbError> {
        self.sessions.take(|| self.connect())
    }

    /// Forgets all idle sessions: one of them was found dead, so the others probably are.
    pub(crate) fn forget_idle(&self) {
        drop(self.sessions.drain());
    }

    fn connect(&self) -> Result<Box<Session>, DbError> {
        let connect = || {
            let mut client = self.config.connect(NoTls)?;
            // only `write` says "read write", so nothing can be written past it
            client.batch_execute("set default_transaction_read_only = on")?;
            Ok(client)
        };
        let client = connect().map_err(|error: postgres::Error| DbError::Open {
            target: format!("PostgreSQL at {:?}", self.config.get_hosts()),
            reason: format!(
                "{}; check that the server runs and that name, user and password are right",
                chain(&error)
            ),
        })?;
        Ok(Box::new(Session { client, prepared: HashMap::new() }))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let idle = self.sessions.drain();
        // closing a client blocks, which an asynchronous thread does not allow
        if !idle.is_empty()
            && let Ok(closing) = std::thread::Builder::new().spawn(move || drop(idle))
        {
            drop(closing.join());
        }
    }
}

fn chain(error: &postgres::Error) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

impl Session {
    /// Runs BEGIN, COMMIT or ROLLBACK, or the text of a migration.
    pub(crate) fn script(&mut self, name: &'static str, text: &str) -> Result<(), Fault> {
        self.client.batch_execute(text).map_err(|error| from_postgres(name, &error))
    }

    pub(crate) fn rows(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> bool,
    ) -> Result<(), Fault> {
        let name = statement.name();
        let fault = |error| from_postgres(name, &error);
        let prepared = self.prepare_for(statement, values.len())?;
        let mut rows = self.client.query_raw(&prepared, values.iter().copied()).map_err(fault)?;
        let mut number = 0;
        while let Some(row) = rows.next().map_err(fault)? {
            number += 1;
            if !each(&Row { statement: name, number, cells: Cells::Postgres(&row) }) {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn execute(
        &mut self,
        statement: &Statement,
        values: &[Value<'_>],
    ) -> Result<u64, Fault> {
        let prepared = self.prepare_for(statement, values.len())?;
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client
            .execute(&prepared, &values)
            .map_err(|error| from_postgres(statement.name(), &error))
    }

    /// One row becomes a plain insert, more become a binary copy.
    pub(crate) fn insert_many<P: Params>(
        &mut self,
        statement: &Statement,
        bulk: Bulk,
        mut rows: impl Iterator<Item = P>,
    ) -> Result<u64, Fault> {
        let name = statement.name();
        let Some(first) = rows.next() else { return Ok(0) };
        let Some(second) = rows.next() else {
            return first.lend(|values| {
                check(name, values)?;
                self.execute(statement, values)
            });
        };
        let insert = self.prepare_for(statement, bulk.columns.len())?;
        let copy = self.prepare(name, &bulk.copy_text())?;
        let writer = self.client.copy_in(&copy).map_err(|error| from_postgres(name, &error))?;
        let mut out = Copy { name, writer, types: insert.params(), buffer: BytesMut::new() };
        out.buffer.put_slice(COPY_HEADER);
        let mut count = 0;
        for row in [first, second].into_iter().chain(rows) {
            row.lend(|values| out.add(values))?;
            if out.buffer.len() >= COPY_CHUNK
                && let Err(error) = out.send()
            {
                // the server's own report, if there is one, is read by `finish`
                return Err(match out.writer.finish() {
                    Err(report) => from_postgres(name, &report),
                    Ok(_) => error,
                });
            }
            count += 1;
        }
        out.buffer.put_i16(-1);
        out.send()?;
        out.writer.finish().map_err(|error| from_postgres(name, &error))?;
        Ok(count)
    }

    fn prepare_for(
        &mut self,
        statement: &Statement,
        given: usize,
    ) -> Result<postgres::Statement, Fault> {
        let prepared = self.prepare(statement.name(), statement.postgres())?;
        let wanted = prepared.params().len();
        if wanted == given {
            Ok(prepared)
        } else {
            Err(wrong_count(statement.name(), wanted, given).into())
        }
    }

    fn prepare(&mut self, name: &'static str, text: &str) -> Result<postgres::Statement, Fault> {
        if let Some(prepared) = self.prepared.get(text) {
            return Ok(prepared.clone());
        }
        if self.prepared.len() >= PREPARED {
            self.prepared.clear();
        }
        let prepared = self.client.prepare(text).map_err(|error| from_postgres(name, &error))?;
        self.prepared.insert(text.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

/// Writes rows in the binary format of COPY.
struct Copy<'s, 't> {
    name: &'static str,
    writer: CopyInWriter<'s>,
    types: &'t [Type],
    buffer: BytesMut,
}

impl Copy<'_, '_> {
    fn add(&mut self, values: &[Value<'_>]) -> Result<(), Fault> {
        check(self.name, values)?;
        if values.len() != self.types.len() {
            return Err(wrong_count(self.name, self.types.len(), values.len()).into());
        }
        self.buffer.put_i16(i16::try_from(values.len()).unwrap_or(i16::MAX));
        for (value, ty) in values.iter().zip(self.types) {
            let start = self.buffer.len();
            self.buffer.put_i32(-1);
            let null = ToSql::to_sql(value, ty, &mut self.buffer)
                .map_err(|error| self.refused(error.to_string()))?;
            if matches!(null, IsNull::No) {
                let length = i32::try_from(self.buffer.len() - start - 4)
                    .map_err(|_| self.refused("a value is larger than 2 GB".to_owned()))?;
                if let Some(place) = self.buffer.get_mut(start..start + 4) {
                    place.copy_from_slice(&length.to_be_bytes());
                }
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Fault> {
        let sent = self.writer.write_all(&self.buffer);
        self.buffer.clear();
        sent.map_err(|error| Fault {
            class: Class::Lost,
            error: DbError::Connection { statement: self.name, reason: error.to_string() },
        })
    }

    fn refused(&self, reason: String) -> Fault {
        DbError::Statement { statement: self.name, reason }.into()
    }
}
