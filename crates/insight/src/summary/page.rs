//! The International Summary over HTTP.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /registry/summary?date=2025-12-31&unit=run` | the page, also for paper |
//! | `GET /registry/summary.xlsx?…` | a workbook, one sheet for each table |
//! | `GET /registry/summary/{table}.csv?…` | one table |
//! | `GET /registry/summary.zip?…` | all of them in one file |
//! | `GET /api/v1/summary?…` | all tables as JSON |

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query as Pairs, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::ToSpan as _;
use jiff::civil::Date;
use site::{Access, Routes};
use site::{Alternate, PageMeta, Problem, Shell};

use crate::answer::{Audience, followed};
use crate::api::{Current, Insight, problem};
use crate::figure::first_capital;
use crate::query::Unit;
use crate::report::{Block, Line, sentence};
use crate::summary::{Request, Summaries, Summary, SummaryError, archive, workbook};
use crate::web::{self, Asked, attached, minute, on_a_thread};

/// What the pages of the summary need.
#[derive(Clone)]
pub struct SummaryPages {
    inner: Arc<Inner>,
}

struct Inner {
    insight: Insight,
    shell: Shell,
    summaries: Summaries,
}

impl SummaryPages {
    /// Over an insight.
    pub fn new(insight: Insight, shell: Shell) -> Result<Self, SummaryError> {
        let summaries = Summaries::new(&insight)?;
        Ok(Self { inner: Arc::new(Inner { insight, shell, summaries }) })
    }
}

/// The routes, to be merged into the site.
pub fn routes(pages: SummaryPages) -> Routes {
    Routes::new()
        .get("/registry/summary", Access::Public, show)
        .get("/registry/summary.xlsx", Access::Public, book)
        .get("/registry/summary.zip", Access::Public, tables)
        .get("/registry/summary/{file}", Access::Public, file)
        .get("/api/v1/summary", Access::Public, numbers)
        .with_state(pages)
}

/// Makes the summary of an address, and something of it, on a thread that may block.
async fn made<R: Send + 'static>(
    pages: SummaryPages,
    asked: Asked,
    work: impl FnOnce(&SummaryPages, &Current, Request, Summary) -> Result<R, Problem> + Send + 'static,
) -> Result<R, Problem> {
    let Ok(Pairs(pairs)) = asked else { return Err(Problem::of(StatusCode::BAD_REQUEST)) };
    let request = Request::read(&pairs).map_err(|error| {
        let detail = format!("{error}. The choices stand at /registry/summary.");
        Problem::new(StatusCode::BAD_REQUEST, "Summary not understood", detail)
    })?;
    let work = move || {
        let inner = &pages.inner;
        let current = web::current(&inner.insight)?;
        let summary = inner
            .summaries
            .make(&inner.insight, &current, request, Audience::Public)
            .map_err(|error| problem(&error))?;
        work(&pages, &current, request, summary)
    };
    on_a_thread("making a summary", work).await
}

async fn show(State(pages): State<SummaryPages>, headers: HeaderMap, asked: Asked) -> Response {
    match made(pages, asked, |pages, current, request, summary| {
        page(pages, current, request, &summary)
    })
    .await
    {
        Ok(html) => site::page(&headers, html),
        Err(problem) => problem.into_response(),
    }
}

async fn numbers(State(pages): State<SummaryPages>, headers: HeaderMap, asked: Asked) -> Response {
    match made(pages, asked, |_, _, _, summary| Ok(summary)).await {
        Ok(summary) => site::json(&headers, &summary),
        Err(problem) => problem.into_response(),
    }
}

async fn book(State(pages): State<SummaryPages>, asked: Asked) -> Response {
    let bytes = made(pages, asked, |_, _, _, summary| {
        let bytes = workbook(&summary)
            .map_err(|error| Problem::internal("writing the workbook of a summary", &error))?;
        attached(&format!("{}.xlsx", file_name(&summary)), bytes)
    });
    bytes.await.unwrap_or_else(Problem::into_response)
}

async fn tables(State(pages): State<SummaryPages>, asked: Asked) -> Response {
    let bytes = made(pages, asked, |_, _, _, summary| {
        let bytes = archive(&summary)
            .map_err(|error| Problem::internal("packing the tables of a summary", &error))?;
        attached(&format!("{}.zip", file_name(&summary)), bytes)
    });
    bytes.await.unwrap_or_else(Problem::into_response)
}

/// Without its ending.
fn file_name(summary: &Summary) -> String {
    format!("openecls-summary-{}-{}", summary.date, summary.unit)
}

