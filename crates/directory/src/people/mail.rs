//! The outbox of mails: written in the transaction that causes them, sent by a job.

use base::Instant;
use db::Tx;
use uuid::Uuid;

use super::model::PeopleError;
use super::{People, store};

/// Mails looked at in one sweep.
const SWEEP: u32 = 100;
/// Mails that waited so long for a server to be configured are not sent any more: their links went other ways.
const STALE: i64 = 2 * 24 * 3_600_000_000;
/// Attempts until a mail is given up.
const ATTEMPTS: i64 = 8;
/// Pause after the first failure, in microseconds; doubled with each further one.
const PAUSE: i64 = 60_000_000;

db::row! {
    /// A mail that waits to be sent.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Mail {
        /// Names it.
        pub id: Uuid,
        /// To whom.
        pub to: String,
        /// The line that is seen first; nothing clinical.
        pub subject: String,
        /// Plain text; nothing clinical.
        pub body: String,
        /// Failed attempts so far.
        pub attempts: i64,
    }
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailFailure {
    /// What the server said, without the mail's content.
    pub said: String,
    /// Trying again would not help.
    pub for_good: bool,
}

/// Sends mails. Called on a thread that may block.
pub trait Mailer: Send + Sync {
    /// Sends one mail.
    ///
    /// # Errors
    /// `MailFailure` when it was not taken.
    fn send(&self, mail: &Mail) -> Result<(), MailFailure>;
}

impl People {
    /// Puts a mail into the outbox, within the transaction that causes it.
    pub(crate) fn post(
        &self,
        tx: &mut Tx<'_>,
        to: &str,
        subject: &str,
        body: &str,
        now: Instant,
    ) -> Result<(), PeopleError> {
        let id: Uuid = self.ids.next();
        tx.execute(&store::ADD_MAIL, (id, to, subject, body, now))?;
        Ok(())
    }

    /// Puts a mail into the outbox, for other systems: within their own transaction.
    ///
    /// # Errors
    /// The database's.
    pub fn queue_mail(
        &self,
        tx: &mut Tx<'_>,
        to: &str,
        subject: &str,
        body: &str,
    ) -> Result<(), PeopleError> {
        self.post(tx, to, subject, body, self.clock.now())
    }

    /// Sends what is due and gives the numbers sent and failed. A sent mail's text is wiped, since it holds a link.
    /// Two programs that sweep at once may send a mail twice; a mail is never lost.
    ///
    /// # Errors
    /// The database's; what a server refuses is kept with the mail and tried again later.
    pub fn send_mails(&self, mailer: &dyn Mailer) -> Result<(usize, usize), PeopleError> {
        let now = self.clock.now();
        let since = now.plus_micros(-STALE);
        let due: Vec<Mail> = self.db.read_one(|tx| -> Result<_, PeopleError> {
            Ok(tx.all(&store::MAIL_DUE, (now, SWEEP, since))?)
        })?;
        let (mut sent, mut failed) = (0, 0);
        for mail in due {
            match mailer.send(&mail) {
                Ok(()) => {
                    sent += 1;
                    let at = self.clock.now();
                    self.db.write(|tx| tx.execute(&store::MAIL_SENT, (mail.id, at)))?;
                }
                Err(failure) => {
                    failed += 1;
                    self.note_failure(&mail, &failure)?;
                }
            }
        }
        Ok((sent, failed))
    }

    fn note_failure(&self, mail: &Mail, failure: &MailFailure) -> Result<(), PeopleError> {
        let at = self.clock.now();
        let attempts = mail.attempts + 1;
        let pause = PAUSE << mail.attempts.clamp(0, 20);
        let given_up = (failure.for_good || attempts >= ATTEMPTS).then_some(at);
        let said: String = failure.said.chars().take(300).collect();
        let values = (mail.id, attempts, at.plus_micros(pause), given_up, said.as_str());
        self.db.write(|tx| tx.execute(&store::MAIL_FAILED, values))?;
        Ok(())
    }
}
