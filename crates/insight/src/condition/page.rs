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
use axum::Router;
use axum::extract::{Path, Query as Pairs, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chart::Chart as _;
use serde::Serialize;
use site::{PageMeta, Problem, Shell};

use crate::answer::Audience;
use crate::api::{AskError, Current, Insight, problem};
use crate::condition::report::{self, Report, Within};
use crate::condition::{Condition, ConditionError, Conditions};
use crate::dashboard::{Filters, Selection};
use crate::disclosure::{self, Settings};
use crate::figure::{Figure, Picture, day, first_capital};
use crate::report::{Block, Found};

/// What the pages of conditions need.
#[derive(Clone)]
pub struct ConditionPages {
    inner: Arc<Inner>,
}

struct Inner {
    insight: Insight,
    shell: Shell,
    conditions: Conditions,
    /// The smallest number of people that is shown.
    few: u32,
}

impl ConditionPages {
    /// Over an insight, with the shipped conditions and those of a folder (`conditions` in the data folder).
    pub fn new(
        insight: Insight,
        shell: Shell,
        folder: Option<PathBuf>,
    ) -> Result<Self, ConditionError> {
        let conditions = Conditions::new(insight.catalog(), folder)?;
        let least = Settings::of(disclosure::Audience::Public).least_units;
        let few = u32::try_from(least).unwrap_or(u32::MAX);
        Ok(Self { inner: Arc::new(Inner { insight, shell, conditions, few }) })
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
        report::report(&inner.insight, current, method, panels, condition, within, audience)
    }

    /// The conditions.
    pub fn conditions(&self) -> &Conditions {
        &self.inner.conditions
    }
}

/// The routes, to be merged into the site.
pub fn routes(pages: ConditionPages) -> Router {
    Router::new()
        .route("/registry/conditions", get(index))
        .route("/registry/conditions/{key}", get(show))
        .route("/registry/conditions/{key}/{file}", get(file))
        .route("/api/v1/conditions", get(list))
        .route("/api/v1/conditions/{key}", get(numbers))
        .with_state(pages)
}

type Asked = Result<Pairs<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

/// What an address asks for.
struct Wanted {
    condition: Arc<Condition>,
    selection: Selection,
    current: Current,
}

/// The condition and population of an address; a redirect when the address is the form's.
#[expect(
    clippy::result_large_err,
    reason = "the answer to a form is a response, and made once a request"
)]
fn wanted(pages: &ConditionPages, key: &str, path: &str, asked: Asked) -> Result<Wanted, Response> {
    let insight = &pages.inner.insight;
    let catalog = insight.catalog();
    let loaded = pages.inner.conditions.current(catalog);
    let found = loaded.condition(key);
    let condition = found.ok_or_else(|| Problem::of(StatusCode::NOT_FOUND).into_response())?;
    let Ok(Pairs(pairs)) = asked else {
        return Err(Problem::of(StatusCode::BAD_REQUEST).into_response());
    };
    let selection = Selection::read(catalog, &pairs).map_err(|error| {
        let detail = format!("{error}. The filters stand at {path}.");
        Problem::new(StatusCode::BAD_REQUEST, "Filter not understood", detail).into_response()
    })?;
    if Selection::is_form(&pairs) {
        let address = selection.address(catalog, path);
        let location = HeaderValue::from_str(&address)
            .map_err(|_| Problem::of(StatusCode::BAD_REQUEST).into_response())?;
        return Err((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response());
    }
    let current = insight.current().ok_or_else(|| problem(&AskError::Loading).into_response())?;
    Ok(Wanted { condition: Arc::clone(condition), selection, current })
}

/// Counts on a thread that may block.
async fn counted<R: Send + 'static>(
    pages: ConditionPages,
    wanted: Wanted,
    work: impl FnOnce(&ConditionPages, &Wanted, &Report) -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    let done = tokio::task::spawn_blocking(move || {
        let report = pages
            .report(&wanted.current, &wanted.condition, &wanted.selection, Audience::Public)
            .map_err(|error| problem(&error))?;
        work(&pages, &wanted, &report)
    });
    done.await.map_err(|error| Problem::internal("counting a condition", &error))?
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
        let name = format!("openecls-{}-{table}", report.key);
        crate::report::attached(&name, "csv", block.csv(&report.about).into_bytes())
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

/// A panel as it stands on the page.
struct Panel {
    key: String,
    title: String,
    definition: String,
    note: String,
    picture: String,
    table: Option<String>,
    refusal: Option<String>,
    observed: String,
    how: Vec<String>,
    citation: String,
    csv: String,
    json: String,
    wide: bool,
}

fn panel(pages: &ConditionPages, key: &str, found: &Found, path: &str) -> Option<Panel> {
    let figure = pages.inner.conditions.panels.figure(key)?;
    let mut panel = Panel {
        key: figure.key.clone(),
        title: figure.title.clone(),
        definition: figure.definition.clone(),
        note: figure.note.clone(),
        picture: String::new(),
        table: None,
        refusal: None,
        observed: String::new(),
        how: Vec::new(),
        citation: String::new(),
        csv: String::new(),
        json: String::new(),
        wide: figure.size != chart::Size::Half,
    };
    match found {
        Err(why) => panel.refusal = Some(format!("{}.", first_capital(why))),
        Ok(outcome) => {
            let catalog = pages.inner.insight.catalog();
            let address = outcome.query.address(catalog);
            panel.observed = figure.observed(outcome);
            panel.how = outcome.how(catalog);
            panel.citation = outcome.citation("OpenECLS Registry", &figure.title, path);
            panel.csv = format!("/api/v1/insight/query.csv?{address}");
            panel.json = format!("/api/v1/insight/query?{address}");
            draw(&mut panel, figure, outcome, pages.inner.few);
        }
    }
    Some(panel)
}

fn draw(panel: &mut Panel, figure: &Figure, outcome: &crate::answer::Outcome, few: u32) {
    let svg = match figure.picture(outcome, few) {
        Picture::Chart(chart) => chart.render(),
        Picture::Map(map) => map.render(),
        Picture::Table => return,
    };
    panel.picture = svg.inline();
    panel.table = Some(svg.table().html());
}

#[derive(Template)]
#[template(path = "condition/page.html")]
struct Page<'p> {
    report: &'p Report,
    condition: &'p Condition,
    as_of: String,
    path: String,
    search: String,
    filters: Filters,
    script: &'static str,
    year_to_date: String,
    all: bool,
    too_early: bool,
    panels: Vec<Panel>,
    chapters: &'p Block,
}

fn page(pages: &ConditionPages, wanted: &Wanted, report: &Report) -> Result<String, Problem> {
    let catalog = pages.inner.insight.catalog();
    let (condition, selection) = (&*wanted.condition, &wanted.selection);
    let path = format!("/registry/conditions/{}", condition.key);
    let at = wanted.current.as_of;
    let year = i32::from(at.date().year());
    let filters = Filters::of(catalog, selection, &[], &path, year)
        .map_err(|error| Problem::internal("writing the filters", &error))?;
    let address = selection.address(catalog, &path);
    let each = report.panels.iter();
    let panels = each.filter_map(|(key, found)| panel(pages, key, found, &address)).collect();
    let body = Page {
        report,
        condition,
        as_of: format!("{} {} UTC", day(at), at.timestamp().strftime("%H:%M")),
        search: address.strip_prefix(&path).unwrap_or_default().to_owned(),
        year_to_date: format!("{path}?where=started%3A{year}"),
        path,
        filters,
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
    let html = body.render().and_then(|body| pages.inner.shell.render(&meta, &body));
    html.map_err(|error| Problem::internal("writing the page of a condition", &error))
}
