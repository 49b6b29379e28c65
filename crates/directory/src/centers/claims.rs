//! Somebody with an account says that they manage a center; whoever could grant them that role decides.
//!
//! A claim that is accepted makes its person an administrator of the center, who reads its cases and gives others their
//! roles. So to accept is to grant, and only those may whose ceiling reaches there: the platform's staff and the
//! administrators that the center has. An officer of the chapter knows the hospitals: they see the claims of their
//! chapter and may refuse them with a reason, but their role grants nothing and asks for one factor only, so they do not
//! accept; with an accomplice they could otherwise read the cases of every center of their countries. Nobody decides
//! about their own claim. The decision stands in the audit as such and as the grant; the administrators that there are
//! get a mail about the claim and about its acceptance, without a link, so that it teaches nobody to follow one. The
//! role asks for a second factor: the new administrator sees nothing before there is one.

use base::{
    Action, Actor, CenterId, Instant, PersonId, Place, PlaceKind, Role, permit, shown_name,
};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::changes::may_confirm;
use super::model::Profile;
use super::service::{CenterError, Centers};
use super::store;
use super::words::{ChangeState, State};
use crate::audit::{Event, Trail};
use crate::people::model::within_ceiling;
use crate::people::store as people;

/// Claims that one person may have waiting.
const WAITING_EACH: usize = 5;
/// Most claims that are looked at.
const QUEUE: i64 = 1000;

db::statements! {
    /// The statements of claims.
    pub STATEMENTS;

    ADD_CLAIM => center_claim(claim_id, center_id, person_id, message, state, asked_at);
    CLAIM = "select c.claim_id, c.center_id, c.person_id, p.name, p.email, c.message, c.state, c.asked_at, c.reason
        from center_claim c join person p on p.person_id = c.person_id where c.claim_id = $1";
    CLAIMS_OF = "select c.claim_id, c.center_id, c.person_id, p.name, p.email, c.message, c.state, c.asked_at, c.reason
        from center_claim c join person p on p.person_id = c.person_id where c.person_id = $1
        order by c.asked_at desc, c.claim_id";
    WAITING_CLAIMS = "select c.claim_id, c.center_id, c.person_id, p.name, p.email, c.message, c.state, c.asked_at,
            c.reason
        from center_claim c join person p on p.person_id = c.person_id
        where c.state = 'waiting' and c.asked_at >= $1 order by c.asked_at, c.claim_id limit $2";
    DECIDE_CLAIM = "update center_claim set state = $2, decided_at = $3, decided_by = $4, reason = $5
        where claim_id = $1 and state = 'waiting'";
    PERSON_STATE = "select state from person where person_id = $1";
    HELD = "select count(*) as roles from role_grant where person_id = $1 and role = $2 and place_kind = $3
        and place_key = $4 and ended_at is null and (ends_at is null or ends_at > $5)";
    ADMINISTRATORS = "select p.person_id, p.name, p.email, p.demo from role_grant g
        join person p on p.person_id = g.person_id
        where g.place_kind = $1 and g.place_key = $2 and g.role = $3 and p.state = 'active' and g.ended_at is null
            and g.starts_at <= $4 and (g.ends_at is null or g.ends_at > $4) order by p.email_key";
    GRANT => role_grant(grant_id, person_id, role, place_kind, place_key, starts_at, granted_at, granted_by);
}

db::row! {
    struct Stored {
        id: Uuid,
        center: CenterId,
        person: PersonId,
        name: String,
        email: String,
        message: String,
        state: String,
        asked_at: Instant,
        reason: Option<String>,
    }
}

db::row! {
    struct Administrator {
        person: PersonId,
        name: String,
        email: String,
        demo: bool,
    }
}

/// Somebody's wish to manage a center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub id: Uuid,
    /// Which center.
    pub center: CenterId,
    /// Whose wish.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Who they are there, in their words.
    pub message: String,
    /// Where it stands.
    pub state: ChangeState,
    /// When it was made.
    pub asked_at: Instant,
    /// Why it was refused.
    pub reason: Option<String>,
}

impl db::FromRow for Claim {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        let it = Stored::from_row(row)?;
        let state = ChangeState::from_word(&it.state)
            .ok_or_else(|| row.inconsistent(6, "no state of a claim".to_owned()))?;
        Ok(Self {
            id: it.id,
            center: it.center,
            person: it.person,
            name: it.name,
            email: it.email,
            message: it.message,
            state,
            asked_at: it.asked_at,
            reason: it.reason,
        })
    }
}

fn stage<T>(text: &str) -> Result<T, CenterError> {
    Err(CenterError::Stage(text.to_owned()))
}

