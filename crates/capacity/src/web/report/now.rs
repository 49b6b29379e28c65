//! How a center stands while its form is open: what everybody sees, and who of it has said something.

use base::Instant;

use super::super::moment;
use super::super::shown::{age_class, symbol, told};
use super::page::Look;
use super::typed::{self, Known};
use crate::clock::Cadences;
use crate::log::{Entry, Log};
use crate::model::Center;
use crate::status::status;
use crate::unit::Unit;
use crate::view::ago;

/// What everybody sees now.
pub(in crate::web) struct Light {
    pub(in crate::web) age: &'static str,
    pub(in crate::web) modes: String,
    pub(in crate::web) symbol: &'static str,
    pub(in crate::web) label: &'static str,
    pub(in crate::web) told: String,
    pub(in crate::web) age_class: &'static str,
    pub(in crate::web) due: Option<String>,
}

/// Whoever reports for a center.
pub(super) struct Speaker {
    pub(super) link: String,
    pub(super) name: String,
    pub(super) told: String,
    /// Nothing is known of it, or a report is due.
    pub(super) urgent: bool,
    pub(super) current: bool,
}

impl Look<'_> {
    fn of(&self, unit: Option<&'_ Unit>) -> Vec<&Entry> {
        let Known { center, log, cadences, now, .. } = self.known;
        center.lines_of(log, unit.map(|it| it.key.as_str()), cadences, now)
    }

    /// Whether more than one unit has said something that can be confirmed together.
    pub(super) fn all_said(&self) -> bool {
        let speakers = self.known.center.speakers(self.known.now);
        speakers.into_iter().filter(|unit| !self.of(*unit).is_empty()).count() > 1
    }

    pub(super) fn speakers(&self) -> Vec<Speaker> {
        let Known { center, cadences, now, .. } = self.known;
        let speakers = center.speakers(now);
        let several = speakers.len() > 1;
        let one = |unit: Option<&Unit>| {
            let oldest = self.of(unit).into_iter().min_by_key(|it| it.valid_at);
            let due = oldest.map(|it| it.due(cadences, &center.periods, now).0);
            let told = oldest.map_or_else(
                || "nothing is known".to_owned(),
                |it| ago(now.as_micros().saturating_sub(it.valid_at.as_micros())),
            );
            let key = unit.map_or("", |it| it.key.as_str());
            Speaker {
                link: format!("/capacity/{}/report?unit={key}", center.number),
                name: unit.map_or_else(|| "Without a unit".to_owned(), |it| it.name.clone()),
                told,
                urgent: due.is_none_or(|due| due <= now),
                current: self.known.key() == unit.map(|it| it.key.as_str()),
            }
        };
        speakers.into_iter().filter(|_| several).map(one).collect()
    }
}

/// The lights of a center, with the kinds of support together that show the same.
pub(in crate::web) fn lights(
    (center, log): (&Center, &Log),
    cadences: &Cadences,
    now: Instant,
) -> Vec<Light> {
    let mut all: Vec<Light> = Vec::new();
    for age in typed::offered(center) {
        for mode in center.modes(age) {
            let Some(status) = status(center, log, (age, mode), cadences, now) else {
                continue;
            };
            let due = status.due(center, cadences, now);
            let light = Light {
                age: age.label(),
                modes: mode.label().to_owned(),
                symbol: symbol(status.light, status.is_stale()),
                label: status.light.label(),
                told: told(center, &status, now),
                age_class: age_class(status.freshness),
                due: due.map(|due| moment(due.0, &center.time_zone)),
            };
            match all.iter_mut().find(|it| it.shows_the_same(&light)) {
                Some(same) => same.modes = format!("{}, {}", same.modes, light.modes),
                None => all.push(light),
            }
        }
    }
    all
}

impl Light {
    fn shows_the_same(&self, other: &Self) -> bool {
        (self.age, self.symbol, &self.told, &self.due)
            == (other.age, other.symbol, &other.told, &other.due)
    }
}
