//! A site with known figures, and the means to ask it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response, header};
use base::{Clock, Ids, Instant};
use site::home::{HomeFigures, OutcomeGroup};
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

/// Group k has 100 + k runs, of which some survived and some are unknown.
pub(crate) fn figures() -> HomeFigures {
    let mut figures = HomeFigures::empty(at(), 2026);
    for (group, k) in figures.groups.iter_mut().zip(0..) {
        *group = OutcomeGroup {
            runs: 1100 + k,
            survived_ecls: 700 + k,
            ecls_known: 1000 + k,
            survived_hospital: 500 + k,
            hospital_known: 900 + k,
            ..*group
        };
    }
    figures.total_submitted = figures.all_groups().runs;
    (figures.cases_this_year, figures.submitted_this_year) = (1234, 1200);
    (figures.drafts, figures.centers) = (40, 12);
    figures
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
