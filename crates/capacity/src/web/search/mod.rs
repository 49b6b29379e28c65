//! The nearest centers that may take a patient, from a place, a point or a center.

pub(super) mod asked;

use askama::Template;
use asked::{Asked, Start, spot_words};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Actor, Instant};
use directory::centers::{AgeGroup, Mode};
use site::{PageMeta, Problem, Visitor};

use super::board::{phone, places, struck};
use super::filters::{Choice, Control};
use super::shown::{age_class, symbol, told};
use super::{CapacityPages, country_name, moment, page, work};
use crate::places::{SOURCE, Spot};
use crate::search::{Answer, Hit, Need, Request, comes};
use crate::service::{networks, reader};
use crate::snapshot::Snapshot;
use crate::sphere::{Point, Travel, shown_km};
use crate::view::view;
use crate::words::{Excluded, Freshness, Group, Reader, TeamStatus};

/// Most centers of one group that are shown: nobody rings more.
const MOST: usize = 20;
/// Names of directions, an eighth of a turn each.
const COMPASS: [&str; 8] =
    ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/// One center of the answer.
struct Row {
    number: String,
    name: String,
    place: String,
    symbol: &'static str,
    light: &'static str,
    mode: &'static str,
    age: String,
    at: Option<String>,
    age_class: &'static str,
    km: String,
    towards: &'static str,
    beyond: bool,
    places: (String, bool),
    team: String,
    times: Option<String>,
    phone: Option<(String, String)>,
    warnings: Vec<String>,
    invented: bool,
}

/// One group of the answer.
struct Part {
    title: &'static str,
    key: &'static str,
    note: &'static str,
    rows: Vec<Row>,
    /// How many more there are, farther away.
    more: usize,
}

/// What was found.
struct Found {
    start: String,
    others: Vec<(String, String)>,
    source: Option<&'static str>,
    what: String,
    hotlines: Vec<(String, String)>,
    parts: Vec<Part>,
    excluded: Vec<(usize, &'static str)>,
    nobody: bool,
}

#[derive(Template)]
#[template(path = "capacity/search.html")]
struct Page {
    controls: Vec<Control>,
    choices: Vec<(String, String)>,
    found: Option<Found>,
    invented: bool,
    professional: bool,
    as_of: String,
    asked: Asked,
}

/// The search and its answer.
pub(super) async fn search(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    pairs: Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let asked = Asked::read(&pairs.0).map_err(|why| {
        Problem::new(StatusCode::BAD_REQUEST, "Question not understood", why).into_response()
    })?;
    let actor = visitor.actor.clone();
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        Ok(body(&snapshot, &actor, asked, capacity.clock.now()))
    });
    let body = body.await?;
    let meta = PageMeta {
        title: "Nearest center that can take a patient",
        description: Some(
            "The nearest ECLS centers that may take a patient, and how old their reports are.",
        ),
        path: Some("/capacity/search"),
    };
    let mut response = page(&pages, &visitor, &headers, &meta, &body);
    if !body.asked.wrong.is_empty() && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Where the search starts and what it looks for, for whoever asks. Faults are noted in what was asked; places to choose
/// from are given.
pub(super) fn question(
    snapshot: &Snapshot,
    actor: &Actor,
    asked: &mut Asked,
) -> Result<(Start, Request), Vec<Spot>> {
    let start = asked.start(snapshot)?;
    let mut request = asked.request(&start);
    request.networks = networks(actor, snapshot);
    request.sees_teams = sees_teams(actor);
    if !request.sees_teams {
        // whether a center has two places must not be found out by asking for two
        request.min_available = 1;
    }
    if asked.wrong.is_empty() { Ok((start, request)) } else { Err(Vec::new()) }
}

/// Whether somebody is a verified professional, or the operator.
pub(super) fn sees_teams(actor: &Actor) -> bool {
    directory::centers::is_professional(actor) || actor.is_operator()
}

