//! The nearest centers that may take a patient: four groups, ordered by distance, never by outcome, size or payment.

use std::collections::{BTreeMap, BTreeSet};

use base::Instant;
use directory::centers::{AgeGroup, Capability, Mode, Service, age_days};
use directory::words;

use crate::clock::Cadences;
use crate::log::{Log, TeamEntry};
use crate::model::{Center, Network};
use crate::sphere::{Near, Point, Travel, bearing_deg, distance_km};
use crate::status::{Status, UnitStatus, status, team};
use crate::words::{Accepts, Excluded, Freshness, Group, Light, Reason, TeamStatus};

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

/// Looks for centers.
pub fn search<'a>(
    centers: impl IntoIterator<Item = (&'a Center, &'a Log)>,
    networks: &'a [Network],
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Answer<'a> {
    let max_km = request.max_km.clamp(0.0, MOST_KM);
    let near = Near::new(request.from, max_km);
    let mut excluded: BTreeMap<Excluded, usize> = BTreeMap::new();
    let mut hits: Vec<Hit<'a>> = Vec::new();
    let mut far: Vec<(f64, &'a Center, &'a Log)> = Vec::new();
    for (center, log) in centers {
        let Some(position) = center.position.filter(|_| !center.closed) else { continue };
        let distance = if near.may_hold(position) {
            distance_km(request.from, position)
        } else {
            f64::INFINITY
        };
        if distance > max_km {
            *excluded.entry(Excluded::TooFar).or_default() += 1;
            far.push((0.0, center, log));
            continue;
        }
        if request.max_minutes.is_some_and(|most| request.minutes(center, distance) > most) {
            *excluded.entry(Excluded::TooLong).or_default() += 1;
            far.push((0.0, center, log));
            continue;
        }
        match hit(center, log, request, cadences, now) {
            Ok(hit) => hits.push(hit),
            Err(reason) => *excluded.entry(reason).or_default() += 1,
        }
    }
    let to_ring = |hit: &Hit<'_>| matches!(hit.group, Group::CanAccept | Group::CallFirst);
    if !hits.iter().any(to_ring) {
        for (distance, center, _) in &mut far {
            *distance = center.position.map_or(f64::INFINITY, |at| distance_km(request.from, at));
        }
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

/// The place of a center in the answer, by the mode that serves best.
fn hit<'a>(
    center: &'a Center,
    log: &'a Log,
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Result<Hit<'a>, Excluded> {
    if center.suspended(now).is_some() {
        return Err(Excluded::Suspended);
    }
    let reaches = reaches(center, request);
    if request.need == Need::Retrieval && !(reaches && comes(center, request.age)) {
        return Err(Excluded::Retrieval);
    }
    let mut best: Option<(Group, Mode, Status<'a>)> = None;
    let mut why =
        if center.modes(request.age).next().is_some() { Excluded::Mode } else { Excluded::Age };
    for mode in center.modes(request.age).filter(|mode| request.mode.is_none_or(|it| it == *mode)) {
        let Some(capability) = center.capability(request.age, mode) else { continue };
        if let Some(reason) = beyond_limits(capability, request) {
            why = reason;
            continue;
        }
        let Some(status) = status(center, log, (request.age, mode), cadences, now) else {
            continue;
        };
        match place(center, &status, request) {
            Ok(group) if best.as_ref().is_none_or(|(known, ..)| group < *known) => {
                best = Some((group, mode, status));
            }
            Ok(_) => {}
            Err(reason) => why = reason,
        }
    }
    let (group, mode, status) = best.ok_or(why)?;
    let team = if request.sees_teams {
        team(center, log, request.age, cadences, now)
    } else {
        (TeamStatus::Unknown, None)
    };
    let warnings = warnings(&status, group, request, team, now);
    let position = center.position.unwrap_or(request.from);
    Ok(Hit {
        center,
        group,
        mode,
        distance_km: distance_km(request.from, position),
        bearing_deg: bearing_deg(request.from, position),
        team,
        retrieval_reaches: reaches,
        beyond_limit: false,
        warnings,
        status,
    })
}

/// Whether limits of the capability speak against the patient. What is not stated speaks neither way.
fn beyond_limits(capability: &Capability, request: &Request) -> Option<Excluded> {
    let below = |min: Option<f64>, value: f64| min.is_some_and(|min| value < min);
    let above = |max: Option<f64>, value: f64| max.is_some_and(|max| value > max);
    let weight = request.weight_kg.is_some_and(|kg| {
        below(capability.min_weight_kg, kg) || above(capability.max_weight_kg, kg)
    });
    if weight {
        return Some(Excluded::Weight);
    }
    let (min, max) = (age_days(&capability.min_age), age_days(&capability.max_age));
    let age = request.age_days.is_some_and(|days| below(min, days) || above(max, days));
    let born = request
        .gestation_weeks
        .is_some_and(|weeks| capability.min_gestation_weeks.is_some_and(|min| weeks < min));
    (age || born).then_some(Excluded::Age)
}

/// Whether the team comes for an age group.
pub(crate) fn comes(center: &Center, age: AgeGroup) -> bool {
    let brings =
        |it: &Service| matches!(it, Service::Primary | Service::Secondary | Service::Escort);
    center.retrieval.ages.contains(&age) && center.retrieval.services.iter().any(brings)
}

/// Whether the place lies within the reach of the team, and on its side of borders.
fn reaches(center: &Center, request: &Request) -> bool {
    let Some(position) = center.position else { return false };
    let retrieval = &center.retrieval;
    let within =
        retrieval.reach_km().is_some_and(|km| distance_km(request.from, position) <= f64::from(km));
    let allowed = request
        .country
        .as_ref()
        .is_none_or(|country| *country == center.country || retrieval.countries.contains(country));
    within && allowed
}

/// The best group among the units: each unit is judged by its own line, so that one that falls silent never makes
/// room for a better one.
fn place(center: &Center, status: &Status<'_>, request: &Request) -> Result<Group, Excluded> {
    let mut why = None;
    let mut best: Option<Group> = None;
    for unit in &status.units {
        match unit_place(center, unit, request) {
            Ok(group) => best = Some(best.map_or(group, |known| known.min(group))),
            Err(reason) => why = Some(reason),
        }
    }
    // a number that not every unit has stated is not known, and one that is known must be large enough
    let places = status.sum(|line| line.available_now);
    let enough =
        places.map_or(request.min_available <= 1, |places| places >= request.min_available);
    match (best, why) {
        (Some(Group::CanAccept), _) if !enough => Ok(Group::CallFirst),
        (Some(group), _) => Ok(group),
        (None, Some(reason)) => Err(reason),
        (None, None) => Ok(Group::NotKnown),
    }
}

fn unit_place(
    center: &Center,
    unit: &UnitStatus<'_>,
    request: &Request,
) -> Result<Group, Excluded> {
    let Some(entry) = unit.entry else { return Ok(Group::NotKnown) };
    let accepts = entry.line.accepts_external.unwrap_or(center.usually_accepts());
    let member = center.networks.iter().any(|key| request.networks.contains(key));
    match accepts {
        Accepts::No => return Err(Excluded::Accepts),
        Accepts::Network if !member => return Err(Excluded::NetworkOnly),
        Accepts::Yes | Accepts::CaseByCase | Accepts::Network => {}
    }
    let young = match request.freshness {
        Freshness::Fresh => unit.freshness == Freshness::Fresh,
        Freshness::Stale => unit.freshness <= Freshness::Stale,
        _ => unit.freshness <= Freshness::Aging,
    };
    if unit.reason.is_some() || !young {
        return Ok(Group::NotKnown);
    }
    Ok(match unit.light {
        Light::Available if accepts == Accepts::CaseByCase => Group::CallFirst,
        Light::Available => Group::CanAccept,
        Light::Limited => Group::CallFirst,
        Light::Full => Group::AdviceOnly,
        Light::Unknown | Light::NotOffered | Light::Suspended => Group::NotKnown,
    })
}

fn warnings(
    status: &Status<'_>,
    group: Group,
    request: &Request,
    (team_status, team): (TeamStatus, Option<&TeamEntry>),
    now: Instant,
) -> Vec<String> {
    let mut all = Vec::new();
    let places = status.sum(|line| line.available_now);
    if matches!(group, Group::CanAccept | Group::CallFirst) && places.is_none() {
        all.push("number not stated".to_owned());
    }
    if let Some(places) = places.filter(|places| *places < request.min_available)
        && group == Group::CallFirst
    {
        all.push(format!("{places} stated, {} asked for", request.min_available));
    }
    if let Some(entry) =
        status.entry.filter(|_| status.is_stale() || status.reason == Some(Reason::Expired))
    {
        let age = now.as_micros().saturating_sub(entry.valid_at.as_micros());
        let declared = entry.line.declared_status.as_str();
        all.push(format!("last known {declared}, {}", crate::view::ago(age)));
    }
    if let Some(at) = status.expected_but_not_confirmed(now) {
        all.push(format!("a place was expected by {}, not confirmed", clock(at)));
    }
    if request.need == Need::Retrieval && team_status != TeamStatus::Ready {
        let back = team.and_then(|it| it.team.back_at).map(|at| format!(" until {}", clock(at)));
        let words = team_status.label().to_lowercase();
        all.push(format!("team {words}{}", back.unwrap_or_default()));
    }
    all
}

/// Date and time of day in universal time.
fn clock(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}
