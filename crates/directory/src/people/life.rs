//! Suspending, re-activating and closing accounts.

use base::{Action, Actor, Instant, PersonId, permit_platform};
use db::Tx;
use serde_json::json;

use super::grants::guard_last;
use super::model::{Held, PeopleError, Person, PersonState, check_name};
use super::{People, store};
use crate::audit::{Event, Trail};
use crate::sign_in::store as sessions;

const DAY: i64 = 86_400_000_000;
/// Accounts looked at in one sweep for quiet ones.
const SWEEP: u32 = 500;

impl People {
    /// Keeps somebody from signing in; sessions and tokens end with their next request.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform; `LastAdministrator`; `State` when it is not open.
    pub fn suspend(
        &self,
        actor: &Actor,
        person: PersonId,
        reason: &str,
    ) -> Result<(), PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        self.change(actor, person, PersonState::Suspended, reason, |state| {
            matches!(state, PersonState::Active)
        })
    }

    /// Lets somebody in again.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform; `State` when it is not suspended.
    pub fn reactivate(
        &self,
        actor: &Actor,
        person: PersonId,
        reason: &str,
    ) -> Result<(), PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        self.change(actor, person, PersonState::Active, reason, |state| {
            matches!(state, PersonState::Suspended)
        })
    }

    /// Ends an account for good.
    ///
    /// # Errors
    /// As [`suspend`](Self::suspend).
    pub fn close(&self, actor: &Actor, person: PersonId, reason: &str) -> Result<(), PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        self.change(actor, person, PersonState::Closed, reason, |state| {
            !matches!(state, PersonState::Closed)
        })
    }

    /// Suspends accounts that nobody has used for so many days, but never the last administrator of a place.
    /// Gives the number suspended.
    pub fn suspend_quiet(&self, actor: &Actor) -> Result<usize, PeopleError> {
        let now = self.clock.now();
        let since = now.plus_micros(-self.settings.quiet_days * DAY);
        let quiet: Vec<Person> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.all(&store::QUIET, (since, SWEEP))?)
        })?;
        let reason = format!("not used for {} days", self.settings.quiet_days);
        let mut suspended = 0;
        for person in quiet {
            let active = |state| matches!(state, PersonState::Active);
            match self.change(actor, person.id, PersonState::Suspended, &reason, active) {
                Ok(()) => suspended += 1,
                Err(PeopleError::LastAdministrator { .. } | PeopleError::State { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(suspended)
    }

    /// Changes somebody's own name. What was done before keeps the name it was done under.
    ///
    /// # Errors
    /// `Invalid` when the name cannot be kept, `NotFound` for nobody in particular.
    pub fn rename(&self, actor: &Actor, name: &str) -> Result<(), PeopleError> {
        let id = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        check_name(name)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let before: Person = tx.one(&store::PERSON, (id,))?;
            tx.execute(&store::SET_NAME, (id, name.trim(), now))?;
            let body = json!({ "old": before.name, "new": name.trim() });
            Ok(Trail::new(actor, now).write(tx, &Event::of_person("rename", id).with(body))?)
        })
    }

    fn change(
        &self,
        actor: &Actor,
        person: PersonId,
        to: PersonState,
        reason: &str,
        from: impl Fn(PersonState) -> bool,
    ) -> Result<(), PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let person: Person =
                tx.opt(&store::PERSON, (person,))?.ok_or(PeopleError::NotFound("person"))?;
            if !from(person.state) {
                return Err(PeopleError::State { state: person.state });
            }
            set_state(tx, actor, &person, to, reason, now)
        })
    }
}

/// Moves an account to another state within a transaction.
pub(crate) fn set_state(
    tx: &mut Tx<'_>,
    actor: &Actor,
    person: &Person,
    to: PersonState,
    reason: &str,
    now: Instant,
) -> Result<(), PeopleError> {
    let opens = to == PersonState::Active;
    if !opens {
        for held in tx.all::<Held>(&store::GRANTS_OF, (person.id,))? {
            guard_last(tx, &held, now)?;
        }
    }
    let (from, kept) = (person.state.as_str(), (!opens).then_some(reason));
    let values = (person.id, from, to.as_str(), kept, now, opens.then_some(now));
    if tx.execute(&store::SET_STATE, values)? != 1 {
        return Err(PeopleError::State { state: person.state });
    }
    if !opens {
        tx.execute(&sessions::END_ALL, (person.id,))?;
    }
    if to == PersonState::Closed {
        tx.execute(&store::WITHDRAW_INVITATIONS, (person.id, "invite", now))?;
        tx.execute(&sessions::REVOKE_ALL_TOKENS, (person.id, now))?;
    }
    let body = json!({ "old": from, "new": to.as_str() });
    let event = Event::of_person("state", person.id).with(body).because(Some(reason));
    Ok(Trail::new(actor, now).write(tx, &event)?)
}