fn body(snapshot: &Snapshot, actor: &Actor, mut asked: Asked, now: Instant) -> Page {
    let professional = sees_teams(actor);
    let (found, choices) = match question(snapshot, actor, &mut asked) {
        Ok((start, request)) => {
            let answer = snapshot.search(&request, now);
            let look =
                Look { snapshot, actor, asked: &asked, from: request.from, now, professional };
            (Some(look.found(&start, &answer)), Vec::new())
        }
        Err(choices) => (None, choices),
    };
    let link = |spot: &Spot| {
        let from = format!("{}, {}", spot.at.0, spot.at.1);
        (asked.from(&from), spot_words(spot))
    };
    Page {
        controls: controls(&asked),
        choices: choices.iter().map(link).collect(),
        invented: found
            .iter()
            .flat_map(|found| &found.parts)
            .flat_map(|part| &part.rows)
            .any(|row| row.invented),
        found,
        professional,
        as_of: moment(now, ""),
        asked,
    }
}

/// Who looks, at what, and when.
struct Look<'a> {
    snapshot: &'a Snapshot,
    actor: &'a Actor,
    asked: &'a Asked,
    /// From where is looked.
    from: Point,
    now: Instant,
    professional: bool,
}

impl Look<'_> {
    fn found(&self, start: &Start, answer: &Answer<'_>) -> Found {
        let part = |group: &Group| {
            let mut hits = answer.group(*group);
            let rows: Vec<Row> = hits.by_ref().take(MOST).filter_map(|hit| self.row(hit)).collect();
            let (title, key) = (group.label(), group.as_str());
            Part { title, key, note: note(*group), rows, more: hits.count() }
        };
        let parts: Vec<Part> =
            Group::ALL.iter().map(part).filter(|part| !part.rows.is_empty()).collect();
        let open = |network: &&&crate::model::Network| {
            !network.hotline.is_empty() && (network.hotline_public || self.professional)
        };
        let hotlines = answer.networks.iter().filter(open);
        let other = |spot: &Spot| {
            let from = format!("{}, {}", spot.at.0, spot.at.1);
            (self.asked.from(&from), spot_words(spot))
        };
        let mode = self.asked.mode.map_or("any kind of support", Mode::label);
        Found {
            start: start.words.clone(),
            others: start.others.iter().map(other).collect(),
            source: start.named.then_some(SOURCE),
            what: format!("{}, {mode}", self.asked.age.label()),
            hotlines: hotlines.map(|it| (it.name.clone(), it.hotline.clone())).collect(),
            nobody: !answer.hits.iter().any(|hit| {
                let ringable = matches!(hit.group, Group::CanAccept | Group::CallFirst);
                ringable && !hit.beyond_limit
            }),
            parts,
            excluded: answer
                .excluded
                .iter()
                .filter(|(reason, _)| **reason != Excluded::TooFar)
                .map(|(reason, count)| (*count, reason.label()))
                .collect(),
        }
    }

    fn row(&self, hit: &Hit<'_>) -> Option<Row> {
        let (center, now) = (hit.center, self.now);
        let reader = reader(self.actor, center, self.snapshot);
        let (_, log) = self.snapshot.center(center.id)?;
        let view = view(center, log, reader, self.snapshot.cadences(), now)?;
        let line =
            view.lines.iter().find(|it| it.age_group == self.asked.age && it.mode == hit.mode);
        let city =
            if center.city.is_empty() { String::new() } else { format!("{}, ", center.city) };
        // they speak of numbers and teams
        let warnings = hit.warnings.iter().filter(|_| reader > Reader::Public);
        Some(Row {
            number: center.number.clone(),
            name: center.name.clone(),
            place: format!("{city}{}", country_name(&center.country)),
            symbol: symbol(hit.status.light, hit.status.is_stale()),
            light: hit.status.light.label(),
            mode: hit.mode.label(),
            age: told(center, &hit.status, now),
            at: hit.status.entry.map(|entry| moment(entry.valid_at, "")),
            age_class: age_class(hit.status.freshness),
            km: format!("{:.1}", shown_km(hit.distance_km)),
            towards: towards(hit.bearing_deg(self.from)),
            beyond: hit.beyond_limit,
            places: line.map(|line| (places(line), struck(line))).unwrap_or_default(),
            team: team(hit, self.asked.age, reader),
            times: (self.asked.times || !self.asked.minutes.is_empty())
                .then(|| times(hit, self.asked)),
            phone: phone(&view),
            warnings: warnings.cloned().collect(),
            invented: self.snapshot.is_invented(&center.number),
        })
    }
}

