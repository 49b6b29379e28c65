//! Answers: a plan of joint counts, one pass over the rows, and the figures made from the counts.

mod axis;
mod calendar;
mod check;
mod cube;
mod finish;
mod last;
mod marginal;
mod merge;
mod places;
mod plan;
mod run;
mod sight;
mod window;
mod worker;

use crate::error::ColumnsError;
use crate::query::{Answer, Panel, Select, Unit};
use crate::store::Store;

pub use places::Places;
pub use run::Work;
#[cfg(feature = "parquet")]
pub(crate) use window::{Pick, Window};

use finish::Finish;
use plan::Plan;
use run::Meant;

impl Store {
    /// Answers all panels about one population together: the filter is looked at once.
    ///
    /// Numbers stand in the coarsest scale in which all cells of a measure are exact. With `once`, the first row of
    /// a root row in a cell is the one that counts, for every measure.
    ///
    /// # Errors
    /// If the question does not fit the schema, or the snapshot behind the store cannot be read.
    pub fn answer(&self, select: &Select, panels: &[Panel]) -> Result<Vec<Answer>, ColumnsError> {
        // two: measured on two cores; more would starve whoever saves
        self.answer_with(select, panels, 2).map(|(answers, _)| answers)
    }

    /// The same with so many threads (at least one), and what it took.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub fn answer_with(
        &self,
        select: &Select,
        panels: &[Panel],
        threads: usize,
    ) -> Result<(Vec<Answer>, Work), ColumnsError> {
        let layout = &self.inner.layout;
        check::select(layout, select)?;
        panels.iter().try_for_each(|panel| check::panel(layout, panel))?;
        let plan = Plan::of(self, panels)?;
        let meant = match select.unit {
            Unit::Row => Meant::Filter(&select.filter),
            Unit::Last { key, order } => {
                Meant::Rows(last::last_rows(self, &select.filter, key, order, threads)?)
            }
        };
        let (cells, work) = run::run(self, &plan, &select.filter, &meant, threads)?;
        let mut finish = Finish::new(&plan, &cells);
        let answers = panels.iter().zip(&plan.panels);
        let answers = answers.map(|(panel, made)| finish.answer(made, panel)).collect();
        Ok((answers, work))
    }
}
