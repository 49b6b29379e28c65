//! What somebody who signs in owes.

use base::{Actor, Place, Role};

use super::CapacityReminders;
use super::due::{EXPIRED, due};
use crate::service::CapacityError;

/// A report that somebody owes.
pub(crate) struct Owed {
    /// Number of the center.
    pub(crate) number: String,
    /// The unit that has waited longest.
    pub(crate) unit: Option<String>,
}

impl CapacityReminders {
    /// The report that is overdue for longest at a center for which the actor is there to report; none while they are
    /// off duty or away, and none of a center that has not reported for weeks.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) fn owed(&self, actor: &Actor) -> Result<Option<Owed>, CapacityError> {
        let own = actor.grants().iter().filter_map(|grant| match (grant.role, &grant.place) {
            (Role::CapacityReporter | Role::Coordinator, Place::Center(center)) => Some(*center),
            _ => None,
        });
        let snapshot = self.capacity.current()?;
        let now = self.now();
        let waiting = own.filter_map(|id| snapshot.center(id)).flat_map(|(center, log)| {
            let due = due(&snapshot, center, log, now).into_iter();
            due.filter(|it| (1..=EXPIRED).contains(&it.stage.number))
        });
        let Some(first) = waiting.min_by_key(|it| it.stage.due) else { return Ok(None) };
        let wish = self.wish(actor)?;
        if wish.off_duty || wish.is_away(now) {
            return Ok(None);
        }
        let unit = first.unit.map(str::to_owned);
        Ok(Some(Owed { number: first.center.number.clone(), unit }))
    }
}
