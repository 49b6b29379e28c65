//! Patients, hospitalizations and runs: how they are entered, judged, signed, locked and kept.
//!
//! [`Registry`] is the only way to the records. Every change goes through one write transaction that
//! carries the new form version and a hash-chained audit row with old and new values.

mod audit;
mod bulk;
mod cases;
mod centers;
mod changes;
mod compare;
mod confirm;
mod due;
mod export;
mod feed;
mod figures;
mod forms;
mod history;
pub mod incoming;
mod keys;
mod life;
mod load;
mod model;
pub mod quality;
mod queries;
mod reading;
mod receipt;
mod requests;
mod start;
mod store;
mod transfers;
pub mod upload;
mod verify;
pub mod worklist;
mod writer;

use std::sync::Arc;

use base::{Clock, Ids};
use db::Db;
use dictionary::{Dictionary, Moment};

pub use audit::hex;
pub use bulk::{PastCenter, PastCounts, PastPatient};
pub use cases::NewRun;
pub use centers::{Center, NewCenter};
pub use changes::FieldChange;
pub use compare::{FormVersion, HistoryStep, PlainChange};
pub use confirm::{CONFIRM_STATEMENTS, Confirm, Confirmed, confirmation};
pub use due::{CenterDue, DUE_STATEMENTS, Due, DueDays};
pub use export::{ExportRuns, Passes};
pub use feed::{
    Cursor, CursorError, DataVersion, FEED_STATEMENTS, FeedChange, FeedChanges, FeedPatient,
    FeedRun, FeedSink,
};
pub use figures::Figures;
pub use forms::FormSaved;
pub use history::{HistoryEntry, RunSummary};
pub use life::{Submitted, soft_findings};
pub use model::{RecordKind, RegistryError, RunState};
pub use queries::{
    CenterQuery, DataQuery, NewQuery, QUERY_STATEMENTS, QueryMove, QueryStep,
    RULE_QUERY_STATEMENTS, RuleQueries, RuleSweep,
};
pub use reading::{FormInSight, READING_STATEMENTS, RecordInSight};
pub use receipt::{RECEIPT_STATEMENTS, Receipt};
pub use requests::{REQUEST_STATEMENTS, RequestKind, RunRequest};
pub use start::{CASE_FIELDS, CaseField, NewCase, Opened, Problem};
pub use store::STATEMENTS;
pub use transfers::{Transfer, TransferSide, TransferState};
pub use verify::{Fault, VERIFY_STATEMENTS, Verified, VerifyProgress};

/// What an operator may set.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Months from submission to the lock.
    pub lock_months: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lock_months: 1 }
    }
}

/// The registry: its database, its dictionary, its clock.
#[derive(Clone)]
pub struct Registry {
    db: Db,
    dictionary: Arc<Dictionary>,
    clock: Clock,
    ids: Arc<Ids>,
    settings: Settings,
    keys: Arc<keys::Keys>,
}

impl Registry {
    /// The registry on an open and migrated database.
    ///
    /// # Errors
    /// `RegistryError::Dictionary` when the dictionary lacks one of the few fields that drive the life cycle.
    pub fn new(
        db: Db,
        dictionary: Arc<Dictionary>,
        clock: Clock,
        ids: Arc<Ids>,
        settings: Settings,
    ) -> Result<Self, RegistryError> {
        let keys = Arc::new(keys::Keys::of(&dictionary)?);
        Ok(Self { db, dictionary, clock, ids, settings, keys })
    }

    /// The dictionary in force.
    pub fn dictionary(&self) -> &Arc<Dictionary> {
        &self.dictionary
    }

    /// The database below.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The latest local moment anywhere on Earth: records hold the hospital's local time without a zone, and
    /// "not in the future" must not refuse what has already happened in Kiritimati.
    fn latest_local(&self) -> Moment {
        let ahead = self.clock.now().plus_micros(14 * 3_600_000_000);
        let zoned = ahead.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
        let part = |number: i8| u32::try_from(number).unwrap_or(0);
        Moment::day(i32::from(zoned.year()), part(zoned.month()), part(zoned.day()))
            .and_then(|day| day.at(part(zoned.hour()), part(zoned.minute())))
            .unwrap_or(Moment::LAST)
    }
}
