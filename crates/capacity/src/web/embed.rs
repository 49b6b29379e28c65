//! What other sites may show: the list or the map of an area in a frame, and the badge of one center.
//!
//! Both are everybody's view whoever looks, without cookies or scripts. The age, the legend and the notice cannot be
//! switched off.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use base::{Actor, Instant};
use directory::centers::{AgeGroup, Mode};
use site::{Framable, Problem, Visitor};

use super::asked::{Asked, not_understood};
use super::board::{Row, Total, numbers, row};
use super::filters::found;
use super::map::still;
use super::shown::{Shown, shown, symbol, told};
use super::{CapacityPages, work};
use crate::service::CapacityError;
use crate::snapshot::Snapshot;
use crate::words::{Freshness, Light};

/// Rows of a frame; the page has the rest.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "capacity/embed.html")]
struct Embed {
    what: String,
    totals: Vec<Total>,
    rows: Vec<Row>,
    more: usize,
    map: Option<String>,
    invented: bool,
    page: String,
    as_of: String,
    fonts: &'static [String],
    style: &'static str,
}

/// The list or map of an area.
pub(super) async fn embed(
    State(pages): State<CapacityPages>,
    headers: HeaderMap,
    Query(mut pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let wrong = |why: String| not_understood(why).into_response();
    let mut map = false;
    for (key, value) in pairs.iter().filter(|(key, _)| key == "view") {
        map = match value.as_str() {
            "map" => true,
            "list" => false,
            _ => return Err(wrong(format!("`{value}` is not known as a value of `{key}`."))),
        };
    }
    pairs.retain(|(key, _)| key != "view");
    let asked = Asked::read(&pairs).map_err(wrong)?;
    let everybody = Visitor::public();
    let asked = asked.of(&everybody.actor);
    let body = work(&pages, &everybody, move |capacity| {
        let snapshot = capacity.current()?;
        Ok(body(&snapshot, &asked, map, capacity.clock.now()))
    });
    let html = body.await?.render();
    let html = html.map_err(|error| {
        Problem::internal("writing a frame of capacity", &error).into_response()
    })?;
    let mut response = site::page(&headers, html);
    // a frame that stays open must not keep an old light, and it may run no script
    response.headers_mut().insert("refresh", HeaderValue::from_static("60"));
    response.extensions_mut().insert(Framable);
    Ok(response)
}

fn body(snapshot: &Snapshot, asked: &Asked, map: bool, now: Instant) -> Embed {
    let public = Actor::public();
    let (totals, all, _) = found(snapshot, asked, now);
    let rows = all.iter().take(ROWS).filter_map(|it| row(it, asked, snapshot, &public, now));
    let mode = asked.mode.map_or("any kind of support", Mode::label);
    Embed {
        what: format!("ECLS capacity: {}, {mode}", asked.age.label().to_lowercase()),
        totals: numbers(&totals, asked),
        rows: if map { Vec::new() } else { rows.collect() },
        more: all.len().saturating_sub(ROWS),
        map: map.then(|| still(&all, now)),
        invented: all.iter().any(|it| snapshot.is_invented(&it.center.number)),
        page: asked.address(),
        as_of: super::moment(now, ""),
        fonts: site::fonts(),
        style: site::style_sheet(),
    }
}

/// The element `openecls-capacity` for other sites. Its address stays, so it is asked for anew each hour.
pub(super) async fn element() -> Response {
    let mut response = include_str!("embed.js").into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response.extensions_mut().insert(Framable);
    response
}

#[derive(Template)]
#[template(path = "capacity/badge.svg", escape = "html")]
struct Badge {
    symbol: &'static str,
    color: &'static str,
    words: &'static str,
    age: String,
    name: String,
    width: usize,
}

/// What a badge shows of a light: the color, and the words of the list.
const fn color(light: Light, stale: bool) -> &'static str {
    match (light, stale) {
        // a faded fill would carry white signs badly: what is stale is gray
        (Light::Available, false) => "#1B7F3B",
        (Light::Limited, false) => "#B35900",
        (Light::Full, false) => "#B3261E",
        _ => "#5F6368",
    }
}

fn badge_of(snapshot: &Snapshot, number: &str, asked: &Asked, now: Instant) -> Option<Badge> {
    let (center, log) = snapshot.by_number(number)?;
    let of = (asked.age, asked.mode);
    let Shown { status, .. } = shown(center, log, of, snapshot.cadences(), now)?;
    let stale = status.is_stale();
    let age = told(center, &status, now);
    let light =
        if stale || status.freshness == Freshness::Expired { Light::Unknown } else { status.light };
    let words = light.label();
    Some(Badge {
        symbol: symbol(light, false),
        color: color(status.light, stale),
        words,
        // 7 pixels for a letter of the larger text, 6 of the smaller
        width: 34 + (words.chars().count() * 8).max(age.chars().count() * 6) + 12,
        name: center.name.clone(),
        age,
    })
}

/// The badge of one center for an age group and a mode.
pub(super) async fn badge(
    State(pages): State<CapacityPages>,
    Path(number): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::of_address(&pairs)?;
    let everybody = Visitor::public();
    let badge = work(&pages, &everybody, move |capacity| {
        let snapshot = capacity.current()?;
        let now = capacity.clock.now();
        badge_of(&snapshot, &number, &asked, now).ok_or(CapacityError::Missing)
    });
    let svg = badge.await?.render();
    let svg = svg.map_err(|error| Problem::internal("writing a badge", &error).into_response())?;
    let mut response = svg.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml; charset=utf-8"));
    // an old badge must not outlive its light for long
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.extensions_mut().insert(Framable);
    Ok(response)
}

/// The age groups and kinds of support of a center, for whoever copies the address of its badge.
pub(super) fn badge_address(number: &str, age: AgeGroup, mode: Mode) -> String {
    format!("/capacity/{number}/badge.svg?age={}&mode={}", age.as_str(), mode.as_str())
}
