//! What a program sends: parameters and bodies, with the place of what is wrong in them.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, Query, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use serde::de::DeserializeOwned;

use crate::fault::Fault;
use crate::problem::Problem;

/// What stands behind the question mark.
pub type Asked<T> = Result<Query<T>, QueryRejection>;

/// The parameters, or what is wrong with them.
pub fn asked<T>(asked: Asked<T>) -> Result<T, Fault> {
    let told = |error: QueryRejection| {
        let text = error.body_text();
        let text = text.split_once(": ").map_or(text.as_str(), |(_, text)| text).to_owned();
        Fault::request("query", text)
    };
    asked.map(|Query(asked)| asked).map_err(told)
}

/// A body as it arrived: read when it is known who sends it and that the record is theirs.
pub struct Sent {
    is_json: bool,
    bytes: Result<Bytes, StatusCode>,
}

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = std::convert::Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let is_json = kind.eq_ignore_ascii_case("application/json")
            || (kind.starts_with("application/") && kind.ends_with("+json"));
        let bytes = Bytes::from_request(request, state).await;
        Ok(Self { is_json, bytes: bytes.map_err(|error| error.into_response().status()) })
    }
}

impl Sent {
    /// The body as JSON of a known shape.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Fault> {
        let bytes = self.bytes.map_err(|status| Fault::from(Problem::of(status)))?;
        if !self.is_json {
            let detail = "Send the body as `application/json`.";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "Media type not supported", detail).into());
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| told(&error))?;
        json.end().map_err(|error| Fault::request("", error.to_string()))?;
        Ok(value)
    }
}

/// JSON that was read as a value of a known shape.
pub fn shaped<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| told(&error))
}

fn told(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let inner = error.inner().to_string();
    Fault::request(pointer(error.path()), inner)
}

/// A place in a body as a JSON pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut out = String::new();
    for segment in path {
        out.push('/');
        match segment {
            Segment::Seq { index } => out.push_str(&index.to_string()),
            Segment::Map { key } => out.push_str(&escaped(key)),
            Segment::Enum { variant } => out.push_str(&escaped(variant)),
            Segment::Unknown => out.push('?'),
        }
    }
    out
}

/// A key as a part of a JSON pointer (RFC 6901, section 4).
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
