//! Accounts of the demo: one for each role, with a password and a second factor like everybody's.

use base::{Actor, CenterId, Instant, Place, PlaceKind, Role};
use db::Tx;
use uuid::Uuid;

use super::model::{NewGrant, PeopleError, Person, PersonState, email_key};
use super::{People, store};
use crate::audit::{Event, Trail};
use crate::sign_in::{code_at, step_of, store as sign_in};

/// An account of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// Its role.
    pub role: Role,
    /// The address to sign in with.
    pub email: String,
    /// The password; the same at each start with the same data folder.
    pub password: String,
}

impl People {
    /// Makes one account for each role, at this center where the role is held at one, and tells how to sign in. What
    /// is there already is left as it is.
    ///
    /// # Errors
    /// `Ceiling` unless the actor is the operator.
    pub fn demo_accounts(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<DemoAccount>, PeopleError> {
        if !actor.is_operator() {
            return Err(PeopleError::Ceiling("only the operator makes demo accounts".to_owned()));
        }
        let now = self.clock.now();
        let mut accounts = Vec::with_capacity(Role::ALL.len());
        for role in Role::ALL {
            let email = format!("{}@demo.example", role.as_str().replace('_', "-"));
            let password = self.demo_password(&email);
            let known: Option<Person> = self.db.read_one(|tx| -> Result<_, PeopleError> {
                Ok(tx.opt(&store::PERSON_BY_EMAIL, (email_key(&email),))?)
            })?;
            if known.is_none() {
                let hash = self.hasher.hash(&password, &*self.random)?;
                let place = match role.held_at() {
                    PlaceKind::Platform => Place::Platform,
                    PlaceKind::Center => Place::Center(center),
                    PlaceKind::Chapter => Place::Chapter("europe".to_owned()),
                    PlaceKind::Network => Place::Network("demo".to_owned()),
                    PlaceKind::Committee => Place::Committee("demo".to_owned()),
                };
                let grant = NewGrant::lasting(*role, place);
                self.db.write(|tx| self.demo_account(tx, actor, &email, &hash, &grant, now))?;
            }
            accounts.push(DemoAccount { role: *role, email, password });
        }
        Ok(accounts)
    }

    fn demo_account(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        email: &str,
        hash: &str,
        grant: &NewGrant,
        now: Instant,
    ) -> Result<(), PeopleError> {
        let person = Person {
            id: self.ids.next(),
            email: email.to_owned(),
            name: format!("Demo {}", uncapitalized(grant.role.label())),
            state: PersonState::Active,
            state_reason: None,
            demo: true,
            created_at: now,
            seen_at: None,
        };
        let (state, key) = (person.state.as_str(), email_key(email));
        let values = (person.id, email, key, person.name.as_str(), state, true, now);
        tx.execute(&store::ADD_PERSON, values)?;
        tx.execute(&store::SEEN, (person.id, now))?;
        self.grant_in(tx, actor, &person, grant, now)?;
        self.set_password(tx, person.id, hash, now)?;
        let id: Uuid = self.ids.next();
        let sealed = self.key.seal(id.as_bytes(), &self.demo_totp(email), &*self.random)?;
        let values = (id, person.id, "totp", "", sealed.as_slice(), now, Some(now));
        tx.execute(&sign_in::ADD_CREDENTIAL, values)?;
        Ok(Trail::new(actor, now).write(tx, &Event::of_person("demo-account", person.id))?)
    }

    /// The present code of a demo account.
    ///
    /// # Errors
    /// `NotFound` for any other account, and unless the actor is the operator.
    pub fn demo_code(&self, actor: &Actor, email: &str) -> Result<String, PeopleError> {
        let now = self.clock.now();
        let person: Option<Person> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.opt(&store::PERSON_BY_EMAIL, (email_key(email),))?)
        })?;
        let person = person.filter(|person| person.demo && actor.is_operator());
        let person = person.ok_or(PeopleError::NotFound("demo account"))?;
        Ok(code_at(&self.demo_totp(&person.email), step_of(now)))
    }

    fn demo_password(&self, email: &str) -> String {
        let bytes = self.key.derive(&format!("demo password {email}"));
        db::hex(bytes.get(..8).unwrap_or_default())
    }

    fn demo_totp(&self, email: &str) -> Vec<u8> {
        let bytes = self.key.derive(&format!("demo second factor {email}"));
        bytes.get(..20).unwrap_or_default().to_vec()
    }
}

/// A label within a name: `Data manager` becomes `data manager`, `ECLS coordinator` stays.
fn uncapitalized(label: &str) -> String {
    let word = label.split(' ').next().unwrap_or_default();
    if word.chars().all(char::is_uppercase) { label.to_owned() } else { label.to_lowercase() }
}
