//! The capacity map.

use std::path::Path;
use std::sync::Arc;

use ::capacity::{
    Cadences, Capacity, CapacityAlerts, CapacityDevices, CapacityPages, CapacityReminders,
};
use anyhow::Context;
use base::{Actor, CenterId};
use directory::People;
use directory::centers::AgeGroup;
use registry::{Registry, RegistryError};
use site::{Routes, Shell};

use crate::app::App;

/// The service over the program's database.
pub(crate) fn service(app: &App) -> anyhow::Result<Capacity> {
    if let Some(known) = app.capacity.get() {
        return Ok(known.clone());
    }
    let clock = app.registry.clock().clone();
    let centers = super::directory(app);
    let ids = Arc::clone(&app.ids);
    let capacity = Capacity::new(app.db.clone(), clock, ids, centers, Cadences::default())
        .context("making the capacity service")?;
    let registry = app.registry.clone();
    let capacity =
        capacity.beside(Arc::new(move |actor, center| on_ecls(&registry, actor, center)));
    Ok(app.capacity.get_or_init(|| capacity).clone())
}

/// A hint beside a report: a registry that does not answer must not keep a center from reporting.
fn on_ecls(registry: &Registry, actor: &Actor, center: CenterId) -> Vec<(AgeGroup, i64)> {
    match registry.on_ecls(actor, center) {
        Ok(runs) => {
            let known = |(age, runs): (String, i64)| Some((AgeGroup::from_word(&age)?, runs));
            runs.into_iter().filter_map(known).collect()
        }
        Err(RegistryError::Refused(_)) => Vec::new(),
        Err(error) => {
            tracing::warn!(%error, "the registry does not tell its open runs");
            Vec::new()
        }
    }
}

/// Reminders of reports that are due.
pub(crate) fn reminders(app: &App, people: &People) -> anyhow::Result<CapacityReminders> {
    Ok(CapacityReminders::new(service(app)?, people.clone()))
}

/// Subscriptions, and the sweep that looks and sends.
pub(crate) fn alerts(app: &App, people: &People) -> anyhow::Result<CapacityAlerts> {
    Ok(CapacityAlerts::new(service(app)?, people.clone(), app.settings.private_webhooks))
}

/// Writes the telephone numbers of all centers anew, for when the program is down. Each file is there whole at any moment.
pub(crate) fn emergency_list(capacity: &Capacity, folder: &Path, base: &str) -> anyhow::Result<()> {
    let files = capacity.emergency_files(base)?;
    let told = || format!("writing the emergency list to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(told)?;
    for (name, text) in [("index.html", &files.html), ("centers.csv", &files.csv)] {
        let partial = folder.join(format!(".{name}.{}", std::process::id()));
        std::fs::write(&partial, text).with_context(told)?;
        std::fs::rename(&partial, folder.join(name)).with_context(told)?;
    }
    Ok(())
}

/// What open maps follow.
pub(crate) fn pulse(app: &App) -> anyhow::Result<insight::live::Pulse> {
    let capacity = service(app)?;
    Ok(Arc::new(move || match capacity.current() {
        Ok(snapshot) => Some(snapshot.stamp()),
        Err(error) => {
            tracing::error!(%error, "capacity cannot be read; open maps are told nothing");
            None
        }
    }))
}

/// Routes below `/capacity`.
pub(super) fn routes(app: &App, people: &People, shell: &Shell) -> anyhow::Result<Routes> {
    let pages = CapacityPages::new(service(app)?, shell.clone());
    let pages = pages.at(people.settings().base_url.clone());
    let pages = pages.with_reminders(reminders(app, people)?).with_alerts(alerts(app, people)?);
    let pages = pages.with_devices(CapacityDevices::new(service(app)?, people.clone()));
    Ok(::capacity::routes(pages))
}
