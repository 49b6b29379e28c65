//! The data manager's desk.

use std::sync::Arc;

use ::desk::Desk;
use ::desk::export::Exports;
use ::desk::upload::Uploads;
use anyhow::Context;
use site::{Routes, Shell};

use crate::app::App;

/// Folder in the data folder where uploaded files lie until they are applied.
pub(crate) const UPLOADS: &str = "uploads";
/// Folder in the data folder where exports lie for an hour.
pub(crate) const EXPORTS: &str = "exports";
/// The largest file that a page takes, in bytes; larger ones are imported on the command line. What the site takes
/// as a request must be a little more.
pub(crate) const MOST_BYTES: u64 = 100_000_000;

/// Routes of the desk.
pub(crate) fn routes(app: &App, shell: &Shell) -> anyhow::Result<Routes> {
    let folder = app.settings.data.join(UPLOADS);
    let shown = folder.display().to_string();
    let (codes, ids) = (app.codes()?, Arc::clone(&app.ids));
    let uploads = Uploads::open(&app.registry, folder, codes, ids, MOST_BYTES)
        .with_context(|| format!("making the folder {shown}"))?;
    let folder = app.settings.data.join(EXPORTS);
    let shown = folder.display().to_string();
    let exports = Exports::open(folder, app.codes()?, Arc::clone(&app.ids))
        .with_context(|| format!("making the folder {shown}"))?;
    let desk = Desk::new(app.registry.clone(), shell.clone());
    Ok(::desk::routes(desk.with_uploads(uploads).with_exports(exports)))
}
