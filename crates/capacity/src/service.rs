//! What people and programs do: report, confirm, correct, relay, look and search. Every change is one transaction:
//! permission, row, audit. The audit is what others follow.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use base::{Action, Actor, CenterId, Clock, Ids, Instant, Place, Refusal, permit, permit_platform};
use db::{Db, DbError, Tx};
use directory::audit::{Event, Trail};
use directory::centers::{AgeGroup, CenterError, Centers, is_professional};
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;

use crate::check::{Context, Finding, check};
use crate::client;
use crate::clock::{Cadences, DAY, may_correct};
use crate::log::Log;
use crate::model::{Center, Report};
use crate::snapshot::Snapshot;
use crate::store;
use crate::view::{CenterView, view};
use crate::words::{Reader, ReportKind};

/// How far back equal values are looked for, and in how many reports at most.
const LOOK_BACK: i64 = 20 * DAY;
const SAME_ROWS: i64 = 90;
/// Most reports that one page of history holds.
const PAGE: i64 = 500;

/// Why something cannot be done. No text holds a number or a comment of a report.
#[derive(Debug, Error)]
pub enum CapacityError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The directory of centers failed.
    #[error(transparent)]
    Directory(#[from] CenterError),
    /// The people of the platform could not be read or written to.
    #[error("people: {0}")]
    People(Box<directory::PeopleError>),
    /// Not theirs to do.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such public center, report or network.
    #[error("there is no such center, report or network")]
    Missing,
    /// Another center has used this id.
    #[error("another center has used the id of this report")]
    Foreign,
    /// The report breaks rules.
    #[error("{} findings in a capacity report", .0.len())]
    Invalid(Vec<Finding>),
    /// The report is unusual: send it again and say that it is right.
    #[error("{} questions to a capacity report", .0.len())]
    Ask(Vec<Finding>),
    /// Values cannot be taken: by field, what to do.
    #[error("{} values cannot be taken", .0.len())]
    Values(Vec<(&'static str, String)>),
    /// It cannot be done as things stand, with the reason as a sentence for people.
    #[error("not possible now: {0}")]
    Stage(String),
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// As it is stored.
    pub report: Report,
    /// Whether it was new; the same report sent again changes nothing.
    pub new: bool,
}

/// Tells how many open runs of a center the registry has on support now, by age group; nothing where it cannot tell.
pub type RegistryHint = Arc<dyn Fn(&Actor, CenterId) -> Vec<(AgeGroup, i64)> + Send + Sync>;

/// The capacity service: synchronous, over one database. Cheap to clone.
#[derive(Clone)]
pub struct Capacity {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    centers: Centers,
    pub(crate) cadences: Cadences,
    registry: RegistryHint,
    current: Arc<Mutex<Option<Arc<Snapshot>>>>,
}

impl Capacity {
    /// The service over a database with the schema of OpenECLS and the directory of its centers.
    ///
    /// # Errors
    /// `Stage` when a stricter cadence is longer than a laxer one.
    pub fn new(
        db: Db,
        clock: Clock,
        ids: Arc<Ids>,
        centers: Centers,
        cadences: Cadences,
    ) -> Result<Self, CapacityError> {
        if !cadences.are_sound() {
            return stage("A stricter cadence must not be longer than a laxer one.");
        }
        let registry: RegistryHint = Arc::new(|_, _| Vec::new());
        Ok(Self { db, clock, ids, centers, cadences, registry, current: Arc::default() })
    }

    /// The same beside a registry, whose open runs are held against what is reported.
    #[must_use]
    pub fn beside(self, registry: RegistryHint) -> Self {
        Self { registry, ..self }
    }

    /// Open runs of a center in the registry by age group, for those who report for it. A hint: it never writes a report.
    pub(crate) fn open_runs(&self, actor: &Actor, center: CenterId) -> Vec<(AgeGroup, i64)> {
        (self.registry)(actor, center)
    }

    /// Every public center with what it has said. Two statements as long as nothing changes; after a report, only the
    /// centers that have reported are read anew.
    pub fn current(&self) -> Result<Arc<Snapshot>, CapacityError> {
        let book = self.centers.book()?;
        let version = self.db.read_one(store::version)?;
        let lock = || self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lock().as_ref().map(Arc::clone);
        if let Some(known) = known.as_ref().filter(|it| it.is_of(version, &book)) {
            return Ok(Arc::clone(known));
        }
        let now = self.clock.now();
        let next = self.db.read(|tx| match &known {
            Some(known) => known.follow(tx, &book, now),
            None => Snapshot::read(tx, &book, self.cadences, now),
        })?;
        let next = Arc::new(next);
        *lock() = Some(Arc::clone(&next));
        Ok(next)
    }

    /// Takes a report. Its center, sender and time of arrival are set here.
    ///
    /// # Errors
    /// `Missing` without such a public center; `Refused`; `Foreign` when another center has used the id; `Invalid`;
    /// `Ask` unless the sender has `acknowledged` what is unusual; `Stage` for a correction that comes too late.
    pub fn report(
        &self,
        actor: &Actor,
        center: CenterId,
        incoming: &Report,
        acknowledged: bool,
    ) -> Result<Taken, CapacityError> {
        let snapshot = self.current()?;
        let (profile, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        let open_runs = self.open_runs(actor, center);
        self.db.write(|tx| {
            let relays = may_report(tx, actor, center)?;
            if let Some((owner, report)) = store::find(tx, incoming.report_id)? {
                let same = owner == center;
                return if same {
                    Ok(Taken { report, new: false })
                } else {
                    Err(CapacityError::Foreign)
                };
            }
            if relays && incoming.kind != ReportKind::Relayed {
                return stage("A coordinator relays what a center has said by telephone.");
            }
            let report = self.judged(tx, (actor, profile), incoming, &open_runs, acknowledged)?;
            let now = self.clock.now();
            let held = client::is_held(tx, actor, &report)?;
            let report = Report { held, ..report };
            store::add(tx, &report)?;
            let event = Event::of_center("capacity-report", center).with(json!({
                "report": report.report_id,
                "kind": report.kind,
                "valid_at": report.valid_at.to_string(),
                "supersedes": report.supersedes,
                "acknowledged": acknowledged,
            }));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(Taken { report, new: true })
        })
    }

    /// The same without storing anything: everything that would be refused or asked. Tells whether it would be new.
    ///
    /// # Errors
    /// As for a report that is sent.
    pub fn try_report(
        &self,
        actor: &Actor,
        center: CenterId,
        incoming: &Report,
        acknowledged: bool,
    ) -> Result<bool, CapacityError> {
        let snapshot = self.current()?;
        let (profile, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        let open_runs = self.open_runs(actor, center);
        self.db.read(|tx| {
            may_report(tx, actor, center)?;
            if let Some((owner, _)) = store::find(tx, incoming.report_id)? {
                return if owner == center { Ok(false) } else { Err(CapacityError::Foreign) };
            }
            self.judged(tx, (actor, profile), incoming, &open_runs, acknowledged).map(|_| true)
        })
    }

    /// The report as it would be stored, if it breaks no rule.
    fn judged(
        &self,
        tx: &mut Tx<'_>,
        (actor, center): (&Actor, &Center),
        incoming: &Report,
        open_runs: &[(AgeGroup, i64)],
        acknowledged: bool,
    ) -> Result<Report, CapacityError> {
        let now = self.clock.now();
        // a clock that was set back does not put a report before an earlier one
        let last = store::last(tx, center.id)?;
        let recorded_at = last.map_or(now, |last| now.max(last.plus_micros(1)));
        let by = actor.name().to_owned();
        let report = Report {
            center: center.id,
            recorded_at,
            reported_by: by,
            removes: BTreeSet::new(),
            ..incoming.clone()
        };
        let log = Log::of(&store::reports(tx, center.id, now)?, &self.cadences);
        let context = Context {
            center,
            log: &log,
            cadences: &self.cadences,
            now,
            same_days: same_days(tx, &report)?,
            open_runs,
        };
        judge(&report, &context, acknowledged)?;
        correctable(tx, actor, &report, now)?;
        Ok(report)
    }

    /// A report of a center for which the actor reports or relays.
    ///
    /// # Errors
    /// `Missing` without such a report; `Refused`.
    pub fn stored(&self, actor: &Actor, report: Uuid) -> Result<(CenterId, Report), CapacityError> {
        self.db.read(|tx| {
            let (center, report) = store::find(tx, report)?.ok_or(CapacityError::Missing)?;
            may_report(tx, actor, center)?;
            Ok((center, report))
        })
    }

    /// What the actor sees of a center.
    ///
    /// # Errors
    /// `Missing` without such a public center.
    pub fn view(&self, actor: &Actor, center: CenterId) -> Result<CenterView, CapacityError> {
        let snapshot = self.current()?;
        let (center, log) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        let reader = reader(actor, center, &snapshot);
        view(center, log, reader, &self.cadences, self.clock.now()).ok_or(CapacityError::Missing)
    }

    /// The reports of a center that arrived from one moment to before another, newest first, at most 500. Every
    /// report is kept for ever.
    ///
    /// # Errors
    /// `Refused` unless the actor reports for the center, or relays for it.
    pub fn history(
        &self,
        actor: &Actor,
        center: CenterId,
        span: (Instant, Instant),
    ) -> Result<Vec<Report>, CapacityError> {
        self.db.read(|tx| {
            may_report(tx, actor, center)?;
            Ok(store::history(tx, center, span, PAGE)?)
        })
    }
}

fn judge(report: &Report, context: &Context<'_>, acknowledged: bool) -> Result<(), CapacityError> {
    let findings = check(report, context);
    if !findings.hard.is_empty() {
        return Err(CapacityError::Invalid(findings.hard));
    }
    if !findings.accept(acknowledged) {
        return Err(CapacityError::Ask(findings.soft));
    }
    Ok(())
}

/// On how many days in a row before it a person has reported the same values.
fn same_days(tx: &mut Tx<'_>, report: &Report) -> Result<u32, DbError> {
    // a feed types nothing unseen, and a confirmation says that it is unchanged
    if report.automatic || report.lines.is_empty() {
        return Ok(0);
    }
    let span = (report.valid_at.plus_micros(-LOOK_BACK), report.recorded_at);
    let mut days = BTreeSet::new();
    let history = store::history(tx, report.center, span, SAME_ROWS)?;
    let whole = |it: &Report| it.kind == ReportKind::ConfirmUnchanged && it.unit.is_none();
    for earlier in
        history.iter().filter(|it| !it.held).filter(|it| it.unit == report.unit || whole(it))
    {
        let same = earlier.kind == ReportKind::ConfirmUnchanged || earlier.lines == report.lines;
        if !same {
            break;
        }
        days.insert(earlier.valid_at.as_micros().div_euclid(DAY));
    }
    Ok(u32::try_from(days.len()).unwrap_or(u32::MAX))
}

pub(crate) fn stage<T>(text: &str) -> Result<T, CapacityError> {
    Err(CapacityError::Stage(text.to_owned()))
}

/// Whether the actor may report for the center; true when only by relaying, as a coordinator of one of its networks.
pub(crate) fn may_report(
    tx: &mut Tx<'_>,
    actor: &Actor,
    center: CenterId,
) -> Result<bool, CapacityError> {
    let Err(refusal) = permit(actor, Action::ReportCapacity, center) else { return Ok(false) };
    let coordinates = !actor.reach(Action::ReportCapacity).networks.is_empty();
    let member = coordinates && relays(actor, &store::memberships(tx, center)?);
    if member { Ok(true) } else { Err(refusal.into()) }
}

/// Whether the actor coordinates one of these networks, and so relays what their centers say by telephone.
pub(crate) fn relays(actor: &Actor, networks: &[String]) -> bool {
    let coordinates = actor.reach(Action::ReportCapacity).networks;
    networks.iter().any(|network| coordinates.contains(network))
}

/// The center of a number, for those who report for it; and whether only by relaying what it has said by telephone.
pub(crate) fn reports_for<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    number: &str,
) -> Result<(&'a Center, bool), CapacityError> {
    let (center, _) = snapshot.by_number(number).ok_or(CapacityError::Missing)?;
    match permit(actor, Action::ReportCapacity, center.id) {
        Ok(()) => Ok((center, false)),
        Err(_) if relays(actor, &center.networks) => Ok((center, true)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Whether the report that another replaces is there, of the same center, and young enough.
fn correctable(
    tx: &mut Tx<'_>,
    actor: &Actor,
    report: &Report,
    now: Instant,
) -> Result<(), CapacityError> {
    let Some(replaced) = report.supersedes else { return Ok(()) };
    let found = store::find(tx, replaced)?.filter(|(owner, _)| *owner == report.center);
    let (_, replaced) = found.ok_or(CapacityError::Missing)?;
    if report.kind == ReportKind::Correction && report.unit != replaced.unit {
        return stage("A report is corrected by the unit that it is of: it must name the same.");
    }
    let steward = permit_platform(actor, Action::ManageCenters).is_ok();
    let reasoned = steward && !report.comment_professional.trim().is_empty();
    if may_correct(replaced.valid_at, now, reasoned) {
        return Ok(());
    }
    stage("A report is corrected within 14 days; later by the platform's staff, with a reason.")
}

/// The networks that the actor belongs to: through a center, or as their coordinator.
pub(crate) fn networks(actor: &Actor, snapshot: &Snapshot) -> BTreeSet<String> {
    let mut keys: BTreeSet<String> =
        actor.reach(Action::ReportCapacity).networks.iter().cloned().collect();
    for grant in actor.grants() {
        if let Place::Center(id) = grant.place
            && let Some((center, _)) = snapshot.center(id)
        {
            keys.extend(center.networks.iter().cloned());
        }
    }
    keys
}

/// As whom the actor looks at a center.
pub(crate) fn reader(actor: &Actor, center: &Center, snapshot: &Snapshot) -> Reader {
    let at_center =
        |id: CenterId| actor.grants().iter().any(|grant| grant.place == Place::Center(id));
    if at_center(center.id) || actor.is_operator() {
        return Reader::Center;
    }
    if !is_professional(actor) {
        return Reader::Public;
    }
    let coordinates = actor.reach(Action::ReportCapacity).networks;
    let shares = |network: &String| {
        coordinates.contains(network)
            || snapshot
                .centers()
                .any(|(other, _)| other.networks.contains(network) && at_center(other.id))
    };
    if center.networks.iter().any(shares) { Reader::Network } else { Reader::Professional }
}
