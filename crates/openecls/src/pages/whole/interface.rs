//! `GET /api`: the addresses for programs, for people to read.

use anyhow::Context;
use askama::Template;
use axum::http::HeaderMap;
use serde_json::Value;
use site::{Access, PageMeta, Routes, Shell};

/// One way to call an address.
struct Line {
    verb: String,
    path: String,
    summary: String,
    scope: String,
    takes: String,
    gives: String,
    example: String,
}

/// Addresses of one part of the program.
struct Part {
    key: String,
    title: &'static str,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "api.html")]
struct Page {
    parts: Vec<Part>,
    kinds: Vec<(&'static str, String)>,
    count: usize,
}

/// The parts in the order of the page, by the tags of the document.
const PARTS: [(&str, &str); 12] = [
    ("", "The registry for everybody"),
    ("centers", "Centers"),
    ("people", "People"),
    ("desk", "Worklist and new cases"),
    ("runs", "Runs"),
    ("forms", "Forms"),
    ("life", "Signature and requests"),
    ("queries", "Queries"),
    ("transfers", "Transfers"),
    ("quality", "Data quality"),
    ("uploads", "Uploads"),
    ("capacity", "Capacity"),
];

/// The page, made once from the description.
pub(super) fn routes(shell: &Shell) -> anyhow::Result<Routes> {
    let document = insight::api::document(&super::described());
    let page = page(&document);
    let body = page.render().context("writing the page of the interface")?;
    let description = "Every address for programs, with what it needs and an example.";
    let meta = PageMeta {
        title: "Interface for programs",
        description: Some(description),
        path: Some("/api"),
    };
    let html = shell.render(&meta, &body).context("writing the page of the interface")?;
    Ok(Routes::new().get("/api", Access::Public, move |headers: HeaderMap| async move {
        site::page(&headers, html)
    }))
}

fn page(document: &Value) -> Page {
    let mut parts: Vec<Part> = PARTS
        .iter()
        .map(|(key, title)| Part { key: (*key).to_owned(), title, lines: Vec::new() })
        .collect();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        for (verb, operation) in item.as_object().into_iter().flatten() {
            let tag = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or_default();
            let at = parts.iter().position(|part| part.key == tag).unwrap_or_default();
            if let Some(part) = parts.get_mut(at) {
                part.lines.push(line(path, verb, operation));
            }
        }
    }
    parts.retain(|part| !part.lines.is_empty());
    let count = parts.iter().map(|part| part.lines.len()).sum();
    for part in parts.iter_mut().filter(|part| part.key.is_empty()) {
        "everybody".clone_into(&mut part.key);
    }
    let kinds = site::PROBLEM_KINDS.iter().map(|(kind, words)| (*kind, words.replace('`', "")));
    Page { parts, kinds: kinds.collect(), count }
}

fn line(path: &str, verb: &str, operation: &Value) -> Line {
    let text = |pointer: &str| {
        operation.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let name = |content: Option<&Value>| {
        let media = content.and_then(Value::as_object).and_then(|content| content.iter().next());
        media.map_or_else(String::new, |(kind, media)| {
            let named = media.pointer("/schema/$ref").and_then(Value::as_str);
            let named = named.and_then(|named| named.rsplit('/').next());
            named.unwrap_or(kind).to_owned()
        })
    };
    let answers = operation.get("responses").and_then(Value::as_object);
    let good = answers.and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')));
    let gives = good.map_or_else(String::new, |(status, answer)| {
        format!("{status} {}", name(answer.get("content"))).trim_end().to_owned()
    });
    let secured = operation.get("security").is_some();
    let scope = text("/x-scope");
    Line {
        verb: verb.to_uppercase(),
        path: path.to_owned(),
        // the document marks names for tools that show Markdown
        summary: text("/summary").replace('`', ""),
        scope: if scope.is_empty() && secured { "any token".to_owned() } else { scope },
        takes: name(operation.pointer("/requestBody/content")),
        gives,
        example: example(path, verb, operation, secured),
    }
}

/// A command line that calls the address.
fn example(path: &str, verb: &str, operation: &Value, secured: bool) -> String {
    let path = path.replace('{', "$").replace('}', "");
    let token = if secured { " -H \"Authorization: Bearer $TOKEN\"" } else { "" };
    let content = operation.pointer("/requestBody/content");
    let body = content.and_then(|content| content.get("application/json"));
    let body = match (body, content) {
        (Some(media), _) => {
            let sent =
                media.get("example").map_or_else(|| "@body.json".to_owned(), Value::to_string);
            format!(" --json '{}'", sent.replace('\'', "'\\''"))
        }
        (None, Some(_)) => " -F file=@records.xml".to_owned(),
        (None, None) if verb == "post" => " -X POST".to_owned(),
        (None, None) => String::new(),
    };
    format!("curl{token}{body} \"$SITE{path}\"")
}
