//! The home page: what the registry holds, in three totals and nine groups.

mod api;
mod definitions;
mod figures;
mod view;

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

pub use figures::{
    AgeGroup, FigureError, HomeFigures, OutcomeGroup, OutcomeTable, Outcomes, SupportType, Survival,
};

use crate::problem::Problem;
use crate::reply;
use crate::shell::PageMeta;
use crate::state::{BoxError, SiteState};

/// Reads the counters from one snapshot of the database, and the table of what may be shown to everybody. Runs on a thread that may block.
pub type HomeSource = Arc<dyn Fn() -> Result<HomeFigures, BoxError> + Send + Sync>;

/// `GET /`
pub(crate) async fn show(
    State(site): State<SiteState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let figures = read(&site).await?;
    let live = site.live.then(crate::live_script);
    let body = view::Home::new(&figures, site.dictionary.as_deref(), live).render();
    let meta = PageMeta {
        title: "the open registry for extracorporeal life support",
        description: Some(
            "Runs of extracorporeal life support (ECMO) by age and kind of support: how many, and how \
             many patients survived, each figure with its definition.",
        ),
        path: Some("/"),
    };
    let html = body
        .and_then(|body| site.shell.render(&meta, &body))
        .map_err(|error| Problem::internal("writing the home page", &error))?;
    Ok(reply::page(&headers, html))
}

/// `GET /api/v1/figures`: the same figures with their definitions.
pub(crate) async fn figures(
    State(site): State<SiteState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let figures = read(&site).await?;
    Ok(reply::json(&headers, &api::document(&figures)).into_response())
}

/// Figures that contradict themselves are an error, never a page.
async fn read(site: &SiteState) -> Result<Arc<HomeFigures>, Problem> {
    let source = Arc::clone(&site.home);
    let checked = move || {
        let figures = source()?;
        figures.check()?;
        Ok(figures)
    };
    site.home_gate
        .get(checked)
        .await
        .map_err(|error| Problem::internal("reading the home page's figures", error.as_ref()))
}
