//! Reporting: one form, filled with the last report; one button when nothing has changed; a receipt with a way back.

mod now;
mod page;
mod typed;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use base::Actor;
pub(in crate::web) use now::{Light, lights};
use page::{Look, Page, Receipt};
use site::SignedIn;
use typed::{Known, Typed};
pub(in crate::web) use typed::{clock_moment, clock_text};
use uuid::Uuid;

use super::{CapacityPages, FormPage, device, form_page, moment, work};
use crate::check::Finding;
use crate::clock::MINUTE;
use crate::model::{Center, Report};
use crate::service::{Capacity, CapacityError, reports_for, stage};
use crate::snapshot::Snapshot;
use crate::unit::Unit;
use crate::words::{Channel, ReportKind};

/// A report is taken back on its receipt within so many minutes; later it is replaced by a new one.
const UNDO: i64 = 15;

/// What goes wrong with a report that was sent.
#[derive(Default)]
struct Wrong {
    findings: Vec<Finding>,
    general: Vec<String>,
    asks: bool,
    /// A suspension that was typed: its end and its reason.
    suspend: (String, String),
}

/// The form.
pub(super) async fn form(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    pairs: Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let of = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let sent: Option<Uuid> = of("sent").and_then(|value| value.parse().ok());
    let unit = of("unit").filter(|it| !it.is_empty());
    let pass = of("pass").map(|it| site::way_back(&it, "/desk").to_owned());
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let (known, relays) = own(capacity, &snapshot, &actor, &number)?;
        // a link may be older than its unit
        let unit = unit.and_then(|key| known.center.unit(&key, known.now));
        let known = Known { unit: unit.or_else(|| first(known)), ..known };
        let typed = Typed::from_log(known, capacity.ids.next());
        let receipt = match sent {
            Some(sent) => receipt(capacity, &actor, known, sent)?,
            None => None,
        };
        let open_runs = capacity.open_runs(&actor, known.center.id);
        let held = capacity.held_clients(&actor, known.center.id)?;
        let shown = Look { capacity, known, actor: &actor, relays, open_runs, held };
        let mut page = shown.page(&typed, &Wrong::default(), receipt);
        page.pass = pass;
        Ok(page)
    });
    let body = body.await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

/// Takes what was sent: a report, a confirmation, or a withdrawal.
pub(super) async fn send(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let from = device::From::new(&pages, &headers);
    let done = work(&pages, &visitor, move |capacity| {
        let done = taken(capacity, &actor, &number, &pairs)?;
        let center = capacity.current()?.by_number(&number).map(|(center, _)| center.id);
        let cookie = match (&done, center) {
            (Ok(_), Some(center)) => from.reported(&actor, &[center])?,
            _ => None,
        };
        Ok((done, cookie))
    });
    Ok(match done.await? {
        (Ok(address), cookie) => {
            device::with_cookie(Redirect::to(&address).into_response(), cookie.as_deref())
        }
        (Err(body), _) => form_page(&pages, &visitor, &headers, &body),
    })
}

impl FormPage for Page {
    fn title(&self) -> String {
        format!("Report the capacity of {}", self.name)
    }

    fn is_wrong(&self) -> bool {
        self.wrong
    }
}

/// The center, for those who report for it; and whether only by relaying what it has said by telephone.
fn own<'a>(
    capacity: &Capacity,
    snapshot: &'a Snapshot,
    actor: &Actor,
    number: &str,
) -> Result<(Known<'a>, bool), CapacityError> {
    let (_, log) = snapshot.by_number(number).ok_or(CapacityError::Missing)?;
    let (center, relays) = reports_for(snapshot, actor, number)?;
    let now = capacity.clock.now();
    Ok((Known { center, unit: None, log, cadences: snapshot.cadences(), now }, relays))
}

/// Whoever reports first, where nobody is named.
fn first(known: Known<'_>) -> Option<&Unit> {
    known.center.speakers(known.now).into_iter().next().flatten()
}

