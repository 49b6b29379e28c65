//! Time between two moments, as exact decimals.

use rust_decimal::Decimal;

use super::tree::Span;
use crate::value::Moment;

/// The time from one moment to another; `None` where a time of day is needed and not known.
pub(super) fn between(span: Span, from: Moment, to: Moment) -> Option<Decimal> {
    match span {
        Span::Minutes => minutes(from, to).map(Decimal::from),
        Span::Hours => minutes(from, to).and_then(hours_of),
        Span::Days => Some(Decimal::from(days(from, to))),
        Span::Years => Some(Decimal::from(years(from, to))),
        Span::DecimalYears => Decimal::from(days(from, to) * 4).checked_div(Decimal::from(1461)),
    }
}

fn minutes(from: Moment, to: Moment) -> Option<i64> {
    Some(to.minutes()? - from.minutes()?)
}

fn days(from: Moment, to: Moment) -> i64 {
    i64::from(to.day_number()) - i64::from(from.day_number())
}

/// Minutes as hours; exact where the decimals end, else to 28 digits.
pub(super) fn hours_of(minutes: i64) -> Option<Decimal> {
    if minutes % 60 == 0 {
        return Some(Decimal::from(minutes / 60));
    }
    if minutes % 3 == 0 {
        // m / 60 = (m / 3) * 5 / 100
        return Some(Decimal::new(minutes / 3 * 5, 2));
    }
    Decimal::from(minutes).checked_div(Decimal::from(60))
}

/// Completed years: someone born on 29 February completes them on 1 March of a common year.
fn years(from: Moment, to: Moment) -> i64 {
    if to.day_number() < from.day_number() {
        return -years(to, from);
    }
    let (from_year, from_month, from_day) = from.ymd();
    let (to_year, to_month, to_day) = to.ymd();
    let not_yet = (to_month, to_day) < (from_month, from_day);
    i64::from(to_year) - i64::from(from_year) - i64::from(not_yet)
}
