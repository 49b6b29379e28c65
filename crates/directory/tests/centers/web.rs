//! The site as its readers get it, and what a browser makes of its forms.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use base::{Actor, Ids, Place, Role};
use directory::centers::{CenterPages, Profile, routes};
use site::home::HomeFigures;
use site::{Found, Presented, Shell, SiteState, Visitor};
use tower::ServiceExt as _;

use crate::common::{Test, administrator, berlin, coordinator, holder, officer, zurich};

/// A site with people who are known by their cookie.
pub(crate) struct Web {
    router: Router,
}

impl Web {
    pub(crate) fn new(t: &Test, people: &[(&str, Actor)]) -> Self {
        let shell = Shell::new("1.0.0", Vec::new()).with_accounts();
        let now = t.clock.now();
        let home = Arc::new(move || Ok(HomeFigures::empty(now, 2026)));
        let people: HashMap<String, Actor> =
            people.iter().map(|(name, actor)| ((*name).to_owned(), actor.clone())).collect();
        let source = Arc::new(move |presented: &Presented| {
            let found = presented.cookie.as_ref().and_then(|name| people.get(name));
            let actor = found.cloned().unwrap_or_else(Actor::public);
            Ok(Found { visitor: Visitor { actor, session: None }, set_cookie: None })
        });
        let pages = CenterPages::new(t.centers.clone(), shell.clone());
        let ids = Arc::new(Ids::seeded(t.clock.clone(), 3));
        let state = SiteState::new(ids, home, Arc::new(|| Ok(())), shell)
            .with_pages(routes(pages))
            .with_visitors(source, false);
        Self { router: site::app(state) }
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        who: &str,
        form: &str,
    ) -> (StatusCode, String) {
        let kind = "application/x-www-form-urlencoded";
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080")
            .header(header::CONTENT_TYPE, kind);
        if !who.is_empty() {
            request = request.header(header::COOKIE, format!("openecls={who}"));
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    pub(crate) async fn get(&self, path: &str, who: &str) -> (StatusCode, String) {
        self.ask(Method::GET, path, who, "").await
    }

    pub(crate) async fn ok(&self, path: &str) -> String {
        let (status, body) = self.get(path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}");
        body
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Two centers and the site.
pub(crate) fn two(t: &Test) -> (Profile, Profile, Web) {
    let (one, two) = (t.listed(&berlin()), t.listed(&zurich()));
    let web = Web::new(
        t,
        &[
            ("coordinator", coordinator(&one)),
            ("director", holder(4, Role::ProgramDirector, Place::Center(one.id))),
            ("stranger", coordinator(&two)),
            ("officer", officer("europe")),
            ("far-officer", officer("swaac")),
            ("administrator", administrator()),
            ("manager", holder(6, Role::DataManager, Place::Center(one.id))),
        ],
    );
    (one, two, web)
}

pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start}"));
    rest.split_once(end).unwrap().0
}

/// What a browser sends for the form of the page, without a change.
pub(crate) fn filled(page: &str) -> String {
    let (_, form) = page.split_once("<form class=\"center-form\"").unwrap();
    let form = form.split_once("</form>").unwrap().0;
    let attribute = |tag: &str, name: &str| {
        tag.split_once(&format!(" {name}=\""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(value, _)| unescaped(value))
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = form;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').unwrap();
        let tag = &rest[..end];
        let after = &rest[end + 1..];
        if tag.starts_with("input")
            && (!tag.contains("type=\"checkbox\"") || tag.ends_with(" checked"))
        {
            pairs.extend(
                attribute(tag, "name")
                    .map(|name| (name, attribute(tag, "value").unwrap_or_default())),
            );
        } else if tag.starts_with("textarea") {
            let text = after.split_once("</textarea>").unwrap().0;
            pairs.extend(attribute(tag, "name").map(|name| (name, unescaped(text))));
        } else if tag.starts_with("select") {
            let options = after.split_once("</select>").unwrap().0;
            let chosen = options.split("<option").find(|it| it.contains(" selected>"));
            let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap_or_default();
            let value = attribute(&format!("option{chosen}"), "value").unwrap_or_default();
            pairs.extend(attribute(tag, "name").map(|name| (name, value)));
        }
        rest = after;
    }
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b' ' => out.push('+'),
                byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                    out.push(char::from(byte));
                }
                byte => out.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    out
}

pub(crate) fn unescaped(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}
