//! What people do with centers. Every change is one transaction: permission, profile, the `center` row that records
//! refer to, audit row, stamp.

use std::sync::{Arc, Mutex, PoisonError};

use base::{Action, Actor, CenterId, Clock, Ids, Instant, Refusal, permit, permit_platform};
use db::{Db, DbError, Tx};
use serde_json::{Value, json};
use thiserror::Error;

use super::book::Book;
use super::chapters::Atlas;
use super::check::{self, Finding};
use super::model::{Change, Details, Difference, Profile, differences};
use super::words::{ChangeState, Part, State};
use super::{changes, store};
use crate::audit::{Event, Trail};

/// Why something cannot be done with a center. No text holds a telephone number or an address.
#[derive(Debug, Error)]
pub enum CenterError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Not theirs to do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such center or change.
    #[error("there is no such center or change")]
    Missing,
    /// The profile has problems.
    #[error("{} problems in the profile of a center", .0.len())]
    Invalid(Vec<Finding>),
    /// Somebody else was faster.
    #[error("the profile of a center has been changed by somebody else")]
    Conflict(Box<Conflict>),
    /// It cannot be done as things stand, with the reason as a sentence for people.
    #[error("not possible now: {0}")]
    Stage(String),
    /// The machine gave no randomness.
    #[error("no randomness for a report code")]
    Randomness,
}

/// Two people changed the same profile.
#[derive(Debug)]
pub struct Conflict {
    /// The profile as it is stored now.
    pub stored: Profile,
    /// What differs: stored, and what was to be saved.
    pub differences: Vec<Difference>,
}

/// What became of an edited profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The revision now.
    pub revision: i64,
    /// The fields that are changed.
    pub changed: Vec<String>,
    /// The parts that wait for confirmation.
    pub waiting: Vec<Part>,
}

/// The directory of centers: synchronous, over one database. Cheap to clone.
#[derive(Clone)]
pub struct Centers {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) ids: Arc<Ids>,
    book: Arc<Mutex<Option<Arc<Book>>>>,
}

impl Centers {
    /// The directory over a database with the schema of OpenECLS.
    pub fn new(db: Db, clock: Clock, ids: Arc<Ids>) -> Self {
        Self { db, clock, ids, book: Arc::default() }
    }

    /// The database.
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// Now, by the clock that was passed in.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The public directory. One statement as long as nothing changes; otherwise it is read anew, in one snapshot.
    pub fn book(&self) -> Result<Arc<Book>, DbError> {
        let stamp = self.db.read_one(store::stamp)?;
        let today = self.clock.now().date();
        let lock = || self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(book) = lock().as_ref().filter(|book| book.is_of(stamp, today)) {
            return Ok(Arc::clone(book));
        }
        let book = self.db.read(|tx| {
            let stamp = store::stamp(tx)?;
            Ok::<_, DbError>(Book::new(stamp, today, store::profiles(tx)?, Atlas::read(tx)?))
        })?;
        let book = Arc::new(book);
        *lock() = Some(Arc::clone(&book));
        Ok(book)
    }

    /// The center of a number, whatever its state: for those who may change it.
    ///
    /// # Errors
    /// `Missing`; `Refused` unless the actor may change, confirm or manage it, or holds a role there.
    pub fn profile(&self, actor: &Actor, number: &str) -> Result<Profile, CenterError> {
        let found = self.db.read_one(|tx| store::by_number(tx, number))?;
        let profile = found.ok_or(CenterError::Missing)?;
        may_see(actor, &profile)?;
        Ok(profile)
    }

    /// A profile with its waiting changes, for the page that edits it.
    ///
    /// # Errors
    /// `Missing`; `Refused` unless the actor may change it.
    pub fn editable(
        &self,
        actor: &Actor,
        number: &str,
    ) -> Result<(Profile, Vec<Change>), CenterError> {
        self.db.read(|tx| {
            let profile = store::by_number(tx, number)?.ok_or(CenterError::Missing)?;
            permit(actor, Action::EditCenter, profile.id)?;
            let waiting = tx.all(&store::WAITING_OF, (profile.id,))?;
            Ok((profile, waiting))
        })
    }

