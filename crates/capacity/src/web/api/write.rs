//! Reports that programs send. The sender makes the id, so that sending twice is one report.

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use base::{Actor, Channel as Through, Instant};
use directory::centers::{AgeGroup, Mode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use site::{Fault, Sent, SignedIn, Visitor, Wrong};
use uuid::Uuid;

use super::super::CapacityPages;
use super::centers::{moment, report_value};
use super::said::told;
use super::{Pairs, fault, work, wrong};
use crate::client::HELD;
use crate::model::{Center, Line, Report, Team};
use crate::service::{Capacity, CapacityError, reports_for};
use crate::words::{Accepts, Channel, Declared, Limit, OperatingLevel, ReportKind, TeamStatus};

/// Most lines and teams of a report: every age group and mode, and some to spare.
const MOST: usize = 50;
/// Keys of a report, of a line and of a team.
const KEYS: [&[&str]; 3] = [
    &[
        "report_id",
        "kind",
        "valid_at",
        "automatic",
        "unit_id",
        "lines",
        "transport",
        "comment_public",
        "comment_professional",
    ],
    &[
        "age_group",
        "mode",
        "declared_status",
        "available_now",
        "on_ecls_now",
        "staffed_slots",
        "committed",
        "additional_24h",
        "additional_72h",
        "surge_7d",
        "next_free_expected_at",
        "limits",
        "limits_withheld",
        "accepts_external",
        "operating_level",
    ],
    &["age_group", "team_status", "teams_ready", "back_at", "comment"],
];

/// A moment with its offset from UTC.
pub(super) struct Moment(pub(super) Instant);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let told = "a moment with its offset from UTC, such as 2026-11-22T07:35:00+01:00";
        moment(&text).map(Self).ok_or_else(|| serde::de::Error::custom(told))
    }
}

/// A whole number or nothing; JSON writes 4 as 4.0 too.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else {
        return Ok(None);
    };
    crate::model::whole(&number)
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("a whole number, or null"))
}

#[derive(Deserialize)]
struct LineSent {
    age_group: AgeGroup,
    mode: Option<Mode>,
    declared_status: Declared,
    #[serde(default, deserialize_with = "whole")]
    available_now: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    on_ecls_now: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    staffed_slots: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    committed: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    additional_24h: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    additional_72h: Option<i64>,
    #[serde(default, deserialize_with = "whole")]
    surge_7d: Option<i64>,
    next_free_expected_at: Option<Moment>,
    #[serde(default)]
    limits: BTreeSet<Limit>,
    #[serde(default)]
    limits_withheld: bool,
    accepts_external: Option<Accepts>,
    operating_level: Option<OperatingLevel>,
}

impl From<LineSent> for Line {
    fn from(sent: LineSent) -> Self {
        Self {
            available_now: sent.available_now,
            on_ecls_now: sent.on_ecls_now,
            staffed_slots: sent.staffed_slots,
            committed: sent.committed,
            additional_24h: sent.additional_24h,
            additional_72h: sent.additional_72h,
            surge_7d: sent.surge_7d,
            next_free_expected_at: sent.next_free_expected_at.map(|at| at.0),
            limits: sent.limits,
            limits_withheld: sent.limits_withheld,
            accepts_external: sent.accepts_external,
            operating_level: sent.operating_level,
            ..Self::new(sent.age_group, sent.mode, sent.declared_status)
        }
    }
}

#[derive(Deserialize)]
struct TeamSent {
    age_group: AgeGroup,
    team_status: TeamStatus,
    #[serde(default, deserialize_with = "whole")]
    teams_ready: Option<i64>,
    back_at: Option<Moment>,
    #[serde(default)]
    comment: String,
}

/// What a program may say that a report is; corrections and confirmations have addresses of their own.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Full,
    Partial,
    Relayed,
    Withdrawal,
}

