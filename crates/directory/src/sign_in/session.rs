//! Sessions: found by the hash of their secret, together with the roles in force.

use std::net::IpAddr;

use base::{Actor, Grant, Instant, PersonId};
use db::{Row, Tx};
use serde_json::json;
use uuid::Uuid;

use super::enter::{Origin, Standing};
use super::store;
use crate::audit::{Event, Trail};
use crate::people::model::PersonState;
use crate::people::token_hash;
use crate::people::{People, PeopleError, grant_of};

pub(crate) const MINUTE: i64 = 60_000_000;
/// How long somebody may look for the phone between password and code.
const HALF_WAY: i64 = 10 * MINUTE;
/// A session's use is written down at most once a minute.
const NOTE_EVERY: i64 = MINUTE;

/// A session that has not ended, of somebody whose account is open.
#[derive(Debug, Clone)]
pub struct SessionState {
    /// Names it in the list of devices.
    pub id: Uuid,
    /// Whose.
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// When it began.
    pub signed_in_at: Instant,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// When credentials were last shown.
    pub stepped_up_at: Option<Instant>,
    /// When it ends unless it is used.
    pub idle_ends_at: Instant,
    /// When it ends in any case.
    pub ends_at: Instant,
    /// Whether the person has an authenticator app.
    pub has_totp: bool,
    /// Whether the person has a passkey.
    pub has_passkey: bool,
    /// The roles in force.
    pub grants: Vec<Grant>,
    used_at: Instant,
}

impl SessionState {
    /// What is still to be shown before the session counts.
    pub fn standing(&self) -> Standing {
        Standing::of(self.second_factor, self.has_factor(), &self.grants)
    }

    /// Whether the person has a second factor.
    pub const fn has_factor(&self) -> bool {
        self.has_totp || self.has_passkey
    }

    /// The person as an actor.
    pub fn actor(&self) -> Actor {
        Actor::person(self.person, &self.name, self.grants.iter().cloned())
    }
}

db::row! {
    /// A session in the list of devices.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Device {
        /// Names it.
        pub id: Uuid,
        /// When it began.
        pub signed_in_at: Instant,
        /// When it was last used, to the minute.
        pub used_at: Instant,
        /// Whether a second factor was shown.
        pub second_factor: bool,
        /// From where.
        pub address: Option<String>,
        /// What the browser calls itself.
        pub device: String,
    }
}

/// Reads the session of a secret. `None` when there is none, it has ended, or the account is not open.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    secret: &str,
    now: Instant,
) -> Result<Option<SessionState>, PeopleError> {
    let mut found: Option<SessionState> = None;
    tx.each(&store::SESSION, (token_hash(secret), now), |row| -> Result<(), PeopleError> {
        let grant = grant_of(row, 12)?;
        if let Some(session) = &mut found {
            session.grants.extend(grant);
            return Ok(());
        }
        let open = row.get::<&str>(9)? == PersonState::Active.as_str();
        let session = SessionState { grants: grant.into_iter().collect(), ..read(row)? };
        if open && now < session.idle_ends_at && now < session.ends_at {
            found = Some(session);
        }
        Ok(())
    })?;
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<SessionState, db::DbError> {
    Ok(SessionState {
        id: row.get(0)?,
        person: row.get(1)?,
        signed_in_at: row.get(2)?,
        second_factor: row.get(3)?,
        stepped_up_at: row.get(4)?,
        used_at: row.get(5)?,
        idle_ends_at: row.get(6)?,
        ends_at: row.get(7)?,
        name: row.get(8)?,
        has_totp: row.get(10)?,
        has_passkey: row.get(11)?,
        grants: Vec::new(),
    })
}

/// A session about to be made.
pub(crate) struct NewSession<'a> {
    pub(crate) person: PersonId,
    pub(crate) signed_in_at: Instant,
    pub(crate) second_factor: bool,
    pub(crate) stepped_up_at: Option<Instant>,
    /// End in any case, when it goes on from an earlier session.
    pub(crate) ends_at: Option<Instant>,
    pub(crate) standing: Standing,
    pub(crate) origin: &'a Origin<'a>,
}

