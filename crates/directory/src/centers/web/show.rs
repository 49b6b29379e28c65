//! The page of one center.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, permit};
use site::{PageMeta, Problem, Visitor};

use super::super::chapters::Chapter;
use super::super::model::{Capability, Profile};
use super::super::number;
use super::super::public::{LICENSE_URL, PublicCenter};
use super::super::words::{AgeGroup, Mode, State as Standing};
use super::list::noon;
use super::{CenterPages, country_name, page, work};

/// What is offered to one age group: a cell for each mode.
struct Offered {
    age: &'static str,
    cells: Vec<Option<String>>,
}

#[derive(Template)]
#[template(path = "centers/show.html")]
struct Show<'a> {
    it: PublicCenter<'a>,
    country: &'a str,
    chapter: Option<&'a Chapter>,
    modes: Vec<&'static str>,
    offered: Vec<Offered>,
    local_time: Option<String>,
    near: Option<(String, String)>,
    closed: bool,
    suspended: bool,
    may_edit: bool,
    license: &'static str,
}

/// The page of one center.
pub(super) async fn show(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let Some(center) = book.center(&number) else {
        return Err(unknown(&number).into_response());
    };
    let may_edit = permit(&visitor.actor, Action::EditCenter, center.id).is_ok();
    let now = noon(&book);
    let it = center.public(now);
    let body = Show {
        country: country_name(it.country),
        chapter: book.atlas().chapter(it.chapter),
        modes: Mode::ALL.iter().map(|mode| mode.label()).collect(),
        offered: offered(center),
        local_time: offset(it.time_zone, now),
        near: it.position.map(|at| {
            (format!("{:.4}, {:.4}", at.lat, at.lon), format!("geo:{:.4},{:.4}", at.lat, at.lon))
        }),
        closed: center.state == Standing::Closed,
        suspended: center.state == Standing::Suspended,
        may_edit,
        license: LICENSE_URL,
        it,
    };
    let title = body.it.name;
    let meta = PageMeta { title, description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// There is no such center, and perhaps why.
fn unknown(number: &str) -> Problem {
    match number::is_sound(number) {
        Some(false) => Problem::new(
            StatusCode::NOT_FOUND,
            "Center not found",
            "The last digit of this number is a check digit, and it does not fit: the number may be mistyped.",
        ),
        _ => Problem::of(StatusCode::NOT_FOUND),
    }
}

/// How far the zone is from UTC on that day.
fn offset(zone: &str, now: base::Instant) -> Option<String> {
    let zone = jiff::tz::db().get(zone).ok()?;
    Some(now.timestamp().to_zoned(zone).strftime("UTC%:z").to_string())
}

fn offered(center: &Profile) -> Vec<Offered> {
    let all = &center.details.capabilities;
    let cell = |age: AgeGroup, mode: Mode| {
        all.iter().find(|it| it.age == age && it.mode == mode).map(limits)
    };
    AgeGroup::ALL
        .iter()
        .filter(|age| center.details.offers(Some(**age), None))
        .map(|age| Offered {
            age: age.label(),
            cells: Mode::ALL.iter().map(|mode| cell(*age, *mode)).collect(),
        })
        .collect()
}

/// The limits of an offer in words; empty for none.
fn limits(capability: &Capability) -> String {
    let weight = match (capability.min_weight_kg, capability.max_weight_kg) {
        (Some(min), Some(max)) => format!("{min} to {max} kg"),
        (Some(min), None) => format!("from {min} kg"),
        (None, Some(max)) => format!("up to {max} kg"),
        (None, None) => String::new(),
    };
    match (weight.is_empty(), capability.notes.is_empty()) {
        (_, true) => weight,
        (true, false) => capability.notes.clone(),
        (false, false) => format!("{weight}; {}", capability.notes),
    }
}
