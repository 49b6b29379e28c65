//! Programs that report for a center. What a new one says is stored and not shown, until staff have compared it for
//! some days with what people say and release it; and again from the moment at which they take the release back.

mod compare;
mod without;

use base::{Action, Actor, CenterId, Instant, PersonId, permit_platform};
use db::{DbError, Tx};
use directory::audit::{Event, Trail};
use serde_json::json;

use crate::clock::DAY;
use crate::model::Report;
use crate::service::{Capacity, CapacityError, may_report, stage};
use crate::store;
use crate::words::Channel;
use compare::compared;
pub use compare::{Double, Trial};
use without::without;

/// So many days people and a program report beside each other, before its release needs a reason.
pub const TRIAL_DAYS: usize = 3;
/// What the sender of a report that is held is told.
pub const HELD: &str = "Kept, and not shown: this program is not released yet. The platform's staff compare what it says with what people report, and release it.";
/// What is told of a second release.
const RELEASED: &str = "This program is released already.";
/// Longest reason, in characters.
const LONGEST: usize = 500;
/// Reports that are compared; a program that reports every 15 minutes makes 288 in three days.
const COMPARED: i64 = 500;
/// How far back they are compared.
const LOOK_BACK: i64 = 14 * DAY;

db::statements! {
    /// The statements of programs that report.
    pub CLIENT_STATEMENTS;

    ADD => capacity_client(center_id, person_id, name, since_at, released_at, decided_by, reason);
    CLIENT = "select center_id, person_id, name, since_at, released_at, decided_by, reason from capacity_client
        where center_id = $1 and person_id = $2";
    CLIENTS = "select center_id, person_id, name, since_at, released_at, decided_by, reason from capacity_client
        order by center_id, person_id", scan_ok = "a few programs, for staff";
    HELD_AT = "select name from capacity_client where center_id = $1 and released_at is null order by person_id";
    RELEASE = "update capacity_client set released_at = $3, decided_by = $4, reason = $5
        where center_id = $1 and person_id = $2 and released_at is null";
    HOLD = "update capacity_client set released_at = null, since_at = $3, decided_by = $4, reason = $5
        where center_id = $1 and person_id = $2 and released_at is not null";
}

db::row! {
    /// A program that reports for a center: whoever its access token belongs to.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Client {
        /// The center.
        pub center: CenterId,
        /// The account that it signs in with.
        pub person: PersonId,
        /// The name of that account when it first reported.
        pub name: String,
        /// Since when it is compared: its first report, or the end of its release.
        pub since: Instant,
        /// Since when what it says is shown; none while it is not.
        pub released_at: Option<Instant>,
        /// Who decided last; empty for nobody.
        pub decided_by: String,
        /// Why.
        pub reason: String,
    }
}

fn find(tx: &mut Tx<'_>, center: CenterId, person: PersonId) -> Result<Option<Client>, DbError> {
    tx.opt(&CLIENT, (center, person))
}

/// Whether a report is kept and not shown: it comes from a program that is not released. The first one of a program
/// makes it known to staff.
pub(crate) fn is_held(
    tx: &mut Tx<'_>,
    actor: &Actor,
    report: &Report,
) -> Result<bool, CapacityError> {
    let Some(person) = actor.person_id().filter(|_| actor.is_token() || report.automatic) else {
        return Ok(false);
    };
    if let Some(client) = find(tx, report.center, person)? {
        return Ok(client.released_at.is_none());
    }
    let since = report.recorded_at;
    let row =
        (report.center, person, base::shown_name(actor.name()), since, None::<Instant>, "", "");
    tx.insert_many(&ADD, [row])?;
    let event = Event::of_center("capacity-client", report.center);
    let event = event.with(json!({ "person": person, "state": "held" }));
    Trail::new(actor, since).write(tx, &event)?;
    Ok(true)
}

