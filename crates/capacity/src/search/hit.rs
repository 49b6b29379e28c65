//! Where one center stands in an answer, and what must be said beside it.

use base::Instant;
use directory::centers::{AgeGroup, Capability, Mode, Service, age_days};

use super::{Hit, Need, Request};
use crate::clock::Cadences;
use crate::log::{Log, TeamEntry};
use crate::model::Center;
use crate::status::{Status, UnitStatus, status, team};
use crate::words::{Accepts, Excluded, Freshness, Group, Light, Reason, TeamStatus};

/// The place of a center in the answer, by the mode that serves best.
pub(super) fn hit<'a>(
    (center, distance_km): (&'a Center, f64),
    log: &'a Log,
    request: &Request,
    cadences: &Cadences,
    now: Instant,
) -> Result<Hit<'a>, Excluded> {
    if center.suspended(now).is_some() {
        return Err(Excluded::Suspended);
    }
    let reaches = reaches(center, distance_km, request);
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
    Ok(Hit {
        center,
        group,
        mode,
        distance_km,
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

/// Whether the team comes for anybody.
pub(crate) fn comes_at_all(center: &Center) -> bool {
    AgeGroup::ALL.iter().any(|age| comes(center, *age))
}

/// Whether the place lies within the reach of the team, and on its side of borders.
fn reaches(center: &Center, distance_km: f64, request: &Request) -> bool {
    let retrieval = &center.retrieval;
    let within = retrieval.reach_km().is_some_and(|km| distance_km <= f64::from(km));
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
