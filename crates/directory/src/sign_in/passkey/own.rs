//! The own passkeys: make, name, remove.

use base::{Actor, Instant, PersonId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::ALGORITHMS;
use super::verify::Answer;
use super::{Asked, PATIENCE_MS, Waiting, session_mark};
use crate::people::model::Person;
use crate::people::{People, PeopleError, store as people};
use crate::sign_in::enter::{Entered, Origin, Standing};
use crate::sign_in::limits::Charge;
use crate::sign_in::session::{SessionState, find};
use crate::sign_in::steps::Step;
use crate::sign_in::{recovery, store};

/// Passkeys that one person may have.
const MOST: usize = 20;

db::row! {
    /// A passkey in its owner's list.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Passkey {
        /// Names it.
        pub id: Uuid,
        /// What its owner calls it.
        pub label: String,
        /// When it was made.
        pub created_at: Instant,
        /// When it last signed.
        pub used_at: Option<Instant>,
        /// Whether more than one device keeps it.
        pub backed_up: bool,
    }
}

db::row! {
    /// What a browser is told of a key that there is.
    pub(super) struct Known {
        id: Vec<u8>,
        transports: String,
    }
}

impl Known {
    pub(super) fn described(&self) -> Value {
        let ways: Vec<&str> = self.transports.split_whitespace().collect();
        json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&self.id), "transports": ways })
    }
}

/// What became of a new passkey.
#[derive(Debug, Clone, Default)]
pub struct NewPasskey {
    /// A session that replaces the one before, when the passkey is the first second factor.
    pub entered: Option<Entered>,
    /// Recovery codes that go with a first second factor; they are not kept.
    pub codes: Vec<String>,
}

/// Whoever has only the password must not add a factor beside the one that is asked for.
fn may_add(session: &SessionState) -> bool {
    session.standing() != Standing::NeedsCode
}

