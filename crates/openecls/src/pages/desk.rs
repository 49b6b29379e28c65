//! The data manager's desk.

use std::sync::Arc;

use ::desk::Desk;
use ::desk::upload::Uploads;
use anyhow::Context;
use site::{Routes, Shell};

use crate::app::App;

/// Folder in the data folder where uploaded files lie until they are applied.
const FOLDER: &str = "uploads";
/// The largest file that a page takes, in bytes; larger ones are imported on the command line. What the site takes
/// as a request must be a little more.
pub(crate) const MOST_BYTES: u64 = 100_000_000;

/// Routes of the desk.
pub(crate) fn routes(app: &App, shell: &Shell) -> anyhow::Result<Routes> {
    let folder = app.settings.data.join(FOLDER);
    let shown = folder.display().to_string();
    let uploads = Uploads::new(folder, app.codes()?, Arc::clone(&app.ids), MOST_BYTES)
        .with_context(|| format!("making the folder {shown}"))?;
    Ok(::desk::routes(Desk::new(app.registry.clone(), shell.clone()).with_uploads(uploads)))
}
