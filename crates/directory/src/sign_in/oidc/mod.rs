//! Signing in through the service of somebody's own house: OpenID Connect, authorization code with PKCE.
//!
//! A service says who somebody is and never what they may do. It opens accounts of people who were invited, found by a
//! verified address in one of its domains, and from then on by the subject it gives them.

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod readers;
mod service;
mod token;

use std::fmt;
use std::sync::Arc;

use base::{Actor, Instant, PersonId};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Tx;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use self::service::{Failure, Service};
use self::token::Claims;
use super::enter::{Entered, Origin};
use super::limits::{Charge, charge};
use super::steps::Step;
use super::store;
use crate::audit::{Event, Trail};
use crate::people::model::{Person, PersonState, email_key};
use crate::people::{People, PeopleError, set_state, store as people};

/// Seconds since somebody showed their credentials to the service, when they were asked to do so now.
const JUST_NOW: i64 = 300;

/// A sign-in service, as the operator sets it.
#[derive(Clone, Default)]
pub struct SsoProvider {
    /// Names it in addresses: letters, digits and hyphens.
    pub key: String,
    /// Its name on the button.
    pub label: String,
    /// Its issuer, such as `https://login.example.org`.
    pub issuer: String,
    /// How it knows this program.
    pub client_id: String,
    /// What it shares with this program.
    pub client_secret: String,
    /// Domains of the mail addresses that it speaks for, in lower case.
    pub domains: Vec<String>,
    /// Whether its word that two factors were shown is believed.
    pub mfa: bool,
    /// Values of `acr` that mean two factors, besides `mfa` in `amr`.
    pub mfa_contexts: Vec<String>,
    /// Whether it may be at a private address, and without HTTPS.
    pub private_address: bool,
}

impl fmt::Debug for SsoProvider {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SsoProvider").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// The services of a program, with what is known of them.
pub(crate) struct Services(Vec<Service>);

impl Services {
    pub(crate) fn new(providers: &[SsoProvider]) -> Self {
        Self(providers.iter().cloned().map(Service::new).collect())
    }

    fn named(&self, key: &str) -> Result<&Service, SsoError> {
        let service = self.0.iter().find(|service| service.provider.key == key);
        service.ok_or(SsoError::People(PeopleError::NotFound("sign-in service")))
    }
}

/// What is remembered until the service leads the browser back.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    service: String,
    state: String,
    nonce: String,
    verifier: String,
    next: String,
    again: bool,
}

/// What the service adds to the address when it leads the browser back.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    /// The code to trade.
    pub code: String,
    /// What the program gave along.
    pub state: String,
    /// Who leads back (RFC 9207).
    pub iss: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Where to lead the browser, and the cookie that must come back with it.
#[derive(Debug, Clone)]
pub struct LedAway {
    /// The service's page.
    pub place: String,
    /// The sealed step for the cookie.
    pub step: String,
}

/// Why a service let nobody in.
#[derive(Debug, thiserror::Error)]
pub enum SsoError {
    /// As with every other way of signing in.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The service does not answer as it should; the text is for the log.
    #[error("the sign-in service does not answer as it should: {0}")]
    Trouble(String),
    /// What the service says is not right.
    #[error("the answer of the sign-in service is not right")]
    Refused,
    /// Somebody turned back at the service.
    #[error("the sign-in service let nobody in")]
    Denied,
    /// The service has not made sure of the address, or does not speak for it.
    #[error("the sign-in service does not vouch for the address")]
    Address,
    /// Nobody with this address was invited.
    #[error("nobody with this address was invited")]
    NotInvited,
    /// The account belongs to somebody else at this service.
    #[error("the account is linked to somebody else at this sign-in service")]
    Linked,
}

impl From<db::DbError> for SsoError {
    fn from(error: db::DbError) -> Self {
        Self::People(error.into())
    }
}

impl SsoError {
    /// For the audit.
    const fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Address => Some("sign-in service: address not vouched for"),
            Self::NotInvited => Some("sign-in service: not invited"),
            Self::Linked => Some("sign-in service: linked to somebody else"),
            _ => None,
        }
    }
}

db::row! {
    /// Somebody's identity at a service.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SsoIdentity {
        /// The service.
        pub issuer: String,
        /// Who they are there.
        pub subject: String,
        /// Since when it opens the account.
        pub created_at: Instant,
        /// When it last did.
        pub used_at: Instant,
    }
}

