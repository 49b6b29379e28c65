//! Who may be written to about their work, and which access reviews are due.

use std::collections::{BTreeMap, BTreeSet};

use base::{Action, Actor, CenterId, Grant, Instant, PersonId, permit_platform};

use super::People;
use super::grants::grant_of;
use super::model::PeopleError;

db::statements! {
    /// Statements about recipients.
    pub RECIPIENT_STATEMENTS;

    RECIPIENTS = "select p.person_id, p.email, p.name, p.demo, g.role, g.place_kind, g.place_key from person p
        join role_grant g on g.person_id = p.person_id
        where p.state = 'active' and g.ended_at is null and g.starts_at <= $1 and (g.ends_at is null or g.ends_at > $1)
        order by p.person_id";
    LAST_REVIEWS = "select center_id, max(signed_at) as signed_at from access_review group by center_id",
        scan_ok = "one row per center and year";
    FIRST_GRANTS = "select place_key, min(granted_at) as granted_at from role_grant
        where place_kind = 'center' and ended_at is null group by place_key";
}

/// Somebody with an active account and the roles that are in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The person.
    pub id: PersonId,
    /// Where mails go.
    pub email: String,
    /// The name.
    pub name: String,
    /// Mails arrive: the accounts of the demo have no mailbox.
    pub has_mailbox: bool,
    /// The roles.
    pub grants: Vec<Grant>,
}

impl Recipient {
    /// The person as an actor.
    pub fn actor(&self) -> Actor {
        Actor::person(self.id, &self.name, self.grants.iter().cloned())
    }
}

struct Line((PersonId, String, String, bool), Option<Grant>);

impl db::FromRow for Line {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        Ok(Self((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), grant_of(row, 4)?))
    }
}

impl People {
    /// Everybody with an active account and a role who can be written to: one statement.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform.
    pub fn recipients(&self, actor: &Actor) -> Result<Vec<Recipient>, PeopleError> {
        let mut all = self.active(actor)?;
        all.retain(|it| it.has_mailbox);
        Ok(all)
    }

    /// Everybody with an active account and a role: one statement.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform.
    pub fn active(&self, actor: &Actor) -> Result<Vec<Recipient>, PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        let now = self.clock.now();
        let lines: Vec<Line> =
            self.db.read_one(|tx| Ok::<_, PeopleError>(tx.all(&RECIPIENTS, (now,))?))?;
        let mut all: Vec<Recipient> = Vec::new();
        for Line((id, email, name, demo), grant) in lines {
            if all.last().is_none_or(|last| last.id != id) {
                let (has_mailbox, grants) = (!demo, Vec::new());
                all.push(Recipient { id, email, name, has_mailbox, grants });
            }
            if let Some(last) = all.last_mut() {
                last.grants.extend(grant);
            }
        }
        Ok(all)
    }

    /// The centers whose yearly access review is due at a moment: two statements.
    ///
    /// # Errors
    /// `Refused` unless the actor runs the platform.
    pub fn reviews_due_everywhere(
        &self,
        actor: &Actor,
        at: Instant,
    ) -> Result<BTreeSet<CenterId>, PeopleError> {
        permit_platform(actor, Action::RunPlatform)?;
        self.db.read(|tx| {
            let last: Vec<(CenterId, Instant)> = tx.all(&LAST_REVIEWS, ())?;
            let last: BTreeMap<CenterId, Instant> = last.into_iter().collect();
            let first: Vec<(String, Instant)> = tx.all(&FIRST_GRANTS, ())?;
            let due = first.into_iter().filter_map(|(key, granted)| {
                let center: CenterId = key.parse().ok()?;
                let since = last.get(&center).copied().unwrap_or(granted);
                (since.plus_months(12) <= at).then_some(center)
            });
            Ok(due.collect())
        })
    }
}