#[derive(Deserialize)]
struct ReportSent {
    report_id: Uuid,
    kind: Kind,
    valid_at: Moment,
    /// No person stands behind each report: its lines age by the row of feeds.
    #[serde(default)]
    automatic: bool,
    unit_id: Option<String>,
    #[serde(default)]
    lines: Vec<LineSent>,
    #[serde(default)]
    transport: Vec<TeamSent>,
    #[serde(default)]
    comment_public: String,
    #[serde(default)]
    comment_professional: String,
}

impl ReportSent {
    fn report(self, center: &Center) -> Result<Report, Fault> {
        if self.lines.len() > MOST || self.transport.len() > MOST {
            return Err(wrong("/lines", format!("at most {MOST} lines and {MOST} teams")));
        }
        let kind = match self.kind {
            Kind::Full => ReportKind::Full,
            Kind::Partial => ReportKind::Partial,
            Kind::Relayed => ReportKind::Relayed,
            Kind::Withdrawal => ReportKind::Withdrawal,
        };
        let team = |sent: TeamSent| Team {
            age_group: sent.age_group,
            team_status: sent.team_status,
            teams_ready: sent.teams_ready,
            back_at: sent.back_at.map(|at| at.0),
            comment: sent.comment,
        };
        Ok(Report {
            automatic: self.automatic,
            unit: self.unit_id,
            lines: self.lines.into_iter().map(Line::from).collect(),
            transport: self.transport.into_iter().map(team).collect(),
            comment_public: self.comment_public,
            comment_professional: self.comment_professional,
            ..blank(center, self.report_id, kind, self.valid_at.0)
        })
    }
}

fn blank(center: &Center, report_id: Uuid, kind: ReportKind, valid_at: Instant) -> Report {
    Report { channel: Channel::Api, ..Report::blank(center.id, report_id, kind, valid_at) }
}

/// Keys that nobody knows here, as JSON pointers: taken and named, so that a new client can talk to an old server.
fn unknown(value: &Value) -> Vec<String> {
    let [report, line, team] = KEYS;
    let mut out = Vec::new();
    let mut note = |value: &Value, known: &[&str], place: &str| {
        let keys = value.as_object().into_iter().flat_map(|it| it.keys());
        let strange = keys.filter(|key| !known.contains(&key.as_str()));
        out.extend(strange.map(|key| format!("{place}/{}", site::escaped(key))));
    };
    note(value, report, "");
    for (list, known) in [("lines", line), ("transport", team)] {
        let items = value.get(list).and_then(Value::as_array);
        for (at, item) in items.into_iter().flatten().enumerate() {
            note(item, known, &format!("/{list}/{at}"));
        }
    }
    out
}

/// Whether the sender says that what is unusual is right.
pub(super) fn acknowledged(pairs: &[(String, String)]) -> Result<bool, Fault> {
    let mut out = false;
    for (key, value) in pairs {
        out = match (key.as_str(), value.as_str()) {
            ("acknowledge", "true") => true,
            ("acknowledge", "false") => false,
            ("acknowledge", _) => return Err(wrong(key, "`true` or `false`")),
            _ => return Err(wrong(key, "there is no such parameter")),
        };
    }
    Ok(out)
}

/// Who sends, to which center.
struct Sender {
    visitor: Visitor,
    actor: Actor,
    number: String,
    acknowledged: bool,
}

impl Sender {
    fn new(visitor: Visitor, number: String, pairs: &[(String, String)]) -> Result<Self, Fault> {
        let acknowledged = acknowledged(pairs)?;
        let actor = visitor.actor.through(Through::Api);
        Ok(Self { visitor, actor, number, acknowledged })
    }

    fn told(&self, error: CapacityError) -> Fault {
        fault(error, &self.visitor)
    }

    /// The center of the address. Others are told before their body is read.
    fn center(&self, capacity: &Capacity) -> Result<Center, Fault> {
        let snapshot = capacity.current().map_err(|error| self.told(error))?;
        let found = reports_for(&snapshot, &self.actor, &self.number);
        found.map(|(center, _)| center.clone()).map_err(|error| self.told(error))
    }

