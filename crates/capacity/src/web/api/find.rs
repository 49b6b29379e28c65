//! The nearest centers that may take a patient, for programs.

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base::{Actor, Instant};
use serde_json::{Map, Value, json};
use site::{Fault, Visitor, Wrong};

use super::super::CapacityPages;
use super::super::search::asked::{Asked, Start, spot_words};
use super::super::search::{note, question};
use super::said::told;
use super::{Pairs, ROWS, answer, fault, odd, work, wrong};
use crate::places::{SOURCE, Spot};
use crate::search::{Answer, Hit, Need, Request};
use crate::service::reader;
use crate::snapshot::Snapshot;
use crate::sphere::shown_km;
use crate::words::{Excluded, Freshness, Group, Reader};

/// Centers of a group unless it is said otherwise.
const USUAL: usize = 20;
/// Parameters by the names that the page has for them.
const NAMES: [(&str, &str); 13] = [
    ("place", "from"),
    ("from_center", "from"),
    ("age_group", "age"),
    ("age", "exact"),
    ("mode", "mode"),
    ("weight_kg", "weight"),
    ("gestation_weeks", "weeks"),
    ("max_km", "km"),
    ("max_minutes", "minutes"),
    ("vehicle", "travel"),
    ("need", "need"),
    ("min_available", "places"),
    ("freshness", "fresh"),
];
const NOTICE: &str = "Distance is as the crow flies. Whether a patient can be accepted is decided by the clinicians of both hospitals, not by this page.";

/// The question in the words of the page, and how many centers of each group are wanted.
fn read(pairs: &[(String, String)]) -> Result<(Asked, usize), Fault> {
    let (mut page, mut most) = (Vec::new(), USUAL);
    let (mut lat, mut lon) = (None, None);
    for (key, value) in pairs {
        let degrees = |most: f64| {
            let number: Option<f64> = value.parse().ok();
            let told = || wrong(key, format!("degrees from -{most} to {most}"));
            number.filter(|it| (-most..=most).contains(it)).map(Some).ok_or_else(told)
        };
        match key.as_str() {
            "lat" => lat = degrees(90.0)?,
            "lon" => lon = degrees(180.0)?,
            "limit" => {
                let number = value.parse().ok().filter(|it| (1..=ROWS).contains(it));
                most = number.ok_or_else(|| wrong(key, "a number from 1 to 100"))?;
            }
            name => {
                let known = NAMES.iter().find(|(api, _)| *api == name);
                let (_, of_page) = known.ok_or_else(|| wrong(key, "there is no such parameter"))?;
                page.push(((*of_page).to_owned(), value.clone()));
            }
        }
    }
    match (lat, lon) {
        (Some(lat), Some(lon)) => page.push(("from".to_owned(), format!("{lat}, {lon}"))),
        (None, None) => {}
        (Some(_), None) => return Err(odd("lon", "`lat` needs `lon`")),
        (None, Some(_)) => return Err(odd("lat", "`lon` needs `lat`")),
    }
    if page.iter().filter(|(name, _)| name == "from").count() > 1 {
        return Err(odd("place", "one of `lat` and `lon`, `place`, or `from_center`"));
    }
    let asked = Asked::read(&page).map_err(|why| odd("query", why))?;
    Ok((asked, most))
}

/// The four groups, always in this order.
pub(super) async fn search(
    State(pages): State<CapacityPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(pairs): Pairs,
) -> Result<Response, Response> {
    let who = visitor.clone();
    let found = work(&pages, move |capacity| {
        let (mut asked, most) = read(&pairs)?;
        asked.given = true;
        let snapshot = capacity.current().map_err(|error| fault(error, &who))?;
        let (start, request) = question(&snapshot, &who.actor, &mut asked)
            .map_err(|choices| not_understood(&asked, &choices))?;
        let now = capacity.clock.now();
        let answer = snapshot.search(&request, now);
        let look = Look { snapshot: &snapshot, actor: &who.actor, request: &request, now };
        Ok(look.value(&start, &answer, most))
    });
    Ok(answer(&visitor, &headers, &found.await?))
}

