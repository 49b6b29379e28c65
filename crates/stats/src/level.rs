//! How sure an interval is meant to be, and the interval.

use crate::special::normal_upper;

/// The confidence level of a two-sided interval, with equal tails.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    /// 95 %: what every public figure shows.
    pub const P95: Level = Level(0.95);
    /// 99.8 %: the outer limits of a funnel.
    pub const P998: Level = Level(0.998);

    /// A level strictly between 0 and 1; `None` otherwise.
    ///
    /// ```
    /// assert_eq!(stats::Level::new(0.95), Some(stats::Level::P95));
    /// assert_eq!(stats::Level::new(95.0), None);
    /// ```
    pub fn new(confidence: f64) -> Option<Level> {
        (confidence > 0.0 && confidence < 1.0).then_some(Level(confidence))
    }

    /// The level itself, for instance 0.95.
    pub const fn confidence(self) -> f64 {
        self.0
    }

    /// Probability left out on each side, for instance 0.025.
    pub const fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }

    /// The standard normal deviate that leaves [`Level::tail`] above it, for instance 1.959964.
    pub fn z(self) -> f64 {
        normal_upper(self.tail())
    }
}

/// A closed interval, in the unit of the estimate it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies within, limits included.
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Both limits times a factor that is not negative.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Interval {
        Interval { low: self.low * factor, high: self.high * factor }
    }

    /// The interval of `1 - estimate`.
    #[must_use]
    pub fn mirrored(&self) -> Interval {
        Interval { low: 1.0 - self.high, high: 1.0 - self.low }
    }
}
