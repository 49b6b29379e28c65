//! Looking at what has changed, and sending what is due. Whatever was written stands in a table until it is taken, so
//! a program that ends loses nothing; one that ends between a send and its note sends twice, with the same id.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use base::{Actor, Channel as Through, Instant, PersonId};
use db::Tx;
use directory::People;
use directory::audit::{Event, Trail};
use directory::centers::is_professional;
use directory::outside::{Outside, Trouble};
use directory::people::Recipient;
use serde_json::json;
use uuid::Uuid;

use super::hook;
use super::kept::{self, Body, Kept, Sending, text};
use super::said::{Said, place};
use super::watch::{is_news, observe};
use super::wish::{Subscription, Way, Wish};
use crate::clock::DAY;
use crate::remind::people as of_people;
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::web::moment;

/// Alerts that are taken up in one sweep, by each way.
const MOST: i64 = 500;
/// Webhooks that are sent at the same time.
const LANES: usize = 8;
/// Alerts are shown to their owner for so long.
const REMEMBERED: i64 = 30 * DAY;
/// Characters of a trouble that are kept.
const LONGEST_TROUBLE: usize = 300;

/// What was taken, and the one that was not with the reason.
type Tried<'a> = (Vec<Uuid>, Option<(&'a Sending, Trouble)>);

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Lights that have changed.
    pub changes: usize,
    /// Alerts that were written.
    pub alerts: usize,
    /// Mails that were put into the outbox.
    pub mails: usize,
    /// Webhooks that were taken.
    pub sent: usize,
    /// Webhooks that were not.
    pub failed: usize,
}

/// Subscriptions: what people do with them, and the sweep that looks and sends.
#[derive(Clone)]
pub struct CapacityAlerts {
    pub(super) capacity: Capacity,
    people: People,
    /// Receivers may stand in the operator's own network.
    private: bool,
    outside: Arc<OnceLock<Outside>>,
}

impl Body {
    pub(super) fn new(wish: &Wish, place: String, lines: Vec<Said>) -> Self {
        Self { name: wish.name.clone(), place, zone: wish.time_zone.clone(), lines }
    }
}

impl CapacityAlerts {
    /// Alerts of a service for its people. Webhooks go by HTTPS to public addresses only, unless receivers are
    /// `private`: inside the operator's own network.
    pub fn new(capacity: Capacity, people: People, private: bool) -> Self {
        Self { capacity, people, private, outside: Arc::default() }
    }

    /// The service whose lights are looked at.
    pub(crate) const fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    pub(super) fn outside(&self) -> &Outside {
        self.outside.get_or_init(|| Outside::new(self.private))
    }

    pub(super) fn signing_secret(&self, subscription: Uuid) -> [u8; 32] {
        self.people.signing_secret(&format!("capacity webhook {subscription}"))
    }

    /// Looks at every light and every subscription once, and sends what is due.
    ///
    /// # Errors
    /// Of the database. What was written until then stays written.
    pub fn sweep(&self) -> Result<Swept, CapacityError> {
        let snapshot = self.capacity.current()?;
        let now = self.capacity.clock.now();
        let changes = self.capacity.keep_changes(&snapshot, now)?;
        let platform = Actor::operator("platform").through(Through::Platform);
        let people = self.people.active(&platform).map_err(of_people)?;
        let people: HashMap<PersonId, Recipient> =
            people.into_iter().map(|it| (it.id, it)).collect();
        let alerts = self.look(&snapshot, &people, now)?;
        let mails = self.write_mails(&people, now)?;
        let (sent, failed) = self.send_hooks(&people, now)?;
        Ok(Swept { changes, alerts, mails, sent, failed })
    }

