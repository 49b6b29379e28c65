//! Reporting: one form, filled with the last report; one button when nothing has changed; a receipt with a way back.

mod typed;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Action, Actor, Instant, permit};
use site::{PageMeta, SignedIn, Visitor};
use typed::{ASKED, COUNTS, Typed, empty};
use uuid::Uuid;

use super::shown::{age_class, symbol, told};
use super::{CapacityPages, moment, page, work};
use crate::check::Finding;
use crate::clock::MINUTE;
use crate::log::Log;
use crate::model::{Center, Report};
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::status::status;
use crate::words::{Accepts, Declared, Limit, ReportKind};

/// A report is taken back on its receipt within so many minutes; later it is replaced by a new one.
const UNDO: i64 = 15;
/// The status buttons.
const BUTTONS: [(Declared, &str); 4] = [
    (Declared::Available, "Can accept"),
    (Declared::Limited, "Limited – call"),
    (Declared::Full, "Full"),
    (Declared::Unknown, "Cannot say"),
];

struct Button {
    value: &'static str,
    label: &'static str,
    symbol: &'static str,
    chosen: bool,
}

struct Number {
    key: String,
    label: &'static str,
    value: String,
    wrong: Option<String>,
}

struct Tick {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// One age group of the form.
struct Part {
    key: &'static str,
    label: &'static str,
    buttons: Vec<Button>,
    /// What is wrong with the status.
    wrong: Option<String>,
    numbers: Vec<Number>,
    more: Vec<Number>,
    /// Whether something in the second screen is filled in or wrong.
    open: bool,
    limits: Vec<Tick>,
    withheld: bool,
    limits_wrong: Option<String>,
    accepts: Vec<Tick>,
}

/// What everybody sees now.
struct Light {
    what: String,
    symbol: &'static str,
    label: &'static str,
    told: String,
    age_class: &'static str,
    due: Option<String>,
}

/// What became of the report.
struct Receipt {
    id: Uuid,
    at: String,
    may_undo: bool,
    undone: bool,
}

#[derive(Template)]
#[template(path = "capacity/report.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
struct Page {
    number: String,
    name: String,
    report: Uuid,
    confirm: Uuid,
    parts: Vec<Part>,
    lights: Vec<Light>,
    /// Something is in force that can be confirmed.
    confirmable: bool,
    receipt: Option<Receipt>,
    general: Vec<String>,
    /// The report is unusual: it is sent again with a tick.
    asks: bool,
    suspended: bool,
    comment_public: String,
    comment_professional: String,
    wrong: bool,
}

/// What goes wrong with a report that was sent.
#[derive(Default)]
struct Wrong {
    findings: Vec<Finding>,
    general: Vec<String>,
    asks: bool,
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
    let sent: Option<Uuid> =
        pairs.iter().find(|(key, _)| key == "sent").and_then(|(_, value)| value.parse().ok());
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let (center, log) = own(&snapshot, &actor, &number)?;
        let typed = Typed::from_log(center, log, snapshot.cadences(), capacity.ids.next());
        let receipt = match sent {
            Some(sent) => receipt(capacity, &actor, center, sent)?,
            None => None,
        };
        let shown = Look { capacity, snapshot: &snapshot, center, log };
        Ok(shown.page(&typed, &Wrong::default(), receipt))
    });
    let body = body.await?;
    Ok(shown(&pages, &visitor, &headers, &body))
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
    let done = work(&pages, &visitor, move |capacity| taken(capacity, &actor, &number, &pairs));
    match done.await? {
        Ok(address) => Ok(Redirect::to(&address).into_response()),
        Err(body) => Ok(shown(&pages, &visitor, &headers, &body)),
    }
}

fn shown(pages: &CapacityPages, visitor: &Visitor, headers: &HeaderMap, body: &Page) -> Response {
    let title = format!("Report the capacity of {}", body.name);
    let meta = PageMeta { title: &title, description: None, path: None };
    let mut response = page(pages, visitor, headers, &meta, body);
    if body.wrong && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// The center, for those who report for it.
fn own<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    number: &str,
) -> Result<(&'a Center, &'a Log), CapacityError> {
    let (center, log) = snapshot.by_number(number).ok_or(CapacityError::Missing)?;
    permit(actor, Action::ReportCapacity, center.id)?;
    Ok((center, log))
}

/// Does what was sent: the address of the receipt, or the form again with what is wrong.
fn taken(
    capacity: &Capacity,
    actor: &Actor,
    number: &str,
    pairs: &[(String, String)],
) -> Result<Result<String, Page>, CapacityError> {
    let snapshot = capacity.current()?;
    let (center, log) = own(&snapshot, actor, number)?;
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, it)| it.as_str());
    let now = capacity.clock.now();
    let strange =
        || CapacityError::Stage("The form did not arrive whole. Open it again.".to_owned());
    let id = |key: &str| value(key).and_then(|it| it.parse::<Uuid>().ok()).ok_or_else(strange);
    let fresh = || Typed::from_log(center, log, snapshot.cadences(), capacity.ids.next());
    let (typed, report, acknowledged) = match value("do").unwrap_or_default() {
        "confirm" => {
            let report = empty(center, id("confirm")?, ReportKind::ConfirmUnchanged, now);
            (fresh(), Ok(report), true)
        }
        "undo" => {
            let sent = id("sent")?;
            let report = empty(center, capacity.ids.next(), ReportKind::Withdrawal, now);
            (fresh(), Ok(Report { supersedes: Some(sent), ..report }), true)
        }
        "send" => {
            let typed = Typed::read(center, pairs).ok_or_else(strange)?;
            let (report, acknowledged) = (typed.report(center, now), typed.acknowledged);
            (typed, report, acknowledged)
        }
        _ => return Err(strange()),
    };
    let address = |sent: Uuid| format!("/capacity/{number}/report?sent={sent}#receipt");
    let mut wrong = Wrong::default();
    match report {
        Err(findings) => wrong.findings = findings,
        Ok(report) => {
            let about = report.supersedes.unwrap_or(report.report_id);
            match capacity.report(actor, center.id, &report, acknowledged) {
                Ok(_) => return Ok(Ok(address(about))),
                Err(CapacityError::Invalid(findings)) => wrong.findings = findings,
                Err(CapacityError::Ask(findings)) => {
                    wrong.findings = findings;
                    wrong.asks = true;
                }
                Err(CapacityError::Stage(reason)) => wrong.general.push(reason),
                Err(other) => return Err(other),
            }
        }
    }
    Ok(Err(Look { capacity, snapshot: &snapshot, center, log }.page(&typed, &wrong, None)))
}

