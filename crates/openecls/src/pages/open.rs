//! Methods, releases, and what catalogs and feeds read.

use std::sync::Arc;

use anyhow::Context;
use insight::api::Insight;
use insight::figure::Book;
use insight::open::Open;
use insight::open::release::Shelf;
use site::Routes;
use site::Shell;

use crate::app::App;
use crate::commands::releases::FOLDER;

/// Routes of the methods and of the releases.
pub(super) fn routes(
    app: &App,
    insight: &Insight,
    book: &Book,
    shell: &Shell,
) -> anyhow::Result<Routes> {
    let methods =
        insight::methods::routes(insight.catalog(), book, shell).context("writing the methods")?;
    let shelf = Shelf::new(app.settings.data.join(FOLDER));
    let live = insight.clone();
    let current = Arc::new(move || live.current());
    let open = Open::new(shelf, current, shell.clone(), app.settings.publisher.clone());
    Ok(methods.merge(insight::open::routes(open)))
}
