//! The data manager's desk: the worklist of a center, forms made from the dictionary, signing, queries, uploads.
//!
//! [`Desk`] holds what its pages need; [`routes`] gives the declared routes that the program mounts. Every page takes
//! the visitor from the request, asks the registry's services, which decide what the actor may see, and answers
//! another center's record with "not found".

mod answer;
pub mod api;
pub mod export;
pub mod forms;
pub mod quality;
pub mod queries;
pub mod reminders;
pub mod run;
pub mod start;
pub mod timeline;
pub mod transfers;
pub mod upload;
pub mod worklist;

use std::sync::Arc;

use base::Clock;
use registry::Registry;
use site::{Routes, Shell};

/// What the desk's pages need. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The records.
    pub registry: Registry,
    /// The page around every page.
    pub shell: Shell,
    /// The clock.
    pub clock: Clock,
    /// Where uploaded files are kept until they are applied; nothing when pages take none.
    pub uploads: Option<upload::Uploads>,
    /// Where exports are written until they are fetched; nothing when pages make none.
    pub exports: Option<export::Exports>,
    pub(crate) all_centers: quality::Kept,
}

impl Desk {
    /// The desk on a registry.
    pub fn new(registry: Registry, shell: Shell) -> Self {
        let clock = registry.clock().clone();
        let all_centers = quality::Kept::default();
        Self { registry, shell, clock, uploads: None, exports: None, all_centers }
    }

    /// The same, taking files.
    #[must_use]
    pub fn with_uploads(self, uploads: upload::Uploads) -> Self {
        Self { uploads: Some(uploads), ..self }
    }

    /// The same, making files.
    #[must_use]
    pub fn with_exports(self, exports: export::Exports) -> Self {
        Self { exports: Some(exports), ..self }
    }
}

/// All pages of the desk, each declared with whoever may call it.
pub fn routes(desk: Desk) -> Routes {
    let desk = Arc::new(desk);
    Routes::new()
        .merge(forms::routes())
        .merge(worklist::routes())
        .merge(run::routes())
        .merge(queries::routes())
        .merge(start::routes())
        .merge(upload::routes())
        .merge(export::routes())
        .merge(reminders::routes())
        .merge(transfers::routes())
        .merge(quality::routes())
        .merge(api::routes())
        .with_state(desk)
}
