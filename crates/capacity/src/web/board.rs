//! The map and the list: which center can take such a patient now, how old that is, and whom to ring.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Action, Actor, Instant};
use directory::centers::Mode;
use site::{PageMeta, Visitor};

use super::asked::Asked;
use super::desk::{Told, notices_told};
use super::filters::{Control, controls, found, more_controls};
use super::map::{Drawn, drawn};
use super::own::{Own, own};
use super::shown::{Shown, Standing, age_class, symbol, told};
use super::{CapacityPages, country_name, moment, page, work};
use crate::region::{has_region, stricter};
use crate::search::comes;
use crate::service::reader;
use crate::snapshot::Snapshot;
use crate::totals::Totals;
use crate::view::{CenterView, LineView, ringing, view};
use crate::words::{Light, Reader};

/// Rows of one page.
const ROWS: usize = 50;

/// One number of the totals, with the way to its centers.
pub(super) struct Total {
    pub(super) symbol: &'static str,
    pub(super) label: &'static str,
    pub(super) count: usize,
    pub(super) link: String,
    pub(super) chosen: bool,
}

/// One row of the list.
pub(super) struct Row {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) city: String,
    pub(super) country: String,
    pub(super) symbol: &'static str,
    pub(super) light: &'static str,
    /// The mode of the light, where others of the center have another one.
    pub(super) of_mode: Option<&'static str>,
    pub(super) age: String,
    /// The moment that it describes: a page that stays open does not count on.
    pub(super) at: Option<String>,
    pub(super) age_class: &'static str,
    /// What the number of places says, and whether it is only the last known one.
    pub(super) places: (String, bool),
    pub(super) retrieval: bool,
    pub(super) phone: Option<(String, String)>,
    /// Made up, with its reports.
    pub(super) invented: bool,
}

#[derive(Template)]
#[template(path = "capacity/board.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the page shows")]
struct Board {
    asked: Asked,
    controls: Vec<Control>,
    /// Filters that few readers need, and whether one of them narrows.
    more: (Vec<Control>, bool),
    /// The rows as a file.
    file: String,
    what: String,
    map: Option<Drawn>,
    boundaries: &'static str,
    totals: Vec<Total>,
    rows: Vec<Row>,
    first: usize,
    last: usize,
    total: usize,
    not_offered: usize,
    unplaced: usize,
    next: Option<String>,
    previous: Option<String>,
    whole: String,
    narrowed: bool,
    listed: bool,
    invented: bool,
    professional: bool,
    /// Where a stricter rule is in force, until when and why.
    stricter: Vec<String>,
    /// The same, or a center has chosen it for itself.
    sooner: bool,
    notices: Vec<Told>,
    desk: bool,
    as_of: String,
    elsewhere: Elsewhere,
    own: Vec<Own>,
    stamp: i64,
    read_at: String,
    script: &'static str,
    map_script: &'static str,
}

