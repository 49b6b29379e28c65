//! Everybody, for those who run the platform.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{CenterId, Instant, PersonId, Place, PlaceKind, Role, shown_name};
use serde::Deserialize;
use site::Visitor;
use uuid::Uuid;

use super::center::{Reason, stale};
use super::{OnPage, PeoplePages, led, moment, problem, said, shown, work};
use crate::people::bulk::after_day;
use crate::people::{NewGrant, People, PeopleError, Person, PersonState};

/// People on one page.
const PAGE: u32 = 50;

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    q: String,
    after: String,
}

struct Line {
    id: PersonId,
    name: String,
    email: String,
    state: PersonState,
    seen: String,
}

/// What the form of invitation held.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct InviteForm {
    email: String,
    name: String,
    role: String,
    place: String,
    ends: String,
}

#[derive(Template)]
#[template(path = "people/platform.html")]
struct List {
    q: String,
    lines: Vec<Line>,
    next: Option<String>,
    fresh: bool,
    roles: &'static [Role],
    form: InviteForm,
    error: Option<String>,
    link: Option<(String, Option<String>)>,
}

pub(super) async fn list(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Query(wanted): Query<Wanted>,
) -> Response {
    drawn(&pages, &visitor, wanted, StatusCode::OK, InviteForm::default(), None, None).await
}

async fn drawn(
    pages: &PeoplePages,
    visitor: &Visitor,
    wanted: Wanted,
    status: StatusCode,
    form: InviteForm,
    error: Option<String>,
    link: Option<(String, Option<String>)>,
) -> Response {
    let (actor, asked) = (visitor.actor.clone(), wanted.clone());
    let read = work(pages, move |people| people.everybody(&actor, &asked.q, &asked.after, PAGE));
    let found = match read.await {
        Ok(found) => found,
        Err(error) => return problem(error, visitor),
    };
    let full = usize::try_from(PAGE).is_ok_and(|page| found.len() >= page);
    let more = full && wanted.q.trim().is_empty();
    let next = found.last().filter(|_| more).map(|person| person.email.clone());
    let body = List {
        q: wanted.q,
        lines: found.into_iter().map(line).collect(),
        next,
        fresh: visitor.stepped_up(pages.people.clock().now()),
        roles: Role::ALL,
        form,
        error,
        link,
    };
    shown(pages, visitor, "Everybody", status, &body)
}

fn line(person: Person) -> Line {
    let seen = person.seen_at.map_or_else(|| "never".to_owned(), |at| at.date().to_string());
    Line { id: person.id, name: person.name, email: person.email, state: person.state, seen }
}

/// The place that was typed for a role: a center's number, a code, or nothing for the platform.
fn place(people: &People, role: Role, typed: &str) -> Result<Place, PeopleError> {
    let typed = typed.trim();
    let code = || match typed {
        "" => Err(PeopleError::Invalid("say at which place the role is held".to_owned())),
        code => Ok(code.to_owned()),
    };
    Ok(match role.held_at() {
        PlaceKind::Platform => Place::Platform,
        PlaceKind::Center => {
            let center = people.center_of(&code()?);
            let unknown = |_| PeopleError::Invalid("no center has that number".to_owned());
            Place::Center(center.map_err(unknown)?.0)
        }
        PlaceKind::Chapter => Place::Chapter(code()?),
        PlaceKind::Network => Place::Network(code()?),
        PlaceKind::Committee => Place::Committee(code()?),
    })
}

pub(super) async fn invite(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Form(form): Form<InviteForm>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor, "/platform/people") {
        return response;
    }
    let (actor, typed) = (visitor.actor.clone(), form.clone());
    let done = work(&pages, move |people| {
        let role = Role::from_word(&typed.role);
        let role = role.ok_or_else(|| PeopleError::Invalid("choose a role".to_owned()))?;
        let ends_at = after_day(&typed.ends);
        if ends_at.is_none() && !typed.ends.trim().is_empty() {
            return Err(PeopleError::Invalid("a last day is written like 2027-06-30".to_owned()));
        }
        let place = place(people, role, &typed.place)?;
        let grant = NewGrant { ends_at, ..NewGrant::lasting(role, place) };
        people.invite(&actor, &typed.email, &typed.name, &grant)
    });
    let wanted = Wanted::default();
    match done.await {
        Ok(invited) => {
            let link = Some((invited.person.email, invited.link));
            let (status, form) = (StatusCode::OK, InviteForm::default());
            drawn(&pages, &visitor, wanted, status, form, None, link).await
        }
        Err(error) => match said(&error, &visitor) {
            Ok((status, text)) => {
                drawn(&pages, &visitor, wanted, status, form, Some(text), None).await
            }
            Err(response) => *response,
        },
    }
}

