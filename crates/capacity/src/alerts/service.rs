//! What people do with their subscriptions. Each one sees and changes only their own.

use base::{Actor, Instant, PersonId};
use directory::audit::{Event, Trail};
use directory::centers::is_professional;
use serde_json::json;
use uuid::Uuid;

use super::hook;
use super::kept::{self, Body, Kept, Sending, text};
use super::said::place;
use super::sweep::CapacityAlerts;
use super::watch::State;
use super::wish::{Subscription, Way, Wish};
use crate::service::{CapacityError, stage};

/// Subscriptions of one person.
const MOST: usize = 20;
/// Alerts of a subscription that its owner sees.
const NEWEST: i64 = 10;

fn event(action: &str, id: Uuid) -> Event<'_> {
    let (center, reason, body) = (None, None, serde_json::Value::Null);
    let subject = id.to_string();
    Event { action, subject_kind: "capacity-subscription", subject, center, reason, body }
}

/// Subscriptions belong to people: a link in a mail and a webhook need somebody who answers for them.
fn person(actor: &Actor) -> Result<PersonId, CapacityError> {
    let told = "Only people with an account subscribe.";
    actor.person_id().ok_or_else(|| CapacityError::Stage(told.to_owned()))
}

impl CapacityAlerts {
    /// One's own subscriptions, the oldest first.
    ///
    /// # Errors
    /// `Stage` for whoever is no person with an account.
    pub fn own(&self, actor: &Actor) -> Result<Vec<Subscription>, CapacityError> {
        let person = person(actor)?;
        let all: Vec<Kept> =
            self.capacity.db.read_one(|tx| tx.all(&kept::OWN_SUBSCRIPTIONS, (person,)))?;
        Ok(all.into_iter().map(|it| it.subscription).collect())
    }

    /// The newest alerts of one's own subscription, and how far they have come.
    ///
    /// # Errors
    /// `Missing` unless it is one's own.
    pub fn newest(&self, actor: &Actor, id: Uuid) -> Result<Vec<Sending>, CapacityError> {
        self.one(actor, id)?;
        Ok(self.capacity.db.read_one(|tx| tx.all(&kept::NEWEST_ALERTS, (id, NEWEST)))?)
    }

    /// Whether an address may be sent to.
    pub fn takes(&self, url: &str) -> bool {
        self.outside().takes(url)
    }

    /// Subscribes. The same id twice is the same subscription.
    ///
    /// # Errors
    /// `Values` with everything that cannot be taken; `Stage` for more than 20, for what only professionals see, or when
    /// the id belongs to another one; `Refused`.
    pub fn subscribe(
        &self,
        actor: &Actor,
        id: Uuid,
        wish: &Wish,
    ) -> Result<Subscription, CapacityError> {
        let person = person(actor)?;
        let snapshot = self.capacity.current()?;
        let problems = wish.problems(&snapshot, |url| self.takes(url));
        if !problems.is_empty() {
            return Err(CapacityError::Values(problems));
        }
        if wish.trigger.is_professional() && !is_professional(actor) {
            return stage("Limits and retrieval teams are shown to professionals only.");
        }
        let now = self.capacity.clock.now();
        let wish = Wish { name: wish.name.trim().to_owned(), ..wish.clone() };
        let new = Subscription { id, person, created_at: now, wish, stopped: None };
        self.capacity.db.write(|tx| {
            if let Some(known) = tx.opt::<Kept>(&kept::SUBSCRIPTION, (id,))? {
                let same = known.subscription.person == person;
                return if same {
                    Ok(known.subscription)
                } else {
                    stage("Another subscription has this id. Make a new one.")
                };
            }
            let own: Vec<Kept> = tx.all(&kept::OWN_SUBSCRIPTIONS, (person,))?;
            if own.len() >= MOST {
                return stage("You have 20 subscriptions. End one first.");
            }
            let (body, state) = (text(&new.wish), text(&State::default()));
            let none = None::<Instant>;
            let row = (id, person, now, body.as_str(), state.as_str(), none, "");
            tx.insert_many(&kept::ADD_SUBSCRIPTION, [row])?;
            let told = json!({ "trigger": new.wish.trigger, "way": new.wish.way });
            Trail::new(actor, now).write(tx, &event("alert-subscribe", id).with(told))?;
            Ok(new.clone())
        })
    }

    /// Ends one's own subscription; what waits is not sent any more.
    ///
    /// # Errors
    /// `Missing` unless it is one's own.
    pub fn unsubscribe(&self, actor: &Actor, id: Uuid) -> Result<(), CapacityError> {
        self.one(actor, id)?;
        let now = self.capacity.clock.now();
        self.capacity.db.write(|tx| {
            tx.execute(&kept::REMOVE_ALERTS, (id,))?;
            tx.execute(&kept::REMOVE_SUBSCRIPTION, (id,))?;
            Ok(Trail::new(actor, now).write(tx, &event("alert-unsubscribe", id))?)
        })
    }

    /// Lets a subscription that was stopped work again, from what is the case now.
    ///
    /// # Errors
    /// `Missing` unless it is one's own.
    pub fn start_again(&self, actor: &Actor, id: Uuid) -> Result<(), CapacityError> {
        self.one(actor, id)?;
        let now = self.capacity.clock.now();
        self.capacity.db.write(|tx| {
            tx.execute(&kept::START, (id, text(&State::default()).as_str()))?;
            Ok(Trail::new(actor, now).write(tx, &event("alert-start", id))?)
        })
    }

    /// Writes an alert that says nothing, to try the way out. It goes with the next sweep.
    ///
    /// # Errors
    /// `Missing` unless it is one's own; `Stage` while the last trial waits.
    pub fn try_out(&self, actor: &Actor, id: Uuid) -> Result<(), CapacityError> {
        let subscription = self.one(actor, id)?;
        let now = self.capacity.clock.now();
        let place = place(&subscription.wish, &*self.capacity.current()?);
        let body = Body::new(&subscription.wish, place, Vec::new());
        self.capacity.db.write(|tx| {
            let newest: Vec<Sending> = tx.all(&kept::NEWEST_ALERTS, (id, NEWEST))?;
            if newest.iter().any(|it| it.body.lines.is_empty() && it.next_at.is_some()) {
                return stage("A trial waits already. It is sent within a minute.");
            }
            let made = self.capacity.ids.next();
            Ok(kept::add_alert(tx, made, &subscription, &body, (now, now))?)
        })
    }

    /// The secret with which a webhook is signed, as its receiver needs it.
    ///
    /// # Errors
    /// `Missing` unless it is one's own webhook.
    pub fn secret(&self, actor: &Actor, id: Uuid) -> Result<String, CapacityError> {
        let subscription = self.one(actor, id)?;
        if subscription.wish.way != Way::Webhook {
            return Err(CapacityError::Missing);
        }
        Ok(hook::shown(&self.signing_secret(id)))
    }

    /// What the area of a subscription is called.
    ///
    /// # Errors
    /// Of the database.
    pub fn place(&self, wish: &Wish) -> Result<String, CapacityError> {
        Ok(place(wish, &*self.capacity.current()?))
    }

    fn one(&self, actor: &Actor, id: Uuid) -> Result<Subscription, CapacityError> {
        let person = person(actor)?;
        let found: Option<Kept> =
            self.capacity.db.read_one(|tx| tx.opt(&kept::SUBSCRIPTION, (id,)))?;
        let own = found.map(|it| it.subscription).filter(|it| it.person == person);
        own.ok_or(CapacityError::Missing)
    }
}
