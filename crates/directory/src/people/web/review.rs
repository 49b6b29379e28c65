//! The page of the yearly access review.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, Place};
use site::Visitor;
use uuid::Uuid;

use super::center::{CenterLine, found, stale};
use super::{OnPage, PeoplePages, led, problem, said, shown, work};
use crate::people::Decision;

struct Line {
    grant: Uuid,
    name: String,
    email: String,
    role: &'static str,
    since: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "people/review.html")]
struct Review {
    center: CenterLine,
    last: String,
    due: String,
    lines: Vec<Line>,
    error: Option<String>,
}

pub(super) async fn show(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(number): Path<String>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor, &format!("/people/{number}/review")) {
        return response;
    }
    drawn(&pages, &visitor, &number, StatusCode::OK, None).await
}

async fn drawn(
    pages: &PeoplePages,
    visitor: &Visitor,
    number: &str,
    status: StatusCode,
    error: Option<String>,
) -> Response {
    let center = match found(pages, visitor, number, Action::ReviewAccess).await {
        Ok(center) => center,
        Err(response) => return response,
    };
    let (actor, id) = (visitor.actor.clone(), center.id);
    let read = work(pages, move |people| {
        let due = people.reviews_due(&actor)?.into_iter().find(|due| due.center == id);
        Ok((due, people.members(&actor, &Place::Center(id))?))
    });
    let (due, members) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(error, visitor),
    };
    let day = |at: Option<base::Instant>| at.map_or_else(String::new, |at| at.date().to_string());
    let lines = members.into_iter().map(|member| Line {
        grant: member.held.id,
        name: member.person.name,
        email: member.person.email,
        role: member.held.role.label(),
        since: member.held.starts_at.date().to_string(),
        seen: member.person.seen_at.map_or_else(|| "never".to_owned(), |at| at.date().to_string()),
    });
    let title = format!("Access review of {}", center.name);
    let body = Review {
        last: day(due.as_ref().and_then(|due| due.last)),
        due: day(due.as_ref().and_then(|due| due.due_at)),
        lines: lines.collect(),
        center,
        error,
    };
    shown(pages, visitor, &title, status, &body)
}

pub(super) async fn sign(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(number): Path<String>,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    let center = match found(&pages, &visitor, &number, Action::ReviewAccess).await {
        Ok(center) => center,
        Err(response) => return response,
    };
    if let Some(response) = stale(&pages, &visitor, &format!("/people/{number}/review")) {
        return response;
    }
    let decisions: BTreeMap<Uuid, Decision> = fields
        .iter()
        .filter_map(|(name, value)| {
            let decision = match value.as_str() {
                "keep" => Decision::Keep,
                "end" => Decision::End,
                _ => return None,
            };
            Some((name.parse().ok()?, decision))
        })
        .collect();
    let signature = fields.get("signature").cloned().unwrap_or_default();
    let actor = visitor.actor.clone();
    let done =
        work(&pages, move |people| people.sign_review(&actor, center.id, &decisions, &signature));
    match done.await {
        Ok(_) => led(&format!("/people/{number}")),
        Err(error) => match said(&error, &visitor) {
            Ok((status, text)) => drawn(&pages, &visitor, &number, status, Some(text)).await,
            Err(response) => *response,
        },
    }
}