impl People {
    /// Makes a session with a new secret and gives the secret and its end.
    pub(crate) fn open_session(
        &self,
        tx: &mut Tx<'_>,
        new: &NewSession<'_>,
        now: Instant,
    ) -> Result<(String, Instant), PeopleError> {
        let secret = self.secret()?;
        let id: Uuid = self.ids.next();
        let (idle_ends_at, ends_at) = if new.standing == Standing::NeedsCode {
            (now.plus_micros(HALF_WAY), now.plus_micros(HALF_WAY))
        } else {
            let longest = now.plus_micros(self.settings.session_hours * 60 * MINUTE);
            let ends_at = new.ends_at.unwrap_or(longest);
            (now.plus_micros(self.idle()).min(ends_at), ends_at)
        };
        let device: String =
            new.origin.device.chars().filter(|c| !c.is_control()).take(200).collect();
        tx.execute(
            &store::ADD_SESSION,
            (
                token_hash(&secret),
                id,
                new.person,
                new.signed_in_at,
                new.second_factor,
                new.stepped_up_at,
                now,
                idle_ends_at,
                ends_at,
                new.origin.address.map(|address: IpAddr| address.to_string()),
                device,
            ),
        )?;
        Ok((secret, ends_at))
    }

    fn idle(&self) -> i64 {
        self.settings.idle_minutes * MINUTE
    }

    /// The session of a cookie, also one that is still to show a code.
    ///
    /// # Errors
    /// The database's.
    pub fn session(&self, secret: &str) -> Result<Option<SessionState>, PeopleError> {
        let now = self.clock.now();
        self.db.read_one(|tx| find(tx, secret, now))
    }

    /// Writes down that a session is used, at most once a minute; gives its new idle end.
    pub(crate) fn note_use(&self, secret: &str, session: &SessionState, now: Instant) -> Instant {
        if now.as_micros() - session.used_at.as_micros() < NOTE_EVERY {
            return session.idle_ends_at;
        }
        let idle_ends_at = now.plus_micros(self.idle()).min(session.ends_at);
        let (db, hash) = (self.db.clone(), token_hash(secret));
        self.aside(move || {
            db.write(|tx| tx.execute(&store::USE_SESSION, (hash, now, idle_ends_at))).map(drop)
        });
        idle_ends_at
    }

    /// Runs a small write that nobody waits for.
    pub(crate) fn aside(&self, work: impl FnOnce() -> Result<(), db::DbError> + Send + 'static) {
        let work = || {
            if let Err(error) = work() {
                tracing::warn!(%error, "the use of a session was not written down");
            }
        };
        if !self.settings.note_use_aside {
            return work();
        }
        if let Err(error) = std::thread::Builder::new().name("note-use".to_owned()).spawn(work) {
            tracing::warn!(%error, "the use of a session was not written down");
        }
    }

    /// The sessions of a person that have not ended, last used first.
    ///
    /// # Errors
    /// `NotFound` for nobody in particular.
    pub fn devices(&self, actor: &Actor) -> Result<Vec<Device>, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let now = self.clock.now();
        self.db.read_one(|tx| Ok(tx.all(&store::DEVICES, (person, now))?))
    }

    /// Ends one of the actor's own sessions.
    ///
    /// # Errors
    /// `NotFound` when it is not theirs or has ended.
    pub fn end_device(&self, actor: &Actor, session: Uuid) -> Result<(), PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("session"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if tx.execute(&store::END_DEVICE, (session, person))? == 0 {
                return Err(PeopleError::NotFound("session"));
            }
            let event = Event::of_person("end-session", person).with(json!({ "session": session }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Ends all of the actor's sessions but this one, and gives their number.
    ///
    /// # Errors
    /// The database's.
    pub fn end_other_devices(&self, actor: &Actor, keep: Uuid) -> Result<u64, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("session"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let ended = tx.execute(&store::END_OTHERS, (person, keep))?;
            let event =
                Event::of_person("end-other-sessions", person).with(json!({ "ended": ended }));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(ended)
        })
    }

    /// Takes away what has ended: sessions, and counters that nobody has added to for a day.
    ///
    /// # Errors
    /// The database's.
    pub fn sweep(&self) -> Result<u64, PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let sessions = tx.execute(&store::SWEEP_SESSIONS, (now,))?;
            let sessions = sessions + tx.execute(&store::SWEEP_STEPS, (now,))?;
            let since = now.plus_micros(-super::limits::KEEP);
            Ok(sessions + tx.execute(&store::SWEEP_FAILURES, (since,))?)
        })
    }
}
