//! The filters of the map and the list: what they are, and which centers pass them.

use std::collections::{BTreeMap, BTreeSet};

use base::{Actor, Instant};
use directory::centers::{AgeGroup, Mode, VehicleKind};

use super::asked::{Asked, More};
use super::country_name;
use super::shown::{Shown, Standing, shown};
use crate::log::Log;
use crate::model::Center;
use crate::search::comes;
use crate::snapshot::Snapshot;
use crate::status;
use crate::totals::Totals;
use crate::words::{Accepts, Freshness, TeamStatus};

/// One value that a filter can have.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

impl Choice {
    pub(super) fn new(value: &str, label: impl Into<String>, chosen: bool) -> Self {
        Self { value: value.to_owned(), label: label.into(), chosen }
    }
}

/// One filter.
pub(super) struct Control {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    /// What it says when it does not narrow; none where something is always chosen.
    pub(super) any: Option<&'static str>,
    pub(super) choices: Vec<Choice>,
}

/// The totals of what was asked for, its centers in the order of the list, and how many do not offer it.
pub(super) fn found<'a>(
    snapshot: &'a Snapshot,
    asked: &Asked,
    now: Instant,
) -> (Totals, Vec<Shown<'a>>, usize) {
    let mut not_offered = 0;
    let mut totals = Totals::default();
    let mut found: Vec<Shown<'_>> = Vec::new();
    for (center, log) in snapshot.select(&asked.selection()) {
        if asked.retrieval && !comes(center, asked.age) {
            continue;
        }
        if asked.network.as_ref().is_some_and(|key| !center.networks.contains(key)) {
            continue;
        }
        if !fits(center, log, asked, snapshot, now) {
            continue;
        }
        match shown(center, log, (asked.age, asked.mode), snapshot.cadences(), now) {
            Some(it) if passes(&it, asked) => {
                totals.add(&it.status);
                found.push(it);
            }
            Some(_) => {}
            None => not_offered += 1,
        }
    }
    found.retain(|it| asked.standing.is_none_or(|standing| standing == it.standing));
    // the directory's order stays within a standing: best match, then name
    found.sort_by_key(|it| it.standing);
    (totals, found, not_offered)
}

/// Whether the profile and the team of a center are what was asked for.
fn fits(center: &Center, log: &Log, asked: &Asked, snapshot: &Snapshot, now: Instant) -> bool {
    let More { vehicle, language, team, .. } = &asked.more;
    let goes = |kind: VehicleKind| {
        comes(center, asked.age) && center.retrieval.vehicles.iter().any(|it| it.kind == kind)
    };
    let speaks = |language: &str| {
        // `pt` is spoken where `pt-BR` is
        center.languages.iter().any(|it| {
            let it = it.to_lowercase();
            it == language || it.strip_prefix(language).is_some_and(|rest| rest.starts_with('-'))
        })
    };
    let ready = || {
        let (status, _) = status::team(center, log, asked.age, snapshot.cadences(), now);
        status == TeamStatus::Ready
    };
    vehicle.is_none_or(goes) && language.as_deref().is_none_or(speaks) && (!team || ready())
}

/// Whether what a center says is what was asked for.
fn passes(it: &Shown<'_>, asked: &Asked) -> bool {
    let taken = || {
        let said = it.status.entry.and_then(|entry| entry.line.accepts_external);
        let accepts = said.unwrap_or(it.center.usually_accepts());
        matches!(accepts, Accepts::Yes | Accepts::CaseByCase)
    };
    let fresh = it.status.freshness == Freshness::Fresh && it.status.reason.is_none();
    (!asked.more.fresh || fresh) && (!asked.more.accepts || taken())
}

/// Filters that most readers need.
pub(super) fn controls(snapshot: &Snapshot, asked: &Asked) -> Vec<Control> {
    let ages = AgeGroup::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), *it == asked.age))
        .collect();
    let modes = Mode::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), Some(*it) == asked.mode))
        .collect();
    let standings = Standing::ALL
        .iter()
        .map(|it| Choice::new(it.as_str(), it.label(), Some(*it) == asked.standing))
        .collect();
    let lands: BTreeMap<&str, &str> = snapshot
        .centers()
        .map(|(center, _)| (country_name(&center.country), center.country.as_str()))
        .collect();
    let countries = lands
        .into_iter()
        .map(|(name, code)| Choice::new(code, name, asked.country.as_deref() == Some(code)))
        .collect();
    let chapters = snapshot
        .chapters()
        .map(|(code, name)| Choice::new(code, name, asked.chapter.as_deref() == Some(code)))
        .collect();
    let networks: Vec<Choice> = snapshot
        .networks()
        .iter()
        .map(|it| Choice::new(&it.key, it.name.as_str(), asked.network.as_ref() == Some(&it.key)))
        .collect();
    let retrieval = vec![Choice::new("1", "their team comes", asked.retrieval)];
    let control = |name, label, any, choices| Control { name, label, any, choices };
    let mut all = vec![
        control("age", "Age group", None, ages),
        control("mode", "Support", Some("any kind"), modes),
        control("status", "Status", Some("any"), standings),
        control("retrieval", "Retrieval", Some("with or without"), retrieval),
        control("country", "Country", Some("all countries"), countries),
        control("chapter", "Chapter", Some("all chapters"), chapters),
    ];
    if !networks.is_empty() {
        all.push(control("network", "Network", Some("all networks"), networks));
    }
    all
}

/// Filters that few readers need.
pub(super) fn more_controls(snapshot: &Snapshot, actor: &Actor, asked: &Asked) -> Vec<Control> {
    let More { fresh, vehicle, language, team, accepts } = &asked.more;
    let control = |name, label, any, choices| Control { name, label, any: Some(any), choices };
    let one = |value: &str, label: &str, chosen: bool| vec![Choice::new(value, label, chosen)];
    let vehicles = VehicleKind::ALL.iter();
    let vehicles =
        vehicles.map(|it| Choice::new(it.as_str(), it.label(), *vehicle == Some(*it))).collect();
    let spoken: BTreeSet<String> = snapshot
        .centers()
        .flat_map(|(center, _)| &center.languages)
        .map(|it| it.split('-').next().unwrap_or_default().to_lowercase())
        .collect();
    let languages = spoken
        .iter()
        .map(|it| Choice::new(it, it.as_str(), language.as_ref() == Some(it)))
        .collect();
    let mut all = vec![
        control("fresh", "Age of the report", "any", one("1", "fresh only", *fresh)),
        control("vehicle", "The team comes by", "any way", vehicles),
    ];
    if !spoken.is_empty() {
        all.push(control("language", "Language of a call", "any", languages));
    }
    if directory::centers::is_professional(actor) || actor.is_operator() {
        all.push(control(
            "team",
            "Retrieval team",
            "wherever it is",
            one("ready", "ready now", *team),
        ));
        let label = "takes them, or case by case";
        all.push(control(
            "accepts",
            "Patients from elsewhere",
            "not asked",
            one("1", label, *accepts),
        ));
    }
    all
}
