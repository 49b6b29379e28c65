//! Pages and JSON about people, and what the pages of sign-in share with them.

mod api;
mod center;
mod platform;
mod review;

use std::net::IpAddr;

use askama::Template;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::handler::Handler as _;
use axum::http::header::{LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, Channel, Instant};
use site::{Access, Client, PageMeta, Problem, Routes, Shell, SignedIn, Visitor};

pub use api::{openapi_paths, openapi_schemas};

use super::{People, PeopleError};
use crate::sign_in::{Origin, web as sign_in};

/// Largest form: nobody without an account makes the program hold much.
pub(crate) const FORM_BYTES: usize = 64 * 1024;
/// Largest file of people.
const FILE_BYTES: usize = 1024 * 1024;

/// Everything that the pages need. Cheap to clone.
#[derive(Clone)]
pub struct PeoplePages {
    pub(crate) people: People,
    pub(crate) shell: Shell,
    /// A page that looks first where somebody should go who asked for no page in particular.
    pub(crate) landing: Option<&'static str>,
}

impl PeoplePages {
    /// Pages over people, within the common page.
    pub const fn new(people: People, shell: Shell) -> Self {
        Self { people, shell, landing: None }
    }

    /// The same with a page to which somebody comes who signs in without having asked for a page in particular. It is
    /// given the place to go on to as `next`.
    #[must_use]
    pub fn with_landing(self, landing: &'static str) -> Self {
        Self { landing: Some(landing), ..self }
    }
}

/// Routes of sign-in, the own account, and people.
pub fn routes(pages: PeoplePages) -> Routes {
    let (see, run) = (Access::May(Action::SeePeople), Access::May(Action::RunPlatform));
    let invite = Access::May(Action::InvitePeople);
    let manage = Access::May(Action::ManagePeople);
    let review = Access::May(Action::ReviewAccess);
    let small = DefaultBodyLimit::max(FORM_BYTES);
    let own = Routes::new()
        .get("/people", see, center::list)
        .get("/people/{number}", see, center::show)
        .post("/people/{number}/invite", invite, center::invite.layer(small))
        .post(
            "/people/{number}/file",
            invite,
            center::file.layer(DefaultBodyLimit::max(FILE_BYTES)),
        )
        .post("/people/{number}/grants/{grant}/end", manage, center::end.layer(small))
        .post("/people/{number}/invitations/{person}/resend", invite, center::resend.layer(small))
        .post(
            "/people/{number}/invitations/{person}/withdraw",
            invite,
            center::withdraw.layer(small),
        )
        .get("/people/{number}/review", review, review::show)
        .post("/people/{number}/review", review, review::sign.layer(small))
        .get("/platform/people", run, platform::list)
        .post("/platform/people", run, platform::invite.layer(small))
        .get("/platform/people/{person}", run, platform::show)
        .post("/platform/people/{person}/state", run, platform::state.layer(small))
        .post("/platform/people/{person}/grants/{grant}/end", run, platform::end.layer(small))
        .get("/api/v1/me", Access::SignedIn, api::me)
        .get("/api/v1/people", see, api::people);
    own.merge(sign_in::routes()).with_state(pages)
}

/// Where a request comes from, and the cookie that it brings; a session that is still half-way has no visitor yet.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(crate) address: Option<IpAddr>,
    pub(crate) device: String,
    pub(crate) cookie: String,
}

impl Sender {
    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin { address: self.address, device: &self.device }
    }
}

impl FromRequestParts<PeoplePages> for Sender {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        pages: &PeoplePages,
    ) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        Ok(Self {
            address: parts.extensions.get::<Client>().map(|client| client.0),
            device: agent.unwrap_or("unknown device").to_owned(),
            cookie: site::cookie(&parts.headers, pages.people.cookie_name()).unwrap_or_default(),
        })
    }
}

/// Somebody who is signed in on a page. A program with a token does not keep its owner's account.
#[derive(Debug, Clone)]
pub(crate) struct OnPage(pub(crate) Visitor);

impl<S: Send + Sync> FromRequestParts<S> for OnPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let SignedIn(visitor) = SignedIn::from_request_parts(parts, state).await?;
        if visitor.actor.channel() == Channel::Api {
            return Err(Problem::of(StatusCode::FORBIDDEN).into_response());
        }
        Ok(Self(visitor))
    }
}

/// Runs work on a thread that may block: the database waits, and hashes take long.
pub(crate) async fn work<T: Send + 'static>(
    pages: &PeoplePages,
    job: impl FnOnce(&People) -> Result<T, PeopleError> + Send + 'static,
) -> Result<T, PeopleError> {
    let people = pages.people.clone();
    match tokio::task::spawn_blocking(move || job(&people)).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(%error, "work about people was interrupted");
            Err(PeopleError::Secrets("the work was interrupted"))
        }
    }
}

/// What a form is told: words beside it, or a page of its own.
pub(crate) fn said(
    error: &PeopleError,
    visitor: &Visitor,
) -> Result<(StatusCode, String), Box<Response>> {
    let text = match error {
        PeopleError::Db(_) | PeopleError::Secrets(_) => {
            return Err(Problem::internal("work about people", error).into_response().into());
        }
        PeopleError::Refused(refusal) => {
            return Err(Problem::refused(refusal, visitor).into_response().into());
        }
        PeopleError::NotFound(what) => {
            return Err(Problem::not_here(what, visitor).into_response().into());
        }
        PeopleError::Locked { until } => {
            return Ok((
                StatusCode::TOO_MANY_REQUESTS,
                format!("There were too many attempts. Try again after {}.", clock(*until)),
            ));
        }
        PeopleError::Wrong => {
            "That is not right. Look at every field; a code is good for half a minute and once."
                .to_owned()
        }
        PeopleError::State { state } => format!("The account is {state}. Ask your administrator."),
        PeopleError::Ceiling(text) | PeopleError::Invalid(text) | PeopleError::Weak(text) => {
            sentence(text)
        }
        PeopleError::LastAdministrator { .. } | PeopleError::Expired => {
            sentence(&error.to_string())
        }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, text))
}

/// The same where nothing can be said beside a form.
#[expect(clippy::needless_pass_by_value, reason = "an error ends here")]
pub(crate) fn problem(error: PeopleError, visitor: &Visitor) -> Response {
    match said(&error, visitor) {
        Ok((status, text)) => Problem::new(status, "Not done", text).into_response(),
        Err(response) => *response,
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// An instant to the minute, in UTC.
pub(crate) fn moment(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn clock(at: Instant) -> String {
    at.timestamp().strftime("%H:%M:%S UTC").to_string()
}

/// A page for one reader.
pub(crate) fn shown<T: Template>(
    pages: &PeoplePages,
    visitor: &Visitor,
    title: &str,
    status: StatusCode,
    body: &T,
) -> Response {
    let meta = PageMeta { title, description: None, path: None };
    let html = body.render().and_then(|body| pages.shell.render_for(visitor, &meta, &body));
    match html {
        Ok(html) => {
            let mut response = site::private_page(html);
            *response.status_mut() = status;
            response
        }
        Err(error) => Problem::internal("writing a page about people", &error).into_response(),
    }
}

/// Leads on after a change.
pub(crate) fn led(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(place) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// Gives the browser a cookie along with an answer.
pub(crate) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_a_sentence() {
        assert_eq!(sentence("the role ends"), "The role ends.");
        assert_eq!(sentence("Why?"), "Why?");
        assert_eq!(sentence(""), ".");
    }
}