/// What is wrong with a question that follows its description, with places to choose from.
fn not_understood(asked: &Asked, choices: &[Spot]) -> Fault {
    let api = |name: &str| {
        let found = NAMES.iter().find(|(_, page)| *page == name);
        found.map_or_else(|| name.to_owned(), |(api, _)| (*api).to_owned())
    };
    let mut faults: Vec<Wrong> = asked
        .wrong
        .iter()
        .map(|(name, why)| Wrong { at: api(name), detail: why.clone() })
        .collect();
    if faults.is_empty() {
        let detail = "Say from where: `lat` and `lon`, `place`, or `from_center`.".to_owned();
        faults.push(Wrong { at: "place".to_owned(), detail });
    }
    let choices: Vec<Value> = choices
        .iter()
        .map(|spot| json!({ "place": spot_words(spot), "lat": spot.at.0, "lon": spot.at.1 }))
        .collect();
    let fault = Fault::values(faults);
    if choices.is_empty() { fault } else { fault.with("choices", json!(choices)) }
}

struct Look<'a> {
    snapshot: &'a Snapshot,
    actor: &'a Actor,
    request: &'a Request,
    now: Instant,
}

impl Look<'_> {
    fn value(&self, start: &Start, answer: &Answer<'_>, most: usize) -> Value {
        let mut groups = Map::new();
        for group in Group::ALL {
            let hits: Vec<&Hit<'_>> = answer.group(*group).collect();
            let centers: Vec<Value> =
                hits.iter().take(most).filter_map(|hit| self.hit(hit)).collect();
            let told = json!({ "total": hits.len(), "note": note(*group), "centers": centers });
            groups.insert(group.as_str().to_owned(), told);
        }
        let open = |hotline_public: bool| hotline_public || self.request.sees_teams;
        let hotlines: Vec<Value> = answer
            .networks
            .iter()
            .filter(|it| !it.hotline.is_empty() && open(it.hotline_public))
            .map(|it| json!({ "network": it.key, "name": it.name, "phone": it.hotline }))
            .collect();
        let excluded: Map<String, Value> = Excluded::ALL
            .iter()
            .map(|why| (why.as_str().to_owned(), json!(answer.excluded.get(why).unwrap_or(&0))))
            .collect();
        json!({
            "generated_at": self.now.to_string(),
            "notice": NOTICE,
            "source": start.named.then_some(SOURCE),
            "from": {
                "label": start.words, "lat": start.at.0, "lon": start.at.1, "country": start.country,
            },
            "age_group": self.request.age,
            "mode": self.request.mode,
            "max_km": self.request.max_km,
            "groups": groups,
            "excluded": excluded,
            "hotlines": hotlines,
        })
    }

    fn hit(&self, hit: &Hit<'_>) -> Option<Value> {
        let found = self.snapshot.center(hit.center.id)?;
        let told = told(self.snapshot, self.actor, found, self.now)?;
        let reader = reader(self.actor, hit.center, self.snapshot);
        let (matched, not_matched) = self.matched(hit);
        // they speak of numbers and teams
        let warnings: &[String] = if reader > Reader::Public { &hit.warnings } else { &[] };
        // to a quarter of an hour: it is no better known
        let minutes = self.request.minutes(hit.center, hit.distance_km);
        let minutes = (minutes / 15.0).ceil().max(1.0) * 15.0;
        Some(json!({
            "center": told,
            "mode": hit.mode,
            "distance_km": shown_km(hit.distance_km),
            "bearing_deg": hit.bearing_deg(self.request.from).round(),
            "rough_minutes": self.request.max_minutes.map(|_| minutes),
            "retrieval_reaches": hit.retrieval_reaches,
            "beyond_limit": hit.beyond_limit,
            "matched": matched,
            "not_matched": not_matched,
            "warnings": warnings,
        }))
    }

    /// Which of what was asked for holds, and which does not.
    fn matched(&self, hit: &Hit<'_>) -> (Vec<&'static str>, Vec<&'static str>) {
        let asked = self.request;
        let young = hit.status.freshness <= asked.freshness;
        let accepts = matches!(hit.group, Group::CanAccept | Group::CallFirst);
        let in_time = |most: f64| asked.minutes(hit.center, hit.distance_km) <= most;
        let all = [
            ("age_group", true, true),
            ("mode", asked.mode.is_some(), true),
            ("weight_kg", asked.weight_kg.is_some(), true),
            ("gestation_weeks", asked.gestation_weeks.is_some(), true),
            ("max_km", true, hit.distance_km <= asked.max_km),
            ("max_minutes", asked.max_minutes.is_some(), asked.max_minutes.is_none_or(in_time)),
            ("need", asked.need == Need::Retrieval, true),
            ("freshness", true, young && hit.status.freshness < Freshness::Expired),
            ("available", true, accepts),
        ];
        let of = |holds: bool| {
            let some = all.iter().filter(move |(_, asked, it)| *asked && *it == holds);
            some.map(|(name, ..)| *name).collect()
        };
        (of(true), of(false))
    }
}
