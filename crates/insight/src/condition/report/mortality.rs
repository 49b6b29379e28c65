//! Deaths in hospital: the ratio among the followed-up runs, and the curve among all.

use serde::Serialize;

use crate::answer::Figure;
use crate::condition::Condition;
use crate::report::{Cell, EMPTY, Found};

/// Deaths in hospital among the followed-up runs, or why there is no ratio.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Mortality {
    /// It may be told.
    Ratio {
        /// Deaths in hospital within the follow-up.
        deaths: u64,
        /// Runs that were followed up.
        of: u64,
        /// Percent.
        percent: f64,
        /// Lower limit, Wilson 95 %.
        low: f64,
        /// Upper limit.
        high: f64,
    },
    /// Too few runs have been followed up.
    TooEarly {
        /// In words.
        why: String,
    },
    /// It may not be shown.
    NotShown {
        /// In words.
        why: String,
    },
}

/// Cumulative incidence of death in hospital at the end of the follow-up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Incidence {
    /// Percent.
    pub percent: f64,
    /// 95 % limits.
    pub limits: Option<[f64; 2]>,
    /// Number observed.
    pub observed: u64,
    /// Without a date.
    pub missing: u64,
}

pub(super) fn mortality(condition: &Condition, of: &Cell, deaths: &Cell) -> Mortality {
    let days = condition.follow_up_days;
    let few = condition.too_few;
    match (of, deaths) {
        (Cell::Count(of), _) if *of < few.max(1) => Mortality::TooEarly {
            why: format!(
                "{of} confirmed runs started at least {days} days ago; a ratio is told from {few} on"
            ),
        },
        (Cell::Count(of), Cell::Count(deaths)) => {
            let Some(share) = stats::Proportion::new(*deaths, *of) else {
                return Mortality::NotShown { why: "the counts contradict each other".to_owned() };
            };
            let interval = share.wilson(stats::Level::P95);
            Mortality::Ratio {
                deaths: *deaths,
                of: *of,
                percent: share.value() * 100.0,
                low: interval.low * 100.0,
                high: interval.high * 100.0,
            }
        }
        (Cell::Count(_), other) | (other, _) if *other == Cell::Nothing => {
            Mortality::TooEarly { why: "nothing was counted yet".to_owned() }
        }
        (Cell::Hidden(why), _) | (_, Cell::Hidden(why)) if why == EMPTY => Mortality::TooEarly {
            why: format!("none of these runs started at least {days} days ago"),
        },
        (Cell::Hidden(why), _) | (_, Cell::Hidden(why)) => Mortality::NotShown { why: why.clone() },
        _ => Mortality::NotShown { why: "no number was counted".to_owned() },
    }
}

/// The value of the first curve where it ends.
pub(super) fn at_the_end(found: &Found) -> Option<Incidence> {
    let outcome = found.as_ref().ok()?;
    let Figure::Curves { observed, missing, curves } = outcome.total.values.first()?.value()?
    else {
        return None;
    };
    let last = curves.first()?.steps.last()?;
    Some(Incidence {
        percent: last.value * 100.0,
        limits: last.interval.map(|[low, high]| [low * 100.0, high * 100.0]),
        observed: *observed,
        missing: *missing,
    })
}
