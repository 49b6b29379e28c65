//! The forms of the desk as they were typed.

use base::Actor;
use uuid::Uuid;

use crate::clock::DAY;
use crate::manage::Scope;
use crate::region::{NewNotice, NoticeKind};
use crate::service::{Capacity, CapacityError};
use crate::words::{Cadence, Limit};

/// Longest value that is read, in bytes.
const LONGEST: usize = 3000;

/// Every field as text, to be shown again when it cannot be taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    deed: String,
    pub(super) id: String,
    pub(super) cadence: String,
    pub(super) days: String,
    pub(super) reason: String,
    pub(super) kind: String,
    pub(super) about: String,
    pub(super) center: String,
    pub(super) words: String,
    pub(super) until: String,
}

impl Typed {
    /// None when it is not a form of this page.
    pub(super) fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let mut out = Self::default();
        for (key, value) in pairs {
            if value.len() > LONGEST {
                return None;
            }
            match key.as_str() {
                "do" => out.deed = value,
                "id" => out.id = value,
                "cadence" => out.cadence = value,
                "days" => out.days = value,
                "reason" => out.reason = value,
                "kind" => out.kind = value,
                "about" => out.about = value,
                "center" => out.center = value,
                "words" => out.words = value,
                "until" => out.until = value,
                _ => {}
            }
        }
        ["stricter", "laxer", "tell", "end"].contains(&out.deed.as_str()).then_some(out)
    }

    /// Does what the form asks for; gives the word of what was done.
    pub(super) fn apply(
        &self,
        capacity: &Capacity,
        actor: &Actor,
        scope: &Scope,
    ) -> Result<&'static str, CapacityError> {
        match self.deed.as_str() {
            "stricter" => self.stricter(capacity, actor, scope).map(|()| "stricter"),
            "laxer" => capacity.switch_off(actor, scope, self.id()?).map(|()| "ended"),
            "tell" => self.tell(capacity, actor, scope).map(|()| "told"),
            _ => capacity.end_notice(actor, self.id()?).map(|()| "over"),
        }
    }

    fn id(&self) -> Result<Uuid, CapacityError> {
        self.id.parse().map_err(|_| CapacityError::Missing)
    }

    fn stricter(
        &self,
        capacity: &Capacity,
        actor: &Actor,
        scope: &Scope,
    ) -> Result<(), CapacityError> {
        let cadence = Cadence::from_word(&self.cadence)
            .ok_or_else(|| wrong("cadence", "Choose how often reports are expected."))?;
        // a number that is none is refused as an end that is too far away
        let days = self.days.trim().parse().unwrap_or(1000).clamp(0, 1000);
        let until = capacity.clock.now().plus_micros(days * DAY);
        capacity.switch_on(actor, scope, cadence, until, &self.reason).map(drop)
    }

    fn tell(&self, capacity: &Capacity, actor: &Actor, scope: &Scope) -> Result<(), CapacityError> {
        let kind = NoticeKind::from_word(&self.kind)
            .ok_or_else(|| wrong("kind", "Choose what the notice is."))?;
        let about = Limit::from_word(&self.about)
            .ok_or_else(|| wrong("about", "Choose what the notice is about."))?;
        let center = match self.center.trim() {
            "" => None,
            number => {
                let snapshot = capacity.current()?;
                let found = snapshot.by_number(number).map(|(center, _)| center.id);
                Some(found.ok_or(CapacityError::Missing)?)
            }
        };
        let days = self.until.trim().parse().unwrap_or(1000).clamp(0, 1000);
        let notice = NewNotice {
            id: self.id()?,
            center,
            kind,
            about,
            words: self.words.clone(),
            until: capacity.clock.now().plus_micros(days * DAY),
        };
        capacity.tell_region(actor, scope, &notice).map(drop)
    }
}

fn wrong(field: &'static str, told: &str) -> CapacityError {
    CapacityError::Values(vec![(field, told.to_owned())])
}
