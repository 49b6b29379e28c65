//! Passkeys on the pages: the module `passkey.js` fetches what is asked, lets the browser answer, and sends the form.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use site::Visitor;
use uuid::Uuid;

use super::account::{after, stale};
use super::factor::codes_page;
use super::{enter, entered, factor};
use crate::people::web::{OnPage, PeoplePages, Sender, led, said, with_cookie, work};
use crate::sign_in::{Asked, Entered, NewPasskey, Standing};
use crate::{People, PeopleError};

/// The browser's answer, as JSON within a form: what follows is a page like after every other form.
#[derive(Deserialize)]
pub(super) struct AnswerForm {
    #[serde(default)]
    answer: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    next: String,
}

fn asked(pages: &PeoplePages, asked: &Asked) -> Response {
    let mut response = axum::Json(&asked.options).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_cookie(response, &pages.people.step_cookie(&asked.step))
}

/// Tells the module what is wrong, and where to go on.
fn told(error: &PeopleError, go: &str) -> Response {
    let (status, body) = match said(error, &Visitor::public()) {
        Ok((status, text)) if matches!(error, PeopleError::Expired) => {
            (status, json!({ "said": text, "go": go }))
        }
        Ok((status, text)) => (status, json!({ "said": text })),
        Err(response) => return *response,
    };
    (status, axum::Json(body)).into_response()
}

async fn ask(
    pages: &PeoplePages,
    sender: Sender,
    go: &str,
    question: fn(&People, &str) -> Result<Asked, PeopleError>,
) -> Response {
    match work(pages, move |people| question(people, &sender.cookie)).await {
        Ok(options) => asked(pages, &options),
        Err(error) => told(&error, go),
    }
}

pub(super) async fn ask_sign_in(State(pages): State<PeoplePages>, sender: Sender) -> Response {
    ask(&pages, sender, "/sign-in", People::ask_passkey).await
}

pub(super) async fn ask_step_up(
    State(pages): State<PeoplePages>,
    OnPage(_): OnPage,
    sender: Sender,
) -> Response {
    ask(&pages, sender, "/sign-in", People::ask_passkey_again).await
}

pub(super) async fn ask_new(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
) -> Response {
    let step_up = "/account/step-up?next=/account";
    if !visitor.stepped_up(pages.people.clock().now()) {
        return told(&PeopleError::Expired, step_up);
    }
    ask(&pages, sender, step_up, People::ask_new_passkey).await
}

/// Of somebody whose role needs a second factor before anything else.
pub(super) async fn ask_first(State(pages): State<PeoplePages>, sender: Sender) -> Response {
    ask(&pages, sender, "/sign-in", |people, secret| {
        must_set_up(people, secret)?;
        people.ask_new_passkey(secret)
    })
    .await
}

/// Others have shown a factor, and make passkeys on the page of their account.
fn must_set_up(people: &People, secret: &str) -> Result<(), PeopleError> {
    let session = people.session(secret)?;
    let waits = session.filter(|session| session.standing() == Standing::NeedsSetup);
    waits.map(drop).ok_or(PeopleError::Expired)
}

/// What a page gives when a step is over, right or wrong: the cookie of the step is of no more use.
fn over(pages: &PeoplePages, response: Response) -> Response {
    with_cookie(response, &pages.people.step_cookie(""))
}

fn step_of(pages: &PeoplePages, headers: &HeaderMap) -> String {
    site::cookie(headers, pages.people.step_cookie_name()).unwrap_or_default()
}

/// What is said beside the form that was shown before.
fn not_taken(error: &PeopleError) -> Result<(StatusCode, String), Box<Response>> {
    let text = match error {
        PeopleError::Wrong => "The passkey was not accepted. Try again, or sign in another way.",
        PeopleError::Expired => "That took too long. Try again.",
        _ => return said(error, &Visitor::public()),
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, text.to_owned()))
}

pub(super) async fn sign_in(
    State(pages): State<PeoplePages>,
    sender: Sender,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Response {
    let next = site::way_back(&form.next, "/desk").to_owned();
    let (step, cookie) = (step_of(&pages, &headers), sender.cookie.clone());
    let done: Result<Entered, PeopleError> = work(&pages, move |people| {
        people.sign_in_with_passkey(&sender.cookie, &step, &form.answer, &sender.origin())
    })
    .await;
    let response = match done {
        Ok(done) => entered(&pages, &done, &next),
        Err(error) => match not_taken(&error) {
            Ok(said) => enter::back(&pages, &cookie, &next, said).await,
            Err(response) => *response,
        },
    };
    over(&pages, response)
}

pub(super) async fn step_up(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Response {
    let next = site::way_back(&form.next, "/account").to_owned();
    let (step, cookie) = (step_of(&pages, &headers), sender.cookie.clone());
    let done = work(&pages, move |people| {
        people.step_up_with_passkey(&sender.cookie, &step, &form.answer, &sender.origin())
    });
    let response = match done.await {
        Ok(done) => entered(&pages, &done, &next),
        Err(error) => match not_taken(&error) {
            Ok((status, text)) => {
                factor::step_up_page(&pages, &visitor, &cookie, &next, status, Some(text)).await
            }
            Err(response) => *response,
        },
    };
    over(&pages, response)
}

pub(super) async fn add(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor) {
        return response;
    }
    let step = step_of(&pages, &headers);
    let done = work(&pages, move |people| {
        people.add_passkey(&sender.cookie, &step, &form.label, &form.answer, &sender.origin())
    });
    let response = match done.await {
        Ok(NewPasskey { entered: Some(entered), codes }) => {
            let page = codes_page(&pages, &Visitor::public(), codes, "/account");
            with_cookie(page, &pages.people.cookie(&entered))
        }
        Ok(NewPasskey { entered: None, .. }) => led("/account#passkeys"),
        Err(error) => after(&pages, &visitor, Err(error)).await,
    };
    over(&pages, response)
}

pub(super) async fn add_first(
    State(pages): State<PeoplePages>,
    sender: Sender,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Response {
    let next = site::way_back(&form.next, "/desk").to_owned();
    let (step, cookie) = (step_of(&pages, &headers), sender.cookie.clone());
    let done = work(&pages, move |people| {
        must_set_up(people, &sender.cookie)?;
        people.add_passkey(&sender.cookie, &step, &form.label, &form.answer, &sender.origin())
    });
    let response = match done.await {
        Ok(new) => {
            let page = codes_page(&pages, &Visitor::public(), new.codes, &next);
            new.entered.map_or(led("/sign-in"), |it| with_cookie(page, &pages.people.cookie(&it)))
        }
        Err(error) => factor::setup_again(&pages, &Visitor::public(), cookie, &next, &error).await,
    };
    over(&pages, response)
}

/// What the owner calls it.
#[derive(Deserialize)]
pub(super) struct LabelForm {
    label: String,
}

pub(super) async fn rename(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(passkey): Path<Uuid>,
    Form(form): Form<LabelForm>,
) -> Response {
    let actor = visitor.actor.clone();
    let done =
        work(&pages, move |people| people.rename_passkey(&actor, passkey, &form.label)).await;
    after(&pages, &visitor, done).await
}

pub(super) async fn remove(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(passkey): Path<Uuid>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.remove_passkey(&actor, passkey)).await;
    after(&pages, &visitor, done).await
}
