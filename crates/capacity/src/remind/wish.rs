//! When and how somebody wants to be reminded: on duty or not, an hour before, quiet hours, a snooze, an absence with
//! somebody who stands in.

use std::collections::HashMap;

use base::{Action, Actor, CenterId, Channel as Through, Instant, PersonId, Place, permit};
use db::{DbError, FromRow, Row, Tx};
use directory::audit::{Event, Trail};
use directory::people::Recipient;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{CapacityReminders, people};
use crate::clock::DAY;
use crate::quiet;
use crate::service::{CapacityError, stage};

/// A snooze lasts so long at most: longer is an absence.
const LONGEST_SNOOZE: i64 = 3 * DAY;
/// An absence lasts so long at most: longer is another role.
const LONGEST_ABSENCE: i64 = 92 * DAY;

db::statements! {
    /// The statements of these wishes.
    pub WISH_STATEMENTS;

    WISH = "select body from capacity_reminder_wish where person_id = $1";
    WISHES = "select person_id, body from capacity_reminder_wish", scan_ok = "a row for each reporter, when a mail is written";
    PUT_WISH = "insert into capacity_reminder_wish (person_id, body, changed_at) values ($1, $2, $3)
        on conflict (person_id) do update set body = excluded.body, changed_at = excluded.changed_at";
    pub(super) HOLD = "insert into capacity_reminder_held (person_id, center_id, until_at) values ($1, $2, $3)
        on conflict (person_id, center_id) do update set until_at = excluded.until_at";
    pub(super) HELD = "select person_id, center_id from capacity_reminder_held where until_at <= $1 order by until_at limit $2";
    pub(super) RELEASE = "delete from capacity_reminder_held where person_id = $1 and center_id = $2 and until_at <= $3";
    RELEASE_OWN = "update capacity_reminder_held set until_at = $2 where person_id = $1 and until_at > $2";
}

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReminderWish {
    /// Not on duty now: others of the center are written to, as long as there are any.
    pub off_duty: bool,
    /// An hour before a report is due as well.
    pub heads_up: bool,
    /// Quiet hours, from and to, in the time zone; a surge does not keep to them.
    pub quiet: Option<(u8, u8)>,
    /// IANA name of the zone.
    pub time_zone: String,
    /// Nothing until then; what comes meanwhile is written afterwards.
    pub snooze_until: Option<Instant>,
    /// Away until then.
    pub away_until: Option<Instant>,
    /// Who is written to meanwhile.
    pub cover: Option<PersonId>,
}

impl ReminderWish {
    /// From when the person may be written to.
    pub(super) fn released(&self, surge: bool, now: Instant) -> Instant {
        let snooze = self.snooze_until.unwrap_or(now).max(now);
        if surge { snooze } else { quiet::end(self.quiet, &self.time_zone, snooze) }
    }

    /// Whether the person is away.
    pub(super) fn is_away(&self, now: Instant) -> bool {
        self.away_until.is_some_and(|until| until > now)
    }

    fn problems(&self, now: Instant) -> Vec<(&'static str, String)> {
        let mut out = Vec::new();
        let mut add = |field, told: &str| out.push((field, told.to_owned()));
        if self.quiet.is_some_and(|hours| !quiet::are_hours(hours)) {
            add("quiet", "Two different full hours from 0 to 23.");
        }
        let needs_zone = self.quiet.is_some() || !self.time_zone.is_empty();
        if needs_zone && quiet::zone(&self.time_zone).is_none() {
            add("time_zone", "A time zone such as Europe/Berlin.");
        }
        if self.snooze_until.is_some_and(|until| until > now.plus_micros(LONGEST_SNOOZE)) {
            add("snooze", "A snooze lasts three days at most. Say until when you are away.");
        }
        if self.away_until.is_some_and(|until| until > now.plus_micros(LONGEST_ABSENCE)) {
            add("away", "An absence lasts three months at most.");
        }
        out
    }
}

/// A wish as it is stored.
struct Stored(ReminderWish);

fn wish(row: &Row<'_>, column: usize) -> Result<ReminderWish, DbError> {
    let body: String = row.get(column)?;
    serde_json::from_str(&body).map_err(|_| row.inconsistent(column, "no wish".to_owned()))
}

impl FromRow for Stored {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(1)?;
        wish(row, 0).map(Self)
    }
}

struct Of(PersonId, ReminderWish);

impl FromRow for Of {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(2)?;
        Ok(Self(row.get(0)?, wish(row, 1)?))
    }
}

