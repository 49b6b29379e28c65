//! Releases as an Atom feed (RFC 4287), and the site map.

use std::fmt::Write as _;

use crate::open::Publisher;
use crate::open::address::Root;
use crate::open::release::Held;

/// The feed. `as_of` is the moment of the live data, for a feed without releases.
pub(super) fn atom(
    root: &Root,
    publisher: &Publisher,
    releases: &[Held],
    as_of: Option<&str>,
) -> String {
    let newest = releases.iter().map(updated).max();
    let updated_at = newest.or(as_of).unwrap_or("1970-01-01T00:00:00Z");
    let (own, page) = (root.link("/registry/releases.atom"), root.link("/registry/releases"));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n");
    let _ = write!(
        out,
        "  <id>{id}</id>\n  <title>OpenECLS Registry: releases</title>\n  <updated>{updated_at}</updated>\n  \
         <author>{author}</author>\n  <link rel=\"self\" type=\"application/atom+xml\" \
         href=\"{id}\"/>\n  <link rel=\"alternate\" type=\"text/html\" href=\"{page}\"/>\n",
        id = escaped(&own),
        page = escaped(&page),
        author = author(root, publisher),
    );
    for held in releases {
        entry(root, held, &mut out);
    }
    out.push_str("</feed>\n");
    out
}

fn author(root: &Root, publisher: &Publisher) -> String {
    let element = |name: &str, text: &str| format!("<{name}>{}</{name}>", escaped(text));
    let mail = publisher.email.as_deref().map_or(String::new(), |mail| element("email", mail));
    let uri = element("uri", &publisher.homepage(root.text()));
    format!("{}{uri}{mail}", element("name", publisher.name()))
}

fn entry(root: &Root, held: &Held, out: &mut String) {
    let manifest = &held.manifest;
    let link = root.link(&format!("/registry/releases/{}", manifest.id));
    let state = if held.withdrawn.is_some() { " (withdrawn)" } else { "" };
    let _ = write!(
        out,
        "  <entry>\n    <id>{}</id>\n    <title>{}{state}</title>\n    <published>{}</published>\n    \
         <updated>{}</updated>\n    <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n    \
         <summary>{}</summary>\n  </entry>\n",
        entry_id(&held.sha256),
        escaped(&manifest.title),
        manifest.made_at,
        updated(held),
        escaped(&link),
        escaped(&summary(held)),
    );
}

fn updated(held: &Held) -> &str {
    held.withdrawn.as_ref().map_or(&held.manifest.made_at, |withdrawn| &withdrawn.at)
}

/// What a release is, in a sentence or two.
pub(super) fn summary(held: &Held) -> String {
    let manifest = &held.manifest;
    if let Some(withdrawn) = &held.withdrawn {
        return format!("Withdrawn: {}", withdrawn.reason);
    }
    let invented = if manifest.invented { " Invented data." } else { "" };
    let note = if manifest.note.is_empty() { String::new() } else { format!(" {}", manifest.note) };
    let shown = manifest.tables.iter().filter(|table| table.refused.is_none()).count();
    format!(
        "{shown} tables of submitted runs started up to {}, as of {}.{note}{invented}",
        manifest.year,
        manifest.as_of.get(..10).unwrap_or(&manifest.as_of)
    )
}

/// The same wherever the site stands: made of the checksum of the manifest (a UUID of version 8, RFC 9562).
fn entry_id(sha256: &str) -> String {
    let digits = sha256.get(..32).unwrap_or_default();
    let number = u128::from_str_radix(digits, 16).unwrap_or_default();
    let id = uuid::Builder::from_custom_bytes(number.to_be_bytes()).into_uuid();
    format!("urn:uuid:{id}")
}

/// Pages that stay.
pub(super) fn sitemap(root: &Root, releases: &[Held]) -> String {
    let fixed = ["/", "/registry", "/registry/methods", "/registry/releases", "/dictionary"];
    let chapters = crate::methods::CHAPTERS.map(|it| format!("/registry/methods/{}", it.name));
    let each = releases.iter().map(|held| format!("/registry/releases/{}", held.manifest.id));
    let all = fixed.map(str::to_owned).into_iter().chain(chapters).chain(each);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for path in all {
        let _ = writeln!(out, "  <url><loc>{}</loc></url>", escaped(&root.link(&path)));
    }
    out.push_str("</urlset>\n");
    out
}

/// Text and attributes of XML 1.0; signs that it cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            sign if sign.is_control() && !matches!(sign, '\n' | '\t') => {}
            '\u{fffe}' | '\u{ffff}' => {}
            sign => out.push(sign),
        }
    }
    out
}
