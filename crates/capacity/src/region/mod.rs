//! A region as those see it who look after it: a network, a country or a chapter with its centers.

mod notice;

use base::{Action, Actor, Instant, permit_platform};
use directory::audit::{Event, Trail};

use crate::log::Log;
use crate::manage::{Scope, may_switch};
use crate::model::Center;
use crate::service::{Capacity, CapacityError, networks};
use crate::snapshot::Snapshot;
use crate::store::Scoped;
use crate::web::moment;
use crate::words::Reader;

pub use notice::{MOST_NOTICE_DAYS, NOTICE_STATEMENTS, NewNotice, Notice, NoticeKind};
pub(crate) use notice::{notices, read as read_notices};

/// A region and what the actor is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionDesk {
    /// Which.
    pub scope: Scope,
    /// Its name.
    pub name: String,
    /// Whether the actor switches stricter cadences on there, and tells notices for the whole region.
    pub leads: bool,
    /// As whom the actor looks at its centers.
    pub reader: Reader,
}

impl RegionDesk {
    /// Whether a center belongs to it.
    pub fn has(&self, center: &Center) -> bool {
        self.scope.has(center)
    }

    /// Its centers that have not closed, with what they have said.
    pub fn centers<'a>(
        &'a self,
        snapshot: &'a Snapshot,
    ) -> impl Iterator<Item = (&'a Center, &'a Log)> + 'a {
        snapshot.centers().filter(|(center, _)| self.has(center))
    }
}

impl Scope {
    /// Whether a center belongs to it.
    pub fn has(&self, center: &Center) -> bool {
        match self {
            Self::Network(key) => center.networks.contains(key),
            Self::Country(key) => center.country == *key,
            Self::Chapter(key) => center.chapter == *key,
            Self::Center(id) => center.id == *id,
        }
    }

    /// A region from the words of an address.
    pub(crate) fn region(kind: &str, key: &str) -> Option<Self> {
        let key = key.to_owned();
        match kind {
            "network" => Some(Self::Network(key)),
            "country" => Some(Self::Country(key)),
            "chapter" => Some(Self::Chapter(key)),
            _ => None,
        }
    }
}

/// Stricter cadences that are in force somewhere: what everybody is told beside lights.
pub(crate) fn in_force(snapshot: &Snapshot, now: Instant) -> impl Iterator<Item = &Scoped> {
    snapshot.scoped().iter().filter(move |it| it.period.is_at(now))
}

/// What a region is called; none when there is no such region.
pub(crate) fn name(snapshot: &Snapshot, scope: &Scope) -> Option<String> {
    match scope {
        Scope::Network(key) => {
            snapshot.networks().iter().find(|it| it.key == *key).map(|it| it.name.clone())
        }
        Scope::Chapter(key) => {
            snapshot.chapters().find(|(code, _)| code == key).map(|(_, name)| name.to_owned())
        }
        Scope::Country(key) => {
            let known = snapshot.centers().any(|(center, _)| center.country == *key);
            known.then(|| chart::country_name(key).unwrap_or(key).to_owned())
        }
        Scope::Center(_) => None,
    }
}

/// The stricter cadences in force that touch a selection, in words.
pub(crate) fn stricter(
    snapshot: &Snapshot,
    touches: impl Fn(&Scope) -> bool,
    now: Instant,
) -> Vec<String> {
    let words = |it: &Scoped| {
        let scope = Scope::region(&it.scope, &it.key).filter(&touches)?;
        let (name, cadence) = (name(snapshot, &scope)?, it.period.cadence.label().to_lowercase());
        let until = it.period.until.map(|until| moment(until, "")).unwrap_or_default();
        let reason = &it.period.reason;
        Some(format!("{name}: reports are expected {cadence} until {until}. {reason}"))
    };
    in_force(snapshot, now).filter_map(words).collect()
}

/// The region, if there is one and the actor may look at it as more than a reader of the list.
pub(crate) fn region(
    snapshot: &Snapshot,
    actor: &Actor,
    scope: Scope,
) -> Result<RegionDesk, CapacityError> {
    let name = name(snapshot, &scope).ok_or(CapacityError::Missing)?;
    let leads = may_switch(actor, &scope);
    let belongs = match &scope {
        Scope::Network(key) => networks(actor, snapshot).contains(key),
        Scope::Country(_) | Scope::Chapter(_) | Scope::Center(_) => false,
    };
    let reader = if belongs { Reader::Network } else { Reader::Steward };
    match leads {
        Ok(()) => Ok(RegionDesk { scope, name, leads: true, reader }),
        Err(_) if belongs => Ok(RegionDesk { scope, name, leads: false, reader }),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The regions that the actor looks after or belongs to: networks, then chapters; for staff countries as well.
pub(crate) fn regions(snapshot: &Snapshot, actor: &Actor) -> Vec<RegionDesk> {
    let networks = snapshot.networks().iter().map(|it| Scope::Network(it.key.clone()));
    let chapters = snapshot.chapters().map(|(code, _)| Scope::Chapter(code.to_owned()));
    let staff = permit_platform(actor, Action::ManageCenters).is_ok();
    let mut countries: Vec<&str> =
        snapshot.centers().filter(|_| staff).map(|(center, _)| center.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    let countries = countries.into_iter().map(|code| Scope::Country(code.to_owned()));
    let all = networks.chain(chapters).chain(countries);
    all.filter_map(|scope| region(snapshot, actor, scope).ok()).collect()
}

/// Whether the actor has any: asked for every page of the map, so without naming them.
pub(crate) fn has_region(snapshot: &Snapshot, actor: &Actor) -> bool {
    permit_platform(actor, Action::ManageCenters).is_ok()
        || !actor.reach(Action::ConfirmCenter).chapters.is_empty()
        || !networks(actor, snapshot).is_empty()
}

impl Capacity {
    /// The region for whoever looks after it or belongs to it. A look of staff, who see more than the region's own
    /// people, is kept in the audit.
    ///
    /// # Errors
    /// `Missing` without such a region; `Refused`.
    pub fn look_at_region(&self, actor: &Actor, scope: Scope) -> Result<RegionDesk, CapacityError> {
        let snapshot = self.current()?;
        let region = region(&snapshot, actor, scope)?;
        if region.reader == Reader::Steward {
            let (kind, key) = region.scope.words();
            let (center, reason, body) = (None, None, serde_json::json!({ "region": kind }));
            let (action, subject_kind, subject) = ("region-look", "capacity", key);
            let event = Event { action, subject_kind, subject, center, reason, body };
            self.db.write(|tx| Trail::new(actor, self.clock.now()).write(tx, &event))?;
        }
        Ok(region)
    }
}
