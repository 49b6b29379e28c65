//! The nouns of the registry and their states.

use std::fmt;

use base::{Instant, Refusal};
use db::DbError;
use dictionary::BodyError;
use thiserror::Error;

use crate::incoming::FileError;

/// What owns form values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// One person known to one center.
    Patient,
    /// One stay.
    Hospitalization,
    /// One ECLS run.
    Run,
}

impl RecordKind {
    /// The word kept in the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Hospitalization => "hospitalization",
            Self::Run => "run",
        }
    }

    /// From the word kept in the audit.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Patient, Self::Hospitalization, Self::Run]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// The scope of its forms.
    pub const fn scope(self) -> dictionary::Scope {
        match self {
            Self::Patient => dictionary::Scope::Patient,
            Self::Hospitalization => dictionary::Scope::Hospitalization,
            Self::Run => dictionary::Scope::Run,
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a run stands in its life.
///
/// draft -> submitted -> locked (one month later) -> unlocked (with a reason) -> submitted again;
/// any of them -> withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunState {
    /// Being entered; not counted.
    Draft,
    /// Signed and counted; still open for correction.
    Submitted,
    /// Read-only and counted.
    Locked,
    /// Re-opened by the registry; still counted as last signed.
    Unlocked,
    /// Taken out on request; kept, never counted.
    Withdrawn,
}

impl RunState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Draft, Self::Submitted, Self::Locked, Self::Unlocked, Self::Withdrawn];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// From the word that is stored.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the run is counted in public figures.
    pub const fn is_counted(self) -> bool {
        matches!(self, Self::Submitted | Self::Locked | Self::Unlocked)
    }

    /// Whether values may be changed. A submitted run is locked from `locks_at` on, whether or not the
    /// platform has come round to writing it down.
    pub fn is_open(self, locks_at: Option<Instant>, now: Instant) -> bool {
        match self {
            Self::Draft | Self::Unlocked => true,
            Self::Submitted => locks_at.is_none_or(|locks_at| now < locks_at),
            Self::Locked | Self::Withdrawn => false,
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can go wrong with records. Texts hold no clinical values and no patient keys.
#[derive(Debug, Error)]
pub enum RegistryError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The actor may not do this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No such record within the actor's reach.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Somebody else saved first.
    #[error(
        "{form} was saved by somebody else: version {current} is stored, {expected} was expected; read it again"
    )]
    Conflict {
        /// The form.
        form: String,
        /// The version the caller knew; 0 for none.
        expected: i64,
        /// The version that is stored; 0 for none.
        current: i64,
    },
    /// The run cannot be changed in its state.
    #[error("the run is {state}; {hint}")]
    State {
        /// The state it is in.
        state: RunState,
        /// What to do.
        hint: &'static str,
    },
    /// The record has hard findings.
    #[error(
        "the record has {hard} finding(s) that must be mended and {soft} that must be confirmed"
    )]
    Findings {
        /// Hard findings.
        hard: usize,
        /// Soft findings that are not confirmed.
        soft: usize,
    },
    /// A value of the request is not usable.
    #[error("{0}")]
    Invalid(String),
    /// A stored body does not fit the dictionary.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A stored value breaks an invariant.
    #[error("inconsistent record: {0}; run `openecls verify`")]
    Inconsistent(String),
    /// The dictionary lacks a field that drives the life cycle.
    #[error("the dictionary has no field `{0}`, which the registry needs")]
    Dictionary(String),
    /// The upload's file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The records have moved on since the plan was made.
    #[error(
        "the records or the file have changed since the plan was made; nothing was written; make the plan again"
    )]
    PlanMoved,
    /// An import cannot be taken back.
    #[error("import cannot be undone: {0}")]
    CannotUndo(String),
}
