//! What can go wrong, in words that say what to do.

use std::fmt;

use postgres::error::SqlState;
use rusqlite::ErrorCode;

/// A failure of the database layer. No text here carries a stored or bound value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The address is not one that this program understands.
    #[error(
        "database address is not valid: {0}; write sqlite:PATH or postgres://USER@HOST/DATABASE"
    )]
    Address(String),
    /// The database file or server cannot be opened at all.
    #[error("cannot open {target}: {reason}")]
    Open {
        /// What was to be opened: a path or a server.
        target: String,
        /// Why it failed and what to do.
        reason: String,
    },
    /// No room left for data.
    #[error(
        "{statement}: the disk of the database is full; nothing was saved, make room and try again"
    )]
    DiskFull {
        /// The statement that failed.
        statement: &'static str,
    },
    /// The database may not be written.
    #[error(
        "{statement}: the database is read-only; check owner and permissions of its file and folder, \
         or whether the server is a standby"
    )]
    ReadOnly {
        /// The statement that failed.
        statement: &'static str,
    },
    /// Others hold the database for too long.
    #[error("{statement}: the database is busy ({reason}); nothing was saved, try again")]
    Busy {
        /// The statement that failed.
        statement: &'static str,
        /// What was waited for.
        reason: String,
    },
    /// The server cannot be reached, or the connection was lost before anything was committed.
    #[error("{statement}: no connection to the database ({reason}); nothing was saved, try again")]
    Connection {
        /// The statement that failed.
        statement: &'static str,
        /// What the driver reports.
        reason: String,
    },
    /// The connection was lost during the commit: the change may be saved or not.
    #[error(
        "lost the database during commit ({reason}); look whether the change is there before repeating it"
    )]
    OutcomeUnknown {
        /// What the driver reports.
        reason: String,
    },
    /// A constraint of the schema refused the change.
    #[error("{statement}: refused by {kind} constraint {name}")]
    Constraint {
        /// The statement that failed.
        statement: &'static str,
        /// Which kind of constraint.
        kind: ConstraintKind,
        /// PostgreSQL: the constraint's name. SQLite: its name for checks, `table.column, …` for others.
        name: String,
    },
    /// A stored value is not what the program expects.
    #[error(
        "{statement}: row {row}, column {column}: {problem}; the database is inconsistent with this program"
    )]
    Inconsistent {
        /// The statement that read it.
        statement: &'static str,
        /// Column name, or its position.
        column: String,
        /// Number of the row in the answer, from 1.
        row: u64,
        /// Expected and found kind of value.
        problem: String,
    },
    /// A value cannot be stored.
    #[error("{statement}: parameter {parameter}: {problem}")]
    Value {
        /// The statement.
        statement: &'static str,
        /// Number of the parameter, from 1.
        parameter: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// The engine refused the statement for another reason: a mistake in the program.
    #[error("{statement}: {reason}")]
    Statement {
        /// The statement.
        statement: &'static str,
        /// The engine's message.
        reason: String,
    },
    /// A unit of work wanted to commit although one of its statements had failed.
    #[error("{statement} had failed, so the unit of work was rolled back")]
    Aborted {
        /// The statement that had failed.
        statement: &'static str,
    },
    /// The file is damaged.
    #[error(
        "{statement}: the database file is damaged ({reason}); stop the program and restore a backup"
    )]
    Corrupt {
        /// The statement that noticed it.
        statement: &'static str,
        /// The engine's message.
        reason: String,
    },
    /// The database was written by a newer program.
    #[error(
        "the database has migration {database}, this program knows up to {program}; start the newer program"
    )]
    TooNew {
        /// Highest migration in the database.
        database: i64,
        /// Highest migration in this program.
        program: i64,
    },
    /// A migration cannot be applied.
    #[error("migration {number} ({name}): {problem}")]
    Migration {
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A backup could not be written.
    #[error("backup to {target}: {reason}")]
    Backup {
        /// The file.
        target: String,
        /// Why.
        reason: String,
    },
    /// Online backup is SQLite only.
    #[error(
        "this database is on PostgreSQL: back it up with pg_dump --format=custom, restore with pg_restore"
    )]
    UsePgDump,
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// Primary key or unique.
    Unique,
    /// The row that is pointed to is missing, or is still pointed to.
    ForeignKey,
    /// A value is missing.
    NotNull,
    /// A check of the schema.
    Check,
    /// Any other.
    Other,
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique",
            Self::ForeignKey => "foreign key",
            Self::NotNull => "not-null",
            Self::Check => "check",
            Self::Other => "a",
        })
    }
}

