//! The access audit: who was let in, granted, refused, and what became of people and centers. One hash-chained,
//! append-only table for the platform.

mod verify;

use base::{Actor, CenterId, Instant, PersonId};
use db::{DbError, Hash, RowHash, Tx};
use serde_json::Value;

pub use verify::{AuditFault, AuditProof, verify};

db::statements! {
    /// The statements of the access audit.
    pub STATEMENTS;

    /// Whoever takes the next number makes the others wait until its transaction ends.
    NEXT = "update access_audit_head set seq = seq + 1 where id = 1 returning seq, hash";
    ADD = "insert into access_audit (seq, at, actor, channel, action, subject_kind, subject, center_id, reason, body, hash)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    SET_HEAD = "update access_audit_head set hash = $1 where id = 1";
    HEAD = "select seq, hash from access_audit_head where id = 1";
    CHAIN = "select seq, at, actor, channel, action, subject_kind, subject, center_id, reason, body, hash
        from access_audit order by seq", scan_ok = "the proof reads every row";
    OF_SUBJECT = "select seq, at, actor, channel, action, subject_kind, subject, center_id, reason, body
        from access_audit where subject_kind = $1 and subject = $2 order by seq desc limit $3";
    OF_CENTER = "select seq, at, actor, channel, action, subject_kind, subject, center_id, reason, body
        from access_audit where center_id = $1 order by seq desc limit $2";
}

/// One thing that happened. Holds no secret: no password, code, token or hash of one.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    /// What, in a word or two with hyphens, such as `sign-in`.
    pub action: &'a str,
    /// The kind of what it happened to, such as `person` or `center`.
    pub subject_kind: &'a str,
    /// Its id.
    pub subject: String,
    /// The center that it concerns, if it concerns one.
    pub center: Option<CenterId>,
    /// Why, where somebody gave a reason.
    pub reason: Option<&'a str>,
    /// Old and new values; `Value::Null` for none.
    pub body: Value,
}

impl<'a> Event<'a> {
    /// Something that happened to a person's account.
    pub fn of_person(action: &'a str, person: PersonId) -> Self {
        let subject = person.to_string();
        let (center, reason, body) = (None, None, Value::Null);
        Self { action, subject_kind: "person", subject, center, reason, body }
    }

    /// Something that happened to a center.
    pub fn of_center(action: &'a str, center: CenterId) -> Self {
        let (subject, reason, body) = (center.to_string(), None, Value::Null);
        Self { action, subject_kind: "center", subject, center: Some(center), reason, body }
    }

    /// The same with old and new values.
    #[must_use]
    pub fn with(self, body: Value) -> Self {
        Self { body, ..self }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: Option<&'a str>) -> Self {
        Self { reason, ..self }
    }

    /// The same, concerning a center.
    #[must_use]
    pub fn at(self, center: Option<CenterId>) -> Self {
        Self { center, ..self }
    }
}

/// Writes audit rows within a transaction, for one actor at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Trail<'a> {
    actor: &'a Actor,
    at: Instant,
}

impl<'a> Trail<'a> {
    /// A trail of what `actor` does `at` this moment.
    pub const fn new(actor: &'a Actor, at: Instant) -> Self {
        Self { actor, at }
    }

    /// Writes one row: three statements.
    pub fn write(&self, tx: &mut Tx<'_>, event: &Event<'_>) -> Result<(), DbError> {
        let (seq, previous): (i64, Hash) = tx.one(&NEXT, ())?;
        let body = event.body.to_string();
        let row = Columns {
            seq,
            at: self.at,
            actor: self.actor.name(),
            channel: self.actor.channel().as_str(),
            action: event.action,
            subject_kind: event.subject_kind,
            subject: &event.subject,
            center: event.center,
            reason: event.reason,
            body: &body,
        };
        let hash = row.hash(&previous);
        tx.execute(
            &ADD,
            (
                row.seq,
                row.at,
                row.actor,
                row.channel,
                row.action,
                row.subject_kind,
                row.subject,
                row.center,
                row.reason,
                row.body,
                hash,
            ),
        )?;
        tx.execute(&SET_HEAD, (hash,))?;
        Ok(())
    }
}

/// One row without its hash.
struct Columns<'a> {
    seq: i64,
    at: Instant,
    actor: &'a str,
    channel: &'a str,
    action: &'a str,
    subject_kind: &'a str,
    subject: &'a str,
    center: Option<CenterId>,
    reason: Option<&'a str>,
    body: &'a str,
}

impl Columns<'_> {
    fn hash(&self, previous: &Hash) -> Hash {
        let mut row = RowHash::after(previous);
        row.part(&self.seq.to_be_bytes());
        row.part(&self.at.as_micros().to_be_bytes());
        for text in [self.actor, self.channel, self.action, self.subject_kind, self.subject] {
            row.part(text.as_bytes());
        }
        row.maybe(self.center.as_ref().map(|center| center.0.as_bytes().as_slice()));
        row.maybe(self.reason.map(str::as_bytes));
        row.part(self.body.as_bytes());
        row.finish()
    }
}

db::row! {
    /// One row of the access audit, for its readers.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AuditEntry {
        /// Its number in the chain.
        pub seq: i64,
        /// When.
        pub at: Instant,
        /// Who; [`base::shown_name`] gives the part that people read.
        pub actor: String,
        /// Through what.
        pub channel: String,
        /// What.
        pub action: String,
        /// Kind of what it happened to.
        pub subject_kind: String,
        /// Id of what it happened to.
        pub subject: String,
        /// The center that it concerns.
        pub center: Option<CenterId>,
        /// Why.
        pub reason: Option<String>,
        /// Old and new values as JSON.
        pub body: String,
    }
}

/// The newest rows about one subject, newest first. The caller has decided who may read them.
pub fn about(
    tx: &mut Tx<'_>,
    subject_kind: &str,
    subject: &str,
    most: u32,
) -> Result<Vec<AuditEntry>, DbError> {
    tx.all(&OF_SUBJECT, (subject_kind, subject, most))
}

/// The newest rows that concern a center, newest first. The caller has decided who may read them.
pub fn at_center(tx: &mut Tx<'_>, center: CenterId, most: u32) -> Result<Vec<AuditEntry>, DbError> {
    tx.all(&OF_CENTER, (center, most))
}
