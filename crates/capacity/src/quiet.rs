//! Hours in which somebody does not want to be written to.

use base::Instant;
use jiff::Zoned;
use jiff::tz::TimeZone;

/// Whether these are two different full hours, from and to.
pub(crate) const fn are_hours((from, to): (u8, u8)) -> bool {
    from < 24 && to < 24 && from != to
}

/// When something may be written that happens now: at once, or at the end of the quiet hours.
pub(crate) fn end(quiet: Option<(u8, u8)>, time_zone: &str, now: Instant) -> Instant {
    let local = local(time_zone, now);
    let hour = u8::try_from(local.hour()).unwrap_or_default();
    match quiet {
        Some((from, to)) if is_between(hour, from, to) => next(&local, to).unwrap_or(now),
        _ => now,
    }
}

/// The moment as the clocks of a zone show it; UTC where the zone is not known.
pub(crate) fn local(time_zone: &str, now: Instant) -> Zoned {
    now.timestamp().to_zoned(zone(time_zone).unwrap_or(TimeZone::UTC))
}

/// Whether an hour lies in a span that may go over midnight.
const fn is_between(hour: u8, from: u8, to: u8) -> bool {
    if from < to { from <= hour && hour < to } else { hour >= from || hour < to }
}

/// The next time that a clock shows a full hour.
pub(crate) fn next(local: &Zoned, hour: u8) -> Option<Instant> {
    let hour = i8::try_from(hour).ok()?;
    let on = |day: jiff::civil::Date| day.at(hour, 0, 0, 0).to_zoned(local.time_zone().clone());
    let today = on(local.date()).ok()?;
    let at = if today > *local { today } else { on(local.date().tomorrow().ok()?).ok()? };
    Some(Instant::from_micros(at.timestamp().as_microsecond()))
}

/// A zone of the IANA database.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    if name.is_empty() { None } else { jiff::tz::db().get(name).ok() }
}