/// What became of a report of this center; none when there is no such report.
fn receipt(
    capacity: &Capacity,
    actor: &Actor,
    center: &Center,
    sent: Uuid,
) -> Result<Option<Receipt>, CapacityError> {
    let now = capacity.clock.now();
    let span = (now.plus_micros(-24 * 60 * MINUTE), now.plus_micros(MINUTE));
    let reports = capacity.history(actor, center.id, span)?;
    let Some(report) = reports.iter().find(|report| report.report_id == sent) else {
        return Ok(None);
    };
    let undone = reports.iter().any(|report| report.supersedes == Some(sent));
    let age = now.as_micros().saturating_sub(report.recorded_at.as_micros());
    Ok(Some(Receipt {
        id: sent,
        at: moment(report.recorded_at, &center.time_zone),
        may_undo: !undone && age <= UNDO * MINUTE,
        undone,
    }))
}

struct Look<'a> {
    capacity: &'a Capacity,
    snapshot: &'a Snapshot,
    center: &'a Center,
    log: &'a Log,
}

impl Look<'_> {
    fn page(&self, typed: &Typed, wrong: &Wrong, receipt: Option<Receipt>) -> Page {
        let now = self.capacity.clock.now();
        let mut general = wrong.general.clone();
        let mut fields: Vec<(String, String)> = Vec::new();
        for finding in &wrong.findings {
            let message = match &finding.fix {
                Some(fix) => format!("{} {fix} would do.", finding.message),
                None => finding.message.clone(),
            };
            match typed.field(&finding.pointer) {
                Some(field) => fields.push((field, message)),
                None => general.push(message),
            }
        }
        let parts: Vec<Part> = typed.groups.iter().map(|group| part(group, &fields)).collect();
        Page {
            number: self.center.number.clone(),
            name: self.center.name.clone(),
            report: typed.report,
            confirm: self.capacity.ids.next(),
            parts,
            lights: self.lights(now),
            confirmable: !self.log.lines_in_force(None, self.snapshot.cadences()).is_empty(),
            receipt,
            wrong: !general.is_empty() || !fields.is_empty(),
            general,
            asks: wrong.asks,
            suspended: self.center.suspended(now).is_some(),
            comment_public: typed.comment_public.clone(),
            comment_professional: typed.comment_professional.clone(),
        }
    }

    fn lights(&self, now: Instant) -> Vec<Light> {
        let mut all = Vec::new();
        for age in typed::offered(self.center) {
            for mode in self.center.modes(age) {
                let cadences = self.snapshot.cadences();
                let Some(status) = status(self.center, self.log, (age, mode), cadences, now) else {
                    continue;
                };
                all.push(Light {
                    what: format!("{}, {}", age.label(), mode.label()),
                    symbol: symbol(status.light, status.is_stale()),
                    label: status.light.label(),
                    told: told(self.center, &status, now),
                    age_class: age_class(&status),
                    due: status
                        .due(self.center, cadences, now)
                        .map(|due| moment(due.0, &self.center.time_zone)),
                });
            }
        }
        all
    }
}

fn part(group: &typed::Group, fields: &[(String, String)]) -> Part {
    let key = group.age.as_str();
    let wrong = |name: &str| {
        let field = format!("{key}.{name}");
        let all: Vec<&str> =
            fields.iter().filter(|(it, _)| *it == field).map(|(_, why)| why.as_str()).collect();
        (!all.is_empty()).then(|| all.join(" "))
    };
    let mut numbers: Vec<Number> = COUNTS
        .iter()
        .zip(&group.counts)
        .map(|((name, label), value)| Number {
            key: format!("{key}.{name}"),
            label,
            value: value.clone(),
            wrong: wrong(name),
        })
        .collect();
    let more = numbers.split_off(ASKED);
    let button = |(status, label): &(Declared, &'static str)| Button {
        value: status.as_str(),
        label,
        symbol: match status {
            Declared::Available => "available",
            Declared::Limited => "limited",
            Declared::Full => "full",
            _ => "unknown",
        },
        chosen: group.status == Some(*status),
    };
    let limit = |it: &Limit| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.limits.contains(it),
    };
    let accept = |it: &Accepts| Tick {
        value: it.as_str(),
        label: it.label(),
        chosen: group.accepts == Some(*it),
    };
    Part {
        key,
        label: group.age.label(),
        buttons: BUTTONS.iter().map(button).collect(),
        wrong: wrong("declared_status"),
        open: more.iter().any(|it| !it.value.is_empty() || it.wrong.is_some())
            || group.accepts.is_some(),
        numbers,
        more,
        limits: Limit::ALL.iter().map(limit).collect(),
        withheld: group.withheld,
        limits_wrong: wrong("limits"),
        accepts: Accepts::ALL.iter().map(accept).collect(),
    }
}
