//! The pages and the API over submitted runs.

use std::sync::Arc;

use anyhow::Context;
use insight::Shape;
use insight::api::{Current, CurrentData, Insight};
use insight::condition::ConditionPages;
use insight::dashboard::{CountersSource, Dashboard};
use insight::feed::{Hub, Served};
use insight::query::Catalog;
use insight::summary::SummaryPages;
use site::Routes;
use site::Shell;

use crate::app::App;
use crate::commands::conditions::FOLDER;

/// Memory for answers that were given already.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// What answers questions about the registry.
pub(crate) fn insight(app: &App, hub: &Hub) -> anyhow::Result<Insight> {
    let shape = Shape::of(&app.dictionary);
    let catalog = Catalog::new(&shape, Arc::clone(&app.dictionary))
        .context("reading the names of columns")?;
    Ok(Insight::with_public(catalog, current(hub), public(hub), CACHE_BYTES)
        .describing(super::whole::described()))
}

/// Routes of the dashboard, of questions and of their description.
pub(crate) fn registry(
    app: &App,
    hub: &Hub,
    insight: Insight,
    shell: &Shell,
) -> anyhow::Result<Routes> {
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
    drop(tokio::spawn(warm(hub.clone(), dashboard.clone())));
    let folder = app.settings.data.join(FOLDER);
    let conditions = ConditionPages::new(insight.clone(), shell.clone(), Some(folder))
        .context("reading the conditions")?;
    let summary = SummaryPages::new(insight.clone(), shell.clone())
        .context("reading the tables of the summary")?;
    let open = super::open::routes(app, &insight, dashboard.book(), shell)?;
    let reports =
        insight::condition::routes(conditions).merge(insight::summary::routes(summary)).merge(open);
    Ok(insight::api::routes(insight).merge(reports).merge(insight::dashboard::routes(dashboard)))
}

/// The newest state of the data; nothing while it is being read for the first time.
pub(crate) fn current(hub: &Hub) -> CurrentData {
    let hub = hub.clone();
    Arc::new(move || Some(state(hub.current().ok()?.as_ref())))
}

/// The state that public answers come from.
pub(crate) fn public(hub: &Hub) -> CurrentData {
    let hub = hub.clone();
    Arc::new(move || Some(state(hub.public().ok()?.as_ref())))
}

fn state(served: &Served) -> Current {
    Current {
        store: served.store.clone(),
        as_of: served.as_of,
        version: served.version.to_string(),
        invented: served.centers.entries().iter().any(|center| center.invented),
    }
}

/// Counts the dashboard beforehand for each new public state, so that no reader waits for it.
async fn warm(hub: Hub, dashboard: Dashboard) {
    let mut changed = hub.public_changed();
    loop {
        let work = dashboard.clone();
        match tokio::task::spawn_blocking(move || work.warm()).await {
            Ok(figures) => tracing::info!(figures, "counted the dashboard beforehand"),
            Err(error) => tracing::error!("counting the dashboard beforehand stopped: {error}"),
        }
        if changed.changed().await.is_err() {
            return;
        }
    }
}
