//! Signing in: a password, then a code; and showing them again.

use std::net::IpAddr;

use base::{Actor, Grant, Instant, PersonId};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::limits::{Charge, charge};
use super::session::{NewSession, SessionState, find};
use super::{recovery, store, totp};
use crate::audit::{Event, Trail};
use crate::people::model::{Person, PersonState, email_key};
use crate::people::{People, PeopleError, in_force, store as people, token_hash};

/// From where somebody signs in.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub device: &'a str,
}

/// What is still to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: somebody is signed in.
    Complete,
    /// The code of the second factor.
    NeedsCode,
    /// A second factor is to be set up: a role asks for one.
    NeedsSetup,
}

impl Standing {
    pub(crate) fn of(second_factor: bool, has_factor: bool, grants: &[Grant]) -> Self {
        let needed = || grants.iter().any(|grant| grant.role.needs_second_factor());
        match (second_factor, has_factor) {
            (false, true) => Self::NeedsCode,
            (false, false) if needed() => Self::NeedsSetup,
            _ => Self::Complete,
        }
    }
}

/// A session that was opened.
#[derive(Debug, Clone)]
pub struct Entered {
    /// The secret for the cookie. It replaces the one before.
    pub secret: String,
    /// What is still to be shown.
    pub standing: Standing,
    /// When the session ends in any case.
    pub ends_at: Instant,
}

