//! To a sign-in service and back.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use site::Visitor;

use super::account::{after, stale};
use super::{Next, entered, keeping};
use crate::PeopleError;
use crate::people::web::{OnPage, PeoplePages, Sender, led, said, shown, with_cookie, work};
use crate::sign_in::{Back, SsoError};

/// A link to a service.
pub(super) struct ServiceLink {
    pub(super) place: String,
    pub(super) label: String,
}

/// Links to services, keeping in mind where somebody wanted to go.
pub(super) fn links(services: Vec<(String, String)>, next: &str, again: bool) -> Vec<ServiceLink> {
    let more = if again { "&again=true" } else { "" };
    let link = |(key, label): (String, String)| ServiceLink {
        place: format!("{}{more}", keeping(&format!("/sign-in/with/{key}"), next)),
        label,
    };
    services.into_iter().map(link).collect()
}

#[derive(Template)]
#[template(path = "sign_in/service.html")]
struct ServicePage {
    text: String,
    next: String,
}

/// Whether credentials are asked for anew.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Again {
    again: bool,
}

async fn blocking<T: Send + 'static>(
    pages: &PeoplePages,
    job: impl FnOnce(&crate::People) -> Result<T, SsoError> + Send + 'static,
) -> Result<T, SsoError> {
    let people = pages.people.clone();
    match tokio::task::spawn_blocking(move || job(&people)).await {
        Ok(done) => done,
        Err(error) => {
            tracing::error!(%error, "asking a sign-in service was interrupted");
            Err(PeopleError::Secrets("the work was interrupted").into())
        }
    }
}

/// A form may not lead to another site, so this is a link.
pub(super) async fn go(
    State(pages): State<PeoplePages>,
    Path(key): Path<String>,
    Query(next): Query<Next>,
    Query(again): Query<Again>,
) -> Response {
    let place = next.place().to_owned();
    let asked = place.clone();
    match blocking(&pages, move |people| people.go_to_service(&key, &asked, again.again)).await {
        Ok(away) => with_cookie(led(&away.place), &pages.people.step_cookie(&away.step)),
        Err(error) => refused(&pages, &error, &place),
    }
}

pub(super) async fn back(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Path(key): Path<String>,
    Query(back): Query<Back>,
    headers: HeaderMap,
) -> Response {
    let step = site::cookie(&headers, pages.people.step_cookie_name()).unwrap_or_default();
    let done = blocking(&pages, move |people| {
        let done = people.back_from_service(&key, &back, &step, &sender.origin())?;
        // the browser has one cookie: what it held before ends
        if !sender.cookie.is_empty() {
            people.sign_out(&sender.cookie)?;
        }
        Ok(done)
    });
    let response = match done.await {
        Ok((done, next)) => entered(&pages, &done, site::way_back(&next, "/desk")),
        Err(error) => refused(&pages, &error, "/desk"),
    };
    with_cookie(response, &pages.people.step_cookie(""))
}

fn refused(pages: &PeoplePages, error: &SsoError, next: &str) -> Response {
    let (status, text) = match error {
        SsoError::People(PeopleError::Expired) => {
            (StatusCode::GONE, "That took too long, or was done before. Begin anew.".to_owned())
        }
        SsoError::People(error) => match said(error, &Visitor::public()) {
            Ok(said) => said,
            Err(response) => return *response,
        },
        SsoError::Trouble(trouble) => {
            tracing::warn!(%trouble, "a sign-in service does not answer as it should");
            let text = "The sign-in service does not answer as it should. Try again in a minute, or sign in with \
                your password.";
            (StatusCode::BAD_GATEWAY, text.to_owned())
        }
        SsoError::Refused => {
            let text = "The answer of the sign-in service cannot be trusted. Begin anew; if it happens again, tell \
                your administrator.";
            (StatusCode::UNPROCESSABLE_ENTITY, text.to_owned())
        }
        SsoError::Denied => {
            let text = "The sign-in service did not let you in. Nothing has changed.";
            (StatusCode::UNPROCESSABLE_ENTITY, text.to_owned())
        }
        SsoError::Address => {
            let text = "The sign-in service does not vouch for your mail address, or does not speak for its domain. \
                Sign in with your password, or ask your administrator.";
            (StatusCode::FORBIDDEN, text.to_owned())
        }
        SsoError::NotInvited => {
            let text = "There is no account with your mail address. Accounts are opened by invitation: ask the \
                administrator of your center.";
            (StatusCode::FORBIDDEN, text.to_owned())
        }
        SsoError::Linked => {
            let text = "Your account is linked to somebody else at this sign-in service. Sign in with your password \
                and end the link on your account's page, or ask your administrator.";
            (StatusCode::FORBIDDEN, text.to_owned())
        }
    };
    let body = ServicePage { text, next: keeping("/sign-in", next) };
    shown(pages, &Visitor::public(), "Not signed in", status, &body)
}

/// Which service.
#[derive(Deserialize)]
pub(super) struct UnlinkForm {
    issuer: String,
}

pub(super) async fn unlink(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Form(form): Form<UnlinkForm>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.unlink_service(&actor, &form.issuer));
    after(&pages, &visitor, done.await).await
}