async fn file(
    State(pages): State<SummaryPages>,
    Path(file): Path<String>,
    asked: Asked,
) -> Response {
    let Some(key) = file.strip_suffix(".csv").map(ToOwned::to_owned) else {
        return Problem::of(StatusCode::NOT_FOUND).into_response();
    };
    let made = made(pages, asked, move |_, _, _, summary| {
        let block = summary.block(&key).ok_or_else(|| Problem::of(StatusCode::NOT_FOUND))?;
        let name = format!("openecls-summary-{key}-{}-{}.csv", summary.date, summary.unit);
        attached(&name, block.csv(&summary.about).into_bytes())
    });
    made.await.unwrap_or_else(Problem::into_response)
}

/// A date or a unit to choose.
struct Link {
    label: String,
    address: String,
    chosen: bool,
}

/// One table of a group.
struct Part<'s> {
    block: &'s Block,
    labels: &'s [String],
    heads: &'s [String],
    rows: Vec<Line>,
}

/// One type of support within an age group.
struct Group<'s> {
    key: String,
    title: String,
    parts: Vec<Part<'s>>,
}

#[derive(Template)]
#[template(path = "summary/page.html")]
struct Page<'s> {
    summary: &'s Summary,
    as_of: String,
    refusal: Option<String>,
    search: String,
    date: String,
    last: String,
    unit: &'static str,
    dates: Vec<Link>,
    units: Vec<Link>,
    whole: Vec<&'s Block>,
    groups: Vec<Group<'s>>,
}

fn page(
    pages: &SummaryPages,
    current: &Current,
    request: Request,
    summary: &Summary,
) -> Result<String, Problem> {
    let at = current.as_of;
    let body = Page {
        as_of: minute(at),
        refusal: summary.refusal.as_deref().map(sentence),
        search: request.search(),
        date: request.date.map_or(String::new(), |date| date.to_string()),
        last: at.date().to_string(),
        unit: request.unit.name(),
        dates: dates(pages, current, request),
        units: units(request),
        whole: summary.blocks.iter().filter(|block| block.labels.len() < 3).collect(),
        groups: groups(summary),
        summary,
    };
    let meta = PageMeta {
        title: "International Summary",
        description: Some(
            "Outcomes, centers, diagnoses, modes and complications of all submitted ECLS runs.",
        ),
        path: Some("/registry/summary"),
    };
    let json = Alternate {
        href: format!("/api/v1/summary{}", request.search()),
        kind: "application/json",
        title: "International Summary".to_owned(),
    };
    let shell = pages.inner.shell.clone().with_alternates(vec![json]);
    let html = body.render().and_then(|body| shell.render(&meta, &body));
    html.map_err(|error| Problem::internal("writing the summary", &error))
}

fn link(label: String, request: Request, chosen: bool) -> Link {
    Link { label, address: format!("/registry/summary{}", request.search()), chosen }
}

/// Dates that can be shown to everybody: now, followed up, the ends of the last years.
fn dates(pages: &SummaryPages, current: &Current, request: Request) -> Vec<Link> {
    let at = current.as_of;
    let days = pages.inner.insight.catalog().roles().follow_up_days;
    let one = |label: String, date: Option<Date>| {
        link(label, Request { date, ..request }, request.date == date)
    };
    let epoch = Date::constant(1970, 1, 1);
    let followed = epoch.saturating_add(i64::from(followed(at, days)).days());
    let mut out = vec![
        one("now".to_owned(), None),
        one(format!("{followed} (followed for {days} days)"), Some(followed)),
    ];
    for back in 1..=2 {
        let end = Date::new(at.date().year() - back, 12, 31).ok();
        out.extend(end.map(|end| one(end.to_string(), Some(end))));
    }
    out
}

fn units(request: Request) -> Vec<Link> {
    let one = |unit: Unit| {
        link(first_capital(unit.plural()), Request { unit, ..request }, unit == request.unit)
    };
    Unit::ALL.into_iter().map(one).collect()
}

/// The tables that are broken down by group first, put together by group.
fn groups(summary: &Summary) -> Vec<Group<'_>> {
    let detailed: Vec<&Block> =
        summary.blocks.iter().filter(|block| block.labels.len() == 3).collect();
    let overall = summary.blocks.iter().find(|block| block.labels.len() == 2);
    let mut out = Vec::new();
    for row in overall.map_or(&[][..], |block| &block.rows) {
        let slots: Vec<&str> = row.slots.iter().flatten().map(String::as_str).collect();
        let [first, second] = slots.as_slice() else { continue };
        let part = |block: &&'_ Block| block.group(&[first, second]);
        let parts: Vec<Part<'_>> = detailed
            .iter()
            .map(|block| Part {
                block,
                labels: block.labels.get(2..).unwrap_or_default(),
                heads: &block.heads,
                rows: part(block),
            })
            .filter(|part| !part.rows.is_empty())
            .collect();
        if !parts.is_empty() {
            out.push(Group {
                key: format!("{first}-{second}"),
                title: row.labels.join(", "),
                parts,
            });
        }
    }
    out
}
