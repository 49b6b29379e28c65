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
    /// The unit that has waited longest; none for the center as a whole.
    pub(super) unit: Option<&'a str>,
    /// The moment that its report describes.
    pub(super) said_at: Instant,
    pub(super) stage: Stage,
    /// What a link confirms.
    pub(super) confirms: Confirms<'a>,
}

/// What can be said anew without entering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirms<'a> {
    /// Something of it has expired.
    Nothing,
    /// This unit alone: another one has expired.
    Unit(&'a str),
    /// The center with all its units.
    Everything,
}

/// A line as reminders see it.
#[derive(Clone, Copy)]
struct Line<'a> {
    due: Instant,
    expires: Instant,
    feed: bool,
    unit: Option<&'a str>,
    said_at: Instant,
}

/// What is due at a center: of what is still known, and of what is not known any more. Each goes its own way up, so that a
/// unit that has fallen silent keeps nobody else from being reminded.
pub(super) fn due<'a>(
    snapshot: &Snapshot,
    center: &'a Center,
    log: &'a Log,
    now: Instant,
) -> Vec<Waiting<'a>> {
    if center.suspended(now).is_some() {
        return Vec::new();
    }
    let cadences = snapshot.cadences();
    let pairs = center.capabilities.iter().map(|it| (it.age, it.mode));
    // whoever has never reported is not reminded of it
    let lines = pairs
        .filter_map(|pair| status(center, log, pair, cadences, now))
        .flat_map(|status| status.units)
        .filter_map(|unit| {
            let entry = unit.entry?;
            let (due, stale, expires) = entry.due(cadences, &center.periods, now);
            // a feed is late when it goes stale: its own rhythm is minutes
            let due = if entry.feed { stale } else { due };
            let (feed, said_at) = (entry.feed, entry.valid_at);
            Some(Line { due, expires, feed, unit: unit.unit, said_at })
        });
    let (living, expired): (Vec<Line<'a>>, Vec<Line<'a>>) = lines.partition(|it| it.expires >= now);
    let oldest = |lines: &[Line<'a>]| lines.iter().min_by_key(|it| (it.due, it.expires)).copied();
    let waiting = |line: Line<'a>| {
        let number = number(line, now)?;
        let dead = line.expires < now;
        let confirms = match line.unit {
            _ if dead => Confirms::Nothing,
            _ if expired.is_empty() => Confirms::Everything,
            Some(unit) if expired.iter().all(|it| it.unit != line.unit) => Confirms::Unit(unit),
            _ => Confirms::Nothing,
        };
        let stage = Stage { number, due: line.due, expired: dead, feed: line.feed };
        Some(Waiting { center, unit: line.unit, said_at: line.said_at, stage, confirms })
    };
    let both = oldest(&living).into_iter().chain(oldest(&expired));
    both.filter_map(waiting).collect()
}

/// How far a reminder of a line goes; none while it is not due.
fn number(line: Line<'_>, now: Instant) -> Option<i64> {
    let late = now.as_micros() - line.due.as_micros();
    let dead = now.as_micros() - line.expires.as_micros();
    match () {
        () if dead >= GIVEN_UP => Some(EXPIRED + dead / GIVEN_UP),
        () if dead > 0 => Some(EXPIRED),
        () if late >= DAY => Some(3),
        () if late >= 6 * HOUR => Some(2),
        () if late >= 0 => Some(1),
        // a feed that is an hour late is not due in an hour: its next line may come any minute
        () if late >= -HOUR && !line.feed => Some(HEADS_UP),
        () if late > -PAUSE => Some(SOON),
        () => None,
    }
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
pub(super) fn text(one: &Waiting<'_>, said: &str, (base, link): (&str, Option<&str>)) -> String {
    let Waiting { center, stage, .. } = *one;
    let number = &center.number;
    let unit = center.units.iter().find(|it| Some(it.key.as_str()) == one.unit);
    let name = match unit {
        Some(unit) => format!("{}, {}", center.name, unit.name),
        None => center.name.clone(),
    };
    let place = unit.map(|it| format!("?unit={}", it.key)).unwrap_or_default();
    let of = if unit.is_some() { "unit" } else { "center" };
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
        let what = match one.confirms {
            Confirms::Unit(_) => "this unit",
            Confirms::Nothing | Confirms::Everything => "it",
        };
        format!(
            "If nothing has changed, confirm {what} here; the link works once, for {hours} hours, and opening it changes nothing:\n{base}/capacity/confirm/{link}\n\n"
        )
    });
    format!(
        "The last capacity report of {name} was made {said}. {state}\n\n{confirm}A new report takes less than a minute:\n{base}/capacity/{number}/report{place}\n\n"
    )
}
