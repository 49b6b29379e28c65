//! A browser without script: asks for pages, fills in the form, presses buttons.

use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{Request, StatusCode};
use axum::{Extension, Router};
use base::{Actor, CenterId, Grant, PersonId, Place, Role};
use desk::Desk;
use registry::Registry;
use site::{Shell, Visitor};
use tower::ServiceExt as _;
use uuid::Uuid;

/// Names and values as a form sends them.
pub(crate) type Pairs = Vec<(String, String)>;

/// A data manager of a center with a browser.
pub(crate) struct Browser {
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Browser {
    pub(crate) fn new(registry: &Registry, center: CenterId, role: Role, number: u128) -> Self {
        let grant = Grant { role, place: Place::Center(center) };
        let name = format!("Person {number}");
        let actor = Actor::person(PersonId(Uuid::from_u128(number)), &name, [grant]);
        let visitor = Visitor { actor, session: None };
        let desk = Desk::new(registry.clone(), Shell::new("test", Vec::new()));
        let router = desk::routes(desk).into_router().layer(Extension(visitor));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self { router, runtime: runtime.expect("a runtime") }
    }

    pub(crate) fn get(&self, path: &str) -> Page {
        self.ask(Request::get(path).body(Body::empty()).expect("a request"))
    }

    /// Sends a form as the browser does.
    pub(crate) fn post(&self, path: &str, pairs: &Pairs) -> Page {
        self.send(path, pairs, "text/html")
    }

    /// Sends a form as the script does.
    pub(crate) fn post_live(&self, path: &str, pairs: &Pairs) -> (StatusCode, serde_json::Value) {
        let page = self.send(path, pairs, "application/json");
        (page.status, serde_json::from_str(&page.body).unwrap_or_default())
    }

    fn send(&self, path: &str, pairs: &Pairs, accept: &str) -> Page {
        let coded = |text: &str| {
            text.bytes().fold(String::new(), |mut out, byte| {
                if byte.is_ascii_alphanumeric() {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                out
            })
        };
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", coded(name), coded(value))).collect();
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, accept)
            .body(Body::from(body.join("&")));
        self.ask(request.expect("a request"))
    }

    fn ask(&self, request: Request<Body>) -> Page {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("an answer");
            let status = response.status();
            let body = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
            Page { status, body: String::from_utf8(body.to_vec()).expect("UTF-8") }
        })
    }
}

impl Page {
    /// What the page's form sends when nothing is changed and no button is named.
    pub(crate) fn inputs(&self) -> Pairs {
        inputs(&self.body)
    }
}

/// Sets an input; without one of that name it is added before the mark of the form's end.
pub(crate) fn set(pairs: &mut Pairs, name: &str, value: &str) {
    pairs.retain(|(known, _)| known != name);
    pairs.insert(0, (name.to_owned(), value.to_owned()));
}

/// The successful controls of the first form that is sent by POST.
fn inputs(html: &str) -> Pairs {
    let (_, form) = html.split_once("<form").expect("a form");
    let (form, _) = form.split_once("</form>").expect("its end");
    let mut pairs = Pairs::new();
    let mut rest = form;
    let mut select: Option<(String, Option<String>, Option<String>)> = None;
    while let Some(at) = rest.find('<') {
        let tag_text = &rest[at + 1..];
        let end = tag_end(tag_text);
        let (tag, after) = (&tag_text[..end], &tag_text[end + 1..]);
        rest = after;
        let word = tag.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
        let name = attribute(tag, "name");
        let disabled = has(tag, "disabled");
        match word {
            "input" if !disabled => {
                let kind = attribute(tag, "type").unwrap_or_else(|| "text".to_owned());
                let checked = has(tag, "checked");
                if matches!(kind.as_str(), "radio" | "checkbox") && !checked {
                    continue;
                }
                if let Some(name) = name {
                    pairs.push((name, attribute(tag, "value").unwrap_or_default()));
                }
            }
            "textarea" => {
                let (text, after) = after.split_once("</textarea>").expect("its end");
                rest = after;
                // a browser drops the first line feed and sends others as two characters
                let text = text.strip_prefix('\n').unwrap_or(text);
                let text = unescaped(text).replace('\n', "\r\n");
                pairs.push((name.expect("a name"), text));
            }
            "select" if !disabled => select = Some((name.expect("a name"), None, None)),
            "option" => {
                if let Some((_, first, chosen)) = &mut select {
                    let value = attribute(tag, "value").expect("a value");
                    if has(tag, "selected") {
                        *chosen = Some(value.clone());
                    }
                    first.get_or_insert(value);
                }
            }
            "/select" => {
                if let Some((name, first, chosen)) = select.take() {
                    pairs.push((name, chosen.or(first).unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    pairs
}

/// The end of a tag: the first `>` outside of quotes.
fn tag_end(text: &str) -> usize {
    let mut quoted = false;
    text.find(|c: char| {
        if c == '"' {
            quoted = !quoted;
        }
        c == '>' && !quoted
    })
    .expect("the end of a tag")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split_once('"')?.0))
}

/// Whether an attribute without value stands in a tag, outside of quotes.
fn has(tag: &str, name: &str) -> bool {
    let bare: String = tag.split('"').step_by(2).collect::<Vec<_>>().join("\"");
    bare.split_whitespace().any(|word| word == name)
}

fn unescaped(text: &str) -> String {
    let marks = [
        ("&#60;", '<'),
        ("&#62;", '>'),
        ("&#34;", '"'),
        ("&#39;", '\''),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&quot;", '"'),
        ("&#38;", '&'),
        ("&amp;", '&'),
    ];
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mark = marks.iter().find(|(mark, _)| rest.starts_with(mark));
        let (length, letter) = mark.map_or((1, '&'), |(mark, letter)| (mark.len(), *letter));
        out.push(letter);
        rest = &rest[length..];
    }
    out + rest
}
