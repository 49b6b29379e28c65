//! Asking to manage a center, and deciding about it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Actor, Channel, Place, Role};
use site::{Problem, SignedIn};
use uuid::Uuid;

use super::super::claims::Claim;
use super::super::model::Profile;
use super::super::service::{CenterError, Centers};
use super::{CenterPages, country_name, own_page, sent, work};

/// A claim that waits, for those who decide.
pub(super) struct ClaimCard {
    pub(super) id: Uuid,
    pub(super) number: String,
    pub(super) name: String,
    pub(super) country: String,
    pub(super) person: String,
    pub(super) email: String,
    pub(super) message: String,
    pub(super) when: String,
    pub(super) own: bool,
    pub(super) may_accept: bool,
}

impl ClaimCard {
    pub(super) fn of(centers: &Centers, reader: &Actor, profile: Profile, claim: Claim) -> Self {
        Self {
            id: claim.id,
            may_accept: centers.may_accept_claims(reader, profile.id),
            own: reader.person_id() == Some(claim.person),
            number: profile.number,
            country: country_name(&profile.details.country).to_owned(),
            name: profile.details.name,
            person: claim.name,
            email: claim.email,
            message: claim.message,
            when: claim.asked_at.date().to_string(),
        }
    }
}

#[derive(Template)]
#[template(path = "centers/claim.html")]
struct Ask {
    number: String,
    name: String,
    back: String,
    claims: Vec<Claim>,
    /// What the reader decides here.
    waiting: Vec<ClaimCard>,
    /// Whether the reader manages the center and so need not ask.
    manages: bool,
    waits: bool,
}

/// The question, with what became of earlier ones.
pub(super) async fn ask(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let body = work(&pages, &visitor, move |centers| {
        let book = centers.book()?;
        let center = book.center(&number).ok_or(CenterError::Missing)?;
        let mut claims = centers.own_claims(&reader.actor)?;
        claims.retain(|claim| claim.center == center.id);
        let waits = claims.iter().any(|it| it.state == super::super::words::ChangeState::Waiting);
        let waiting = centers.claims(&reader.actor)?.into_iter();
        let waiting = waiting.filter(|(profile, _)| profile.id == center.id);
        let card = |(profile, claim)| ClaimCard::of(centers, &reader.actor, profile, claim);
        Ok(Ask {
            number: number.clone(),
            back: format!("/centers/{number}/claim"),
            name: center.details.name.clone(),
            claims,
            waiting: waiting.map(card).collect(),
            manages: reader.actor.grants().iter().any(|grant| {
                grant.role == Role::CenterAdministrator && grant.place == Place::Center(center.id)
            }),
            waits,
        })
    })
    .await?;
    Ok(own_page(&pages, &visitor, StatusCode::OK, "Manage this center", &body))
}

/// Asks.
pub(super) async fn claim(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let (reader, asked) = (visitor.clone(), number.clone());
    work(&pages, &visitor, move |centers| {
        centers.claim(&reader.actor, &asked, sent(&pairs, "message").unwrap_or_default())
    })
    .await?;
    Ok(Redirect::to(&format!("/centers/{number}/claim")).into_response())
}

/// Decides. An acceptance gives a role, so whoever gives it has proven lately that it is they.
pub(super) async fn decide(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path(claim): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let accepted = match sent(&pairs, "verdict") {
        Some("accepted") => true,
        Some("refused") => false,
        _ => return Err(Problem::of(StatusCode::BAD_REQUEST).into_response()),
    };
    let queue = "/centers/pending";
    let back = sent(&pairs, "next").map_or(queue, |next| site::way_back(next, queue)).to_owned();
    if visitor.actor.channel() == Channel::Api {
        // a program with a token gives nobody a role
        return Err(Problem::of(StatusCode::FORBIDDEN).into_response());
    }
    if accepted && visitor.session.is_some() && !visitor.stepped_up(pages.centers.now()) {
        // the form is sent again from its page
        return Ok(site::step_up_needed(
            &back.parse().unwrap_or(Uri::from_static("/centers/pending")),
        ));
    }
    let reader = visitor.clone();
    work(&pages, &visitor, move |centers| {
        centers.decide_claim(&reader.actor, claim, accepted, sent(&pairs, "reason"))
    })
    .await?;
    Ok(Redirect::to(&back).into_response())
}
