//! Centers with their lights, and what they have reported.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Action, Instant, permit};
use directory::centers::{AgeGroup, Mode, Selection};
use serde::Serialize;
use serde_json::{Value, json};
use site::{Fault, SignedIn, Visitor};

use super::super::CapacityPages;
use super::super::shown::{Standing, shown};
use super::said::{Told, told};
use super::{Pairs, ROWS, answer, fault, odd, of_number, work, wrong};
use crate::clock::DAY;
use crate::log::Log;
use crate::model::{Center, Report};
use crate::service::CapacityError;
use crate::snapshot::Snapshot;
use crate::view::NOTICE;

/// Longest value of a parameter, in characters.
const LONGEST: usize = 200;

/// Degrees of a box: west, south, east, north; west may lie east of east, across the 180th meridian.
type Area = (f64, f64, f64, f64);

/// Which centers.
pub(super) struct Wanted {
    selection: Selection,
    age: Option<AgeGroup>,
    mode: Option<Mode>,
    standing: Option<Standing>,
    network: Option<String>,
    area: Option<Area>,
    updated_since: Option<Instant>,
    after: String,
}

impl Wanted {
    pub(super) fn read(pairs: &[(String, String)]) -> Result<Self, Fault> {
        let mut wanted = Self {
            selection: Selection::default(),
            age: None,
            mode: None,
            standing: None,
            network: None,
            area: None,
            updated_since: None,
            after: String::new(),
        };
        for (key, value) in pairs {
            if value.chars().count() > LONGEST || value.contains('\0') {
                return Err(odd(key, "too long, or a character that no name holds"));
            }
            let text = || value.clone();
            let unknown = || wrong(key, format!("`{value}` is not known here"));
            match key.as_str() {
                "q" => wanted.selection.words = text(),
                "country" => wanted.selection.country = Some(value.to_uppercase()),
                "chapter" => wanted.selection.chapter = Some(text()),
                "age_group" => {
                    wanted.age = Some(AgeGroup::from_word(value).ok_or_else(unknown)?);
                }
                "mode" => wanted.mode = Some(Mode::from_word(value).ok_or_else(unknown)?),
                "status" => {
                    wanted.standing = Some(Standing::from_word(value).ok_or_else(unknown)?);
                }
                "network" => wanted.network = Some(text()),
                "bbox" => {
                    let told = || odd(key, "four degrees: west,south,east,north");
                    wanted.area = Some(area(value).ok_or_else(told)?);
                }
                "updated_since" => {
                    let told = || odd(key, "a moment such as 2026-11-22T07:35:00+01:00");
                    wanted.updated_since = Some(moment(value).ok_or_else(told)?);
                }
                "after" => wanted.after = text(),
                _ => return Err(wrong(key, "there is no such parameter")),
            }
        }
        if wanted.standing.is_some() && wanted.age.is_none() {
            // there is no light for all ages: mixing them is how a wrong center gets called
            return Err(odd("age_group", "a status is that of an age group: name one"));
        }
        Ok(wanted)
    }

    fn found(&self, snapshot: &Snapshot, actor: &base::Actor, now: Instant) -> (usize, Vec<Told>) {
        let found = self.matching(snapshot, now);
        let total = found.len();
        let rest = found.into_iter().filter(|(center, _)| center.number > self.after);
        let told = rest.take(ROWS + 1).filter_map(|it| told(snapshot, actor, it, now));
        (total, told.collect())
    }

    /// All of them, by number.
    pub(super) fn matching<'a>(
        &self,
        snapshot: &'a Snapshot,
        now: Instant,
    ) -> Vec<(&'a Center, &'a Log)> {
        let mut found = snapshot.select(&self.selection);
        found.retain(|(center, log)| {
            let offers = center.capabilities.iter().any(|it| {
                self.age.is_none_or(|age| age == it.age) && self.mode.is_none_or(|m| m == it.mode)
            });
            let stands = || {
                let Some(wanted) = self.standing else { return true };
                let age = self.age.unwrap_or(AgeGroup::Adult);
                let cadences = snapshot.cadences();
                shown(center, log, (age, self.mode), cadences, now)
                    .is_some_and(|it| it.standing == wanted)
            };
            let is_new = || {
                self.updated_since
                    .is_none_or(|since| log.last_recorded().is_some_and(|at| at >= since))
            };
            let inside =
                self.area.is_none_or(|area| center.position.is_some_and(|at| holds(area, at)));
            let member = self.network.as_ref().is_none_or(|key| center.networks.contains(key));
            let filtered = self.age.is_some() || self.mode.is_some();
            (offers || !filtered) && member && inside && is_new() && stands()
        });
        found.sort_by(|a, b| a.0.number.cmp(&b.0.number));
        found
    }
}

