//! Access tokens of programs: a person's own roles, cut down to some actions.

use base::{Action, Actor, Channel, Instant};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::session::MINUTE;
use super::store;
use crate::audit::{Event, Trail};
use crate::people::model::PersonState;
use crate::people::{People, PeopleError, grant_of, token_hash};

/// Front of every token, so that scanners of leaked secrets know one.
pub const TOKEN_PREFIX: &str = "ecls_";
/// Longest life of a token in days.
const MOST_DAYS: i64 = 366;
/// Its use is written down at most so often.
const NOTE_EVERY: i64 = 5 * MINUTE;

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// What it is for, in its owner's words.
    pub label: &'a str,
    /// What it may do, of what the owner's roles allow.
    pub scopes: &'a [Action],
    /// Days until it dies.
    pub days: i64,
}

/// A token in its owner's list; the secret is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Names it.
    pub id: Uuid,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Action>,
    /// When it was made.
    pub created_at: Instant,
    /// When it dies.
    pub expires_at: Instant,
    /// When it was last used, to five minutes.
    pub used_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
}

impl db::FromRow for ApiToken {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(7)?;
        Ok(Self {
            id: row.get(0)?,
            label: row.get(1)?,
            scopes: scopes(row.get(2)?),
            created_at: row.get(3)?,
            expires_at: row.get(4)?,
            used_at: row.get(5)?,
            revoked_at: row.get(6)?,
        })
    }
}

/// An action that this version of the program does not know gives no right.
fn scopes(stored: &str) -> Vec<Action> {
    stored.lines().filter_map(Action::from_words).collect()
}

impl People {
    /// Makes a token for the actor and gives its secret, which is shown once.
    ///
    /// # Errors
    /// `Invalid` for a label, scopes or a life that cannot be.
    pub fn make_token(&self, actor: &Actor, new: &NewToken<'_>) -> Result<String, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let label = new.label.trim();
        if label.is_empty() || label.chars().count() > 80 || label.chars().any(char::is_control) {
            return Err(PeopleError::Invalid(
                "say in up to 80 characters what it is for".to_owned(),
            ));
        }
        if !(1..=MOST_DAYS).contains(&new.days) {
            return Err(PeopleError::Invalid(format!("a token lives 1 to {MOST_DAYS} days")));
        }
        if new.scopes.is_empty() || new.scopes.iter().any(|action| !actor.may(*action)) {
            let text = "choose at least one action, each one that you may do yourself";
            return Err(PeopleError::Invalid(text.to_owned()));
        }
        let secret = format!("{TOKEN_PREFIX}{}", self.secret()?);
        let words: Vec<&str> = new.scopes.iter().map(|action| action.words()).collect();
        let now = self.clock.now();
        let expires_at = now.plus_micros(new.days * 24 * 60 * MINUTE);
        let id: Uuid = self.ids.next();
        self.db.write(|tx| {
            let hash = token_hash(&secret);
            let values = (id, person, hash, label, words.join("\n"), now, expires_at);
            tx.execute(&store::ADD_TOKEN, values)?;
            let body = json!({ "token": id, "label": label, "scopes": words,
                "expires": expires_at.to_string() });
            let event = Event::of_person("make-token", person).with(body);
            Ok::<_, PeopleError>(Trail::new(actor, now).write(tx, &event)?)
        })?;
        Ok(secret)
    }

    /// The actor's own tokens, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn tokens(&self, actor: &Actor) -> Result<Vec<ApiToken>, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        self.db.read_one(|tx| Ok(tx.all(&store::TOKENS, (person,))?))
    }

    /// Takes one of the actor's own tokens back; it counts no more from its next request on.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs or was taken back.
    pub fn revoke_token(&self, actor: &Actor, token: Uuid) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("token"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if tx.execute(&store::REVOKE_TOKEN, (token, person, now))? == 0 {
                return Err(PeopleError::NotFound("token"));
            }
            let event = Event::of_person("revoke-token", person).with(json!({ "token": token }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// The person whom a token stands for, with the roles in force cut down to its actions.
    pub(crate) fn bearer(&self, secret: &str, now: Instant) -> Result<Option<Actor>, PeopleError> {
        if !secret.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let found = self.db.read_one(|tx| find(tx, secret, now))?;
        let Some(found) = found else { return Ok(None) };
        if found.used_at.is_none_or(|at| now.as_micros() - at.as_micros() >= NOTE_EVERY) {
            let (db, id) = (self.db.clone(), found.id);
            self.aside(move || db.write(|tx| tx.execute(&store::USE_TOKEN, (id, now))).map(drop));
        }
        Ok(Some(found.actor))
    }
}

struct Bearer {
    id: Uuid,
    used_at: Option<Instant>,
    actor: Actor,
}

fn find(tx: &mut Tx<'_>, secret: &str, now: Instant) -> Result<Option<Bearer>, PeopleError> {
    let mut head = None;
    let mut grants = Vec::new();
    tx.each(&store::TOKEN, (token_hash(secret), now), |row| -> Result<(), PeopleError> {
        let (expires_at, revoked_at): (Instant, Option<Instant>) = (row.get(3)?, row.get(4)?);
        let open = row.get::<&str>(7)? == PersonState::Active.as_str();
        if open && now < expires_at && revoked_at.is_none() {
            let name: String = row.get(6)?;
            head = Some((row.get(0)?, row.get(1)?, scopes(row.get(2)?), row.get(5)?, name));
            grants.extend(grant_of(row, 8)?);
        }
        Ok(())
    })?;
    Ok(head.map(|(id, person, scopes, used_at, name)| {
        let actor = Actor::person(person, &name, grants).limited_to(&scopes);
        Bearer { id, used_at, actor: actor.through(Channel::Api) }
    }))
}
