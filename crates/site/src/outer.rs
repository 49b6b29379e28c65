//! The outermost layer: request id, security headers and one log line per request.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use base::Ids;
use uuid::Uuid;

/// The id of one request; error pages show it as the reference number, and so does the log.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Sent with every answer. No inline script or style, nothing from elsewhere, no framing.
const SECURITY: [(HeaderName, &str); 8] = [
    (
        HeaderName::from_static("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
    (HeaderName::from_static("x-frame-options"), "DENY"),
    // within the site the origin must be sent, or a form of our own could not be told from a foreign one
    (HeaderName::from_static("referrer-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), usb=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
];

/// Put into a response's extensions: other sites may show this page in a frame. For pages that take no input and show
/// nothing but public figures.
#[derive(Debug, Clone, Copy)]
pub struct Framable;

/// What a framable page has instead: no scripts, no forms, any frame around it.
const FRAMED: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors *";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its id, and the answer its headers and log line. An id sent by the client is
/// not believed.
pub(crate) async fn outer(
    State(ids): State<Arc<Ids>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId(ids.next());
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let path = shortened(request.uri().path());
    let started = Instant::now();
    let mut response = next.run(request).await;
    let framable = response.extensions().get::<Framable>().is_some();
    finish(response.headers_mut(), id);
    if framable {
        frame(response.headers_mut());
    }
    log(id, method.as_str(), &path, response.status(), started);
    response
}

fn finish(headers: &mut HeaderMap, id: RequestId) {
    for (name, value) in &SECURITY {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, value);
    }
}

fn frame(headers: &mut HeaderMap) {
    headers.insert("content-security-policy", HeaderValue::from_static(FRAMED));
    headers.remove("x-frame-options");
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
}

/// The path without its query, at most 200 bytes: enough to find the route, too little to fill a disk. What stands
/// behind an invitation's address opens an account, so it is not written down.
fn shortened(path: &str) -> String {
    for secret in ["/invitation/", "/capacity/confirm/"] {
        if path.starts_with(secret) {
            return format!("{secret}...");
        }
    }
    path.chars().take(200).collect()
}

fn log(id: RequestId, method: &str, path: &str, status: StatusCode, started: Instant) {
    let (status, duration_ms) = (status.as_u16(), started.elapsed().as_millis());
    tracing::info!(
        request.id = %id,
        http.method = method,
        http.path = path,
        http.status = status,
        duration_ms,
        "{method} {path} {status} in {duration_ms} ms, request {id}"
    );
}