impl Capacity {
    /// Every program that reports, in the order of their centers.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers.
    pub fn clients(&self, actor: &Actor) -> Result<Vec<Client>, CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        Ok(self.db.read_one(|tx| tx.all(&CLIENTS, ()))?)
    }

    /// The names of the programs that report for a center and are not shown.
    ///
    /// # Errors
    /// `Refused` unless the actor reports for the center, or relays for it.
    pub fn held_clients(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<String>, CapacityError> {
        self.db.read(|tx| {
            may_report(tx, actor, center)?;
            let held: Vec<(String,)> = tx.all(&HELD_AT, (center,))?;
            Ok(held.into_iter().map(|it| it.0).collect())
        })
    }

    /// One program, with what it has said beside what people said at the same time.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Missing` without such a program.
    pub fn trial(
        &self,
        actor: &Actor,
        center: CenterId,
        person: PersonId,
    ) -> Result<(Client, Trial), CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        let snapshot = self.current()?;
        let (profile, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        self.db.read(|tx| {
            let client = find(tx, center, person)?.ok_or(CapacityError::Missing)?;
            let now = self.clock.now();
            let span = (now.plus_micros(-LOOK_BACK), now.plus_micros(DAY));
            let mut reports = store::history(tx, center, span, COMPARED)?;
            reports.reverse();
            let trial = compared(&client, profile, &reports, &self.cadences);
            Ok((client, trial))
        })
    }

    /// Shows what a program says from its next report on. What it said before stays unshown.
    ///
    /// # Errors
    /// `Refused`; `Missing`; `Stage` when it is shown already; `Values` when the days of comparison are not over and no
    /// reason is given.
    pub fn release_client(
        &self,
        actor: &Actor,
        (center, person): (CenterId, PersonId),
        reason: &str,
    ) -> Result<(), CapacityError> {
        let (client, trial) = self.trial(actor, center, person)?;
        if client.released_at.is_some() {
            return stage(RELEASED);
        }
        let reason = sound(reason)?;
        if reason.is_empty() && trial.days.len() < TRIAL_DAYS {
            let told = format!(
                "People and the program have reported beside each other on {} of {TRIAL_DAYS} days: say why it is \
                 released now.",
                trial.days.len()
            );
            return Err(CapacityError::Values(vec![("reason", told)]));
        }
        let now = self.clock.now();
        self.db.write(|tx| {
            let by = (center, person, now, actor.name(), reason);
            if tx.execute(&RELEASE, by)? == 0 {
                return stage(RELEASED);
            }
            decided(tx, actor, (center, person), ("released", reason), now)
        })
    }

    /// Takes the release back at once. What the program has said counts no more; where it spoke last, nothing is known
    /// until a person reports.
    ///
    /// # Errors
    /// `Refused`; `Missing`; `Stage` when it is not released; `Values` without a reason.
    pub fn hold_client(
        &self,
        actor: &Actor,
        (center, person): (CenterId, PersonId),
        reason: &str,
    ) -> Result<(), CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        let reason = sound(reason)?;
        if reason.is_empty() {
            let told = "Say why, for the center and for whoever mends the program.".to_owned();
            return Err(CapacityError::Values(vec![("reason", told)]));
        }
        self.db.write(|tx| {
            find(tx, center, person)?.ok_or(CapacityError::Missing)?;
            let now = self.clock.now();
            if tx.execute(&HOLD, (center, person, now, actor.name(), reason))? == 0 {
                return stage("This program is not released.");
            }
            let reports = store::reports(tx, center, now)?;
            let mut at = store::last(tx, center)?.map_or(now, |it| now.max(it.plus_micros(1)));
            for without in without(&reports, (center, person), &self.cadences, &self.ids) {
                let by = actor.name().to_owned();
                let report = Report { valid_at: now, recorded_at: at, reported_by: by, ..without };
                at = at.plus_micros(1);
                store::add(tx, &report)?;
                let event = Event::of_center("capacity-report", center)
                    .with(json!({ "report": report.report_id, "kind": report.kind }));
                Trail::new(actor, now).write(tx, &event)?;
            }
            decided(tx, actor, (center, person), ("held", reason), now)
        })
    }
}

/// Whether a program has made a report with an account. What somebody types with the same account is theirs.
fn is_by(report: &Report, person: PersonId) -> bool {
    let by_program = report.automatic
        || report.held
        || matches!(report.channel, Channel::Api | Channel::Fhir | Channel::Csv | Channel::Have);
    by_program && report.reported_by.ends_with(&format!(" <{person}>"))
}

fn decided(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (center, person): (CenterId, PersonId),
    (state, reason): (&str, &str),
    now: Instant,
) -> Result<(), CapacityError> {
    let event = Event::of_center("capacity-client", center);
    let event = event.with(json!({ "person": person, "state": state, "reason": reason }));
    Ok(Trail::new(actor, now).write(tx, &event)?)
}

fn sound(reason: &str) -> Result<&str, CapacityError> {
    let reason = reason.trim();
    if reason.chars().count() > LONGEST || reason.chars().any(char::is_control) {
        let told = format!("A line of up to {LONGEST} characters.");
        return Err(CapacityError::Values(vec![("reason", told)]));
    }
    Ok(reason)
}
