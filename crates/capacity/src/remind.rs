//! Reminders by mail when a report is due, further up the longer nobody reports, and the link that confirms the last
//! report once.
//!
//! A mail holds no number and nothing of a patient. Opening its link changes nothing: programs that look through mails
//! open links. Only the button on the page that it leads to posts, once, within a day, for the person it was written to.

use std::collections::{HashMap, HashSet};

use base::{Action, Actor, CenterId, Channel as Through, Instant, PersonId, Place, Role, permit};
use db::Tx;
use directory::people::{Recipient, token_hash};
use directory::{People, PeopleError};
use uuid::Uuid;

use crate::clock::{DAY, HOUR, MINUTE};
use crate::log::Log;
use crate::model::{Center, Report};
use crate::service::{Capacity, CapacityError, stage};
use crate::snapshot::Snapshot;
use crate::status::status;
use crate::view::ago;
use crate::words::{Channel, ReportKind};

/// A link works so long.
const LINK_LIVES: i64 = DAY;
/// Nobody is written to more often.
const PAUSE: i64 = 12 * HOUR;
/// Expired for so long, a center is reminded once a week only.
const GIVEN_UP: i64 = 7 * DAY;
/// The stage at which nothing is known any more; later ones are weeks.
const EXPIRED: i64 = 4;

db::statements! {
    /// The statements of reminders.
    pub REMIND_STATEMENTS;

    REMINDERS = "select center_id, due_at, stage from capacity_reminder", scan_ok = "a row for each center, once in a sweep";
    /// Only whoever changes the row writes the mails.
    TAKE = "insert into capacity_reminder (center_id, due_at, stage, written_at) values ($1, $2, $3, $4)
        on conflict (center_id) do update set due_at = excluded.due_at, stage = excluded.stage,
            written_at = excluded.written_at
        where capacity_reminder.due_at <> excluded.due_at or capacity_reminder.stage < excluded.stage";
    TAKE_PERSON = "insert into capacity_reminded (person_id, written_at) values ($1, $2)
        on conflict (person_id) do update set written_at = excluded.written_at
        where capacity_reminded.written_at <= $3";
    ADD_TAP => capacity_tap(token_hash, center_id, person_id, report_id, ends_at);
    TAP = "select center_id, person_id, report_id, ends_at, used_at from capacity_tap where token_hash = $1";
    USE_TAP = "update capacity_tap set used_at = $2 where token_hash = $1 and used_at is null";
    SWEEP_TAPS = "delete from capacity_tap where ends_at < $1";
}

db::row! {
    /// A link as it is kept.
    #[derive(Debug, Clone)]
    struct TapRow {
        center: CenterId,
        person: PersonId,
        report: Uuid,
        ends_at: Instant,
        used_at: Option<Instant>,
    }
}

/// What a link is good for.
#[derive(Debug, Clone)]
pub struct Tap {
    /// The center whose last report it confirms.
    pub center: CenterId,
    /// Whoever it was written to, as they may act now.
    pub actor: Actor,
    report: Uuid,
    /// It has been used, or its day is over.
    pub is_over: bool,
}

/// How far a reminder has gone: who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stage {
    /// 0 when the report will be due before its reporter may be written to again.
    number: i64,
    due: Instant,
    /// What was said is too old to be confirmed.
    expired: bool,
}

/// A center whose report is due, or will be soon.
struct Waiting<'a> {
    center: &'a Center,
    log: &'a Log,
    stage: Stage,
}

/// What is due at a center; none while nothing is.
fn due(snapshot: &Snapshot, center: &Center, log: &Log, now: Instant) -> Option<Stage> {
    if center.suspended(now).is_some() {
        return None;
    }
    let cadences = snapshot.cadences();
    let pairs = center.capabilities.iter().map(|it| (it.age, it.mode));
    // the line that has waited longest; whoever has never reported is not reminded of it
    let (due, expires) = pairs
        .filter_map(|pair| {
            let status = status(center, log, pair, cadences, now)?;
            let (due, stale, expires) = status.due(center, cadences, now)?;
            // a feed is late when it goes stale: its own rhythm is minutes
            let feed = status.entry.is_some_and(|entry| entry.feed);
            Some((if feed { stale } else { due }, expires))
        })
        .min()?;
    let late = now.as_micros() - due.as_micros();
    let dead = now.as_micros() - expires.as_micros();
    let number = match () {
        () if dead >= GIVEN_UP => EXPIRED + dead / GIVEN_UP,
        () if dead > 0 => EXPIRED,
        () if late >= DAY => 3,
        () if late >= 6 * HOUR => 2,
        () if late >= 0 => 1,
        () if late > -PAUSE => 0,
        () => return None,
    };
    Some(Stage { number, due, expired: dead > 0 })
}

