//! Instants in UTC and the clock that hands them out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A moment in UTC, in microseconds since 1970-01-01T00:00Z.
///
/// Microseconds because both engines keep exactly that: PostgreSQL natively, SQLite as an integer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since 1970-01-01T00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// As a `jiff` timestamp; clamped to what `jiff` can hold (years -9999 to 9999).
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        })
    }

    /// The civil date in UTC.
    pub fn date(self) -> Date {
        self.timestamp().to_zoned(TimeZone::UTC).date()
    }

    /// This instant moved by `micros` microseconds, saturating at the ends of time.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// The same day of the next month, or the last day of it when that day does not exist.
    pub fn plus_months(self, months: i32) -> Self {
        let zoned = self.timestamp().to_zoned(TimeZone::UTC);
        let moved = zoned
            .checked_add(jiff::Span::new().try_months(months).unwrap_or_default())
            .map_or(zoned.timestamp(), |moved| moved.timestamp());
        Self(moved.as_microsecond())
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_microsecond())
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC with all six decimals, so that texts sort as the instants do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.timestamp())
    }
}

impl std::str::FromStr for Instant {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Timestamp>().map(Self::from)
    }
}

/// Where the present moment comes from.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is moved: for tests and for repeatable samples.
    pub fn fixed(at: Instant) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(at.as_micros()))))
    }

    /// The present moment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Instant {
        match &self.0 {
            Source::System => Timestamp::now().into(),
            Source::Fixed(micros) => Instant(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock forward; the machine's clock is left alone.
    pub fn advance_micros(&self, micros: i64) {
        if let Source::Fixed(now) = &self.0 {
            now.fetch_add(micros, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_after_the_last_of_january_is_the_last_of_february() {
        let january: Instant = "2026-01-31T12:00:00Z".parse().unwrap();

        assert_eq!(january.plus_months(1).to_string(), "2026-02-28T12:00:00.000000Z");
    }

    #[test]
    fn instants_print_so_that_texts_sort_as_instants() {
        let texts: Vec<String> =
            [0, 1, 999_999, 1_000_000].map(|us| Instant::from_micros(us).to_string()).into();

        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(Instant::from_micros(5));
        let same = clock.clone();

        clock.advance_micros(2);

        assert_eq!(same.now(), Instant::from_micros(7));
    }
}
