//! `/health/live` and `/health/ready`, for whoever watches or restarts the program.

use std::time::Duration;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::reply;
use crate::state::SiteState;

/// A probe that waits longer tells its watcher nothing.
const PATIENCE: Duration = Duration::from_secs(3);

/// The program runs and answers; says nothing about the database.
pub(crate) async fn live(headers: HeaderMap) -> Response {
    uncached(reply::json(&headers, &serde_json::json!({ "status": "live" })))
}

/// The database answers and its migrations are current, or 503 with what to do.
pub(crate) async fn ready(State(site): State<SiteState>, headers: HeaderMap) -> Response {
    let check = site.ready.clone();
    let asked = site.ready_gate.get(move || Ok(check().map_err(|why| why.to_string())));
    let refusal = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => match answer.as_ref() {
            Ok(()) => {
                return uncached(reply::json(&headers, &serde_json::json!({ "status": "ready" })));
            }
            Err(why) => why.clone(),
        },
        Ok(Err(_)) => "the readiness check itself failed".to_owned(),
        Err(_) => format!("the database did not answer within {} s", PATIENCE.as_secs()),
    };
    tracing::warn!(reason = %refusal, "not ready: {refusal}");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not ready", refusal).into_response()
}

/// A probe that is answered from a cache would lie.
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
