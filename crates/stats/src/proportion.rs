//! Proportions and their intervals.

use crate::level::{Interval, Level};
use crate::real;
use crate::solve::crossing;
use crate::special::beta;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proportion {
    hits: u64,
    of: u64,
}

impl Proportion {
    /// `hits` of `of`; `None` for nothing observed or more hits than observations.
    pub const fn new(hits: u64, of: u64) -> Option<Proportion> {
        if of == 0 || hits > of { None } else { Some(Proportion { hits, of }) }
    }

    /// How many have the property.
    pub const fn hits(self) -> u64 {
        self.hits
    }

    /// How many were observed.
    pub const fn of(self) -> u64 {
        self.of
    }

    /// The share, between 0 and 1.
    pub const fn value(self) -> f64 {
        real(self.hits) / real(self.of)
    }

    /// Those without the property, of the same.
    #[must_use]
    pub const fn complement(self) -> Proportion {
        Proportion { hits: self.of - self.hits, of: self.of }
    }

    /// Score interval: Wilson, J Am Stat Assoc 1927;22:209-212. Close to nominal coverage on average; shown by
    /// default.
    pub fn wilson(self, level: Level) -> Interval {
        self.by_smaller_half(|p| {
            let (n, share, z) = (real(p.of), p.value(), level.z());
            let z2 = z * z;
            let middle = share + z2 / (2.0 * n);
            let reach = z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
            let whole = 1.0 + z2 / n;
            let low = if p.hits == 0 { 0.0 } else { (middle - reach) / whole };
            Interval { low, high: (middle + reach) / whole }
        })
    }

    /// Exact interval: Clopper and Pearson, Biometrika 1934;26:404-413. Never covers less than the level says.
    pub fn exact(self, level: Level) -> Interval {
        self.by_smaller_half(|p| {
            p.solved(level, |share| p.at_least(p.hits, share), |share| p.fewer(p.hits + 1, share))
        })
    }

    /// Mid-P interval: half the probability of the observed count goes to each side (Lancaster, J Am Stat Assoc
    /// 1961;56:223-234; Berry and Armitage, Statistician 1995;44:417-423).
    pub fn mid_p(self, level: Level) -> Interval {
        self.by_smaller_half(|p| {
            let (here, next) = (p.hits, p.hits + 1);
            p.solved(
                level,
                |share| f64::midpoint(p.at_least(here, share), p.at_least(next, share)),
                |share| f64::midpoint(p.fewer(here, share), p.fewer(next, share)),
            )
        })
    }

    /// Works on the rarer of the two outcomes, so that swapping them mirrors the interval.
    fn by_smaller_half(self, interval: impl Fn(Proportion) -> Interval) -> Interval {
        if self.hits > self.of - self.hits {
            interval(self.complement()).mirrored()
        } else {
            interval(self)
        }
    }

    /// The share at which the probability of hits so many is the tail, and at which that of so few is.
    fn solved(
        self,
        level: Level,
        so_many: impl Fn(f64) -> f64,
        so_few: impl Fn(f64) -> f64,
    ) -> Interval {
        let (observed, tail) = (self.value(), level.tail());
        let low = if self.hits == 0 { 0.0 } else { crossing(0.0, observed, |p| so_many(p) - tail) };
        Interval { low, high: crossing(observed, 1.0, |p| tail - so_few(p)) }
    }

    /// Probability of `hits` or more when each has probability `share`.
    fn at_least(self, hits: u64, share: f64) -> f64 {
        if hits == 0 { 1.0 } else { beta(real(hits), real(self.of - hits + 1), share).0 }
    }

    /// Probability of fewer than `hits`.
    fn fewer(self, hits: u64, share: f64) -> f64 {
        if hits == 0 { 0.0 } else { beta(real(hits), real(self.of - hits + 1), share).1 }
    }
}