/// Whether somebody is told at a stage: first those who report, then who answers for them.
fn is_told(recipient: &Recipient, center: &Center, stage: i64) -> bool {
    let from = |role: Role, place: &Place| match (role, place) {
        (Role::CapacityReporter, Place::Center(id)) if *id == center.id => Some(1),
        (Role::Coordinator, Place::Center(id)) if *id == center.id => Some(2),
        (Role::ProgramDirector, Place::Center(id)) if *id == center.id => Some(3),
        (Role::NetworkCoordinator, Place::Network(key)) if center.networks.contains(key) => Some(3),
        (Role::CenterAdministrator, Place::Center(id)) if *id == center.id => Some(4),
        _ => None,
    };
    let mut stages = recipient.grants.iter().filter_map(|grant| from(grant.role, &grant.place));
    stages.any(|from| from <= stage)
}

/// Writes reminders, and makes and follows their links.
#[derive(Clone)]
pub struct CapacityReminders {
    capacity: Capacity,
    people: People,
}

impl CapacityReminders {
    /// Reminders of a service, for its people.
    pub const fn new(capacity: Capacity, people: People) -> Self {
        Self { capacity, people }
    }

    /// Writes what is due and gives the number of mails: four statements, and a transaction for each center.
    ///
    /// # Errors
    /// Of the database; mails written until then stay written.
    pub fn write(&self) -> Result<usize, CapacityError> {
        let snapshot = self.capacity.current()?;
        let now = self.capacity.clock.now();
        let known: Vec<(CenterId, Instant, i64)> =
            self.capacity.db.read_one(|tx| tx.all(&REMINDERS, ()))?;
        let known: HashMap<CenterId, (Instant, i64)> =
            known.into_iter().map(|(center, due, stage)| (center, (due, stage))).collect();
        let waiting: Vec<Waiting<'_>> = snapshot
            .centers()
            .filter_map(|(center, log)| {
                let stage = due(&snapshot, center, log, now)?;
                Some(Waiting { center, log, stage })
            })
            .collect();
        let is_new = |it: &&Waiting<'_>| {
            let told = known.get(&it.center.id);
            let before = told.filter(|(due, _)| *due == it.stage.due).map_or(0, |(_, told)| *told);
            it.stage.number > before
        };
        let new: Vec<&Waiting<'_>> = waiting.iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(0);
        }
        let platform = Actor::operator("platform").through(Through::Platform);
        let recipients = self.people.recipients(&platform).map_err(people)?;
        self.capacity.db.write(|tx| tx.execute(&SWEEP_TAPS, (now.plus_micros(-7 * DAY),)))?;
        let mut written = 0;
        for one in new {
            written += self.remind(&snapshot, one, &waiting, &recipients)?;
        }
        Ok(written)
    }

    /// Writes to the people of one center, unless another program has done so. Whoever answers for several centers
    /// reads of all of them in one mail, since nobody is written to again for a while.
    fn remind(
        &self,
        snapshot: &Snapshot,
        one: &Waiting<'_>,
        waiting: &[Waiting<'_>],
        recipients: &[Recipient],
    ) -> Result<usize, CapacityError> {
        let now = self.capacity.clock.now();
        self.capacity.db.write(|tx| {
            let Stage { number, due, .. } = one.stage;
            if tx.execute(&TAKE, (one.center.id, due, number, now))? != 1 {
                return Ok(0);
            }
            let mut written = 0;
            let mut seen = HashSet::new();
            let told = recipients.iter().filter(|it| is_told(it, one.center, number));
            for recipient in told.filter(|it| seen.insert(it.id)) {
                if tx.execute(&TAKE_PERSON, (recipient.id, now, now.plus_micros(-PAUSE)))? != 1 {
                    continue;
                }
                let others = waiting.iter().filter(|it| {
                    it.center.id != one.center.id
                        && it.stage.number <= EXPIRED
                        && is_told(recipient, it.center, it.stage.number.max(1))
                });
                let mut text = format!("{},\n\n", recipient.name);
                for (at, it) in std::iter::once(one).chain(others).enumerate() {
                    if at > 0 {
                        text.push_str("----\n\n");
                    }
                    text.push_str(&self.paragraph(tx, snapshot, it, recipient)?);
                }
                text.push_str("Nobody is written to about this more often than every 12 hours.\n");
                let subject = format!("Capacity of {}: a report is due", one.center.name);
                self.people.queue_mail(tx, &recipient.email, &subject, &text).map_err(people)?;
                written += 1;
            }
            Ok(written)
        })
    }

    /// What somebody reads of one center, with a link of their own where they may confirm.
    fn paragraph(
        &self,
        tx: &mut Tx<'_>,
        snapshot: &Snapshot,
        Waiting { center, log, stage }: &Waiting<'_>,
        recipient: &Recipient,
    ) -> Result<String, CapacityError> {
        let now = self.capacity.clock.now();
        let last = log.lines_in_force(None, snapshot.cadences());
        let last = last.iter().map(|entry| entry.valid_at).max();
        let age = last.map(|at| ago(now.as_micros().saturating_sub(at.as_micros())));
        let may = permit(&recipient.actor(), Action::ReportCapacity, center.id).is_ok();
        let link = if may && !stage.expired {
            Some(self.link(tx, center.id, recipient.id, now)?)
        } else {
            None
        };
        let base = &self.people.settings().base_url;
        Ok(text(center, *stage, age.as_deref(), (base, link.as_deref())))
    }

    fn link(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        person: PersonId,
        now: Instant,
    ) -> Result<String, CapacityError> {
        let token = self.people.secret().map_err(people)?;
        let report: Uuid = self.capacity.ids.next();
        let row =
            (token_hash(&token).to_vec(), center, person, report, now.plus_micros(LINK_LIVES));
        tx.insert_many(&ADD_TAP, [row])?;
        Ok(token)
    }

    /// What a link is good for. Changes nothing.
    ///
    /// # Errors
    /// `Missing` for a link that there never was.
    pub fn tap(&self, token: &str) -> Result<Tap, CapacityError> {
        let hash = token_hash(token).to_vec();
        let found: Option<TapRow> =
            self.capacity.db.read_one(|tx| tx.opt(&TAP, (hash.as_slice(),)))?;
        let row = found.ok_or(CapacityError::Missing)?;
        let platform = Actor::operator("platform").through(Through::Platform);
        let recipients = self.people.recipients(&platform).map_err(people)?;
        // whoever has lost the role since may not do it any more
        let person = recipients.iter().find(|it| it.id == row.person);
        let actor = person.ok_or(CapacityError::Missing)?.actor();
        permit(&actor, Action::ReportCapacity, row.center)?;
        let is_over = row.used_at.is_some() || row.ends_at <= self.capacity.clock.now();
        Ok(Tap { center: row.center, actor, report: row.report, is_over })
    }

    /// Confirms the last report with a link, once.
    ///
    /// # Errors
    /// `Missing` for a link that there never was; `Stage` when it is over; `Invalid` when what it would confirm has
    /// expired.
    pub fn use_tap(&self, token: &str) -> Result<Tap, CapacityError> {
        let tap = self.tap(token)?;
        if tap.is_over {
            return stage("This link has been used, or its day is over. Sign in to report.");
        }
        let now = self.capacity.clock.now();
        let kind = ReportKind::ConfirmUnchanged;
        let report =
            Report { channel: Channel::OneTap, ..Report::blank(tap.center, tap.report, kind, now) };
        // sent twice at once it is one report: both have its id
        self.capacity.report(&tap.actor, tap.center, &report, true)?;
        let hash = token_hash(token).to_vec();
        self.capacity.db.write(|tx| tx.execute(&USE_TAP, (hash.as_slice(), now)))?;
        Ok(tap)
    }
}

/// Trouble with people, as trouble of this service.
pub(crate) fn people(error: PeopleError) -> CapacityError {
    CapacityError::People(Box::new(error))
}

fn text(
    center: &Center,
    stage: Stage,
    age: Option<&str>,
    (base, link): (&str, Option<&str>),
) -> String {
    let (name, number) = (&center.name, &center.number);
    let said = age.unwrap_or("long ago");
    let state = match stage {
        Stage { expired: true, .. } => {
            "It is too old to be shown: the map says that nothing is known of the center."
        }
        Stage { number: 0, .. } => "The next one is due within 12 hours.",
        Stage { .. } => "The map fades it, and after a while nothing is known of the center.",
    };
    let confirm = link.map_or_else(String::new, |link| {
        let hours = LINK_LIVES / (60 * MINUTE);
        format!(
            "If nothing has changed, confirm it here; the link works once, for {hours} hours, and opening it changes nothing:\n{base}/capacity/confirm/{link}\n\n"
        )
    });
    format!(
        "The last capacity report of {name} was made {said}. {state}\n\n{confirm}A new report takes less than a minute:\n{base}/capacity/{number}/report\n\n"
    )
}