/// What a failure means for the unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Another unit was in the way: run this one again.
    Conflict,
    /// The connection is gone.
    Lost,
    /// The schema changed under the session's prepared statements: a new session helps.
    Stale,
    /// Running again would not help.
    Final,
}

/// An error with what it means.
pub(crate) struct Fault {
    pub(crate) class: Class,
    pub(crate) error: DbError,
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Self { class: Class::Final, error }
    }
}

/// Carried through the PostgreSQL driver when a value does not fit its place.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misfit(pub(crate) String);

pub(crate) fn from_sqlite(statement: &'static str, error: &rusqlite::Error) -> Fault {
    let (code, extended, message) = match error {
        rusqlite::Error::SqliteFailure(failure, message) => (
            failure.code,
            failure.extended_code,
            message.clone().unwrap_or_else(|| failure.to_string()),
        ),
        rusqlite::Error::SqlInputError { error, msg, .. } => {
            (error.code, error.extended_code, msg.clone())
        }
        other => {
            return DbError::Statement { statement, reason: other.to_string() }.into();
        }
    };
    let error = match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            let error = DbError::Busy { statement, reason: message };
            return Fault { class: Class::Conflict, error };
        }
        ErrorCode::DiskFull => DbError::DiskFull { statement },
        ErrorCode::ReadOnly => DbError::ReadOnly { statement },
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            DbError::Corrupt { statement, reason: message }
        }
        ErrorCode::CannotOpen | ErrorCode::SystemIoFailure => {
            DbError::Connection { statement, reason: message }
        }
        ErrorCode::ConstraintViolation => sqlite_constraint(statement, extended, &message),
        _ => DbError::Statement { statement, reason: message },
    };
    error.into()
}

fn sqlite_constraint(statement: &'static str, extended: i32, message: &str) -> DbError {
    use rusqlite::ffi;
    let kind = match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE
        | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
        | ffi::SQLITE_CONSTRAINT_ROWID => ConstraintKind::Unique,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL => ConstraintKind::NotNull,
        ffi::SQLITE_CONSTRAINT_CHECK => ConstraintKind::Check,
        _ => ConstraintKind::Other,
    };
    let name = message.split_once("constraint failed: ").map_or("", |(_, name)| name);
    DbError::Constraint { statement, kind, name: name.to_owned() }
}

pub(crate) fn from_postgres(statement: &'static str, error: &postgres::Error) -> Fault {
    let Some(report) = error.as_db_error() else {
        let mut reason = error.to_string();
        let mut lost = true;
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            // a value that does not fit is found before anything is sent
            lost &= !cause.is::<Misfit>();
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        return if lost {
            Fault { class: Class::Lost, error: DbError::Connection { statement, reason } }
        } else {
            DbError::Statement { statement, reason }.into()
        };
    };
    let state = report.code();
    let class_of = state.code().get(..2).unwrap_or_default();
    // data exceptions may quote the value, so their message is left out
    let reason = if class_of == "22" {
        format!("SQLSTATE {}", state.code())
    } else {
        format!("{} (SQLSTATE {})", report.message(), state.code())
    };
    let stale_plan = *state == SqlState::FEATURE_NOT_SUPPORTED
        && report.message().starts_with("cached plan must not change");
    if stale_plan
        || *state == SqlState::T_R_SERIALIZATION_FAILURE
        || *state == SqlState::T_R_DEADLOCK_DETECTED
    {
        let class = if stale_plan { Class::Stale } else { Class::Conflict };
        return Fault { class, error: DbError::Busy { statement, reason } };
    }
    let name = || report.constraint().or(report.column()).unwrap_or_default().to_owned();
    let constraint = |kind| DbError::Constraint { statement, kind, name: name() };
    let error = match (state.code(), class_of) {
        ("23505" | "23P01", _) => constraint(ConstraintKind::Unique),
        ("23503", _) => constraint(ConstraintKind::ForeignKey),
        ("23502", _) => constraint(ConstraintKind::NotNull),
        ("23514", _) => constraint(ConstraintKind::Check),
        (_, "23") => constraint(ConstraintKind::Other),
        ("53100", _) => DbError::DiskFull { statement },
        ("25006", _) => DbError::ReadOnly { statement },
        ("XX001" | "XX002", _) => DbError::Corrupt { statement, reason },
        ("57P01" | "57P02" | "57P03" | "57P05", _) | (_, "08") => {
            let error = DbError::Connection { statement, reason };
            return Fault { class: Class::Lost, error };
        }
        (_, "53") => DbError::Busy { statement, reason },
        _ => DbError::Statement { statement, reason },
    };
    error.into()
}
