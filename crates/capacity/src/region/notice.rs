//! Notices of supply and equipment within a region: what is short, what can be lent, what must not be used. Each has
//! an end, so that none outlives what it tells of.

use base::{Action, Actor, CenterId, Instant, permit};
use db::{DbError, FromRow, Row, Tx};
use directory::audit::{Event, Trail};
use directory::centers::is_professional;
use directory::words;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::Scope;
use crate::clock::DAY;
use crate::manage::may_switch;
use crate::service::{Capacity, CapacityError, networks, stage};
use crate::snapshot::Snapshot;
use crate::words::Limit;

/// A notice stands for so many days at most.
pub const MOST_NOTICE_DAYS: i64 = 90;
/// Most characters of a notice.
const LONGEST: usize = 500;

db::statements! {
    /// The statements of notices.
    pub NOTICE_STATEMENTS;

    ADD_NOTICE = "insert into capacity_notice (notice_id, scope, scope_key, center_id, kind, about, words, from_at, until_at, set_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (notice_id) do nothing";
    END_NOTICE = "update capacity_notice set until_at = $2 where notice_id = $1 and until_at > $2";
    NOTICES = "select notice_id, scope, scope_key, center_id, kind, about, words, from_at, until_at from capacity_notice
        where until_at > $1 order by notice_id", scan_ok = "few, kept in memory";
}

words! {
    /// What a notice is.
    NoticeKind {
        Shortage = "shortage", "Short of";
        Offer = "offer", "Can lend";
        Recall = "recall", "Do not use";
        News = "news", "To know";
    }
}

/// A notice of a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Its id, made by the sender.
    pub id: Uuid,
    /// Where it is read.
    #[serde(skip)]
    pub scope: Scope,
    /// Whose it is; none for the region's own.
    #[serde(skip)]
    pub center: Option<CenterId>,
    /// What it is.
    pub kind: NoticeKind,
    /// About what.
    pub about: Limit,
    /// The same in words.
    pub words: String,
    /// From when.
    #[serde(serialize_with = "crate::clock::text")]
    pub from: Instant,
    /// Until when.
    #[serde(serialize_with = "crate::clock::text")]
    pub until: Instant,
}

impl FromRow for Notice {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(9)?;
        let word = |column: usize| row.get::<String>(column);
        let odd = |column: usize| row.inconsistent(column, "no such code".to_owned());
        Ok(Self {
            id: row.get(0)?,
            scope: Scope::region(&word(1)?, &word(2)?).ok_or_else(|| odd(1))?,
            center: row.get(3)?,
            kind: NoticeKind::from_word(&word(4)?).ok_or_else(|| odd(4))?,
            about: Limit::from_word(&word(5)?).ok_or_else(|| odd(5))?,
            words: word(6)?,
            from: row.get(7)?,
            until: row.get(8)?,
        })
    }
}

/// Notices that may still be in force.
pub(crate) fn read(tx: &mut Tx<'_>, now: Instant) -> Result<Vec<Notice>, DbError> {
    tx.all(&NOTICES, (now,))
}

/// The notices that the actor reads now, those that end first at the end: of the networks they belong to, and of countries
/// and chapters for every professional.
pub(crate) fn notices<'a>(snapshot: &'a Snapshot, actor: &Actor, now: Instant) -> Vec<&'a Notice> {
    let own = networks(actor, snapshot);
    let professional = is_professional(actor) || actor.is_operator();
    let reads = |scope: &Scope| match scope {
        Scope::Network(key) => own.contains(key) || may_switch(actor, scope).is_ok(),
        Scope::Country(_) | Scope::Chapter(_) | Scope::Center(_) => professional,
    };
    let all = snapshot.notices().iter();
    let mut found: Vec<&Notice> =
        all.filter(|it| it.from <= now && now < it.until && reads(&it.scope)).collect();
    found.sort_by_key(|it| (std::cmp::Reverse(it.until), it.id));
    found
}

