//! The desk of a region: who answers for it sees every center at once, rings those that are silent, switches a stricter
//! cadence on, and tells of supply and equipment.

mod page;
mod said;
mod typed;

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use site::{PageMeta, Problem, SignedIn};

use super::filters::Choice;
use super::{CapacityPages, form_page, page as whole_page, take_form, work};
use crate::manage::Scope;
use crate::region::{RegionDesk, region, regions};
use crate::service::CapacityError;
use typed::Typed;

pub(super) use page::{Told, notices_told};

/// A region in the list.
struct Entry {
    address: String,
    name: String,
    kind: &'static str,
    centers: usize,
    leads: bool,
}

#[derive(Template)]
#[template(path = "capacity/desks.html")]
struct List {
    own: Vec<Entry>,
    countries: Vec<Entry>,
    staff: bool,
}

/// Where the desk of a region is.
pub(super) fn address(scope: &Scope) -> String {
    let (kind, key) = scope.words();
    format!("/capacity/desk/{kind}/{key}")
}

const fn kind(scope: &Scope) -> &'static str {
    match scope {
        Scope::Network(_) => "Network",
        Scope::Country(_) => "Country",
        Scope::Chapter(_) => "Chapter",
        Scope::Center(_) => "Center",
    }
}

/// The regions of whoever is signed in; whoever has only one is led to it.
pub(super) async fn list(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let found = work(&pages, &visitor, move |capacity| {
        let snapshot = capacity.current()?;
        let staff = base::permit_platform(&actor, base::Action::ManageCenters).is_ok();
        let entry = |region: &RegionDesk| Entry {
            address: address(&region.scope),
            name: region.name.clone(),
            kind: kind(&region.scope),
            centers: region.centers(&snapshot).count(),
            leads: region.leads,
        };
        let all = regions(&snapshot, &actor);
        let is_country = |it: &&RegionDesk| matches!(it.scope, Scope::Country(_));
        let own = all.iter().filter(|it| !is_country(it)).map(entry).collect();
        let mut countries: Vec<Entry> = all.iter().filter(is_country).map(entry).collect();
        countries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(List { own, countries, staff })
    });
    let body = found.await?;
    if let ([only], false) = (body.own.as_slice(), body.staff) {
        return Ok(Redirect::to(&only.address).into_response());
    }
    let meta = PageMeta { title: "Desks of regions", description: None, path: None };
    Ok(whole_page(&pages, &visitor, &headers, &meta, &body))
}

/// The desk.
pub(super) async fn show(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path((kind, key)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let done = pairs.iter().find(|(name, _)| name == "done").and_then(|(_, word)| told(word));
    let body = work(&pages, &visitor, move |capacity| {
        let scope = Scope::region(&kind, &key).ok_or(CapacityError::Missing)?;
        let region = capacity.look_at_region(&actor, scope)?;
        let body = page::body(capacity, &actor, &region, (Typed::default(), Vec::new()))?;
        Ok(body.after(done))
    });
    let body = body.await?;
    Ok(form_page(&pages, &visitor, &headers, &body))
}

/// What a deed has done, in words.
fn told(word: &str) -> Option<&'static str> {
    match word {
        "stricter" => {
            Some("In force now: every light of the region ages by it, and the map says so.")
        }
        "ended" => Some("Ended. What was reported while it was in force keeps its stricter age."),
        "told" => Some("Told. Everybody of the region reads it until its end."),
        "over" => Some("The notice has ended."),
        _ => None,
    }
}

/// Takes a form of the desk.
pub(super) async fn act(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    headers: HeaderMap,
    Path((kind, key)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let actor = visitor.actor.clone();
    let Some(typed) = Typed::read(pairs) else {
        let why = "The form did not arrive whole. Open the page again.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "Not understood", why).into_response());
    };
    take_form(&pages, &visitor, &headers, move |capacity| {
        let scope = Scope::region(&kind, &key).ok_or(CapacityError::Missing)?;
        // nothing is switched on where no center is
        region(&*capacity.current()?, &actor, scope.clone())?;
        match typed.apply(capacity, &actor, &scope) {
            Ok(done) => Ok(Ok(format!("{}?done={done}", address(&scope)))),
            Err(CapacityError::Values(wrong)) => {
                let region = capacity.look_at_region(&actor, scope)?;
                Ok(Err(page::body(capacity, &actor, &region, (typed, wrong))?))
            }
            Err(other) => Err(other),
        }
    })
    .await
}

/// A list to choose from.
fn choices<T: Copy>(
    all: &[T],
    word: fn(T) -> &'static str,
    label: fn(T) -> &'static str,
    chosen: &str,
) -> Vec<Choice> {
    all.iter().map(|it| Choice::new(word(*it), label(*it), word(*it) == chosen)).collect()
}
