//! The three counters of the home page as server-sent events: `GET /api/v1/live`.
//!
//! One task asks for the version of the data twice a second and reads the counters only when it has changed. It
//! writes one frame, and every open page gets the same bytes: a page that is open costs no query. Who comes back
//! with `Last-Event-ID` gets a frame only if it is another one.
//!
//! Pages that show something else follow the same stream: `capacity` tells a number that is another one after each
//! report of capacity.
//!
//! Events: `figures` with the counters, its id the version of the data and the year; `beat` every 15 seconds, with the time up to
//! which the counters are known to be right, so that a page can tell a quiet registry from a lost connection.

mod stream;
mod watcher;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use registry::Registry;
use site::Problem;
use site::{Access, Routes};
use tokio::sync::{Semaphore, watch};

/// How the stream works. The defaults are right for a server.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// How often to ask whether something has changed. Default 500 ms.
    pub poll: Duration,
    /// How often to say that all is well. Default 15 s.
    pub beat: Duration,
    /// The counters are read at least so often, changed or not: a new year begins without a change. Default 1 min.
    pub at_least: Duration,
    /// Most pages at once; more are told to come back later. Default 1,000.
    pub streams: usize,
}

impl Default for LiveOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(500),
            beat: Duration::from_secs(15),
            at_least: Duration::from_mins(1),
            streams: 1000,
        }
    }
}

/// What every page is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Told {
    /// The id of the event with the counters: the version of the data, and the year; none before the first.
    id: Option<Arc<str>>,
    /// The event with the counters.
    figures: Bytes,
    /// Up to when they are known to be right, and whether that is now.
    beat: Bytes,
    current: bool,
    /// What the other pages follow.
    capacity: Option<i64>,
}

/// Asks for a number that is another one after each report of capacity; none when it cannot be read.
pub type Pulse = Arc<dyn Fn() -> Option<i64> + Send + Sync>;

/// The stream of the counters. Clones share it.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    /// Gone when the stream is closed.
    told: Mutex<Option<Arc<watch::Sender<Told>>>>,
    streams: Arc<Semaphore>,
    options: LiveOptions,
}

impl Live {
    /// Starts the task that follows the registry; must be called within a Tokio runtime.
    pub fn start(registry: Registry, options: LiveOptions) -> Self {
        Self::start_beside(registry, options, Arc::new(|| None))
    }

    /// The same, with the pulse of capacity.
    pub fn start_beside(registry: Registry, options: LiveOptions, pulse: Pulse) -> Self {
        let told = Arc::new(watch::Sender::new(Told::default()));
        let task = watcher::follow(registry, pulse, Arc::downgrade(&told), options.clone());
        drop(tokio::spawn(task));
        let streams = Arc::new(Semaphore::new(options.streams));
        let inner = Inner { told: Mutex::new(Some(told)), streams, options };
        Self { inner: Arc::new(inner) }
    }

    /// Ends every stream, so that the program can stop without waiting for open pages.
    pub fn close(&self) {
        *self.inner.told.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Pages that are connected.
    pub fn open(&self) -> usize {
        self.inner.options.streams.saturating_sub(self.inner.streams.available_permits())
    }

    fn listen(&self) -> Option<watch::Receiver<Told>> {
        let told = self.inner.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.as_ref().map(|told| told.subscribe())
    }
}

/// The route, to be added to the site's pages.
pub fn routes(live: Live) -> Routes {
    Routes::new().get("/api/v1/live", Access::Public, events).with_state(live)
}

/// `GET /api/v1/live`
async fn events(State(live): State<Live>, headers: HeaderMap) -> Result<Response, Problem> {
    let permit = Arc::clone(&live.inner.streams).try_acquire_owned();
    let (Ok(permit), Some(told)) = (permit, live.listen()) else {
        let detail = "Too many pages follow the figures just now. Load the page again in a minute.";
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not available just now",
            detail,
        ));
    };
    let seen = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(Arc::from);
    let body = stream::body(told, permit, seen, live.inner.options.beat);
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    let fresh = (CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // a proxy must hand every event on as it comes
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([kind, fresh, unbuffered], body).into_response())
}

#[cfg(test)]
mod tests;
