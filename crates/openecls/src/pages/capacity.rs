//! The capacity map.

use std::sync::Arc;

use ::capacity::{Cadences, Capacity, CapacityPages};
use anyhow::Context;
use site::{Routes, Shell};

use crate::app::App;

/// The service over the program's database.
pub(crate) fn service(app: &App) -> anyhow::Result<Capacity> {
    let clock = app.registry.clock().clone();
    let centers = super::directory(app);
    Capacity::new(app.db.clone(), clock, Arc::clone(&app.ids), centers, Cadences::default())
        .context("making the capacity service")
}

/// Routes below `/capacity`.
pub(super) fn routes(app: &App, shell: &Shell) -> anyhow::Result<Routes> {
    Ok(::capacity::routes(CapacityPages::new(service(app)?, shell.clone())))
}
