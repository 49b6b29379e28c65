//! The first start of a platform: its first administrator, and what is left to do before others come.
//!
//! While nobody has an account, the program makes a key at each start and prints it as part of a link. Whoever reads
//! the terminal runs the machine, so whoever brings the key may name the first administrator. The key is kept in
//! memory only and is worth nothing once there is an account.

mod store;
pub mod web;

use std::fmt;
use std::sync::Arc;

use base::{Actor, Place, Role};
use subtle::ConstantTimeEq as _;

pub use store::STATEMENTS;

use crate::people::{NewGrant, token_hash};
use crate::{People, PeopleError};

/// One thing to do before others come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What.
    pub title: String,
    /// Whether it is done; `None` when the program cannot know.
    pub done: Option<bool>,
    /// How it stands, and why it matters.
    pub text: String,
    /// A page where it is done: its label and address.
    pub page: Option<(String, String)>,
    /// What to type on the machine, or to write into the settings.
    pub command: Option<String>,
}

/// What the database says about the beginnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginnings {
    /// Accounts, opened or invited.
    pub people: u64,
    /// People who run the platform now, with an opened account.
    pub administrators: u64,
    /// Centers where somebody with an opened account enters records now.
    pub centers_that_enter: u64,
}

/// The way to the first account.
#[derive(Clone)]
pub struct FirstStart {
    people: People,
    key: Option<Arc<Key>>,
}

struct Key {
    hash: [u8; 32],
    path: String,
}

impl FirstStart {
    /// Makes a key if nobody has an account.
    ///
    /// # Errors
    /// `Db`; `Secrets` when there is no randomness.
    pub fn new(people: &People) -> Result<Self, PeopleError> {
        let key = if people.beginnings()?.people == 0 {
            let key = people.secret()?;
            Some(Arc::new(Key { hash: token_hash(&key), path: format!("/set-up/{key}") }))
        } else {
            None
        };
        Ok(Self { people: people.clone(), key })
    }

    /// Address of the page that begins, below the site's; `None` when there was an account at the start.
    pub fn path(&self) -> Option<&str> {
        self.key.as_deref().map(|key| key.path.as_str())
    }

    /// Whether the key is this program's and still opens something.
    ///
    /// # Errors
    /// `Db`.
    pub fn opens(&self, key: &str) -> Result<bool, PeopleError> {
        Ok(self.holds(key) && self.people.beginnings()?.people == 0)
    }

    fn holds(&self, key: &str) -> bool {
        let given = token_hash(key);
        self.key.as_deref().is_some_and(|own| own.hash.ct_eq(&given).into())
    }

    /// Names the first administrator; gives back the path of the page where the account is opened.
    ///
    /// # Errors
    /// `Expired` with another key, or when somebody was quicker; `Invalid` for an address or a name.
    pub fn name_administrator(
        &self,
        key: &str,
        email: &str,
        name: &str,
    ) -> Result<String, PeopleError> {
        if !self.holds(key) {
            return Err(PeopleError::Expired);
        }
        let now = self.people.clock.now();
        let actor = Actor::operator("first start");
        let grant = NewGrant::lasting(Role::PlatformAdministrator, Place::Platform);
        let invited = self.people.db.write(|tx| {
            // counted within: of two who send the form at once, one is told that the other was quicker
            let people: i64 = tx.one(&store::PEOPLE, ())?;
            if people > 0 {
                return Err(PeopleError::Expired);
            }
            self.people.invite_in(tx, &actor, email, name, &grant, now)
        })?;
        let link = invited.link.ok_or(PeopleError::Expired)?;
        let path = link.strip_prefix(&*self.people.settings.base_url).unwrap_or(&link);
        Ok(path.to_owned())
    }
}

impl fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstStart").field("open", &self.key.is_some()).finish_non_exhaustive()
    }
}

impl People {
    /// How far a new platform has come. Three statements.
    ///
    /// # Errors
    /// `Db`.
    pub fn beginnings(&self) -> Result<Beginnings, PeopleError> {
        let now = self.clock.now();
        self.db.read(|tx| {
            let people: i64 = tx.one(&store::PEOPLE, ())?;
            let administrators: i64 = tx.one(&store::ADMINISTRATORS, (now,))?;
            let centers: i64 = tx.one(&store::CENTERS_THAT_ENTER, (now,))?;
            Ok(Beginnings {
                people: people.unsigned_abs(),
                administrators: administrators.unsigned_abs(),
                centers_that_enter: centers.unsigned_abs(),
            })
        })
    }
}
