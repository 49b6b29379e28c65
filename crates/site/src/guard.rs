//! Answers only to host names that are this site's, so that a foreign web page cannot reach the server by pointing
//! its own name at this machine (DNS rebinding).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Refuses requests without a host name (400) or with a foreign one (421).
pub(crate) async fn known_hosts_only(
    State(hosts): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Response {
    let known = |host: &str| is_local(host) || hosts.iter().any(|own| names(host, own));
    let mut headers = request.headers().get_all(HOST).iter();
    let refused = match (headers.next(), headers.next()) {
        (Some(host), None) => {
            let named = host.to_str().is_ok_and(known);
            // an absolute request target overrules the header (RFC 9112, section 3.2.2)
            let target = request.uri().authority().is_none_or(|name| known(name.as_str()));
            (!named || !target).then_some(StatusCode::MISDIRECTED_REQUEST)
        }
        _ => Some(StatusCode::BAD_REQUEST),
    };
    match refused {
        Some(status) => Problem::of(status).into_response(),
        None => next.run(request).await,
    }
}

/// `localhost`, `127.0.0.1` or `[::1]`, with or without a port.
fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| names(host, name))
}

/// Whether `host` is `name`, with or without a port.
fn names(host: &str, name: &str) -> bool {
    let Some((head, rest)) = host.split_at_checked(name.len()) else { return false };
    let port = rest.strip_prefix(':');
    let port_ok = port.is_some_and(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'));
    head.eq_ignore_ascii_case(name) && (rest.is_empty() || port_ok)
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_the_three_local_names_pass() {
        for host in
            ["localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535"]
        {
            assert!(is_local(host), "{host} must pass");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "localhost:8080.evil.example",
            "localhost:",
            "localhost:+1",
            "localhost:65536",
            "127.0.0.1.nip.io",
            "127.0.0.2",
            "::1",
            "[::1",
            "user@localhost",
            "localhost@evil.example",
            "ſocalhost",
        ] {
            assert!(!is_local(host), "{host} must be refused");
        }
    }
}
