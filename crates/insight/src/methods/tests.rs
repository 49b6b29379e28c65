//! The chapters.

use super::markup::{address, html, links_and_headings, slug};
use super::*;

/// Addresses of the site that chapters may link to; the tests of the program ask for each of them.
const PAGES: [&str; 6] = [
    "/dictionary",
    "/dictionary/manual",
    "/dictionary/codebook",
    "/api/v1/openapi.json",
    "/registry/releases",
    "/registry/releases.atom",
];

#[test]
fn no_link_of_a_chapter_is_dead() {
    for chapter in CHAPTERS {
        let (links, _) = links_and_headings(chapter.text);
        for link in links {
            if link.starts_with('/') {
                assert!(PAGES.contains(&link.as_str()), "{}: {link}", chapter.name);
            } else if link.contains("://") {
                assert!(link.starts_with("https://doi.org/10."), "{}: {link}", chapter.name);
            } else {
                let (file, place) = link.split_once('#').unwrap_or((&link, ""));
                let target = CHAPTERS.iter().find(|other| format!("{}.md", other.name) == file);
                let target = target.unwrap_or_else(|| panic!("{}: {link}", chapter.name));
                let (_, headings) = links_and_headings(target.text);
                let found = place.is_empty() || headings.iter().any(|known| known == place);
                assert!(found, "{}: {link}; {headings:?}", chapter.name);
            }
        }
    }
}

#[test]
fn every_chapter_of_the_folder_is_shown() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/methods");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();

    let mut shown = CHAPTERS.map(|chapter| format!("{}.md", chapter.name)).to_vec();
    shown.sort();

    assert_eq!(files, shown);
}

#[test]
fn the_limits_that_are_told_are_those_in_force() {
    use crate::disclosure::{Audience, Settings};
    let text = CHAPTERS.iter().find(|chapter| chapter.name == "disclosure").unwrap().text;
    let (all, members) = (Settings::of(Audience::Public), Settings::of(Audience::Member));
    let line = |what: &str, unit: &str, of: fn(&Settings) -> u64| {
        format!("| {what} | {}{unit} | {}{unit} |", of(&all), of(&members))
    };

    for told in [
        line("smallest group shown (k)", " runs", |it| it.least_units),
        line("fewest centers of a group (m)", "", |it| it.least_centers),
        line("fewest values behind a median", "", |it| it.least_for_quantiles),
        line("fewest values behind a mean or a rate", "", |it| it.least_units),
        line("most dimensions of one question", "", |it| it.most_dimensions as u64),
    ] {
        assert!(text.contains(&told), "{told}");
    }
}

#[test]
fn chapters_are_linked_by_address_and_headings_can_be_linked_to() {
    assert_eq!(address("disclosure.md#units"), "/registry/methods/disclosure#units");
    assert_eq!(address("https://doi.org/10.1/x"), "https://doi.org/10.1/x");
    assert_eq!(
        slug("Why hiding small numbers is not enough"),
        "why-hiding-small-numbers-is-not-enough"
    );

    let made = html("## As of\n\nSee [x](data.md). <script>alert(1)</script>");

    assert!(made.contains("<h2 id=\"as-of\">As of</h2>"), "{made}");
    assert!(made.contains("href=\"/registry/methods/data\""), "{made}");
    assert!(!made.contains("<script"), "{made}");
}
