//! Worklists: which runs of a center wait for what.
//!
//! Lists, counts and rows come from one snapshot, so that a count is the number of rows. A page is read along an
//! index from where the last one ended; how many runs the center has does not matter.

mod states;
mod store;

use std::fmt;
use std::str::FromStr;

use base::{Action, Actor, CenterId, HospitalizationId, Instant, PatientId, RunId, permit};
use db::Tx;

use crate::Registry;
use crate::centers::Center;
use crate::model::{RegistryError, RunState};

pub(crate) use states::StoredByRecord;
pub use states::{FormState, FormStates, GridRow};
pub use store::WORKLIST_STATEMENTS;

/// Days before its lock from which a submitted run is due.
pub const DUE_DAYS: i64 = 14;
/// Days after the end of a run from which an open one is late.
pub const LATE_DAYS: i64 = 60;
/// Locked runs are counted up to here.
pub const COUNTED: i64 = 1000;
/// Most runs that a search shows.
pub const FOUND: u32 = 50;

const DAY_MICROS: i64 = 86_400_000_000;

macro_rules! lists {
    ($($name:ident, $word:literal, $label:literal, $help:literal;)+) => {
        /// A list of runs that wait for the same thing. A run can stand in several.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum WorkList {
            $(#[doc = $help] $name,)+
        }

        impl WorkList {
            /// Every list, in the order in which work is done.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word in addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// The name that people read.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// What stands in it.
            pub const fn help(self) -> &'static str {
                match self { $(Self::$name => $help,)+ }
            }
        }
    };
}

lists! {
    Open, "open", "All open", "Runs that are not signed, or were re-opened.";
    OnEcls, "on_ecls", "On ECLS now", "Open runs that have started and not ended.";
    Waiting, "waiting", "Waiting for outcome", "Open runs that have ended, without the outcome in hospital.";
    Incomplete, "incomplete", "Incomplete", "Open runs with the outcome, that lack answers or have values to mend.";
    Ready, "ready", "Ready to sign", "Open runs without anything that refuses a signature.";
    Findings, "findings", "Findings", "Open runs with values that somebody must look at and confirm.";
    Queries, "queries", "Queries", "Runs about which the registry has asked and waits for an answer.";
    Late, "late", "Late", "Open runs that ended more than 60 days ago.";
    DueSoon, "due", "Due soon", "Signed runs that become read-only within 14 days.";
    Submitted, "submitted", "Submitted", "Signed runs that can still be corrected, by the day of their lock.";
    Locked, "locked", "Locked", "Signed runs that are read-only.";
}

impl WorkList {
    /// From the word in an address.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|list| list.as_str() == word)
    }

    const fn by_lock(self) -> bool {
        matches!(self, Self::DueSoon | Self::Submitted)
    }
}

/// Which runs of a list are wanted. Empty texts filter nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkFilter {
    /// Code of the support type.
    pub support_type: String,
    /// Code of the age group.
    pub age_group: String,
    /// How the patient key begins. With it every run of the center is looked through, not only the list.
    pub key: String,
}

impl WorkFilter {
    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A place in a list: the page begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkKey {
    at: String,
    run: RunId,
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.at, self.run)
    }
}

impl FromStr for WorkKey {
    type Err = RegistryError;

    fn from_str(text: &str) -> Result<Self, RegistryError> {
        let bad = || RegistryError::Invalid("the place in the list cannot be read".to_owned());
        let (at, run) = text.rsplit_once('~').ok_or_else(bad)?;
        let plain = at.len() <= 20 && at.bytes().all(|b| b.is_ascii_digit() || b"-:T".contains(&b));
        let run = run.parse().map_err(|_| bad())?;
        if plain { Ok(Self { at: at.to_owned(), run }) } else { Err(bad()) }
    }
}

db::row! {
    struct Columns {
        run: RunId,
        patient: PatientId,
        stay: HospitalizationId,
        unique_id: String,
        run_no: i64,
        state: String,
        support_type: Option<String>,
        age_group: Option<String>,
        started_at: Option<String>,
        stopped_at: Option<String>,
        hard: i64,
        soft: i64,
        locks_at: Option<Instant>,
        queries: i64,
    }
}

