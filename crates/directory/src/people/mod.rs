//! Accounts, the roles they hold, invitations and the yearly access review.

pub mod bulk;
mod demo;
mod grants;
mod invite;
mod life;
mod list;
mod mail;
pub(crate) mod model;
mod recipients;
mod review;
mod smtp;
pub(crate) mod store;
pub mod web;

use std::fmt;
use std::sync::Arc;

use base::{Clock, Ids};
use db::Db;

pub use bulk::{BulkDone, BulkError, BulkFault};
pub use demo::DemoAccount;
pub use invite::{Invitation, Invited, token_hash};
pub use mail::{Mail, MailFailure, Mailer};
pub use model::{Held, Member, NewGrant, PeopleError, Person, PersonState};
pub use recipients::{RECIPIENT_STATEMENTS, Recipient};
pub use review::{Decision, ReviewDue, Reviewed};
pub use smtp::Smtp;
pub use store::STATEMENTS;

pub(crate) use grants::{grant_of, in_force};
pub(crate) use life::set_state;

use crate::sign_in::{Hasher, Randomness, SealKey, Services, SharedServices, SsoProvider};

/// What an operator may set about accounts.
#[derive(Debug, Clone)]
pub struct PeopleSettings {
    /// Where readers find the pages, without a slash at the end: the front of links in mails.
    pub base_url: String,
    /// Name of the platform in authenticator apps and mails.
    pub issuer: String,
    /// Whether readers come by HTTPS; cookies are kept to it then.
    pub secure: bool,
    /// Days until an invitation dies.
    pub invitation_days: i64,
    /// Minutes without a request until a session ends.
    pub idle_minutes: i64,
    /// Hours until a session ends in any case.
    pub session_hours: i64,
    /// Days without a sign-in until an account is suspended.
    pub quiet_days: i64,
    /// Memory of the password hash in KiB (RFC 9106).
    pub hash_kib: u32,
    /// Passes of the password hash.
    pub hash_passes: u32,
    /// Sign-in services of the houses that people work in.
    pub sso: Vec<SsoProvider>,
    /// Write down the use of a session on a thread of its own, so that a page never waits for a long upload.
    pub note_use_aside: bool,
}

impl Default for PeopleSettings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".to_owned(),
            issuer: "OpenECLS".to_owned(),
            secure: false,
            invitation_days: 14,
            idle_minutes: 30,
            session_hours: 12,
            quiet_days: 180,
            // the second recommended option of RFC 9106, section 4, with less memory and the OWASP minimum as floor
            hash_kib: 19 * 1024,
            hash_passes: 2,
            sso: Vec::new(),
            note_use_aside: true,
        }
    }
}

/// People and their sign-in. Cheap to clone.
#[derive(Clone)]
pub struct People {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    pub(crate) settings: Arc<PeopleSettings>,
    pub(crate) hasher: Arc<Hasher>,
    pub(crate) key: Arc<SealKey>,
    pub(crate) random: Arc<dyn Randomness>,
    pub(crate) services: SharedServices,
}

impl People {
    /// People on an open and migrated database. `key` seals what must be readable again, such as the secrets of
    /// second factors; several programs on one database need the same key.
    ///
    /// # Errors
    /// `PeopleError::Secrets` when there is no randomness or the settings of the hash are not usable.
    pub fn new(
        db: Db,
        clock: Clock,
        ids: Arc<Ids>,
        settings: PeopleSettings,
        key: SealKey,
        random: Arc<dyn Randomness>,
    ) -> Result<Self, PeopleError> {
        let hasher = Arc::new(Hasher::new(settings.hash_kib, settings.hash_passes, &*random)?);
        let services = Arc::new(Services::new(&settings.sso));
        let (settings, key) = (Arc::new(settings), Arc::new(key));
        Ok(Self { db, clock, ids, settings, hasher, key, random, services })
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The database below.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What is set.
    pub fn settings(&self) -> &PeopleSettings {
        &self.settings
    }

    /// Password hashes computed so far, of known and unknown accounts alike.
    pub fn hashes(&self) -> u64 {
        self.hasher.count()
    }

    /// The same with other settings that need no new hasher: for programs that learn their address late.
    #[must_use]
    pub fn with_base_url(&self, base_url: &str) -> Self {
        let settings = PeopleSettings { base_url: base_url.to_owned(), ..(*self.settings).clone() };
        Self { settings: Arc::new(settings), ..self.clone() }
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("People").finish_non_exhaustive()
    }
}
