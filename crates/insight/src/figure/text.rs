//! Words beside a figure.

use base::Instant;

use crate::answer::{Figure as Found, Outcome, Shown};
use crate::figure::Figure;

/// The day of a moment, as "22 November 2026" in UTC.
pub(crate) fn day(at: Instant) -> String {
    at.date().strftime("%-d %B %Y").to_string()
}

/// With a capital letter at its beginning.
pub(crate) fn first_capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A whole number with thousands separators.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(super) fn observed(figure: &Figure, outcome: &Outcome) -> String {
    let Some(shown) = outcome.total.values.get(figure.value) else { return String::new() };
    let units = outcome.query.unit().plural();
    let two = |observed: u64, missing: u64| {
        format!("{} {units} observed, {} missing", whole(observed), whole(missing))
    };
    match shown {
        Shown::Suppressed(reason) => reason.to_string(),
        Shown::Value(found) => match found {
            Found::Share { observed, missing, .. }
            | Found::Quantiles { observed, missing, .. }
            | Found::Mean { observed, missing, .. }
            | Found::Rate { observed, missing, .. }
            | Found::Curves { observed, missing, .. } => two(*observed, *missing),
            Found::Missing { observed, count, .. } => two(*observed, *count),
            Found::Count { .. } | Found::Distinct { .. } => counted(figure, outcome, units),
        },
    }
}

/// For counts, what is observed is whether units have a place in the figure.
fn counted(figure: &Figure, outcome: &Outcome, units: &str) -> String {
    let Some(all) = outcome.total.count.value() else { return String::new() };
    let overlapping = outcome.dimensions.iter().any(|dimension| dimension.overlapping);
    if figure.query.by().is_empty() || overlapping {
        return format!("{} {units}", whole(*all));
    }
    let without = outcome.cells.iter().filter(|row| row.key.iter().any(Option::is_none));
    let missing: Option<u64> = without.map(|row| row.count.value().copied()).sum();
    match missing {
        Some(missing) => format!(
            "{} {units} observed, {} missing",
            whole(all.saturating_sub(missing)),
            whole(missing)
        ),
        None => format!("{} {units}", whole(*all)),
    }
}
