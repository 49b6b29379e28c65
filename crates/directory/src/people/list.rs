//! Lists of people, each within the actor's reach.

use base::{Action, Actor, CenterId, PersonId, Place, permit_platform};

use super::grants::may_decide;
use super::model::{Held, Member, PeopleError, Person, email_key};
use super::{People, store};
use crate::audit::{self, AuditEntry};

impl People {
    /// Everybody who holds or will hold a role at a place, a line for each role.
    ///
    /// # Errors
    /// `Refused` when the actor may not see people there.
    pub fn members(&self, actor: &Actor, place: &Place) -> Result<Vec<Member>, PeopleError> {
        may_decide(actor, Action::SeePeople, place)?;
        let now = self.clock.now();
        let (kind, key) = (place.kind().as_str(), place.key());
        self.db.read_one(|tx| Ok(tx.all(&store::MEMBERS, (kind, key.as_str(), now))?))
    }

    /// The centers whose people the actor may see and that the actor holds a role at.
    pub fn own_centers(
        &self,
        actor: &Actor,
    ) -> Result<Vec<(CenterId, String, String)>, PeopleError> {
        let centers = actor.reach(Action::SeePeople).centers;
        self.db.read(|tx| {
            let mut named = Vec::with_capacity(centers.len());
            for center in &centers {
                if let Some((number, name)) = tx.opt(&store::CENTER_NAME, (*center,))? {
                    named.push((*center, number, name));
                }
            }
            Ok(named)
        })
    }

    /// Id and name of the center of a number.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn center_of(&self, number: &str) -> Result<(CenterId, String), PeopleError> {
        self.db.read_one(|tx| {
            tx.opt(&store::CENTER_OF_NUMBER, (number,))?.ok_or(PeopleError::NotFound("center"))
        })
    }

    /// Number and name of a center.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn center_name(&self, center: CenterId) -> Result<(String, String), PeopleError> {
        self.db.read_one(|tx| {
            tx.opt(&store::CENTER_NAME, (center,))?.ok_or(PeopleError::NotFound("center"))
        })
    }

    /// The account of an address.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform.
    pub fn by_email(&self, actor: &Actor, email: &str) -> Result<Person, PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        self.db.read_one(|tx| {
            tx.opt(&store::PERSON_BY_EMAIL, (email_key(email),))?
                .ok_or(PeopleError::NotFound("person"))
        })
    }

    /// Everybody, by address, from the one after `after` on; with `words`, those whose address or name holds them.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform.
    pub fn everybody(
        &self,
        actor: &Actor,
        words: &str,
        after: &str,
        most: u32,
    ) -> Result<Vec<Person>, PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        let words = words.trim().to_lowercase();
        if words.is_empty() {
            return self
                .db
                .read_one(|tx| Ok(tx.all(&store::ALL_PEOPLE, (email_key(after), most))?));
        }
        let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let pattern = format!("%{escaped}%");
        self.db.read_one(|tx| Ok(tx.all(&store::SEARCH, (pattern.as_str(), most))?))
    }

    /// A person with all roles, also those that have ended.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform or is the person.
    pub fn person(&self, actor: &Actor, id: PersonId) -> Result<(Person, Vec<Held>), PeopleError> {
        if actor.person_id() != Some(id) {
            permit_platform(actor, Action::RunPlatform)?;
        }
        self.db.read(|tx| {
            let person = tx.opt(&store::PERSON, (id,))?.ok_or(PeopleError::NotFound("person"))?;
            Ok((person, tx.all(&store::GRANTS_OF, (id,))?))
        })
    }

    /// What happened to a person's account, newest first.
    ///
    /// # Errors
    /// As [`person`](Self::person).
    pub fn account_log(
        &self,
        actor: &Actor,
        id: PersonId,
        most: u32,
    ) -> Result<Vec<AuditEntry>, PeopleError> {
        if actor.person_id() != Some(id) {
            permit_platform(actor, Action::RunPlatform)?;
        }
        self.db.read_one(|tx| Ok(audit::about(tx, "person", &id.to_string(), most)?))
    }
}
