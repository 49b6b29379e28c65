//! Proof that nothing was lost or altered: the chain of hashes holds, and current values equal the
//! replay of the audit.
//!
//! One thread reads, center by center, each table in the order of its keys and some records at a time;
//! the others compare. A pass over the chain computes the hashes; one over the records joins the audit's
//! replay with what is stored; one over the patients works out again what is copied from their answers.
//! What is held in memory does not grow with the registry.

mod chain;
mod copies;
mod crew;
mod links;
mod records;
mod replay;
mod rows;

use base::{CenterId, PatientId, RecordId};
use db::{DbError, Tx};
use uuid::Uuid;

use crate::model::RegistryError;
use crate::{Registry, store};
use copies::CopyWindow;
use crew::{Crew, Task};
use records::RecordWindow;

pub use rows::VERIFY_STATEMENTS;

/// Audit rows, or patients, that are looked at together.
const PAGE: i64 = 1_000;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The center.
    pub center: CenterId,
    /// Number of the audit row, where one is named.
    pub seq: Option<i64>,
    /// The record, where one is named.
    pub record: Option<RecordId>,
    /// What is wrong.
    pub problem: String,
}

impl Fault {
    /// About a record.
    fn of_record(center: CenterId, record: RecordId, problem: impl Into<String>) -> Self {
        Self { center, seq: None, record: Some(record), problem: problem.into() }
    }

    /// About an audit row.
    fn of_row(center: CenterId, seq: i64, problem: impl Into<String>) -> Self {
        Self { center, seq: Some(seq), record: None, problem: problem.into() }
    }
}

/// What was proven, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Centers with an audit.
    pub centers: u64,
    /// Audit rows whose hash was computed again.
    pub rows: u64,
    /// Records whose values were replayed.
    pub records: u64,
    /// Last row and hash of each center's chain, to be kept outside the database.
    pub heads: Vec<(CenterId, i64, String)>,
    /// What is wrong; empty when all is well.
    pub faults: Vec<Fault>,
}

/// How far [`Registry::verify`] has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Audit rows whose records were compared.
    pub rows: u64,
    /// Audit rows that the heads of the chains tell of.
    pub of: u64,
}

impl Registry {
    /// Checks every center in one snapshot; `progress` is called after some hundred records each.
    ///
    /// # Errors
    /// Of the database alone: whatever is wrong with the records is among the faults.
    pub fn verify(
        &self,
        progress: &mut dyn FnMut(VerifyProgress),
    ) -> Result<Verified, RegistryError> {
        let now = self.latest_local();
        let check = |task: Task| match task {
            Task::Records(window) => window.check(),
            Task::Copies(window) => self.check_copies(&window, now),
        };
        self.db.read(|tx| {
            let of: i64 = tx.one(&rows::VERIFY_TOTAL, ())?;
            let of = u64::try_from(of).unwrap_or(0);
            crew::work(&check, |crew| {
                let mut walk = Walk { crew, verified: Verified::default(), compared: 0 };
                let centers: Vec<CenterId> = tx.all(&store::AUDIT_CENTERS, ())?;
                for center in centers {
                    walk.verified.centers += 1;
                    chain::check(tx, center, &mut walk.verified)?;
                    walk.crew.keep(std::mem::take(&mut walk.verified.faults));
                    walk.records(tx, center, &mut |rows| progress(VerifyProgress { rows, of }))?;
                    walk.copies(self, tx, center)?;
                }
                Ok(walk.verified)
            })
            .map(|(verified, faults)| Verified { faults, ..verified })
        })
    }
}

/// The thread that reads.
struct Walk<'c> {
    crew: &'c mut Crew,
    verified: Verified,
    /// Audit rows that were handed over to be compared.
    compared: u64,
}

impl Walk<'_> {
    /// Hands over a center's records with their audit.
    fn records(
        &mut self,
        tx: &mut Tx<'_>,
        center: CenterId,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), RegistryError> {
        let mut links = links::of_center(tx, center)?;
        let mut after = RecordId(Uuid::nil());
        loop {
            let end: Option<RecordId> = tx.opt(&rows::VERIFY_END, (center, after, PAGE))?;
            let upto = end.unwrap_or(RecordId(Uuid::max()));
            let window = RecordWindow::read(tx, center, (after, upto), &mut links)?;
            self.compared += window.audit_rows();
            self.verified.records += window.audited_records();
            self.crew.hand_over(Task::Records(window));
            progress(self.compared);
            if end.is_none() {
                return Ok(());
            }
            after = upto;
        }
    }

    /// Hands over a center's patients with the answers that copies are made of.
    fn copies(
        &mut self,
        registry: &Registry,
        tx: &mut Tx<'_>,
        center: CenterId,
    ) -> Result<(), RegistryError> {
        let mut after = PatientId(Uuid::nil());
        loop {
            let end: Option<PatientId> =
                tx.opt(&rows::VERIFY_PATIENTS_END, (center, after, PAGE))?;
            let upto = end.unwrap_or(PatientId(Uuid::max()));
            let window = CopyWindow::read(registry, tx, center, (after, upto))?;
            self.crew.hand_over(Task::Copies(window));
            if end.is_none() {
                return Ok(());
            }
            after = upto;
        }
    }
}

/// What is wrong with a row that could be fetched but not read; other failures end the work.
fn unread<T>(read: Result<T, DbError>) -> Result<Result<T, String>, DbError> {
    match read {
        Err(error @ DbError::Inconsistent { .. }) => Ok(Err(error.to_string())),
        read => read.map(Ok),
    }
}
