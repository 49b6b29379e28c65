//! Who sends a request, for the site: one statement, and a second one at most once a minute.

use base::Channel;
use site::{Found, PLAIN_COOKIE, Presented, SECURE_COOKIE, Session, Visitor};

use super::enter::{Entered, Standing};
use super::session::find;
use crate::people::{People, PeopleError};

impl People {
    /// Who it is. Roles, the account's state and the ends of session and token are read at this request.
    ///
    /// # Errors
    /// The database's.
    pub fn visitor(&self, presented: &Presented) -> Result<Found, PeopleError> {
        let now = self.clock.now();
        if let Some(secret) = &presented.bearer {
            let actor = self.bearer(secret, now)?;
            let visitor =
                actor.map_or_else(Visitor::public, |actor| Visitor { actor, session: None });
            return Ok(Found { visitor, set_cookie: None });
        }
        let Some(secret) = &presented.cookie else {
            return Ok(Found { visitor: Visitor::public(), set_cookie: None });
        };
        let Some(session) = self.db.read_one(|tx| find(tx, secret, now))? else {
            return Ok(Found { visitor: Visitor::public(), set_cookie: Some(self.no_cookie()) });
        };
        if session.standing() != Standing::Complete {
            // half-way: nobody yet, but the cookie is needed for the next step
            return Ok(Found { visitor: Visitor::public(), set_cookie: None });
        }
        let idle_ends_at = if presented.by_itself {
            session.idle_ends_at
        } else {
            self.note_use(secret, &session, now)
        };
        let channel =
            if presented.path.starts_with("/api/") { Channel::Api } else { Channel::Page };
        let shown = Session {
            key: session.id.to_string(),
            name: session.name.clone(),
            signed_in_at: session.signed_in_at,
            second_factor: session.second_factor,
            stepped_up_at: session.stepped_up_at,
            idle_ends_at,
            ends_at: session.ends_at,
        };
        let visitor = Visitor { actor: session.actor().through(channel), session: Some(shown) };
        Ok(Found { visitor, set_cookie: None })
    }

    /// The header that gives a browser its session.
    pub fn cookie(&self, entered: &Entered) -> String {
        let seconds = (entered.ends_at.as_micros() - self.clock.now().as_micros()) / 1_000_000;
        self.cookie_text(&entered.secret, seconds.max(0))
    }

    /// The header that takes a session's cookie away.
    pub fn no_cookie(&self) -> String {
        self.cookie_text("", 0)
    }

    /// The name of the cookie.
    pub fn cookie_name(&self) -> &'static str {
        if self.settings.secure { SECURE_COOKIE } else { PLAIN_COOKIE }
    }

    fn cookie_text(&self, value: &str, seconds: i64) -> String {
        let secure = if self.settings.secure { "; Secure" } else { "" };
        let name = self.cookie_name();
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }
}
