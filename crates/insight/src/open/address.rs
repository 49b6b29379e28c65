//! Full addresses, as catalogs and feeds need them.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Address of the site without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root(String);

impl Root {
    /// The operator's address, or the host of the request.
    pub(super) fn of(known: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(known) = known {
            return Self(known.trim_end_matches('/').to_owned());
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        // what is no host name stays out of documents
        let plain = |host: &&str| {
            let sign = |sign: u8| {
                sign.is_ascii_alphanumeric() || matches!(sign, b'.' | b':' | b'-' | b'[' | b']')
            };
            !host.is_empty() && host.bytes().all(sign)
        };
        Self(format!("http://{}", host.filter(plain).unwrap_or("localhost")))
    }

    /// The address.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// A full address.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(host: &'static str) -> String {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
        Root::of(None, &headers).link("/x")
    }

    #[test]
    fn an_address_is_the_operators_or_a_plain_host() {
        assert_eq!(of("127.0.0.1:8080"), "http://127.0.0.1:8080/x");
        assert_eq!(of("a/><script>"), "http://localhost/x");
        assert_eq!(of(""), "http://localhost/x");
        let known = Root::of(Some("https://registry.example/"), &HeaderMap::new());
        assert_eq!(known.link("/x"), "https://registry.example/x");
    }
}
