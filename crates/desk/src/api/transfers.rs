//! Transfers on ECLS: a center sees its own run, the other center, and on what the match rests.

use std::collections::HashMap;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::{Action, CenterId, LinkId};
use registry::{Center, Transfer, TransferSide};
use serde_json::{Value, json};
use site::{Fault, Problem};

use super::sent::{Asker, answered, nothing, said};
use crate::answer;

pub(super) async fn list(asker: Asker, Path(number): Path<String>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::ReadRecords)?;
        let registry = &asker.desk.registry;
        let links = registry.transfers(&asker.visitor.actor, center.id);
        let links = links.map_err(|error| asker.told(error))?;
        let centers = registry.centers().map_err(|error| asker.told(error))?;
        let names: HashMap<CenterId, &Center> =
            centers.iter().map(|center| (center.id, center)).collect();
        let links: Vec<Value> =
            links.iter().map(|link| link_value(&center, link, &names)).collect();
        Ok(said(StatusCode::OK, &json!({ "transfers": links })))
    })
    .await
}

fn link_value(center: &Center, link: &Transfer, names: &HashMap<CenterId, &Center>) -> Value {
    let sent = link.from_center == center.id;
    let (partner, run) =
        if sent { (link.to_center, Some(link.from_run)) } else { (link.from_center, link.to_run) };
    let (own, other) = if sent {
        (link.sender_confirmed, link.receiver_confirmed)
    } else {
        (link.receiver_confirmed, link.sender_confirmed)
    };
    let partner = names.get(&partner);
    json!({
        "transfer": link.id, "direction": if sent { "sent" } else { "received" }, "run": run,
        "other_center": partner.map(|center| center.number.as_str()),
        "other_center_name": partner.map(|center| center.name.as_str()),
        "state": link.state.as_str(),
        "basis": link.basis.split(',').filter(|code| !code.is_empty()).collect::<Vec<_>>(),
        "confirmed_here": own, "confirmed_there": other,
    })
}

pub(super) async fn propose(asker: Asker, Path((number, run)): Path<(String, String)>) -> Response {
    answered(move || {
        let center = asker.center(&number, Action::LinkTransfers)?;
        let run = answer::run_id(&run)?;
        let registry = &asker.desk.registry;
        let link = registry.propose_transfer(&asker.visitor.actor, center.id, run);
        let link = link.map_err(|error| asker.told(error))?;
        Ok(said(StatusCode::CREATED, &json!({ "id": link.id })))
    })
    .await
}

/// The center's own link and its side of it.
fn side(asker: &Asker, number: &str, id: &str) -> Result<(LinkId, TransferSide), Fault> {
    let center = asker.center(number, Action::LinkTransfers)?;
    let id: LinkId = id.parse().map_err(|_| nothing())?;
    let links = asker.desk.registry.transfers(&asker.visitor.actor, center.id);
    let links = links.map_err(|error| asker.told(error))?;
    let link = links.iter().find(|link| link.id == id);
    let link = link.ok_or_else(|| Problem::not_here("transfer", &asker.visitor))?;
    let sent = link.from_center == center.id;
    Ok((id, if sent { TransferSide::Sender } else { TransferSide::Receiver }))
}

pub(super) async fn confirm(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let (id, side) = side(&asker, &number, &id)?;
        let done = asker.desk.registry.confirm_transfer(&asker.visitor.actor, id, side);
        done.map_err(|error| asker.told(error))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}

pub(super) async fn refuse(asker: Asker, Path((number, id)): Path<(String, String)>) -> Response {
    answered(move || {
        let (id, side) = side(&asker, &number, &id)?;
        let done = asker.desk.registry.reject_transfer(&asker.visitor.actor, id, side);
        done.map_err(|error| asker.told(error))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    })
    .await
}
