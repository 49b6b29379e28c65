//! The people of a center: who holds which role, invitations, and many at once from a file.

use askama::Template;
use axum::Form;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Action, CenterId, PersonId, Place, PlaceKind, Role, permit, shown_name};
use serde::Deserialize;
use site::{Problem, Visitor};
use uuid::Uuid;

use super::{OnPage, PeoplePages, led, problem, said, shown, work};
use crate::people::bulk::after_day;
use crate::people::{BulkError, BulkFault, Invited, Member, NewGrant, PersonState};

/// A center as its page shows it.
#[derive(Debug, Clone)]
pub(super) struct CenterLine {
    pub(super) id: CenterId,
    pub(super) number: String,
    pub(super) name: String,
}

struct ListLine {
    center: CenterLine,
    people: usize,
    review: String,
}

#[derive(Template)]
#[template(path = "people/list.html")]
struct List {
    lines: Vec<ListLine>,
    platform: bool,
}

/// The centers whose people the reader may see.
pub(super) async fn list(State(pages): State<PeoplePages>, OnPage(visitor): OnPage) -> Response {
    let actor = visitor.actor.clone();
    let read = work(&pages, move |people| {
        let now = people.clock().now();
        let due = people.reviews_due(&actor)?;
        let mut lines = Vec::new();
        for (id, number, name) in people.own_centers(&actor)? {
            let members = people.members(&actor, &Place::Center(id))?;
            let mut persons: Vec<_> = members.iter().map(|member| member.person.id).collect();
            persons.dedup();
            let due_at = due.iter().find(|due| due.center == id).and_then(|due| due.due_at);
            let review = match due_at {
                Some(at) if at <= now => "due now".to_owned(),
                Some(at) => format!("due {}", at.date()),
                None => String::new(),
            };
            lines.push(ListLine {
                center: CenterLine { id, number, name },
                people: persons.len(),
                review,
            });
        }
        Ok(lines)
    });
    let lines = match read.await {
        Ok(lines) => lines,
        Err(error) => return problem(error, &visitor),
    };
    let platform = visitor.actor.may(Action::RunPlatform);
    if let ([line], false) = (lines.as_slice(), platform) {
        return led(&format!("/people/{}", line.center.number));
    }
    shown(&pages, &visitor, "People", StatusCode::OK, &List { lines, platform })
}

struct RoleChoice {
    role: Role,
    chosen: bool,
}

/// What a form of invitation held.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct InviteForm {
    email: String,
    name: String,
    role: String,
    ends: String,
}

#[derive(Template)]
#[template(path = "people/center.html")]
struct Show {
    center: CenterLine,
    members: Vec<Line>,
    invite: bool,
    manage: bool,
    review: bool,
    /// Where the credentials are shown again; `None` when that was done just now.
    step_up: Option<String>,
    roles: Vec<RoleChoice>,
    form: InviteForm,
    error: Option<String>,
    faults: Vec<BulkFault>,
    links: Vec<Link>,
}

struct Line {
    grant: Uuid,
    person: PersonId,
    name: String,
    email: String,
    state: PersonState,
    role: Role,
    since: String,
    until: Option<String>,
    by: String,
    seen: String,
    invited: bool,
}

/// A link that is shown once.
struct Link {
    email: String,
    link: Option<String>,
}

impl From<&Invited> for Link {
    fn from(invited: &Invited) -> Self {
        Self { email: invited.person.email.clone(), link: invited.link.clone() }
    }
}

/// What a page says besides its list.
#[derive(Default)]
struct Besides {
    status: StatusCode,
    form: InviteForm,
    error: Option<String>,
    faults: Vec<BulkFault>,
    links: Vec<Link>,
}

pub(super) async fn show(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(number): Path<String>,
) -> Response {
    drawn(&pages, &visitor, &number, Besides::default()).await
}

