//! Pages and answers of conditions.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /registry/conditions` | all conditions |
//! | `GET /registry/conditions/{key}?where=…` | one of them within a population |
//! | `GET /registry/conditions/{key}/{table}.csv?where=…` | `sets`, `chapters` or `factors` |
//! | `GET /api/v1/conditions` | all conditions as JSON |
//! | `GET /api/v1/conditions/{key}?where=…` | the numbers of a page as JSON |

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use site::{Access, Routes};
use site::{Alternate, PageMeta, Problem, Shell};

use crate::answer::Audience;
use crate::api::{AskError, Current, Insight, problem};
use crate::condition::report::{self, Report, Within};
use crate::condition::{Condition, ConditionError, Conditions};
use crate::dashboard::{Filters, Selection};
use crate::figure::{Card, Links, first_capital};
use crate::report::{Asker, Block, Found, sentence};
use crate::web::{self, Asked, attached, minute, on_a_thread};

/// What the pages of conditions need.
#[derive(Clone)]
pub struct ConditionPages {
    inner: Arc<Inner>,
}

struct Inner {
    insight: Insight,
    shell: Shell,
    conditions: Conditions,
}

impl ConditionPages {
    /// Over an insight, with the shipped conditions and those of a folder (`conditions` in the data folder).
    pub fn new(
        insight: Insight,
        shell: Shell,
        folder: Option<PathBuf>,
    ) -> Result<Self, ConditionError> {
        let conditions = Conditions::new(insight.catalog(), folder)?;
        Ok(Self { inner: Arc::new(Inner { insight, shell, conditions }) })
    }

    /// The numbers of a condition within a population, for a reader.
    pub fn report(
        &self,
        current: &Current,
        condition: &Condition,
        selection: &Selection,
        audience: Audience,
    ) -> Result<Report, AskError> {
        let inner = &self.inner;
        let within = Within { unit: selection.unit(), filters: selection.clauses() };
        let (method, panels) = (&inner.conditions.method, &inner.conditions.panels);
        let asker = Asker { insight: &inner.insight, current, audience };
        report::report(asker, method, panels, condition, within)
    }

    /// The conditions.
    pub fn conditions(&self) -> &Conditions {
        &self.inner.conditions
    }
}

/// The routes, to be merged into the site.
pub fn routes(pages: ConditionPages) -> Routes {
    Routes::new()
        .get("/registry/conditions", Access::Public, index)
        .get("/registry/conditions/{key}", Access::Public, show)
        .get("/registry/conditions/{key}/{file}", Access::Public, file)
        .get("/api/v1/conditions", Access::Public, list)
        .get("/api/v1/conditions/{key}", Access::Public, numbers)
        .with_state(pages)
}

/// What an address asks for.
struct Wanted {
    condition: Arc<Condition>,
    selection: Selection,
    current: Current,
}

/// The condition and population of an address; a redirect when the address is the form's.
#[expect(clippy::result_large_err, reason = "as in the function that it calls")]
fn wanted(pages: &ConditionPages, key: &str, path: &str, asked: Asked) -> Result<Wanted, Response> {
    let insight = &pages.inner.insight;
    let loaded = pages.inner.conditions.current(insight.catalog());
    let found = loaded.condition(key);
    let condition = found.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND).into_response())?;
    let page = format!("/registry/conditions/{key}");
    let selection = web::selection(insight, path, &page, asked)?;
    let current = web::current(insight).map_err(IntoResponse::into_response)?;
    Ok(Wanted { condition: Arc::clone(condition), selection, current })
}

/// Counts on a thread that may block.
async fn counted<R: Send + 'static>(
    pages: ConditionPages,
    wanted: Wanted,
    work: impl FnOnce(&ConditionPages, &Wanted, &Report) -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    let work = move || {
        let report = pages
            .report(&wanted.current, &wanted.condition, &wanted.selection, Audience::Public)
            .map_err(|error| problem(&error))?;
        work(&pages, &wanted, &report)
    };
    on_a_thread("counting a condition", work).await
}