    /// Saves an edited profile. What a center changes in its name, position, identifiers or age groups waits for
    /// somebody who confirms it; everything else counts at once. Staff's changes count at once.
    ///
    /// # Errors
    /// `Refused`, `Missing`, `Invalid` with every problem, and `Conflict` when the profile is not of `revision` any
    /// more: nothing is saved then.
    pub fn save(
        &self,
        actor: &Actor,
        center: CenterId,
        revision: i64,
        wanted: &Details,
    ) -> Result<Saved, CenterError> {
        permit(actor, Action::EditCenter, center)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let stored = store::profile(tx, center)?.ok_or(CenterError::Missing)?;
            if stored.revision != revision {
                let differences = differences(&stored.details.fields(), &wanted.fields());
                return Err(CenterError::Conflict(Box::new(Conflict { stored, differences })));
            }
            if stored.state == State::Closed {
                return Err(CenterError::Stage(
                    "A closed center is not changed any more.".to_owned(),
                ));
            }
            let staff = permit_platform(actor, Action::ConfirmCenter).is_ok();
            let mut wanted = wanted.clone();
            if !staff {
                keep_staffs(&mut wanted, &stored.details);
            }
            check_all(tx, center, &wanted, now)?;
            let waiting = if staff {
                Vec::new()
            } else {
                changes::set_aside(self, tx, actor, &stored, &mut wanted, now)?
            };
            let changed = Self::put_details(tx, actor, &stored, wanted, now, "edit-center")?;
            let revision = stored.revision + i64::from(!changed.is_empty());
            Ok(Saved { revision, changed, waiting })
        })
    }

    /// Stores other details, with an audit row that holds old and new values; tells which fields differ.
    pub(super) fn put_details(
        tx: &mut Tx<'_>,
        actor: &Actor,
        stored: &Profile,
        details: Details,
        now: Instant,
        action: &str,
    ) -> Result<Vec<String>, CenterError> {
        let (old, new) = (stored.details.fields(), details.fields());
        let keys: Vec<String> = new
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(value))
            .map(|(key, _)| key.clone())
            .collect();
        if keys.is_empty() {
            return Ok(keys);
        }
        let values: serde_json::Map<String, Value> = keys
            .iter()
            .map(|key| (key.clone(), json!({ "old": old.get(key), "new": new.get(key) })))
            .collect();
        let chapter = chapter_of(tx, &details, now)?;
        let next = Profile {
            revision: stored.revision + 1,
            chapter,
            updated_at: Some(now),
            updated_by: actor.name().to_owned(),
            details,
            ..stored.clone()
        };
        store::put(tx, &next, None)?;
        let event = Event::of_center(action, stored.id).with(Value::Object(values));
        Trail::new(actor, now).write(tx, &event)?;
        Ok(keys)
    }

    /// Changes that wait, of the centers that the actor may confirm, oldest first.
    pub fn waiting(&self, actor: &Actor) -> Result<Vec<(Profile, Change)>, CenterError> {
        changes::waiting(self, actor)
    }

    /// Confirms or refuses a change.
    ///
    /// # Errors
    /// See [`changes::decide`].
    pub fn decide(
        &self,
        actor: &Actor,
        change: (CenterId, uuid::Uuid),
        verdict: ChangeState,
        reason: Option<&str>,
    ) -> Result<(), CenterError> {
        changes::decide(self, actor, change, verdict, reason)
    }
}

/// Whether the actor may look at a profile that is not public.
fn may_see(actor: &Actor, profile: &Profile) -> Result<(), Refusal> {
    if actor.belongs_to(profile.id) || changes::may_confirm(actor, profile).is_ok() {
        return Ok(());
    }
    permit(actor, Action::EditCenter, profile.id)
}

/// The chapter that the board gave a center, or that of its country today; empty for none.
pub(super) fn chapter_of(
    tx: &mut Tx<'_>,
    details: &Details,
    now: Instant,
) -> Result<String, DbError> {
    if let Some(chapter) = &details.chapter_by_board {
        return Ok(chapter.clone());
    }
    let atlas = Atlas::read(tx)?;
    Ok(atlas.chapter_at(&details.country, now.date()).unwrap_or_default().to_owned())
}

/// What only staff sets stays as it is.
fn keep_staffs(wanted: &mut Details, stored: &Details) {
    wanted.first_registry_year = stored.first_registry_year;
    wanted.last_registry_year = stored.last_registry_year;
    wanted.recognitions.clone_from(&stored.recognitions);
    wanted.predecessors.clone_from(&stored.predecessors);
    wanted.successors.clone_from(&stored.successors);
    wanted.chapter_by_board.clone_from(&stored.chapter_by_board);
}

/// Every problem of a profile, those that need the database included.
pub(super) fn check_all(
    tx: &mut Tx<'_>,
    center: CenterId,
    details: &Details,
    now: Instant,
) -> Result<(), CenterError> {
    let mut findings = check::check(details, now);
    let mut add = |field: &str, text: String| {
        findings.push(Finding { field: field.to_owned(), text });
    };
    for it in &details.identifiers {
        let owner: Option<CenterId> =
            tx.opt(&store::OWNER_OF_IDENTIFIER, (it.system.as_str(), it.value.as_str()))?;
        if owner.is_some_and(|owner| owner != center) {
            add(
                "identifiers",
                format!("Another center has this number in system `{}`.", it.system),
            );
        }
    }
    if let Some(chapter) = &details.chapter_by_board
        && Atlas::read(tx)?.chapter(chapter).is_none()
    {
        add("chapter_by_board", format!("There is no chapter `{chapter}`."));
    }
    for (field, relations) in
        [("predecessors", &details.predecessors), ("successors", &details.successors)]
    {
        for relation in relations {
            if store::by_number(tx, &relation.number)?.is_none_or(|other| other.id == center) {
                add(field, format!("There is no other center of number {}.", relation.number));
            }
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(CenterError::Invalid(findings)) }
}
