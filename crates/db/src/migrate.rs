//! Numbered schema changes, applied once and in order, by one program at a time.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::{Duration, Instant};

use base::Clock;
use sha2::{Digest, Sha256};

use crate::{Db, DbError, EngineKind};

/// One numbered schema change.
///
/// Its text runs in one transaction. A text with lines `-- step` is cut there, and each step runs
/// outside of a transaction; all steps run again if one was interrupted, so they must bear that
/// (`if not exists`). Steps are for what an engine refuses inside a transaction, and for distributed
/// engines, which want one schema change at a time. To rebuild a table that others point to, SQLite needs
/// one step with `pragma foreign_keys = off; begin; …; commit;`; the references are checked again after it.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Rises by any amount from 1.
    pub number: i64,
    /// What it does, in a few words.
    pub name: &'static str,
    /// Text for SQLite.
    pub sqlite: &'static str,
    /// Text for PostgreSQL.
    pub postgres: &'static str,
}

/// The schema changes of OpenECLS, from the folder `migrations` at build time.
pub static MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// A program that died holding the lease blocks others for so long.
const LEASE: Duration = Duration::from_secs(15);
/// A step outside of a transaction may take so long.
const STEP_LEASE: Duration = Duration::from_mins(30);

crate::statements! {
    /// The statements of the migrator itself.
    pub STATEMENTS;

    META_EXISTS = "select count(*) as tables from information_schema.tables
         where table_name in ('schema_migration', 'schema_lease')
           and table_schema = current_schema()",
        sqlite = "select count(*) as tables from sqlite_schema
         where name in ('schema_migration', 'schema_lease')",
        scan_ok = "the catalog";
    APPLIED = "select number, name, sha256 from schema_migration order by number",
        scan_ok = "one row per migration";
    RECORD => schema_migration(number, name, sha256, applied_at);
    TAKE_LEASE = "insert into schema_lease (id, holder, expires_at) values (1, $1, $2)
         on conflict (id) do update set holder = excluded.holder, expires_at = excluded.expires_at
         where schema_lease.expires_at < $3 or schema_lease.holder = excluded.holder";
    KEEP_LEASE = "update schema_lease set expires_at = $2 where id = 1 and holder = $1";
    DROP_LEASE = "delete from schema_lease where id = 1 and holder = $1";
    /// What the schema consists of, one line each.
    pub(crate) SCHEMA = "select cast(c.relname || '.' || a.attname as text) as name,
                pg_catalog.format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
                  || coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') as what
           from pg_catalog.pg_class c
           join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
           left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
          where c.relnamespace = pg_catalog.to_regnamespace(current_schema()::text) and c.relkind in ('r', 'p', 'v')
          union all
         select cast(tablename || ' index ' || indexname as text), indexdef
           from pg_catalog.pg_indexes where schemaname = current_schema()
          union all
         select cast(conrelid::regclass::text || ' constraint ' || conname as text), pg_catalog.pg_get_constraintdef(oid)
           from pg_catalog.pg_constraint
          where connamespace = pg_catalog.to_regnamespace(current_schema()::text)
          order by 1",
        sqlite = "select tbl_name || ' ' || type || ' ' || name as name, sql as what
           from sqlite_schema where name not like 'sqlite_%' order by 1",
        scan_ok = "the catalog";
}

const META_SQLITE: &str = "
create table if not exists schema_migration (
  number integer primary key, name text not null, sha256 text not null, applied_at integer not null
) strict;
create table if not exists schema_lease (
  id integer primary key check (id = 1), holder text not null, expires_at integer not null
) strict;";

const META_POSTGRES: &str = "
create table if not exists schema_migration (
  number bigint primary key, name text not null, sha256 text not null, applied_at timestamptz not null
);
create table if not exists schema_lease (
  id bigint primary key check (id = 1), holder text not null, expires_at timestamptz not null
);";

crate::row! {
    struct Applied {
        number: i64,
        name: String,
        sha256: String,
    }
}

impl Migration {
    fn text(&self, kind: EngineKind) -> &'static str {
        match kind {
            EngineKind::Sqlite => self.sqlite,
            EngineKind::Postgres => self.postgres,
        }
    }

    fn sha256(&self, kind: EngineKind) -> String {
        let digest = Sha256::digest(self.text(kind).as_bytes());
        digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn steps(&self, kind: EngineKind) -> Option<Vec<String>> {
        let mut steps = vec![String::new()];
        for line in self.text(kind).lines() {
            if line.trim() == "-- step" {
                steps.push(String::new());
            } else if let Some(step) = steps.last_mut() {
                step.push_str(line);
                step.push('\n');
            }
        }
        (steps.len() > 1).then_some(steps)
    }

    fn refused(&self, problem: impl Into<String>) -> DbError {
        DbError::Migration {
            number: self.number,
            name: self.name.to_owned(),
            problem: problem.into(),
        }
    }
}

