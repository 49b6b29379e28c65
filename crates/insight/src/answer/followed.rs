//! Which runs have been followed up.

use base::Instant;
use jiff::ToSpan as _;

/// The last day of the last whole month that ended at least so many days before a moment, since 1970-01-01: runs
/// started up to it have been followed for so long. It moves once a month, so that two versions of the data differ by
/// the runs of a month and not by those of a day.
pub fn followed(as_of: Instant, days: u16) -> i32 {
    let limit = as_of.date().saturating_sub(i32::from(days).days());
    let next = limit.saturating_add(1.day());
    // when the limit is the last day of its month, that month has ended
    let last = next.first_of_month().saturating_sub(1.day());
    day_number(last)
}

/// Days since 1970-01-01.
pub(crate) fn day_number(date: jiff::civil::Date) -> i32 {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.until(date).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, days: u16) -> String {
        let moment: jiff::Timestamp = text.parse().unwrap();
        let found = followed(Instant::from_micros(moment.as_microsecond()), days);
        (jiff::civil::Date::constant(1970, 1, 1) + found.days()).to_string()
    }

    #[test]
    fn the_last_month_that_is_long_enough_ago_counts_whole() {
        assert_eq!(at("2026-11-22T21:00:00Z", 90), "2026-07-31");
        assert_eq!(at("2026-10-28T23:59:59Z", 90), "2026-06-30");
        assert_eq!(at("2026-10-29T00:00:00Z", 90), "2026-07-31");
        assert_eq!(at("2024-03-01T12:00:00Z", 1), "2024-02-29");
        assert_eq!(at("2026-01-15T12:00:00Z", 90), "2025-09-30");
    }
}
