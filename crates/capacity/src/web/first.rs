//! After signing in: whoever owes a report comes to its form first.

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use site::SignedIn;

use super::{CapacityPages, with};

/// Where somebody goes on to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Next {
    next: String,
}

/// Leads to the form of a report that is overdue, from which one click leads on; or on at once.
pub(super) async fn first(
    State(pages): State<CapacityPages>,
    SignedIn(visitor): SignedIn,
    Query(asked): Query<Next>,
) -> Result<Response, Response> {
    let next = site::way_back(&asked.next, "/desk").to_owned();
    if pages.reminders.is_none() {
        return Ok(Redirect::to(&next).into_response());
    }
    let actor = visitor.actor.clone();
    let owed = with(pages.reminders.clone(), &visitor, move |it| it.owed(&actor)).await?;
    let place = owed.map_or_else(
        || next.clone(),
        |owed| {
            let unit = owed.unit.map(|unit| format!("unit={unit}&")).unwrap_or_default();
            let on = site::percent_encoded(&next, b"/");
            format!("/capacity/{}/report?{unit}pass={on}", owed.number)
        },
    );
    Ok(Redirect::to(&place).into_response())
}
