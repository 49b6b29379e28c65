//! SQL of subscriptions and of what is written to them.

use base::{Instant, PersonId};
use db::{DbError, FromRow, Row};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::said::Said;
use super::watch::State;
use super::wish::{Subscription, Way};

db::statements! {
    /// The statements of subscriptions.
    pub ALERT_STATEMENTS;

    pub(super) ADD_SUBSCRIPTION => capacity_subscription(subscription_id, person_id, created_at, body, state, stopped_at, stopped_why);
    pub(super) OWN_SUBSCRIPTIONS = "select subscription_id, person_id, created_at, body, stopped_at, stopped_why, state from capacity_subscription
        where person_id = $1 order by created_at, subscription_id";
    pub(super) SUBSCRIPTION = "select subscription_id, person_id, created_at, body, stopped_at, stopped_why, state from capacity_subscription
        where subscription_id = $1";
    pub(super) WORKING = "select subscription_id, person_id, created_at, body, stopped_at, stopped_why, state from capacity_subscription
        where stopped_at is null order by subscription_id", scan_ok = "each of them is looked at in a sweep";
    pub(super) SAVE_STATE = "update capacity_subscription set state = $2 where subscription_id = $1";
    pub(super) STOP = "update capacity_subscription set stopped_at = $2, stopped_why = $3 where subscription_id = $1 and stopped_at is null";
    pub(super) START = "update capacity_subscription set stopped_at = null, stopped_why = '', state = $2 where subscription_id = $1";
    pub(super) REMOVE_SUBSCRIPTION = "delete from capacity_subscription where subscription_id = $1";

    pub(super) ADD_ALERTS => capacity_alert(alert_id, subscription_id, person_id, written_at, body, way, next_at, tries, sent_at, trouble);
    pub(super) DUE = "select alert_id, subscription_id, person_id, written_at, body, next_at, tries, sent_at, trouble from capacity_alert
        where way = $1 and next_at <= $2 order by next_at, alert_id limit $3";
    pub(super) NEWEST_ALERTS = "select alert_id, subscription_id, person_id, written_at, body, next_at, tries, sent_at, trouble from capacity_alert
        where subscription_id = $1 order by written_at desc, alert_id desc limit $2";
    pub(super) ALERT_SENT = "update capacity_alert set sent_at = $2, next_at = null, tries = tries + 1, trouble = '' where alert_id = $1";
    pub(super) ALERT_FAILED = "update capacity_alert set next_at = $2, tries = tries + 1, trouble = $3 where alert_id = $1";
    pub(super) GIVE_UP = "update capacity_alert set next_at = null where subscription_id = $1 and next_at is not null";
    pub(super) REMOVE_ALERTS = "delete from capacity_alert where subscription_id = $1";
    pub(super) FORGET_ALERTS = "delete from capacity_alert where written_at < $1 and next_at is null",
        scan_ok = "a month of alerts, in a sweep that ran";
}

/// A subscription with what it has seen.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) subscription: Subscription,
    pub(super) state: State,
}

impl FromRow for Kept {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(7)?;
        let json = |column: usize| -> Result<String, DbError> { row.get(column) };
        let odd = |column: usize| row.inconsistent(column, "no such JSON".to_owned());
        let stopped: Option<Instant> = row.get(4)?;
        let why: String = row.get(5)?;
        Ok(Self {
            subscription: Subscription {
                id: row.get(0)?,
                person: row.get(1)?,
                created_at: row.get(2)?,
                wish: serde_json::from_str(&json(3)?).map_err(|_| odd(3))?,
                stopped: stopped.map(|at| (at, why)),
            },
            state: serde_json::from_str(&json(6)?).map_err(|_| odd(6))?,
        })
    }
}

/// What is written in one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Body {
    /// The name of the subscription.
    pub(super) name: String,
    /// Its area in words.
    pub(super) place: String,
    /// IANA time zone of its owner, or nothing.
    pub(super) zone: String,
    /// What is told; nothing in a trial.
    pub(super) lines: Vec<Said>,
}

/// An alert, as its owner sees how far it has come.
#[derive(Debug, Clone)]
pub struct Sending {
    pub(super) id: Uuid,
    pub(super) subscription: Uuid,
    pub(super) person: PersonId,
    /// When it was written.
    pub written_at: Instant,
    pub(super) body: Body,
    /// When it is sent or tried next; none once that is over.
    pub next_at: Option<Instant>,
    /// How often it was tried.
    pub tries: i64,
    /// When it was taken.
    pub sent_at: Option<Instant>,
    /// Why it was not, the last time.
    pub trouble: String,
}

impl Sending {
    /// What it says, line by line; nothing for a trial.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.body.lines.iter().map(|line| line.text.as_str())
    }
}

impl FromRow for Sending {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(9)?;
        let body: String = row.get(4)?;
        Ok(Self {
            id: row.get(0)?,
            subscription: row.get(1)?,
            person: row.get(2)?,
            written_at: row.get(3)?,
            body: serde_json::from_str(&body)
                .map_err(|_| row.inconsistent(4, "no alert".to_owned()))?,
            next_at: row.get(5)?,
            tries: row.get(6)?,
            sent_at: row.get(7)?,
            trouble: row.get(8)?,
        })
    }
}

/// JSON of values whose keys are texts, which always can be written.
pub(super) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Writes an alert that is sent from a moment on.
pub(super) fn add_alert(
    tx: &mut db::Tx<'_>,
    id: Uuid,
    subscription: &Subscription,
    body: &Body,
    (now, next): (Instant, Instant),
) -> Result<(), DbError> {
    let way: Way = subscription.wish.way;
    let (body, none) = (text(body), None::<Instant>);
    let whose = (subscription.id, subscription.person);
    let row = (id, whose.0, whose.1, now, body.as_str(), way.as_str(), Some(next), 0_i64, none, "");
    tx.insert_many(&ADD_ALERTS, [row]).map(drop)
}