async fn drawn(pages: &PeoplePages, visitor: &Visitor, number: &str, besides: Besides) -> Response {
    let center = match found(pages, visitor, number, Action::SeePeople).await {
        Ok(center) => center,
        Err(response) => return response,
    };
    let (actor, place) = (visitor.actor.clone(), Place::Center(center.id));
    let members = match work(pages, move |people| people.members(&actor, &place)).await {
        Ok(members) => members,
        Err(error) => return problem(error, visitor),
    };
    let may = |action| permit(&visitor.actor, action, center.id).is_ok();
    let roles = grantable(visitor, center.id)
        .into_iter()
        .map(|role| RoleChoice { role, chosen: role.as_str() == besides.form.role })
        .collect();
    let title = format!("People of {}", center.name);
    let fresh = visitor.stepped_up(pages.people.clock().now());
    let body = Show {
        members: members.iter().map(line).collect(),
        invite: may(Action::InvitePeople),
        manage: may(Action::ManagePeople),
        review: may(Action::ReviewAccess),
        step_up: (!fresh).then(|| format!("/account/step-up?next=/people/{}", center.number)),
        roles,
        center,
        form: besides.form,
        error: besides.error,
        faults: besides.faults,
        links: besides.links,
    };
    shown(pages, visitor, &title, besides.status, &body)
}

fn line(member: &Member) -> Line {
    let (person, held) = (&member.person, &member.held);
    Line {
        grant: held.id,
        person: person.id,
        name: person.name.clone(),
        email: person.email.clone(),
        state: person.state,
        role: held.role,
        since: held.starts_at.date().to_string(),
        until: held.ends_at.map(|at| at.plus_micros(-1).date().to_string()),
        by: shown_name(&held.granted_by).to_owned(),
        seen: person.seen_at.map_or_else(|| "never".to_owned(), |at| at.date().to_string()),
        invited: person.state == PersonState::Invited,
    }
}

/// The roles at a center that the reader may give.
fn grantable(visitor: &Visitor, center: CenterId) -> Vec<Role> {
    let here = Place::Center(center);
    Role::ALL
        .iter()
        .copied()
        .filter(|role| role.held_at() == PlaceKind::Center)
        .filter(|role| {
            visitor.actor.grants().iter().any(|own| {
                own.role.may_grant().contains(role)
                    && (own.place == here || own.role == Role::PlatformAdministrator)
            })
        })
        .collect()
}

/// The center of a number, if the reader may do this there.
pub(super) async fn found(
    pages: &PeoplePages,
    visitor: &Visitor,
    number: &str,
    action: Action,
) -> Result<CenterLine, Response> {
    let wanted = number.to_owned();
    let center = work(pages, move |people| people.center_of(&wanted)).await;
    let (id, name) = center.map_err(|error| problem(error, visitor))?;
    permit(&visitor.actor, action, id)
        .map_err(|refusal| Problem::refused(&refusal, visitor).into_response())?;
    Ok(CenterLine { id, number: number.to_owned(), name })
}

/// Leads to the page where the credentials are shown again, unless that was done just now.
pub(super) fn stale(pages: &PeoplePages, visitor: &Visitor, back: &str) -> Option<Response> {
    let fresh = visitor.stepped_up(pages.people.clock().now());
    (!fresh).then(|| match back.parse() {
        Ok(uri) => site::step_up_needed(&uri),
        Err(_) => led("/account/step-up"),
    })
}

pub(super) async fn invite(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(number): Path<String>,
    Form(form): Form<InviteForm>,
) -> Response {
    let center = match found(&pages, &visitor, &number, Action::InvitePeople).await {
        Ok(center) => center,
        Err(response) => return response,
    };
    if let Some(response) = stale(&pages, &visitor, &format!("/people/{number}")) {
        return response;
    }
    let (role, ends_at) = (Role::from_word(&form.role), after_day(&form.ends));
    let error = match (role, ends_at) {
        (None, _) => Some("Choose a role."),
        (_, None) if !form.ends.trim().is_empty() => {
            Some("The last day is written like 2027-06-30, or left empty.")
        }
        _ => None,
    };
    let (Some(role), None) = (role, error) else {
        let error = error.map(str::to_owned);
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return drawn(
            &pages,
            &visitor,
            &number,
            Besides { status, form, error, ..Besides::default() },
        )
        .await;
    };
    let grant = NewGrant { ends_at, ..NewGrant::lasting(role, Place::Center(center.id)) };
    let (actor, typed) = (visitor.actor.clone(), form.clone());
    let done = work(&pages, move |people| people.invite(&actor, &typed.email, &typed.name, &grant));
    let besides = match done.await {
        Ok(invited) => Besides { links: vec![Link::from(&invited)], ..Besides::default() },
        Err(error) => match said(&error, &visitor) {
            Ok((status, error)) => {
                Besides { status, form, error: Some(error), ..Besides::default() }
            }
            Err(response) => return *response,
        },
    };
    drawn(&pages, &visitor, &number, besides).await
}

