//! Attempts are counted by account and by client address, before they are looked at. Too many lock the subject for a
//! time that doubles. The account's counter hangs on the address that was typed, whether or not it exists, so that a
//! lock tells nothing.

use std::net::IpAddr;

use base::{Actor, Instant};
use db::Tx;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::store;
use crate::audit::{Event, Trail};
use crate::people::PeopleError;

const SECOND: i64 = 1_000_000;
/// First lock, in microseconds; doubled with each further attempt.
const FIRST: i64 = 30 * SECOND;
/// Longest lock.
const LONGEST: i64 = 3600 * SECOND;
/// Attempts that an account has free.
const OF_ACCOUNT: i64 = 5;
/// Attempts that an address has free: a hospital may share one.
const OF_ADDRESS: i64 = 40;
/// An account's attempts are forgotten after a day without one, an address's after an hour.
const FORGET_ACCOUNT: i64 = 24 * 3600 * SECOND;
const FORGET_ADDRESS: i64 = 3600 * SECOND;

/// What is counted.
#[derive(Debug, Clone)]
struct Subject {
    name: String,
    free: i64,
    forget: i64,
}

impl Subject {
    fn account(email_key: &str) -> Self {
        // the address itself is not kept: unknown ones are somebody's typing error
        let name = format!("account {}", db::hex(&Sha256::digest(email_key.as_bytes())));
        Self { name, free: OF_ACCOUNT, forget: FORGET_ACCOUNT }
    }

    fn address(address: IpAddr) -> Self {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            // one customer holds at least a /64
            IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> 64),
        };
        Self { name: format!("address {network}"), free: OF_ADDRESS, forget: FORGET_ADDRESS }
    }
}

/// What an attempt was charged.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    charged: Vec<(String, i64)>,
}

/// Counts an attempt before it is looked at.
///
/// # Errors
/// `Locked` when a subject is; the attempt must not be looked at then, and it is not counted.
pub(crate) fn charge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    email_key: &str,
    address: Option<IpAddr>,
    now: Instant,
) -> Result<Charge, PeopleError> {
    let subjects = [Some(Subject::account(email_key)), address.map(Subject::address)];
    let mut charged = Vec::with_capacity(2);
    for subject in subjects.iter().flatten() {
        let name = subject.name.as_str();
        let locked: Option<Option<Instant>> =
            tx.opt::<Locked>(&store::LOCKED_UNTIL, (name,))?.map(|row| row.0);
        if let Some(until) = locked.flatten().filter(|until| now < *until) {
            return Err(PeopleError::Locked { until });
        }
    }
    for subject in subjects.into_iter().flatten() {
        let name = subject.name.as_str();
        let failures: i64 =
            tx.one(&store::CHARGE, (name, now, now.plus_micros(-subject.forget)))?;
        if failures >= subject.free {
            let doubled = FIRST << (failures - subject.free).clamp(0, 20);
            let until = now.plus_micros(doubled.min(LONGEST));
            tx.execute(&store::LOCK, (name, until))?;
            let body = json!({ "attempts": failures, "until": until.to_string() });
            let kind = if subject.free == OF_ACCOUNT { "account" } else { "address" };
            let event = Event {
                action: "lock",
                subject_kind: "sign-in",
                subject: kind.to_owned(),
                center: None,
                reason: None,
                body,
            };
            // a lock that the right password takes back stands in the chain, too: it was set
            Trail::new(actor, now).write(tx, &event)?;
        }
        charged.push((subject.name, failures));
    }
    Ok(Charge { charged })
}

struct Locked(Option<Instant>);

impl db::FromRow for Locked {
    fn from_row(row: &db::Row<'_>) -> Result<Self, db::DbError> {
        row.expect_columns(1)?;
        row.get(0).map(Self)
    }
}

impl Charge {
    /// The attempt was right, but more is to be shown: only its own charge is taken back.
    pub(crate) fn refund(&self, tx: &mut Tx<'_>) -> Result<(), PeopleError> {
        for (name, failures) in &self.charged {
            tx.execute(&store::REFUND, (name.as_str(), *failures))?;
        }
        Ok(())
    }

    /// Somebody has signed in: the account's counter begins anew. The address only gets its charge back, since an
    /// attacker may own one account.
    pub(crate) fn clear(&self, tx: &mut Tx<'_>) -> Result<(), PeopleError> {
        let mut charged = self.charged.iter();
        if let Some((account, _)) = charged.next() {
            tx.execute(&store::CLEAR, (account.as_str(),))?;
        }
        for (name, failures) in charged {
            tx.execute(&store::REFUND, (name.as_str(), *failures))?;
        }
        Ok(())
    }
}

/// How long counters are kept that nobody adds to.
pub(crate) const KEEP: i64 = FORGET_ACCOUNT + LONGEST;

impl Charge {
    /// Nothing was charged, as with a link that works once.
    pub(crate) const fn none() -> Self {
        Self { charged: Vec::new() }
    }
}