/// A run of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRow {
    /// The run.
    pub run: RunId,
    /// Its patient.
    pub patient: PatientId,
    /// Its stay.
    pub stay: HospitalizationId,
    /// The patient's key.
    pub unique_id: String,
    /// Number of the run within the patient.
    pub run_no: i64,
    /// The state as it counts now.
    pub state: RunState,
    /// Code of the support type.
    pub support_type: Option<String>,
    /// Code of the age group.
    pub age_group: Option<String>,
    /// Start in the hospital's local time, as `YYYY-MM-DDTHH:MM`.
    pub started_at: Option<String>,
    /// End, the same way.
    pub stopped_at: Option<String>,
    /// Findings that refuse a signature.
    pub hard: i64,
    /// Findings that must be confirmed.
    pub soft: i64,
    /// Queries that wait for the center.
    pub queries: i64,
    /// When it becomes read-only.
    pub locks_at: Option<Instant>,
}

/// How many runs a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkCount {
    /// The number, or as far as was counted.
    pub runs: i64,
    /// Whether there are more.
    pub more: bool,
}

/// A page of a worklist.
#[derive(Debug, Clone)]
pub struct WorkPage {
    /// The center.
    pub center: Center,
    /// How many runs each list has, whatever the filter.
    pub counts: Vec<(WorkList, WorkCount)>,
    /// The runs.
    pub rows: Vec<WorkRow>,
    /// Where the next page begins.
    pub next: Option<WorkKey>,
    /// As of when.
    pub as_of: Instant,
}

impl WorkPage {
    /// How many runs a list has.
    pub fn count(&self, list: WorkList) -> WorkCount {
        let found = self.counts.iter().find(|(known, _)| *known == list);
        found.map_or(WorkCount { runs: 0, more: false }, |(_, count)| *count)
    }
}

