//! One sign-in service: where its doors are, its keys, and how a code becomes claims.

use std::sync::{Mutex, OnceLock, PoisonError};

use base::Instant;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::token::{Claims, Expected, Fault, Jwk, verified};
use super::{SsoProvider, Waiting};
use crate::outside::{Outside, Trouble};

const SECOND: i64 = 1_000_000;
/// How long what a service says about itself is believed.
const KEPT: i64 = 3600 * SECOND;
/// New keys are asked for at most so often, whatever keys tokens name.
const NEW_KEYS: i64 = 60 * SECOND;

/// What a service says about itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Doors {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Keys {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    /// Keys of kinds that are not known do no harm.
    pub(super) fn known(self) -> Vec<Jwk> {
        self.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

struct Known {
    doors: Doors,
    keys: Vec<Jwk>,
    at: Instant,
    keys_at: Instant,
}

/// A service with what is known of it.
pub(super) struct Service {
    pub(super) provider: SsoProvider,
    outside: OnceLock<Outside>,
    known: Mutex<Option<Known>>,
}

/// Why a code led to nobody.
#[derive(Debug)]
pub(super) enum Failure {
    /// The service does not answer as it should.
    Trouble(Trouble),
    /// What it says is not right.
    Fault(&'static str),
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Service {
    pub(super) const fn new(provider: SsoProvider) -> Self {
        Self { provider, outside: OnceLock::new(), known: Mutex::new(None) }
    }

    fn outside(&self) -> &Outside {
        self.outside.get_or_init(|| Outside::new(self.provider.private_address))
    }

    /// Its doors, asked for once an hour.
    pub(super) fn doors(&self, now: Instant) -> Result<Doors, Trouble> {
        let fresh = |known: &Known| (0..KEPT).contains(&(now.as_micros() - known.at.as_micros()));
        if let Some(known) = self.locked().as_ref().filter(|known| fresh(known)) {
            return Ok(known.doors.clone());
        }
        let issuer = &self.provider.issuer;
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let doors: Doors = self.outside().get(&url, None)?;
        if doors.issuer != *issuer {
            return Err(format!("{url} is the description of {}", doors.issuer));
        }
        let endpoints = [&doors.authorization_endpoint, &doors.token_endpoint, &doors.jwks_uri];
        let more = doors.userinfo_endpoint.as_ref();
        if let Some(wrong) =
            endpoints.into_iter().chain(more).find(|url| !self.outside().takes(url))
        {
            return Err(format!("{url} names {wrong}, which is not HTTPS"));
        }
        let keys = self.fetch_keys(&doors)?;
        *self.locked() = Some(Known { doors: doors.clone(), keys, at: now, keys_at: now });
        Ok(doors)
    }

    fn fetch_keys(&self, doors: &Doors) -> Result<Vec<Jwk>, Trouble> {
        let found: Keys = self.outside().get(&doors.jwks_uri, None)?;
        Ok(found.known())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Trades the code of a sign-in for what the service says about the person.
    pub(super) fn claims(
        &self,
        waiting: &Waiting,
        code: &str,
        back: &str,
        now: Instant,
    ) -> Result<Claims, Failure> {
        let doors = self.doors(now)?;
        let tokens = self.tokens(&doors, waiting, code, back)?;
        let token = tokens.id_token.ok_or(Failure::Fault("no token"))?;
        let claims = self.judged(&doors, &token, &waiting.nonce, now)?;
        if claims.email.is_some() {
            return Ok(claims);
        }
        // many services tell the address only to those who ask
        match (doors.userinfo_endpoint, tokens.access_token) {
            (Some(url), Some(access)) => {
                let told: Claims = self.outside().get(&url, Some(&access))?;
                Ok(claims.with_address_of(told))
            }
            _ => Ok(claims),
        }
    }

    fn tokens(
        &self,
        doors: &Doors,
        waiting: &Waiting,
        code: &str,
        back: &str,
    ) -> Result<Tokens, Trouble> {
        let (client, secret) = (&self.provider.client_id, &self.provider.client_secret);
        let mut form = format!(
            "grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}",
            site::percent_encoded(code, b""),
            site::percent_encoded(back, b""),
            site::percent_encoded(&waiting.verifier, b"")
        );
        let ways = &doors.token_endpoint_auth_methods_supported;
        let by_form = !ways.is_empty() && !ways.iter().any(|way| way == "client_secret_basic");
        let (client, secret) =
            (site::percent_encoded(client, b""), site::percent_encoded(secret, b""));
        let mut authorization = None;
        if by_form {
            form.push_str(&format!("&client_id={client}&client_secret={secret}"));
        } else {
            // RFC 6749, section 2.3.1
            let pair = STANDARD.encode(format!("{client}:{secret}"));
            authorization = Some(format!("Basic {pair}"));
        }
        self.outside().post(&doors.token_endpoint, &form, authorization.as_deref())
    }

    fn judged(
        &self,
        doors: &Doors,
        token: &str,
        nonce: &str,
        now: Instant,
    ) -> Result<Claims, Failure> {
        let expected = Expected {
            issuer: &self.provider.issuer,
            client: &self.provider.client_id,
            nonce,
            now: now.as_micros() / SECOND,
        };
        let keys = self.locked().as_ref().map(|known| (known.keys.clone(), known.keys_at));
        let (keys, asked_at) = keys.unwrap_or_else(|| (Vec::new(), Instant::from_micros(0)));
        let judged = verified(token, &keys, &expected);
        let may_ask = now.as_micros() - asked_at.as_micros() >= NEW_KEYS;
        let judged = if judged.as_ref().is_err_and(|fault| *fault == Fault::UnknownKey) && may_ask {
            let keys = self.fetch_keys(doors)?;
            let judged = verified(token, &keys, &expected);
            if let Some(known) = self.locked().as_mut() {
                (known.keys, known.keys_at) = (keys, now);
            }
            judged
        } else {
            judged
        };
        judged.map_err(|fault| match fault {
            Fault::UnknownKey => Failure::Fault("unknown key"),
            Fault::Wrong(text) => Failure::Fault(text),
        })
    }
}