impl People {
    /// Asks the browser to make a passkey for whoever is signed in, or must set up a second factor first. The page has
    /// asked those who are signed in for their credentials again.
    ///
    /// # Errors
    /// `Expired` without a session, and for one that has not shown the factor there is; `Invalid` when the site's address
    /// cannot have passkeys.
    pub fn ask_new_passkey(&self, secret: &str) -> Result<Asked, PeopleError> {
        let party = self.party()?;
        let session = self.session(secret)?.filter(may_add).ok_or(PeopleError::Expired)?;
        let theirs = self.passkeys_of(session.person)?;
        if theirs.len() >= MOST {
            let text = format!("{MOST} passkeys are enough; remove one first");
            return Err(PeopleError::Invalid(text));
        }
        let person: Person = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.one(&people::PERSON, (session.person,))?)
        })?;
        let challenge = self.challenge()?;
        let kinds = ALGORITHMS.map(|number| json!({ "type": "public-key", "alg": number }));
        let user = URL_SAFE_NO_PAD.encode(session.person.0.as_bytes());
        let options = json!({
            "rp": { "id": party.id, "name": self.settings.issuer },
            "user": { "id": user, "name": person.email, "displayName": person.name },
            "challenge": challenge,
            "pubKeyCredParams": kinds,
            "timeout": PATIENCE_MS,
            "excludeCredentials": theirs.iter().map(Known::described).collect::<Vec<_>>(),
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "none",
        });
        let waiting = Waiting { challenge, session: Some(session_mark(secret)) };
        let step = self.begin_step("new passkey", waiting)?;
        Ok(Asked { options: json!({ "origin": party.origin, "publicKey": options }), step })
    }

    pub(super) fn passkeys_of(&self, person: PersonId) -> Result<Vec<Known>, PeopleError> {
        self.db.read_one(|tx| Ok(tx.all(&store::PASSKEY_IDS, (person,))?))
    }

    /// Takes a new passkey. For somebody without a second factor it is one from now on: all other sessions end, this one
    /// gets a new secret, and recovery codes are given.
    ///
    /// # Errors
    /// `Invalid` when the answer is not one to what was asked, or the key is known; `Expired` when it took too long.
    pub fn add_passkey(
        &self,
        secret: &str,
        step: &str,
        label: &str,
        answer: &str,
        origin: &Origin<'_>,
    ) -> Result<NewPasskey, PeopleError> {
        let label = checked(label)?;
        let step: Step<Waiting> = self.step("new passkey", step)?;
        let (party, now) = (self.party()?, self.clock.now());
        if !step.what.is_for(secret) {
            return Err(PeopleError::Expired);
        }
        let made = Answer::read(answer).and_then(|read| read.made(&party, &step.what.challenge));
        let made = made
            .map_err(|fault| PeopleError::Invalid(format!("the passkey was not taken: {fault}")))?;
        let id: Uuid = self.ids.next();
        self.db.write(|tx| {
            step.take(tx)?;
            let session = find(tx, secret, now)?.filter(may_add).ok_or(PeopleError::Expired)?;
            let ways = made.transports.join(" ");
            let (person, actor) = (session.person, session.actor());
            let key = (made.id.as_slice(), made.public_key.as_slice());
            let count = i64::from(made.count);
            let values =
                (id, person, key.0, key.1, count, made.backed_up, ways, label.as_str(), now);
            if tx.execute(&store::ADD_PASSKEY, values)? == 0 {
                return Err(PeopleError::Invalid("this passkey is known already".to_owned()));
            }
            Self::tell(tx, &actor, "add-passkey", id, now)?;
            let owner: Person = tx.one(&people::PERSON, (person,))?;
            self.warn(tx, &owner, "a passkey was added to your account", now)?;
            if session.has_factor() {
                return Ok(NewPasskey::default());
            }
            let codes = recovery::renew(tx, person, &*self.random, now)?;
            tx.execute(&store::END_ALL, (person,))?;
            let entered = self.let_in(tx, person, true, &Charge::none(), origin, None)?;
            Ok(NewPasskey { entered: Some(entered), codes })
        })
    }

    fn warn(
        &self,
        tx: &mut db::Tx<'_>,
        person: &Person,
        what: &str,
        now: Instant,
    ) -> Result<(), PeopleError> {
        let issuer = &self.settings.issuer;
        let text = format!(
            "{},\n\n{what}. If it was not you, tell your administrator at once and end the sessions that are not \
             yours at {}/account.\n",
            person.name, self.settings.base_url
        );
        self.post(tx, &person.email, &format!("{issuer}: {what}"), &text, now)
    }

    /// The actor's own passkeys, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn passkeys(&self, actor: &Actor) -> Result<Vec<Passkey>, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        self.db.read_one(|tx| Ok(tx.all(&store::PASSKEYS, (person,))?))
    }

    /// Gives one of the actor's own passkeys another name.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs; `Invalid` for the name.
    pub fn rename_passkey(
        &self,
        actor: &Actor,
        passkey: Uuid,
        label: &str,
    ) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("passkey"))?;
        let (label, now) = (checked(label)?, self.clock.now());
        self.db.write(|tx| {
            if tx.execute(&store::NAME_PASSKEY, (passkey, person, label.as_str()))? == 0 {
                return Err(PeopleError::NotFound("passkey"));
            }
            Self::tell(tx, actor, "rename-passkey", passkey, now)
        })
    }

    /// Removes one of the actor's own passkeys. The page has asked for the credentials again.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs.
    pub fn remove_passkey(&self, actor: &Actor, passkey: Uuid) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("passkey"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if tx.execute(&store::DROP_PASSKEY, (passkey, person))? == 0 {
                return Err(PeopleError::NotFound("passkey"));
            }
            let left: i64 = tx.one(&store::FACTORS, (person,))?;
            if left == 0 {
                // they stand for a factor that is gone
                tx.execute(&store::DROP_RECOVERY, (person,))?;
            }
            Self::tell(tx, actor, "remove-passkey", passkey, now)?;
            let owner: Person = tx.one(&people::PERSON, (person,))?;
            self.warn(tx, &owner, "a passkey was removed from your account", now)
        })
    }
}

fn checked(label: &str) -> Result<String, PeopleError> {
    let label = label.trim();
    let fits = (1..=80).contains(&label.chars().count()) && !label.chars().any(char::is_control);
    if fits {
        return Ok(label.to_owned());
    }
    Err(PeopleError::Invalid("the name of a passkey is 1 to 80 characters".to_owned()))
}
