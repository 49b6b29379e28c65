//! How often somebody wants to be reminded: `GET` and `POST /desk/notices`.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::Response;
use base::PersonId;
use db::DbError;
use directory::audit::{Event, Trail};
use serde::Deserialize;
use site::{Access, Problem, Routes, SignedIn, Visitor};

use super::{Cadence, NOTICE_OF, SET_CADENCE};
use crate::{Desk, answer};

pub(crate) fn routes() -> Routes<Arc<Desk>> {
    Routes::new().get("/desk/notices", Access::SignedIn, show).post(
        "/desk/notices",
        Access::SignedIn,
        set,
    )
}

struct CadenceChoice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "reminders/page.html")]
struct Page {
    choices: Vec<CadenceChoice>,
    saved: bool,
}

const fn label(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::Daily => "Every day on which something waits",
        Cadence::Weekly => "Once a week, when something waits",
        Cadence::Never => "No mail",
    }
}

/// The person behind a visitor; programs and operators have no mail.
fn person(visitor: &Visitor) -> Result<PersonId, Problem> {
    visitor.actor.person_id().ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))
}

fn page(desk: &Desk, visitor: &Visitor, now: Cadence, saved: bool) -> Result<Response, Problem> {
    let choices = Cadence::ALL.map(|cadence| CadenceChoice {
        value: cadence.as_str(),
        label: label(cadence),
        chosen: cadence == now,
    });
    answer::page(desk, visitor, "Notices", &Page { choices: choices.into(), saved })
}

fn internal(error: &DbError) -> Problem {
    Problem::internal("the notices of a person", error)
}

async fn show(State(desk): State<Arc<Desk>>, SignedIn(visitor): SignedIn) -> Response {
    let work = move || {
        let person = person(&visitor)?;
        let stored: Option<String> = desk
            .registry
            .db()
            .read_one(|tx| tx.opt(&NOTICE_OF, (person,)))
            .map_err(|error: DbError| internal(&error))?;
        let now = stored.and_then(|word| Cadence::from_word(&word)).unwrap_or_default();
        page(&desk, &visitor, now, false)
    };
    answer::blocking(work).await
}

#[derive(Debug, Deserialize)]
struct Chosen {
    cadence: String,
}

async fn set(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    chosen: Result<Form<Chosen>, FormRejection>,
) -> Response {
    let work = move || {
        let person = person(&visitor)?;
        let bad = || Problem::of(StatusCode::BAD_REQUEST);
        let Form(chosen) = chosen.map_err(|_| bad())?;
        let cadence = Cadence::from_word(&chosen.cadence).ok_or_else(bad)?;
        let now = desk.clock.now();
        desk.registry
            .db()
            .write(|tx| {
                let old: Option<String> = tx.opt(&NOTICE_OF, (person,))?;
                let old = old.unwrap_or_else(|| Cadence::default().as_str().to_owned());
                tx.execute(&SET_CADENCE, (person, cadence.as_str(), now))?;
                let body = serde_json::json!({ "old": old, "new": cadence.as_str() });
                let event = Event::of_person("set-notices", person).with(body);
                Trail::new(&visitor.actor, now).write(tx, &event)
            })
            .map_err(|error: DbError| internal(&error))?;
        page(&desk, &visitor, cadence, true)
    };
    answer::blocking(work).await
}
