//! The units of a center that report for themselves: made, named, given age groups, closed, opened again.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Action, Actor, Instant, permit};
use directory::centers::AgeGroup;
use site::SignedIn;

use super::shown::{age_class, said, symbol};
use super::{CapacityPages, FormPage, form_page, take_form, work};
use crate::model::Center;
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::status::status;
use crate::unit::{Unit, UnitDetails};

/// Longest value that is read, in bytes.
const LONGEST: usize = 400;

/// An age group that can be chosen.
struct Tick {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// The form of a unit.
struct UnitForm {
    /// Its key; empty for a new one.
    key: String,
    /// What its fields are called after.
    id: String,
    name: String,
    /// The name as it is kept.
    title: String,
    ages: Vec<Tick>,
    wrong: Vec<(&'static str, String)>,
}

impl UnitForm {
    fn fault(&self, field: &str) -> Option<&str> {
        self.wrong.iter().find(|(name, _)| *name == field).map(|(_, why)| why.as_str())
    }
}

/// Whoever speaks for an age group, and what is known of it.
struct Said {
    name: String,
    symbol: &'static str,
    label: &'static str,
    told: String,
    age_class: &'static str,
}

#[derive(Template)]
#[template(path = "capacity/units.html")]
struct Page {
    number: String,
    name: String,
    /// Whether the reader also reports.
    reports: bool,
    /// By age group, who reports.
    voices: Vec<(&'static str, Vec<Said>)>,
    open: Vec<UnitForm>,
    closed: Vec<UnitForm>,
    new: UnitForm,
}

impl FormPage for Page {
    fn title(&self) -> String {
        format!("Units of {}", self.name)
    }

    fn is_wrong(&self) -> bool {
        let mut all = self.open.iter().chain(&self.closed).chain([&self.new]);
        all.any(|it| !it.wrong.is_empty())
    }
}

/// What was typed of a unit, and what is wrong with it.
#[derive(Default)]
struct Typed {
    key: String,
    name: String,
    ages: BTreeSet<AgeGroup>,
    wrong: Vec<(&'static str, String)>,
}

impl Typed {
    fn read(pairs: &[(String, String)]) -> Self {
        let mut out = Self::default();
        for (key, value) in pairs.iter().filter(|(_, value)| value.len() <= LONGEST) {
            match key.as_str() {
                "unit" => value.clone_into(&mut out.key),
                "name" => value.trim().clone_into(&mut out.name),
                "ages" => out.ages.extend(AgeGroup::from_word(value)),
                _ => {}
            }
        }
        out
    }
}

/// The center, for those who change its details.
fn own<'a>(
    snapshot: &'a Snapshot,
    actor: &Actor,
    number: &str,
) -> Result<&'a Center, CapacityError> {
    let (center, _) = snapshot.by_number(number).ok_or(CapacityError::Missing)?;
    permit(actor, Action::EditCenter, center.id)?;
    Ok(center)
}

fn form(center: &Center, unit: Option<&Unit>, typed: Option<&Typed>, now: Instant) -> UnitForm {
    let kept = unit.map(|it| it.ages(now)).unwrap_or_default();
    let typed = typed.filter(|it| it.key == unit.map_or("", |unit| unit.key.as_str()));
    let chosen = typed.map_or(&kept, |it| &it.ages);
    let tick = |age: &AgeGroup| Tick {
        value: age.as_str(),
        label: age.label(),
        chosen: chosen.contains(age),
    };
    let offered = |age: &&AgeGroup| center.modes(**age).next().is_some();
    let title = unit.map(|it| it.name.clone()).unwrap_or_default();
    UnitForm {
        key: unit.map(|it| it.key.clone()).unwrap_or_default(),
        id: unit.map_or_else(|| "new".to_owned(), |it| format!("unit-{}", it.key)),
        name: typed.map_or_else(|| title.clone(), |it| it.name.clone()),
        title,
        ages: AgeGroup::ALL.iter().filter(offered).map(tick).collect(),
        wrong: typed.map(|it| it.wrong.clone()).unwrap_or_default(),
    }
}

fn page(
    snapshot: &Snapshot,
    (center, actor): (&Center, &Actor),
    typed: Option<&Typed>,
    now: Instant,
) -> Option<Page> {
    let (_, log) = snapshot.center(center.id)?;
    let cadences = snapshot.cadences();
    let mut voices = Vec::new();
    for age in AgeGroup::ALL {
        // what is said of the first kind of support stands for the age group
        let Some(mode) = center.modes(*age).next() else { continue };
        let status = status(center, log, (*age, mode), cadences, now)?;
        let all = center.voices(*age, now).into_iter().map(|voice| {
            let it = status.units.iter().find(|it| it.unit == voice.unit);
            let unit = center.units.iter().find(|it| Some(it.key.as_str()) == voice.unit);
            let light = it.map_or(status.light, |it| it.light);
            let stale = it.is_some_and(crate::status::UnitStatus::is_stale);
            Said {
                name: unit.map_or_else(|| "The center as a whole".to_owned(), |it| it.name.clone()),
                symbol: symbol(light, stale),
                label: light.label(),
                told: said(it.and_then(|it| it.reason), it.and_then(|it| it.entry), stale, now),
                age_class: age_class(it.map_or(status.freshness, |it| it.freshness)),
            }
        });
        voices.push((age.label(), all.collect()));
    }
    let of = |open: bool| {
        let own = center.units.iter().filter(move |it| it.ages(now).is_empty() != open);
        own.map(|unit| form(center, Some(unit), typed, now)).collect()
    };
    Some(Page {
        number: center.number.clone(),
        name: center.name.clone(),
        reports: permit(actor, Action::ReportCapacity, center.id).is_ok(),
        voices,
        open: of(true),
        closed: of(false),
        new: form(center, None, typed, now),
    })
}

/// The units, each with its form.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let body = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let center = own(&snapshot, &actor, &number)?;
        page(&snapshot, (center, &actor), None, capacity.clock.now()).ok_or(CapacityError::Missing)
    });
    let body = body.await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

/// Keeps what was typed of one.
pub(super) async fn save(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    take_form(&pages, &visitor, &headers, move |capacity| saved(capacity, &actor, &number, &pairs))
        .await
}

fn saved(
    capacity: &Capacity,
    actor: &Actor,
    number: &str,
    pairs: &[(String, String)],
) -> Result<Result<String, Page>, CapacityError> {
    let snapshot = capacity.current()?;
    let center = own(&snapshot, actor, number)?;
    let mut typed = Typed::read(pairs);
    let closes = pairs.iter().any(|(key, value)| key == "do" && value == "close");
    let unit = center.units.iter().find(|it| it.key == typed.key);
    let details = if closes {
        let name = unit.map(|it| it.name.clone()).unwrap_or_default();
        UnitDetails { name, ages: BTreeSet::new() }
    } else {
        UnitDetails { name: typed.name.clone(), ages: typed.ages.clone() }
    };
    if !closes && details.ages.is_empty() {
        // closing is a button of its own: no tick that was missed does it
        typed.wrong.push(("ages", "Choose for whom the unit reports.".to_owned()));
    } else {
        let key = Some(typed.key.as_str()).filter(|it| !it.is_empty());
        match capacity.put_unit(actor, center.id, key, &details) {
            Ok(_) => return Ok(Ok(format!("/capacity/{number}/units"))),
            Err(CapacityError::Values(wrong)) => typed.wrong = wrong,
            Err(other) => return Err(other),
        }
    }
    let now = capacity.clock.now();
    let page = page(&snapshot, (center, actor), Some(&typed), now).ok_or(CapacityError::Missing)?;
    Ok(Err(page))
}
