//! The words and signs that always go with a light.

use base::Instant;

use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::Center;
pub(super) use crate::shown::{Shown, Standing, shown};
use crate::status::{Status, status};
use crate::view::ago;
use crate::words::{Freshness, Light, Reason};

/// The id of a light's symbol in a page.
pub(super) fn symbol(light: Light, stale: bool) -> &'static str {
    match (light, stale) {
        (Light::Available, false) => "available",
        (Light::Available, true) => "available-stale",
        (Light::Limited, false) => "limited",
        (Light::Limited, true) => "limited-stale",
        (Light::Full, false) => "full",
        (Light::Full, true) => "full-stale",
        (Light::Unknown | Light::NotOffered, _) => "unknown",
        (Light::Suspended, _) => "suspended",
    }
}

/// How old the information is, as loud as the light.
pub(super) fn told(center: &Center, status: &Status<'_>, now: Instant) -> String {
    if status.light == Light::Suspended {
        let since = center.suspended(now).map(|it| it.from).filter(|from| from.as_micros() > 0);
        return since.map_or_else(String::new, |from| format!("since {}", super::moment(from, "")));
    }
    said(status.reason, status.entry, status.is_stale(), now)
}

/// The same of the line that is in force.
pub(super) fn said(
    reason: Option<Reason>,
    entry: Option<&Entry>,
    stale: bool,
    now: Instant,
) -> String {
    let Some(entry) = entry else { return "never reported".to_owned() };
    let age = ago(now.as_micros().saturating_sub(entry.valid_at.as_micros()));
    match reason {
        Some(Reason::NeverReported) => "never reported".to_owned(),
        Some(Reason::AfterSuspension) => "not reported since it was suspended".to_owned(),
        Some(Reason::Expired) => format!("last report {age}"),
        Some(Reason::Declared) => format!("the center could not say, {age}"),
        None if stale => format!("last known {age}"),
        None => format!("reported {age}"),
    }
}

/// When the next report of a center is due: its oldest line is the one that somebody waits for. None while nothing is
/// known of one.
pub(super) fn next_due(
    center: &Center,
    log: &Log,
    cadences: &Cadences,
    now: Instant,
) -> Option<Instant> {
    let pairs = center.capabilities.iter().map(|it| (it.age, it.mode));
    let all = pairs.filter_map(|pair| status(center, log, pair, cadences, now));
    let due = |entry: Option<&Entry>| entry.map(|it| it.due(cadences, &center.periods, now).0);
    all.flat_map(|it| match it.units.as_slice() {
        [] => vec![None],
        units => units.iter().map(|unit| due(unit.entry)).collect(),
    })
    .min()
    .flatten()
}

/// The age in a word for the style sheet.
pub(super) const fn age_class(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Fresh => "fresh",
        Freshness::Aging => "aging",
        Freshness::Stale | Freshness::Expired | Freshness::Never => "old",
    }
}
