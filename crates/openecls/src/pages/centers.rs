//! The directory of centers.

use base::Clock;
use directory::centers::{CenterPages, Centers, routes};
use site::{Routes, Shell};

use crate::app::App;

/// The directory over the program's database.
pub(crate) fn directory(app: &App) -> Centers {
    Centers::new(app.db.clone(), Clock::system(), std::sync::Arc::clone(&app.ids))
}

/// Routes below `/centers` and `/chapters`.
pub(crate) fn centers(app: &App, shell: &Shell) -> Routes {
    routes(CenterPages::new(directory(app), shell.clone()))
}
