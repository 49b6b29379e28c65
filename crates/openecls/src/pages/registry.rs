//! The pages and the API over submitted runs.

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use insight::Shape;
use insight::api::{Current, CurrentData, Insight};
use insight::condition::ConditionPages;
use insight::dashboard::{CountersSource, Dashboard};
use insight::feed::Hub;
use insight::query::Catalog;
use insight::summary::SummaryPages;
use site::Shell;

use crate::app::App;
use crate::commands::conditions::FOLDER;

/// Memory for answers that were given already.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// Routes of the dashboard, of questions and of their description.
pub(crate) fn registry(app: &App, hub: &Hub, shell: &Shell) -> anyhow::Result<Router> {
    let shape = Shape::of(&app.dictionary);
    let catalog = Catalog::new(&shape, Arc::clone(&app.dictionary))
        .context("reading the names of columns")?;
    let insight = Insight::new(catalog, current(hub), CACHE_BYTES);
    let registry = app.registry.clone();
    let counters: CountersSource = Arc::new(move || {
        let figures = registry.figures()?;
        Ok((
            figures.year,
            figures.submitted,
            figures.started_this_year,
            figures.submitted_this_year,
        ))
    });
    let dashboard = Dashboard::new(insight.clone(), shell.clone(), counters)
        .context("reading the figures of the dashboard")?;
    let folder = app.settings.data.join(FOLDER);
    let conditions = ConditionPages::new(insight.clone(), shell.clone(), Some(folder))
        .context("reading the conditions")?;
    let summary = SummaryPages::new(insight.clone(), shell.clone())
        .context("reading the tables of the summary")?;
    let open = super::open::routes(app, &insight, dashboard.book(), shell)?;
    let reports = insight::condition::routes(conditions).merge(insight::summary::routes(summary)).merge(open);
    Ok(insight::api::routes(insight).merge(reports).merge(insight::dashboard::routes(dashboard)))
}

/// The newest state of the data; nothing while it is being read for the first time.
pub(crate) fn current(hub: &Hub) -> CurrentData {
    let hub = hub.clone();
    Arc::new(move || {
        let served = hub.current().ok()?;
        Some(Current {
            store: served.store.clone(),
            as_of: served.as_of,
            version: served.version.to_string(),
            invented: served.centers.entries().iter().any(|center| center.invented),
        })
    })
}
