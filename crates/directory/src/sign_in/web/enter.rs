//! Password, code, recovery code, a forgotten password, and the way out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use site::Visitor;

use super::service::{ServiceLink, links};
use super::{Next, entered, keeping, onward};
use crate::PeopleError;
use crate::people::web::{PeoplePages, Sender, led, problem, said, shown, with_cookie, work};
use crate::sign_in::{Entered, SessionState, Standing};

#[derive(Template)]
#[template(path = "sign_in/password.html")]
struct PasswordPage {
    next: String,
    email: String,
    error: Option<String>,
    forgotten: String,
    services: Vec<ServiceLink>,
    script: &'static str,
}

impl PasswordPage {
    fn new(pages: &PeoplePages, next: &str, email: &str, error: Option<String>) -> Self {
        let (next, email) = (next.to_owned(), email.to_owned());
        let (forgotten, script) = (keeping("/sign-in/forgotten", &next), site::passkey_script());
        let services = links(pages.people.sso(), &next, false);
        Self { next, email, error, forgotten, services, script }
    }
}

/// The form; somebody half-way goes on where they are.
pub(super) async fn show(
    State(pages): State<PeoplePages>,
    visitor: Visitor,
    sender: Sender,
    Query(next): Query<Next>,
) -> Response {
    if !sender.cookie.is_empty() {
        let cookie = sender.cookie.clone();
        match work(&pages, move |people| people.session(&cookie)).await {
            Ok(Some(session)) => return led(&onward(session.standing(), next.place())),
            Ok(None) => {}
            Err(error) => return problem(error, &visitor),
        }
    }
    let body = PasswordPage::new(&pages, next.place(), "", None);
    shown(&pages, &visitor, "Sign in", StatusCode::OK, &body)
}

/// What the first form held.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn password(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Form(form): Form<PasswordForm>,
) -> Response {
    let next = site::way_back(&form.next, "/desk").to_owned();
    let (email, old) = (form.email.clone(), sender.cookie.clone());
    let done = work(&pages, move |people| {
        let entered = people.sign_in(&form.email, &form.password, &sender.origin())?;
        // the browser has one cookie: what it held before ends
        if !old.is_empty() {
            people.sign_out(&old)?;
        }
        Ok(entered)
    });
    match done.await {
        Ok(done) => entered(&pages, &done, &next),
        Err(error) => match said(&error, &Visitor::public()) {
            Ok((status, text)) => {
                let body = PasswordPage::new(&pages, &next, &email, Some(text));
                shown(&pages, &Visitor::public(), "Sign in", status, &body)
            }
            Err(response) => *response,
        },
    }
}

#[derive(Template)]
#[template(path = "sign_in/code.html")]
struct CodePage {
    next: String,
    error: Option<String>,
    recovery: bool,
    totp: bool,
    passkey: bool,
    other: String,
    script: &'static str,
}

/// What a form with a code held.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CodeForm {
    pub(super) code: String,
    #[serde(default)]
    pub(super) next: String,
}

/// The form for a code, with what this person can show instead.
fn code_page(
    pages: &PeoplePages,
    session: &SessionState,
    next: &str,
    recovery: bool,
    (status, error): (StatusCode, Option<String>),
) -> Response {
    let other = if recovery { "/sign-in/code" } else { "/sign-in/recovery" };
    let body = CodePage {
        next: next.to_owned(),
        error,
        recovery,
        totp: session.has_totp,
        passkey: session.has_passkey && !recovery,
        other: keeping(other, next),
        script: site::passkey_script(),
    };
    let title = if recovery { "Recovery code" } else { "Second factor" };
    shown(pages, &Visitor::public(), title, status, &body)
}

/// The form for a code, for those who are half-way.
async fn half_way(
    pages: &PeoplePages,
    cookie: &str,
    next: &str,
    recovery: bool,
    told: (StatusCode, Option<String>),
) -> Response {
    let cookie = cookie.to_owned();
    match work(pages, move |people| people.session(&cookie)).await {
        Ok(Some(session)) if session.standing() == Standing::NeedsCode => {
            code_page(pages, &session, next, recovery, told)
        }
        Ok(Some(session)) => led(&onward(session.standing(), next)),
        Ok(None) => led(&keeping("/sign-in", next)),
        Err(error) => problem(error, &Visitor::public()),
    }
}

