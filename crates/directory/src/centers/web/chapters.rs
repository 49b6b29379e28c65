//! Pages of chapters, and of the benchmarking cycles.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Action, permit_platform, shown_name};
use site::{PageMeta, Problem, SignedIn, Visitor};

use super::super::book::{Book, Selection, by_country};
use super::super::chapters::{Chapter, Term};
use super::super::codes::Cycle;
use super::super::place;
use super::super::service::CenterError;
use super::{CenterPages, country_name, own_page, page, sent, work};

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
    lands: Vec<(&'static str, &'static str)>,
    told: Option<String>,
}

#[derive(Template)]
#[template(path = "centers/cycles.html")]
struct Cycles {
    cycles: Vec<Cycle>,
    told: Option<String>,
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

/// All chapters; for staff also the form that moves a country.
pub(super) async fn list(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let body = listed(&book, &visitor, None);
    let meta = PageMeta {
        title: "Chapters",
        description: Some("The regional chapters, their countries and their centers."),
        path: Some("/chapters"),
    };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

fn listed<'a>(book: &'a Book, visitor: &Visitor, told: Option<String>) -> List<'a> {
    let chapters = book.atlas().chapters.iter();
    let lines: Vec<Line<'_>> = chapters
        .map(|chapter| Line {
            chapter,
            centers: book.select(&of(&chapter.code)).len(),
            countries: book.atlas().countries(&chapter.code, book.today()).count(),
        })
        .collect();
    let total = book.select(&Selection::default()).len();
    let mut lands: Vec<(&str, &str)> = Vec::new();
    if permit_platform(&visitor.actor, Action::ManageCenters).is_ok() {
        lands.extend(place::countries().map(|code| (code, country_name(code))));
        lands.sort_by_key(|(_, name)| *name);
    }
    List {
        without: total - lines.iter().map(|line| line.centers).sum::<usize>(),
        lines,
        total,
        as_of: book.today().to_string(),
        invented: book.has_invented(),
        lands,
        told,
    }
}

/// Moves a country to another chapter from a day on.
pub(super) async fn move_country(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let (book, told) = work(&pages, &visitor, move |centers| {
        let get = |key| sent(&pairs, key).unwrap_or_default();
        let day = get("from").parse::<jiff::civil::Date>();
        let day = day.map_err(|_| CenterError::Stage("State from which day.".to_owned()))?;
        let (country, chapter) = (get("country"), get("chapter"));
        let moved = centers.move_country(&reader.actor, country, chapter, day)?;
        let told = format!(
            "{} belongs to another chapter from {day} on; {moved} centers have followed.",
            country_name(country)
        );
        Ok((centers.book()?, told))
    })
    .await?;
    let body = listed(&book, &visitor, Some(told));
    Ok(own_page(&pages, &visitor, StatusCode::OK, "Chapters", &body))
}

/// The benchmarking cycles.
pub(super) async fn cycles(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
) -> Result<Response, Response> {
    shown_cycles(&pages, visitor, None).await
}

async fn shown_cycles(
    pages: &CenterPages,
    visitor: Visitor,
    told: Option<String>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let mut cycles = work(pages, &visitor, move |centers| centers.cycles(&reader.actor)).await?;
    for cycle in &mut cycles {
        cycle.opened_by = shown_name(&cycle.opened_by).to_owned();
    }
    let body = Cycles { cycles, told };
    Ok(own_page(pages, &visitor, StatusCode::OK, "Benchmarking cycles", &body))
}

/// Opens a cycle.
pub(super) async fn open_cycle(
    State(pages): State<CenterPages>,
    SignedIn(visitor): SignedIn,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Response> {
    let reader = visitor.clone();
    let told = work(&pages, &visitor, move |centers| {
        let cycle = sent(&pairs, "cycle").unwrap_or_default().trim().to_owned();
        let count = centers.open_cycle(&reader.actor, &cycle)?;
        Ok(format!("Cycle {cycle} is open: {count} centers have a new code."))
    })
    .await?;
    shown_cycles(&pages, visitor, Some(told)).await
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
