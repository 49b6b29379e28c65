//! What waits at each center for longer than it should: numbers for reminders, never records.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, Instant, permit_platform};

use crate::Registry;
use crate::model::RegistryError;

db::statements! {
    /// Statements of what is due.
    pub DUE_STATEMENTS;

    DUE_RUNS = "select center_id,
            count(*) filter (where survived_hospital is null and stopped_at <= $1) as waiting,
            count(*) filter (where stopped_at <= $2) as late
        from run where state in ('draft', 'unlocked') and stopped_at is not null group by center_id order by center_id";
    DUE_QUERIES = "select center_id,
            count(*) filter (where state = 'open' and changed_at <= $1) as unanswered,
            count(*) filter (where state = 'answered') as answered
        from data_query where state in ('open', 'answered') group by center_id order by center_id";
    /// Each side that has not confirmed yet.
    DUE_TRANSFERS = "select s.center_id, count(*) as transfers from (
            select from_center_id as center_id from transfer where state = 'proposed' and confirmed_from_at is null
            union all
            select to_center_id as center_id from transfer where state = 'proposed' and confirmed_to_at is null
        ) s group by s.center_id order by s.center_id",
        scan_ok = "one row per transfer on ECLS, once for all reminders";
    DUE_REQUESTS = "select count(*) as requests from run_request where state = 'open'",
        scan_ok = "reads the index of open requests, a handful";
}

const DAY_MICROS: i64 = 86_400_000_000;

/// After how many days something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDays {
    /// From the end of a run until its outcome in hospital.
    pub outcome: i64,
    /// From the end of a run until its signature.
    pub signature: i64,
    /// From a query until its answer.
    pub answer: i64,
}

impl Default for DueDays {
    fn default() -> Self {
        Self { outcome: 30, signature: crate::worklist::LATE_DAYS, answer: 14 }
    }
}

/// What waits at one center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CenterDue {
    /// Runs that have ended, without the outcome in hospital.
    pub outcomes: i64,
    /// Runs that have ended and are not signed.
    pub signatures: i64,
    /// Queries that the center has not answered.
    pub answers: i64,
    /// Queries that the center has answered and the registry has not closed.
    pub answered: i64,
    /// Links to runs of other centers that the center has not confirmed.
    pub transfers: i64,
}

/// What waits everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// By center; centers where nothing waits are left out.
    pub centers: BTreeMap<CenterId, CenterDue>,
    /// Requests to re-open or withdraw a run that wait for the registry.
    pub requests: i64,
}

impl Registry {
    /// What waits at all centers: four statements.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the registry: whoever tells a person of it leaves out other centers.
    pub fn due(&self, actor: &Actor, days: &DueDays) -> Result<Due, RegistryError> {
        permit_platform(actor, Action::ManageCenters)?;
        let now = self.clock.now();
        let ago = |days: i64| -> Instant { now.plus_micros(-days * DAY_MICROS) };
        let (outcome, signature) =
            (ago(days.outcome).date().to_string(), ago(days.signature).date().to_string());
        self.db.read(|tx| {
            let mut due = Due::default();
            let values = (outcome.as_str(), signature.as_str());
            let rows: Vec<(CenterId, i64, i64)> = tx.all(&DUE_RUNS, values)?;
            for (center, outcomes, signatures) in rows {
                let line = due.centers.entry(center).or_default();
                (line.outcomes, line.signatures) = (outcomes, signatures);
            }
            let rows: Vec<(CenterId, i64, i64)> = tx.all(&DUE_QUERIES, (ago(days.answer),))?;
            for (center, answers, answered) in rows {
                let line = due.centers.entry(center).or_default();
                (line.answers, line.answered) = (answers, answered);
            }
            let rows: Vec<(CenterId, i64)> = tx.all(&DUE_TRANSFERS, ())?;
            for (center, transfers) in rows {
                due.centers.entry(center).or_default().transfers = transfers;
            }
            due.centers.retain(|_, line| *line != CenterDue::default());
            due.requests = tx.one(&DUE_REQUESTS, ())?;
            Ok(due)
        })
    }
}
