//! What surrounds reports: suspensions, stricter cadences, networks.

use base::{Action, Actor, CenterId, Instant, Refusal, permit, permit_platform};
use directory::audit::{Event, Trail};
use serde_json::json;
use uuid::Uuid;

use crate::clock::{DAY, Period};
use crate::model::Network;
use crate::service::{Capacity, CapacityError, stage};
use crate::store;
use crate::words::Cadence;

/// A stricter cadence is switched on for so many days at most.
pub(crate) const MOST_DAYS: i64 = 30;

/// Where a stricter cadence applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// In the centers of a network.
    Network(String),
    /// In a country.
    Country(String),
    /// In a chapter.
    Chapter(String),
    /// In one center.
    Center(CenterId),
}

impl Scope {
    pub(crate) fn words(&self) -> (&'static str, String) {
        match self {
            Self::Network(key) => ("network", key.clone()),
            Self::Country(key) => ("country", key.clone()),
            Self::Chapter(key) => ("chapter", key.clone()),
            Self::Center(id) => ("center", id.to_string()),
        }
    }
}

impl Capacity {
    /// Says that a center does not work from now until a moment. Afterwards nothing is known until it reports.
    ///
    /// # Errors
    /// `Refused`, `Missing`; `Stage` without a reason, an end within a year, or while it is suspended already.
    pub fn suspend(
        &self,
        actor: &Actor,
        center: CenterId,
        until: Instant,
        reason: &str,
    ) -> Result<(), CapacityError> {
        let (now, reason) = (self.clock.now(), reason.trim());
        let snapshot = self.current()?;
        let (profile, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        permit(actor, Action::ReportCapacity, center)?;
        let by_staff = profile.suspended(now).is_some_and(|it| it.until.is_none());
        if reason.is_empty() || reason.chars().count() > 280 {
            return stage("Give a reason of at most 280 characters.");
        }
        // it is shown to everybody
        if let Some(why) = crate::comment::problem(reason, now) {
            return stage(&why);
        }
        if until <= now || until > now.plus_micros(366 * DAY) {
            return stage("State an end within a year.");
        }
        self.db.write(|tx| {
            if by_staff || store::lasting(tx, center, now)? > 0 {
                return stage("The center is suspended already.");
            }
            store::suspend(tx, center, (now, until), reason, actor.name())?;
            let event = Event::of_center("capacity-suspend", center)
                .with(json!({ "until": until.to_string() }))
                .because(Some(reason));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Says that a center works again, before the end that was stated.
    ///
    /// # Errors
    /// `Refused`; `Stage` when it has not suspended itself.
    pub fn resume(&self, actor: &Actor, center: CenterId) -> Result<(), CapacityError> {
        permit(actor, Action::ReportCapacity, center)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if store::resume(tx, center, now)? == 0 {
                return stage("The center has not suspended itself.");
            }
            let event = Event::of_center("capacity-resume", center);
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Switches a stricter cadence on. Gives its id.
    ///
    /// # Errors
    /// `Refused` unless the actor is staff, coordinates the network, or reports for the center; `Stage` for the
    /// routine or feed row; `Values` without a reason, or with an end more than 30 days away.
    pub fn switch_on(
        &self,
        actor: &Actor,
        scope: &Scope,
        cadence: Cadence,
        until: Instant,
        reason: &str,
    ) -> Result<Uuid, CapacityError> {
        may_switch(actor, scope)?;
        let (now, reason) = (self.clock.now(), reason.trim());
        if !matches!(cadence, Cadence::Heightened | Cadence::Surge) {
            return stage("Only a stricter cadence is switched on.");
        }
        let mut wrong = Vec::new();
        if reason.is_empty() || reason.chars().count() > 280 {
            wrong.push(("reason", "Give a reason of at most 280 characters.".to_owned()));
        } else if let Some(why) = crate::comment::problem(reason, now) {
            // it is shown to everybody
            wrong.push(("reason", why));
        }
        if until <= now || until > now.plus_micros(MOST_DAYS * DAY) {
            wrong.push(("until", format!("State an end within {MOST_DAYS} days.")));
        }
        if !wrong.is_empty() {
            return Err(CapacityError::Values(wrong));
        }
        let id = self.ids.next();
        let (kind, key) = scope.words();
        let period = Period { cadence, from: now, until: Some(until), reason: reason.to_owned() };
        self.db.write(|tx| {
            store::add_period(tx, id, (kind, key.as_str()), &period, actor.name())?;
            let body = json!({ "scope": kind, "key": key, "cadence": cadence, "until": until.to_string() });
            let event = setting("capacity-cadence", key.clone()).with(body).because(Some(reason));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(id)
        })
    }

    /// Ends a stricter cadence. What was made under it keeps it.
    ///
    /// # Errors
    /// `Refused` as for switching it on; `Missing` when the scope has none of this id, or it has ended.
    pub fn switch_off(
        &self,
        actor: &Actor,
        scope: &Scope,
        period: Uuid,
    ) -> Result<(), CapacityError> {
        may_switch(actor, scope)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let (kind, key) = scope.words();
            if !store::end_period(tx, period, (kind, key.as_str()), now)? {
                return Err(CapacityError::Missing);
            }
            let event = setting("capacity-cadence", key).with(json!({ "ended": period }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Writes a network and its members anew.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Values` without a key or name, with a country or a
    /// telephone that is none.
    pub fn put_network(
        &self,
        actor: &Actor,
        network: &Network,
        members: &[CenterId],
    ) -> Result<(), CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        sound(network)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            store::put_network(tx, network, members)?;
            let body = json!({ "network": network, "members": members });
            let event = setting("capacity-network", network.key.clone()).with(body);
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }
}

/// Whether everything of a network can be kept.
fn sound(network: &Network) -> Result<(), CapacityError> {
    let mut wrong = Vec::new();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let key = &network.key;
    if key.is_empty() || key.len() > 40 || !key.chars().all(plain) {
        wrong.push(("key", "A key has 1 to 40 small letters, digits and '-'.".to_owned()));
    }
    let name = &network.name;
    if name.is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        wrong.push(("name", "Give a name of at most 120 characters.".to_owned()));
    }
    if let Some(code) = network.countries.iter().find(|it| chart::country_name(it).is_none()) {
        let code: String = code.chars().take(10).collect();
        wrong.push(("countries", format!("{code} is no country: use codes such as DE or US.")));
    }
    let digits = network.hotline.strip_prefix('+');
    let number = |it: &str| (5..=15).contains(&it.len()) && it.bytes().all(|b| b.is_ascii_digit());
    if !network.hotline.is_empty() && !digits.is_some_and(number) {
        wrong.push(("hotline", "Write the telephone as +49301234567.".to_owned()));
    }
    if wrong.is_empty() { Ok(()) } else { Err(CapacityError::Values(wrong)) }
}

fn setting(action: &str, subject: String) -> Event<'_> {
    let (center, reason, body) = (None, None, serde_json::Value::Null);
    Event { action, subject_kind: "capacity", subject, center, reason, body }
}

/// Whether the actor switches stricter cadences on there.
pub(crate) fn may_switch(actor: &Actor, scope: &Scope) -> Result<(), Refusal> {
    match scope {
        Scope::Center(center) => permit(actor, Action::ReportCapacity, *center),
        Scope::Network(key) if actor.reach(Action::ReportCapacity).networks.contains(key) => Ok(()),
        Scope::Chapter(key) if actor.reach(Action::ConfirmCenter).chapters.contains(key) => Ok(()),
        Scope::Network(_) | Scope::Country(_) | Scope::Chapter(_) => {
            permit_platform(actor, Action::ManageCenters)
        }
    }
}
