//! Granting and ending roles, within the ceiling and never below one administrator.

use base::{
    Action, Actor, CenterId, Grant, Instant, PersonId, Place, Role, permit, permit_platform,
};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::model::{Held, NewGrant, PeopleError, Person, PersonState, within_ceiling};
use super::{People, store};
use crate::audit::{Event, Trail};

/// The roles of which one must be left where there was one.
const LAST: [Role; 2] = [Role::CenterAdministrator, Role::PlatformAdministrator];

impl People {
    /// Grants a role to somebody who has an account.
    ///
    /// # Errors
    /// `Refused` or `Ceiling` when it is not the actor's to grant, `State` when the account is suspended or closed,
    /// `Invalid` when it is held already or would end before it starts.
    pub fn grant(
        &self,
        actor: &Actor,
        person: PersonId,
        grant: &NewGrant,
    ) -> Result<Held, PeopleError> {
        may_decide(actor, Action::ManagePeople, &grant.place)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let person: Person =
                tx.opt(&store::PERSON, (person,))?.ok_or(PeopleError::NotFound("person"))?;
            self.grant_in(tx, actor, &person, grant, now)
        })
    }

    /// The same within a transaction.
    pub(crate) fn grant_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        person: &Person,
        grant: &NewGrant,
        now: Instant,
    ) -> Result<Held, PeopleError> {
        within_ceiling(actor, Some(person.id), grant.role, &grant.place)?;
        if matches!(person.state, PersonState::Suspended | PersonState::Closed) {
            return Err(PeopleError::State { state: person.state });
        }
        let starts_at = grant.starts_at.unwrap_or(now);
        if grant.ends_at.is_some_and(|ends_at| ends_at <= starts_at || ends_at <= now) {
            return Err(PeopleError::Invalid("the role would end before it starts".to_owned()));
        }
        let held: Vec<Held> = tx.all(&store::GRANTS_OF, (person.id,))?;
        let again = |held: &Held| {
            held.role == grant.role
                && held.place == grant.place
                && held.ended_at.is_none()
                && held.ends_at.is_none_or(|ends_at| starts_at < ends_at)
                && grant.ends_at.is_none_or(|ends_at| held.starts_at < ends_at)
        };
        if held.iter().any(again) {
            let text =
                format!("{} holds the role {} there already", person.name, grant.role.label());
            return Err(PeopleError::Invalid(text));
        }
        let made = Held {
            id: self.ids.next(),
            person: person.id,
            role: grant.role,
            place: grant.place.clone(),
            starts_at,
            ends_at: grant.ends_at,
            granted_at: now,
            granted_by: actor.name().to_owned(),
            ended_at: None,
            reviewed_at: None,
        };
        tx.execute(
            &store::ADD_GRANT,
            (
                made.id,
                made.person,
                made.role.as_str(),
                made.place.kind().as_str(),
                made.place.key(),
                made.starts_at,
                made.ends_at,
                now,
                actor.name(),
            ),
        )?;
        Trail::new(actor, now).write(tx, &told("grant", &made))?;
        Ok(made)
    }

    /// Ends a role.
    ///
    /// # Errors
    /// As [`grant`](Self::grant); `LastAdministrator` when nobody would be left to decide there.
    pub fn end_grant(&self, actor: &Actor, grant: Uuid, reason: &str) -> Result<(), PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let held: Held =
                tx.opt(&store::GRANT, (grant,))?.ok_or(PeopleError::NotFound("role"))?;
            may_decide(actor, Action::ManagePeople, &held.place)?;
            let own = actor.person_id() == Some(held.person);
            // whoever may give a role away may give their own up
            within_ceiling(actor, (!own).then_some(held.person), held.role, &held.place)?;
            end_in(tx, actor, &held, reason, now)
        })
    }

    /// The roles of a person that count at this moment.
    pub fn grants_in_force(
        &self,
        person: PersonId,
        now: Instant,
    ) -> Result<Vec<Grant>, PeopleError> {
        self.db.read_one(|tx| Ok(in_force(tx, person, now)?))
    }
}

/// Ends a role within a transaction, unless it is the last of an administrator.
pub(crate) fn end_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    held: &Held,
    reason: &str,
    now: Instant,
) -> Result<(), PeopleError> {
    guard_last(tx, held, now)?;
    if tx.execute(&store::END_GRANT, (held.id, now, actor.name(), reason))? == 0 {
        return Err(PeopleError::Invalid("the role has ended already".to_owned()));
    }
    Trail::new(actor, now).write(tx, &told("end-grant", held).because(Some(reason)))?;
    Ok(())
}

/// Refuses to take away the last administrator of a center or of the platform.
pub(crate) fn guard_last(tx: &mut Tx<'_>, held: &Held, now: Instant) -> Result<(), PeopleError> {
    if !LAST.contains(&held.role) || !held.in_force(now) {
        return Ok(());
    }
    let person: Person = tx.one(&store::PERSON, (held.person,))?;
    if person.state != PersonState::Active {
        return Ok(());
    }
    let (kind, key, role) = (held.place.kind().as_str(), held.place.key(), held.role);
    let others: i64 = tx.one(&store::OTHERS, (kind, key, role.as_str(), held.person, now))?;
    if others == 0 {
        return Err(PeopleError::LastAdministrator { role: role.label() });
    }
    Ok(())
}

/// The roles in force, read in one statement.
pub(crate) fn in_force(
    tx: &mut Tx<'_>,
    person: PersonId,
    now: Instant,
) -> Result<Vec<Grant>, db::DbError> {
    let mut grants = Vec::new();
    tx.each(&store::IN_FORCE, (person, now), |row| -> Result<(), db::DbError> {
        grants.extend(grant_of(row, 0)?);
        Ok(())
    })?;
    Ok(grants)
}

/// A grant from its three columns. A role that this version of the program does not know gives no right.
pub(crate) fn grant_of(row: &db::Row<'_>, first: usize) -> Result<Option<Grant>, db::DbError> {
    let Some(role) = row.get::<Option<&str>>(first)? else { return Ok(None) };
    let place = Place::from_words(row.get(first + 1)?, row.get(first + 2)?);
    Ok(Role::from_word(role).zip(place).map(|(role, place)| Grant { role, place }))
}

/// Whether the actor may do this about people at a place.
pub(crate) fn may_decide(actor: &Actor, action: Action, place: &Place) -> Result<(), PeopleError> {
    match place {
        Place::Center(center) => permit(actor, action, *center)?,
        _ => permit_platform(actor, action)?,
    }
    Ok(())
}

/// The center of a place, if it is one.
pub(crate) const fn center_of(place: &Place) -> Option<CenterId> {
    match place {
        Place::Center(center) => Some(*center),
        _ => None,
    }
}

fn told<'a>(action: &'a str, held: &Held) -> Event<'a> {
    let body = json!({
        "grant": held.id,
        "role": held.role.as_str(),
        "place": [held.place.kind().as_str(), held.place.key()],
        "starts": held.starts_at.to_string(),
        "ends": held.ends_at.map(|at| at.to_string()),
    });
    Event::of_person(action, held.person).with(body).at(center_of(&held.place))
}
