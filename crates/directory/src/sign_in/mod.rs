//! How people sign in: password, then a code, or a passkey, or a sign-in service; sessions, devices and access tokens.
//!
//! Rules: a secret is stored as a hash or sealed; an unknown address costs the same work as a known one; attempts are
//! counted before they are looked at; a session gets a new secret whenever it gains a right; roles are read at each
//! request, so what has ended or was taken away counts no more.

mod account;
mod device;
mod enter;
mod hash;
mod limits;
mod oidc;
mod passkey;
#[cfg(any(test, feature = "fuzzing"))]
pub mod readers;
mod recovery;
mod seal;
mod session;
mod steps;
pub(crate) mod store;
mod strength;
mod tokens;
mod totp;
mod visitor;
pub(crate) mod web;

pub use account::{Factors, TotpSetup};
pub use device::device_name;
pub use enter::{Entered, Origin, Proof, Standing};
pub use hash::Hasher;
pub(crate) use limits::charge;
pub use oidc::{Back, LedAway, SsoError, SsoIdentity, SsoProvider};
pub(crate) use oidc::{Services, SharedServices};
pub use passkey::{Asked, NewPasskey, Passkey};
pub use seal::{Randomness, SealKey, Secrets, SystemRandom};
pub use session::{Device, SessionState};
pub use store::STATEMENTS;
pub use tokens::{ApiToken, NewToken, TOKEN_PREFIX};
pub use totp::{code_at, step_of};

use crate::people::{People, PeopleError};

impl People {
    /// A new secret of 256 bits for a link, a session or a token, in characters that need no escape.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn secret(&self) -> Result<String, PeopleError> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes)?;
        Ok(db::hex(&bytes))
    }

    /// The secret with which messages to a program are signed: made of the key file and a name, so that a copy of the
    /// database alone signs nothing.
    pub fn signing_secret(&self, name: &str) -> [u8; 32] {
        self.key.derive(&format!("sign {name}"))
    }
}
