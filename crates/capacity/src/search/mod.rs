//! The nearest centers that may take a patient: four groups, ordered by distance, never by outcome, size or payment.

mod hit;

use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use directory::words;

use crate::clock::Cadences;
use crate::log::{Log, TeamEntry};
use crate::model::{Center, Network};
use crate::sphere::{Point, Travel, bearing_deg, cosine, distance_km, least_cosine, unit};
use crate::status::Status;
use crate::words::{Excluded, Freshness, Group, TeamStatus};

use hit::hit;
pub(crate) use hit::{comes, comes_at_all};

/// Nobody asks for more than this many kilometers.
pub const MOST_KM: f64 = 5000.0;
/// Centers beyond the limit that are shown when nobody within it can be rung for a place.
const BEYOND: usize = 5;

words! {
    /// Who travels.
    Need {
        Either = "either", "whatever works";
        Retrieval = "retrieval", "their team must come";
        WeTransport = "we_transport", "we bring the patient";
    }
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// From where, in degrees.
    pub from: Point,
    /// The country of that place, where it is known: for teams that cross no border.
    pub country: Option<String>,
    /// For whom.
    pub age: AgeGroup,
    /// The exact age in days, to be held against limits.
    pub age_days: Option<f64>,
    /// Which support; none for any.
    pub mode: Option<Mode>,
    /// Weight in kilograms.
    pub weight_kg: Option<f64>,
    /// Completed weeks of gestation.
    pub gestation_weeks: Option<u8>,
    /// How far at most, in kilometers.
    pub max_km: f64,
    /// How long on the way at most, in minutes by a rough estimate; none for no such limit.
    pub max_minutes: Option<f64>,
    /// By which way that is.
    pub travel: Travel,
    /// Who travels.
    pub need: Need,
    /// How many places at least.
    pub min_available: i64,
    /// The oldest line that counts: fresh, aging or stale.
    pub freshness: Freshness,
    /// Networks of whoever asks.
    pub networks: BTreeSet<String>,
    /// Whether whoever asks may know where teams are; otherwise nothing in the answer depends on it.
    pub sees_teams: bool,
}

impl Request {
    /// The usual question.
    pub const fn new(from: Point, age: AgeGroup, mode: Option<Mode>) -> Self {
        Self {
            from,
            country: None,
            age,
            age_days: None,
            mode,
            weight_kg: None,
            gestation_weeks: None,
            max_km: 500.0,
            max_minutes: None,
            travel: Travel::Road,
            need: Need::Either,
            min_available: 1,
            freshness: Freshness::Aging,
            networks: BTreeSet::new(),
            sees_teams: true,
        }
    }

    /// How far is looked, in kilometers.
    pub(crate) fn reach_km(&self) -> f64 {
        self.max_km.clamp(0.0, MOST_KM)
    }

    /// A rough estimate in minutes for a center so far away: one way, or for a team that must come until it is back
    /// with the patient.
    pub fn minutes(&self, center: &Center, km: f64) -> f64 {
        match self.need {
            Need::Retrieval => self.travel.retrieval_minutes(km, center.retrieval.mobilization_min),
            Need::Either | Need::WeTransport => self.travel.minutes(km),
        }
    }
}

/// One center of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// Which.
    pub center: &'a Center,
    /// In which group.
    pub group: Group,
    /// The mode that put it there.
    pub mode: Mode,
    /// What it shows for that mode.
    pub status: Status<'a>,
    /// How far away, in kilometers.
    pub distance_km: f64,
    /// Where its team is.
    pub team: (TeamStatus, Option<&'a TeamEntry>),
    /// Whether the place lies within the reach of its team.
    pub retrieval_reaches: bool,
    /// It lies beyond the distance that was asked for.
    pub beyond_limit: bool,
    /// What its reader must know, in sentences.
    pub warnings: Vec<String>,
}

impl Hit<'_> {
    /// In which direction it lies from a point, in degrees from north.
    pub fn bearing_deg(&self, from: Point) -> f64 {
        self.center.position.map_or(0.0, |position| bearing_deg(from, position))
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<'a> {
    /// Centers by group, then in the order in which to ring.
    pub hits: Vec<Hit<'a>>,
    /// How many are in no group, by reason.
    pub excluded: BTreeMap<Excluded, usize>,
    /// Networks that cover the country of the place, those with a hotline first.
    pub networks: Vec<&'a Network>,
}

impl<'a> Answer<'a> {
    /// The centers of one group.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &Hit<'a>> {
        self.hits.iter().filter(move |hit| hit.group == group)
    }
}

/// Where an open center is, to be found quickly: its direction from the middle of the Earth, and its place in a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) unit: [f64; 3],
    pub(crate) at: usize,
}

/// Where is looked.
pub(crate) struct Ground<'p, F> {
    /// Every open center with a position, from south to north, then by number.
    pub(crate) all: &'p [Placed],
    /// Those of them that may be within the distance.
    pub(crate) near: &'p [Placed],
    /// The center at a place of the list.
    pub(crate) center: F,
}

