//! The own account: name, password, second factor, devices and access tokens.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::Action;
use serde::Deserialize;
use site::Visitor;
use uuid::Uuid;

use super::factor::codes_page;
use crate::PeopleError;
use crate::people::Person;
use crate::people::web::{OnPage, PeoplePages, Sender, led, moment, problem, said, shown, work};
use crate::sign_in::device_name;
use crate::sign_in::{ApiToken, Device, Factors, NewToken, Passkey, SsoIdentity};

struct DeviceLine {
    id: Uuid,
    device: String,
    address: String,
    since: String,
    used: String,
    this: bool,
}

struct PasskeyLine {
    id: Uuid,
    label: String,
    since: String,
    used: String,
    backed_up: bool,
}

struct ServiceLine {
    issuer: String,
    since: String,
    used: String,
}

struct TokenLine {
    id: Uuid,
    label: String,
    scopes: String,
    until: String,
    used: String,
    over: bool,
}

#[derive(Template)]
#[template(path = "sign_in/account.html")]
struct AccountPage {
    person: Person,
    factor_since: Option<String>,
    factors: Factors,
    password_since: String,
    passkeys: Vec<PasskeyLine>,
    services: Vec<ServiceLine>,
    script: &'static str,
    devices: Vec<DeviceLine>,
    tokens: Vec<TokenLine>,
    actions: Vec<Action>,
    fresh: bool,
    roles: Vec<&'static str>,
    error: Option<String>,
    token: Option<String>,
}

/// What the page says besides the account.
#[derive(Default)]
struct Besides {
    status: StatusCode,
    error: Option<String>,
    token: Option<String>,
}

pub(super) async fn show(State(pages): State<PeoplePages>, OnPage(visitor): OnPage) -> Response {
    drawn(&pages, &visitor, Besides::default()).await
}

async fn drawn(pages: &PeoplePages, visitor: &Visitor, besides: Besides) -> Response {
    let actor = visitor.actor.clone();
    let read = work(pages, move |people| {
        let id = actor.person_id().ok_or(PeopleError::NotFound("person"))?;
        let (person, _) = people.person(&actor, id)?;
        let own = (people.passkeys(&actor)?, people.devices(&actor)?, people.tokens(&actor)?);
        Ok((person, people.factors(&actor)?, people.identities(&actor)?, own))
    });
    let (person, factors, services, (passkeys, devices, tokens)) = match read.await {
        Ok(read) => read,
        Err(error) => return problem(error, visitor),
    };
    let now = pages.people.clock().now();
    let own = visitor.session.as_ref().map(|session| session.key.clone()).unwrap_or_default();
    let may = |action: &Action| visitor.actor.may(*action);
    let body = AccountPage {
        person,
        factor_since: factors.totp_since.map(|at| at.date().to_string()),
        password_since: factors.password_since.map_or_else(String::new, |at| at.date().to_string()),
        factors,
        passkeys: passkeys.into_iter().map(passkey_line).collect(),
        services: services.into_iter().map(service_line).collect(),
        script: site::passkey_script(),
        devices: devices.into_iter().map(|device| device_line(device, &own)).collect(),
        tokens: tokens.into_iter().map(|token| token_line(token, now)).collect(),
        actions: Action::ALL.iter().copied().filter(may).collect(),
        fresh: visitor.stepped_up(now),
        roles: visitor.actor.grants().iter().map(|grant| grant.role.label()).collect(),
        error: besides.error,
        token: besides.token,
    };
    shown(pages, visitor, "Your account", besides.status, &body)
}

fn device_line(device: Device, own: &str) -> DeviceLine {
    DeviceLine {
        this: device.id.to_string() == own,
        id: device.id,
        device: device_name(&device.device),
        address: device.address.unwrap_or_default(),
        since: moment(device.signed_in_at),
        used: moment(device.used_at),
    }
}

fn passkey_line(passkey: Passkey) -> PasskeyLine {
    PasskeyLine {
        id: passkey.id,
        label: passkey.label,
        since: passkey.created_at.date().to_string(),
        used: passkey.used_at.map_or_else(|| "never".to_owned(), moment),
        backed_up: passkey.backed_up,
    }
}

