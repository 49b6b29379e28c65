//! The three nested sets, and the numbers in front of everything else.

use serde::Serialize;

use crate::condition::Condition;
use crate::condition::report::Mortality;
use crate::report::{Cell, sentence};

/// One of the nested sets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetCount {
    /// A, B or C.
    pub key: &'static str,
    /// Its name.
    pub label: String,
    /// Who belongs to it.
    pub definition: String,
    /// How many.
    pub count: Cell,
}

/// A number in front of everything else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: Cell,
    /// A few words below it.
    pub note: String,
}

pub(super) fn sets(condition: &Condition, up_to: &str, counts: [Cell; 3]) -> Vec<SetCount> {
    let [all, ended, followed] = counts;
    let days = condition.follow_up_days;
    let one =
        |key, label: String, definition: String, count| SetCount { key, label, definition, count };
    vec![
        one(
            "A",
            condition.confirmed_label.clone(),
            "All submitted runs that fulfill the definition, those still on ECLS too.".to_owned(),
            all,
        ),
        one(
            "B",
            "ECLS ended".to_owned(),
            "Runs of set A whose support ended, or that left on ECLS for another hospital."
                .to_owned(),
            ended,
        ),
        one(
            "C",
            format!("Started at least {days} days ago"),
            format!(
                "Runs of set A that started up to {up_to}: the last whole month that ended at least {days} days ago."
            ),
            followed,
        ),
    ]
}

pub(super) fn tiles(
    condition: &Condition,
    up_to: &str,
    mortality: &Mortality,
    counts: [Cell; 3],
) -> Vec<Tile> {
    let [cases, confirmed, followed] = counts;
    let days = condition.follow_up_days;
    let tile = |label: String, value, note: String| Tile { label, value, note };
    let ratio = format!("In-hospital mortality by day {days}");
    let last = match mortality {
        Mortality::Ratio { deaths, of, percent, low, high } => tile(
            ratio,
            Cell::Percent(*percent),
            format!(
                "{} of {} started at least {days} days ago; 95 % interval {low:.1} to {high:.1} %",
                crate::figure::whole(*deaths),
                crate::figure::whole(*of)
            ),
        ),
        Mortality::TooEarly { why } => tile(
            ratio,
            Cell::Hidden("Too early".to_owned()),
            format!("{} See the curve below.", sentence(why)),
        ),
        Mortality::NotShown { why } => tile(
            ratio,
            Cell::Hidden("Not shown".to_owned()),
            format!("{} See the curve below.", sentence(why)),
        ),
    };
    vec![
        tile(condition.cases_label.clone(), cases, "submitted runs".to_owned()),
        tile(condition.confirmed_label.clone(), confirmed, "set A".to_owned()),
        tile(
            format!("Started at least {days} days ago"),
            followed,
            format!("set C: ECLS start up to {up_to}"),
        ),
        last,
    ]
}
