//! Counts of rare events and rates over an exposure.

use crate::level::{Interval, Level};
use crate::real;
use crate::solve::crossing;
use crate::special::gamma;

/// A number of events, taken as Poisson. Intervals are of the expected number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventCount(pub u64);

impl EventCount {
    /// Exact interval: Garwood, Biometrika 1936;28:437-442. Never covers less than the level says.
    pub fn exact(self, level: Level) -> Interval {
        self.solved(level, at_least, |events, mean| fewer(events + 1, mean))
    }

    /// Mid-P interval: half the probability of the observed count goes to each side (Lancaster 1961; Berry and
    /// Armitage 1995, as in [`crate::Proportion::mid_p`]). Shorter than the exact one.
    pub fn mid_p(self, level: Level) -> Interval {
        self.solved(
            level,
            |events, mean| f64::midpoint(at_least(events, mean), at_least(events + 1, mean)),
            |events, mean| f64::midpoint(fewer(events, mean), fewer(events + 1, mean)),
        )
    }

    /// Byar's approximation (Breslow and Day, Statistical Methods in Cancer Research II, IARC 1987, p. 69); within
    /// about 0.2 % of the exact interval from 10 events on.
    pub fn byar(self, level: Level) -> Interval {
        let (events, more, z) = (real(self.0), real(self.0) + 1.0, level.z());
        let low = if self.0 == 0 {
            0.0
        } else {
            cube(1.0 - 1.0 / (9.0 * events) - z / (3.0 * events.sqrt())) * events
        };
        let high = cube(1.0 - 1.0 / (9.0 * more) + z / (3.0 * more.sqrt())) * more;
        // with one or two events at a wide level the cube falls below zero
        Interval { low: low.max(0.0), high }
    }

    /// The mean at which the probability of a count so high is `tail`, and at which that of one so low is.
    fn solved(
        self,
        level: Level,
        so_high: fn(u64, f64) -> f64,
        so_low: fn(u64, f64) -> f64,
    ) -> Interval {
        let (observed, tail) = (real(self.0), level.tail());
        // generously beyond any limit
        let beyond = 2.0 * self.byar(level).high + 10.0;
        let low = if self.0 == 0 {
            0.0
        } else {
            crossing(0.0, observed, |mean| so_high(self.0, mean) - tail)
        };
        let high = crossing(observed, beyond, |mean| tail - so_low(self.0, mean));
        Interval { low, high }
    }
}

/// Probability of `events` or more.
fn at_least(events: u64, mean: f64) -> f64 {
    if events == 0 { 1.0 } else { gamma(real(events), mean).0 }
}

/// Probability of fewer than `events`.
fn fewer(events: u64, mean: f64) -> f64 {
    if events == 0 { 0.0 } else { gamma(real(events), mean).1 }
}

fn cube(x: f64) -> f64 {
    x * x * x
}

/// Events over an exposure, for instance complications over hours on support.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    events: EventCount,
    exposure: f64,
}

impl Rate {
    /// `None` unless the exposure is finite and above zero.
    pub fn new(events: u64, exposure: f64) -> Option<Rate> {
        let usable = exposure.is_finite() && exposure > 0.0;
        usable.then_some(Rate { events: EventCount(events), exposure })
    }

    /// The events.
    pub const fn events(self) -> EventCount {
        self.events
    }

    /// The exposure, in the unit it was given in.
    pub const fn exposure(self) -> f64 {
        self.exposure
    }

    /// Events per `unit` of exposure: 1,000.0 for a rate per 1,000 hours.
    pub fn per(self, unit: f64) -> f64 {
        real(self.events.0) * (unit / self.exposure)
    }

    /// [`EventCount::exact`] per `unit` of exposure.
    pub fn exact(self, unit: f64, level: Level) -> Interval {
        self.events.exact(level).scaled(unit / self.exposure)
    }

    /// [`EventCount::mid_p`] per `unit` of exposure.
    pub fn mid_p(self, unit: f64, level: Level) -> Interval {
        self.events.mid_p(level).scaled(unit / self.exposure)
    }

    /// [`EventCount::byar`] per `unit` of exposure.
    pub fn byar(self, unit: f64, level: Level) -> Interval {
        self.events.byar(level).scaled(unit / self.exposure)
    }
}
