//! The whole site: all pages with the figures they show.

mod interface;

use std::sync::Arc;

use db::MIGRATIONS;
use directory::People;
use directory::centers;
use directory::first_start::FirstStart;
use directory::people::web as people;
use insight::feed::Hub;
use insight::live::Live;
use serde_json::Value;
use site::{BoxError, DictionaryFacts, Limits, NavItem, Presented, Shell, SiteState};

use crate::app::App;

/// The largest request: an uploaded file with the form around it.
const UPLOAD_BYTES: usize = 101_000_000;

/// The addresses of all systems for programs, beside those of questions about the registry.
pub(crate) fn described() -> Vec<(Value, Value)> {
    vec![
        (people::openapi_paths(), people::openapi_schemas()),
        (centers::openapi_paths(), centers::openapi_schemas()),
        (::desk::api::paths(), ::desk::api::schemas()),
        (::capacity::openapi_paths(), ::capacity::openapi_schemas()),
    ]
}

/// The site of a program that is ready to serve.
pub(crate) fn site(
    app: &App,
    hub: &Hub,
    live: &Live,
    people: &People,
    first: &FirstStart,
) -> anyhow::Result<SiteState> {
    let insight = super::insight(app, hub)?;
    let home = super::home::source(app.registry.clone(), insight.clone())?;
    let db = app.db.clone();
    let loading = hub.clone();
    let ready = Arc::new(move || -> Result<(), BoxError> {
        match db.pending_migrations(MIGRATIONS) {
            Ok(pending) if pending.is_empty() => Ok(loading.current().map(drop)?),
            Ok(_) => Err("the schema is not current; restart the program".into()),
            Err(_) => Err("the database does not answer; see the log and `openecls doctor`".into()),
        }
    });
    let item = |label: &str, href: &str| NavItem { label: label.to_owned(), href: href.to_owned() };
    let nav = vec![
        item("Centers", "/centers"),
        item("Capacity", "/capacity"),
        item("Dashboard", "/registry"),
        item("Conditions", "/registry/conditions"),
        item("Summary", "/registry/summary"),
        item("Methods", "/registry/methods"),
        item("Releases", "/registry/releases"),
        item("Dictionary", "/dictionary"),
    ];
    let shell = Shell::new(env!("CARGO_PKG_VERSION"), nav).with_accounts();
    let facts = DictionaryFacts {
        version: app.dictionary.version().to_owned(),
        forms: app.dictionary.forms().len(),
        fields: app.dictionary.fields().len(),
        code_lists: app.dictionary.lists().len(),
        href: Some("/dictionary".to_owned()),
    };
    let pages = super::dictionary(&app.dictionary, &shell)?
        .merge(super::registry(app, hub, insight, &shell)?)
        .merge(super::centers::centers(app, &shell))
        .merge(super::capacity::routes(app, people, &shell)?)
        .merge(super::people::people(people, &shell))
        .merge(interface::routes(&shell)?)
        .merge(super::first::first(app, people, first, &shell)?)
        .merge(super::desk::routes(app, &shell)?);
    let people = people.clone();
    let visitors = Arc::new(move |presented: &Presented| Ok(people.visitor(presented)?));
    let limits = Limits { upload_bytes: UPLOAD_BYTES, ..Limits::default() };
    let site = SiteState::new(Arc::clone(&app.ids), home, ready, shell);
    Ok(app
        .settings
        .web
        .over(site)
        .with_dictionary(facts)
        .with_pages(pages)
        .with_pages(insight::live::routes(live.clone()))
        .with_visitors(visitors, app.settings.web.is_secure())
        .with_limits(limits)
        .with_live())
}

#[cfg(test)]
mod tests;
