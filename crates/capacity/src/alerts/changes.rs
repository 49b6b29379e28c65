//! What has changed on the map, for everybody: kept for a week, as the feed tells it.

use std::collections::{BTreeMap, HashMap};

use base::{CenterId, Instant};
use db::{DbError, FromRow, Row};
use directory::centers::{AgeGroup, Mode};
use uuid::Uuid;

use super::kept::text;
use crate::clock::DAY;
use crate::service::{Capacity, CapacityError};
use crate::shown::{Standing, shown};
use crate::snapshot::Snapshot;

/// Changes are kept for so long.
const KEPT: i64 = 7 * DAY;
/// Most changes that are read at once.
const MOST: i64 = 5000;

db::statements! {
    /// The statements of changes.
    pub CHANGE_STATEMENTS;

    SHOWN = "select center_id, body from capacity_shown", scan_ok = "a row for each center, once in a sweep";
    ADD_SHOWN => capacity_shown(center_id, body);
    SET_SHOWN = "update capacity_shown set body = $2 where center_id = $1";
    ADD_CHANGES => capacity_change(change_id, changed_at, center_id, age_group, mode, was, standing, valid_at);
    CHANGES = "select change_id, changed_at, center_id, age_group, mode, was, standing, valid_at from capacity_change
        where changed_at >= $1 order by changed_at desc, change_id desc limit $2";
    FORGET_CHANGES = "delete from capacity_change where changed_at < $1";
}

/// A light that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id, the same for every reader.
    pub id: Uuid,
    /// When it was seen.
    pub at: Instant,
    /// Whose light.
    pub center: CenterId,
    /// For whom.
    pub age_group: AgeGroup,
    /// Which support.
    pub mode: Mode,
    pub(crate) was: Standing,
    pub(crate) is: Standing,
    /// The moment that its report describes.
    pub valid_at: Option<Instant>,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(8)?;
        let word = |column: usize| -> Result<String, DbError> { row.get(column) };
        let odd = |column: usize| row.inconsistent(column, "no such code".to_owned());
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            center: row.get(2)?,
            age_group: AgeGroup::from_word(&word(3)?).ok_or_else(|| odd(3))?,
            mode: Mode::from_word(&word(4)?).ok_or_else(|| odd(4))?,
            was: Standing::from_word(&word(5)?).ok_or_else(|| odd(5))?,
            is: Standing::from_word(&word(6)?).ok_or_else(|| odd(6))?,
            valid_at: row.get(7)?,
        })
    }
}

/// What a center shows, by age group and mode, with the moment that its report describes.
fn lights(
    snapshot: &Snapshot,
    center: CenterId,
    now: Instant,
) -> Vec<((AgeGroup, Mode), Standing, Option<Instant>)> {
    let Some((center, log)) = snapshot.center(center) else { return Vec::new() };
    let one = |pair: (AgeGroup, Mode)| {
        let shown = shown(center, log, (pair.0, Some(pair.1)), snapshot.cadences(), now)?;
        Some((pair, shown.standing, shown.status.entry.map(|entry| entry.valid_at)))
    };
    center.capabilities.iter().filter_map(|it| one((it.age, it.mode))).collect()
}

impl Capacity {
    /// Holds every light against the one that was seen last, and keeps what has changed: two statements, and one for
    /// each center whose light has changed. Gives how many lights have.
    ///
    /// # Errors
    /// Of the database.
    pub(super) fn keep_changes(
        &self,
        snapshot: &Snapshot,
        now: Instant,
    ) -> Result<usize, CapacityError> {
        let known: Vec<(CenterId, String)> = self.db.read_one(|tx| tx.all(&SHOWN, ()))?;
        let known: HashMap<CenterId, String> = known.into_iter().collect();
        let (mut new, mut changed, mut changes) = (Vec::new(), Vec::new(), Vec::new());
        for (center, _) in snapshot.centers() {
            let lights = lights(snapshot, center.id, now);
            let name = |(age, mode): (AgeGroup, Mode)| format!("{age} {mode}");
            let body: BTreeMap<String, &str> =
                lights.iter().map(|(pair, is, _)| (name(*pair), is.as_str())).collect();
            let body = text(&body);
            let Some(before) = known.get(&center.id) else {
                new.push((center.id, body));
                continue;
            };
            if *before == body {
                continue;
            }
            let before: BTreeMap<String, String> = serde_json::from_str(before).unwrap_or_default();
            for ((age, mode), is, valid_at) in lights {
                let was = before.get(&name((age, mode))).and_then(|it| Standing::from_word(it));
                if let Some(was) = was.filter(|was| *was != is) {
                    let words = (age.as_str(), mode.as_str(), was.as_str(), is.as_str());
                    changes.push((self.ids.next(), center.id, words, valid_at));
                }
            }
            changed.push((center.id, body));
        }
        if new.is_empty() && changed.is_empty() {
            return Ok(0);
        }
        self.db.write(|tx| {
            tx.insert_many(&ADD_SHOWN, new.iter().map(|(id, body)| (*id, body.as_str())))?;
            for (center, body) in &changed {
                tx.execute(&SET_SHOWN, (*center, body.as_str()))?;
            }
            let rows = changes.iter().map(|(id, center, (age, mode, was, is), valid_at)| {
                let id: Uuid = *id;
                (id, now, *center, *age, *mode, *was, *is, *valid_at)
            });
            tx.insert_many(&ADD_CHANGES, rows)?;
            tx.execute(&FORGET_CHANGES, (now.plus_micros(-KEPT),)).map(drop)
        })?;
        Ok(changes.len())
    }

    /// What has changed within a week, newest first, at most 5,000.
    ///
    /// # Errors
    /// Of the database.
    pub fn changes(&self) -> Result<Vec<Change>, CapacityError> {
        let since = self.clock.now().plus_micros(-KEPT);
        Ok(self.db.read_one(|tx| tx.all(&CHANGES, (since, MOST)))?)
    }
}