/// What went wrong with an uploaded file.
async fn upload(mut parts: Multipart) -> Result<Vec<u8>, MultipartError> {
    while let Some(part) = parts.next_field().await? {
        if part.name() == Some("file") {
            return Ok(part.bytes().await?.to_vec());
        }
    }
    Ok(Vec::new())
}

pub(super) async fn file(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(number): Path<String>,
    parts: Multipart,
) -> Response {
    if let Err(response) = found(&pages, &visitor, &number, Action::InvitePeople).await {
        return response;
    }
    if let Some(response) = stale(&pages, &visitor, &format!("/people/{number}")) {
        return response;
    }
    let Ok(bytes) = upload(parts).await else {
        return Problem::of(StatusCode::BAD_REQUEST).into_response();
    };
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| match people.invite_many(&actor, &bytes) {
        Ok(done) => Ok(Ok(done)),
        Err(BulkError::Lines(faults)) => Ok(Err(faults)),
        Err(BulkError::People(error)) => Err(error),
    });
    let besides = match done.await {
        Ok(Ok(done)) => {
            Besides { links: done.invited.iter().map(Link::from).collect(), ..Besides::default() }
        }
        Ok(Err(faults)) => {
            let error = "Nothing was written: some lines are wrong.".to_owned();
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Besides { status, error: Some(error), faults, ..Besides::default() }
        }
        Err(error) => return problem(error, &visitor),
    };
    drawn(&pages, &visitor, &number, besides).await
}

/// What a form holds that ends something.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Reason {
    pub(super) reason: String,
}

pub(super) async fn end(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path((number, grant)): Path<(String, Uuid)>,
    Form(form): Form<Reason>,
) -> Response {
    if let Err(response) = found(&pages, &visitor, &number, Action::ManagePeople).await {
        return response;
    }
    if let Some(response) = stale(&pages, &visitor, &format!("/people/{number}")) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done =
        work(&pages, move |people| people.end_grant(&actor, grant, form.reason.trim())).await;
    after(&pages, &visitor, &number, done.map(|()| None)).await
}

pub(super) async fn resend(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path((number, person)): Path<(String, PersonId)>,
) -> Response {
    if let Err(response) = found(&pages, &visitor, &number, Action::InvitePeople).await {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.resend(&actor, person)).await;
    after(&pages, &visitor, &number, done.map(Some)).await
}

pub(super) async fn withdraw(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path((number, person)): Path<(String, PersonId)>,
) -> Response {
    if let Err(response) = found(&pages, &visitor, &number, Action::InvitePeople).await {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.withdraw_invitation(&actor, person)).await;
    after(&pages, &visitor, &number, done.map(|()| None)).await
}

/// Leads back to the list, shows a new link once, or says what is wrong.
async fn after(
    pages: &PeoplePages,
    visitor: &Visitor,
    number: &str,
    done: Result<Option<Invited>, crate::PeopleError>,
) -> Response {
    let besides = match done {
        Ok(None) => return led(&format!("/people/{number}")),
        Ok(Some(invited)) => Besides { links: vec![Link::from(&invited)], ..Besides::default() },
        Err(error) => match said(&error, visitor) {
            Ok((status, error)) => Besides { status, error: Some(error), ..Besides::default() },
            Err(response) => return *response,
        },
    };
    drawn(pages, visitor, number, besides).await
}
