//! What is due, how far a reminder of it has gone, and what it says.

use base::{Instant, Place, Role};
use directory::people::Recipient;

use super::{LINK_LIVES, PAUSE};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::log::Log;
use crate::model::Center;
use crate::snapshot::Snapshot;
use crate::status::status;

/// Expired for so long, a center is reminded once a week only.
const GIVEN_UP: i64 = 7 * DAY;
/// The stage at which nothing is known any more; later ones are weeks.
pub(super) const EXPIRED: i64 = 4;
/// The stage of those who want to know an hour before.
pub(super) const HEADS_UP: i64 = 0;
/// Nobody is written to because of it: it is named beside others.
pub(super) const SOON: i64 = -1;

/// How far a reminder has gone: who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stage {
    /// `SOON` when the report will be due before its reporter may be written to again.
    pub(super) number: i64,
    pub(super) due: Instant,
    /// What was said is too old to be confirmed.
    pub(super) expired: bool,
    /// It came from a feed, which has stopped.
    pub(super) feed: bool,
}

/// A center whose report is due, or will be soon.
pub(super) struct Waiting<'a> {
    pub(super) center: &'a Center,
    pub(super) log: &'a Log,
    /// The unit that has waited longest; none for the center as a whole.
    pub(super) unit: Option<&'a str>,
    pub(super) stage: Stage,
}

/// What is due at a center; none while nothing is.
pub(super) fn due<'a>(
    snapshot: &Snapshot,
    center: &'a Center,
    log: &'a Log,
    now: Instant,
) -> Option<Waiting<'a>> {
    if center.suspended(now).is_some() {
        return None;
    }
    let cadences = snapshot.cadences();
    let pairs = center.capabilities.iter().map(|it| (it.age, it.mode));
    // the line that has waited longest; whoever has never reported is not reminded of it
    let (due, expires, feed, unit) = pairs
        .filter_map(|pair| status(center, log, pair, cadences, now))
        .flat_map(|status| status.units)
        .filter_map(|unit| {
            let (due, stale, expires) = unit.entry?.due(cadences, &center.periods, now);
            // a feed is late when it goes stale: its own rhythm is minutes
            let feed = unit.entry.is_some_and(|entry| entry.feed);
            Some((if feed { stale } else { due }, expires, feed, unit.unit))
        })
        .min()?;
    let late = now.as_micros() - due.as_micros();
    let dead = now.as_micros() - expires.as_micros();
    let number = match () {
        () if dead >= GIVEN_UP => EXPIRED + dead / GIVEN_UP,
        () if dead > 0 => EXPIRED,
        () if late >= DAY => 3,
        () if late >= 6 * HOUR => 2,
        () if late >= 0 => 1,
        // a feed that is an hour late is not due in an hour: its next line may come any minute
        () if late >= -HOUR && !feed => HEADS_UP,
        () if late > -PAUSE => SOON,
        () => return None,
    };
    Some(Waiting { center, log, unit, stage: Stage { number, due, expired: dead > 0, feed } })
}

/// Whether somebody is told at a stage: first those who report, then who answers for them. When a feed has stopped, the
/// administrator hears of it at once: nobody else can mend it.
pub(super) fn is_told(recipient: &Recipient, one: &Waiting<'_>, stage: i64) -> bool {
    let (center, feed) = (one.center, one.stage.feed);
    let from = |role: Role, place: &Place| match (role, place) {
        (Role::CapacityReporter, Place::Center(id)) if *id == center.id => Some(1),
        (Role::Coordinator, Place::Center(id)) if *id == center.id => Some(2),
        (Role::ProgramDirector, Place::Center(id)) if *id == center.id => Some(3),
        (Role::NetworkCoordinator, Place::Network(key)) if center.networks.contains(key) => Some(3),
        (Role::CenterAdministrator, Place::Center(id)) if *id == center.id => {
            Some(if feed { 1 } else { 4 })
        }
        _ => None,
    };
    let mut stages = recipient.grants.iter().filter_map(|grant| from(grant.role, &grant.place));
    stages.any(|from| from <= stage)
}

/// What somebody reads of a center, with the way to confirm where there is one.
pub(super) fn text(
    one: &Waiting<'_>,
    age: Option<&str>,
    (base, link): (&str, Option<&str>),
) -> String {
    let Waiting { center, stage, .. } = *one;
    let number = &center.number;
    let unit = center.units.iter().find(|it| Some(it.key.as_str()) == one.unit);
    let name = match unit {
        Some(unit) => format!("{}, {}", center.name, unit.name),
        None => center.name.clone(),
    };
    let place = unit.map(|it| format!("?unit={}", it.key)).unwrap_or_default();
    let of = if unit.is_some() { "unit" } else { "center" };
    let said = age.unwrap_or("long ago");
    let state = match stage {
        Stage { expired: true, .. } => {
            format!("It is too old to be shown: the map says that nothing is known of the {of}.")
        }
        Stage { number: SOON | HEADS_UP, .. } => "The next one is due within 12 hours.".to_owned(),
        Stage { feed: true, .. } => {
            format!(
                "It came from a feed, which has stopped. The map fades it, and after four hours more nothing is known of the {of}."
            )
        }
        Stage { .. } => {
            format!("The map fades it, and after a while nothing is known of the {of}.")
        }
    };
    let confirm = link.map_or_else(String::new, |link| {
        let hours = LINK_LIVES / (60 * MINUTE);
        format!(
            "If nothing has changed, confirm it here; the link works once, for {hours} hours, and opening it changes nothing:\n{base}/capacity/confirm/{link}\n\n"
        )
    });
    format!(
        "The last capacity report of {name} was made {said}. {state}\n\n{confirm}A new report takes less than a minute:\n{base}/capacity/{number}/report{place}\n\n"
    )
}
