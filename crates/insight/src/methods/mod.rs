//! How figures are counted, told to their readers: `/registry/methods`.
//!
//! The chapters are Markdown (`docs/methods/*.md`), so that they read the same in the repository. The chapter of
//! definitions is written from the figures and the catalog: it cannot differ from what is counted.

mod definitions;
mod markup;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use site::{Access, Routes};
use site::{PageMeta, Problem, Shell};

use crate::figure::Book;
use crate::query::Catalog;

/// One chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chapter {
    /// In addresses.
    pub name: &'static str,
    /// Markdown.
    pub text: &'static str,
}

impl Chapter {
    /// Its heading.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The lines of its first paragraph as plain text.
    fn opening(&self) -> String {
        let text = self.text.split("\n\n").nth(1).unwrap_or_default();
        markup::plain(text)
    }
}

macro_rules! chapters {
    ($($name:literal),* $(,)?) => {
        [$(Chapter {
            name: $name,
            text: include_str!(concat!("../../../../docs/methods/", $name, ".md")),
        }),*]
    };
}

/// All chapters in the order of reading.
pub const CHAPTERS: [Chapter; 6] =
    chapters!["counting", "definitions", "intervals", "disclosure", "data", "releases"];

/// The chapter that is written from the figures.
const DEFINITIONS: &str = "definitions";

#[derive(Template)]
#[template(path = "methods/index.html")]
struct Index {
    chapters: Vec<(Chapter, String)>,
}

#[derive(Template)]
#[template(path = "methods/page.html")]
struct Page<'p> {
    chapters: &'p [Chapter],
    name: &'p str,
    body: &'p str,
}

/// The routes, to be merged into the site.
///
/// # Errors
/// When a page cannot be written.
pub fn routes(catalog: &Catalog, book: &Book, shell: &Shell) -> Result<Routes, askama::Error> {
    let index = index(shell)?;
    let pages = CHAPTERS
        .iter()
        .map(|chapter| Ok((chapter.name, chapter_page(chapter, catalog, book, shell)?)))
        .collect::<Result<Vec<(&'static str, String)>, askama::Error>>()?;
    let pages = Arc::new(pages);
    Ok(Routes::new()
        .get("/registry/methods", Access::Public, move |headers: HeaderMap| async move {
            site::page(&headers, index)
        })
        .get(
            "/registry/methods/{name}",
            Access::Public,
            move |Path(name): Path<String>, headers: HeaderMap| async move {
                match pages.iter().find(|(known, _)| *known == name) {
                    Some((_, html)) => site::page(&headers, html.clone()),
                    None => Problem::of(StatusCode::NOT_FOUND).into_response(),
                }
            },
        ))
}

fn index(shell: &Shell) -> Result<String, askama::Error> {
    let chapters = CHAPTERS.map(|chapter| (chapter, chapter.opening())).into();
    let body = Index { chapters }.render()?;
    let meta = PageMeta {
        title: "Methods",
        description: Some(
            "What is counted, in which unit, how sure it is, what is hidden, and what that does not protect from.",
        ),
        path: Some("/registry/methods"),
    };
    shell.render(&meta, &body)
}

fn chapter_page(
    chapter: &Chapter,
    catalog: &Catalog,
    book: &Book,
    shell: &Shell,
) -> Result<String, askama::Error> {
    let mut body = markup::html(chapter.text);
    if chapter.name == DEFINITIONS {
        body.push_str(&definitions::html(catalog, book)?);
    }
    let page = Page { chapters: &CHAPTERS, name: chapter.name, body: &body }.render()?;
    let path = format!("/registry/methods/{}", chapter.name);
    let opening = chapter.opening();
    let meta = PageMeta { title: chapter.title(), description: Some(&opening), path: Some(&path) };
    shell.render(&meta, &page)
}