/// The wishes of everybody who has any.
pub(super) fn wishes(tx: &mut Tx<'_>) -> Result<HashMap<PersonId, ReminderWish>, DbError> {
    let all: Vec<Of> = tx.all(&WISHES, ())?;
    Ok(all.into_iter().map(|it| (it.0, it.1)).collect())
}

/// Who is written to of those who are told: who is on duty, and who stands in for whoever is away. Nobody on duty is
/// no reason for silence: then all are.
pub(super) fn on_duty<'a>(
    told: &[&'a Recipient],
    all: &'a [Recipient],
    wishes: &HashMap<PersonId, ReminderWish>,
    center: CenterId,
    now: Instant,
) -> Vec<&'a Recipient> {
    let of = |person: PersonId| wishes.get(&person);
    let away = |person: PersonId| of(person).is_some_and(|it| it.is_away(now));
    let stands_in = |person: PersonId| {
        let cover = all.iter().find(|it| Some(it.id) == of(person).and_then(|wish| wish.cover));
        let able = |it: &&Recipient| permit(&it.actor(), Action::ReportCapacity, center).is_ok();
        cover.filter(able).filter(|it| !away(it.id))
    };
    let mut found: Vec<&Recipient> = Vec::new();
    for one in told {
        let reads = match of(one.id) {
            Some(wish) if wish.is_away(now) => stands_in(one.id),
            Some(wish) if wish.off_duty => None,
            _ => Some(*one),
        };
        found.extend(reads);
    }
    if found.is_empty() { told.to_vec() } else { found }
}

impl CapacityReminders {
    /// What the actor wants.
    ///
    /// # Errors
    /// `Stage` for whoever is no person with an account.
    pub fn wish(&self, actor: &Actor) -> Result<ReminderWish, CapacityError> {
        let person = own(actor)?;
        let found: Option<Stored> = self.capacity.db.read_one(|tx| tx.opt(&WISH, (person,)))?;
        Ok(found.map(|it| it.0).unwrap_or_default())
    }

    /// Keeps what the actor wants. What is held back is looked at again at once.
    ///
    /// # Errors
    /// `Stage` for whoever is no person with an account; `Values` for hours, zones and ends that are none, and for
    /// somebody to stand in who does not report for one of the actor's centers.
    pub fn put_wish(&self, actor: &Actor, wish: &ReminderWish) -> Result<(), CapacityError> {
        let (person, now) = (own(actor)?, self.capacity.clock.now());
        let mut wrong = wish.problems(now);
        if let Some(cover) = wish.cover
            && !self.colleagues(actor)?.iter().any(|(id, _)| *id == cover)
        {
            wrong
                .push(("cover", "Choose somebody who reports for one of your centers.".to_owned()));
        }
        if !wrong.is_empty() {
            return Err(CapacityError::Values(wrong));
        }
        // plain values always can be written as JSON
        let body = serde_json::to_string(wish).unwrap_or_default();
        self.capacity.db.write(|tx| {
            tx.execute(&PUT_WISH, (person, body.as_str(), now))?;
            tx.execute(&RELEASE_OWN, (person, now))?;
            let (action, subject_kind, subject) = ("reminder-wish", "person", person.to_string());
            let (center, reason, body) = (None, None, json!({}));
            let event = Event { action, subject_kind, subject, center, reason, body };
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Who may stand in for the actor: others who report for one of the actor's centers, by name.
    ///
    /// # Errors
    /// Of the database.
    pub fn colleagues(&self, actor: &Actor) -> Result<Vec<(PersonId, String)>, CapacityError> {
        let platform = Actor::operator("platform").through(Through::Platform);
        let all = self.people.recipients(&platform).map_err(people)?;
        let centers = actor.reach(Action::ReportCapacity).centers;
        let shares = |it: &&Recipient| {
            let reports = |grant: &base::Grant| match grant.place {
                Place::Center(id) => {
                    centers.contains(&id) && grant.role.may(Action::ReportCapacity)
                }
                _ => false,
            };
            Some(it.id) != actor.person_id() && it.grants.iter().any(reports)
        };
        let mut found: Vec<(PersonId, String)> =
            all.iter().filter(shares).map(|it| (it.id, it.name.clone())).collect();
        found.sort_by(|one, other| one.1.cmp(&other.1));
        Ok(found)
    }
}

fn own(actor: &Actor) -> Result<PersonId, CapacityError> {
    match actor.person_id() {
        Some(person) => Ok(person),
        None => stage("Only people with an account are reminded."),
    }
}
