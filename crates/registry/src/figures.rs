//! The counts of the home page, from one snapshot.

use base::Instant;
use db::Tx;

use crate::model::{RegistryError, RunState};
use crate::{Registry, store};

/// One of the nine groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFigures {
    /// Code of list `age_group`.
    pub age_group: String,
    /// Code of list `support_type`.
    pub support_type: String,
    /// Submitted runs.
    pub runs: u64,
    /// Runs for which survival to the end of support is known.
    pub ecls_known: u64,
    /// Runs survived to the end of support.
    pub survived_ecls: u64,
    /// Runs for which survival to discharge or transfer is known.
    pub hospital_known: u64,
    /// Runs survived to discharge or transfer.
    pub survived_hospital: u64,
}

/// All figures of the home page.
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
    /// The nine groups in the order neonate, pediatric, adult x pulmonary, cardiac, ECPR.
    pub groups: Vec<GroupFigures>,
    /// Submitted runs without a known age group or support type, which stand in no group.
    pub ungrouped: u64,
    /// Drafts of all years.
    pub drafts: u64,
    /// Submitted runs of invented centers.
    pub invented: u64,
}

type GroupRow = (Option<String>, Option<String>, Option<bool>, Option<bool>, i64);

impl Registry {
    /// Counts for everybody, from one snapshot. Sums of parts equal their totals.
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
        let rows: Vec<GroupRow> = tx.all(&store::COUNT_GROUPS, ())?;
        let (groups, ungrouped) = group(&rows);
        Ok(Figures {
            as_of,
            year,
            submitted: count(&all, RunState::is_counted),
            started_this_year: count(&this_year, |state| state != RunState::Withdrawn),
            submitted_this_year: count(&this_year, RunState::is_counted),
            centers: whole(centers),
            groups,
            ungrouped,
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

fn group(rows: &[GroupRow]) -> (Vec<GroupFigures>, u64) {
    let mut groups: Vec<GroupFigures> = ["neonate", "pediatric", "adult"]
        .into_iter()
        .flat_map(|age| ["1", "2", "3"].into_iter().map(move |support| (age, support)))
        .map(|(age, support)| GroupFigures {
            age_group: age.to_owned(),
            support_type: support.to_owned(),
            runs: 0,
            ecls_known: 0,
            survived_ecls: 0,
            hospital_known: 0,
            survived_hospital: 0,
        })
        .collect();
    let mut ungrouped = 0;
    for (age, support, ecls, hospital, number) in rows {
        let number = whole(*number);
        let group = groups.iter_mut().find(|group| {
            age.as_ref() == Some(&group.age_group) && support.as_ref() == Some(&group.support_type)
        });
        let Some(group) = group else {
            ungrouped += number;
            continue;
        };
        group.runs += number;
        group.ecls_known += if ecls.is_some() { number } else { 0 };
        group.survived_ecls += if *ecls == Some(true) { number } else { 0 };
        group.hospital_known += if hospital.is_some() { number } else { 0 };
        group.survived_hospital += if *hospital == Some(true) { number } else { 0 };
    }
    (groups, ungrouped)
}
