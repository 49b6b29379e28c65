//! The queries of all centers, for whoever asks them.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use base::CenterId;
use registry::CenterQuery;
use site::SignedIn;
use uuid::Uuid;

use super::{Asked, Line, SHOWN, StateLink, line};
use crate::{Desk, answer};

const STATES: [(&str, &str); 2] =
    [("answered", "Waiting for the registry"), ("open", "Waiting for a center")];

struct CenterLine {
    number: String,
    name: String,
    query: Line,
}

#[derive(Template)]
#[template(path = "queries/everywhere.html")]
struct Page {
    states: Vec<StateLink>,
    lines: Vec<CenterLine>,
    next: Option<String>,
}

/// Center and query, as an address names them.
fn place(text: &str) -> Option<(CenterId, Uuid)> {
    let (center, query) = text.split_once('.')?;
    center.parse().ok().zip(query.parse().ok())
}

pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Response {
    let work = move || {
        let asked = asked.map(|Query(asked)| asked).unwrap_or_default();
        let known = STATES.iter().find(|(state, _)| *state == asked.state);
        let state = known.map_or("answered", |(state, _)| state);
        let found =
            desk.registry.queries_everywhere(&visitor.actor, state, place(&asked.after), SHOWN + 1);
        let mut found = found.map_err(|error| answer::problem(error, &visitor))?;
        let more = found.len() > usize::try_from(SHOWN).unwrap_or(usize::MAX);
        if more {
            found.pop();
        }
        let next = found.last().filter(|_| more).map(|(_, _, last)| {
            format!("/desk/queries?state={state}&after={}.{}", last.center, last.id)
        });
        let now = desk.clock.now();
        let dictionary = desk.registry.dictionary();
        let lines = found.into_iter().map(|(number, name, query): CenterQuery| CenterLine {
            query: line(dictionary, &number, &query, now),
            number,
            name,
        });
        let states = STATES.iter().map(|(word, label)| StateLink {
            href: format!("/desk/queries?state={word}"),
            label,
            here: *word == state,
        });
        let page = Page { states: states.collect(), lines: lines.collect(), next };
        answer::page(&desk, &visitor, "Queries of all centers", &page)
    };
    answer::blocking(work).await
}
