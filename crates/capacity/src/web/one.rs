//! The capacity of one center: every light with its words and its age, and whom to ring.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse as _, Response};
use base::{Action, Actor, Instant, permit};
use site::{PageMeta, Problem, Visitor};

use super::asked::Asked;
use super::board::{places, sees_more, struck};
use super::embed::badge_address;
use super::shown::{age_class, said, symbol, told};
use super::{CapacityPages, country_name, moment, page, work};
use crate::model::Center;
use crate::service::{CapacityError, reader, relays};
use crate::snapshot::Snapshot;
use crate::status::{UnitStatus, status};
use crate::view::{CenterView, Counts, LineView, ago, ringing, view};
use crate::words::{Freshness, Light};

/// One age group and mode.
struct Row {
    age_group: &'static str,
    mode: &'static str,
    symbol: &'static str,
    light: &'static str,
    /// How old it is.
    told: String,
    age_class: &'static str,
    /// The moment in UTC and in the center's zone.
    at: Option<(String, String)>,
    /// Until when a person's word stands against a feed.
    by_hand: Option<String>,
    /// What must be said beside it.
    notice: Option<String>,
    places: (String, bool),
    /// What its units show, where they report for themselves.
    units: Vec<UnitLight>,
    /// For professionals.
    more: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "capacity/one.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
struct One {
    it: CenterView,
    country: String,
    suspended_until: Option<String>,
    rows: Vec<Row>,
    teams: Vec<(&'static str, String)>,
    professional: bool,
    reports: bool,
    /// As a coordinator, who tells what the center has said by telephone.
    relays: bool,
    invented: bool,
    /// Address of the badge of the first that it offers.
    badge: Option<String>,
    as_of: String,
}

/// The page of one center.
pub(super) async fn one(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        body(&snapshot, &actor, &number, capacity.clock.now()).ok_or(CapacityError::Missing)
    });
    let body = body.await?;
    let title = format!("Capacity of {}", body.it.name);
    let meta = PageMeta { title: &title, description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// A center's card on the map: one age group, for a script that puts it into the page.
#[derive(Template)]
#[template(path = "capacity/card.html")]
struct Card {
    one: One,
    age: &'static str,
    /// The first of those that show the same, with the kinds of support of all of them.
    rows: Vec<(Row, String)>,
    /// Whom to ring, the best first.
    phones: Vec<(String, String)>,
    /// The map with distances around it.
    around: String,
}

/// The rows of an age group; kinds of support that show the same stand together.
fn together(rows: Vec<Row>, age: &str) -> Vec<(Row, String)> {
    let mut all: Vec<(Row, String)> = Vec::new();
    for row in rows.into_iter().filter(|row| row.age_group == age) {
        let shows = |it: &Row| {
            (it.symbol, it.told.clone(), it.at.clone(), it.places.clone(), it.more.clone())
        };
        if let Some((_, modes)) = all.iter_mut().find(|(known, _)| shows(known) == shows(&row)) {
            *modes = format!("{modes}, {}", row.mode);
        } else {
            let modes = row.mode.to_owned();
            all.push((row, modes));
        }
    }
    all
}

/// The card of one center for an age group.
pub(super) async fn card(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    Path(number): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::of_address(&pairs)?;
    let actor = visitor.actor.clone();
    let card = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let one = body(&snapshot, &actor, &number, capacity.clock.now());
        let one = one.ok_or(CapacityError::Missing)?;
        let (mut one, age) = (one, asked.age.label());
        let rows = together(std::mem::take(&mut one.rows), age);
        let phones = ringing(&one.it.contacts);
        let around = Asked { around: Some(number), ..asked }.address();
        Ok(Card { one, age, rows, phones, around })
    });
    let html = card.await?.render();
    let html = html.map_err(|error| Problem::internal("writing a card", &error).into_response())?;
    // what a clinician sees is kept nowhere
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

fn body(snapshot: &Snapshot, actor: &Actor, number: &str, now: Instant) -> Option<One> {
    let (center, log) = snapshot.by_number(number)?;
    let reader = reader(actor, center, snapshot);
    let cadences = snapshot.cadences();
    let it = view(center, log, reader, cadences, now)?;
    let mut rows = Vec::new();
    for line in &it.lines {
        let status = status(center, log, (line.age_group, line.mode), cadences, now)?;
        let at = line.valid_at.map(|at| (moment(at, ""), moment(at, &center.time_zone)));
        rows.push(Row {
            age_group: line.age_group.label(),
            mode: line.mode.label(),
            symbol: symbol(status.light, status.is_stale()),
            light: status.light.label(),
            told: told(center, &status, now),
            age_class: age_class(status.freshness),
            at: at.filter(|_| status.light != Light::Suspended),
            by_hand: line.by_hand_until.filter(|until| *until > now).map(|until| moment(until, "")),
            notice: notice(line, now),
            places: (places(line), struck(line)),
            more: more(line),
            units: status.units.iter().filter_map(|unit| unit_light(center, unit, now)).collect(),
        });
    }
    let teams = it.teams.iter().flatten().map(|team| {
        let mut words = team.team_status.label().to_owned();
        if let Some(ready) = team.teams_ready {
            words.push_str(&format!(", {ready} ready"));
        }
        if let Some(at) = team.valid_at {
            let age = ago(now.as_micros().saturating_sub(at.as_micros()));
            words.push_str(&format!(", said {age}"));
        }
        match team.back_at.map(|back| (back > now, moment(back, ""))) {
            Some((true, back)) => words.push_str(&format!(", back {back}")),
            Some((false, back)) => {
                words.push_str(&format!(", was expected back {back}, not confirmed"));
            }
            None => {}
        }
        (team.age_group.label(), words)
    });
    let first = it.lines.first().map(|line| (line.age_group, line.mode));
    Some(One {
        badge: first.map(|(age, mode)| badge_address(number, age, mode)),
        country: country_name(&it.country).to_owned(),
        suspended_until: it
            .suspended
            .as_ref()
            .and_then(|suspended| suspended.until)
            .map(|until| moment(until, &center.time_zone)),
        rows,
        teams: teams.collect(),
        professional: sees_more(reader),
        relays: relays(actor, &center.networks),
        reports: permit(actor, Action::ReportCapacity, center.id).is_ok(),
        invented: snapshot.is_invented(number),
        as_of: moment(now, ""),
        it,
    })
}

/// What a unit shows.
struct UnitLight {
    name: String,
    symbol: &'static str,
    label: &'static str,
    told: String,
    age_class: &'static str,
}

fn unit_light(center: &Center, it: &UnitStatus<'_>, now: Instant) -> Option<UnitLight> {
    let unit = center.units.iter().find(|unit| Some(unit.key.as_str()) == it.unit)?;
    let stale = it.is_stale();
    Some(UnitLight {
        name: unit.name.clone(),
        symbol: symbol(it.light, stale),
        label: it.light.label(),
        told: said(it.reason, it.entry, stale, now),
        age_class: age_class(it.freshness),
    })
}

/// The notices of the specification that belong to one light.
fn notice(line: &LineView, now: Instant) -> Option<String> {
    let age = line.valid_at.map(|at| ago(now.as_micros().saturating_sub(at.as_micros())));
    match (line.freshness, line.effective_status) {
        (_, Light::Suspended) => None,
        (Freshness::Stale | Freshness::Expired, _) => age.map(|age| {
            format!(
                "This center last reported {age}. Do not rely on it. It may well have a place: ring."
            )
        }),
        (_, Light::Full) => Some(
            "Full does not mean unreachable. The team may advise, put you in touch with others, or expect a place soon."
                .to_owned(),
        ),
        _ => None,
    }
}

/// What professionals see besides.
fn more(line: &LineView) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if let Some(Counts { on_ecls_now, staffed_slots, additional_24h, committed, .. }) = line.counts
    {
        let all = [
            ("On ECLS", on_ecls_now),
            ("Staffed places", staffed_slots),
            ("More in 24 hours", additional_24h),
            ("Committed", committed),
        ];
        let stated = all.into_iter().filter_map(|(name, count)| Some((name, count?.to_string())));
        out.extend(stated);
    }
    if let Some(inner) = &line.inner {
        if !inner.limits.is_empty() {
            let limits: Vec<&str> = inner.limits.iter().map(|limit| limit.label()).collect();
            out.push(("Limited by", limits.join(", ")));
        }
        out.push(("Patients from elsewhere", inner.accepts_external.label().to_owned()));
        if let Some(at) = inner.next_free_expected_at {
            let confirmed =
                if inner.expected_but_not_confirmed { ", expected, not confirmed" } else { "" };
            out.push(("A place expected", format!("{}{confirmed}", moment(at, ""))));
        }
    }
    out
}
