//! The manual of the rules, chapter by chapter.

use askama::Template;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dictionary::manual::{CHAPTERS, Chapter};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};
use site::{Access, Routes};
use site::{PageMeta, Problem, Shell};

#[derive(Template)]
#[template(path = "manual.html")]
struct Page<'p> {
    chapters: &'static [Chapter],
    name: &'p str,
    body: &'p str,
}

/// Routes below `/dictionary/manual`.
pub(super) fn routes(shell: &Shell) -> Routes {
    let first = shell.clone();
    let shell = shell.clone();
    Routes::new()
        .get("/dictionary/manual", Access::Public, move |headers: HeaderMap| async move {
            CHAPTERS.first().map_or(Err(Problem::of(StatusCode::NOT_FOUND)), |chapter| {
                show(&first, chapter, &headers)
            })
        })
        .get(
            "/dictionary/manual/{name}",
            Access::Public,
            move |Path(name): Path<String>, headers: HeaderMap| async move {
                let chapter = CHAPTERS.iter().find(|chapter| chapter.name == name);
                let chapter = chapter.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
                show(&shell, chapter, &headers)
            },
        )
}

fn show(shell: &Shell, chapter: &Chapter, headers: &HeaderMap) -> Result<Response, Problem> {
    let path = format!("/dictionary/manual/{}", chapter.name);
    let meta = PageMeta {
        title: chapter.title(),
        description: Some("What findings mean and how conditions are written."),
        path: Some(&path),
    };
    let body = markup(chapter.text);
    let page = Page { chapters: CHAPTERS, name: chapter.name, body: &body };
    let html = page
        .render()
        .and_then(|body| shell.render(&meta, &body))
        .map_err(|error| Problem::internal("writing the manual", &error))?;
    Ok(site::page(headers, html))
}

/// Markdown as HTML; tables can be scrolled sideways by keyboard.
fn markup(text: &str) -> String {
    let mut tables = 0;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).flat_map(|event| match event {
        Event::Start(Tag::Table(_)) => {
            tables += 1;
            let open = format!(
                "<div class=\"scroll\" role=\"region\" aria-label=\"Table {tables}\" tabindex=\"0\">"
            );
            vec![Event::Html(open.into()), event]
        }
        Event::End(TagEnd::Table) => vec![event, Event::Html("</div>".into())],
        // the chapters are ours and hold no markup of their own
        Event::Html(text) | Event::InlineHtml(text) => vec![Event::Text(text)],
        event => vec![event],
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events);
    out
}
