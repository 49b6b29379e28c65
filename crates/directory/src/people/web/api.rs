//! `GET /api/v1/me` and `GET /api/v1/people`.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::{Action, Place, permit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use site::{Problem, SignedIn, Visitor};

use super::{PeoplePages, problem, work};
use crate::people::{Member, People, PeopleError, PersonState};

/// A role at a place.
#[derive(Debug, Serialize)]
struct HeldJson {
    role: &'static str,
    place: &'static str,
    key: String,
}

/// Who asks.
#[derive(Debug, Serialize)]
struct Me {
    id: String,
    name: String,
    email: String,
    roles: Vec<HeldJson>,
    /// What the caller may do: a token does less than its owner.
    actions: Vec<&'static str>,
}

pub(super) async fn me(State(pages): State<PeoplePages>, SignedIn(visitor): SignedIn) -> Response {
    let Some(id) = visitor.actor.person_id() else {
        return Problem::of(StatusCode::UNAUTHORIZED).into_response();
    };
    let actor = visitor.actor.clone();
    let person = match work(&pages, move |people| people.person(&actor, id)).await {
        Ok((person, _)) => person,
        Err(error) => return problem(error, &visitor),
    };
    let roles = visitor.actor.grants().iter().map(|grant| HeldJson {
        role: grant.role.as_str(),
        place: grant.place.kind().as_str(),
        key: grant.place.key(),
    });
    let may = |action: &&Action| visitor.actor.may(**action);
    Json(Me {
        id: id.to_string(),
        name: person.name,
        email: person.email,
        roles: roles.collect(),
        actions: Action::ALL.iter().filter(may).map(|action| action.words()).collect(),
    })
    .into_response()
}

/// Which people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    center: Option<String>,
}

/// A person beside one role.
#[derive(Debug, Serialize)]
struct PersonJson {
    id: String,
    name: String,
    email: String,
    state: &'static str,
    center: String,
    role: &'static str,
    starts_at: String,
    ends_at: Option<String>,
}

pub(super) async fn people(
    State(pages): State<PeoplePages>,
    SignedIn(visitor): SignedIn,
    Query(wanted): Query<Wanted>,
) -> Response {
    let asker = visitor.clone();
    match work(&pages, move |people| of_centers(people, &asker, wanted.center.as_deref())).await {
        Ok(list) => Json(json!({ "people": list })).into_response(),
        Err(error) => problem(error, &visitor),
    }
}

fn of_centers(
    people: &People,
    visitor: &Visitor,
    number: Option<&str>,
) -> Result<Vec<PersonJson>, PeopleError> {
    let centers = if let Some(number) = number {
        let (id, _) = people.center_of(number)?;
        permit(&visitor.actor, Action::SeePeople, id)?;
        vec![(id, number.to_owned())]
    } else {
        let own = people.own_centers(&visitor.actor)?;
        own.into_iter().map(|(id, number, _)| (id, number)).collect()
    };
    let mut list = Vec::new();
    for (id, number) in centers {
        let members = people.members(&visitor.actor, &Place::Center(id))?;
        list.extend(members.into_iter().map(|member| json_of(member, &number)));
    }
    Ok(list)
}

fn json_of(member: Member, number: &str) -> PersonJson {
    let Member { person, held } = member;
    PersonJson {
        id: person.id.to_string(),
        name: person.name,
        email: person.email,
        state: person.state.as_str(),
        center: number.to_owned(),
        role: held.role.as_str(),
        starts_at: held.starts_at.to_string(),
        ends_at: held.ends_at.map(|at| at.to_string()),
    }
}

/// The addresses for the OpenAPI document.
pub fn openapi_paths() -> Value {
    let answer = |schema: &str| {
        json!({ "description": "The answer.", "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") } } } })
    };
    let nobody = json!({ "description": "Nobody is signed in, or the token is not valid." });
    json!({
        "/api/v1/me": { "get": {
            "operationId": "me",
            "tags": ["people"],
            "summary": "Who asks, with the roles in force and what they allow",
            "security": [{ "token": [] }],
            "responses": { "200": answer("Me"), "401": nobody },
        } },
        "/api/v1/people": { "get": {
            "operationId": "people",
            "tags": ["people"],
            "x-scope": "see people",
            "summary": "The people of the caller's centers, a line for each role",
            "security": [{ "token": [] }],
            "parameters": [{ "name": "center", "in": "query", "schema": { "type": "string" },
                "description": "Number of one center." }],
            "responses": {
                "200": answer("People"),
                "401": nobody,
                "403": { "description": "None of the caller's roles sees people." },
                "404": { "description": "No such center, or not the caller's." },
            },
        } },
    })
}

/// Their schemas.
pub fn openapi_schemas() -> Value {
    let text = || json!({ "type": "string" });
    let moment = || json!({ "type": "string", "format": "date-time" });
    let states: Vec<&str> = PersonState::ALL.iter().map(|state| state.as_str()).collect();
    json!({
        "Me": {
            "type": "object",
            "required": ["id", "name", "email", "roles", "actions"],
            "properties": {
                "id": text(), "name": text(), "email": text(),
                "roles": { "type": "array", "items": {
                    "type": "object",
                    "required": ["role", "place", "key"],
                    "properties": { "role": text(), "place": text(), "key": text() },
                } },
                "actions": { "type": "array", "items": text() },
            },
        },
        "People": {
            "type": "object",
            "required": ["people"],
            "properties": { "people": { "type": "array", "items": {
                "type": "object",
                "required": ["id", "name", "email", "state", "center", "role", "starts_at", "ends_at"],
                "properties": {
                    "id": text(), "name": text(), "email": text(),
                    "state": { "type": "string", "enum": states },
                    "center": text(), "role": text(), "starts_at": moment(),
                    "ends_at": { "anyOf": [moment(), { "type": "null" }] },
                },
            } } },
        },
    })
}
