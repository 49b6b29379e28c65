//! The page behind the link of an invitation.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use site::{Problem, Visitor};

use super::entered;
use crate::PeopleError;
use crate::people::Invitation;
use crate::people::web::{PeoplePages, Sender, moment, said, shown, work};

#[derive(Template)]
#[template(path = "sign_in/invitation.html")]
struct InvitationPage {
    token: String,
    opens: bool,
    name: String,
    email: String,
    until: String,
    error: Option<String>,
}

fn page(
    pages: &PeoplePages,
    token: &str,
    invitation: Invitation,
    (status, error): (StatusCode, Option<String>),
) -> Response {
    let title = if invitation.opens { "Open your account" } else { "New password" };
    let body = InvitationPage {
        token: token.to_owned(),
        opens: invitation.opens,
        name: invitation.name,
        email: invitation.email,
        until: moment(invitation.expires_at),
        error,
    };
    shown(pages, &Visitor::public(), title, status, &body)
}

fn gone() -> Response {
    let text = "The link was used, withdrawn or has expired. Ask whoever invited you for a new one, or sign in if \
        you have set a password already.";
    Problem::new(StatusCode::GONE, "This link is not valid any more", text).into_response()
}

pub(super) async fn show(State(pages): State<PeoplePages>, Path(token): Path<String>) -> Response {
    let asked = token.clone();
    match work(&pages, move |people| people.invitation(&asked)).await {
        Ok(invitation) => page(&pages, &token, invitation, (StatusCode::OK, None)),
        Err(PeopleError::Expired) => gone(),
        Err(error) => crate::people::web::problem(error, &Visitor::public()),
    }
}

/// What the form held.
#[derive(Deserialize)]
pub(super) struct AnswerForm {
    #[serde(default)]
    name: String,
    password: String,
    again: String,
}

pub(super) async fn answer(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Path(token): Path<String>,
    Form(form): Form<AnswerForm>,
) -> Response {
    let asked = token.clone();
    let typed = form.name.clone();
    let done = work(&pages, move |people| {
        if form.password != form.again {
            return Err(PeopleError::Invalid("the two passwords are not the same".to_owned()));
        }
        people.answer_invitation(&asked, &form.name, &form.password, &sender.origin())
    });
    let error = match done.await {
        Ok(done) => return entered(&pages, &done, "/desk"),
        Err(PeopleError::Expired) => return gone(),
        Err(error) => error,
    };
    let told = match said(&error, &Visitor::public()) {
        Ok((status, text)) => (status, Some(text)),
        Err(response) => return *response,
    };
    let asked = token.clone();
    match work(&pages, move |people| people.invitation(&asked)).await {
        Ok(mut invitation) => {
            if invitation.opens && !typed.is_empty() {
                invitation.name = typed;
            }
            page(&pages, &token, invitation, told)
        }
        Err(_) => gone(),
    }
}