impl Registry {
    /// How many open runs of a center are on ECLS now, by age group. For those who report its capacity: a hint beside
    /// what they say, without anything of a case.
    pub fn on_ecls(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<(String, i64)>, RegistryError> {
        permit(actor, Action::ReportCapacity, center)?;
        Ok(self.db.read_one(|tx| tx.all(&store::ON_ECLS_COUNTS, (center,)))?)
    }

    /// A page of one list of a center, with the numbers of all lists.
    ///
    /// # Errors
    /// `NotFound` for an unknown center, `Refused` outside the actor's centers, `Invalid` for a page of no rows.
    pub fn worklist(
        &self,
        actor: &Actor,
        center: &str,
        (list, filter): (WorkList, &WorkFilter),
        after: Option<&WorkKey>,
        most: u32,
    ) -> Result<WorkPage, RegistryError> {
        if !(1..=100).contains(&most) {
            return Err(RegistryError::Invalid("a page has 1 to 100 rows".to_owned()));
        }
        let now = self.clock.now();
        self.db.read(|tx| {
            let center = center_for(tx, actor, center, Action::ReadRecords)?;
            let counts = counts(tx, center.id, now)?;
            let take = i64::from(most) + 1;
            let (rows, next) = if filter.key.is_empty() {
                let mut rows = listed(tx, center.id, (list, filter), after, (now, take))?;
                let more = rows.len() > usize::try_from(most).unwrap_or(usize::MAX);
                if more {
                    rows.pop();
                }
                let next = rows.last().filter(|_| more).map(|row| key(row, list));
                (rows, next)
            } else {
                (found(tx, center.id, filter)?, None)
            };
            let rows = rows.into_iter().map(|row| row.seen(now)).collect::<Result<_, _>>()?;
            Ok(WorkPage { center, counts, rows, next, as_of: now })
        })
    }
}

/// The center of a number, if the actor may do this there. Unknown and foreign centers look the same.
fn center_for(
    tx: &mut Tx<'_>,
    actor: &Actor,
    number: &str,
    action: Action,
) -> Result<Center, RegistryError> {
    let center: Option<Center> = tx.opt(&crate::store::CENTER_BY_NUMBER, (number,))?;
    let center = center.ok_or(RegistryError::NotFound("center"))?;
    permit(actor, action, center.id)?;
    Ok(center)
}

impl Columns {
    fn seen(self, now: Instant) -> Result<WorkRow, RegistryError> {
        let state = RunState::from_word(&self.state).ok_or_else(|| {
            RegistryError::Inconsistent(format!("run {} has no known state", self.run))
        })?;
        Ok(WorkRow {
            run: self.run,
            patient: self.patient,
            stay: self.stay,
            unique_id: self.unique_id,
            run_no: self.run_no,
            state: state.seen(self.locks_at, now),
            support_type: self.support_type,
            age_group: self.age_group,
            started_at: self.started_at,
            stopped_at: self.stopped_at,
            hard: self.hard,
            soft: self.soft,
            queries: self.queries,
            locks_at: self.locks_at,
        })
    }
}

fn key(row: &Columns, list: WorkList) -> WorkKey {
    let at = if list.by_lock() {
        row.locks_at.map(|at| at.as_micros().to_string())
    } else {
        row.started_at.clone()
    };
    WorkKey { at: at.unwrap_or_default(), run: row.run }
}

/// The day so many days ago, as stored moments begin.
fn days_ago(now: Instant, days: i64) -> String {
    now.plus_micros(-days * DAY_MICROS).date().to_string()
}

fn listed(
    tx: &mut Tx<'_>,
    center: CenterId,
    (list, filter): (WorkList, &WorkFilter),
    after: Option<&WorkKey>,
    (now, take): (Instant, i64),
) -> Result<Vec<Columns>, RegistryError> {
    let (support, age) = (filter.support_type.as_str(), filter.age_group.as_str());
    if list.by_lock() {
        let days = if list == WorkList::DueSoon { DUE_DAYS } else { 100 * 365 };
        let until = now.plus_micros(days * DAY_MICROS);
        let micros = after.and_then(|key| key.at.parse().ok());
        let (at, run) = match (after, micros) {
            (Some(key), Some(micros)) => (Instant::from_micros(micros), key.run),
            // a run that locks at this moment is locked
            _ => (now, RunId(uuid::Uuid::max())),
        };
        let values = (center, at, run, support, age, take, until);
        return Ok(tx.all(&store::SUBMITTED_RUNS, values)?);
    }
    // after every moment that can be stored
    let (at, run) = after.map_or(("~", RunId(uuid::Uuid::max())), |key| (key.at.as_str(), key.run));
    Ok(match list {
        WorkList::Locked => {
            tx.all(&store::LOCKED_RUNS, (center, at, run, support, age, take, now))?
        }
        WorkList::Queries => tx.all(&store::QUERIED_RUNS, (center, at, run, support, age, take))?,
        list => {
            let late = days_ago(now, LATE_DAYS);
            let values = (center, at, run, support, age, take, list.as_str(), late.as_str());
            tx.all(&store::OPEN_RUNS, values)?
        }
    })
}

fn found(
    tx: &mut Tx<'_>,
    center: CenterId,
    filter: &WorkFilter,
) -> Result<Vec<Columns>, RegistryError> {
    let from = filter.key.as_str();
    let to = format!("{from}\u{10ffff}");
    let (support, age) = (filter.support_type.as_str(), filter.age_group.as_str());
    let values = (center, from, to.as_str(), support, age, i64::from(FOUND));
    Ok(tx.all(&store::FOUND_RUNS, values)?)
}

fn counts(
    tx: &mut Tx<'_>,
    center: CenterId,
    now: Instant,
) -> Result<Vec<(WorkList, WorkCount)>, RegistryError> {
    let late = days_ago(now, LATE_DAYS);
    let (open, on_ecls, waiting, incomplete, ready, findings, is_late): (
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
        i64,
    ) = tx.one(&store::OPEN_COUNTS, (center, late.as_str()))?;
    let soon = now.plus_micros(DUE_DAYS * DAY_MICROS);
    let (submitted, due): (i64, i64) = tx.one(&store::SUBMITTED_COUNTS, (center, now, soon))?;
    let queries: i64 = tx.one(&store::QUERIED_COUNT, (center,))?;
    let locked: i64 = tx.one(&store::LOCKED_COUNT, (center, now, COUNTED + 1))?;
    let all = WorkList::ALL.iter().map(|list| {
        let runs = match list {
            WorkList::Open => open,
            WorkList::OnEcls => on_ecls,
            WorkList::Waiting => waiting,
            WorkList::Incomplete => incomplete,
            WorkList::Ready => ready,
            WorkList::Findings => findings,
            WorkList::Queries => queries,
            WorkList::Late => is_late,
            WorkList::DueSoon => due,
            WorkList::Submitted => submitted,
            WorkList::Locked => locked,
        };
        (*list, WorkCount { runs: runs.min(COUNTED), more: runs > COUNTED })
    });
    Ok(all.collect())
}
