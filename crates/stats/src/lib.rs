//! Intervals, rates, quantiles and survival curves, from exact counts.
//!
//! Everything here is a pure function of counts: the column store says how many, this crate says what follows and
//! how sure it is. Cost goes with the number of *distinct* values, not with the number of runs.
//!
//! | figure | type | interval |
//! | --- | --- | --- |
//! | proportion | [`Proportion`] | Wilson (display), Clopper-Pearson (guarantee), mid-P |
//! | count, rate per exposure | [`EventCount`], [`Rate`] | Garwood exact, Byar, mid-P |
//! | median, quartiles, mean, standard deviation | [`Sample`] | |
//! | time to an event, censored | [`Curve::survival`] | Greenwood, log-log |
//! | time to one of several competing events | [`Curve::incidence`] | delta method, log-log |
//!
//! The incomplete beta and gamma functions are computed here on top of `libm`: every platform gives the same bits,
//! and the number of terms follows the size of the count (a limit of one in 10^6 needs thousands).
//!
//! ```
//! use stats::{Level, Proportion};
//!
//! let survival = Proportion::new(18, 40).expect("18 of 40");
//! let wilson = survival.wilson(Level::P95);
//! assert_eq!(format!("{:.3} ({:.3} to {:.3})", survival.value(), wilson.low, wilson.high), "0.450 (0.307 to 0.602)");
//! ```

mod curve;
mod level;
mod poisson;
mod proportion;
mod risk;
mod sample;
mod solve;
mod special;

pub use curve::{Curve, Estimate, Step};
pub use level::{Interval, Level};
pub use poisson::{EventCount, Rate};
pub use proportion::Proportion;
pub use risk::{BadTime, RiskRow, RiskTable, TimeCount};
pub use sample::{BadValue, Sample};

/// A count as a real number.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, far beyond any registry")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}