/// What somebody tells a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// Made by the sender: the same id twice is the same notice.
    pub id: Uuid,
    /// Whose it is; none for the region's own, which only whoever leads the region tells.
    pub center: Option<CenterId>,
    /// What it is.
    pub kind: NoticeKind,
    /// About what.
    pub about: Limit,
    /// The same in words.
    pub words: String,
    /// Until when.
    pub until: Instant,
}

impl Capacity {
    /// Tells a region of supply or equipment. The same id again changes nothing; gives whether it was new.
    ///
    /// # Errors
    /// `Refused` unless the actor leads the region, or reports for a center of it whose notice it is; `Missing` without
    /// such a region; `Values` for words that are missing, too long or point at a patient, or an end that is no time
    /// within 90 days.
    pub fn tell_region(
        &self,
        actor: &Actor,
        scope: &Scope,
        notice: &NewNotice,
    ) -> Result<bool, CapacityError> {
        let snapshot = self.current()?;
        let region = super::region(&snapshot, actor, scope.clone())?;
        match notice.center {
            Some(center) => {
                let (center, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
                if !region.has(center) {
                    return Err(CapacityError::Missing);
                }
                if !region.leads {
                    permit(actor, Action::ReportCapacity, center.id)?;
                }
            }
            None => may_switch(actor, scope)?,
        }
        let now = self.clock.now();
        let words = sound(notice, now)?;
        let (kind, key) = scope.words();
        self.db.write(|tx| {
            let row = (
                notice.id,
                kind,
                key.as_str(),
                notice.center,
                notice.kind.as_str(),
                notice.about.as_str(),
                words,
                now,
                notice.until,
                actor.name(),
            );
            if tx.execute(&ADD_NOTICE, row)? == 0 {
                return Ok(false);
            }
            let body = json!({ "notice": notice.id, "scope": kind, "key": key, "kind": notice.kind,
                "until": notice.until.to_string() });
            Trail::new(actor, now).write(tx, &event(notice.id, notice.center, body))?;
            Ok(true)
        })
    }

    /// Ends a notice before its end.
    ///
    /// # Errors
    /// `Missing` when there is none that lasts and that the actor may read; `Refused` unless the actor leads its region,
    /// or reports for the center whose it is.
    pub fn end_notice(&self, actor: &Actor, notice: Uuid) -> Result<(), CapacityError> {
        let (snapshot, now) = (self.current()?, self.clock.now());
        let found = notices(&snapshot, actor, now).into_iter().find(|it| it.id == notice);
        let found = found.ok_or(CapacityError::Missing)?;
        if let Err(refusal) = may_switch(actor, &found.scope) {
            let center = found.center.ok_or(refusal)?;
            permit(actor, Action::ReportCapacity, center)?;
        }
        self.db.write(|tx| {
            if tx.execute(&END_NOTICE, (notice, now))? == 0 {
                return stage("The notice has ended already.");
            }
            let event = event(notice, found.center, json!({ "ended": true }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }
}

fn event<'a>(notice: Uuid, center: Option<CenterId>, body: serde_json::Value) -> Event<'a> {
    let (action, subject_kind) = ("capacity-notice", "capacity");
    Event { action, subject_kind, subject: notice.to_string(), center, reason: None, body }
}

/// Its words, if everything of it can be told.
fn sound(notice: &NewNotice, now: Instant) -> Result<&str, CapacityError> {
    let words = notice.words.trim();
    let mut wrong = Vec::new();
    if words.is_empty() || words.chars().count() > LONGEST || words.contains('\0') {
        wrong.push(("words", format!("Say it in at most {LONGEST} characters.")));
    } else if let Some(why) = crate::comment::problem(words, now) {
        wrong.push(("words", why));
    }
    if notice.until <= now || notice.until > now.plus_micros(MOST_NOTICE_DAYS * DAY) {
        wrong.push(("until", format!("State an end within {MOST_NOTICE_DAYS} days.")));
    }
    if wrong.is_empty() { Ok(words) } else { Err(CapacityError::Values(wrong)) }
}
