//! Answers that a browser may keep and ask about again.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// An HTML page that is asked about again each time and sent again only if it has changed.
/// `request` are the headers of the request.
pub fn page(request: &HeaderMap, html: String) -> Response {
    conditional(request, "text/html; charset=utf-8", html)
}

/// An HTML page for one person: kept by nobody.
pub fn private_page(html: String) -> Response {
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// A JSON answer that is asked about again each time.
pub fn json<T: Serialize>(request: &HeaderMap, value: &T) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => conditional(request, "application/json", text),
        Err(error) => Problem::internal("writing a JSON answer", &error).into_response(),
    }
}

/// An Atom feed (RFC 4287) that is asked about again each time.
pub fn atom(request: &HeaderMap, feed: String) -> Response {
    conditional(request, "application/atom+xml; charset=utf-8", feed)
}

/// A page that many ask for: compressed once, with its tag.
#[derive(Debug)]
pub struct Prepared {
    plain: Bytes,
    gzip: Option<Bytes>,
    tag: HeaderValue,
    opaque: String,
}

impl Prepared {
    /// Prepares an HTML page.
    pub fn page(html: String) -> Self {
        let opaque = format!("W/\"{}\"", fingerprint(html.as_bytes()));
        let tag = HeaderValue::from_str(&opaque);
        Self {
            gzip: crate::assets::squeeze(html.as_bytes()).map(Bytes::from),
            plain: Bytes::from(html),
            // hexadecimal digits are always a header's value
            tag: tag.unwrap_or_else(|_| HeaderValue::from_static("W/\"0\"")),
            opaque,
        }
    }

    /// The answer to a request: nothing new, or the page in the form that the client takes.
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let gzip = self.gzip.as_ref().filter(|_| crate::assets::takes_gzip(request));
        let mut response = if matches(request, &self.opaque) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(gzip.unwrap_or(&self.plain).clone()))
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(ETAG, self.tag.clone());
        if gzip.is_some() && response.status() == StatusCode::OK {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }

    /// Roughly the memory it takes.
    pub fn bytes(&self) -> usize {
        self.plain.len() + self.gzip.as_ref().map_or(0, Bytes::len)
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
