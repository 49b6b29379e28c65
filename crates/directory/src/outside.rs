//! Asking services of others, and sending to them: small answers, soon, from where it was said to be, and never from
//! inside the operator's own network unless the settings say so.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio_rustls::rustls::crypto::ring::default_provider;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// For a whole request with its answer: somebody waits at the screen.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer in bytes.
const LONGEST: u64 = 512 * 1024;

/// What went wrong, for the log: names the address, never a code or a token.
pub type Trouble = String;

/// A way to one service.
#[derive(Debug)]
pub struct Outside {
    agent: Agent,
    private: bool,
}

impl Outside {
    /// A way over HTTPS to public addresses, or to any when the service is a private one.
    pub fn new(private: bool) -> Self {
        let found = rustls_native_certs::load_native_certs();
        let roots: Vec<Certificate<'static>> =
            found.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!private)
            .timeout_global(Some(PATIENCE))
            // a service that moves is configured anew
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .user_agent("openecls")
            .build();
        let resolver = Guarded { inner: DefaultResolver::default(), private };
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), resolver), private }
    }

    /// Whether an address of the service may be used at all.
    pub fn takes(&self, url: &str) -> bool {
        url.starts_with("https://") || (self.private && url.starts_with("http://"))
    }

    /// Reads JSON.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<T, Trouble> {
        let mut request = self.agent.get(url).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(url, request.call())
    }

    /// Sends a form and reads JSON.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        form: &str,
        authorization: Option<&str>,
    ) -> Result<T, Trouble> {
        let mut request = self
            .agent
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        read(url, request.send(form))
    }

    /// Sends JSON; what is answered beside the status is not read.
    ///
    /// # Errors
    /// When the service cannot be reached in time, or answers with another status than one of success.
    pub fn deliver(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Result<(), Trouble> {
        let request = self.agent.post(url).header("content-type", "application/json");
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
        let answer = request.send(body).map_err(|error| format!("{url}: {error}"))?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(format!("{url} answers {}", answer.status()))
    }
}

fn read<T: DeserializeOwned>(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, Trouble> {
    let mut answer = answer.map_err(|error| format!("{url}: {error}"))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("{url} answers {status}"));
    }
    let bytes = answer.body_mut().with_config().limit(LONGEST).read_to_vec();
    let bytes = bytes.map_err(|error| format!("{url}: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|_| format!("{url} answers something else than wanted"))
}

/// Looks names up and leaves out what is not for the world.
#[derive(Debug)]
struct Guarded {
    inner: DefaultResolver,
    private: bool,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.private {
            return Ok(found);
        }
        let mut kept = self.empty();
        let public = |address: &&SocketAddr| is_public(address.ip());
        for address in found.iter().filter(public) {
            kept.push(*address);
        }
        if kept.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(kept) }
    }
}

/// Whether an address belongs to the open Internet (RFC 6890 and its registry).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let measured = a == 198 && (b == 18 || b == 19);
            let protocol = (a, b, c) == (192, 0, 0);
            !(a == 0
                || a >= 240
                || shared
                || measured
                || protocol
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_documentation())
        }
        IpAddr::V6(address) => {
            // 2000::/3 is what the world uses; within it documentation, and ways around the checks above
            let [first, second, ..] = address.segments();
            let world = first & 0xe000 == 0x2000;
            world && first != 0x2002 && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_own_network_are_not_public() {
        for own in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!is_public(own.parse().unwrap()), "{own}");
        }
        for open in
            ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(open.parse().unwrap()), "{open}");
        }
    }

    #[test]
    fn a_public_service_is_asked_by_https_at_public_addresses_only() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        let outside = Outside::new(false);

        for url in [
            format!("https://127.0.0.1:{port}/"),
            format!("https://localhost:{port}/"),
            format!("http://localhost:{port}/"),
        ] {
            let asked: Result<serde_json::Value, Trouble> = outside.get(&url, None);
            assert!(asked.is_err(), "{url}");
        }

        let sent = outside.deliver(&format!("https://127.0.0.1:{port}/"), &[], "{}");
        assert!(sent.is_err());

        assert!(listener.accept().is_err(), "nothing was connected to");
        assert!(!outside.takes("http://a.example/") && outside.takes("https://a.example/"));
    }
}
