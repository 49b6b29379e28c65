//! What a program sends: bodies and parameters, read only for those who may send them.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use base::{Action, Channel, permit};
use registry::{Center, RecordInSight, RegistryError};
use serde_json::Value;
use site::{Fault, Problem, SignedIn, Visitor};

use crate::{Desk, answer, run};

/// Who asks, and of which desk.
pub(crate) struct Asker {
    pub(crate) desk: Arc<Desk>,
    /// Whose changes the audit shows as coming through the interface.
    pub(crate) visitor: Visitor,
}

impl FromRequestParts<Arc<Desk>> for Asker {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let SignedIn(mut visitor) = SignedIn::from_request_parts(parts, desk).await?;
        let State(desk) = State::<Arc<Desk>>::from_request_parts(parts, desk)
            .await
            .map_err(axum::response::IntoResponse::into_response)?;
        visitor.actor = visitor.actor.through(Channel::Api);
        Ok(Self { desk, visitor })
    }
}

impl Asker {
    /// The center of a number, if the visitor may do this there. Unknown and foreign centers look the same.
    pub(crate) fn center(&self, number: &str, action: Action) -> Result<Center, Fault> {
        plain(number)?;
        Ok(answer::center(&self.desk, &self.visitor, number, action)?)
    }

    /// A run with everything it is judged with, if the visitor may do this at its center.
    pub(crate) fn run(
        &self,
        number: &str,
        run: &str,
        action: Action,
    ) -> Result<RecordInSight, Fault> {
        plain(number)?;
        let record = run::in_sight(&self.desk, &self.visitor, number, run)?;
        permit(&self.visitor.actor, action, record.center.id)
            .map_err(|refusal| Problem::refused(&refusal, &self.visitor))?;
        Ok(record)
    }

    /// An error of the registry for a program.
    pub(crate) fn told(&self, error: RegistryError) -> Fault {
        answer::problem(error, &self.visitor).into()
    }
}

/// A key of an address that could be stored: others are not found, and reach no database.
pub(crate) fn plain(key: &str) -> Result<(), Fault> {
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if plain && key.len() <= 40 { Ok(()) } else { Err(nothing()) }
}

/// There is nothing of this name, or nothing that the visitor may know of.
pub(crate) fn nothing() -> Fault {
    Problem::of(StatusCode::NOT_FOUND).into()
}

/// Runs what asks the database on a thread that may block.
pub(crate) async fn answered(
    work: impl FnOnce() -> Result<Response, Fault> + Send + 'static,
) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.unwrap_or_else(Fault::into_response),
        Err(error) => Problem::internal("an address of the desk", &error).into_response(),
    }
}

/// An answer for one reader.
pub(crate) fn said(status: StatusCode, value: &Value) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], axum::Json(value)).into_response()
}

/// A text of an address without control characters and of a sensible length.
pub(crate) fn word<'t>(name: &str, text: &'t str) -> Result<&'t str, Fault> {
    if text.chars().count() > 100 || text.chars().any(char::is_control) {
        return Err(Fault::request(
            name,
            "at most 100 characters, none of them a control character",
        ));
    }
    Ok(text)
}

/// A path with points, rows from zero, as a JSON pointer below `/values`.
pub(crate) fn value_pointer(path: &str) -> String {
    if path.is_empty() {
        "/values".to_owned()
    } else {
        format!("/values/{}", path.replace('.', "/"))
    }
}

/// A place as findings write it, rows from one in brackets, the same way.
pub(crate) fn place_pointer(place: &str) -> String {
    let mut out = "/values".to_owned();
    for part in place.split('.') {
        out.push('/');
        match part.split_once('[') {
            Some((group, row)) => {
                let row: usize = row.trim_end_matches(']').parse().unwrap_or(1);
                out.push_str(&format!("{group}/{}", row.saturating_sub(1)));
            }
            None => out.push_str(part),
        }
    }
    out
}