impl Centers {
    /// Asks to manage a center.
    ///
    /// # Errors
    /// `Missing` without such a public center; `Stage` for whoever has no account or manages it already, when it has
    /// closed, without a message of 10 to 500 characters, and beyond five claims that wait.
    pub fn claim(&self, actor: &Actor, number: &str, message: &str) -> Result<Uuid, CenterError> {
        let Some(person) = actor.person_id() else { return stage("Sign in first.") };
        let message = message.trim();
        if !(10..=500).contains(&message.chars().count()) {
            return stage("Say in 10 to 500 characters who you are at this center.");
        }
        let now = self.clock.now();
        let id = self.ids.next();
        self.db.write(|tx| {
            let found = store::by_number(tx, number)?.filter(|it| it.state.is_public());
            let profile = found.ok_or(CenterError::Missing)?;
            if profile.state == State::Closed {
                return stage("A closed center is not managed any more.");
            }
            if holds(tx, person, profile.id, now)? {
                return stage("You manage this center already.");
            }
            let own: Vec<Claim> = tx.all(&CLAIMS_OF, (person,))?;
            let mut waiting = own.iter().filter(|it| it.state == ChangeState::Waiting);
            if waiting.clone().any(|it| it.center == profile.id) {
                return stage("Your request waits already.");
            }
            if waiting.by_ref().count() >= WAITING_EACH {
                return stage("Five of your requests wait: let them be decided first.");
            }
            let state = ChangeState::Waiting.as_str();
            tx.insert_many(&ADD_CLAIM, [(id, profile.id, person, message, state, now)])?;
            let event = Event::of_center("claim-center", profile.id)
                .with(json!({ "claim": id, "person": person }));
            Trail::new(actor, now).write(tx, &event)?;
            let what = format!(
                "{} asks to manage {}, center {}. Sign in and open the center's page to accept or refuse it.",
                shown_name(actor.name()), profile.details.name, profile.number
            );
            self.tell_administrators(tx, &profile, person, &what, now)?;
            Ok(id)
        })
    }

    /// The actor's own claims, newest first.
    pub fn own_claims(&self, actor: &Actor) -> Result<Vec<Claim>, CenterError> {
        let Some(person) = actor.person_id() else { return Ok(Vec::new()) };
        Ok(self.db.read_one(|tx| tx.all(&CLAIMS_OF, (person,)))?)
    }

    /// Whether the actor may accept claims on a center.
    pub fn may_accept_claims(&self, actor: &Actor, center: CenterId) -> bool {
        may_grant(actor, center).is_ok()
    }

    /// The claims that the actor may decide, oldest first, each with its center.
    pub fn claims(&self, actor: &Actor) -> Result<Vec<(Profile, Claim)>, CenterError> {
        let found = self.db.read(|tx| -> Result<_, CenterError> {
            let all: Vec<Claim> = tx.all(&WAITING_CLAIMS, (Instant::from_micros(0), QUEUE))?;
            let profiles = if all.is_empty() { Vec::new() } else { store::profiles(tx)? };
            let of = |claim: Claim| {
                let profile = profiles.iter().find(|profile| profile.id == claim.center)?;
                Some((profile.clone(), claim))
            };
            Ok(all.into_iter().filter_map(of).collect::<Vec<_>>())
        })?;
        let may = |profile: &Profile| {
            may_confirm(actor, profile).is_ok() || may_grant(actor, profile.id).is_ok()
        };
        Ok(found.into_iter().filter(|(profile, _)| may(profile)).collect())
    }