fn service_line(identity: SsoIdentity) -> ServiceLine {
    ServiceLine {
        issuer: identity.issuer,
        since: identity.created_at.date().to_string(),
        used: moment(identity.used_at),
    }
}

fn token_line(token: ApiToken, now: base::Instant) -> TokenLine {
    let words: Vec<&str> = token.scopes.iter().map(|action| action.words()).collect();
    TokenLine {
        id: token.id,
        label: token.label,
        scopes: words.join(", "),
        until: token.expires_at.date().to_string(),
        used: token.used_at.map_or_else(|| "never".to_owned(), moment),
        over: token.revoked_at.is_some() || token.expires_at <= now,
    }
}

/// Leads back to the account, or says there what is wrong.
pub(super) async fn after(
    pages: &PeoplePages,
    visitor: &Visitor,
    done: Result<(), PeopleError>,
) -> Response {
    match done {
        Ok(()) => led("/account"),
        Err(error) => match said(&error, visitor) {
            Ok((status, text)) => {
                let besides = Besides { status, error: Some(text), ..Besides::default() };
                drawn(pages, visitor, besides).await
            }
            Err(response) => *response,
        },
    }
}

/// The own name.
#[derive(Deserialize)]
pub(super) struct NameForm {
    name: String,
}

pub(super) async fn rename(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Form(form): Form<NameForm>,
) -> Response {
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.rename(&actor, &form.name)).await;
    after(&pages, &visitor, done).await
}

/// The old password and the new one twice.
#[derive(Deserialize)]
pub(super) struct PasswordForm {
    old: String,
    new: String,
    again: String,
}

pub(super) async fn password(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    sender: Sender,
    Form(form): Form<PasswordForm>,
) -> Response {
    let done = work(&pages, move |people| {
        if form.new != form.again {
            return Err(PeopleError::Invalid("the two new passwords are not the same".to_owned()));
        }
        people.change_password(&sender.cookie, &form.old, &form.new, &sender.origin())
    });
    after(&pages, &visitor, done.await).await
}

pub(super) fn stale(pages: &PeoplePages, visitor: &Visitor) -> Option<Response> {
    let fresh = visitor.stepped_up(pages.people.clock().now());
    (!fresh).then(|| led("/account/step-up?next=/account"))
}

pub(super) async fn recovery_codes(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
) -> Response {
    if let Some(response) = stale(&pages, &visitor) {
        return response;
    }
    let actor = visitor.actor.clone();
    match work(&pages, move |people| people.renew_recovery_codes(&actor)).await {
        Ok(codes) => codes_page(&pages, &visitor, codes, "/account"),
        Err(error) => after(&pages, &visitor, Err(error)).await,
    }
}

pub(super) async fn end_device(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(session): Path<Uuid>,
) -> Response {
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.end_device(&actor, session)).await;
    after(&pages, &visitor, done).await
}

pub(super) async fn end_others(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
) -> Response {
    let own = visitor.session.as_ref().and_then(|session| session.key.parse::<Uuid>().ok());
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| {
        let own = own.ok_or(PeopleError::NotFound("session"))?;
        people.end_other_devices(&actor, own).map(drop)
    });
    after(&pages, &visitor, done.await).await
}

pub(super) async fn make_token(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    if let Some(response) = stale(&pages, &visitor) {
        return response;
    }
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| {
        let one = |name: &str| {
            let field = fields.iter().find(|(field, _)| field == name);
            field.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let chosen = fields.iter().filter(|(field, _)| field == "action");
        let scopes: Vec<Action> =
            chosen.filter_map(|(_, words)| Action::from_words(words)).collect();
        let days = one("days").trim().parse().unwrap_or(0);
        people.make_token(&actor, &NewToken { label: one("label"), scopes: &scopes, days })
    });
    match done.await {
        Ok(token) => {
            let besides = Besides { token: Some(token), ..Besides::default() };
            drawn(&pages, &visitor, besides).await
        }
        Err(error) => after(&pages, &visitor, Err(error)).await,
    }
}

pub(super) async fn revoke_token(
    State(pages): State<PeoplePages>,
    OnPage(visitor): OnPage,
    Path(token): Path<Uuid>,
) -> Response {
    let actor = visitor.actor.clone();
    let done = work(&pages, move |people| people.revoke_token(&actor, token)).await;
    after(&pages, &visitor, done).await
}
