//! The life of a center: added, attested, moved from state to state.

use base::{Action, Actor, CenterId, permit, permit_platform};
use db::Tx;
use serde_json::json;

use super::check::{self, Finding};
use super::model::{Details, Profile};
use super::service::{CenterError, Centers, Conflict, chapter_of, check_all};
use super::words::State;
use super::{number, store};
use crate::audit::{Event, Trail};

impl Centers {
    /// Says that everything in the profile is right. Counts for 180 days.
    ///
    /// # Errors
    /// `Refused`, `Missing`; `Conflict` when the profile is not the one that was looked at.
    pub fn attest(
        &self,
        actor: &Actor,
        center: CenterId,
        revision: i64,
    ) -> Result<(), CenterError> {
        permit(actor, Action::EditCenter, center)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            let stored = store::profile(tx, center)?.ok_or(CenterError::Missing)?;
            if stored.revision != revision {
                let conflict = Conflict { stored, differences: Vec::new() };
                return Err(CenterError::Conflict(Box::new(conflict)));
            }
            let event =
                Event::of_center("attest-center", center).with(json!({ "revision": revision }));
            let next = Profile {
                attested_at: Some(now),
                revision: revision + 1,
                updated_at: Some(now),
                updated_by: actor.name().to_owned(),
                ..stored
            };
            store::put(tx, &next, Some(actor.name()))?;
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// Adds a center. Without a number it gets the next one of six digits, which ends in a check digit. The row that
    /// records refer to and the profile are written together.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Invalid`; `Stage` when the number is taken.
    pub fn add(
        &self,
        actor: &Actor,
        wanted_number: Option<&str>,
        details: &Details,
        state: State,
    ) -> Result<Profile, CenterError> {
        permit_platform(actor, Action::ManageCenters)?;
        if let Some(problem) = wanted_number.and_then(unusable) {
            let field = "number".to_owned();
            return Err(CenterError::Invalid(vec![Finding { field, text: problem }]));
        }
        if !matches!(state, State::Proposed | State::Verified) {
            return Err(CenterError::Stage("A center begins as proposed or verified.".to_owned()));
        }
        let (id, now): (CenterId, _) = (self.ids.next(), self.clock.now());
        self.db.write(|tx| {
            check_all(tx, id, details, now)?;
            let number = wanted_number.map_or_else(|| next_number(tx), |it| Ok(it.to_owned()))?;
            if store::by_number(tx, &number)?.is_some() {
                return Err(CenterError::Stage(format!("Number {number} is taken.")));
            }
            let chapter = chapter_of(tx, details, now)?;
            let profile = Profile {
                id,
                number,
                chapter,
                invented: false,
                revision: 1,
                state,
                state_since: Some(now),
                state_reason: None,
                state_until: None,
                attested_at: None,
                updated_by: actor.name().to_owned(),
                updated_at: Some(now),
                details: details.clone(),
            };
            let (country, chapter) = (details.country.as_str(), profile.chapter.as_str());
            tx.execute(
                &store::ADD_CENTER,
                (id, profile.number.as_str(), details.name.trim(), country, chapter, now),
            )?;
            store::put(tx, &profile, None)?;
            let event = Event::of_center("add-center", id)
                .with(json!({ "number": profile.number, "state": state, "new": details.fields() }));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(profile)
        })
    }

    /// Moves a center to its next state.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Stage` when the state does not follow, a reason or a date is
    /// missing; `Invalid` when it is to be listed and something is missing.
    pub fn set_state(
        &self,
        actor: &Actor,
        center: CenterId,
        state: State,
        reason: Option<&str>,
        until: Option<&str>,
    ) -> Result<(), CenterError> {
        permit_platform(actor, Action::ManageCenters)?;
        let now = self.clock.now();
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        if matches!(state, State::Suspended | State::Closed) && reason.is_none() {
            return Err(CenterError::Stage("Give a reason.".to_owned()));
        }
        let day = until.and_then(|day| day.parse::<jiff::civil::Date>().ok());
        if state == State::Suspended && day.is_none_or(|day| day < now.date()) {
            return Err(CenterError::Stage("State until which day it is suspended.".to_owned()));
        }
        self.db.write(|tx| {
            let stored = store::profile(tx, center)?.ok_or(CenterError::Missing)?;
            if !stored.state.next().contains(&state) {
                let (from, to) = (stored.state.label(), state.label());
                return Err(CenterError::Stage(format!("{from} is not followed by {to}.")));
            }
            if state == State::Listed {
                let missing = check::missing_to_list(&stored.details);
                if !missing.is_empty() {
                    return Err(CenterError::Invalid(missing));
                }
            }
            let event = Event::of_center("center-state", center)
                .with(json!({ "old": stored.state, "new": state, "until": day.map(|day| day.to_string()) }))
                .because(reason);
            let next = Profile {
                state,
                state_since: Some(now),
                state_reason: reason.map(str::to_owned),
                state_until: day.filter(|_| state == State::Suspended).map(|day| day.to_string()),
                revision: stored.revision + 1,
                updated_at: Some(now),
                updated_by: actor.name().to_owned(),
                ..stored
            };
            store::put(tx, &next, None)?;
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }
}

/// What is wrong with a number that somebody wants for a center.
fn unusable(number: &str) -> Option<String> {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if number.is_empty() || number.len() > 20 || !plain(number) {
        return Some("A number is 1 to 20 letters, digits, '-', '_' or '.'.".to_owned());
    }
    // words such as `new` are addresses of pages
    if !number.bytes().any(|byte| byte.is_ascii_digit()) {
        return Some("A number holds at least one digit.".to_owned());
    }
    (number::is_sound(number) == Some(false))
        .then(|| "The last of six digits is a check digit, and it is not right.".to_owned())
}

/// The number that the next center gets.
fn next_number(tx: &mut Tx<'_>) -> Result<String, CenterError> {
    let last: Option<String> = tx.one(&store::LAST_NUMBER, ())?;
    let none = || CenterError::Stage("There is no number left.".to_owned());
    number::after(last.as_deref()).ok_or_else(none)
}
