//! Invitations: a link by mail opens an account or sets a new password.

use base::{Action, Actor, Instant, PersonId};
use db::Tx;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::grants::{center_of, end_in, may_decide};
use super::model::{
    Held, NewGrant, PeopleError, Person, PersonState, check_email, check_name, email_key,
    within_ceiling,
};
use super::{People, store};
use crate::audit::{Event, Trail};
use crate::sign_in::{Origin, charge};

const DAY: i64 = 86_400_000_000;
/// A link for a new password dies within the hour: whoever asked is at the screen.
const RESET_MICROS: i64 = 3_600_000_000;

/// What became of an invitation.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Who.
    pub person: Person,
    /// The new role, if one was granted.
    pub held: Option<Held>,
    /// The link that opens the account, to be shown once; `None` when the person has an open account already and
    /// simply has the role now.
    pub link: Option<String>,
}

/// What a link says before it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Names the invitation.
    pub id: Uuid,
    /// Whose account.
    pub person: PersonId,
    /// Whether it opens the account; otherwise it sets a new password.
    pub opens: bool,
    /// The name given by the inviter.
    pub name: String,
    /// The address.
    pub email: String,
    /// When the link dies.
    pub expires_at: Instant,
}

impl db::FromRow for Invitation {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(6)?;
        let purpose: &str = row.get(2)?;
        Ok(Self {
            id: row.get(0)?,
            person: row.get(1)?,
            opens: purpose == "invite",
            name: row.get(3)?,
            email: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }
}

impl People {
    /// Invites somebody to a role. An existing account gets the role at once.
    ///
    /// # Errors
    /// `Refused` or `Ceiling` when it is not the actor's to grant; `Invalid`; `State` for suspended or closed ones.
    pub fn invite(
        &self,
        actor: &Actor,
        email: &str,
        name: &str,
        grant: &NewGrant,
    ) -> Result<Invited, PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| self.invite_in(tx, actor, email, name, grant, now))
    }

    /// The same within a transaction.
    pub(crate) fn invite_in(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        email: &str,
        name: &str,
        grant: &NewGrant,
        now: Instant,
    ) -> Result<Invited, PeopleError> {
        may_decide(actor, Action::InvitePeople, &grant.place)?;
        within_ceiling(actor, None, grant.role, &grant.place)?;
        let person = self.person_for(tx, email, name, now)?;
        let held = self.grant_in(tx, actor, &person, grant, now)?;
        let link = if person.state == PersonState::Invited {
            Some(self.send_link(tx, actor, &person, "invite", now)?)
        } else {
            let text = format!(
                "{},\n\nyou now hold the role \"{}\". Sign in at {}/desk to use it.\n",
                person.name,
                grant.role.label(),
                self.settings.base_url
            );
            self.post(
                tx,
                &person.email,
                &format!("{}: a new role", self.settings.issuer),
                &text,
                now,
            )?;
            None
        };
        Ok(Invited { person, held: Some(held), link })
    }

    /// The account of an address; a new one is made if there is none.
    pub(crate) fn person_for(
        &self,
        tx: &mut Tx<'_>,
        email: &str,
        name: &str,
        now: Instant,
    ) -> Result<Person, PeopleError> {
        check_email(email)?;
        if let Some(person) = tx.opt(&store::PERSON_BY_EMAIL, (email_key(email),))? {
            return Ok(person);
        }
        check_name(name)?;
        let person = Person {
            id: self.ids.next(),
            email: email.trim().to_owned(),
            name: name.trim().to_owned(),
            state: PersonState::Invited,
            state_reason: None,
            demo: false,
            created_at: now,
            seen_at: None,
        };
        let (state, key) = (person.state.as_str(), email_key(email));
        let values = (person.id, &*person.email, key, &*person.name, state, false, now);
        tx.execute(&store::ADD_PERSON, values)?;
        Ok(person)
    }

    /// Sends the link anew; the old one dies.
    ///
    /// # Errors
    /// `NotFound` unless somebody was invited to a place where the actor may invite; `State` when the account is open.
    pub fn resend(&self, actor: &Actor, person: PersonId) -> Result<Invited, PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let person = invited_within(tx, actor, person)?.0;
            let link = self.send_link(tx, actor, &person, "invite", now)?;
            Ok(Invited { person, held: None, link: Some(link) })
        })
    }

    /// Takes an invitation back, with the roles that the actor may take.
    ///
    /// # Errors
    /// As [`resend`](Self::resend).
    pub fn withdraw_invitation(&self, actor: &Actor, person: PersonId) -> Result<(), PeopleError> {
        let now = self.clock.now();
        self.db.write(|tx| {
            let (person, within) = invited_within(tx, actor, person)?;
            for held in &within {
                end_in(tx, actor, held, "invitation withdrawn", now)?;
            }
            let left: Vec<Held> = tx.all(&store::GRANTS_OF, (person.id,))?;
            // another center's invitation goes on
            if left.iter().all(|held| held.ended_at.is_some()) {
                tx.execute(&store::WITHDRAW_INVITATIONS, (person.id, "invite", now))?;
            }
            let center = within.first().and_then(|held| center_of(&held.place));
            let event = Event::of_person("withdraw-invitation", person.id).at(center);
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// What a link says, if it is still good.
    pub fn invitation(&self, token: &str) -> Result<Invitation, PeopleError> {
        let now = self.clock.now();
        self.db.read_one(|tx| {
            tx.opt(&store::INVITATION, (token_hash(token), now))?.ok_or(PeopleError::Expired)
        })
    }

    /// A link for a new password, asked for by the owner of an address. Whether there is such an account is not told:
    /// the mail goes to its address or nowhere.
    ///
    /// # Errors
    /// `Locked` after too many attempts: nobody's mailbox is filled.
    pub fn ask_new_password(&self, email: &str, origin: &Origin<'_>) -> Result<(), PeopleError> {
        let now = self.clock.now();
        let nobody = Actor::public();
        self.db.write(|tx| {
            charge(
                tx,
                &nobody,
                &format!("new password {}", email_key(email)),
                origin.address,
                now,
            )?;
            let person: Option<Person> = tx.opt(&store::PERSON_BY_EMAIL, (email_key(email),))?;
            let Some(person) = person.filter(|person| person.state == PersonState::Active) else {
                return Ok(());
            };
            self.send_link(tx, &nobody, &person, "password", now)?;
            Ok(())
        })
    }

    /// Makes a link, puts the mail into the outbox and gives the link back.
    pub(crate) fn send_link(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        person: &Person,
        purpose: &'static str,
        now: Instant,
    ) -> Result<String, PeopleError> {
        let token = self.secret()?;
        tx.execute(&store::WITHDRAW_INVITATIONS, (person.id, purpose, now))?;
        let life =
            if purpose == "invite" { self.settings.invitation_days * DAY } else { RESET_MICROS };
        let expires_at = now.plus_micros(life);
        let id: Uuid = self.ids.next();
        let values = (id, person.id, purpose, token_hash(&token), now, actor.name(), expires_at);
        tx.execute(&store::ADD_INVITATION, values)?;
        let link = format!("{}/invitation/{token}", self.settings.base_url);
        let issuer = &self.settings.issuer;
        let (subject, text) = if purpose == "invite" {
            let subject = format!("{issuer}: you are invited");
            let text = format!(
                "{},\n\nyou are invited to {issuer}. Open this link within {} days to set your password:\n\n\
                 {link}\n\nThe link is yours alone and works once.\n",
                person.name, self.settings.invitation_days
            );
            (subject, text)
        } else {
            let subject = format!("{issuer}: a new password");
            let text = format!(
                "{},\n\nsomebody asked for a new password for this address. Open this link within an hour to set \
                 it:\n\n{link}\n\nIf it was not you, leave it: nothing changes.\n",
                person.name
            );
            (subject, text)
        };
        self.post(tx, &person.email, &subject, &text, now)?;
        let body = json!({ "purpose": purpose, "expires": expires_at.to_string() });
        Trail::new(actor, now).write(tx, &Event::of_person("send-link", person.id).with(body))?;
        Ok(link)
    }
}

/// An invited person with the roles there that the actor may give.
fn invited_within(
    tx: &mut Tx<'_>,
    actor: &Actor,
    person: PersonId,
) -> Result<(Person, Vec<Held>), PeopleError> {
    let missing = || PeopleError::NotFound("invitation");
    let person: Person = tx.opt(&store::PERSON, (person,))?.ok_or_else(missing)?;
    let held: Vec<Held> = tx.all(&store::GRANTS_OF, (person.id,))?;
    let within: Vec<Held> = held
        .into_iter()
        .filter(|held| {
            held.ended_at.is_none()
                && may_decide(actor, Action::InvitePeople, &held.place).is_ok()
                && within_ceiling(actor, Some(person.id), held.role, &held.place).is_ok()
        })
        .collect();
    if within.is_empty() && !actor.is_operator() {
        return Err(missing());
    }
    if person.state != PersonState::Invited {
        return Err(PeopleError::State { state: person.state });
    }
    Ok((person, within))
}

/// Only this is stored of a link, a session or a token: each holds 256 random bits, so no salt is needed.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