impl People {
    /// Services that people may sign in through: key and label.
    pub fn sso(&self) -> Vec<(String, String)> {
        let shown =
            |service: &Service| (service.provider.key.clone(), service.provider.label.clone());
        self.services.0.iter().map(shown).collect()
    }

    fn back_address(&self, key: &str) -> String {
        format!("{}/sign-in/with/{key}/back", self.settings.base_url)
    }

    /// Leads somebody to a service; `again` asks for their credentials there even if they are signed in.
    ///
    /// # Errors
    /// `NotFound` for an unknown service, `Trouble` when it does not answer.
    pub fn go_to_service(&self, key: &str, next: &str, again: bool) -> Result<LedAway, SsoError> {
        let service = self.services.named(key)?;
        let doors = service.doors(self.clock.now()).map_err(SsoError::Trouble)?;
        let waiting = Waiting {
            service: key.to_owned(),
            state: self.challenge()?,
            nonce: self.challenge()?,
            verifier: self.challenge()?,
            next: next.to_owned(),
            again,
        };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(waiting.verifier.as_bytes()));
        let joint = if doors.authorization_endpoint.contains('?') { '&' } else { '?' };
        let mut place = format!(
            "{}{joint}response_type=code&client_id={}&redirect_uri={}&scope=openid%20email&state={}&nonce={}\
             &code_challenge={challenge}&code_challenge_method=S256",
            doors.authorization_endpoint,
            site::percent_encoded(&service.provider.client_id, b""),
            site::percent_encoded(&self.back_address(key), b""),
            waiting.state,
            waiting.nonce
        );
        if service.provider.mfa && !service.provider.mfa_contexts.is_empty() {
            let wanted = service.provider.mfa_contexts.join(" ");
            place.push_str(&format!("&acr_values={}", site::percent_encoded(&wanted, b"")));
        }
        if again {
            place.push_str("&prompt=login&max_age=0");
        }
        let step = self.begin_step("service", waiting)?;
        Ok(LedAway { place, step })
    }

    /// Lets somebody in whom a service leads back; gives the session and where to go on.
    ///
    /// # Errors
    /// See [`SsoError`].
    pub fn back_from_service(
        &self,
        key: &str,
        back: &Back,
        step: &str,
        origin: &Origin<'_>,
    ) -> Result<(Entered, String), SsoError> {
        let service = self.services.named(key)?;
        let step: Step<Waiting> = self.step("service", step)?;
        let now = self.clock.now();
        let charge = self.db.write(|tx| {
            step.take(tx)?;
            charge(
                tx,
                &Actor::public(),
                &format!("service {}", step.what.state),
                origin.address,
                now,
            )
        })?;
        let fault = |text: &str| -> SsoError {
            let told = self.refuse(None, &format!("sign-in service: {text}"), origin);
            told.map_or_else(SsoError::People, |()| SsoError::Refused)
        };
        let own = step.what.service == key && step.what.state == back.state;
        if !own || back.iss.as_ref().is_some_and(|iss| *iss != service.provider.issuer) {
            return Err(fault("another state"));
        }
        if back.error.is_some() || back.code.is_empty() {
            return Err(SsoError::Denied);
        }
        let claims = service.claims(&step.what, &back.code, &self.back_address(key), now);
        let claims = match claims {
            Ok(claims) => claims,
            Err(Failure::Trouble(text)) => return Err(SsoError::Trouble(text)),
            Err(Failure::Fault(text)) => return Err(fault(text)),
        };
        if step.what.again && !claims.is_fresh(now.as_micros() / 1_000_000, JUST_NOW) {
            return Err(fault("credentials were not shown again"));
        }
        let entered = self.let_in_from(&service.provider, &claims, &charge, origin);
        if let Some(reason) = entered.as_ref().err().and_then(SsoError::reason) {
            self.refuse(None, reason, origin)?;
        }
        Ok((entered?, step.what.next))
    }

    fn let_in_from(
        &self,
        provider: &SsoProvider,
        claims: &Claims,
        charge: &Charge,
        origin: &Origin<'_>,
    ) -> Result<Entered, SsoError> {
        let email = claims.email.as_deref().map(email_key).unwrap_or_default();
        let domain = email.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        if !claims.is_verified() || !provider.domains.iter().any(|own| own == domain) {
            return Err(SsoError::Address);
        }
        let now = self.clock.now();
        let (issuer, subject) = (provider.issuer.as_str(), claims.sub.as_str());
        self.db.write(|tx| {
            let known: Option<Owner> = tx.opt(&store::IDENTITY, (issuer, subject))?;
            let person = match known {
                Some(Owner(person)) => person,
                None => linked(tx, (issuer, subject), &email, now)?,
            };
            tx.execute(&store::USE_IDENTITY, (issuer, subject, now))?;
            let factors = provider.mfa && claims.shows_two_factors(&provider.mfa_contexts);
            Ok(self.let_in(tx, person, factors, charge, origin, None)?)
        })
    }

    /// The services that open the actor's account.
    ///
    /// # Errors
    /// The database's.
    pub fn identities(&self, actor: &Actor) -> Result<Vec<SsoIdentity>, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        self.identities_of(person)
    }

    fn identities_of(&self, person: PersonId) -> Result<Vec<SsoIdentity>, PeopleError> {
        self.db.read_one(|tx| Ok(tx.all(&store::IDENTITIES, (person,))?))
    }

    /// Services by which the actor can show their credentials again: key and label.
    ///
    /// # Errors
    /// The database's.
    pub fn own_services(&self, actor: &Actor) -> Result<Vec<(String, String)>, PeopleError> {
        let own = self.identities(actor)?;
        let theirs = |service: &&Service| {
            own.iter().any(|identity| identity.issuer == service.provider.issuer)
        };
        let shown = |it: &Service| (it.provider.key.clone(), it.provider.label.clone());
        Ok(self.services.0.iter().filter(theirs).map(shown).collect())
    }

    /// Keeps a service from opening the actor's account, until they come from there again.
    ///
    /// # Errors
    /// `NotFound` when it does not; `Invalid` when it is the only way in.
    pub fn unlink_service(&self, actor: &Actor, issuer: &str) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("sign-in service"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let passwords: i64 = tx.one(&store::PASSWORDS, (person,))?;
            if passwords == 0 {
                let text = "set a password first: it would be the only way in";
                return Err(PeopleError::Invalid(text.to_owned()));
            }
            if tx.execute(&store::DROP_IDENTITY, (person, issuer))? == 0 {
                return Err(PeopleError::NotFound("sign-in service"));
            }
            let event =
                Event::of_person("unlink-service", person).with(json!({ "issuer": issuer }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }
}

struct Owner(PersonId);

impl db::FromRow for Owner {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(1)?;
        row.get(0).map(Self)
    }
}

