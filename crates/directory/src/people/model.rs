//! People, the roles they hold, and what can go wrong with them.

use std::fmt;

use base::{Actor, Instant, PersonId, Place, Refusal, Role};
use db::DbError;
use thiserror::Error;
use uuid::Uuid;

/// The life of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PersonState {
    /// A link was sent; nobody has answered it.
    Invited,
    /// Can sign in.
    Active,
    /// Cannot sign in until re-activated; roles are kept.
    Suspended,
    /// Gone for good; the name stays in the audit.
    Closed,
}

impl PersonState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Active, Self::Suspended, Self::Closed];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    /// From the word that is stored.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for PersonState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their address, as it was typed.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Where their account stands in its life.
    pub state: PersonState,
    /// Why it is suspended or closed.
    pub state_reason: Option<String>,
    /// Made by the demo.
    pub demo: bool,
    /// When the account was made.
    pub created_at: Instant,
    /// Last sign-in.
    pub seen_at: Option<Instant>,
}

impl Person {
    /// Reads eight columns from `first` on, in the order of `store::person!`.
    fn read(row: &db::Row<'_>, first: usize) -> Result<Self, DbError> {
        let word: &str = row.get(first + 3)?;
        let state = PersonState::from_word(word)
            .ok_or_else(|| row.inconsistent(first + 3, format!("unknown state `{word}`")))?;
        Ok(Self {
            id: row.get(first)?,
            email: row.get(first + 1)?,
            name: row.get(first + 2)?,
            state,
            state_reason: row.get(first + 4)?,
            demo: row.get(first + 5)?,
            created_at: row.get(first + 6)?,
            seen_at: row.get(first + 7)?,
        })
    }
}

impl db::FromRow for Person {
    fn from_row(row: &db::Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(8)?;
        Self::read(row, 0)
    }
}

/// A role that somebody holds, held or will hold at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Names the grant.
    pub id: Uuid,
    /// Whose.
    pub person: PersonId,
    /// What.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// From when on.
    pub starts_at: Instant,
    /// Until when, if it ends by itself.
    pub ends_at: Option<Instant>,
    /// When it was granted.
    pub granted_at: Instant,
    /// By whom, as audited.
    pub granted_by: String,
    /// When somebody ended it.
    pub ended_at: Option<Instant>,
    /// When an access review last confirmed it.
    pub reviewed_at: Option<Instant>,
}

impl Held {
    /// Whether it counts at this moment.
    pub fn in_force(&self, now: Instant) -> bool {
        self.ended_at.is_none()
            && self.starts_at <= now
            && self.ends_at.is_none_or(|ends_at| now < ends_at)
    }

    /// Reads eleven columns from `first` on, in the order of `store::held!`.
    pub(crate) fn read(row: &db::Row<'_>, first: usize) -> Result<Self, DbError> {
        let role: &str = row.get(first + 2)?;
        let (kind, key): (&str, &str) = (row.get(first + 3)?, row.get(first + 4)?);
        let role = Role::from_word(role)
            .ok_or_else(|| row.inconsistent(first + 2, format!("unknown role `{role}`")))?;
        let place = Place::from_words(kind, key)
            .ok_or_else(|| row.inconsistent(first + 3, format!("unknown place `{kind}`")))?;
        Ok(Self {
            id: row.get(first)?,
            person: row.get(first + 1)?,
            role,
            place,
            starts_at: row.get(first + 5)?,
            ends_at: row.get(first + 6)?,
            granted_at: row.get(first + 7)?,
            granted_by: row.get(first + 8)?,
            ended_at: row.get(first + 9)?,
            reviewed_at: row.get(first + 10)?,
        })
    }
}

impl db::FromRow for Held {
    fn from_row(row: &db::Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(11)?;
        Self::read(row, 0)
    }
}

/// A person beside one role: a line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// What and where.
    pub held: Held,
}

impl db::FromRow for Member {
    fn from_row(row: &db::Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(19)?;
        Ok(Self { person: Person::read(row, 11)?, held: Held::read(row, 0)? })
    }
}

/// A role to be granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGrant {
    /// What.
    pub role: Role,
    /// Where.
    pub place: Place,
    /// From when on; now when left out.
    pub starts_at: Option<Instant>,
    /// Until when, if it shall end by itself.
    pub ends_at: Option<Instant>,
}