/// The form that somebody came from, with what is wrong.
pub(super) async fn back(
    pages: &PeoplePages,
    cookie: &str,
    next: &str,
    (status, text): (StatusCode, String),
) -> Response {
    let asked = cookie.to_owned();
    let session = work(pages, move |people| people.session(&asked)).await;
    if let Ok(Some(session)) = session
        && session.standing() == Standing::NeedsCode
    {
        return code_page(pages, &session, next, false, (status, Some(text)));
    }
    let body = PasswordPage::new(pages, next, "", Some(text));
    shown(pages, &Visitor::public(), "Sign in", status, &body)
}

pub(super) async fn show_code(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Query(next): Query<Next>,
) -> Response {
    half_way(&pages, &sender.cookie, next.place(), false, (StatusCode::OK, None)).await
}

pub(super) async fn show_recovery(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Query(next): Query<Next>,
) -> Response {
    half_way(&pages, &sender.cookie, next.place(), true, (StatusCode::OK, None)).await
}

pub(super) async fn code(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Form(form): Form<CodeForm>,
) -> Response {
    let (next, cookie) = (form.next.clone(), sender.cookie.clone());
    let done =
        work(&pages, move |people| people.show_code(&sender.cookie, &form.code, &sender.origin()));
    second(&pages, &cookie, done.await, &next, false).await
}

pub(super) async fn recovery(
    State(pages): State<PeoplePages>,
    sender: Sender,
    Form(form): Form<CodeForm>,
) -> Response {
    let (next, cookie) = (form.next.clone(), sender.cookie.clone());
    let done = work(&pages, move |people| {
        people.show_recovery_code(&sender.cookie, &form.code, &sender.origin())
    });
    second(&pages, &cookie, done.await, &next, true).await
}

async fn second(
    pages: &PeoplePages,
    cookie: &str,
    done: Result<Entered, PeopleError>,
    next: &str,
    recovery: bool,
) -> Response {
    let next = site::way_back(next, "/desk");
    match done {
        Ok(done) => entered(pages, &done, next),
        Err(PeopleError::Expired) => led(&keeping("/sign-in", next)),
        Err(error) => match said(&error, &Visitor::public()) {
            Ok((status, text)) => {
                half_way(pages, cookie, next, recovery, (status, Some(text))).await
            }
            Err(response) => *response,
        },
    }
}

#[derive(Template)]
#[template(path = "sign_in/forgotten.html")]
struct ForgottenPage {
    asked: bool,
}

pub(super) async fn show_forgotten(State(pages): State<PeoplePages>, visitor: Visitor) -> Response {
    let body = ForgottenPage { asked: false };
    shown(&pages, &visitor, "Forgotten password", StatusCode::OK, &body)
}

/// Whose password it is.
#[derive(Deserialize)]
pub(super) struct ForgottenForm {
    email: String,
}

pub(super) async fn forgotten(
    State(pages): State<PeoplePages>,
    visitor: Visitor,
    sender: Sender,
    Form(form): Form<ForgottenForm>,
) -> Response {
    let done = work(&pages, move |people| people.ask_new_password(&form.email, &sender.origin()));
    match done.await {
        Ok(()) => {
            let body = ForgottenPage { asked: true };
            shown(&pages, &visitor, "Forgotten password", StatusCode::OK, &body)
        }
        Err(error) => problem(error, &visitor),
    }
}

pub(super) async fn sign_out(State(pages): State<PeoplePages>, sender: Sender) -> Response {
    match work(&pages, move |people| people.sign_out(&sender.cookie)).await {
        Ok(()) => with_cookie(led("/"), &pages.people.no_cookie()),
        Err(error) => problem(error, &Visitor::public()),
    }
}