fn area(text: &str) -> Option<Area> {
    let parts: Vec<f64> =
        text.split(',').map(|part| part.trim().parse().ok()).collect::<Option<_>>()?;
    let [west, south, east, north] = parts.try_into().ok()?;
    let lon = |it: f64| (-180.0..=180.0).contains(&it);
    let lat = |it: f64| (-90.0..=90.0).contains(&it);
    (lon(west) && lon(east) && lat(south) && lat(north) && south <= north)
        .then_some((west, south, east, north))
}

fn holds((west, south, east, north): Area, (lat, lon): (f64, f64)) -> bool {
    let across = west > east;
    let within = if across { lon >= west || lon <= east } else { (west..=east).contains(&lon) };
    within && (south..=north).contains(&lat)
}

/// A moment with its offset from UTC (RFC 3339).
pub(super) fn moment(text: &str) -> Option<Instant> {
    // a plus sign in an address means a blank
    let at: jiff::Timestamp = text.replace(' ', "+").parse().ok()?;
    Some(Instant::from_micros(at.as_microsecond()))
}

#[derive(Serialize)]
struct Found {
    generated_at: String,
    notice: &'static str,
    total: usize,
    next: Option<String>,
    centers: Vec<Told>,
}

/// Centers with their lights, a hundred at a time, by number.
pub(super) async fn centers(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let wanted = Wanted::read(&pairs)?;
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let now = capacity.clock.now();
        let (total, mut centers) = wanted.found(&snapshot, &reader.actor, now);
        let more = centers.len() > ROWS;
        centers.truncate(ROWS);
        let last = centers.last().map(|it| it.view.center_id.clone()).filter(|_| more);
        let next = last.map(|last| {
            let kept = pairs.iter().filter(|(key, _)| key != "after");
            let kept =
                kept.map(|(key, value)| format!("{key}={}&", super::super::asked::encoded(value)));
            format!("/api/capacity/v1/centers?{}after={last}", kept.collect::<String>())
        });
        Ok(Found { generated_at: now.to_string(), notice: NOTICE, total, next, centers })
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// One center.
pub(super) async fn center(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let found = of_number(&snapshot, &number, &reader)?;
        let told = told(&snapshot, &reader.actor, found, capacity.clock.now());
        told.ok_or_else(|| fault(CapacityError::Missing, &reader))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// A report as programs read it: moments as text.
pub(super) fn report_value(report: &Report) -> Value {
    let mut value = json!(report);
    let texts = |value: &mut Value, keys: &[&str]| {
        for key in keys {
            if let Some(slot) = value.get_mut(key)
                && let Some(micros) = slot.as_i64()
            {
                *slot = json!(Instant::from_micros(micros).to_string());
            }
        }
    };
    texts(&mut value, &["valid_at", "recorded_at"]);
    for (list, key) in [("lines", "next_free_expected_at"), ("transport", "back_at")] {
        for item in value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            texts(item, &[key]);
        }
    }
    if let Some(fields) = value.as_object_mut() {
        fields.remove("center");
        let by = base::shown_name(&report.reported_by);
        fields.insert("reported_by".to_owned(), json!(by));
    }
    value
}

/// The reports of a center, newest first, at most 500; of the last 30 days unless it is said otherwise.
pub(super) async fn reports(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path(number): Path<String>,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let found = work(&pages, move |capacity| {
        let snapshot = capacity.current().map_err(|error| fault(error, &reader))?;
        let (center, _) = of_number(&snapshot, &number, &reader)?;
        permit(&reader.actor, Action::ReportCapacity, center.id)
            .map_err(|refusal| fault(refusal.into(), &reader))?;
        let now = capacity.clock.now();
        let mut span = (now.plus_micros(-30 * DAY), now.plus_micros(DAY));
        for (key, value) in &pairs {
            let told = || odd(key, "a moment such as 2026-11-22T07:35:00+01:00");
            match key.as_str() {
                "from" => span.0 = moment(value).ok_or_else(told)?,
                "to" => span.1 = moment(value).ok_or_else(told)?,
                _ => return Err(wrong(key, "there is no such parameter")),
            }
        }
        let reports = capacity
            .history(&reader.actor, center.id, span)
            .map_err(|error| fault(error, &reader))?;
        let reports: Vec<Value> = reports.iter().map(report_value).collect();
        Ok(json!({ "center_id": center.number, "reports": reports }))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}
