//! Settings of sign-in services.

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use directory::sign_in::SsoProvider;
use serde::Deserialize;

/// A section `[[sso]]` of the settings file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSso {
    name: String,
    label: String,
    issuer: String,
    client_id: String,
    client_secret_file: PathBuf,
    domains: Vec<String>,
    #[serde(default)]
    mfa: bool,
    #[serde(default)]
    mfa_contexts: Vec<String>,
    #[serde(default)]
    private_address: bool,
}

/// Reads all sections.
pub(crate) fn read(sections: Vec<FileSso>) -> anyhow::Result<Vec<SsoProvider>> {
    let mut read: Vec<SsoProvider> = Vec::with_capacity(sections.len());
    for section in sections {
        let name = section.name.clone();
        let provider = provider(section).with_context(|| format!("in the `[[sso]]` of {name}"))?;
        if read.iter().any(|other| other.key == provider.key || other.issuer == provider.issuer) {
            bail!("two `[[sso]]` have the name {name} or the issuer {}", provider.issuer);
        }
        read.push(provider);
    }
    Ok(read)
}

fn provider(section: FileSso) -> anyhow::Result<SsoProvider> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        !section.name.is_empty() && section.name.bytes().all(plain),
        "`name` stands in addresses: it is made of a to z, 0 to 9 and hyphens"
    );
    let secure = section.issuer.starts_with("https://");
    let open = section.private_address && section.issuer.starts_with("http://");
    ensure!(
        (secure || open) && !section.issuer.contains(['?', '#']),
        "`issuer` must be an address with https, or with http and `private_address = true`"
    );
    let domains: Vec<String> =
        section.domains.iter().map(|domain| domain.trim().to_lowercase()).collect();
    let is_domain = |domain: &String| !domain.is_empty() && !domain.contains(['@', '*', ' ']);
    ensure!(
        !domains.is_empty() && domains.iter().all(is_domain),
        "`domains` names the domains of mail addresses that the service speaks for, such as \"heart.example.org\""
    );
    let file = &section.client_secret_file;
    let secret = std::fs::read_to_string(file)
        .with_context(|| format!("reading the client's secret in {}", file.display()))?;
    let secret = secret.trim().to_owned();
    ensure!(!secret.is_empty(), "{} holds no secret", file.display());
    Ok(SsoProvider {
        key: section.name,
        label: section.label,
        issuer: section.issuer,
        client_id: section.client_id,
        client_secret: secret,
        domains,
        mfa: section.mfa,
        mfa_contexts: section.mfa_contexts,
        private_address: section.private_address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        sso: Vec<FileSso>,
    }

    fn of(more: &str) -> anyhow::Result<Vec<SsoProvider>> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("secret");
        std::fs::write(&file, " hush \n")?;
        let text = format!(
            "[[sso]]\nlabel = \"House\"\nclient_id = \"ecls\"\nclient_secret_file = \"{}\"\n{more}",
            file.display()
        );
        read(toml::from_str::<File>(&text)?.sso)
    }

    #[test]
    fn a_service_is_read_with_its_secret_and_does_not_show_it() {
        let read = of(
            "name = \"house\"\nissuer = \"https://login.example.org\"\ndomains = [\"Heart.Example\"]",
        )
        .unwrap();

        assert_eq!(read[0].client_secret, "hush");
        assert_eq!(read[0].domains, ["heart.example"]);
        assert!(!read[0].mfa && !read[0].private_address);
        assert!(!format!("{read:?}").contains("hush"));
    }

    #[test]
    fn what_would_let_strangers_in_is_refused() {
        let good =
            ["name = \"house\"", "issuer = \"https://a.example\"", "domains = [\"a.example\"]"];
        assert!(of(&good.join("\n")).is_ok());
        for (at, wrong, reason) in [
            (0, "name = \"my house\"", "`name`"),
            (1, "issuer = \"http://a.example\"", "`issuer`"),
            (1, "issuer = \"https://a.example?x=1\"", "`issuer`"),
            (2, "domains = []", "`domains`"),
            (2, "domains = [\"*\"]", "`domains`"),
            (2, "domain = [\"a.example\"]", "unknown field"),
            (2, "domains = [\"a.example\"]\nclient_secret_file = \"/nowhere\"", "duplicate key"),
        ] {
            let mut lines = good;
            lines[at] = wrong;
            let error = of(&lines.join("\n")).unwrap_err();
            assert!(format!("{error:#}").contains(reason), "{wrong}: {error:#}");
        }
        let twice = format!(
            "{}\n[[sso]]\nlabel = \"B\"\nclient_id = \"b\"\nclient_secret_file = \"/dev/null\"\n{}",
            good.join("\n"),
            good.join("\n")
        );
        assert!(of(&twice).is_err());
    }
}
