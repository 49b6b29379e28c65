//! Reminders: a digest by mail of what waits for somebody, and the page where they say how often they want it.
//!
//! A digest holds numbers and links, never a patient key, a value or a field. It is put into the outbox in the same
//! transaction that keeps for which day or week it was written, so a job that is done again writes no second one.

mod digest;
mod page;

use std::collections::HashMap;

use base::{Actor, CenterId, Channel, Instant, PersonId};
use db::DbError;
use directory::people::Recipient;
use directory::{People, PeopleError};
use registry::{Center, DueDays, Registry, RegistryError};

pub(crate) use page::routes;

db::statements! {
    /// Statements of reminders.
    pub REMINDER_STATEMENTS;

    NOTICES = "select person_id, cadence, written_for from notice", scan_ok = "everybody who has chosen or was written to";
    NOTICE_OF = "select cadence from notice where person_id = $1";
    SET_CADENCE = "insert into notice (person_id, cadence, written_for, changed_at) values ($1, $2, '', $3)
        on conflict (person_id) do update set cadence = excluded.cadence, changed_at = excluded.changed_at";
    /// Only whoever changes the row writes the mail.
    TAKE = "insert into notice (person_id, cadence, written_for, changed_at) values ($1, 'weekly', $2, $3)
        on conflict (person_id) do update set written_for = excluded.written_for
        where notice.written_for < excluded.written_for and notice.cadence <> 'never'";
}

/// Mails are written from this hour on, UTC.
const FROM_HOUR: i64 = 6;
const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// How often somebody wants the digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cadence {
    /// On every day on which something waits.
    Daily,
    /// Once a week, when something waits.
    #[default]
    Weekly,
    /// Not at all.
    Never,
}

impl Cadence {
    /// All of them, as they are offered.
    pub const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::Never];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Never => "never",
        }
    }

    /// From the word that is stored.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cadence| cadence.as_str() == word)
    }

    /// The day from which a digest counts, as `2026-11-23`: today, or the Monday before.
    fn period(self, now: Instant) -> String {
        let day = now.plus_micros(-FROM_HOUR * HOUR_MICROS);
        let since_monday = match self {
            Self::Daily => 0,
            Self::Weekly | Self::Never => i64::from(day.date().weekday().to_monday_zero_offset()),
        };
        day.plus_micros(-since_monday * DAY_MICROS).date().to_string()
    }
}

/// Why reminders could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    /// What is due could not be counted.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Who is written to could not be read, or a mail not be put into the outbox.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Of the database.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Writes digests.
#[derive(Clone)]
pub struct Reminders {
    registry: Registry,
    people: People,
    days: DueDays,
}

impl Reminders {
    /// Reminders of a registry, for its people.
    pub const fn new(registry: Registry, people: People, days: DueDays) -> Self {
        Self { registry, people, days }
    }

    /// Writes the digests that are due and gives their number: eight statements, and a transaction for each mail.
    ///
    /// # Errors
    /// Of the database; mails written until then stay written.
    pub fn write(&self) -> Result<usize, ReminderError> {
        let platform = Actor::operator("platform").through(Channel::Platform);
        let now = self.registry.clock().now();
        let due = self.registry.due(&platform, &self.days)?;
        let reviews = self.people.reviews_due_everywhere(&platform, now)?;
        if due.centers.is_empty() && due.requests == 0 && reviews.is_empty() {
            return Ok(0);
        }
        let centers: HashMap<CenterId, Center> =
            self.registry.centers()?.into_iter().map(|center| (center.id, center)).collect();
        let known: Vec<(PersonId, String, String)> =
            self.registry.db().read_one(|tx| tx.all(&NOTICES, ()).map_err(ReminderError::from))?;
        let known: HashMap<PersonId, (Cadence, String)> = known
            .into_iter()
            .map(|(person, cadence, written)| {
                (person, (Cadence::from_word(&cadence).unwrap_or_default(), written))
            })
            .collect();
        let mut written = 0;
        for person in self.people.recipients(&platform)? {
            let (cadence, last) = known.get(&person.id).cloned().unwrap_or_default();
            let period = cadence.period(now);
            if cadence == Cadence::Never || last >= period {
                continue;
            }
            let digest = digest::Digest::of(&person.actor(), &due, &reviews, &centers, &self.days);
            if !digest.is_empty() {
                written += usize::from(self.post(&person, cadence, &period, &digest)?);
            }
        }
        Ok(written)
    }

    /// Puts a digest into the outbox, unless somebody else has done so.
    fn post(
        &self,
        person: &Recipient,
        cadence: Cadence,
        period: &str,
        digest: &digest::Digest,
    ) -> Result<bool, ReminderError> {
        let now = self.registry.clock().now();
        let text = digest.text(&person.name, cadence, &self.people.settings().base_url);
        self.registry.db().write(|tx| {
            if tx.execute(&TAKE, (person.id, period, now))? != 1 {
                return Ok(false);
            }
            self.people.queue_mail(tx, &person.email, digest::SUBJECT, &text)?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_counts_from_six_in_the_morning_and_a_weekly_one_from_monday() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let monday = at("2026-11-23T06:00:00Z");

        assert_eq!(Cadence::Weekly.period(monday), "2026-11-23");
        assert_eq!(Cadence::Weekly.period(at("2026-11-23T05:59:00Z")), "2026-11-16");
        assert_eq!(Cadence::Weekly.period(at("2026-11-29T23:00:00Z")), "2026-11-23");
        assert_eq!(Cadence::Daily.period(monday), "2026-11-23");
        assert_eq!(Cadence::Daily.period(at("2026-11-25T03:00:00Z")), "2026-11-24");
    }
}
