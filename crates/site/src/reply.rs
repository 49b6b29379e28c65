//! Answers that a browser may keep and ask about again.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// An HTML page that is asked about again each time and sent again only if it has changed.
/// `request` are the headers of the request.
pub fn page(request: &HeaderMap, html: String) -> Response {
    conditional(request, "text/html; charset=utf-8", html)
}

/// The same for a JSON answer.
pub fn json<T: Serialize>(request: &HeaderMap, value: &T) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => conditional(request, "application/json", text),
        Err(error) => Problem::internal("writing a JSON answer", &error).into_response(),
    }
}

fn conditional(request: &HeaderMap, kind: &'static str, text: String) -> Response {
    // weak, because the compressed and the plain answer share it
    let tag = format!("W/\"{}\"", fingerprint(text.as_bytes()));
    let mut response = if matches(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(text))
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Whether the client already holds the answer with this tag (RFC 9110, section 13.1.2).
pub(crate) fn matches(request: &HeaderMap, tag: &str) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|held| held.trim() == "*" || opaque(held) == opaque(tag))
}

/// The first 64 bits of SHA-256 in hexadecimal: names a version, protects nothing.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(String::with_capacity(16), |text, byte| format!("{text}{byte:02x}"))
}
