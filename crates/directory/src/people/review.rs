//! The yearly access review: each role at a center is confirmed or ended, and somebody signs.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, Instant, Place, permit};
use serde_json::json;
use uuid::Uuid;

use super::grants::end_in;
use super::model::{Member, PeopleError};
use super::{People, store};
use crate::audit::{Event, Trail};

/// What becomes of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is still right.
    Keep,
    /// It ends now.
    End,
}

/// When a center's review is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewDue {
    /// The center.
    pub center: CenterId,
    /// When the last one was signed.
    pub last: Option<Instant>,
    /// When the next one is due; `None` while nobody holds a role there.
    pub due_at: Option<Instant>,
}

/// A signed review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviewed {
    /// Roles kept.
    pub kept: i64,
    /// Roles ended.
    pub ended: i64,
}

impl People {
    /// When the reviews of centers are due, those that the actor signs.
    pub fn reviews_due(&self, actor: &Actor) -> Result<Vec<ReviewDue>, PeopleError> {
        let centers = actor.reach(Action::ReviewAccess).centers;
        self.db.read(|tx| {
            let mut due = Vec::with_capacity(centers.len());
            for center in &centers {
                let last: Option<Instant> = tx.one(&store::LAST_REVIEW, (*center,))?;
                let first: Option<Instant> =
                    tx.one(&store::FIRST_GRANT, (center.to_string().as_str(),))?;
                let due_at = last.or(first).map(|at| at.plus_months(12));
                due.push(ReviewDue { center: *center, last, due_at });
            }
            Ok(due)
        })
    }

    /// Signs a center's review. Every role held there must be decided; the signature is the signer's name as typed.
    ///
    /// # Errors
    /// `Refused` unless the actor reviews access there; `Invalid` when a role is left out or is not held there (any
    /// more), or the signature is empty; `LastAdministrator`.
    pub fn sign_review(
        &self,
        actor: &Actor,
        center: CenterId,
        decisions: &BTreeMap<Uuid, Decision>,
        signature: &str,
    ) -> Result<Reviewed, PeopleError> {
        permit(actor, Action::ReviewAccess, center)?;
        let signature = signature.trim();
        if signature.is_empty() || signature.len() > 200 {
            return Err(PeopleError::Invalid("sign with your name".to_owned()));
        }
        let now = self.clock.now();
        let key = Place::Center(center).key();
        self.db.write(|tx| {
            let members: Vec<Member> = tx.all(&store::MEMBERS, ("center", key.as_str(), now))?;
            let complete = members.len() == decisions.len()
                && members.iter().all(|member| decisions.contains_key(&member.held.id));
            if !complete {
                let text = "the roles have changed since the page was shown; look at them again";
                return Err(PeopleError::Invalid(text.to_owned()));
            }
            let mut done = Reviewed { kept: 0, ended: 0 };
            for member in &members {
                if decisions.get(&member.held.id) == Some(&Decision::Keep) {
                    tx.execute(&store::REVIEWED, (member.held.id, now))?;
                    done.kept += 1;
                } else {
                    end_in(tx, actor, &member.held, "access review", now)?;
                    done.ended += 1;
                }
            }
            let id: Uuid = self.ids.next();
            let values = (id, center, now, actor.name(), signature, done.kept, done.ended);
            tx.execute(&store::ADD_REVIEW, values)?;
            let body = json!({ "signature": signature, "kept": done.kept, "ended": done.ended });
            let event = Event::of_center("access-review", center).with(body);
            Trail::new(actor, now).write(tx, &event)?;
            Ok(done)
        })
    }
}
