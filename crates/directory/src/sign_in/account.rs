//! What people do about their own credentials: answer an invitation, change the password, set up a second factor.

use base::{Action, Actor, Instant, PersonId, permit_platform};
use db::Tx;
use uuid::Uuid;

use super::enter::{Credential, Entered, Origin, Standing};
use super::session::find;
use super::strength::check_password;
use super::{recovery, store, totp};
use crate::audit::{Event, Trail};
use crate::people::model::{Person, PersonState, check_name};
use crate::people::{Invitation, People, PeopleError, in_force, store as people};

/// A second factor that is to be confirmed with its first code.
#[derive(Debug, Clone)]
pub struct TotpSetup {
    /// The secret as text, for those who type it into their app.
    pub secret: String,
    /// The same as an address that apps read from a picture.
    pub uri: String,
}

/// How somebody's second factor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factors {
    /// When the app was set up; `None` without one.
    pub totp_since: Option<Instant>,
    /// Recovery codes that are left.
    pub recovery_left: i64,
    /// Whether a role in force asks for a second factor.
    pub needed: bool,
    /// When the password was set.
    pub password_since: Option<Instant>,
}

impl People {
    /// Answers an invitation: sets name and password and signs in, or sets a new password. All sessions end.
    ///
    /// # Errors
    /// `Expired` when the link is not good any more, `Weak`, `Invalid` for the name.
    pub fn answer_invitation(
        &self,
        token: &str,
        name: &str,
        password: &str,
        origin: &Origin<'_>,
    ) -> Result<Entered, PeopleError> {
        let invitation = self.invitation(token)?;
        let name = if invitation.opens { name.trim() } else { invitation.name.as_str() };
        check_name(name)?;
        check_password(password, &[&invitation.email, name])?;
        let hash = self.hasher.hash(password, &*self.random)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if tx.execute(&people::USE_INVITATION, (invitation.id, now))? != 1 {
                return Err(PeopleError::Expired);
            }
            let actor = Actor::person(invitation.person, name, []);
            let person: Person = tx.one(&people::PERSON, (invitation.person,))?;
            open_account(tx, &actor, &invitation, &person, name, now)?;
            self.set_password(tx, person.id, &hash, now)?;
            tx.execute(&store::END_ALL, (person.id,))?;
            let action = if invitation.opens { "accept-invitation" } else { "new-password" };
            Trail::new(&actor, now).write(tx, &Event::of_person(action, person.id))?;
            // the link was in the mail: it stands for the password, never for the second factor
            self.let_in(tx, person.id, false, &super::limits::Charge::none(), origin, None)
        })
    }

    pub(crate) fn set_password(
        &self,
        tx: &mut Tx<'_>,
        person: PersonId,
        hash: &str,
        now: Instant,
    ) -> Result<(), PeopleError> {
        tx.execute(&store::DROP_CREDENTIALS, (person, "password"))?;
        let id: Uuid = self.ids.next();
        let values = (id, person, "password", "", hash.as_bytes(), now, Some(now));
        tx.execute(&store::ADD_CREDENTIAL, values)?;
        Ok(())
    }

    /// Changes the password; all other sessions end.
    ///
    /// # Errors
    /// `Wrong` when the old one is not right, `Locked`, `Weak`, `Expired`.
    pub fn change_password(
        &self,
        secret: &str,
        old: &str,
        new: &str,
        origin: &Origin<'_>,
    ) -> Result<(), PeopleError> {
        let (session, charge) = self.charged(secret, origin)?;
        if session.standing() != Standing::Complete {
            return Err(PeopleError::Expired);
        }
        if !self.password_is(session.person, old)? {
            self.refuse(Some(session.person), "change of password", origin)?;
            return Err(PeopleError::Wrong);
        }
        let person: Person = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.one(&people::PERSON, (session.person,))?)
        })?;
        check_password(new, &[&person.email, &person.name])?;
        let hash = self.hasher.hash(new, &*self.random)?;
        let (actor, now) = (session.actor(), self.clock.now());
        self.db.write(|tx| {
            charge.refund(tx)?;
            self.set_password(tx, person.id, &hash, now)?;
            tx.execute(&store::END_OTHERS, (person.id, session.id))?;
            Ok(Trail::new(&actor, now)
                .write(tx, &Event::of_person("change-password", person.id))?)
        })
    }

    /// Makes the secret of a second factor, which counts from its first right code on. A pending one is replaced.
    ///
    /// # Errors
    /// `Expired` without a session.
    pub fn begin_second_factor(&self, secret: &str) -> Result<TotpSetup, PeopleError> {
        let now = self.clock.now();
        let mut bytes = [0; totp::SECRET];
        self.random.fill(&mut bytes)?;
        let id: Uuid = self.ids.next();
        let sealed = self.key.seal(id.as_bytes(), &bytes, &*self.random)?;
        self.db.write(|tx| {
            let session = find(tx, secret, now)?.ok_or(PeopleError::Expired)?;
            // whoever has only the password must not add a factor beside the one that is asked for
            if session.standing() == Standing::NeedsCode {
                return Err(PeopleError::Expired);
            }
            let person: Person = tx.one(&people::PERSON, (session.person,))?;
            tx.execute(&store::DROP_UNCONFIRMED, (person.id, "totp"))?;
            let none: Option<Instant> = None;
            let values = (id, person.id, "totp", "", sealed.as_slice(), now, none);
            tx.execute(&store::ADD_CREDENTIAL, values)?;
            Ok(self.setup(&person.email, &bytes))
        })
    }

    /// The secret that waits to be confirmed, to be shown again after a wrong code.
    ///
    /// # Errors
    /// `Expired` without one.
    pub fn pending_second_factor(&self, secret: &str) -> Result<TotpSetup, PeopleError> {
        let now = self.clock.now();
        self.db.read(|tx| {
            let session = find(tx, secret, now)?.ok_or(PeopleError::Expired)?;
            let stored: Vec<Credential> = tx.all(&store::CREDENTIALS, (session.person, "totp"))?;
            let pending = stored.into_iter().find(|stored| stored.confirmed_at.is_none());
            let pending = pending.ok_or(PeopleError::Expired)?;
            let person: Person = tx.one(&people::PERSON, (session.person,))?;
            let bytes = self.key.open(pending.id.as_bytes(), &pending.secret)?;
            Ok(self.setup(&person.email, &bytes))
        })
    }

    fn setup(&self, email: &str, bytes: &[u8]) -> TotpSetup {
        let secret = totp::base32(bytes);
        let issuer = site::percent_encoded(&self.settings.issuer, b"");
        let uri = format!(
            "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}",
            site::percent_encoded(email, b"")
        );
        TotpSetup { secret, uri }
    }

    /// Confirms the new second factor with its first code: it replaces an older one, the session gets a new secret,
    /// other sessions end, and new recovery codes are given, which are not kept.
    ///
    /// # Errors
    /// `Wrong`, `Locked`, `Expired`.
    pub fn confirm_second_factor(
        &self,
        secret: &str,
        code: &str,
        origin: &Origin<'_>,
    ) -> Result<(Entered, Vec<String>), PeopleError> {
        let (session, charge) = self.charged(secret, origin)?;
        if session.standing() == Standing::NeedsCode {
            return Err(PeopleError::Expired);
        }
        let (actor, now) = (session.actor(), self.clock.now());
        let done = self.db.write(|tx| -> Result<_, PeopleError> {
            let session = find(tx, secret, now)?.ok_or(PeopleError::Expired)?;
            let stored: Vec<Credential> = tx.all(&store::CREDENTIALS, (session.person, "totp"))?;
            let (pending, old): (Vec<_>, Vec<_>) =
                stored.into_iter().partition(|stored| stored.confirmed_at.is_none());
            let pending = pending.into_iter().next().ok_or(PeopleError::Expired)?;
            let bytes = self.key.open(pending.id.as_bytes(), &pending.secret)?;
            let Some(step) = totp::matching_step(&bytes, code, now) else { return Ok(None) };
            if !old.is_empty() {
                // all of the kind go, and the new one is put back
                tx.execute(&store::DROP_CREDENTIALS, (session.person, "totp"))?;
                let none: Option<Instant> = None;
                let sealed = pending.secret.as_slice();
                let values =
                    (pending.id, session.person, "totp", "", sealed, pending.created_at, none);
                tx.execute(&store::ADD_CREDENTIAL, values)?;
            }
            tx.execute(&store::CONFIRM, (pending.id, now, step))?;
            let codes = recovery::renew(tx, session.person, &*self.random, now)?;
            tx.execute(&store::END_ALL, (session.person,))?;
            let event = Event::of_person("second-factor-set", session.person);
            Trail::new(&actor, now).write(tx, &event)?;
            let entered = self.let_in(tx, session.person, true, &charge, origin, None)?;
            Ok(Some((entered, codes)))
        })?;
        let Some(done) = done else {
            self.refuse(Some(session.person), "first code", origin)?;
            return Err(PeopleError::Wrong);
        };
        Ok(done)
    }

    /// New recovery codes in the place of the old ones. The page has asked for the credentials again.
    ///
    /// # Errors
    /// `Invalid` without a second factor.
    pub fn renew_recovery_codes(&self, actor: &Actor) -> Result<Vec<String>, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let factors: i64 = tx.one(&store::FACTORS, (person,))?;
            if factors == 0 {
                return Err(PeopleError::Invalid("set up a second factor first".to_owned()));
            }
            let codes = recovery::renew(tx, person, &*self.random, now)?;
            Trail::new(actor, now).write(tx, &Event::of_person("renew-recovery-codes", person))?;
            Ok(codes)
        })
    }

    /// Takes somebody's second factor away, after their identity was proven some other way. All sessions end, and the
    /// next sign-in asks to set a new one up where a role needs it.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform; nobody does it to themselves.
    pub fn reset_second_factor(
        &self,
        actor: &Actor,
        person: PersonId,
        reason: &str,
    ) -> Result<(), PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        if actor.person_id() == Some(person) {
            let text = "nobody resets their own second factor; ask another administrator";
            return Err(PeopleError::Ceiling(text.to_owned()));
        }
        let now = self.clock.now();
        self.db.write(|tx| {
            let person: Person =
                tx.opt(&people::PERSON, (person,))?.ok_or(PeopleError::NotFound("person"))?;
            tx.execute(&store::DROP_CREDENTIALS, (person.id, "totp"))?;
            tx.execute(&store::DROP_PASSKEYS, (person.id,))?;
            tx.execute(&store::DROP_RECOVERY, (person.id,))?;
            tx.execute(&store::END_ALL, (person.id,))?;
            let event = Event::of_person("reset-second-factor", person.id).because(Some(reason));
            Trail::new(actor, now).write(tx, &event)?;
            let text = format!(
                "{},\n\nyour second factor was taken away by an administrator. You will be asked to set up a new \
                 one. If you did not ask for this, tell your administrator at once.\n",
                person.name
            );
            let subject = format!("{}: second factor reset", self.settings.issuer);
            self.post(tx, &person.email, &subject, &text, now)
        })
    }

    /// How the actor's own credentials stand.
    ///
    /// # Errors
    /// The database's.
    pub fn factors(&self, actor: &Actor) -> Result<Factors, PeopleError> {
        let person = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let now = self.clock.now();
        self.db.read(|tx| {
            let totp: Vec<Credential> = tx.all(&store::CREDENTIALS, (person, "totp"))?;
            let password: Vec<Credential> = tx.all(&store::CREDENTIALS, (person, "password"))?;
            let needed = in_force(tx, person, now)?.iter().any(|g| g.role.needs_second_factor());
            Ok(Factors {
                totp_since: totp.iter().find_map(|stored| stored.confirmed_at),
                recovery_left: tx.one(&store::RECOVERY_LEFT, (person,))?,
                needed,
                password_since: password.first().map(|stored| stored.created_at),
            })
        })
    }
}

/// Opens an account whose invitation was answered; for a new password it must be open.
fn open_account(
    tx: &mut Tx<'_>,
    actor: &Actor,
    invitation: &Invitation,
    person: &Person,
    name: &str,
    now: Instant,
) -> Result<(), PeopleError> {
    let wanted = if invitation.opens { PersonState::Invited } else { PersonState::Active };
    if person.state != wanted {
        return Err(PeopleError::State { state: person.state });
    }
    if invitation.opens {
        tx.execute(&people::SET_NAME, (person.id, name, now))?;
        crate::people::set_state(
            tx,
            actor,
            person,
            PersonState::Active,
            "invitation answered",
            now,
        )?;
    }
    Ok(())
}