/// What somebody shows to prove once more that it is them.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A code of the authenticator app.
    Code(&'a str),
    /// The password, for those without a second factor.
    Password(&'a str),
}

/// Longest password in bytes that is looked at.
const LONGEST: usize = 1024;

db::row! {
    struct Account {
        person: PersonId,
        state: String,
        hash: Option<Vec<u8>>,
    }
}

impl People {
    /// The first step: address and password. The answer is the same for wrong ones and unknown ones, and costs the
    /// same statements and one hash.
    ///
    /// # Errors
    /// `Wrong`, `Locked`, or `State` for somebody with the right password whose account is not open.
    pub fn sign_in(
        &self,
        email: &str,
        password: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        let (key, now, nobody) = (email_key(email), self.clock.now(), Actor::public());
        let charge = self.db.write(|tx| charge(tx, &nobody, &key, origin.address, now))?;
        let account: Option<Account> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.opt(&store::PASSWORD_BY_EMAIL, (key.as_str(),))?)
        })?;
        let hash = account.as_ref().and_then(|account| account.hash.as_deref());
        let hash = hash.and_then(|hash| std::str::from_utf8(hash).ok());
        // no stored password is so long: the same work, but never on what somebody sends by the megabyte
        let fits = password.len() <= LONGEST;
        let right = self.hasher.matches(if fits { password } else { "" }, hash.filter(|_| fits));
        let known = account.as_ref().map(|account| account.person);
        let Some(account) = account.filter(|_| right) else {
            self.refuse(known, "password", origin)?;
            return Err(PeopleError::Wrong);
        };
        let state = PersonState::from_word(&account.state).unwrap_or(PersonState::Closed);
        if state != PersonState::Active {
            self.refuse(known, "account not open", origin)?;
            return Err(PeopleError::State { state });
        }
        self.db.write(|tx| self.let_in(tx, account.person, false, &charge, origin, None))
    }

    /// The second step: the code of the authenticator app.
    ///
    /// # Errors
    /// `Wrong`, `Locked`, or `Expired` when the first step is too long ago.
    pub fn show_code(
        &self,
        secret: &str,
        code: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        self.second_step(secret, origin, "code", |tx, person, now| {
            self.accept_code(tx, person, code, now)
        })
    }

    /// The second step with a recovery code instead.
    ///
    /// # Errors
    /// As [`show_code`](Self::show_code).
    pub fn show_recovery_code(
        &self,
        secret: &str,
        code: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        self.second_step(secret, origin, "recovery code", |tx, person, now| {
            recovery::take(tx, person, code, now)
        })
    }

    fn second_step(
        &self,
        secret: &str,
        origin: &Origin<'_>,
        what: &str,
        mut accept: impl FnMut(&mut Tx<'_>, PersonId, Instant) -> Result<bool, PeopleError>,
    ) -> Result<Entered, PeopleError> {
        let (session, charge) = self.charged(secret, origin)?;
        let now = self.clock.now();
        let entered = self.db.write(|tx| {
            // the session may have ended in the meantime
            let Some(session) = find(tx, secret, now)? else { return Err(PeopleError::Expired) };
            if !accept(tx, session.person, now)? {
                return Ok(None);
            }
            tx.execute(&store::END_SESSION, (token_hash(secret),))?;
            self.let_in(tx, session.person, true, &charge, origin, None).map(Some)
        })?;
        let Some(entered) = entered else {
            self.refuse(Some(session.person), what, origin)?;
            return Err(PeopleError::Wrong);
        };
        if what == "recovery code" {
            let actor = session.actor();
            self.db.write(|tx| {
                let event = Event::of_person("recovery-code-used", session.person);
                Trail::new(&actor, now).write(tx, &event)
            })?;
        }
        Ok(entered)
    }

    /// Shows the credentials again, for signatures, exports and changes of roles. The session gets a new secret.
    ///
    /// # Errors
    /// `Wrong`, `Locked`, `Expired`; `Invalid` for a password from somebody who has a second factor.
    pub fn step_up(
        &self,
        secret: &str,
        proof: Proof<'_>,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        let (session, charge) = self.charged(secret, origin)?;
        if session.standing() != Standing::Complete {
            return Err(PeopleError::Expired);
        }
        let right = match proof {
            Proof::Code(_) => true,
            Proof::Password(_) if session.has_factor() => {
                let text = "show your second factor".to_owned();
                return Err(PeopleError::Invalid(text));
            }
            Proof::Password(password) => self.password_is(session.person, password)?,
        };
        let now = self.clock.now();
        let entered = self.db.write(|tx| {
            let Some(session) = find(tx, secret, now)? else { return Err(PeopleError::Expired) };
            let right = match proof {
                Proof::Code(code) => self.accept_code(tx, session.person, code, now)?,
                Proof::Password(_) => right,
            };
            if !right {
                return Ok(None);
            }
            tx.execute(&store::END_SESSION, (token_hash(secret),))?;
            let entered = self.let_in(
                tx,
                session.person,
                session.second_factor,
                &charge,
                origin,
                Some(&session),
            )?;
            Ok(Some(entered))
        })?;
        let Some(entered) = entered else {
            self.refuse(Some(session.person), "step-up", origin)?;
            return Err(PeopleError::Wrong);
        };
        Ok(entered)
    }

    /// Ends the session of a cookie. A secret that names none is no error.
    ///
    /// # Errors
    /// The database's.
    pub fn sign_out(&self, secret: &str) -> Result<(), PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let Some(session) = find(tx, secret, now)? else { return Ok(()) };
            tx.execute(&store::END_SESSION, (token_hash(secret),))?;
            let event = Event::of_person("sign-out", session.person);
            Ok(Trail::new(&session.actor(), now).write(tx, &event)?)
        })
    }

    /// Whether a password is the person's.
    pub(crate) fn password_is(
        &self,
        person: PersonId,
        password: &str,
    ) -> Result<bool, PeopleError> {
        let stored: Vec<Credential> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.all(&store::CREDENTIALS, (person, "password"))?)
        })?;
        let hash = stored.first().and_then(|stored| std::str::from_utf8(&stored.secret).ok());
        Ok(self.hasher.matches(password, hash))
    }

    /// The session of a secret, after charging its person for an attempt.
    pub(crate) fn charged(
        &self,
        secret: &str,
        origin: &Origin<'_>,
    ) -> Result<(SessionState, Charge), PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let Some(session) = find(tx, secret, now)? else { return Err(PeopleError::Expired) };
            let person: Person = tx.one(&people::PERSON, (session.person,))?;
            let key = email_key(&person.email);
            let charge = charge(tx, &session.actor(), &key, origin.address, now)?;
            Ok((session, charge))
        })
    }

    /// Looks whether a code is the next one of one of the person's apps, and uses it up.
    pub(crate) fn accept_code(
        &self,
        tx: &mut Tx<'_>,
        person: PersonId,
        code: &str,
        now: Instant,
    ) -> Result<bool, PeopleError> {
        for stored in tx.all::<Credential>(&store::CREDENTIALS, (person, "totp"))? {
            if stored.confirmed_at.is_none() {
                continue;
            }
            let secret = self.key.open(stored.id.as_bytes(), &stored.secret)?;
            if let Some(step) = totp::matching_step(&secret, code, now) {
                // no row changes when the code was used before
                return Ok(tx.execute(&store::USE_STEP, (stored.id, now, step))? == 1);
            }
        }
        Ok(false)
    }

    /// Opens a session for somebody who has shown what they have. `goes_on` keeps the end of an earlier session.
    pub(crate) fn let_in(
        &self,
        tx: &mut Tx<'_>,
        id: PersonId,
        second_factor: bool,
        charge: &Charge,
        origin: &Origin<'_>,
        goes_on: Option<&SessionState>,
    ) -> Result<Entered, PeopleError> {
        let now = self.clock.now();
        let person: Person = tx.one(&people::PERSON, (id,))?;
        if person.state != PersonState::Active {
            return Err(PeopleError::State { state: person.state });
        }
        let grants = in_force(tx, id, now)?;
        let factors: i64 = tx.one(&store::FACTORS, (id,))?;
        let standing = Standing::of(second_factor, factors > 0, &grants);
        let action = match (standing, goes_on) {
            (Standing::Complete, Some(_)) => "step-up",
            (Standing::Complete, None) => "sign-in",
            _ => "password-accepted",
        };
        if standing == Standing::Complete {
            charge.clear(tx)?;
            tx.execute(&people::SEEN, (id, now))?;
        } else {
            charge.refund(tx)?;
        }
        let new = NewSession {
            person: id,
            signed_in_at: goes_on.map_or(now, |session| session.signed_in_at),
            second_factor,
            stepped_up_at: (standing == Standing::Complete).then_some(now),
            ends_at: goes_on.map(|session| session.ends_at),
            standing,
            origin,
        };
        let (secret, ends_at) = self.open_session(tx, &new, now)?;
        let actor = Actor::person(id, &person.name, grants);
        let event = Event::of_person(action, id).with(told(origin));
        Trail::new(&actor, now).write(tx, &event)?;
        Ok(Entered { secret, standing, ends_at })
    }

    /// Writes a refused attempt down: the same statements whether or not the account exists.
    pub(crate) fn refuse(
        &self,
        person: Option<PersonId>,
        what: &str,
        origin: &Origin<'_>,
    ) -> Result<(), PeopleError> {
        let (nobody, now) = (Actor::public(), self.clock.now());
        let event = match person {
            Some(person) => Event::of_person("sign-in-refused", person),
            None => Event {
                action: "sign-in-refused",
                subject_kind: "sign-in",
                subject: "unknown".to_owned(),
                center: None,
                reason: None,
                body: serde_json::Value::Null,
            },
        };
        let event = event.with(told(origin)).because(Some(what));
        self.db.write(|tx| Trail::new(&nobody, now).write(tx, &event))?;
        Ok(())
    }
}

fn told(origin: &Origin<'_>) -> serde_json::Value {
    json!({ "address": origin.address.map(|address| address.to_string()) })
}

db::row! {
    /// A stored credential.
    pub(crate) struct Credential {
        pub(crate) id: Uuid,
        pub(crate) secret: Vec<u8>,
        pub(crate) created_at: Instant,
        pub(crate) confirmed_at: Option<Instant>,
        pub(crate) used_at: Option<Instant>,
    }
}
