//! Changes that wait: old and new side by side, confirmed or refused.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{CenterId, shown_name};
use site::{Problem, SignedIn};
use uuid::Uuid;

use super::super::model::Difference;
use super::super::words::ChangeState;
use super::claims::ClaimCard;
use super::{CenterPages, country_name, own_page, sent, work};

struct Card {
    center: CenterId,
    change: Uuid,
    number: String,
    name: String,
    country: String,
    part: &'static str,
    when: String,
    by: String,
    own: bool,
    differences: Vec<Difference>,
}

impl Card {
    /// What tells it from the others.
    fn label(&self) -> String {
        format!("{}, center {}", self.part, self.number)
    }
}

#[derive(Template)]
#[template(path = "centers/pending.html")]
struct Queue {
    cards: Vec<Card>,
    claims: Vec<ClaimCard>,
}

/// The queue of the reader's chapter, or of the platform.
pub(super) async fn queue(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    if !visitor.actor.may(base::Action::ConfirmCenter) {
        return Err(Problem::of(StatusCode::FORBIDDEN).into_response());
    }
    let body = work(&pages, &visitor, move |centers| {
        let waiting = centers.waiting(&reader.actor)?;
        let cards = waiting.into_iter().map(|(profile, change)| Card {
            center: change.center,
            change: change.id,
            number: profile.number,
            name: profile.details.name,
            country: country_name(&profile.details.country).to_owned(),
            part: change.part.label(),
            when: change.proposed_at.date().to_string(),
            by: shown_name(&change.proposed_by).to_owned(),
            own: change.proposer.is_some() && change.proposer == reader.actor.person_id(),
            differences: change.differences(),
        });
        let claims = centers.claims(&reader.actor)?.into_iter();
        let claims =
            claims.map(|(profile, claim)| ClaimCard::of(centers, &reader.actor, profile, claim));
        Ok(Queue { cards: cards.collect(), claims: claims.collect() })
    })
    .await?;
    Ok(own_page(&pages, &visitor, StatusCode::OK, "Changes to confirm", &body))
}

/// Decides.
pub(super) async fn decide(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Path((center, change)): Path<(Uuid, Uuid)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let back = work(&pages, &visitor, move |centers| {
        let get = |key| sent(&pairs, key);
        let verdict =
            get("verdict").and_then(ChangeState::from_word).unwrap_or(ChangeState::Waiting);
        centers.decide(&reader.actor, (CenterId(center), change), verdict, get("reason"))?;
        let back =
            get("next").map_or("/centers/pending", |next| site::way_back(next, "/centers/pending"));
        Ok(back.to_owned())
    })
    .await?;
    Ok(Redirect::to(&back).into_response())
}