impl Db {
    /// Brings the schema up to the last of `migrations`, which rise by number; gives the numbers that were applied.
    ///
    /// Any number of programs may do this at once: one works, the others wait for it. Refuses when an
    /// applied migration was changed since, is unknown, or when the database is newer than the program.
    pub fn migrate(&self, migrations: &[Migration], clock: &Clock) -> Result<Vec<i64>, DbError> {
        if self.pending_migrations(migrations)?.is_empty() {
            return Ok(Vec::new());
        }
        self.create_meta_tables()?;
        let holder =
            format!("{}-{:016x}", std::process::id(), RandomState::new().build_hasher().finish());
        let deadline = Instant::now() + LEASE + self.options().patience;
        let mut applied = Vec::new();
        loop {
            if self.take_lease(&holder, clock)? {
                let done = self.apply_all(migrations, &holder, clock, &mut applied);
                let dropped = self.write(|tx| tx.execute(&DROP_LEASE, (&holder,)));
                if done? {
                    dropped?;
                    self.forget_plans();
                    return Ok(applied);
                }
            } else if self.pending_migrations(migrations)?.is_empty() {
                return Ok(applied);
            }
            if Instant::now() > deadline {
                let reason = "another program is changing the schema".to_owned();
                return Err(DbError::Busy { statement: "migrate", reason });
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The migrations that are still to be applied; fails like [`migrate`](Self::migrate) when they cannot be.
    pub fn pending_migrations(&self, migrations: &[Migration]) -> Result<Vec<Migration>, DbError> {
        let applied: Vec<Applied> = self.read(|tx| {
            let tables: i64 = tx.one(&META_EXISTS, ())?;
            if tables == 2 { tx.all(&APPLIED, ()) } else { Ok::<_, DbError>(Vec::new()) }
        })?;
        let known = migrations.last().map_or(0, |last| last.number);
        let reached = applied.last().map_or(0, |last| last.number);
        if reached > known {
            return Err(DbError::TooNew { database: reached, program: known });
        }
        for row in &applied {
            let Some(ours) = migrations.iter().find(|ours| ours.number == row.number) else {
                return Err(DbError::Migration {
                    number: row.number,
                    name: row.name.clone(),
                    problem: "was applied, but this program does not know it; \
                              start the program that applied it"
                        .to_owned(),
                });
            };
            if ours.sha256(self.kind()) != row.sha256 {
                return Err(ours.refused(
                    "its text is not the one that was applied; \
                     restore the text and put the change into a new migration",
                ));
            }
        }
        let pending: Vec<Migration> = migrations
            .iter()
            .filter(|ours| applied.iter().all(|row| row.number != ours.number))
            .copied()
            .collect();
        match pending.first() {
            Some(early) if early.number <= reached => Err(early.refused(format!(
                "migration {reached} was applied before it; give it a higher number"
            ))),
            _ => Ok(pending),
        }
    }

    /// Programs that start together collide here inside of PostgreSQL, in spite of `if not exists`.
    fn create_meta_tables(&self) -> Result<(), DbError> {
        let mut tries = 0;
        loop {
            if self.read_one(|tx| tx.one::<i64>(&META_EXISTS, ()))? == 2 {
                return Ok(());
            }
            let text = match self.kind() {
                EngineKind::Sqlite => META_SQLITE,
                EngineKind::Postgres => META_POSTGRES,
            };
            tries += 1;
            match self.write(|tx| tx.script(text)) {
                Err(DbError::Constraint { .. } | DbError::Statement { .. }) if tries < 20 => {
                    thread::sleep(Duration::from_millis(20));
                }
                other => return other,
            }
        }
    }

    fn take_lease(&self, holder: &str, clock: &Clock) -> Result<bool, DbError> {
        self.write(|tx| {
            let now = clock.now();
            let until = now.plus_micros(micros(LEASE));
            Ok(tx.execute(&TAKE_LEASE, (holder, until, now))? == 1)
        })
    }

    /// Applies what is pending; stops with `false` when the lease went to another program.
    fn apply_all(
        &self,
        migrations: &[Migration],
        holder: &str,
        clock: &Clock,
        applied: &mut Vec<i64>,
    ) -> Result<bool, DbError> {
        for migration in self.pending_migrations(migrations)? {
            tracing::info!(migration.number, migration.name, "applying migration");
            let kept = match migration.steps(self.kind()) {
                Some(steps) => self.apply_steps(&migration, &steps, holder, clock),
                None => self.apply_whole(&migration, holder, clock),
            };
            if !kept.map_err(|error| explain(&migration, error))? {
                return Ok(false);
            }
            applied.push(migration.number);
        }
        Ok(true)
    }

    fn apply_whole(
        &self,
        migration: &Migration,
        holder: &str,
        clock: &Clock,
    ) -> Result<bool, DbError> {
        self.write(|tx| {
            // holds the row until the commit, so nobody can take the lease meanwhile
            let until = clock.now().plus_micros(micros(LEASE));
            if tx.execute(&KEEP_LEASE, (holder, until))? == 0 {
                return Ok(false);
            }
            tx.script(migration.text(self.kind()))?;
            self.record(tx, migration, clock)?;
            Ok(true)
        })
    }

    fn apply_steps(
        &self,
        migration: &Migration,
        steps: &[String],
        holder: &str,
        clock: &Clock,
    ) -> Result<bool, DbError> {
        for step in steps {
            let until = clock.now().plus_micros(micros(STEP_LEASE));
            if self.write(|tx| tx.execute(&KEEP_LEASE, (holder, until)))? == 0 {
                return Ok(false);
            }
            self.bare(|tx| tx.script(step))?;
        }
        self.write(|tx| self.record(tx, migration, clock))?;
        Ok(true)
    }

    fn record(
        &self,
        tx: &mut crate::Tx<'_>,
        migration: &Migration,
        clock: &Clock,
    ) -> Result<(), DbError> {
        let hash = migration.sha256(self.kind());
        let row = (migration.number, migration.name, hash, clock.now());
        tx.execute(&RECORD, row).map(drop)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Names the migration where the engine refused its text; other troubles say enough.
fn explain(migration: &Migration, error: DbError) -> DbError {
    match error {
        DbError::Statement { reason, .. } => migration.refused(reason),
        DbError::Constraint { .. } => migration.refused(error.to_string()),
        other => other,
    }
}
