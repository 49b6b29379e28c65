//! A site with known figures, and the means to ask it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, header};
use base::{Clock, Ids, Instant};
use site::home::{HomeFigures, OutcomeTable, Outcomes, Survival};
use site::{Limits, Shell, SiteState};
use tower::ServiceExt;

pub(crate) fn at() -> Instant {
    "2026-11-22T16:55:42Z".parse().unwrap()
}

pub(crate) fn ids() -> Arc<Ids> {
    Arc::new(Ids::seeded(Clock::fixed(at()), 1))
}

pub(crate) fn shell() -> Shell {
    Shell::new("9.8.7", Vec::new())
}

/// Everything of a row shown.
pub(crate) fn row(runs: u64, ecls: (u64, u64), hospital: (u64, u64)) -> Outcomes {
    let share =
        |(survived, known): (u64, u64)| Some(Survival { survived, known, unknown: runs - known });
    Outcomes { runs: Some(runs), ecls: share(ecls), hospital: share(hospital) }
}

/// The sum of rows that are shown whole.
pub(crate) fn sum(rows: &[Outcomes]) -> Outcomes {
    let sum = |pick: &dyn Fn(&Outcomes) -> u64| rows.iter().map(pick).sum::<u64>();
    row(
        sum(&|row| row.runs.unwrap()),
        (sum(&|row| row.ecls.unwrap().survived), sum(&|row| row.ecls.unwrap().known)),
        (sum(&|row| row.hospital.unwrap().survived), sum(&|row| row.hospital.unwrap().known)),
    )
}

/// A table of nine groups with their sums, all shown.
pub(crate) fn table(groups: &[Outcomes], ungrouped: u64) -> OutcomeTable {
    let mut table = OutcomeTable::empty(at());
    for (group, shown) in table.groups.iter_mut().zip(groups) {
        group.shown = *shown;
    }
    table.ages = groups.chunks(3).map(sum).collect();
    let rest = row(ungrouped, (0, 0), (0, 0));
    table.all = sum(&[groups, &[rest]].concat());
    table.ungrouped = Some(ungrouped);
    table
}

/// Group k has 1100 + k runs, of which some survived and some are unknown.
pub(crate) fn figures() -> HomeFigures {
    let group = |k: u64| row(1100 + k, (700 + k, 1000 + k), (500 + k, 900 + k));
    let table = table(&[0, 1, 2, 3, 4, 5, 6, 7, 8].map(group), 0);
    HomeFigures {
        total_submitted: table.all.runs.unwrap(),
        cases_this_year: 1234,
        submitted_this_year: 1200,
        drafts: 40,
        centers: 12,
        outcomes: Some(table),
        ..HomeFigures::empty(at(), 2026)
    }
}

pub(crate) fn site_of(figures: HomeFigures) -> SiteState {
    let no_memory = Limits { figures_max_age: Duration::ZERO, ..Limits::default() };
    SiteState::new(ids(), Arc::new(move || Ok(figures.clone())), Arc::new(|| Ok(())), shell())
        .with_limits(no_memory)
}

pub(crate) fn app() -> Router {
    site::app(site_of(figures()))
}

pub(crate) fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:8080")
        .body(Body::empty())
        .unwrap()
}

pub(crate) async fn get_from(app: &Router, path: &str) -> Response<Body> {
    app.clone().oneshot(request(Method::GET, path)).await.unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 10_000_000).await.unwrap().to_vec()).unwrap()
}

pub(crate) async fn page(figures: HomeFigures) -> String {
    text(get_from(&site::app(site_of(figures)), "/").await).await
}

pub(crate) fn header_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}
