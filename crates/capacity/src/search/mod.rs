//! The nearest centers that may take a patient: four groups, ordered by distance, never by outcome, size or payment.

mod hit;

use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use directory::centers::{AgeGroup, Mode};
use directory::words;

use crate::clock::Cadences;
use crate::log::{Log, TeamEntry};
use crate::model::{Center, Network};
use crate::sphere::{Near, Point, Travel, distance_km};
use crate::status::Status;
use crate::words::{Excluded, Freshness, Group, TeamStatus};

pub(crate) use hit::comes;
use hit::hit;

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
    /// In which direction, in degrees from north.
    pub bearing_deg: f64,
    /// Where its team is.
    pub team: (TeamStatus, Option<&'a TeamEntry>),
    /// Whether the place lies within the reach of its team.
    pub retrieval_reaches: bool,
    /// It lies beyond the distance that was asked for.
    pub beyond_limit: bool,
    /// What its reader must know, in sentences.
    pub warnings: Vec<String>,
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

/// Where is looked: those that may be near, how many there are in all, and all of them, should nobody near be found.
pub(crate) struct Ground<N, A> {
    /// Open centers with a position, at least those within the distance.
    pub(crate) near: N,
    /// How many open centers have a position.
    pub(crate) placed: usize,
    /// All of these.
    pub(crate) all: A,
}

/// Looks for centers.
pub fn search<'a>(
    centers: impl IntoIterator<Item = (&'a Center, &'a Log)>,
    networks: &'a [Network],
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Answer<'a> {
    let placed: Vec<(&Center, &Log)> =
        centers.into_iter().filter(|it| may_be_found(it.0)).collect();
    let near = placed.iter().copied();
    let ground = Ground { near, placed: placed.len(), all: || placed.iter().copied() };
    among(ground, networks, request, cadences, now)
}

/// Whether a center has not closed and is known to be somewhere.
pub(crate) const fn may_be_found(center: &Center) -> bool {
    center.position.is_some() && !center.closed
}

/// Looks for centers on a ground: the work is by those that may be near.
pub(crate) fn among<'a, I: Iterator<Item = (&'a Center, &'a Log)>>(
    ground: Ground<impl Iterator<Item = (&'a Center, &'a Log)>, impl FnOnce() -> I>,
    networks: &'a [Network],
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Answer<'a> {
    let max_km = request.reach_km();
    let too_long = |center: &Center, km: f64| {
        request.max_minutes.is_some_and(|most| request.minutes(center, km) > most)
    };
    let near = Near::new(request.from, max_km);
    let mut excluded: BTreeMap<Excluded, usize> = BTreeMap::new();
    let mut hits: Vec<Hit<'a>> = Vec::new();
    let mut within = 0;
    for (center, log) in ground.near {
        let Some(position) = center.position.filter(|it| near.may_hold(*it)) else { continue };
        let distance = distance_km(request.from, position);
        if distance > max_km {
            continue;
        }
        within += 1;
        if too_long(center, distance) {
            *excluded.entry(Excluded::TooLong).or_default() += 1;
            continue;
        }
        match hit(center, log, request, cadences, now) {
            Ok(hit) => hits.push(hit),
            Err(reason) => *excluded.entry(reason).or_default() += 1,
        }
    }
    if ground.placed > within {
        excluded.insert(Excluded::TooFar, ground.placed - within);
    }
    let to_ring = |hit: &Hit<'_>| matches!(hit.group, Group::CanAccept | Group::CallFirst);
    if !hits.iter().any(to_ring) {
        let mut far: Vec<(f64, &'a Center, &'a Log)> = (ground.all)()
            .filter_map(|(center, log)| {
                let distance = distance_km(request.from, center.position?);
                let beyond = distance > max_km || too_long(center, distance);
                beyond.then_some((distance, center, log))
            })
            .collect();
        far.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.number.cmp(&b.1.number)));
        let capable =
            far.iter().filter_map(|(_, center, log)| hit(center, log, request, cadences, now).ok());
        hits.extend(capable.take(BEYOND).map(|hit| Hit { beyond_limit: true, ..hit }));
    }
    hits.sort_by(|a, b| order(a, b, request.need));
    let covers = |network: &&Network| {
        request.country.as_ref().is_some_and(|country| network.countries.contains(country))
    };
    let mut networks: Vec<&Network> = networks.iter().filter(covers).collect();
    networks.sort_by_key(|it| (it.hotline.is_empty(), it.key.as_str()));
    Answer { hits, excluded, networks }
}

/// Within a group: for a team that must come, ready ones first; then the nearer, the newer, the number.
fn order(a: &Hit<'_>, b: &Hit<'_>, need: Need) -> std::cmp::Ordering {
    let ready =
        |hit: &Hit<'_>| if need == Need::Retrieval { hit.team.0 } else { TeamStatus::Ready };
    let newest = |hit: &Hit<'_>| std::cmp::Reverse(hit.status.entry.map(|entry| entry.valid_at));
    a.group
        .cmp(&b.group)
        .then_with(|| ready(a).cmp(&ready(b)))
        .then_with(|| a.distance_km.total_cmp(&b.distance_km))
        .then_with(|| newest(a).cmp(&newest(b)))
        .then_with(|| a.center.number.cmp(&b.center.number))
}