/// The map with its list.
pub(super) async fn board(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    pairs: Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::of_address(&pairs.0)?;
    let (actor, address) = (visitor.actor.clone(), pages.address.clone());
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        Ok(body(&snapshot, (&actor, &address), asked.of(&actor), capacity.clock.now()))
    });
    let body = body.await?;
    let meta = PageMeta {
        title: "Capacity",
        description: Some("Which ECLS center can take a patient now, and how old that report is."),
        path: Some("/capacity"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// How other sites show the same.
struct Elsewhere {
    /// The frame, and the script of the element, as they are reached from there.
    frame: String,
    script: String,
    /// Of the element.
    attributes: Vec<(&'static str, String)>,
    geojson: String,
}

impl Elsewhere {
    fn of(asked: &Asked, address: &str) -> Self {
        let mode = asked.mode.map(|mode| format!("&mode={}", mode.as_str())).unwrap_or_default();
        let age = asked.age.as_str();
        Self {
            frame: format!("{address}{}", asked.whole_at("/capacity/embed")),
            script: format!("{address}/capacity/embed.js"),
            attributes: asked.attributes(),
            geojson: format!("/api/capacity/v1/map.geojson?age_group={age}{mode}"),
        }
    }
}

fn body(
    snapshot: &Snapshot,
    (actor, address): (&Actor, &str),
    asked: Asked,
    now: Instant,
) -> Board {
    let (totals, found, not_offered) = found(snapshot, &asked, now);
    let pages = found.len().div_ceil(ROWS).max(1);
    let coordinates = actor.reach(Action::ReportCapacity).networks;
    let page = asked.page.min(pages);
    let start = (page - 1) * ROWS;
    let rows: Vec<Row> = found
        .iter()
        .skip(start)
        .take(ROWS)
        .filter_map(|it| row(it, &asked, snapshot, actor, now))
        .collect();
    let turned = |page: usize| Asked { page, ..asked.clone() }.address();
    let mode = asked.mode.map_or("any kind of support", Mode::label);
    // where the map has been moved to, and what is drawn on it, narrows nothing
    let around = asked.around.as_ref().and_then(|number| snapshot.by_number(number));
    let around = around.map(|(center, _)| center);
    let plain = Asked {
        age: asked.age,
        view: asked.view,
        around: asked.around.clone(),
        ..Asked::default()
    };
    Board {
        controls: controls(snapshot, &asked),
        more: (more_controls(snapshot, actor, &asked), asked.more.any()),
        file: asked.whole_at("/capacity/list.csv"),
        what: format!("{}, {mode}", asked.age.label()),
        map: drawn(&found, (&asked, around), now),
        boundaries: chart::BOUNDARIES,
        totals: numbers(&totals, &asked),
        first: start + 1,
        last: start + rows.len(),
        total: found.len(),
        not_offered,
        unplaced: found.iter().filter(|it| it.center.position.is_none()).count(),
        next: (page < pages).then(|| turned(page + 1)),
        previous: (page > 1).then(|| turned(page - 1)),
        narrowed: plain.address() != Asked { page: 1, ..asked.clone() }.address(),
        whole: plain.address(),
        listed: snapshot.centers().next().is_some(),
        invented: found.iter().any(|it| snapshot.is_invented(&it.center.number)),
        professional: directory::centers::is_professional(actor) || actor.is_operator(),
        stricter: stricter(snapshot, |it| found.iter().any(|one| it.has(one.center)), now),
        sooner: found.iter().any(|it| it.center.is_under_stricter(now)),
        notices: notices_told(snapshot, actor, now, None),
        desk: coordinates.is_empty() && has_region(snapshot, actor),
        as_of: moment(now, ""),
        elsewhere: Elsewhere::of(&asked, address),
        own: own(snapshot, actor, now),
        stamp: snapshot.stamp(),
        read_at: now.to_string(),
        script: site::capacity_script(),
        map_script: site::map_script(),
        rows,
        asked,
    }
}

pub(super) fn numbers(totals: &Totals, asked: &Asked) -> Vec<Total> {
    let total = |standing: &Standing| {
        let chosen = asked.standing == Some(*standing);
        let next = (!chosen).then_some(*standing);
        Total {
            symbol: symbol(standing.light(), false),
            label: standing.label(),
            count: standing.of(totals),
            link: Asked { standing: next, page: 1, ..asked.clone() }.address(),
            chosen,
        }
    };
    Standing::ALL.iter().map(total).collect()
}

pub(super) fn row(
    it: &Shown<'_>,
    asked: &Asked,
    snapshot: &Snapshot,
    actor: &Actor,
    now: Instant,
) -> Option<Row> {
    let center = it.center;
    let view = view(center, it.log, reader(actor, center, snapshot), snapshot.cadences(), now)?;
    let line = view.lines.iter().find(|line| line.age_group == asked.age && line.mode == it.mode);
    Some(Row {
        number: center.number.clone(),
        name: center.name.clone(),
        city: center.city.clone(),
        country: country_name(&center.country).to_owned(),
        symbol: symbol(it.status.light, it.status.is_stale()),
        light: it.status.light.label(),
        of_mode: it.others_differ.then(|| it.mode.label()),
        age: told(center, &it.status, now),
        at: it.status.entry.map(|entry| moment(entry.valid_at, "")),
        age_class: age_class(it.status.freshness),
        places: line.map(|line| (places(line), struck(line))).unwrap_or_default(),
        retrieval: comes(center, asked.age),
        phone: phone(&view),
        invented: snapshot.is_invented(&center.number),
    })
}

/// Whom to ring about a patient: the first of the lines that are open to this reader, with what it is.
pub(super) fn phone(view: &CenterView) -> Option<(String, String)> {
    ringing(&view.contacts).into_iter().next()
}

/// Whether the number is only the last known one.
pub(super) fn struck(line: &LineView) -> bool {
    line.stale && line.counts.is_some_and(|counts| counts.available_now.is_some())
}

/// What the number of free places says to this reader. Nothing is never zero.
pub(super) fn places(line: &LineView) -> String {
    match line.counts {
        // a number beside a light that is not known would be read as places
        Some(_) if line.effective_status == Light::Unknown => "not known".to_owned(),
        Some(counts) => {
            counts.available_now.map_or_else(|| "not stated".to_owned(), |count| count.to_string())
        }
        None if line.counts_withheld => "not public".to_owned(),
        None => "not known".to_owned(),
    }
}

/// Whether a reader sees more than everybody.
pub(super) fn sees_more(reader: Reader) -> bool {
    reader > Reader::Public
}
