//! Reminders by mail when a report is due, further up the longer nobody reports, and the link that confirms the last
//! report once.
//!
//! A mail holds no number and nothing of a patient. Opening its link changes nothing: programs that look through mails
//! open links. Only the button on the page that it leads to posts, once, within a day, for the person it was written to.

mod due;
mod owed;
mod wish;

use std::collections::{HashMap, HashSet};

use base::{Action, Actor, CenterId, Channel as Through, Instant, PersonId, permit};
use db::Tx;
use directory::people::{Recipient, token_hash};
use directory::{People, PeopleError};
use uuid::Uuid;

use crate::clock::{DAY, HOUR};
use crate::model::Report;
use crate::service::{Capacity, CapacityError, stage};
use crate::view::ago;
use crate::words::{Cadence, Channel, ReportKind};

use due::{Confirms, EXPIRED, HEADS_UP, SOON, Stage, Waiting, due, is_told, text};
use wish::{HELD, HOLD, RELEASE, on_duty, wishes};
pub use wish::{ReminderWish, WISH_STATEMENTS};

/// A link works so long.
const LINK_LIVES: i64 = DAY;
/// Nobody is written to more often.
const PAUSE: i64 = 12 * HOUR;
/// Mails that are released at once.
const MOST_HELD: i64 = 200;

/// What each reporter wants.
type Wishes = HashMap<PersonId, ReminderWish>;

db::statements! {
    /// The statements of reminders.
    pub REMIND_STATEMENTS;

    REMINDERS = "select center_id, expired, due_at, stage from capacity_reminder",
        scan_ok = "a row or two for each center, once in a sweep";
    /// Only whoever changes the row writes the mails.
    TAKE = "insert into capacity_reminder (center_id, expired, due_at, stage, written_at)
        values ($1, $2, $3, $4, $5)
        on conflict (center_id, expired) do update set due_at = excluded.due_at, stage = excluded.stage,
            written_at = excluded.written_at
        where capacity_reminder.due_at <> excluded.due_at or capacity_reminder.stage < excluded.stage";
    TAKE_PERSON = "insert into capacity_reminded (person_id, written_at) values ($1, $2)
        on conflict (person_id) do update set written_at = excluded.written_at
        where capacity_reminded.written_at <= $3";
    ADD_TAP => capacity_tap(token_hash, center_id, person_id, report_id, ends_at, unit_key);
    TAP = "select center_id, person_id, report_id, ends_at, used_at, unit_key from capacity_tap where token_hash = $1";
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
        unit: String,
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
    /// The unit alone that it confirms.
    pub(crate) unit: Option<String>,
    /// It has been used, or its day is over.
    pub is_over: bool,
}

/// What is known when reminders are written.
struct Round<'a> {
    waiting: &'a [Waiting<'a>],
    recipients: &'a [Recipient],
    wishes: &'a Wishes,
    now: Instant,
}

impl<'a> Round<'a> {
    /// Who is written to about a center, each once.
    fn told(&self, one: &Waiting<'_>) -> Vec<&'a Recipient> {
        let number = one.stage.number;
        let all = self.recipients.iter();
        let asks = |it: &&Recipient| {
            let wish = self.wishes.get(&it.id);
            wish.is_some_and(|it| it.heads_up && !it.off_duty && !it.is_away(self.now))
        };
        let told: Vec<&Recipient> = if number == HEADS_UP {
            all.filter(|it| is_told(it, one, 1)).filter(asks).collect()
        } else {
            let told: Vec<&Recipient> = all.filter(|it| is_told(it, one, number)).collect();
            on_duty(&told, self.recipients, self.wishes, one.center.id, self.now)
        };
        let mut seen = HashSet::new();
        told.into_iter().filter(|it| seen.insert(it.id)).collect()
    }
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

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        self.capacity.clock.now()
    }

