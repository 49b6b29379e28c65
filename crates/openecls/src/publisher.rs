//! Settings of who runs the registry: what catalogs, feeds and search engines are told.

use anyhow::{Context, bail};
use insight::open::Publisher;
use serde::Deserialize;

/// Longest name and longest address.
const LONGEST: usize = 300;

/// Section `[publisher]` of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FilePublisher {
    name: Option<String>,
    homepage: Option<String>,
    email: Option<String>,
    license: Option<String>,
}

/// Reads the section. `address` is the site's own, as the world sees it.
pub(crate) fn read(file: FilePublisher, address: Option<String>) -> anyhow::Result<Publisher> {
    let name = file.name.map(|name| name.trim().to_owned());
    if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > LONGEST) {
        bail!("`publisher.name` is the name of who runs the registry; leave it out or write one");
    }
    if let Some(email) = &file.email {
        let parts =
            email.split_once('@').filter(|(who, host)| !who.is_empty() && host.contains('.'));
        if parts.is_none()
            || email.len() > LONGEST
            || !email.bytes().all(|sign| sign.is_ascii_graphic())
        {
            bail!("`publisher.email` is {email:?}; write it as office@registry.example.org");
        }
    }
    Ok(Publisher {
        name,
        homepage: file.homepage.map(web).transpose().context("in `publisher.homepage`")?,
        email: file.email,
        address,
        license: file.license.map(web).transpose().context("in `publisher.license`")?,
    })
}

/// An address that others can follow: it stands in documents as it is.
fn web(text: String) -> anyhow::Result<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |sign: u8| sign.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&sign);
    match rest {
        Some(rest) if !rest.is_empty() && text.len() <= LONGEST && text.bytes().all(plain) => {
            Ok(text)
        }
        _ => bail!("{text:?} is no address; write it as https://registry.example.org/about"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> anyhow::Result<Publisher> {
        read(toml::from_str(text)?, Some("https://data.example.org".to_owned()))
    }

    #[test]
    fn what_the_operator_says_is_taken_and_what_cannot_stand_in_a_catalog_is_refused() {
        let all = "name = \"Society\"\nhomepage = \"https://a.example/b\"\nemail = \"x@a.example\"\n\
            license = \"https://creativecommons.org/licenses/by/4.0/\"\n";

        let found = of(all).unwrap();

        assert_eq!(found.name.as_deref(), Some("Society"));
        assert_eq!(found.homepage.as_deref(), Some("https://a.example/b"));
        assert_eq!(found.address.as_deref(), Some("https://data.example.org"));
        assert!(of("").unwrap().name.is_none());
        for wrong in [
            "name = \" \"",
            "homepage = \"a.example\"",
            "homepage = \"https://a.example/ b\"",
            "license = \"javascript:alert(1)\"",
            "email = \"office\"",
            "mail = \"x@a.example\"",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
