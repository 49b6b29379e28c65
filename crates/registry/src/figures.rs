//! The counts of the home page, from one snapshot.

use base::Instant;
use db::Tx;

use crate::model::{RegistryError, RunState};
use crate::{Registry, store};

/// The counters of the home page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// When they were read.
    pub as_of: Instant,
    /// The year of "this year", by the start of the run.
    pub year: i16,
    /// Submitted runs of all time.
    pub submitted: u64,
    /// Runs started this year, drafts included, withdrawn ones not.
    pub started_this_year: u64,
    /// Submitted runs started this year.
    pub submitted_this_year: u64,
    /// Centers with submitted runs.
    pub centers: u64,
    /// Drafts of all years.
    pub drafts: u64,
    /// Submitted runs of invented centers.
    pub invented: u64,
}

impl Registry {
    /// Counts of everything at once, from one snapshot. What is broken down further comes from `insight`, whose answers pass
    /// disclosure control.
    pub fn figures(&self) -> Result<Figures, RegistryError> {
        self.db.read(|tx| self.figures_in(tx))
    }

    /// The same on a database thread, for pages.
    pub async fn figures_async(&self) -> Result<Figures, RegistryError> {
        let registry = self.clone();
        self.db.read_async(move |tx| registry.figures_in(tx)).await
    }

    pub(crate) fn figures_in(&self, tx: &mut Tx<'_>) -> Result<Figures, RegistryError> {
        let as_of = self.clock.now();
        let year = as_of.date().year();
        let all: Vec<(String, i64)> = tx.all(&store::COUNT_STATES, ())?;
        let bounds = (format!("{year:04}-"), format!("{:04}-", i32::from(year) + 1));
        let this_year: Vec<(String, i64)> = tx.all(&store::COUNT_YEAR, bounds)?;
        let centers: i64 = tx.one(&store::COUNT_CENTERS, ())?;
        let invented: i64 = tx.one(&store::COUNT_INVENTED, ())?;
        Ok(Figures {
            as_of,
            year,
            submitted: count(&all, RunState::is_counted),
            started_this_year: count(&this_year, |state| state != RunState::Withdrawn),
            submitted_this_year: count(&this_year, RunState::is_counted),
            centers: whole(centers),
            drafts: count(&all, |state| state == RunState::Draft),
            invented: whole(invented),
        })
    }
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn count(rows: &[(String, i64)], counted: impl Fn(RunState) -> bool) -> u64 {
    rows.iter()
        .filter(|(state, _)| RunState::from_word(state).is_some_and(&counted))
        .map(|(_, number)| whole(*number))
        .sum()
}
