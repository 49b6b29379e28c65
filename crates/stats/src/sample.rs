//! Quantiles, mean and spread of values that come as a list of (value, how often).

use crate::real;

/// A value that is not a finite number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a sample cannot hold {0}, which is not a finite number")]
pub struct BadValue(pub f64);

/// Observed values, each with the number of times it occurs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sample {
    /// Ascending, each value once, no count of zero, with the number of observations up to and including it.
    values: Vec<Tally>,
    observed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Tally {
    value: f64,
    count: u64,
    up_to: u64,
}

impl Sample {
    /// Counts in any order; the same value may occur more than once.
    pub fn new(counts: impl IntoIterator<Item = (f64, u64)>) -> Result<Sample, BadValue> {
        let mut counts: Vec<(f64, u64)> = counts.into_iter().filter(|c| c.1 > 0).collect();
        if let Some(&(bad, _)) = counts.iter().find(|c| !c.0.is_finite()) {
            return Err(BadValue(bad));
        }
        counts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut values: Vec<Tally> = Vec::with_capacity(counts.len());
        let mut observed = 0;
        for (value, count) in counts {
            observed += count;
            match values.last_mut() {
                // total_cmp keeps -0 and 0 apart; they are one value
                Some(last) if last.value >= value => {
                    last.count += count;
                    last.up_to = observed;
                }
                _ => values.push(Tally { value, count, up_to: observed }),
            }
        }
        Ok(Sample { values, observed })
    }

    /// How many values were observed.
    pub const fn observed(&self) -> u64 {
        self.observed
    }

    /// Smallest value.
    pub fn smallest(&self) -> Option<f64> {
        self.values.first().map(|tally| tally.value)
    }

    /// Greatest value.
    pub fn greatest(&self) -> Option<f64> {
        self.values.last().map(|tally| tally.value)
    }

    /// The `share` quantile by linear interpolation between neighbors: type 7 of Hyndman and Fan, Am Stat
    /// 1996;50:361-365 (the default of R and NumPy). `None` without observations or for a share outside 0 to 1.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if self.observed == 0 || !(0.0..=1.0).contains(&share) {
            return None;
        }
        let place = real(self.observed - 1) * share;
        let whole = place.floor();
        let below = self.ranked(whole)?;
        let part = place - whole;
        if part <= 0.0 {
            return Some(below);
        }
        let above = self.ranked(whole + 1.0)?;
        Some(below + (above - below) * part)
    }

    /// Median: the middle value, or the mean of the two in the middle.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Lower quartile, median, upper quartile.
    pub fn quartiles(&self) -> Option<[f64; 3]> {
        Some([self.quantile(0.25)?, self.median()?, self.quantile(0.75)?])
    }

    /// Arithmetic mean; `None` without observations.
    pub fn mean(&self) -> Option<f64> {
        let first = self.smallest()?;
        // from the smallest value on, so that a large common part costs no digits
        let above: f64 = self.values.iter().map(|t| (t.value - first) * real(t.count)).sum();
        Some(first + above / real(self.observed))
    }

    /// Standard deviation of the sample, with `n - 1` below the line; `None` below two observations. Two passes with
    /// the correction of Chan, Golub and LeVeque, Am Stat 1983;37:242-247.
    pub fn deviation(&self) -> Option<f64> {
        if self.observed < 2 {
            return None;
        }
        let mean = self.mean()?;
        let (mut squares, mut rest) = (0.0, 0.0);
        for tally in &self.values {
            let away = tally.value - mean;
            squares += away * away * real(tally.count);
            rest += away * real(tally.count);
        }
        let corrected = squares - rest * rest / real(self.observed);
        Some((corrected.max(0.0) / real(self.observed - 1)).sqrt())
    }

    /// The value at a rank, counted from 0.
    fn ranked(&self, rank: f64) -> Option<f64> {
        let at = self.values.partition_point(|tally| real(tally.up_to) <= rank);
        self.values.get(at).map(|tally| tally.value)
    }
}
