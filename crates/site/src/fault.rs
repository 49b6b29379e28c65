//! What went wrong, as programs read it: problem details (RFC 9457) with the place of every error; and bodies that
//! are read so that the place of an error is known.

use crate::problem::Problem;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Kinds of problems that a program can do something about, as the end of `urn:openecls:problem:…`, with what to do.
pub const PROBLEM_KINDS: [(&str, &str); 11] = [
    ("request", "The request does not follow its description. `errors` names each place."),
    (
        "values",
        "The values follow the description and are still not right. `errors` names each one.",
    ),
    (
        "conflict",
        "Somebody else saved first. `differences` holds both values; send again with `version`.",
    ),
    (
        "known-patient",
        "The key belongs to a patient already. Send `known_patient`, and a stay if it is the same one.",
    ),
    (
        "alike-patients",
        "Patients with the same birth date and sex are here. Send `other_person` if it is another one.",
    ),
    ("findings", "Something must be mended or confirmed first. `findings` holds it all."),
    ("plan-moved", "The plan is not the one that was named. Read it again, then apply it."),
    (
        "step-up",
        "A session signs only within ten minutes after its credentials were shown. A token needs no more.",
    ),
    ("state", "The record is in a state that does not allow this."),
    ("rules", "A capacity report breaks rules. `errors` names each with its place."),
    ("ask", "A capacity report is unusual. Send it again with `acknowledge=true` if it is right."),
];

/// A place in the request and what is wrong there.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// JSON pointer (RFC 6901) into the body, or the name of a parameter of the address.
    pub at: String,
    /// What is wrong, in a sentence.
    pub detail: String,
}

/// A problem with what a program needs to go on.
#[derive(Debug)]
pub struct Fault {
    problem: Problem,
    kind: &'static str,
    errors: Vec<Wrong>,
    more: Vec<(&'static str, Value)>,
}

impl Fault {
    /// A problem of a kind.
    pub fn new(
        kind: &'static str,
        status: StatusCode,
        title: &str,
        detail: impl Into<String>,
    ) -> Self {
        let problem = Problem::new(status, title, detail);
        Self { problem, kind, errors: Vec::new(), more: Vec::new() }
    }

    /// The request does not follow its description.
    pub fn request(at: impl Into<String>, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let fault = Self::new(
            "request",
            StatusCode::BAD_REQUEST,
            "Request not understood",
            "The request does not follow its description at /api/v1/openapi.json.",
        );
        fault.at(at, detail)
    }

    /// Values that the description cannot rule out.
    pub fn values(errors: Vec<Wrong>) -> Self {
        let count = errors.len();
        let text =
            if count == 1 { "One value is".to_owned() } else { format!("{count} values are") };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let detail = format!("{text} not right; nothing was saved.");
        Self { errors, ..Self::new("values", status, "Values must be mended", detail) }
    }

    /// Names one more place.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(Wrong { at: at.into(), detail: detail.into() });
        self
    }

    /// Adds what a program needs to go on.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: Value) -> Self {
        self.more.push((key, value));
        self
    }

    /// What it tells, for those who answer in another form than problem details.
    pub fn told(&self) -> (&Problem, &[Wrong]) {
        (&self.problem, &self.errors)
    }

    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(format!("urn:openecls:problem:{}", self.kind)));
        body.insert("title".to_owned(), json!(self.problem.title));
        body.insert("status".to_owned(), json!(self.problem.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.problem.detail));
        if !self.errors.is_empty() {
            let place = |at: &str| {
                if at.is_empty() || at.starts_with('/') { "pointer" } else { "parameter" }
            };
            let errors = self
                .errors
                .iter()
                .map(|wrong| json!({ place(&wrong.at): wrong.at, "detail": wrong.detail }));
            body.insert("errors".to_owned(), errors.collect());
        }
        body.extend(self.more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Value::Object(body)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let kind = match problem.status {
            StatusCode::CONFLICT => "state",
            StatusCode::UNPROCESSABLE_ENTITY => "values",
            _ => "",
        };
        Self { problem, kind, errors: Vec::new(), more: Vec::new() }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        if self.kind.is_empty() {
            // dressed by the site, with the reference of the request
            return self.problem.into_response();
        }
        let mut response = (self.problem.status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