/// The direction of the center, in words.
fn towards(bearing_deg: f64) -> &'static str {
    let eighth = COMPASS.iter().zip(0_u8..).find(|(_, turn)| {
        let off = (bearing_deg - f64::from(*turn) * 45.0).rem_euclid(360.0);
        !(22.5..337.5).contains(&off)
    });
    eighth.map_or("north", |(name, _)| name)
}

pub(super) fn note(group: Group) -> &'static str {
    match group {
        Group::CanAccept => "They say that they have a place. Ring to make sure.",
        Group::CallFirst => "Limited, case by case, or fewer places stated than you need.",
        Group::NotKnown => {
            "Too old to rely on, or never reported. They may well have a place: ring."
        }
        Group::AdviceOnly => {
            "Full does not mean unreachable. The team may advise, put you in touch with others, or expect a place soon."
        }
    }
}

/// Whether its team comes, reaches the place, and where it is.
fn team(hit: &Hit<'_>, age: AgeGroup, reader: Reader) -> String {
    if !comes(hit.center, age) {
        return "not stated".to_owned();
    }
    let reach = if hit.retrieval_reaches { "comes here" } else { "comes, but not stated that far" };
    match hit.team.0 {
        status if reader > Reader::Public && status != TeamStatus::Unknown => {
            format!("{reach}; {}", status.label().to_lowercase())
        }
        _ => reach.to_owned(),
    }
}

/// Rough times of travel; for a team that must come, there and back with the time until it leaves.
fn times(hit: &Hit<'_>, asked: &Asked) -> String {
    let comes = asked.need == Need::Retrieval;
    let minutes = |travel: Travel| {
        let request =
            Request { travel, need: asked.need, ..Request::new((0.0, 0.0), asked.age, None) };
        let minutes = request.minutes(hit.center, hit.distance_km);
        // to a quarter of an hour: it is no better known
        let quarters = (minutes / 15.0).ceil().max(1.0) * 15.0;
        format!("{:.0} h {:02.0}", (quarters / 60.0).floor(), quarters % 60.0)
    };
    format!(
        "road {}, helicopter {}, airplane {}{}",
        minutes(Travel::Road),
        minutes(Travel::Helicopter),
        minutes(Travel::Airplane),
        if comes { ", there and back" } else { "" }
    )
}

fn controls(asked: &Asked) -> Vec<Control> {
    let control = |name, label, any, choices| Control { name, label, any, choices };
    let ages =
        AgeGroup::ALL.iter().map(|it| Choice::new(it.as_str(), it.label(), *it == asked.age));
    let modes =
        Mode::ALL.iter().map(|it| Choice::new(it.as_str(), it.label(), Some(*it) == asked.mode));
    let needs = Need::ALL.iter().map(|it| Choice::new(it.as_str(), it.label(), *it == asked.need));
    let travels =
        Travel::ALL.iter().map(|it| Choice::new(it.as_str(), it.label(), *it == asked.travel));
    let fresh = [
        (Freshness::Fresh, "of the last 12 hours"),
        (Freshness::Aging, "of the last 24 hours"),
        (Freshness::Stale, "older ones too"),
    ];
    let fresh =
        fresh.iter().map(|(it, label)| Choice::new(it.as_str(), *label, *it == asked.freshness));
    vec![
        control("age", "Age group", None, ages.collect()),
        control("mode", "Support", Some("any kind"), modes.collect()),
        control("need", "Who travels", None, needs.collect()),
        control("travel", "Estimate", None, travels.collect()),
        control("fresh", "Reports", None, fresh.collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_turn_clockwise_from_north() {
        let all: Vec<&str> =
            [0.0, 44.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0, 359.0].map(towards).to_vec();
        assert_eq!(
            all,
            [
                "north",
                "north-east",
                "east",
                "south-east",
                "south",
                "south-west",
                "west",
                "north-west",
                "north"
            ]
        );
    }
}
