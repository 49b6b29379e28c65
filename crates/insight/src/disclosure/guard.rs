//! The door that every answer passes.

use std::collections::BTreeSet;

use crate::disclosure::grid::GridError;
use crate::disclosure::line::Reason;
use crate::disclosure::settle::Rules;
use crate::disclosure::table::{ShownTable, TableError};
use crate::disclosure::{Audience, Broken, Census, Dim, Grid, Selection, Settings};

/// Why a value or a population is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The cell is hidden; [`Reason::text`] says why with the limits in force.
    #[error("the group is hidden: {0:?}")]
    Hidden(Reason),
    /// A part of the population is hidden, so the whole is not summed.
    #[error("a part of the population is too small; leave out or join its smallest groups")]
    Part,
    /// The rest of everything is too small.
    #[error("what the population leaves out is too small")]
    Complement,
    /// The population is constrained in a dimension that was not counted.
    #[error("dimension {0:?} is not part of the counted grid")]
    NoDimension(Dim),
    /// Too few observations for a quantile.
    #[error("quantiles need at least {least} observations")]
    TooFewForQuantiles {
        /// How many are needed.
        least: u64,
    },
    /// Smallest and greatest values are those of single people.
    #[error("smallest and greatest values are never shown publicly")]
    Extreme,
}

/// Decides for one audience.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    audience: Audience,
    settings: Settings,
    rules: Rules,
}

impl Guard {
    /// A guard with settings; for an own center they do not matter.
    pub const fn new(audience: Audience, settings: Settings) -> Guard {
        Guard { audience, settings, rules: Rules::ALL }
    }

    /// A guard with the usual settings of an audience.
    pub const fn of(audience: Audience) -> Guard {
        Guard::new(audience, Settings::of(audience))
    }

    /// A guard that lacks a rule, to see an attack succeed.
    #[cfg(test)]
    pub(super) const fn leaking(settings: Settings, rules: Rules) -> Guard {
        Guard { audience: Audience::Public, settings, rules }
    }

    /// The limits in force.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether nothing is hidden from the audience.
    pub const fn sees_all(&self) -> bool {
        matches!(self.audience, Audience::OwnCenter)
    }

    /// Settles which cells of these dimensions are shown. Costs one table of the census for each of the 2^d subsets
    /// of the dimensions; keep the grid as long as the data stay.
    pub fn grid<C: Census>(
        &self,
        census: &C,
        dims: &BTreeSet<Dim>,
    ) -> Result<Grid, GridError<C::Error>> {
        Grid::new(census, dims, self.settings, self.rules)
    }

    /// Whether a population may be shown, from a grid with at least its dimensions.
    pub fn population(&self, grid: &Grid, selection: &Selection) -> Result<u64, Refusal> {
        if self.sees_all() {
            return Ok(grid.units(selection));
        }
        grid.population(selection)
    }

    /// A population broken down by up to three dimensions, with all totals. Spots give one place for each
    /// dimension of `by`, `None` for the total over it; a dimension that is also selected is broken down within its
    /// selected atoms.
    pub fn breakdown(&self, grid: &Grid, selection: &Selection, by: &[Dim]) -> Broken {
        let spots = grid.spots(selection, by).into_iter();
        spots.map(|(spot, asked)| (spot, self.population(grid, &asked))).collect()
    }

    /// Hides what must be hidden in one table that stands alone, with all its margins.
    pub fn protect(&self, table: &mut ShownTable) -> Result<(), TableError> {
        if self.sees_all() {
            return Ok(());
        }
        table.protect(self.settings, self.rules)
    }

    /// Whether a mean, sum or standard deviation of so many observed values may be shown. The observed values are a
    /// population as well: ask for it with "known" as a dimension.
    pub fn mean(&self, observed: u64) -> Result<(), Refusal> {
        if self.sees_all() || observed >= self.settings.least_units {
            return Ok(());
        }
        Err(Refusal::Hidden(Reason::Small))
    }

    /// Whether quantiles of so many observed values may be shown.
    pub fn quantiles(&self, observed: u64) -> Result<(), Refusal> {
        let least = self.settings.least_for_quantiles;
        if self.sees_all() || observed >= least {
            return Ok(());
        }
        Err(Refusal::TooFewForQuantiles { least })
    }

    /// Whether smallest and greatest values may be shown.
    pub fn extremes(&self) -> Result<(), Refusal> {
        if self.sees_all() { Ok(()) } else { Err(Refusal::Extreme) }
    }

    /// Whether units (patients, courses) may be shown beside the runs of the same population. For whole tables give
    /// the census [`crate::disclosure::Tally::repeats`] instead: the difference then is protected in every line.
    pub fn unit_switch(&self, runs: u64, units: u64) -> Result<(), Refusal> {
        let repeats = runs.saturating_sub(units);
        if self.sees_all() || repeats == 0 || repeats >= self.settings.least_units {
            return Ok(());
        }
        Err(Refusal::Hidden(Reason::Repeats))
    }
}