async fn show(
    State(pages): State<ConditionPages>,
    Path(key): Path<String>,
    headers: HeaderMap,
    asked: Asked,
) -> Response {
    let path = format!("/registry/conditions/{key}");
    let wanted = match wanted(&pages, &key, &path, asked) {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    match counted(pages, wanted, page).await {
        Ok(html) => site::page(&headers, html),
        Err(problem) => problem.into_response(),
    }
}

async fn numbers(
    State(pages): State<ConditionPages>,
    Path(key): Path<String>,
    headers: HeaderMap,
    asked: Asked,
) -> Response {
    let wanted = match wanted(&pages, &key, &format!("/api/v1/conditions/{key}"), asked) {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    match counted(pages, wanted, |_, _, report| Ok(report.clone())).await {
        Ok(report) => site::json(&headers, &report),
        Err(problem) => problem.into_response(),
    }
}

async fn file(
    State(pages): State<ConditionPages>,
    Path((key, file)): Path<(String, String)>,
    asked: Asked,
) -> Response {
    let Some(table) = file.strip_suffix(".csv").map(ToOwned::to_owned) else {
        return Problem::of(StatusCode::NOT_FOUND).into_response();
    };
    let path = format!("/registry/conditions/{key}/{file}");
    let wanted = match wanted(&pages, &key, &path, asked) {
        Ok(wanted) => wanted,
        Err(response) => return response,
    };
    let made = counted(pages, wanted, move |_, _, report| {
        let block = report.table(&table).ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
        let name = format!("openecls-{}-{table}.csv", report.key);
        attached(&name, block.csv(&report.about).into_bytes())
    });
    made.await.unwrap_or_else(Problem::into_response)
}

/// One condition in the list.
#[derive(Serialize)]
struct Entry {
    key: String,
    title: String,
    purpose: String,
    page: String,
    api: String,
}

fn entries(pages: &ConditionPages) -> Vec<Entry> {
    let loaded = pages.inner.conditions.current(pages.inner.insight.catalog());
    let entry = |condition: &Arc<Condition>| Entry {
        key: condition.key.clone(),
        title: condition.title.clone(),
        purpose: condition.purpose.clone(),
        page: format!("/registry/conditions/{}", condition.key),
        api: format!("/api/v1/conditions/{}", condition.key),
    };
    loaded.conditions.iter().map(entry).collect()
}

async fn list(State(pages): State<ConditionPages>, headers: HeaderMap) -> Response {
    site::json(&headers, &entries(&pages))
}

#[derive(Template)]
#[template(path = "condition/index.html")]
struct Index {
    entries: Vec<Entry>,
}

async fn index(State(pages): State<ConditionPages>, headers: HeaderMap) -> Response {
    let page = Index { entries: entries(&pages) };
    let meta = PageMeta {
        title: "Conditions",
        description: Some("Pages about the ECLS runs of one disease or situation."),
        path: Some("/registry/conditions"),
    };
    let html = page.render().and_then(|body| pages.inner.shell.render(&meta, &body));
    match html {
        Ok(html) => site::page(&headers, html),
        Err(error) => Problem::internal("writing the list of conditions", &error).into_response(),
    }
}

fn panel(pages: &ConditionPages, key: &str, found: &Found, cited: &str) -> Option<Card> {
    let figure = pages.inner.conditions.panels.figure(key)?;
    let catalog = pages.inner.insight.catalog();
    let links = found.as_ref().map_or_else(
        |_| Links::default(),
        |outcome| {
            let address = outcome.query.address(catalog);
            Links {
                csv: format!("/api/v1/insight/query.csv?{address}"),
                api: format!("/api/v1/insight/query?{address}"),
                ..Links::default()
            }
        },
    );
    Some(Card::new(catalog, figure, found, links, cited))
}

#[derive(Template)]
#[template(path = "condition/page.html")]
struct Page<'p> {
    report: &'p Report,
    condition: &'p Condition,
    population: String,
    as_of: String,
    path: String,
    search: String,
    filters: Filters,
    as_of_machine: &'p str,
    script: &'static str,
    year_to_date: String,
    all: bool,
    too_early: bool,
    panels: Vec<Card>,
    chapters: &'p Block,
}

/// With thousands separators, for the template.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
fn whole(number: &u64) -> String {
    crate::figure::whole(*number)
}

fn page(pages: &ConditionPages, wanted: &Wanted, report: &Report) -> Result<String, Problem> {
    let catalog = pages.inner.insight.catalog();
    let (condition, selection) = (&*wanted.condition, &wanted.selection);
    let path = format!("/registry/conditions/{}", condition.key);
    let at = wanted.current.as_of;
    let year = i32::from(at.date().year());
    let filters = Filters::of(catalog, selection, &[], &path, year)
        .map_err(|error| Problem::internal("writing the filters", &error))?;
    let (address, meta_path) = (selection.address(catalog, &path), path.clone());
    let each = report.panels.iter();
    let panels = each.filter_map(|(key, found)| panel(pages, key, found, &address)).collect();
    let body = Page {
        report,
        condition,
        population: first_capital(&report.about.population),
        as_of: minute(at),
        search: address.strip_prefix(&path).unwrap_or_default().to_owned(),
        year_to_date: format!("{path}?where=started%3A{year}"),
        path,
        filters,
        as_of_machine: &report.about.as_of,
        script: site::dashboard_script(),
        all: selection.is_all(),
        too_early: !matches!(report.mortality, report::Mortality::Ratio { .. }),
        panels,
        chapters: &report.chapters,
    };
    let meta = PageMeta {
        title: &condition.title,
        description: Some(&condition.purpose),
        path: Some("/registry/conditions"),
    };
    let search = address.strip_prefix(&meta_path).unwrap_or_default();
    let json = Alternate {
        href: format!("/api/v1/conditions/{}{search}", condition.key),
        kind: "application/json",
        title: condition.title.clone(),
    };
    let shell = pages.inner.shell.clone().with_alternates(vec![json]);
    let html = body.render().and_then(|body| shell.render(&meta, &body));
    html.map_err(|error| Problem::internal("writing the page of a condition", &error))
}