struct HeldLine {
    grant: Uuid,
    role: &'static str,
    place: String,
    since: String,
    until: String,
    by: String,
    ended: bool,
}

struct Happened {
    at: String,
    action: String,
    actor: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "people/person.html")]
struct Show {
    person: Person,
    seen: String,
    made: String,
    roles: Vec<HeldLine>,
    log: Vec<Happened>,
    fresh: bool,
    own: bool,
    error: Option<String>,
}

pub(super) async fn show(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(person): Path<PersonId>,
) -> Response {
    one(&pages, &visitor, person, StatusCode::OK, None).await
}

async fn one(
    pages: &PeoplePages,
    visitor: &Visitor,
    id: PersonId,
    status: StatusCode,
    error: Option<String>,
) -> Response {
    let actor = visitor.actor.clone();
    let read = work(pages, move |people| {
        let (person, held) = people.person(&actor, id)?;
        let mut roles = Vec::with_capacity(held.len());
        for held in held {
            let until = held.ended_at.or(held.ends_at.map(|at| at.plus_micros(-1)));
            roles.push(HeldLine {
                grant: held.id,
                role: held.role.label(),
                place: shown_place(people, &held.place)?,
                since: held.starts_at.date().to_string(),
                until: until.map_or_else(String::new, |at: Instant| at.date().to_string()),
                by: shown_name(&held.granted_by).to_owned(),
                ended: !held.in_force(people.clock().now()),
            });
        }
        let log = people.account_log(&actor, id, 50)?;
        Ok((person, roles, log))
    });
    let (person, roles, log) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(error, visitor),
    };
    let log = log.into_iter().map(|entry| Happened {
        at: moment(entry.at),
        action: entry.action.replace('-', " "),
        actor: shown_name(&entry.actor).to_owned(),
        reason: entry.reason.unwrap_or_default(),
    });
    let title = person.name.clone();
    let body = Show {
        seen: person.seen_at.map_or_else(|| "never".to_owned(), moment),
        made: moment(person.created_at),
        person,
        roles,
        log: log.collect(),
        fresh: visitor.stepped_up(pages.people.clock().now()),
        own: visitor.actor.person_id() == Some(id),
        error,
    };
    shown(pages, visitor, &title, status, &body)
}

fn shown_place(people: &People, place: &Place) -> Result<String, PeopleError> {
    let of_center = |id: CenterId| match people.center_name(id) {
        Ok((number, name)) => Ok(format!("{name} ({number})")),
        Err(PeopleError::NotFound(_)) => Ok(id.to_string()),
        Err(error) => Err(error),
    };
    Ok(match place {
        Place::Platform => "the platform".to_owned(),
        Place::Center(id) => of_center(*id)?,
        Place::Chapter(code) => format!("chapter {code}"),
        Place::Network(code) => format!("network {code}"),
        Place::Committee(code) => format!("committee {code}"),
    })
}

/// What becomes of an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StateForm {
    to: String,
    reason: String,
}

pub(super) async fn state(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(person): Path<PersonId>,
    Form(form): Form<StateForm>,
) -> Response {
    let back = format!("/platform/people/{person}");
    if let Some(response) = stale(&pages, &visitor, &back) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| {
        let reason = form.reason.trim();
        if reason.is_empty() {
            return Err(PeopleError::Invalid("give a reason".to_owned()));
        }
        match form.to.as_str() {
            "suspended" => people.suspend(&actor, person, reason),
            "active" => people.reactivate(&actor, person, reason),
            "closed" => people.close(&actor, person, reason),
            "no-second-factor" => people.reset_second_factor(&actor, person, reason),
            _ => Err(PeopleError::Invalid("choose what shall become of the account".to_owned())),
        }
    });
    told(&pages, &visitor, person, done.await).await
}

pub(super) async fn end(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path((person, grant)): Path<(PersonId, Uuid)>,
    Form(form): Form<Reason>,
) -> Response {
    let back = format!("/platform/people/{person}");
    if let Some(response) = stale(&pages, &visitor, &back) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done =
        work(&pages, move |people| people.end_grant(&actor, grant, form.reason.trim())).await;
    told(&pages, &visitor, person, done).await
}

async fn told(
    pages: &PeoplePages,
    visitor: &Visitor,
    person: PersonId,
    done: Result<(), PeopleError>,
) -> Response {
    match done {
        Ok(()) => led(&format!("/platform/people/{person}")),
        Err(error) => match said(&error, visitor) {
            Ok((status, text)) => one(pages, visitor, person, status, Some(text)).await,
            Err(response) => *response,
        },
    }
}
