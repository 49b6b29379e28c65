//! Soft findings that somebody has looked at and confirmed, with a reason.
//!
//! A confirmation holds for what was said at that time: when the value changes, the finding says something else and
//! asks again.

use base::{Action, Actor, CenterId, Instant, RecordId, permit};
use db::Tx;

use crate::Registry;
use crate::model::{RecordKind, RegistryError};
use crate::writer::Writer;

db::statements! {
    /// Statements of confirmed findings.
    pub CONFIRM_STATEMENTS;

    CONFIRMED_IN = "select record_id, code, place, said, reason, confirmed_at, confirmed_by from confirmed_finding
        where center_id = $1 and record_id in ($2, $3, $4) order by record_id, code, place";
    SET_CONFIRMED = "insert into confirmed_finding
            (center_id, record_id, code, place, said, reason, confirmed_at, confirmed_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (center_id, record_id, code, place) do update set said = excluded.said,
            reason = excluded.reason, confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by";
}

/// Most characters of a reason.
const REASON_CHARS: usize = 500;

/// A soft finding to be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The finding's code.
    pub code: String,
    /// Its place, as `Place::path` writes it.
    pub place: String,
    /// What it says now.
    pub said: String,
    /// Why the value is right, if somebody said so.
    pub reason: Option<String>,
}

db::row! {
    /// A soft finding that was confirmed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Confirmed {
        /// The record that owns the field's form.
        pub record: RecordId,
        /// The finding's code.
        pub code: String,
        /// Its place, as `Place::path` writes it.
        pub place: String,
        /// What it said.
        pub said: String,
        /// Why the value is right, if somebody said so.
        pub reason: Option<String>,
        /// When.
        pub at: Instant,
        /// Who, as the audit keeps it.
        pub by: String,
    }
}

/// The confirmation of a finding that still says the same.
pub fn confirmation<'a>(
    confirmed: &'a [Confirmed],
    record: RecordId,
    (code, place, said): (&str, &str, &str),
) -> Option<&'a Confirmed> {
    confirmed.iter().find(|known| {
        known.record == record && known.code == code && known.place == place && known.said == said
    })
}

impl Registry {
    /// Keeps that soft findings of a record were looked at. The same confirmation again changes nothing.
    ///
    /// # Errors
    /// `Refused` outside the actor's centers, `NotFound` for a record that is not the center's, `Invalid` for a reason
    /// that is too long.
    pub fn confirm(
        &self,
        actor: &Actor,
        center: CenterId,
        (kind, record): (RecordKind, RecordId),
        findings: &[Confirm],
    ) -> Result<(), RegistryError> {
        permit(actor, Action::WriteRecords, center)?;
        let long = |reason: &String| reason.chars().count() > REASON_CHARS;
        if findings.iter().any(|finding| finding.reason.as_ref().is_some_and(long)) {
            let text = format!("a reason has at most {REASON_CHARS} characters");
            return Err(RegistryError::Invalid(text));
        }
        if findings.is_empty() {
            return Ok(());
        }
        self.db.write(|tx| {
            let patient = self.patient_of(tx, center, kind, record)?;
            self.refuse_unless_open(&patient, kind, record)?;
            let known = of_records(tx, center, [record; 3])?;
            let new: Vec<&Confirm> = findings
                .iter()
                .filter(|new| {
                    let place = (new.code.as_str(), new.place.as_str(), new.said.as_str());
                    confirmation(&known, record, place)
                        .is_none_or(|known| known.reason != new.reason)
                })
                .collect();
            if new.is_empty() {
                return Ok(());
            }
            let at = self.clock.now();
            let mut told = Vec::with_capacity(new.len());
            for finding in new {
                let Confirm { code, place, said, reason } = finding;
                let texts = (code.as_str(), place.as_str(), said.as_str(), reason.as_deref());
                let (code, place, said, reason) = texts;
                let values = (center, record, code, place, said, reason, at, actor.name());
                tx.execute(&SET_CONFIRMED, values)?;
                told.push(serde_json::json!({
                    "code": code, "place": place, "said": said, "reason": reason,
                }));
            }
            let mut writer = Writer::new(self.context(actor, None));
            let body = serde_json::json!({ "confirmed": told }).to_string();
            writer.audit(tx, center, "confirm", (kind, record), None, body)?;
            writer.finish(tx)
        })
    }
}

/// The confirmed findings of up to three records.
pub(crate) fn of_records(
    tx: &mut Tx<'_>,
    center: CenterId,
    [one, two, three]: [RecordId; 3],
) -> Result<Vec<Confirmed>, RegistryError> {
    Ok(tx.all(&CONFIRMED_IN, (center, one, two, three))?)
}
