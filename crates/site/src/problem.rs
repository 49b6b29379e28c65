//! What went wrong, before it is dressed as a page or as `application/problem+json`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An answer that is not what was asked for. Handlers return it; the shell dresses it for its reader.
#[derive(Debug, Clone)]
pub struct Problem {
    /// HTTP status, 400 or above.
    pub status: StatusCode,
    /// Short and the same each time, for instance "Page not found".
    pub title: String,
    /// What happened this time and what to do; nothing clinical or identifying.
    pub detail: String,
}

impl Problem {
    /// A problem in your own words.
    pub fn new(status: StatusCode, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status, title: title.into(), detail: detail.into() }
    }

    /// The usual words for a status.
    pub fn of(status: StatusCode) -> Self {
        let (title, detail) = match status {
            StatusCode::BAD_REQUEST => (
                "Request not understood",
                "The request is not complete or not well formed. Please go back and try again.",
            ),
            StatusCode::UNAUTHORIZED => (
                "Not signed in",
                "This address needs somebody who is signed in. Sign in and try again.",
            ),
            StatusCode::FORBIDDEN => (
                "Not allowed",
                "None of your roles allows this. The center's administrator can grant one.",
            ),
            StatusCode::NOT_FOUND => (
                "Page not found",
                "There is nothing at this address. It may be mistyped, or the page may have moved.",
            ),
            StatusCode::METHOD_NOT_ALLOWED => (
                "Method not allowed",
                "This address exists, but it does not accept this kind of request.",
            ),
            StatusCode::REQUEST_TIMEOUT => (
                "Request took too long",
                "The request did not arrive in full in time. Please try again.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (
                "Request too large",
                "More data was sent than this address accepts. Large files are imported on the command line.",
            ),
            StatusCode::MISDIRECTED_REQUEST => (
                "Wrong host name",
                "This server does not answer under the name in the address. Use the address that its operator gave you.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => (
                "Not available just now",
                "The server could not answer in time. Please try again in a minute.",
            ),
            status if status.is_server_error() => (
                "Something went wrong on our side",
                "The request could not be completed. Please try again; if it happens again, tell the operator \
                 the reference number below.",
            ),
            other => (
                other.canonical_reason().unwrap_or("Request refused"),
                "The server did not carry out this request.",
            ),
        };
        Self::new(status, title, detail)
    }

    /// What an actor without permission is told: that there is nothing, where nothing of the center may be known to
    /// them, or that it is not theirs to do. The attempt to reach a foreign center is logged, without the record.
    pub fn refused(refusal: &base::Refusal, visitor: &crate::Visitor) -> Self {
        if !refusal.hides() {
            return Self::of(StatusCode::FORBIDDEN);
        }
        let person = visitor.actor.person_id().map(|id| id.to_string()).unwrap_or_default();
        let action = refusal.action();
        tracing::warn!(
            target: "openecls::scope",
            "somebody tried to {action} of a center that is not theirs (person {person})"
        );
        Self::of(StatusCode::NOT_FOUND)
    }

    /// There is nothing of this id where it was asked for: it never was, or it is another center's, which sounds the
    /// same. The attempt is logged with the kind of what was asked for, without its id.
    pub fn not_here(what: &str, visitor: &crate::Visitor) -> Self {
        let person = visitor.actor.person_id().map(|id| id.to_string()).unwrap_or_default();
        tracing::warn!(
            target: "openecls::scope",
            "somebody asked for what is not there for them: {what} (person {person})"
        );
        Self::of(StatusCode::NOT_FOUND)
    }

    /// Logs the cause, which is never shown, and answers 500.
    pub fn internal(what: &str, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut chain = cause.to_string();
        let mut next = cause.source();
        while let Some(inner) = next {
            chain = format!("{chain}: {inner}");
            next = inner.source();
        }
        tracing::error!(error.chain = %chain, "{what} failed: {chain}");
        Self::of(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_status_has_words_for_its_reader() {
        for code in 400..600 {
            let problem = Problem::of(StatusCode::from_u16(code).unwrap());

            assert!(problem.title.len() > 3, "{code}: {problem:?}");
            assert!(problem.detail.ends_with('.'), "{code}: {problem:?}");
        }
    }
}
