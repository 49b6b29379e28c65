//! What was shown over time: of one center from its reports, of areas from daily figures that are kept for ever.
//!
//! Every line is a step that holds until it is replaced and is not known any more once it has expired; nothing is
//! interpolated or carried on. A day (UTC) is looked at on each full hour. Times describe what a report says of, not
//! when it arrived: a correction changes the days that it corrects.

mod day;
mod figures;
mod publish;
mod roll;
mod series;

use directory::centers::{AgeGroup, Mode};
use directory::words;

pub use figures::Figures;
pub use roll::HISTORY_STATEMENTS;
pub use series::{AreaDays, Trend};

/// An age group, and one kind of support or any.
pub type Pair = (AgeGroup, Option<Mode>);

words! {
    /// What an area is.
    AreaKind {
        World = "world", "World";
        Chapter = "chapter", "Chapter";
        Country = "country", "Country";
        Network = "network", "Network";
    }
}

/// The key of the one area that is everywhere.
pub const WORLD: &str = "all";
