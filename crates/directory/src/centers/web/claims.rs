//! Asking to manage a center, and deciding about it.

use askama::Template;
use axum::Form;
use axum::extract::{OriginalUri, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use site::{Problem, SignedIn};
use uuid::Uuid;

use super::super::claims::Claim;
use super::super::service::CenterError;
use super::{CenterPages, own_page, sent, work};

#[derive(Template)]
#[template(path = "centers/claim.html")]
struct Ask {
    number: String,
    name: String,
    claims: Vec<Claim>,
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
        Ok(Ask { number: number.clone(), name: center.details.name.clone(), claims, waits })
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
    OriginalUri(uri): OriginalUri,
    Path(claim): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let accepted = match sent(&pairs, "verdict") {
        Some("accepted") => true,
        Some("refused") => false,
        _ => return Err(Problem::of(StatusCode::BAD_REQUEST).into_response()),
    };
    if accepted && visitor.session.is_some() && !visitor.stepped_up(pages.centers.now()) {
        // the form is sent again from the queue
        let back = "/centers/pending".parse().unwrap_or(uri);
        return Ok(site::step_up_needed(&back));
    }
    let reader = visitor.clone();
    work(&pages, &visitor, move |centers| {
        centers.decide_claim(&reader.actor, claim, accepted, sent(&pairs, "reason"))
    })
    .await?;
    Ok(Redirect::to("/centers/pending").into_response())
}
