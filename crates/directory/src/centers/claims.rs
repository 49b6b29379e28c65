//! Somebody with an account says that they manage a center; staff or the chapter decide.
//!
//! A claim that is accepted makes its person an administrator of the center. That is the one way to a first
//! administrator besides an invitation, so the decision is the grant: it names who decided, stands in the audit as
//! both, and nobody decides about their own.

use base::{Actor, CenterId, Instant, PersonId, PlaceKind, Role};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::changes::may_confirm;
use super::model::Profile;
use super::service::{CenterError, Centers};
use super::store;
use super::words::{ChangeState, State};
use crate::audit::{Event, Trail};

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
            Ok(id)
        })
    }

    /// The actor's own claims, newest first.
    pub fn own_claims(&self, actor: &Actor) -> Result<Vec<Claim>, CenterError> {
        let Some(person) = actor.person_id() else { return Ok(Vec::new()) };
        Ok(self.db.read_one(|tx| tx.all(&CLAIMS_OF, (person,)))?)
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
        Ok(found.into_iter().filter(|(profile, _)| may_confirm(actor, profile).is_ok()).collect())
    }

    /// Accepts a claim, which makes its person an administrator of the center, or refuses it with a reason.
    ///
    /// # Errors
    /// `Missing` when it does not wait any more; `Refused` unless the actor is staff or an officer of the center's
    /// chapter; `Stage` for one's own claim, a refusal without a reason, a center that has closed, and a person whose
    /// account is not active.
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
            may_confirm(actor, &profile)?;
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
            let action = if accepted { "accept-claim" } else { "refuse-claim" };
            let event = Event::of_center(action, profile.id)
                .with(json!({ "claim": claim, "person": found.person }))
                .because(reason);
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
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