    /// Stores a report and tells how the center stands now.
    fn store(
        &self,
        capacity: &Capacity,
        report: &Report,
        warnings: &[String],
    ) -> Result<Response, Fault> {
        let taken = capacity.report(&self.actor, report.center, report, self.acknowledged);
        let taken = taken.map_err(|error| self.told(error))?;
        let snapshot = capacity.current().map_err(|error| self.told(error))?;
        let now = capacity.clock.now();
        let center = snapshot.center(report.center);
        let center = center.and_then(|it| told(&snapshot, &self.actor, it, now));
        let status = if taken.new { StatusCode::CREATED } else { StatusCode::OK };
        let held = taken.report.held.then_some(HELD);
        let value = json!({
            "new": taken.new, "report": report_value(&taken.report), "center": center,
            "warnings": warnings, "notes": held.as_slice(),
        });
        Ok((status, [(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response())
    }
}

/// Runs work for whoever may send to a center.
async fn send(
    pages: &CapacityPages,
    visitor: Visitor,
    number: String,
    pairs: Vec<(String, String)>,
    job: impl FnOnce(&Capacity, &Sender, Center) -> Result<Response, Fault> + Send + 'static,
) -> Result<Response, Response> {
    work(pages, move |capacity| {
        let sender = Sender::new(visitor, number, &pairs)?;
        let center = sender.center(capacity)?;
        job(capacity, &sender, center)
    })
    .await
}

/// A report of any kind.
pub(super) async fn report(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Query(pairs): Pairs,
    sent: Sent,
) -> Result<Response, Response> {
    send(&pages, visitor, number, pairs, move |capacity, sender, center| {
        let (report, warnings) = read(sent, &center)?;
        if report.kind == ReportKind::Withdrawal {
            let detail = "Say which report is withdrawn: send this to its address `…/correct`.";
            let (at, detail) = ("/kind".to_owned(), detail.to_owned());
            return Err(Fault::values(vec![Wrong { at, detail }]));
        }
        sender.store(capacity, &report, &warnings)
    })
    .await
}

fn read(sent: Sent, center: &Center) -> Result<(Report, Vec<String>), Fault> {
    let value: Value = sent.read()?;
    let warnings = unknown(&value);
    let sent: ReportSent = site::shaped(value)?;
    Ok((sent.report(center)?, warnings))
}

/// The same without storing anything.
pub(super) async fn validate(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Query(pairs): Pairs,
    sent: Sent,
) -> Result<Response, Response> {
    send(&pages, visitor, number, pairs, move |capacity, sender, center| {
        let (report, warnings) = read(sent, &center)?;
        capacity
            .try_report(&sender.actor, center.id, &report, sender.acknowledged)
            .map_err(|error| sender.told(error))?;
        let value = json!({ "valid": true, "warnings": warnings });
        Ok(([(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response())
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmSent {
    report_id: Uuid,
    valid_at: Option<Moment>,
    unit_id: Option<String>,
}

/// Nothing has changed.
pub(super) async fn confirm(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    sent: Sent,
) -> Result<Response, Response> {
    send(&pages, visitor, number, Vec::new(), move |capacity, sender, center| {
        let sent: ConfirmSent = sent.read()?;
        let valid_at = sent.valid_at.map_or_else(|| capacity.clock.now(), |at| at.0);
        let report = blank(&center, sent.report_id, ReportKind::ConfirmUnchanged, valid_at);
        let report = Report { unit: sent.unit_id, ..report };
        sender.store(capacity, &report, &[])
    })
    .await
}

/// A report that replaces another one.
pub(super) async fn correct(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Path((number, replaced)): Path<(String, String)>,
    Query(pairs): Pairs,
    sent: Sent,
) -> Result<Response, Response> {
    send(&pages, visitor, number, pairs, move |capacity, sender, center| {
        let replaced: Uuid = replaced.parse().map_err(|_| sender.told(CapacityError::Missing))?;
        let (report, warnings) = read(sent, &center)?;
        let kind = match report.kind {
            ReportKind::Withdrawal => ReportKind::Withdrawal,
            _ => ReportKind::Correction,
        };
        let report = Report { kind, supersedes: Some(replaced), ..report };
        sender.store(capacity, &report, &warnings)
    })
    .await
}
