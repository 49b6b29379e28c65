//! Changes that wait until somebody of the chapter or the platform's staff confirms them.

use base::{Action, Actor, CenterId, Instant, Refusal, permit};
use db::Tx;
use serde_json::json;
use uuid::Uuid;

use super::model::{Change, Details, Profile};
use super::service::{CenterError, Centers, check_all};
use super::store;
use super::words::{ChangeState, Part};
use crate::audit::{Event, Trail};

/// Most changes that are looked at: more than all centers of the world would ask for at once.
const QUEUE: i64 = 5000;

/// Whether the actor may confirm changes of the center: staff, or an officer of its present chapter.
pub(super) fn may_confirm(actor: &Actor, profile: &Profile) -> Result<(), Refusal> {
    let reach = actor.reach(Action::ConfirmCenter);
    if reach.chapters.contains(&profile.chapter) {
        return Ok(());
    }
    permit(actor, Action::ConfirmCenter, profile.id)
}

/// The parts that wait when a center changes them.
fn differing(stored: &Details, wanted: &Details) -> Vec<Part> {
    Part::ALL
        .iter()
        .copied()
        .filter(|part| match part {
            // limits and modes count at once; which age groups are treated waits
            Part::Category => stored.ages() != wanted.ages(),
            part => stored.part(*part) != wanted.part(*part),
        })
        .collect()
}

/// Puts what must be confirmed aside as changes, and the stored values back into `wanted`.
pub(super) fn set_aside(
    centers: &Centers,
    tx: &mut Tx<'_>,
    actor: &Actor,
    stored: &Profile,
    wanted: &mut Details,
    now: Instant,
) -> Result<Vec<Part>, CenterError> {
    let parts = differing(&stored.details, wanted);
    if parts.is_empty() {
        return Ok(parts);
    }
    let waiting: Vec<Change> = tx.all(&store::WAITING_OF, (stored.id,))?;
    for part in &parts {
        let (old, new) = (stored.details.part(*part), wanted.part(*part));
        let earlier = waiting.iter().find(|change| change.part == *part);
        if earlier.is_none_or(|earlier| earlier.new != new || earlier.old != old) {
            if let Some(earlier) = earlier {
                let by = (actor.name(), now);
                store::decide(tx, (stored.id, earlier.id), ChangeState::Withdrawn, by, None)?;
            }
            let change = Change {
                center: stored.id,
                id: centers.ids.next(),
                part: *part,
                state: ChangeState::Waiting,
                old: old.clone(),
                new,
                proposed_at: now,
                proposed_by: actor.name().to_owned(),
                proposer: actor.person_id(),
            };
            store::add_change(tx, &change)?;
            let event = Event::of_center("propose-change", stored.id)
                .with(json!({ "part": part, "old": change.old, "new": change.new }));
            Trail::new(actor, now).write(tx, &event)?;
        }
        *wanted = wanted.with(&old).map_err(|_| CenterError::Missing)?;
    }
    Ok(parts)
}

/// The queue of an actor.
pub(super) fn waiting(
    centers: &Centers,
    actor: &Actor,
) -> Result<Vec<(Profile, Change)>, CenterError> {
    let changes: Vec<(Profile, Change)> = centers.db.read(|tx| -> Result<_, CenterError> {
        let changes: Vec<Change> = tx.all(&store::WAITING, (Instant::from_micros(0), QUEUE))?;
        let mut found = Vec::with_capacity(changes.len());
        if changes.is_empty() {
            return Ok(found);
        }
        // one statement for all of them, however long the queue is
        let profiles = store::profiles(tx)?;
        for change in changes {
            let profile = profiles.iter().find(|profile| profile.id == change.center);
            found.extend(profile.cloned().map(|profile| (profile, change)));
        }
        Ok(found)
    })?;
    Ok(changes.into_iter().filter(|(profile, _)| may_confirm(actor, profile).is_ok()).collect())
}

/// Confirms or refuses a change, or takes it back.
///
/// # Errors
/// `Missing` when it does not wait any more; `Refused` unless the actor is staff or an officer of the chapter (to take
/// it back: of the center); `Stage` when the actor asked for it, when a refusal has no reason, or when the
/// profile has changed since; `Invalid` when the new values do not hold any more.
pub(super) fn decide(
    centers: &Centers,
    actor: &Actor,
    change: (CenterId, Uuid),
    verdict: ChangeState,
    reason: Option<&str>,
) -> Result<(), CenterError> {
    let now = centers.clock.now();
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    centers.db.write(|tx| {
        let profile = store::profile(tx, change.0)?.ok_or(CenterError::Missing)?;
        match verdict {
            ChangeState::Withdrawn => permit(actor, Action::EditCenter, profile.id)?,
            _ => may_confirm(actor, &profile)?,
        }
        let found: Option<Change> = tx.opt(&store::CHANGE, change)?;
        let found = found
            .filter(|found| found.state == ChangeState::Waiting)
            .ok_or(CenterError::Missing)?;
        let own = found.proposer.is_some() && found.proposer == actor.person_id();
        match verdict {
            ChangeState::Waiting => return Err(CenterError::Missing),
            ChangeState::Refused if reason.is_none() => {
                return Err(CenterError::Stage("Say why it is refused.".to_owned()));
            }
            ChangeState::Confirmed if own => {
                let text = "Somebody else confirms what you have asked for.";
                return Err(CenterError::Stage(text.to_owned()));
            }
            ChangeState::Confirmed => confirm(tx, actor, &profile, &found, now)?,
            ChangeState::Refused | ChangeState::Withdrawn => {}
        }
        if !store::decide(tx, change, verdict, (actor.name(), now), reason)? {
            return Err(CenterError::Missing);
        }
        let action = match verdict {
            ChangeState::Confirmed => "confirm-change",
            ChangeState::Refused => "refuse-change",
            ChangeState::Withdrawn | ChangeState::Waiting => "withdraw-change",
        };
        let event = Event::of_center(action, profile.id)
            .with(json!({ "change": found.id, "part": found.part, "new": found.new }))
            .because(reason);
        Ok(Trail::new(actor, now).write(tx, &event)?)
    })
}

fn confirm(
    tx: &mut Tx<'_>,
    actor: &Actor,
    profile: &Profile,
    change: &Change,
    now: Instant,
) -> Result<(), CenterError> {
    let moved = match change.part {
        // limits that were changed since do not touch what is asked for
        Part::Category => false,
        part => profile.details.part(part) != change.old,
    };
    if moved {
        let text = "This part has been changed since: refuse it, and let the center look again.";
        return Err(CenterError::Stage(text.to_owned()));
    }
    let details = profile.details.with(&change.new).map_err(|_| CenterError::Missing)?;
    check_all(tx, profile.id, &details, now)?;
    Centers::put_details(tx, actor, profile, details, now, "change-center").map(drop)
}
