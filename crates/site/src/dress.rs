//! Turns every error answer, whoever made it, into a page or into `application/problem+json` (RFC 9457).

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::outer::RequestId;
use crate::problem::Problem;
use crate::shell::{PageMeta, Shell};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorBody<'a> {
    status: u16,
    title: &'a str,
    detail: &'a str,
    reference: &'a str,
}

/// Dresses what comes back from the routes and from the layers below.
pub(crate) async fn dress(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let machine = is_for_machines(request.uri().path());
    let reference = request.extensions().get::<RequestId>().map(RequestId::to_string);
    let response = next.run(request).await;
    match undressed(&response) {
        Some(problem) => wear(&shell, machine, &problem, &reference.unwrap_or_default(), response),
        None => response,
    }
}

/// Addresses that programs ask.
pub(crate) fn is_for_machines(path: &str) -> bool {
    ["/api", "/health"].iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The problem that a response stands for, unless its maker has already written a body for a reader.
fn undressed(response: &Response) -> Option<Problem> {
    let status = response.status();
    if let Some(problem) = response.extensions().get::<Problem>() {
        return Some(problem.clone());
    }
    let finished = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let finished = finished.is_some_and(|kind| kind.contains("html") || kind.contains("json"));
    ((status.is_client_error() || status.is_server_error()) && !finished)
        .then(|| Problem::of(status))
}

fn wear(
    shell: &Shell,
    machine: bool,
    problem: &Problem,
    reference: &str,
    bare: Response,
) -> Response {
    let (kind, text) = if machine {
        ("application/problem+json", problem_json(problem, reference))
    } else {
        ("text/html; charset=utf-8", error_page(shell, problem, reference))
    };
    let (mut parts, _) = bare.into_parts();
    parts.extensions.remove::<Problem>();
    parts.status = problem.status;
    finish_headers(&mut parts.headers, kind, problem.status);
    Response::from_parts(parts, Body::from(text))
}

fn finish_headers(headers: &mut HeaderMap, kind: &'static str, status: StatusCode) {
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.entry(RETRY_AFTER).or_insert(HeaderValue::from_static("30"));
    }
}

fn problem_json(problem: &Problem, reference: &str) -> String {
    serde_json::json!({
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status.as_u16(),
        "detail": problem.detail,
        "instance": format!("urn:uuid:{reference}"),
    })
    .to_string()
}

fn error_page(shell: &Shell, problem: &Problem, reference: &str) -> String {
    let body = ErrorBody {
        status: problem.status.as_u16(),
        title: &problem.title,
        detail: &problem.detail,
        reference,
    };
    let meta = PageMeta { title: &problem.title, description: None, path: None };
    body.render().and_then(|body| shell.render(&meta, &body)).unwrap_or_else(|error| {
        tracing::error!(%error, "error page could not be written: {error}");
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_known_by_whole_path_segments() {
        assert!(is_for_machines("/api/v1/figures"));
        assert!(is_for_machines("/health/live"));
        assert!(!is_for_machines("/apiary"));
        assert!(!is_for_machines("/"));
    }
}