/// Looks for centers.
pub fn search<'a>(
    centers: impl IntoIterator<Item = (&'a Center, &'a Log)>,
    networks: &'a [Network],
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Answer<'a> {
    let list: Vec<(&Center, &Log)> = centers.into_iter().collect();
    let all = placed(list.iter().map(|it| it.0));
    let center = |at: usize| list.get(at).copied();
    among(&Ground { all: &all, near: &all, center }, networks, request, cadences, now)
}

/// Where the open centers of a list are, from south to north, then by number.
pub(crate) fn placed<'c>(centers: impl Iterator<Item = &'c Center>) -> Vec<Placed> {
    let mut found: Vec<(f64, &str, Placed)> = centers
        .enumerate()
        .filter(|(_, center)| !center.closed)
        .filter_map(|(at, center)| {
            let position = center.position?;
            Some((position.0, center.number.as_str(), Placed { unit: unit(position), at }))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(b.1)));
    found.into_iter().map(|(_, _, placed)| placed).collect()
}

/// Looks for centers on a ground. The work is by those that are near; only when none of them can be rung for a place
/// are all of them looked at.
pub(crate) fn among<'a>(
    ground: &Ground<'_, impl Fn(usize) -> Option<(&'a Center, &'a Log)>>,
    networks: &'a [Network],
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Answer<'a> {
    let max_km = request.reach_km();
    let too_long = |center: &Center, km: f64| {
        request.max_minutes.is_some_and(|most| request.minutes(center, km) > most)
    };
    let middle = unit(request.from);
    let least = least_cosine(max_km);
    let mut excluded: BTreeMap<Excluded, usize> = BTreeMap::new();
    let mut hits: Vec<Hit<'a>> = Vec::new();
    let mut within = 0;
    for placed in ground.near.iter().filter(|it| cosine(it.unit, middle) >= least) {
        let Some((center, log)) = (ground.center)(placed.at) else { continue };
        let Some(position) = center.position else { continue };
        let distance = distance_km(request.from, position);
        if distance > max_km {
            continue;
        }
        within += 1;
        if too_long(center, distance) {
            *excluded.entry(Excluded::TooLong).or_default() += 1;
            continue;
        }
        match hit((center, distance), log, request, cadences, now) {
            Ok(hit) => hits.push(hit),
            Err(reason) => *excluded.entry(reason).or_default() += 1,
        }
    }
    if ground.all.len() > within {
        excluded.insert(Excluded::TooFar, ground.all.len() - within);
    }
    let to_ring = |hit: &Hit<'_>| matches!(hit.group, Group::CanAccept | Group::CallFirst);
    if !hits.iter().any(to_ring) {
        let capable = nearest_first(ground.all, middle).filter_map(|placed| {
            let (center, log) = (ground.center)(placed.at)?;
            let distance = distance_km(request.from, center.position?);
            let beyond = distance > max_km || too_long(center, distance);
            let hit = beyond.then(|| hit((center, distance), log, request, cadences, now).ok());
            Some(Hit { beyond_limit: true, ..hit.flatten()? })
        });
        hits.extend(capable.take(BEYOND));
    }
    // an index is moved about, not the whole hit
    hits.sort_by_cached_key(|hit| rank(hit, request.need));
    let covers = |network: &&Network| {
        request.country.as_ref().is_some_and(|country| network.countries.contains(country))
    };
    let mut networks: Vec<&Network> = networks.iter().filter(covers).collect();
    networks.sort_by_key(|it| (it.hotline.is_empty(), it.key.as_str()));
    Answer { hits, excluded, networks }
}

/// All from the nearest to the farthest; only as many are put in order as are taken.
fn nearest_first(all: &[Placed], middle: [f64; 3]) -> impl Iterator<Item = Placed> {
    let mut rest: Vec<(f64, usize, Placed)> =
        all.iter().enumerate().map(|(at, it)| (-cosine(it.unit, middle), at, *it)).collect();
    let order = |a: &(f64, usize, Placed), b: &(f64, usize, Placed)| {
        a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1))
    };
    let mut size = 64;
    std::iter::from_fn(move || {
        let taken = size.min(rest.len());
        if taken == 0 {
            return None;
        }
        if taken < rest.len() {
            rest.select_nth_unstable_by(taken, order);
        }
        let mut part: Vec<_> = rest.drain(..taken).collect();
        part.sort_by(order);
        size *= 4;
        Some(part.into_iter().map(|(_, _, placed)| placed))
    })
    .flatten()
}

/// Within a group: for a team that must come, ready ones first; then the nearer, the newer, the number.
fn rank<'a>(
    hit: &Hit<'a>,
    need: Need,
) -> (Group, TeamStatus, u64, std::cmp::Reverse<Option<Instant>>, &'a str) {
    let ready = if need == Need::Retrieval { hit.team.0 } else { TeamStatus::Ready };
    let newest = std::cmp::Reverse(hit.status.entry.map(|entry| entry.valid_at));
    // the bits of what is not negative are in the order of the numbers
    (hit.group, ready, hit.distance_km.to_bits(), newest, hit.center.number.as_str())
}