    /// Writes what is due and gives the number of mails: some statements, and a transaction for each center.
    ///
    /// # Errors
    /// Of the database; mails written until then stay written.
    pub fn write(&self) -> Result<usize, CapacityError> {
        let snapshot = self.capacity.current()?;
        let now = self.capacity.clock.now();
        let known: Vec<(CenterId, bool, Instant, i64)> =
            self.capacity.db.read_one(|tx| tx.all(&REMINDERS, ()))?;
        let known: HashMap<(CenterId, bool), (Instant, i64)> = known
            .into_iter()
            .map(|(center, expired, due, stage)| ((center, expired), (due, stage)))
            .collect();
        let waiting: Vec<Waiting<'_>> =
            snapshot.centers().flat_map(|(center, log)| due(&snapshot, center, log, now)).collect();
        let is_new = |it: &&Waiting<'_>| {
            let told = known.get(&(it.center.id, it.stage.expired));
            let before =
                told.filter(|(due, _)| *due == it.stage.due).map_or(SOON, |(_, told)| *told);
            it.stage.number > before
        };
        let mut new: Vec<&Waiting<'_>> = waiting.iter().filter(is_new).collect();
        let held: Vec<(PersonId, CenterId)> =
            self.capacity.db.read_one(|tx| tx.all(&HELD, (now, MOST_HELD)))?;
        if new.is_empty() && held.is_empty() {
            return Ok(0);
        }
        let wishes = self.capacity.db.read_one(wishes)?;
        let early = wishes.values().any(|it| it.heads_up);
        new.retain(|it| early || it.stage.number != HEADS_UP);
        if new.is_empty() && held.is_empty() {
            return Ok(0);
        }
        let platform = Actor::operator("platform").through(Through::Platform);
        let recipients = self.people.recipients(&platform).map_err(people)?;
        let round = Round { waiting: &waiting, recipients: &recipients, wishes: &wishes, now };
        self.capacity.db.write(|tx| tx.execute(&SWEEP_TAPS, (now.plus_micros(-7 * DAY),)))?;
        let mut written = 0;
        for one in new {
            written += self.remind(one, &round)?;
        }
        for (person, center) in held {
            written += self.release((person, center), &round)?;
        }
        Ok(written)
    }

    /// Writes to the people of one center, unless another program has done so.
    fn remind(&self, one: &Waiting<'_>, round: &Round<'_>) -> Result<usize, CapacityError> {
        let now = round.now;
        let told = round.told(one);
        if told.is_empty() && one.stage.number == HEADS_UP {
            return Ok(0);
        }
        let surge =
            one.center.periods.iter().any(|it| it.cadence == Cadence::Surge && it.is_at(now));
        self.capacity.db.write(|tx| {
            let Stage { number, due, expired, .. } = one.stage;
            if tx.execute(&TAKE, (one.center.id, expired, due, number, now))? != 1 {
                return Ok(0);
            }
            let mut written = 0;
            for recipient in &told {
                let free = round.wishes.get(&recipient.id).map(|it| it.released(surge, now));
                if let Some(until) = free.filter(|until| *until > now) {
                    tx.execute(&HOLD, (recipient.id, one.center.id, until))?;
                    continue;
                }
                written += self.mail(tx, one, (recipient, round))?;
            }
            Ok(written)
        })
    }

    /// Writes what was held back for somebody, if it is still the case.
    fn release(
        &self,
        (person, center): (PersonId, CenterId),
        round: &Round<'_>,
    ) -> Result<usize, CapacityError> {
        let one =
            round.waiting.iter().find(|it| it.center.id == center && it.stage.number > HEADS_UP);
        let recipient = round.recipients.iter().find(|it| it.id == person);
        let wish = round.wishes.get(&person);
        let until = wish.map_or(round.now, |it| it.released(false, round.now));
        self.capacity.db.write(|tx| {
            if tx.execute(&RELEASE, (person, center, round.now))? != 1 {
                return Ok(0);
            }
            let (Some(one), Some(recipient)) = (one, recipient) else { return Ok(0) };
            if until > round.now {
                // a wish that has changed holds it back again
                tx.execute(&HOLD, (person, center, until))?;
                return Ok(0);
            }
            self.mail(tx, one, (recipient, round))
        })
    }

    /// Writes to somebody, unless they have been written to lately. Whoever answers for several centers reads of all of
    /// them in one mail, since nobody is written to again for a while.
    fn mail(
        &self,
        tx: &mut Tx<'_>,
        one: &Waiting<'_>,
        (recipient, round): (&Recipient, &Round<'_>),
    ) -> Result<usize, CapacityError> {
        let now = round.now;
        if tx.execute(&TAKE_PERSON, (recipient.id, now, now.plus_micros(-PAUSE)))? != 1 {
            return Ok(0);
        }
        let others = round.waiting.iter().filter(|it| {
            !std::ptr::eq(*it, one)
                && it.stage.number <= EXPIRED
                && is_told(recipient, it, it.stage.number.max(1))
        });
        let mut text = format!("{},\n\n", recipient.name);
        for (at, it) in std::iter::once(one).chain(others).enumerate() {
            if at > 0 {
                text.push_str("----\n\n");
            }
            text.push_str(&self.paragraph(tx, it, recipient)?);
        }
        text.push_str("Nobody is written to about this more often than every 12 hours.\n");
        let base = &self.people.settings().base_url;
        text.push_str(&format!("When you are written to: {base}/capacity/reminders\n"));
        let subject = format!("Capacity of {}: a report is due", one.center.name);
        self.people.queue_mail(tx, &recipient.email, &subject, &text).map_err(people)?;
        Ok(1)
    }

    /// What somebody reads of one center, with a link of their own where they may confirm.
    fn paragraph(
        &self,
        tx: &mut Tx<'_>,
        one: &Waiting<'_>,
        recipient: &Recipient,
    ) -> Result<String, CapacityError> {
        let now = self.capacity.clock.now();
        let center = one.center.id;
        let said = ago(now.as_micros().saturating_sub(one.said_at.as_micros()));
        let may = permit(&recipient.actor(), Action::ReportCapacity, center).is_ok();
        let unit = match one.confirms {
            Confirms::Nothing => None,
            Confirms::Unit(unit) => Some(unit),
            Confirms::Everything => Some(""),
        };
        let link = match unit.filter(|_| may) {
            Some(unit) => Some(self.link(tx, (center, unit), recipient.id, now)?),
            None => None,
        };
        let base = &self.people.settings().base_url;
        Ok(text(one, &said, (base, link.as_deref())))
    }

    fn link(
        &self,
        tx: &mut Tx<'_>,
        (center, unit): (CenterId, &str),
        person: PersonId,
        now: Instant,
    ) -> Result<String, CapacityError> {
        let token = self.people.secret().map_err(people)?;
        let report: Uuid = self.capacity.ids.next();
        let ends_at = now.plus_micros(LINK_LIVES);
        let row = (token_hash(&token).to_vec(), center, person, report, ends_at, unit);
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
        let unit = Some(row.unit).filter(|it| !it.is_empty());
        Ok(Tap { center: row.center, actor, report: row.report, unit, is_over })
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
        let blank = Report::blank(tap.center, tap.report, kind, now);
        let report = Report { channel: Channel::OneTap, unit: tap.unit.clone(), ..blank };
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