/// The account of an address, which is the identity's from now on. An invitation that waits is answered by it.
fn linked(
    tx: &mut Tx<'_>,
    (issuer, subject): (&str, &str),
    email: &str,
    now: Instant,
) -> Result<PersonId, SsoError> {
    let person: Option<Person> = tx.opt(&people::PERSON_BY_EMAIL, (email,))?;
    let person = person.ok_or(SsoError::NotInvited)?;
    let actor = Actor::person(person.id, &person.name, []);
    match person.state {
        PersonState::Active => {}
        PersonState::Invited => {
            let waits: Vec<Waits> = tx.all(&store::OPEN_INVITATION, (person.id, now))?;
            let waits = waits.first().ok_or(SsoError::NotInvited)?;
            if tx.execute(&people::USE_INVITATION, (waits.0, now))? != 1 {
                return Err(SsoError::NotInvited);
            }
            set_state(tx, &actor, &person, PersonState::Active, "invitation answered", now)?;
        }
        state => return Err(PeopleError::State { state }.into()),
    }
    if tx.execute(&store::ADD_IDENTITY, (issuer, subject, person.id, now))? == 0 {
        return Err(SsoError::Linked);
    }
    let event = Event::of_person("link-service", person.id).with(json!({ "issuer": issuer }));
    Trail::new(&actor, now).write(tx, &event).map_err(PeopleError::from)?;
    Ok(person.id)
}

struct Waits(Uuid);

impl db::FromRow for Waits {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(1)?;
        row.get(0).map(Self)
    }
}

/// Kept by [`People`].
pub(crate) type SharedServices = Arc<Services>;
