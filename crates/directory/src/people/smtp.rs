//! Sends mails through a mail server.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error;
use lettre::{Message, SmtpTransport, Transport as _};

use super::mail::{Mail, MailFailure, Mailer};
use super::model::PeopleError;

/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server.
pub struct Smtp {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Smtp {
    /// A server named as `smtps://USER:PASSWORD@HOST` (TLS from the first byte), `smtp://…?tls=required` (STARTTLS) or
    /// plain `smtp://HOST:PORT`, which only fits a relay on the same machine. `from` is the sender, such as
    /// `OpenECLS <registry@example.org>`.
    ///
    /// # Errors
    /// `Invalid` when server or sender cannot be read; the text does not repeat them, since a password may be in it.
    pub fn new(server: &str, from: &str) -> Result<Self, PeopleError> {
        let wrong = |what: &str| PeopleError::Invalid(format!("{what} cannot be read"));
        let transport = SmtpTransport::from_url(server)
            .map_err(|_| wrong("the address of the mail server"))?
            .timeout(Some(PATIENCE))
            .build();
        let from = from.parse().map_err(|_| wrong("the sender of mails"))?;
        Ok(Self { transport, from })
    }
}

impl Mailer for Smtp {
    fn send(&self, mail: &Mail) -> Result<(), MailFailure> {
        let for_good = |said: &str| MailFailure { said: said.to_owned(), for_good: true };
        let to = mail.to.parse().map_err(|_| for_good("the address cannot be written to"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            // the same at each attempt, so that a server can drop a second copy
            .message_id(Some(format!("<{}@openecls>", mail.id)))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())
            .map_err(|_| for_good("the mail cannot be written"))?;
        self.transport.send(&message).map(drop).map_err(|error| failure(&error))
    }
}

/// A server's refusal with its code; never the mail's text.
fn failure(error: &Error) -> MailFailure {
    let said = error.status().map_or_else(|| error.to_string(), |code| format!("refused: {code}"));
    MailFailure { said, for_good: error.is_permanent() }
}
