//! Setting up a second factor, and showing the credentials again.

use askama::Template;
use axum::Form;
use axum::extract::{OriginalUri, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use site::Visitor;

use super::enter::CodeForm;
use super::service::{ServiceLink, links};
use super::{Next, Qr, entered, keeping, onward};
use crate::PeopleError;
use crate::people::web::{
    OnPage, PeoplePages, Sender, led, problem, said, shown, with_cookie, work,
};
use crate::sign_in::{Proof, Standing, TotpSetup};

#[derive(Template)]
#[template(path = "sign_in/factor.html")]
struct SetupPage {
    next: String,
    secret: String,
    qr: Option<Qr>,
    needed: bool,
    script: &'static str,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in/codes.html")]
struct CodesPage {
    codes: Vec<String>,
    next: String,
}

/// The list of recovery codes, shown once.
pub(super) fn codes_page(
    pages: &PeoplePages,
    visitor: &Visitor,
    codes: Vec<String>,
    next: &str,
) -> Response {
    let body = CodesPage { codes, next: next.to_owned() };
    shown(pages, visitor, "Recovery codes", StatusCode::OK, &body)
}

/// Why the page is not shown to this session.
enum Elsewhere {
    SignIn,
    On(Standing),
    StepUp,
}

pub(super) async fn show(
    State(pages): State<PeoplePages>,
    visitor: Visitor,
    sender: Sender,
    OriginalUri(uri): OriginalUri,
    Query(next): Query<Next>,
) -> Response {
    let fresh = visitor.stepped_up(pages.people.clock().now());
    let done = work(&pages, move |people| {
        let Some(session) = people.session(&sender.cookie)? else {
            return Ok(Err(Elsewhere::SignIn));
        };
        match session.standing() {
            Standing::NeedsCode => return Ok(Err(Elsewhere::On(Standing::NeedsCode))),
            Standing::Complete if !fresh => return Ok(Err(Elsewhere::StepUp)),
            _ => {}
        }
        let setup = match people.pending_second_factor(&sender.cookie) {
            Err(PeopleError::Expired) => people.begin_second_factor(&sender.cookie)?,
            other => other?,
        };
        Ok(Ok((setup, session.standing() == Standing::NeedsSetup)))
    });
    match done.await {
        Ok(Ok((setup, needed))) => {
            setup_page(&pages, &visitor, &setup, needed, next.place(), (StatusCode::OK, None))
        }
        Ok(Err(Elsewhere::SignIn)) => led(&keeping("/sign-in", next.place())),
        Ok(Err(Elsewhere::On(standing))) => led(&onward(standing, next.place())),
        Ok(Err(Elsewhere::StepUp)) => site::step_up_needed(&uri),
        Err(error) => problem(error, &visitor),
    }
}

fn setup_page(
    pages: &PeoplePages,
    visitor: &Visitor,
    setup: &TotpSetup,
    needed: bool,
    next: &str,
    (status, error): (StatusCode, Option<String>),
) -> Response {
    let qr = Qr::of(&setup.uri);
    let body = SetupPage {
        next: next.to_owned(),
        secret: grouped(&setup.secret),
        qr,
        needed,
        script: site::passkey_script(),
        error,
    };
    shown(pages, visitor, "Second factor", status, &body)
}

/// In groups of four, to be typed into a phone.
fn grouped(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<String>>().join(" ")
}

pub(super) async fn confirm(
    State(pages): State<PeoplePages>,
    visitor: Visitor,
    sender: Sender,
    Form(form): Form<CodeForm>,
) -> Response {
    let next = site::way_back(&form.next, "/desk").to_owned();
    let fresh = visitor.stepped_up(pages.people.clock().now());
    if visitor.is_known() && !fresh {
        return led(&keeping("/account/step-up", "/sign-in/second-factor"));
    }
    let again = sender.cookie.clone();
    let done = work(&pages, move |people| {
        people.confirm_second_factor(&sender.cookie, &form.code, &sender.origin())
    });
    match done.await {
        Ok((entered, codes)) => {
            let page = codes_page(&pages, &Visitor::public(), codes, &next);
            with_cookie(page, &pages.people.cookie(&entered))
        }
        Err(error) => setup_again(&pages, &visitor, again, &next, &error).await,
    }
}

/// The same page with what is wrong; whoever is not half-way any more begins anew.
pub(super) async fn setup_again(
    pages: &PeoplePages,
    visitor: &Visitor,
    cookie: String,
    next: &str,
    error: &PeopleError,
) -> Response {
    if matches!(error, PeopleError::Expired) {
        return led(&keeping("/sign-in", next));
    }
    let told = match said(error, visitor) {
        Ok((status, text)) => (status, Some(text)),
        Err(response) => return *response,
    };
    match work(pages, move |people| people.pending_second_factor(&cookie)).await {
        Ok(setup) => setup_page(pages, visitor, &setup, !visitor.is_known(), next, told),
        Err(_) => led(&keeping("/sign-in", next)),
    }
}

#[derive(Template)]
#[template(path = "sign_in/step_up.html")]
struct StepUpPage {
    next: String,
    totp: bool,
    passkey: bool,
    password: bool,
    services: Vec<ServiceLink>,
    script: &'static str,
    error: Option<String>,
}

/// The form with what this person can show.
pub(super) async fn step_up_page(
    pages: &PeoplePages,
    visitor: &Visitor,
    cookie: &str,
    next: &str,
    status: StatusCode,
    error: Option<String>,
) -> Response {
    let cookie = cookie.to_owned();
    let found = work(pages, move |people| {
        let session = people.session(&cookie)?.ok_or(PeopleError::Expired)?;
        // an own second factor is not to be got around
        let factor = session.has_factor();
        let own = if factor { Vec::new() } else { people.own_services(&session.actor())? };
        let password = own.is_empty() || people.factors(&session.actor())?.password_since.is_some();
        Ok((password && !factor, own, session))
    });
    let (password, own, session) = match found.await {
        Ok(found) => found,
        Err(PeopleError::Expired) => return led(&keeping("/sign-in", next)),
        Err(error) => return problem(error, visitor),
    };
    let body = StepUpPage {
        next: next.to_owned(),
        totp: session.has_totp,
        passkey: session.has_passkey,
        password,
        services: links(own, next, true),
        script: site::passkey_script(),
        error,
    };
    shown(pages, visitor, "Confirm it is you", status, &body)
}

pub(super) async fn show_step_up(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
    Query(next): Query<Next>,
) -> Response {
    let next = site::way_back(&next.next, "/account");
    step_up_page(&pages, &visitor, &sender.cookie, next, StatusCode::OK, None).await
}

pub(super) async fn step_up(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
    Form(form): Form<CodeForm>,
) -> Response {
    let next = site::way_back(&form.next, "/account").to_owned();
    let cookie = sender.cookie.clone();
    let done = work(&pages, move |people| {
        let session = people.session(&sender.cookie)?.ok_or(PeopleError::Expired)?;
        let factor = session.has_factor();
        let proof = if factor { Proof::Code(&form.code) } else { Proof::Password(&form.code) };
        people.step_up(&sender.cookie, proof, &sender.origin())
    });
    match done.await {
        Ok(done) => entered(&pages, &done, &next),
        Err(PeopleError::Expired) => led(&keeping("/sign-in", &next)),
        Err(error) => match said(&error, &visitor) {
            Ok((status, text)) => {
                step_up_page(&pages, &visitor, &cookie, &next, status, Some(text)).await
            }
            Err(response) => *response,
        },
    }
}
