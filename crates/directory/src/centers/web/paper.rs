//! The public list in other shapes: the answer to one question, on paper, as files.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use site::{PageMeta, Visitor};

use super::super::files::{self, Kind};
use super::super::number;
use super::super::public::LICENSE_URL;
use super::super::words::Purpose;
use super::list::{Pairs, Row, asked, noon, row};
use super::query::{Asked, address};
use super::{CenterPages, page, work};

/// Rows of the answer to "is my hospital listed?".
const HITS: usize = 10;

/// One hit of a question for a hospital.
#[derive(Template)]
#[template(path = "centers/find.html")]
struct FindPage<'a> {
    words: &'a str,
    asked: bool,
    rows: Vec<Row<'a>>,
    total: usize,
    mistyped: bool,
    invented: bool,
}

/// "Is my hospital listed?"
pub(super) async fn find(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Response> {
    let Asked { mut selection, .. } = asked(&pairs).map_err(IntoResponse::into_response)?;
    selection.closed = true;
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let words = selection.words.trim();
    let found = if words.is_empty() { Vec::new() } else { book.select(&selection) };
    let body = FindPage {
        asked: !words.is_empty(),
        total: found.len(),
        rows: found.iter().take(HITS).map(|center| row(center, &book)).collect(),
        mistyped: number::is_sound(words) == Some(false),
        invented: book.has_invented(),
        words,
    };
    let meta = PageMeta { title: "Is my hospital listed?", description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// The centers of one country, on paper.
struct Sheet<'a> {
    country: &'a str,
    centers: Vec<Printed<'a>>,
}

struct Printed<'a> {
    row: Row<'a>,
    phones: Vec<String>,
}

#[derive(Template)]
#[template(path = "centers/print.html")]
struct PrintPage<'a> {
    sheets: Vec<Sheet<'a>>,
    total: usize,
    as_of: String,
    license: &'static str,
    back: String,
    invented: bool,
}

/// The whole selection by country, to be printed.
pub(super) async fn print(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    headers: HeaderMap,
    pairs: Pairs,
) -> Result<Response, Response> {
    let asked = asked(&pairs).map_err(IntoResponse::into_response)?;
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let found = book.select(&asked.selection);
    let mut by_name: BTreeMap<&str, Vec<Printed<'_>>> = BTreeMap::new();
    for center in &found {
        let public = center.public(noon(&book));
        let phones = public.contacts.iter().map(|contact| {
            let what = if contact.label.is_empty() {
                Purpose::label(contact.purpose)
            } else {
                contact.label
            };
            let how = if contact.phone.is_empty() { contact.email } else { contact.phone };
            format!("{what}: {how}")
        });
        let phones = phones.collect();
        let row = row(center, &book);
        by_name.entry(row.country).or_default().push(Printed { row, phones });
    }
    let body = PrintPage {
        sheets: by_name.into_iter().map(|(country, centers)| Sheet { country, centers }).collect(),
        total: found.len(),
        as_of: book.today().to_string(),
        license: LICENSE_URL,
        back: address("/centers", &asked.selection, None),
        invented: book.has_invented(),
    };
    let meta = PageMeta { title: "Centers by country", description: None, path: None };
    Ok(page(&pages, &visitor, &headers, &meta, &body))
}

/// The selection as a file.
pub(super) async fn file(
    State(pages): State<CenterPages>,
    visitor: Visitor,
    pairs: Pairs,
    kind: Kind,
) -> Result<Response, Response> {
    let asked = asked(&pairs).map_err(IntoResponse::into_response)?;
    let book = work(&pages, &visitor, |centers| Ok(centers.book()?)).await?;
    let now = noon(&book);
    Ok(files::answer(book, &asked.selection, kind, now))
}
