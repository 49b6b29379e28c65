//! What the program must remember between two requests of one browser: sealed into a cookie, so that whoever has no
//! account fills no table; good for five minutes, and once.

use base::Instant;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Tx;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::session::MINUTE;
use super::store;
use crate::people::{People, PeopleError, token_hash};

/// How long a step waits for the browser to come back.
const PATIENCE: i64 = 5 * MINUTE;
/// Name of the cookie; with HTTPS the prefix keeps other hosts from setting it.
const PLAIN: &str = "openecls-step";
const SECURE: &str = "__Host-openecls-step";

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    until: i64,
    what: T,
}

/// A step that the browser has brought back in time. Not yet known to be the first time.
#[derive(Debug)]
pub(crate) struct Step<T> {
    /// What was remembered.
    pub(crate) what: T,
    hash: [u8; 32],
    until: Instant,
}

impl<T> Step<T> {
    /// Takes the step.
    ///
    /// # Errors
    /// `Expired` when it was taken before.
    pub(crate) fn take(&self, tx: &mut Tx<'_>) -> Result<(), PeopleError> {
        match tx.execute(&store::TAKE_STEP, (self.hash, self.until))? {
            1 => Ok(()),
            _ => Err(PeopleError::Expired),
        }
    }
}

impl People {
    /// Random bytes, as they stand in addresses and JSON.
    pub(crate) fn challenge(&self) -> Result<String, PeopleError> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Seals what is to be remembered for a step of this kind.
    pub(crate) fn begin_step<T: Serialize>(
        &self,
        kind: &str,
        what: T,
    ) -> Result<String, PeopleError> {
        let until = self.clock.now().plus_micros(PATIENCE).as_micros();
        let plain = serde_json::to_vec(&Kept { until, what })
            .map_err(|_| PeopleError::Secrets("a step cannot be written"))?;
        let sealed = self.key.seal(place(kind).as_bytes(), &plain, &*self.random)?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens what the browser brings back.
    ///
    /// # Errors
    /// `Expired` when it is none of ours, of another kind, or too old.
    pub(crate) fn step<T: DeserializeOwned>(
        &self,
        kind: &str,
        sealed: &str,
    ) -> Result<Step<T>, PeopleError> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| PeopleError::Expired)?;
        let plain =
            self.key.open(place(kind).as_bytes(), &bytes).map_err(|_| PeopleError::Expired)?;
        let kept: Kept<T> = serde_json::from_slice(&plain).map_err(|_| PeopleError::Expired)?;
        let until = Instant::from_micros(kept.until);
        if until <= self.clock.now() {
            return Err(PeopleError::Expired);
        }
        Ok(Step { what: kept.what, hash: token_hash(sealed), until })
    }

    /// The name of the cookie that holds a step.
    pub(crate) fn step_cookie_name(&self) -> &'static str {
        if self.settings.secure { SECURE } else { PLAIN }
    }

    /// The header that gives the browser a step; an empty one takes it away.
    pub(crate) fn step_cookie(&self, sealed: &str) -> String {
        let secure = if self.settings.secure { "; Secure" } else { "" };
        let seconds = if sealed.is_empty() { 0 } else { PATIENCE / 1_000_000 };
        let name = self.step_cookie_name();
        // lax, since a sign-in service leads the browser back here
        format!("{name}={sealed}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }
}

/// A step of one kind does not open as another.
fn place(kind: &str) -> String {
    format!("step {kind}")
}
