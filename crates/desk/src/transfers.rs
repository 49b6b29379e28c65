//! Transfers on ECLS: links between the runs of two centers, to confirm or to refuse.
//!
//! A center sees its own run, the other center's name, and on what the match rests; never the other record.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /desk/{center}/transfers` | the links of the center |
//! | `POST /desk/{center}/transfers/{id}` | confirms or refuses for one side |
//! | `POST /desk/{center}/runs/{run}/transfer` | looks for the run that continues this one |

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Action, CenterId, LinkId, permit};
use dictionary::Dictionary;
use registry::{Center, Transfer, TransferSide, TransferState};
use serde::Deserialize;
use site::{Access, Problem, Routes, SignedIn};

use crate::Desk;
use crate::answer::{self, Head};

/// The pages.
pub(crate) fn routes() -> Routes<Arc<Desk>> {
    let link = Access::May(Action::LinkTransfers);
    Routes::new()
        .get("/desk/{center}/transfers", Access::May(Action::ReadRecords), list)
        .post("/desk/{center}/transfers/{id}", link, decide)
        .post("/desk/{center}/runs/{run}/transfer", link, propose)
}

struct Line {
    decide: String,
    run: Option<String>,
    partner: String,
    sent: bool,
    state: &'static str,
    basis: String,
    said: String,
    may_confirm: bool,
    may_refuse: bool,
}

#[derive(Template)]
#[template(path = "transfers.html")]
struct Page {
    head: Head,
    waiting: Vec<Line>,
    others: Vec<Line>,
}

async fn list(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path(number): Path<String>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::ReadRecords)?;
        let told = |error| answer::problem(error, &visitor);
        let links = desk.registry.transfers(&visitor.actor, center.id).map_err(told)?;
        let centers = desk.registry.centers().map_err(told)?;
        let names: HashMap<CenterId, &Center> =
            centers.iter().map(|center| (center.id, center)).collect();
        let may = permit(&visitor.actor, Action::LinkTransfers, center.id).is_ok();
        let dictionary = desk.registry.dictionary();
        let lines = links.iter().map(|link| line(dictionary, &center, link, &names, may));
        let (waiting, others) = lines.partition(|line| line.may_confirm);
        let head = Head::new(&center, &visitor, "/transfers");
        answer::page(&desk, &visitor, "Transfers", &Page { head, waiting, others })
    };
    answer::blocking(work).await
}

fn line(
    dictionary: &Dictionary,
    center: &Center,
    link: &Transfer,
    names: &HashMap<CenterId, &Center>,
    may: bool,
) -> Line {
    let sent = link.from_center == center.id;
    let (partner, run) =
        if sent { (link.to_center, Some(link.from_run)) } else { (link.from_center, link.to_run) };
    let (own, other) = if sent {
        (link.sender_confirmed, link.receiver_confirmed)
    } else {
        (link.receiver_confirmed, link.sender_confirmed)
    };
    let basis = dictionary.list_named("match_basis");
    let word = |code: &str| {
        let known = basis.and_then(|list| list.code(list.find(code)?));
        known.map_or_else(|| code.to_owned(), |code| code.label.clone())
    };
    let basis: Vec<String> =
        link.basis.split(',').filter(|code| !code.is_empty()).map(word).collect();
    Line {
        decide: format!("/desk/{}/transfers/{}", center.number, link.id),
        run: run.map(|run| format!("/desk/{}/runs/{run}", center.number)),
        partner: names.get(&partner).map_or(String::new(), |center| center.name.clone()),
        sent,
        state: match link.state {
            TransferState::Expected => "no counterpart yet",
            TransferState::Proposed => "proposed",
            TransferState::Confirmed => "confirmed by both",
            TransferState::Rejected => "refused",
        },
        basis: basis.join(", "),
        said: match (own, other) {
            _ if link.state == TransferState::Confirmed => String::new(),
            (true, false) => "You have confirmed; the other center has not.".to_owned(),
            (false, true) => "The other center has confirmed.".to_owned(),
            _ => String::new(),
        },
        may_confirm: may && link.state == TransferState::Proposed && !own,
        may_refuse: may && link.state != TransferState::Rejected,
    }
}

#[derive(Debug, Deserialize)]
struct Decided {
    decision: String,
}

async fn decide(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, id)): Path<(String, String)>,
    decided: Result<Form<Decided>, FormRejection>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::LinkTransfers)?;
        let Form(decided) = decided.map_err(|_| Problem::of(StatusCode::BAD_REQUEST))?;
        let told = |error| answer::problem(error, &visitor);
        let id: LinkId = id.parse().map_err(|_| Problem::of(StatusCode::NOT_FOUND))?;
        let links = desk.registry.transfers(&visitor.actor, center.id).map_err(told)?;
        let link = links.iter().find(|link| link.id == id);
        let link = link.ok_or_else(|| Problem::not_here("transfer", &visitor))?;
        let side = if link.from_center == center.id {
            TransferSide::Sender
        } else {
            TransferSide::Receiver
        };
        match decided.decision.as_str() {
            "confirm" => {
                desk.registry.confirm_transfer(&visitor.actor, id, side).map_err(told)?;
            }
            "refuse" => {
                desk.registry.reject_transfer(&visitor.actor, id, side).map_err(told)?;
            }
            _ => return Err(Problem::of(StatusCode::BAD_REQUEST)),
        }
        Ok(answer::led_to(&format!("/desk/{number}/transfers")))
    };
    answer::blocking(work).await
}

async fn propose(
    State(desk): State<Arc<Desk>>,
    SignedIn(visitor): SignedIn,
    Path((number, run)): Path<(String, String)>,
) -> Response {
    let work = move || {
        let center = answer::center(&desk, &visitor, &number, Action::LinkTransfers)?;
        let run = answer::run_id(&run)?;
        let done = desk.registry.propose_transfer(&visitor.actor, center.id, run);
        done.map_err(|error| answer::problem(error, &visitor))?;
        Ok(answer::led_to(&format!("/desk/{number}/transfers")))
    };
    answer::blocking(work).await
}
