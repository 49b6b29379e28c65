//! The rule for one line: when the hidden children of a shown cell protect each other.

use crate::disclosure::{Settings, Tally};

/// Why a value is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Fewer than k units.
    Small,
    /// Fewer than m centers.
    Centers,
    /// Units and runs differ by fewer than k.
    Repeats,
    /// Large enough by itself; hidden so that another cell does not follow.
    Protects,
    /// The whole line or table is not broken down; tells nothing of the value.
    Undivided,
}

impl Reason {
    /// As shown in place of the value.
    pub fn text(self, settings: &Settings) -> String {
        match self {
            Reason::Small => format!("suppressed (n < {})", settings.least_units),
            Reason::Centers => {
                format!("suppressed (fewer than {} centers)", settings.least_centers)
            }
            Reason::Repeats => {
                format!("suppressed (differs from the runs by fewer than {})", settings.least_units)
            }
            Reason::Protects => "suppressed to protect another cell".to_owned(),
            Reason::Undivided => "suppressed (too few to break down)".to_owned(),
        }
    }
}

/// Why a cell must be hidden for its own sake.
pub(super) fn primary(tally: Tally, settings: &Settings) -> Option<Reason> {
    if tally.units == 0 {
        None
    } else if tally.units < settings.least_units {
        Some(Reason::Small)
    } else if tally.centers < settings.least_centers {
        Some(Reason::Centers)
    } else if tally.repeats > 0 && tally.repeats < settings.least_units {
        Some(Reason::Repeats)
    } else {
        None
    }
}

/// The hidden children of one line, summed up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hidden {
    cells: u64,
    units: u64,
    repeats: u64,
    /// Cells that are told to be small.
    small: u64,
    /// By how much the others exceed what is told of them.
    slack: u64,
    /// Most centers of one of them.
    centers: u64,
    /// Whether every cell is of a line that is not broken down.
    undivided: bool,
}

impl Hidden {
    pub(super) fn of(
        children: impl Iterator<Item = (Tally, Reason)>,
        settings: &Settings,
    ) -> Hidden {
        let mut sum = Hidden { undivided: true, ..Hidden::default() };
        for (tally, reason) in children {
            sum.cells += 1;
            sum.units += tally.units;
            sum.repeats += tally.repeats;
            sum.centers = sum.centers.max(tally.centers);
            sum.undivided &= reason == Reason::Undivided;
            match reason {
                Reason::Small => sum.small += 1,
                Reason::Undivided => sum.slack += tally.units,
                Reason::Centers | Reason::Repeats | Reason::Protects => {
                    sum.slack += tally.units.saturating_sub(settings.least_units);
                }
            }
        }
        sum
    }

    /// Whether nothing follows from the line. `all` says that no child that holds anybody is shown.
    pub(super) fn covered(&self, all: bool, settings: &Settings) -> bool {
        if self.cells == 0 || (all && self.undivided) {
            return true;
        }
        let k = settings.least_units;
        // with enough slack a small cell can have any value below k; without others, if the sum leaves all of them
        // open
        let open = if self.small == self.cells {
            self.units >= self.small + k - 2 && self.units + k - 2 <= self.small * (k - 1)
        } else {
            self.slack >= k - 2
        };
        self.cells >= 2
            && self.units >= k
            && (self.repeats == 0 || self.repeats >= k)
            && (all || self.centers >= settings.least_centers)
            && open
    }

    /// Whether it is runs beyond units that are too few.
    pub(super) fn lacks_repeats(&self, settings: &Settings) -> bool {
        self.repeats > 0 && self.repeats < settings.least_units
    }
}