    /// Accepts a claim, which makes its person an administrator of the center, or refuses it with a reason.
    ///
    /// # Errors
    /// `Missing` when it does not wait any more; `Refused` unless the actor may grant the role there, or, to refuse it, is
    /// an officer of the center's chapter; `Stage` for one's own claim, a refusal without a reason, a center that has
    /// closed, and a person whose account is not active.
    pub fn decide_claim(
        &self,
        actor: &Actor,
        claim: Uuid,
        accepted: bool,
        reason: Option<&str>,
    ) -> Result<(), CenterError> {
        let now = self.clock.now();
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        self.db.write(|tx| {
            let found: Option<Claim> = tx.opt(&CLAIM, (claim,))?;
            let waits = |it: &Claim| it.state == ChangeState::Waiting;
            let found = found.filter(waits).ok_or(CenterError::Missing)?;
            let profile = store::profile(tx, found.center)?.ok_or(CenterError::Missing)?;
            match may_grant(actor, profile.id) {
                Err(_) if !accepted => may_confirm(actor, &profile)?,
                may => may?,
            }
            if actor.person_id() == Some(found.person) {
                return stage("Somebody else decides about what you have asked for.");
            }
            if !accepted && reason.is_none() {
                return stage("Say why it is refused.");
            }
            let state = if accepted { ChangeState::Confirmed } else { ChangeState::Refused };
            if tx.execute(&DECIDE_CLAIM, (claim, state.as_str(), now, actor.name(), reason))? != 1 {
                return Err(CenterError::Missing);
            }
            if accepted {
                self.grant(tx, actor, &profile, &found, now)?;
            }
            self.tell_outcome(tx, actor, (&profile, &found), accepted, reason)?;
            let action = if accepted { "accept-claim" } else { "refuse-claim" };
            let event = Event::of_center(action, profile.id)
                .with(json!({ "claim": claim, "person": found.person }))
                .because(reason);
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Tells whoever asked, and the administrators of a center that gets one more.
    fn tell_outcome(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        (profile, claim): (&Profile, &Claim),
        accepted: bool,
        reason: Option<&str>,
    ) -> Result<(), CenterError> {
        let now = self.clock.now();
        let center = format!("{}, center {}", profile.details.name, profile.number);
        let subject = format!("Your request to manage center {}", profile.number);
        let text = match reason {
            _ if accepted => format!(
                "you manage {center} from now on. The role asks for a second factor when you next sign in."
            ),
            Some(reason) => format!("your request to manage {center} was refused: {reason}"),
            None => format!("your request to manage {center} was refused."),
        };
        self.post(tx, (&claim.email, &subject), &format!("{},\n\n{text}\n", claim.name), now)?;
        if accepted {
            let what = format!(
                "{} ({}) manages {center} from now on; {} accepted their request. If that is not right, sign in and \
                 end the role under Manage people.",
                claim.name,
                claim.email,
                shown_name(actor.name())
            );
            self.tell_administrators(tx, profile, claim.person, &what, now)?;
        }
        Ok(())
    }

    /// A mail to the administrators that a center has, except one; the demo's accounts have no mailbox.
    fn tell_administrators(
        &self,
        tx: &mut Tx<'_>,
        profile: &Profile,
        except: PersonId,
        what: &str,
        now: Instant,
    ) -> Result<(), CenterError> {
        let (kind, role) = (PlaceKind::Center.as_str(), Role::CenterAdministrator.as_str());
        let key = profile.id.to_string();
        let there: Vec<Administrator> = tx.all(&ADMINISTRATORS, (kind, &*key, role, now))?;
        let subject = format!("Who manages center {}", profile.number);
        for one in there.iter().filter(|one| one.person != except && !one.demo) {
            self.post(tx, (&one.email, &subject), &format!("{},\n\n{what}\n", one.name), now)?;
        }
        Ok(())
    }

    fn post(
        &self,
        tx: &mut Tx<'_>,
        (to, subject): (&str, &str),
        text: &str,
        now: Instant,
    ) -> Result<(), CenterError> {
        let id: Uuid = self.ids.next();
        tx.execute(&people::ADD_MAIL, (id, to, subject, text, now))?;
        Ok(())
    }

    fn grant(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        profile: &Profile,
        claim: &Claim,
        now: Instant,
    ) -> Result<(), CenterError> {
        if profile.state == State::Closed {
            return stage("A closed center is not managed any more.");
        }
        let state: Option<String> = tx.opt(&PERSON_STATE, (claim.person,))?;
        if state.as_deref() != Some("active") {
            return stage("This account is not active.");
        }
        if holds(tx, claim.person, profile.id, now)? {
            return Ok(());
        }
        let grant: Uuid = self.ids.next();
        let role = Role::CenterAdministrator.as_str();
        let place = (PlaceKind::Center.as_str(), profile.id.to_string());
        let row = (grant, claim.person, role, place.0, place.1.as_str(), now, now, actor.name());
        tx.insert_many(&GRANT, [row])?;
        let body =
            json!({ "grant": grant, "role": role, "place": [place.0, place.1], "claim": claim.id });
        let event = Event::of_person("grant", claim.person).with(body).at(Some(profile.id));
        Ok(Trail::new(actor, now).write(tx, &event)?)
    }
}

/// Whether the actor may make somebody an administrator of the center.
fn may_grant(actor: &Actor, center: CenterId) -> Result<(), CenterError> {
    permit(actor, Action::ManagePeople, center)?;
    within_ceiling(actor, None, Role::CenterAdministrator, &Place::Center(center))
        .map_err(|error| CenterError::Stage(error.to_string()))
}

/// Whether somebody is an administrator of the center.
fn holds(
    tx: &mut Tx<'_>,
    person: PersonId,
    center: CenterId,
    now: Instant,
) -> Result<bool, CenterError> {
    let (role, kind) = (Role::CenterAdministrator.as_str(), PlaceKind::Center.as_str());
    let key = center.to_string();
    let roles: i64 = tx.one(&HELD, (person, role, kind, key.as_str(), now))?;
    Ok(roles > 0)
}