impl NewGrant {
    /// A role from now on and without end.
    pub const fn lasting(role: Role, place: Place) -> Self {
        Self { role, place, starts_at: None, ends_at: None }
    }
}

/// What can go wrong with people and their sign-in. Texts hold no secrets.
#[derive(Debug, Error)]
pub enum PeopleError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The actor may not do this.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The actor may not grant or end this role there, or not for themselves.
    #[error("{0}")]
    Ceiling(String),
    /// No such thing within the actor's reach.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A value is not usable; the text says which and why.
    #[error("{0}")]
    Invalid(String),
    /// Nobody would be left who decides about people there.
    #[error("this is the last {role} there; make somebody else one first")]
    LastAdministrator {
        /// The role that must not become empty.
        role: &'static str,
    },
    /// The account's state does not allow it.
    #[error("the account is {state}")]
    State {
        /// The state it is in.
        state: PersonState,
    },
    /// Wrong address, password or code. It does not say which.
    #[error("address, password or code is not right")]
    Wrong,
    /// Too many attempts.
    #[error("too many attempts; try again later")]
    Locked {
        /// From when on attempts are looked at again.
        until: Instant,
    },
    /// The link or the session is over.
    #[error("the link is not valid any more: it was used, withdrawn or has expired")]
    Expired,
    /// The password can be guessed.
    #[error("{0}")]
    Weak(String),
    /// The operating system gives no randomness, or a sealed secret cannot be opened.
    #[error("{0}")]
    Secrets(&'static str),
}

/// Whether the ceiling lets the actor grant a role at a place: the role of the actor that does is held at the same
/// place, or is that of a platform administrator. Nobody grants to themselves: a platform administrator could read
/// cases that way.
pub(crate) fn within_ceiling(
    actor: &Actor,
    person: Option<PersonId>,
    role: Role,
    place: &Place,
) -> Result<(), PeopleError> {
    if role.held_at() != place.kind() {
        let text = format!("the role {} is not held at a {}", role.label(), place.kind().as_str());
        return Err(PeopleError::Invalid(text));
    }
    if actor.is_operator() {
        return Ok(());
    }
    if person.is_some() && actor.person_id() == person {
        let text = "nobody grants roles to themselves; ask another administrator".to_owned();
        return Err(PeopleError::Ceiling(text));
    }
    let may = actor.grants().iter().any(|own| {
        own.role.may_grant().contains(&role)
            && (own.place == *place || own.role == Role::PlatformAdministrator)
    });
    if may {
        return Ok(());
    }
    Err(PeopleError::Ceiling(format!("none of your roles lets you grant {}", role.label())))
}

/// The address as it is compared: in lower case.
pub(crate) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Whether an address looks like one. Only a mail that arrives proves it.
pub(crate) fn check_email(email: &str) -> Result<(), PeopleError> {
    let email = email.trim();
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"(),:;\\".contains(c);
    let good = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && local.len() <= 64
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
        && email.chars().all(plain);
    if good {
        return Ok(());
    }
    Err(PeopleError::Invalid("the mail address does not look like one".to_owned()))
}

/// Whether a name can be kept. Angle brackets set the id apart in the audit.
pub(crate) fn check_name(name: &str) -> Result<(), PeopleError> {
    let name = name.trim();
    let good = (1..=120).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_control() || "<>".contains(c));
    if good {
        return Ok(());
    }
    let text = "a name is 1 to 120 characters without angle brackets";
    Err(PeopleError::Invalid(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_that_cannot_be_kept_are_refused() {
        for good in ["a@b", "ada.park@heart.example", "ünï@köln.example", " a@b.c "] {
            assert!(check_email(good).is_ok(), "{good}");
        }
        for wrong in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a\n@b", "<a@b>", "a@.b", "a@b."] {
            assert!(check_email(wrong).is_err(), "{wrong:?}");
        }
        assert!(check_name("Ada Park").is_ok() && check_name("Ngô Thị Lan").is_ok());
        for wrong in ["", "  ", "a\tb", "Ada <admin>", &"x".repeat(121)] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }
}
