//! Whoever has somebody's password and second factor cannot report unseen: the people of the center are told of every
//! report from a browser that has not reported before, and of what it sends within a day.

use std::collections::BTreeSet;

use base::{Action, Actor, CenterId, Channel as Through, Instant, PersonId};
use db::Tx;
use directory::People;
use directory::audit::{Event, Trail};
use directory::people::{Recipient, token_hash};
use serde_json::json;

use crate::clock::DAY;
use crate::model::Center;
use crate::remind::people;
use crate::service::{Capacity, CapacityError};

/// A browser is new for so long after its first report.
const NEW: i64 = DAY;
/// A browser that has not reported for so long is forgotten; browsers keep no cookie longer.
const FORGOTTEN: i64 = 400 * DAY;
/// Lengths of a token that may have been made here, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 20..=100;
/// Most browsers of a person; the one that was used longest ago goes.
const MOST: i64 = 50;

db::statements! {
    /// The statements of devices.
    pub DEVICE_STATEMENTS;

    DEVICE = "select since_at from capacity_device where person_id = $1 and token_hash = $2";
    ADD_DEVICE => capacity_device(person_id, token_hash, name, since_at, used_at);
    USE_DEVICE = "update capacity_device set used_at = $3 where person_id = $1 and token_hash = $2";
    FORGET = "delete from capacity_device where person_id = $1 and (used_at < $2 or token_hash in (
        select token_hash from capacity_device where person_id = $1 order by used_at desc limit 1000 offset $3))";
}

/// A browser as it shows itself.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    /// The cookie that it was given at its first report.
    pub token: Option<String>,
    /// What its owner calls it.
    pub name: String,
}

/// Knows the browsers of those who report, and writes to the people of a center.
#[derive(Clone)]
pub struct CapacityDevices {
    capacity: Capacity,
    people: People,
}

impl CapacityDevices {
    /// The browsers of a service's people.
    pub const fn new(capacity: Capacity, people: People) -> Self {
        Self { capacity, people }
    }

    /// Name of the cookie.
    pub(crate) fn cookie_name(&self) -> &'static str {
        if self.people.settings().secure { "__Host-openecls-device" } else { "openecls-device" }
    }

    /// The header that gives a browser its cookie: no script reads it, and it says nothing of its owner.
    pub(crate) fn cookie(&self, token: &str) -> String {
        let (name, seconds) = (self.cookie_name(), FORGOTTEN / 1_000_000);
        let secure = if self.people.settings().secure { "; Secure" } else { "" };
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
    }

    /// Takes note that somebody has reported for centers with a browser. Writes to the people of those centers while
    /// the browser is new. Gives the token that the browser keeps from now on, when it has none yet.
    ///
    /// # Errors
    /// Of the database; `People` when there is no randomness.
    pub fn reported(
        &self,
        actor: &Actor,
        centers: &[CenterId],
        browser: &Browser,
    ) -> Result<Option<String>, CapacityError> {
        // a program has no browser: its release is decided by staff
        let Some(person) = actor.person_id().filter(|_| !actor.is_token()) else { return Ok(None) };
        let now = self.capacity.clock.now();
        let has = browser.token.as_deref().filter(|token| LENGTHS.contains(&token.len()));
        let hash = has.map(token_hash);
        let since: Option<Instant> = match &hash {
            Some(hash) => {
                self.capacity.db.read_one(|tx| tx.opt(&DEVICE, (person, hash.as_slice())))?
            }
            None => None,
        };
        if let (Some(hash), Some(since)) = (&hash, since)
            && since.plus_micros(NEW) <= now
        {
            let used = (person, hash.as_slice(), now);
            self.capacity.db.write(|tx| tx.execute(&USE_DEVICE, used))?;
            return Ok(None);
        }
        let platform = Actor::operator("platform").through(Through::Platform);
        let all = self.people.recipients(&platform).map_err(people)?;
        let snapshot = self.capacity.current()?;
        let told = centers.iter().filter_map(|id| Some(snapshot.center(*id)?.0));
        let told: Vec<&Center> = told.collect();
        let given = if has.is_none() { Some(self.people.secret().map_err(people)?) } else { None };
        self.capacity.db.write(|tx| {
            // a browser that several people of a ward share keeps its token, and is new for each of them once
            if let Some(token) = has.or(given.as_deref()).filter(|_| since.is_none()) {
                self.keep(tx, actor, person, (token, &browser.name))?;
            }
            self.write(tx, actor, &told, &all, &browser.name)
        })?;
        Ok(given)
    }

    fn keep(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        person: PersonId,
        (token, name): (&str, &str),
    ) -> Result<(), CapacityError> {
        let now = self.capacity.clock.now();
        tx.execute(&FORGET, (person, now.plus_micros(-FORGOTTEN), MOST - 1))?;
        tx.insert_many(&ADD_DEVICE, [(person, token_hash(token).to_vec(), name, now, now)])?;
        let event = Event::of_person("capacity-device", person).with(json!({ "device": name }));
        Ok(Trail::new(actor, now).write(tx, &event)?)
    }

    /// One mail to everybody concerned, whatever the number of centers.
    fn write(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        centers: &[&Center],
        all: &[Recipient],
        device: &str,
    ) -> Result<(), CapacityError> {
        let base = &self.people.settings().base_url;
        for recipient in all {
            let own: BTreeSet<(&str, &str)> = centers
                .iter()
                .filter(|center| concerns(recipient, actor, center.id))
                .map(|center| (center.name.as_str(), center.number.as_str()))
                .collect();
            let Some((first, _)) = own.first() else { continue };
            let mut text = format!(
                "{},\n\n{} has reported capacity with a browser that is new here ({device}), for\n\n",
                recipient.name,
                base::shown_name(actor.name()),
            );
            for (name, number) in &own {
                text.push_str(&format!("  {name}: {base}/capacity/{number}/report\n"));
            }
            text.push_str(&format!(
                "\nIf one of you did that, nothing is to be done. If nobody of you did: report there what is right, \
                 end the unknown device under {base}/account, choose a new password, and tell the administrator of \
                 your center.\n\nYou are written to about each report that a browser sends within its first day.\n"
            ));
            let subject = format!("Capacity of {first}: reported with a new browser");
            self.people.queue_mail(tx, &recipient.email, &subject, &text).map_err(people)?;
        }
        Ok(())
    }
}

/// Those who report for a center or answer for it, and whoever has reported.
fn concerns(recipient: &Recipient, actor: &Actor, center: CenterId) -> bool {
    let reach = recipient.actor().reach(Action::ReportCapacity);
    reach.centers.contains(&center) || actor.person_id() == Some(recipient.id)
}
