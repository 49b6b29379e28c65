//! Chance, from a seed: the same seed gives the same registry on every machine.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The source of all chance in the generator.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

/// Whole part of a bounded number, rounded.
#[expect(clippy::cast_possible_truncation, reason = "clinical values, far below 2^53")]
pub(crate) fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// A bounded whole number as a fraction.
#[expect(clippy::cast_precision_loss, reason = "minutes of decades, far below 2^53")]
pub(crate) fn real(value: i64) -> f64 {
    value as f64
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: f64) -> bool {
        self.0.random_range(0.0..100.0) < percent
    }

    /// A whole number, both ends included; the low end when the range is empty.
    pub(crate) fn from(&mut self, low: i64, high: i64) -> i64 {
        if high <= low { low } else { self.0.random_range(low..=high) }
    }

    /// Evenly between two numbers.
    pub(crate) fn even(&mut self, low: f64, high: f64) -> f64 {
        if high <= low { low } else { self.0.random_range(low..high) }
    }

    /// About normal with mean 0 and deviation 1: the sum of twelve even draws, never beyond 6.
    pub(crate) fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.0.random_range(0.0..1.0)).sum::<f64>() - 6.0
    }

    /// About normal, kept within limits.
    pub(crate) fn near(&mut self, mean: f64, deviation: f64, low: f64, high: f64) -> f64 {
        (mean + self.bell() * deviation).clamp(low, high)
    }

    /// Log-normal by median and quartiles, as published tables give them.
    pub(crate) fn skewed(&mut self, median: f64, q25: f64, q75: f64) -> f64 {
        let sigma = (q75 / q25).ln() / 1.349;
        (median.ln() + sigma * self.bell()).exp()
    }

    /// One of several; the type's default when there is none.
    pub(crate) fn one<T: Copy + Default>(&mut self, of: &[T]) -> T {
        let last = i64::try_from(of.len()).unwrap_or(1) - 1;
        let place = usize::try_from(self.from(0, last)).unwrap_or(0);
        of.get(place).copied().unwrap_or_default()
    }

    /// One of several by weight.
    pub(crate) fn weighted<T: Copy>(&mut self, of: &[(T, f64)]) -> Option<T> {
        let mut at = self.even(0.0, of.iter().map(|(_, weight)| weight).sum());
        for (item, weight) in of {
            at -= weight;
            if at < 0.0 {
                return Some(*item);
            }
        }
        of.last().map(|(item, _)| *item)
    }

    /// Up to `most` different ones, in random order.
    pub(crate) fn some<T: Copy + Default + PartialEq>(&mut self, of: &[T], most: i64) -> Vec<T> {
        let count = self.from(1, most);
        let mut out = Vec::new();
        for _ in 0..count {
            let item = self.one(of);
            if !out.contains(&item) {
                out.push(item);
            }
        }
        out
    }

    /// Letters and digits for a key.
    pub(crate) fn key(&mut self, length: usize) -> String {
        const SIGNS: [char; 31] = [
            'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T',
            'U', 'V', 'W', 'X', 'Y', 'Z', '2', '3', '4', '5', '6', '7', '8', '9',
        ];
        (0..length).map(|_| self.one(&SIGNS)).collect()
    }
}