/// Does what was sent: the address of the receipt, or the form again with what is wrong.
fn taken(
    capacity: &Capacity,
    actor: &Actor,
    number: &str,
    pairs: &[(String, String)],
) -> Result<Result<String, Page>, CapacityError> {
    let snapshot = capacity.current()?;
    let (known, relays) = own(capacity, &snapshot, actor, number)?;
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, it)| it.as_str());
    let (known, named) = speaker(known, (value("unit"), value("do")))?;
    let Known { center, now, .. } = known;
    let strange =
        || CapacityError::Stage("The form did not arrive whole. Open it again.".to_owned());
    let id = |key: &str| value(key).and_then(|it| it.parse::<Uuid>().ok()).ok_or_else(strange);
    let fresh = || Typed::from_log(known, capacity.ids.next());
    let look = || {
        let open_runs = capacity.open_runs(actor, center.id);
        let held = capacity.held_clients(actor, center.id)?;
        Ok::<_, CapacityError>(Look { capacity, known, actor, relays, open_runs, held })
    };
    let here = format!("/capacity/{number}/report");
    let (typed, report, acknowledged) = match value("do").unwrap_or_default() {
        "confirm" => {
            let at = typed::said_at(now, pairs).map_err(|_| strange())?.unwrap_or(now);
            let report = Report::blank(center.id, id("confirm")?, ReportKind::ConfirmUnchanged, at);
            // without a unit the center confirms with all of them
            let unit = named.map(|unit| unit.key.clone());
            (fresh(), Ok(Report { unit, ..report }), true)
        }
        "undo" => {
            let sent = id("sent")?;
            let report = Report::blank(center.id, capacity.ids.next(), ReportKind::Withdrawal, now);
            (fresh(), Ok(Report { supersedes: Some(sent), ..report }), true)
        }
        "send" => {
            let typed = Typed::read(known, pairs).ok_or_else(strange)?;
            let (report, acknowledged) = (typed.report(known), typed.acknowledged);
            (typed, report, acknowledged)
        }
        how @ ("suspend" | "resume") => {
            let text = |key: &str| value(key).unwrap_or_default().trim().to_owned();
            let suspend = (text("until"), text("reason"));
            return match suspension(capacity, actor, center, (how, &suspend)) {
                Ok(()) => Ok(Ok(here)),
                Err(CapacityError::Stage(reason)) => {
                    let wrong = Wrong { general: vec![reason], suspend, ..Wrong::default() };
                    Ok(Err(look()?.page(&fresh(), &wrong, None)))
                }
                Err(other) => Err(other),
            };
        }
        _ => return Err(strange()),
    };
    let sent = match report {
        Ok(report) if relays => {
            Ok(Report { kind: ReportKind::Relayed, channel: Channel::Relay, ..report })
        }
        other => other,
    };
    match stored(capacity, actor, sent, acknowledged)? {
        Ok(about) => {
            let unit = known.key().map(|key| format!("unit={key}&")).unwrap_or_default();
            Ok(Ok(format!("{here}?{unit}sent={about}#receipt")))
        }
        Err(wrong) => Ok(Err(look()?.page(&typed, &wrong, None))),
    }
}

/// Whose form it is, and the unit that it names.
fn speaker<'a>(
    known: Known<'a>,
    (unit, deed): (Option<&str>, Option<&str>),
) -> Result<(Known<'a>, Option<&'a Unit>), CapacityError> {
    let Known { center, now, .. } = known;
    let named = match unit.filter(|it| !it.is_empty()) {
        Some(key) => Some(center.unit(key, now).ok_or_else(gone)?),
        None => None,
    };
    let sends = deed == Some("send");
    if sends && !center.speakers(now).contains(&named) {
        return Err(gone());
    }
    let unit = if sends { named } else { named.or_else(|| first(known)) };
    Ok((Known { unit, ..known }, named))
}

/// Since the form was opened, somebody else speaks for what was typed.
fn gone() -> CapacityError {
    let text = "The units of the center have changed since this form was opened, and nothing is stored. Open the form again.";
    CapacityError::Stage(text.to_owned())
}

/// Stores a report: its id, or that of the one that it takes back; or what is wrong with it.
fn stored(
    capacity: &Capacity,
    actor: &Actor,
    report: Result<Report, Vec<Finding>>,
    acknowledged: bool,
) -> Result<Result<Uuid, Wrong>, CapacityError> {
    let report = match report {
        Ok(report) => report,
        Err(findings) => return Ok(Err(Wrong { findings, ..Wrong::default() })),
    };
    let wrong = match capacity.report(actor, report.center, &report, acknowledged) {
        Ok(_) => return Ok(Ok(report.supersedes.unwrap_or(report.report_id))),
        Err(CapacityError::Invalid(findings)) => Wrong { findings, ..Wrong::default() },
        Err(CapacityError::Ask(findings)) => Wrong { findings, asks: true, ..Wrong::default() },
        Err(CapacityError::Stage(reason)) => Wrong { general: vec![reason], ..Wrong::default() },
        Err(other) => return Err(other),
    };
    Ok(Err(wrong))
}

/// Says that the center does not work, or works again.
fn suspension(
    capacity: &Capacity,
    actor: &Actor,
    center: &Center,
    (how, (until, reason)): (&str, &(String, String)),
) -> Result<(), CapacityError> {
    if how == "resume" {
        return capacity.resume(actor, center.id);
    }
    match clock_moment(until, &center.time_zone) {
        Some(until) => capacity.suspend(actor, center.id, until, reason),
        None => stage("Type the day and time when the center works again."),
    }
}

/// What became of a report of this center; none when there is no such report.
fn receipt(
    capacity: &Capacity,
    actor: &Actor,
    known: Known<'_>,
    sent: Uuid,
) -> Result<Option<Receipt>, CapacityError> {
    let Known { center, now, .. } = known;
    let span = (now.plus_micros(-24 * 60 * MINUTE), now.plus_micros(MINUTE));
    let reports = capacity.history(actor, center.id, span)?;
    let Some(report) = reports.iter().find(|report| report.report_id == sent) else {
        return Ok(None);
    };
    let undone = reports.iter().any(|report| report.supersedes == Some(sent));
    let age = now.as_micros().saturating_sub(report.recorded_at.as_micros());
    let relayed = report.kind == ReportKind::Relayed;
    let waited = report.recorded_at.as_micros().saturating_sub(report.valid_at.as_micros());
    let late = waited > MINUTE;
    Ok(Some(Receipt {
        id: sent,
        at: moment(report.recorded_at, &center.time_zone),
        said: late.then(|| moment(report.valid_at, &center.time_zone)),
        may_undo: !undone && !relayed && age <= UNDO * MINUTE,
        undone,
    }))
}
