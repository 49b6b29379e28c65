//! Pages of chapters.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use site::{PageMeta, Problem, Visitor};

use super::super::book::{Selection, by_country};
use super::super::chapters::{Chapter, Term};
use super::{CenterPages, country_name, page, work};

struct Line<'a> {
    chapter: &'a Chapter,
    centers: usize,
    countries: usize,
}

#[derive(Template)]
#[template(path = "centers/chapters.html")]
struct List<'a> {
    lines: Vec<Line<'a>>,
    without: usize,
    total: usize,
    as_of: String,
    invented: bool,
}

struct Land<'a> {
    code: &'a str,
    name: &'a str,
    centers: usize,
    since: &'a str,
}

#[derive(Template)]
#[template(path = "centers/chapter.html")]
struct Show<'a> {
    chapter: &'a Chapter,
    centers: usize,
    lands: Vec<Land<'a>>,
    others: Vec<&'a str>,
    left: Vec<(&'a Term, &'a str)>,
    as_of: String,
    invented: bool,
}

fn of(code: &str) -> Selection {
    Selection { chapter: Some(code.to_owned()), ..Selection::default() }
}

/// All chapters.
pub(super) async fn list(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let chapters = book.atlas().chapters.iter();
    let lines: Vec<Line<'_>> = chapters
        .map(|chapter| Line {
            chapter,
            centers: book.select(&of(&chapter.code)).len(),
            countries: book.atlas().countries(&chapter.code, book.today()).count(),
        })
        .collect();
    let total = book.select(&Selection::default()).len();
    let body = List {
        without: total - lines.iter().map(|line| line.centers).sum::<usize>(),
        lines,
        total,
        as_of: book.today().to_string(),
        invented: book.has_invented(),
    };
    let meta = PageMeta {
        title: "Chapters",
        description: Some("The regional chapters, their countries and their centers."),
        path: Some("/chapters"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// One chapter with its countries.
pub(super) async fn show(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let atlas = book.atlas();
    let found = atlas.chapter(&code);
    let chapter = found.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND).into_response())?;
    let centers = book.select(&of(&chapter.code));
    let counts = by_country(&centers);
    let terms: Vec<&Term> = atlas.countries(&chapter.code, book.today()).collect();
    let is_member = |country: &str| terms.iter().any(|term| term.country == country);
    let mut lands: Vec<Land<'_>> = counts
        .iter()
        .map(|(code, centers)| {
            let term = terms.iter().find(|term| term.country == *code);
            let since = term.map_or("", |term| term.valid_from.as_str());
            Land { code, name: country_name(code), centers: *centers, since }
        })
        .collect();
    lands.sort_by(|a, b| b.centers.cmp(&a.centers).then_with(|| a.name.cmp(b.name)));
    let empty = terms.iter().filter(|term| !counts.contains_key(&term.country));
    let mut others: Vec<&str> = empty.map(|term| country_name(&term.country)).collect();
    others.sort_unstable();
    let body = Show {
        centers: centers.len(),
        left: atlas
            .terms
            .iter()
            .filter(|term| term.chapter == chapter.code && !is_member(&term.country))
            .map(|term| (term, country_name(&term.country)))
            .collect(),
        lands,
        others,
        as_of: book.today().to_string(),
        invented: book.has_invented(),
        chapter,
    };
    let title = format!("Chapter {}", chapter.name);
    let meta = PageMeta { title: &title, description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}
