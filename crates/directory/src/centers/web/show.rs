//! The page of one center.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, permit};
use site::{PageMeta, Problem, Visitor};

use super::super::chapters::Chapter;
use super::super::model::{Capability, Contact, Profile};
use super::super::number;
use super::super::public::{LICENSE_URL, PublicCenter, is_professional};
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
#[expect(clippy::struct_excessive_bools, reason = "what the page may show")]
struct Show<'a> {
    it: PublicCenter<'a>,
    country: &'a str,
    chapter: Option<&'a Chapter>,
    modes: Vec<&'static str>,
    offered: Vec<Offered>,
    local_time: Option<String>,
    near: Option<(String, String)>,
    contacts: Vec<&'a Contact>,
    hidden: usize,
    landing: Option<String>,
    may_claim: bool,
    /// Whether the reader decides who else manages it.
    accepts: bool,
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
    let contacts = center.contacts_for(&visitor.actor);
    let professional = is_professional(&visitor.actor);
    let open = center.details.contacts.iter().filter(|it| it.is_professional()).count();
    let body = Show {
        country: country_name(it.country),
        chapter: book.atlas().chapter(it.chapter),
        modes: Mode::ALL.iter().map(|mode| mode.label()).collect(),
        offered: offered(center),
        local_time: offset(it.time_zone, now),
        near: it.position.map(|at| {
            (format!("{:.4}, {:.4}", at.lat, at.lon), format!("geo:{:.4},{:.4}", at.lat, at.lon))
        }),
        hidden: if professional { 0 } else { open - contacts.len().min(open) },
        contacts,
        landing: professional.then(|| landing(center)).flatten(),
        accepts: pages.centers.may_accept_claims(&visitor.actor, center.id),
        may_claim: visitor.is_known() && !may_edit && center.state != Standing::Closed,
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
        all.iter().find(|it| it.age == age && it.mode == mode).map(Capability::words)
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

/// Where aircraft land, for professionals.
fn landing(center: &Profile) -> Option<String> {
    let it = &center.details;
    let mut told = Vec::new();
    if let Some(helipad) = it.helipad {
        told.push(
            if helipad { "A helicopter can land" } else { "No helicopter can land" }.to_owned(),
        );
    }
    if !it.nearest_airport.is_empty() {
        let minutes =
            it.airport_transfer_min.map(|it| format!(", {it} minutes away")).unwrap_or_default();
        told.push(format!("nearest airport {}{minutes}", it.nearest_airport));
    }
    (!told.is_empty()).then(|| told.join("; ") + ".")
}
