//! The International Summary over HTTP.
//!
//! | address | answer |
//! | --- | --- |
//! | `GET /registry/summary?date=2025-12-31&unit=run` | the page, also for paper |
//! | `GET /registry/summary.xlsx?…` | a workbook, one sheet for each table |
//! | `GET /registry/summary/{table}.csv?…` | one table |
//! | `GET /api/v1/summary?…` | all tables as JSON |

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query as Pairs, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::ToSpan as _;
use jiff::civil::Date;
use site::{PageMeta, Problem, Shell};

use crate::answer::{Audience, followed};
use crate::api::{AskError, Current, Insight, problem};
use crate::figure::{day, first_capital};
use crate::query::Unit;
use crate::report::{Block, Line};
use crate::summary::{Request, Summaries, Summary, SummaryError, workbook};

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
pub fn routes(pages: SummaryPages) -> Router {
    Router::new()
        .route("/registry/summary", get(show))
        .route("/registry/summary.xlsx", get(book))
        .route("/registry/summary/{file}", get(file))
        .route("/api/v1/summary", get(numbers))
        .with_state(pages)
}

type Asked = Result<Pairs<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

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
    let done = tokio::task::spawn_blocking(move || {
        let inner = &pages.inner;
        let current = inner.insight.current().ok_or_else(|| problem(&AskError::Loading))?;
        let summary = inner
            .summaries
            .make(&inner.insight, &current, request, Audience::Public)
            .map_err(|error| problem(&error))?;
        work(&pages, &current, request, summary)
    });
    done.await.map_err(|error| Problem::internal("making a summary", &error))?
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
        let name = format!("openecls-summary-{}-{}", summary.date, summary.unit);
        crate::report::attached(&name, "xlsx", bytes)
    });
    bytes.await.unwrap_or_else(Problem::into_response)
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
        let name = format!("openecls-summary-{key}-{}-{}", summary.date, summary.unit);
        crate::report::attached(&name, "csv", block.csv(&summary.about).into_bytes())
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
        as_of: format!("{} {} UTC", day(at), at.timestamp().strftime("%H:%M")),
        refusal: summary.refusal.as_ref().map(|why| format!("{}.", first_capital(why))),
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
    let html = body.render().and_then(|body| pages.inner.shell.render(&meta, &body));
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