    /// Looks at what each subscription is about, and writes alerts.
    fn look(
        &self,
        snapshot: &Snapshot,
        people: &HashMap<PersonId, Recipient>,
        now: Instant,
    ) -> Result<usize, CapacityError> {
        let all: Vec<Kept> = self.capacity.db.read_one(|tx| tx.all(&kept::WORKING, ()))?;
        let mut looked: Vec<(Subscription, String, Option<Body>)> = Vec::new();
        for Kept { subscription, state } in all {
            let wish = &subscription.wish;
            let Some(person) = people.get(&subscription.person) else { continue };
            // whoever has lost the role since is told nothing of it any more
            if wish.trigger.is_professional() && !is_professional(&person.actor()) {
                continue;
            }
            let mut after = state.clone();
            let turns = after.step(&observe(wish, snapshot, now), now).into_iter();
            let lines: Vec<Said> = turns
                .filter(|turn| is_news(wish.trigger, turn))
                .map(|turn| Said::of(turn, wish, snapshot, now))
                .collect();
            if after == state {
                continue;
            }
            let body = (!lines.is_empty()).then(|| Body::new(wish, place(wish, snapshot), lines));
            looked.push((subscription, text(&after), body));
        }
        if looked.is_empty() {
            return Ok(0);
        }
        self.capacity.db.write(|tx| {
            let mut written = 0;
            for (subscription, state, body) in &looked {
                // it may have been ended since
                if tx.execute(&kept::SAVE_STATE, (subscription.id, state.as_str()))? == 0 {
                    continue;
                }
                if let Some(body) = body {
                    let id = self.capacity.ids.next();
                    let next = subscription.wish.released(now);
                    kept::add_alert(tx, id, subscription, body, (now, next))?;
                    written += 1;
                }
            }
            Ok(written)
        })
    }

    /// One mail for everything that somebody is told now; what several subscriptions say is said once.
    fn write_mails(
        &self,
        people: &HashMap<PersonId, Recipient>,
        now: Instant,
    ) -> Result<usize, CapacityError> {
        let due = (Way::Mail.as_str(), now, MOST);
        let due: Vec<Sending> = self.capacity.db.read_one(|tx| tx.all(&kept::DUE, due))?;
        let mut by_person: BTreeMap<PersonId, Vec<Sending>> = BTreeMap::new();
        for sending in due {
            by_person.entry(sending.person).or_default().push(sending);
        }
        if by_person.is_empty() {
            return Ok(0);
        }
        let base = self.people.settings().base_url.clone();
        self.capacity.db.write(|tx| {
            let mut mails = 0;
            for (person, sendings) in &by_person {
                let recipient = people.get(person).filter(|it| it.has_mailbox);
                if let Some(recipient) = recipient {
                    let (subject, body) = mail(&recipient.name, sendings, &base);
                    self.people
                        .queue_mail(tx, &recipient.email, &subject, &body)
                        .map_err(of_people)?;
                    mails += 1;
                }
                for sending in sendings {
                    if recipient.is_some() {
                        tx.execute(&kept::ALERT_SENT, (sending.id, now))?;
                    } else {
                        let none = None::<Instant>;
                        let why = "The account is not active, or has no mailbox.";
                        tx.execute(&kept::ALERT_FAILED, (sending.id, none, why))?;
                    }
                }
            }
            tx.execute(&kept::FORGET_ALERTS, (now.plus_micros(-REMEMBERED),))?;
            Ok(mails)
        })
    }

    /// Sends webhooks, each receiver's in their order and several receivers at once.
    fn send_hooks(
        &self,
        people: &HashMap<PersonId, Recipient>,
        now: Instant,
    ) -> Result<(usize, usize), CapacityError> {
        let due = (Way::Webhook.as_str(), now, MOST);
        let due: Vec<Sending> = self.capacity.db.read_one(|tx| tx.all(&kept::DUE, due))?;
        let mut queues: BTreeMap<Uuid, Vec<Sending>> = BTreeMap::new();
        for sending in due {
            queues.entry(sending.subscription).or_default().push(sending);
        }
        let (mut sent, mut failed) = (0, 0);
        let queues: Vec<(Uuid, Vec<Sending>)> = queues.into_iter().collect();
        for lanes in queues.chunks(LANES) {
            let tried: Vec<_> = std::thread::scope(|scope| {
                let begun: Vec<_> = lanes
                    .iter()
                    .map(|(id, queue)| scope.spawn(move || self.send_queue(*id, queue, now)))
                    .collect();
                // a lane that panics has noted nothing: its alerts are due again
                begun.into_iter().filter_map(|lane| lane.join().ok()).collect()
            });
            for outcome in tried {
                let (taken, trouble) = outcome?;
                sent += taken.len();
                self.capacity.db.write(|tx| {
                    for id in &taken {
                        tx.execute(&kept::ALERT_SENT, (*id, now))?;
                    }
                    match &trouble {
                        Some((sending, why)) => self.note_failure(tx, people, (sending, why), now),
                        None => Ok(()),
                    }
                })?;
                failed += usize::from(trouble.is_some());
            }
        }
        Ok((sent, failed))
    }

