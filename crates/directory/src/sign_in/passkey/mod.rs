//! Passkeys: a key pair in the reader's device, which shows its owner by a finger, a face or a number. That is two
//! factors at once, so a passkey opens a session by itself, stands for the second factor after a password, and counts
//! as showing the credentials again.

mod cbor;
mod key;
mod own;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod readers;
mod verify;

use base::{Actor, Instant, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use own::{NewPasskey, Passkey};
pub(crate) use verify::Party;
use verify::{Answer, Fault};

use super::enter::{Entered, Origin, Standing};
use super::limits::charge;
use super::session::{SessionState, find};
use super::steps::Step;
use super::store;
use crate::audit::{Event, Trail};
use crate::people::{People, PeopleError, token_hash};

/// Milliseconds that browsers wait for somebody at the authenticator.
const PATIENCE_MS: u32 = 300_000;

/// What a page hands to the browser, and the cookie that comes back with its answer.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The options of `navigator.credentials` in their JSON form, and the origin where they are good.
    pub options: Value,
    /// The sealed step for the cookie.
    pub step: String,
}

/// What is remembered until the answer comes.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    challenge: String,
    /// Hash of the session's secret; none for somebody who is nobody yet.
    session: Option<String>,
}

impl Waiting {
    fn is_for(&self, secret: &str) -> bool {
        self.session.as_deref().is_none_or(|session| session == session_mark(secret))
    }
}

fn session_mark(secret: &str) -> String {
    db::hex(&token_hash(secret))
}

db::row! {
    /// A key as it is looked up when it answers.
    struct Stored {
        id: uuid::Uuid,
        person: PersonId,
        public_key: Vec<u8>,
    }
}

impl People {
    /// Where passkeys are good, if the site's address is one that they can be bound to.
    pub(crate) fn party(&self) -> Result<Party, PeopleError> {
        Party::of(&self.settings.base_url).ok_or_else(|| {
            let text = "passkeys need a site with a host name and HTTPS";
            PeopleError::Invalid(text.to_owned())
        })
    }

    /// Asks for a passkey: of anybody, or after the password of whoever is half-way.
    ///
    /// # Errors
    /// `Invalid` when the site's address cannot have passkeys.
    pub fn ask_passkey(&self, secret: &str) -> Result<Asked, PeopleError> {
        let session = self.session(secret)?;
        let half = session.filter(|session| session.standing() == Standing::NeedsCode);
        self.ask("passkey", secret, half.as_ref())
    }

    /// Asks for a passkey of whoever is signed in.
    ///
    /// # Errors
    /// `Expired` without a session.
    pub fn ask_passkey_again(&self, secret: &str) -> Result<Asked, PeopleError> {
        let session = self.complete(secret)?;
        self.ask("passkey again", secret, Some(&session))
    }

    fn ask(
        &self,
        kind: &str,
        secret: &str,
        session: Option<&SessionState>,
    ) -> Result<Asked, PeopleError> {
        let party = self.party()?;
        let theirs = match session {
            Some(session) => self.passkeys_of(session.person)?,
            None => Vec::new(),
        };
        let challenge = self.challenge()?;
        let options = json!({
            "challenge": challenge,
            "rpId": party.id,
            "timeout": PATIENCE_MS,
            "userVerification": "required",
            "allowCredentials": theirs.iter().map(own::Known::described).collect::<Vec<_>>(),
        });
        let waiting = Waiting { challenge, session: session.map(|_| session_mark(secret)) };
        let step = self.begin_step(kind, waiting)?;
        Ok(Asked { options: json!({ "origin": party.origin, "publicKey": options }), step })
    }

