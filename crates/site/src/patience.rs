//! How long a request may take: a fixed time, counted anew while its body arrives.
//!
//! A file over a slow line may take minutes, and is let in as long as it goes on arriving at a bearable pace. Once the
//! body is whole, or nobody sends any more of it, the answer is due within the fixed time.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::TryStreamExt as _;
use tokio::time::{Instant, timeout_at};

use crate::problem::Problem;

/// The slowest pace of a body, in bytes per second: below it the whole takes too long in any case.
const SLOWEST: u64 = 2048;

/// How far the body of a request has come.
struct Arrival {
    started: Instant,
    /// Bytes so far.
    bytes: AtomicU64,
    /// When the last of them came, in milliseconds after the start.
    last_ms: AtomicU64,
}

impl Arrival {
    fn note(&self, bytes: usize) {
        self.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Relaxed);
    }

    /// When the answer is due as things stand.
    fn deadline(&self, fixed: Duration) -> Instant {
        let for_bytes = Duration::from_secs(self.bytes.load(Ordering::Relaxed) / SLOWEST);
        let since_last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        self.started + since_last.min(for_bytes.max(fixed)) + fixed
    }
}

/// Ends a request that takes too long with 503.
pub(crate) async fn bounded(
    State(fixed): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    let arrival = Arc::new(Arrival {
        started: Instant::now(),
        bytes: AtomicU64::new(0),
        last_ms: AtomicU64::new(0),
    });
    let watched = Arc::clone(&arrival);
    let request = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        Body::from_stream(body.into_data_stream().inspect_ok(move |part| watched.note(part.len())))
    });
    let mut answer = pin!(next.run(request));
    loop {
        let deadline = arrival.deadline(fixed);
        match timeout_at(deadline, &mut answer).await {
            Ok(response) => return response,
            Err(_) if arrival.deadline(fixed) > deadline => {}
            Err(_) => return Problem::of(StatusCode::SERVICE_UNAVAILABLE).into_response(),
        }
    }
}
