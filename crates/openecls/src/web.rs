//! Settings of the way to the pages: who can reach them, under which name, and what protects the way.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::Deserialize;
use site::{Exposure, Network, SiteState, Tls};

/// Section `[web]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FileWeb {
    public_url: Option<String>,
    trusted_proxies: Vec<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
}

/// What is in force.
#[derive(Debug, Clone, Default)]
pub(crate) struct Web {
    /// Scheme and host name under which readers come, such as `https://registry.example.org`.
    public: Option<PublicUrl>,
    proxies: Vec<Network>,
    tls: Option<(PathBuf, PathBuf)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PublicUrl {
    secure: bool,
    host: String,
    text: String,
}

impl Web {
    /// Reads the section.
    pub(crate) fn read(file: &FileWeb) -> anyhow::Result<Self> {
        let public = file.public_url.as_deref().map(public_url).transpose()?;
        let proxies = file
            .trusted_proxies
            .iter()
            .map(|text| text.parse().context("in `web.trusted_proxies`"))
            .collect::<anyhow::Result<Vec<Network>>>()?;
        let tls = match (&file.tls_certificate, &file.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate.clone(), key.clone())),
            (None, None) => None,
            _ => bail!("`web.tls_certificate` and `web.tls_key` are set together or not at all"),
        };
        let secure = public.as_ref().is_some_and(|public| public.secure);
        if !proxies.is_empty() && !secure {
            bail!(
                "`web.trusted_proxies` needs `web.public_url` with https: readers must reach the proxy by HTTPS"
            );
        }
        if tls.is_some() && public.as_ref().is_none_or(|public| !public.secure) {
            bail!(
                "`web.tls_certificate` needs `web.public_url` with https: the name that the certificate is for"
            );
        }
        Ok(Self { public, proxies, tls })
    }

    /// How the server is exposed.
    pub(crate) fn exposure(&self) -> anyhow::Result<Exposure> {
        if let Some((certificate, key)) = &self.tls {
            return Ok(Exposure::Tls(Tls::load(certificate, key)?));
        }
        Ok(if self.proxies.is_empty() { Exposure::Local } else { Exposure::Proxy })
    }

    /// Refuses an address that others reach unprotected, before anything long begins.
    pub(crate) fn permits(&self, address: SocketAddr) -> Result<(), site::ServeError> {
        let protected = self.tls.is_some() || !self.proxies.is_empty();
        if protected || address.ip().is_loopback() {
            return Ok(());
        }
        Err(site::ServeError::NotLoopback(address))
    }

    /// Whether readers come by HTTPS, so that cookies are kept to it.
    pub(crate) fn is_secure(&self) -> bool {
        self.public.as_ref().is_some_and(|public| public.secure)
    }

    /// Where readers find the pages, without a slash at the end.
    pub(crate) fn base_url(&self, address: SocketAddr) -> String {
        match &self.public {
            Some(public) => public.text.clone(),
            None => format!("http://{address}"),
        }
    }

    /// Where the world finds the pages, without a slash at the end, if that was set.
    pub(crate) fn public_address(&self) -> Option<String> {
        self.public.as_ref().map(|public| public.text.clone())
    }

    /// The site with its name and its proxies.
    pub(crate) fn over(&self, site: SiteState) -> SiteState {
        let site = site.with_proxies(&self.proxies);
        match &self.public {
            Some(public) => site.with_host(&public.host),
            None => site,
        }
    }
}

fn public_url(text: &str) -> anyhow::Result<PublicUrl> {
    let text = text.trim_end_matches('/');
    let secure = text.starts_with("https://");
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.filter(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
    });
    let Some(rest) = rest else {
        bail!(
            "`web.public_url` is `{text}`; it must be a scheme and a host, such as https://registry.example.org"
        );
    };
    let host = match rest.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => rest,
    };
    Ok(PublicUrl { secure, host: host.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> anyhow::Result<Web> {
        Web::read(&toml::from_str(text)?)
    }

    #[test]
    fn others_are_let_in_only_over_a_protected_way() {
        let open: SocketAddr = "0.0.0.0:8080".parse().unwrap();
        let plain = read("").unwrap();
        let proxy =
            read("public_url = \"https://r.example.org/\"\ntrusted_proxies = [\"10.0.0.0/8\"]")
                .unwrap();

        assert!(plain.permits(open).is_err() && !plain.is_secure());
        assert!(proxy.permits(open).is_ok() && proxy.is_secure());
        assert_eq!(proxy.base_url(open), "https://r.example.org");
        assert!(matches!(proxy.exposure().unwrap(), Exposure::Proxy));
    }

    #[test]
    fn half_a_protection_is_refused_with_what_is_missing() {
        for (text, missing) in [
            ("trusted_proxies = [\"10.0.0.0/8\"]", "public_url"),
            ("public_url = \"http://a\"\ntrusted_proxies = [\"::1\"]", "https"),
            ("tls_certificate = \"a.pem\"", "tls_key"),
            ("tls_certificate = \"a.pem\"\ntls_key = \"b.pem\"", "public_url"),
            ("public_url = \"registry.example.org\"", "scheme"),
            ("public_url = \"https://a\"\ntrusted_proxies = [\"everybody\"]", "everybody"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(missing), "{text}: {error}");
        }
    }
}