    /// Signs in with a passkey, alone or after the password. A session that was half-way ends.
    ///
    /// # Errors
    /// `Wrong`, `Locked`, `State`, or `Expired` when it took too long.
    pub fn sign_in_with_passkey(
        &self,
        secret: &str,
        step: &str,
        answer: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        let step: Step<Waiting> = self.step("passkey", step)?;
        let half = match step.what.session {
            None => None,
            Some(_) => Some(self.session(secret)?.ok_or(PeopleError::Expired)?),
        };
        self.enter_with(&step, secret, half.as_ref(), None, answer, origin)
    }

    /// Shows the credentials again with a passkey. The session gets a new secret.
    ///
    /// # Errors
    /// As [`sign_in_with_passkey`](Self::sign_in_with_passkey).
    pub fn step_up_with_passkey(
        &self,
        secret: &str,
        step: &str,
        answer: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        let step: Step<Waiting> = self.step("passkey again", step)?;
        let session = self.complete(secret)?;
        self.enter_with(&step, secret, Some(&session), Some(&session), answer, origin)
    }

    fn enter_with(
        &self,
        step: &Step<Waiting>,
        secret: &str,
        whose: Option<&SessionState>,
        goes_on: Option<&SessionState>,
        answer: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        if !step.what.is_for(secret) {
            return Err(PeopleError::Expired);
        }
        let now = self.clock.now();
        let read = Answer::read(answer).and_then(|answer| Ok((answer.id()?, answer)));
        // one counter for each key, whether or not there is such a key
        let subject = read
            .as_ref()
            .map_or_else(|_| "passkey".to_owned(), |(id, _)| format!("passkey {}", db::hex(id)));
        let charge = self.db.write(|tx| {
            step.take(tx)?;
            charge(tx, &Actor::public(), &subject, origin.address, now)
        })?;
        let (id, answer) = match read {
            Ok(read) => read,
            Err(fault) => return self.refused(None, fault, origin),
        };
        let stored: Option<Stored> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.opt(&store::PASSKEY, (id.as_slice(),))?)
        })?;
        let Some(stored) = stored else { return self.refused(None, "unknown key", origin) };
        if whose.is_some_and(|session| session.person != stored.person) {
            return self.refused(Some(stored.person), "another owner", origin);
        }
        let (party, challenge) = (self.party()?, &step.what.challenge);
        let owner = stored.person.0.into_bytes();
        let used = answer.used(&party, challenge, &stored.public_key, &owner, whose.is_none());
        let used = match used {
            Ok(used) => used,
            Err(fault) => return self.refused(Some(stored.person), fault, origin),
        };
        let entered = self.db.write(|tx| -> Result<_, PeopleError> {
            let count = i64::from(used.count);
            if tx.execute(&store::USE_PASSKEY, (stored.id, now, count, used.backed_up))? == 0 {
                return Ok(None);
            }
            if whose.is_some() {
                // the session may have ended in the meantime
                find(tx, secret, now)?.ok_or(PeopleError::Expired)?;
            }
            tx.execute(&store::END_SESSION, (token_hash(secret),))?;
            self.let_in(tx, stored.person, true, &charge, origin, goes_on).map(Some)
        })?;
        match entered {
            Some(entered) => Ok(entered),
            // a key that was copied counts on its own
            None => self.refused(Some(stored.person), "signature count went back", origin),
        }
    }

    fn refused(
        &self,
        person: Option<PersonId>,
        fault: Fault,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        self.refuse(person, &format!("passkey: {fault}"), origin)?;
        Err(PeopleError::Wrong)
    }

    /// A session that counts.
    fn complete(&self, secret: &str) -> Result<SessionState, PeopleError> {
        let session = self.session(secret)?;
        session.filter(|it| it.standing() == Standing::Complete).ok_or(PeopleError::Expired)
    }

    /// Writes down what somebody did about their own passkeys.
    fn tell(
        tx: &mut db::Tx<'_>,
        actor: &Actor,
        action: &'static str,
        passkey: uuid::Uuid,
        now: Instant,
    ) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let event = Event::of_person(action, person).with(json!({ "passkey": passkey }));
        Ok(Trail::new(actor, now).write(tx, &event)?)
    }
}
