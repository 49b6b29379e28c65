//! What a reporter or coordinator does from the map.

use base::{Action, Actor, Instant, Place};

use super::shown::next_due;
use super::{desk, moment};
use crate::manage::Scope;
use crate::snapshot::Snapshot;

/// Most own centers and networks that are shown.
const MOST: usize = 12;

/// What a reporter or coordinator does from here.
pub(super) struct Own {
    pub(super) link: String,
    pub(super) label: String,
    pub(super) told: String,
    pub(super) urgent: bool,
}

/// The centers that the actor reports for, with how urgent that is, and the networks that they coordinate.
pub(super) fn own(snapshot: &Snapshot, actor: &Actor, now: Instant) -> Vec<Own> {
    let reach = actor.reach(Action::ReportCapacity);
    let centers =
        reach.centers.iter().filter_map(|id| snapshot.center(*id)).map(|(center, log)| {
            let due = next_due(center, log, snapshot.cadences(), now);
            let told = match due {
                None if center.suspended(now).is_some() => "shown as not working".to_owned(),
                Some(due) if due > now => {
                    format!("next report due {}", moment(due, &center.time_zone))
                }
                Some(due) => format!("a report was due {}", moment(due, &center.time_zone)),
                None => "nothing is known: report now".to_owned(),
            };
            Own {
                link: format!("/capacity/{}/report", center.number),
                label: format!("Report for {}", center.name),
                told,
                urgent: due.is_none_or(|due| due <= now) && center.suspended(now).is_none(),
            }
        });
    let networks = snapshot.networks().iter().filter(|it| reach.networks.contains(&it.key));
    let networks = networks.map(|it| Own {
        link: desk::address(&Scope::Network(it.key.clone())),
        label: format!("Desk of {}", it.name),
        told: "you relay what its centers say by telephone".to_owned(),
        urgent: false,
    });
    centers.chain(networks).take(MOST).collect()
}

/// The time zone of the actor's center; nothing for whoever has none.
pub(super) fn zone(actor: &Actor, snapshot: &Snapshot) -> String {
    let center = actor.grants().iter().find_map(|grant| match grant.place {
        Place::Center(id) => snapshot.center(id),
        _ => None,
    });
    center.map(|(center, _)| center.time_zone.clone()).unwrap_or_default()
}