    /// Sends what waits for one receiver until it does not take one.
    fn send_queue<'a>(
        &self,
        id: Uuid,
        queue: &'a [Sending],
        now: Instant,
    ) -> Result<Tried<'a>, CapacityError> {
        let kept: Option<Kept> =
            self.capacity.db.read_one(|tx| tx.opt(&kept::SUBSCRIPTION, (id,)))?;
        let Some(kept) = kept else { return Ok((Vec::new(), None)) };
        let (url, secret) = (&kept.subscription.wish.url, self.signing_secret(id));
        let mut taken = Vec::new();
        for sending in queue {
            let body = hook::body(sending, &self.people.settings().base_url).to_string();
            let headers = hook::headers(&secret, sending.id, now, &body);
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            match self.outside().deliver(url, &headers, &body) {
                Ok(()) => taken.push(sending.id),
                Err(trouble) => return Ok((taken, Some((sending, trouble)))),
            }
        }
        Ok((taken, None))
    }

    /// Notes when it is tried again; after a day the subscription stops and its owner is told.
    fn note_failure(
        &self,
        tx: &mut Tx<'_>,
        people: &HashMap<PersonId, Recipient>,
        (sending, why): (&Sending, &str),
        now: Instant,
    ) -> Result<(), CapacityError> {
        let why: String = why.chars().take(LONGEST_TROUBLE).collect();
        let next = now.plus_micros(hook::pause(sending.tries + 1));
        tx.execute(&kept::ALERT_FAILED, (sending.id, Some(next), why.as_str()))?;
        let waited = now.as_micros().saturating_sub(sending.written_at.as_micros());
        if waited < hook::GIVEN_UP {
            return Ok(());
        }
        let id = sending.subscription;
        tx.execute(&kept::GIVE_UP, (id,))?;
        if tx.execute(&kept::STOP, (id, now, why.as_str()))? == 0 {
            return Ok(());
        }
        let platform = Actor::operator("platform").through(Through::Platform);
        let event = Event {
            action: "alert-stop",
            subject_kind: "capacity-subscription",
            subject: id.to_string(),
            center: None,
            reason: None,
            body: json!({ "tries": sending.tries + 1 }),
        };
        Trail::new(&platform, now).write(tx, &event)?;
        let owner = people.get(&sending.person).filter(|it| it.has_mailbox);
        let Some(owner) = owner else { return Ok(()) };
        let base = &self.people.settings().base_url;
        let text = format!(
            "{},\n\nthe webhook of your subscription \"{}\" has not been taken for a day and is stopped. The last answer was:\n{why}\n\nMend the receiver, then let it work again:\n{base}/capacity/alerts\n",
            owner.name, sending.body.name
        );
        let subject = format!("Capacity: the webhook \"{}\" is stopped", sending.body.name);
        self.people.queue_mail(tx, &owner.email, &subject, &text).map_err(of_people)
    }
}

/// Subject and text of a mail.
fn mail(name: &str, sendings: &[Sending], base: &str) -> (String, String) {
    let mut seen = HashSet::new();
    let mut text = format!("{name},\n\n");
    for sending in sendings {
        let Body { name, place, zone, lines } = &sending.body;
        let at = moment(sending.written_at, zone);
        if lines.is_empty() {
            text.push_str(&format!("{name} ({place})\n- {at}: this is a trial; mails arrive.\n\n"));
            continue;
        }
        let new: Vec<&Said> = lines.iter().filter(|line| seen.insert(line.text.as_str())).collect();
        if new.is_empty() {
            continue;
        }
        text.push_str(&format!("{name} ({place})\n"));
        for line in new {
            text.push_str(&format!("- {at}: {}\n", line.text));
        }
        text.push('\n');
    }
    text.push_str(&format!(
        "Centers report these lights themselves. They can be out of date. Ring the center before you act on them.\nThe map: {base}/capacity\nChange or end what you are told: {base}/capacity/alerts\n"
    ));
    let subject = match sendings {
        [one] => format!("Capacity: {}", one.body.name),
        several => format!("Capacity: {} alerts", several.len()),
    };
    (subject, text)
}
