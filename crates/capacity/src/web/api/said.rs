//! A center as programs read it.

use base::Actor;
use directory::centers::AgeGroup;
use serde::Serialize;

use crate::log::Log;
use crate::model::Center;
use crate::service::reader;
use crate::snapshot::Snapshot;
use crate::view::{CenterView, view};

/// Where a center lies, in degrees (WGS 84).
#[derive(Debug, Serialize)]
pub(super) struct Position {
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// A center with where it is and to whom it belongs.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    #[serde(flatten)]
    pub(super) view: CenterView,
    position: Option<Position>,
    chapter: String,
    networks: Vec<String>,
    center_categories: Vec<AgeGroup>,
    invented: bool,
}

/// What the actor is told of a center; none when it has closed.
pub(super) fn told(
    snapshot: &Snapshot,
    actor: &Actor,
    (center, log): (&Center, &Log),
    now: base::Instant,
) -> Option<Told> {
    let reader = reader(actor, center, snapshot);
    let treats = |age: &AgeGroup| center.modes(*age).next().is_some();
    Some(Told {
        view: view(center, log, reader, snapshot.cadences(), now)?,
        position: center.position.map(|(lat, lon)| Position { lat, lon }),
        chapter: center.chapter.clone(),
        networks: center.networks.clone(),
        center_categories: AgeGroup::ALL.iter().copied().filter(treats).collect(),
        invented: snapshot.is_invented(&center.number),
    })
}
