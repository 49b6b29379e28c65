//! From the registry to the store, kept current.
//!
//! [`Hub`] owns one thread that reads. At start it opens the snapshot file, or reads everything; then it follows the
//! audit chains twice a second and makes a new [`Served`] of what has changed. Pages take the current one and are
//! never kept waiting. Several programs on one database each follow for themselves.

mod hub;
mod ledger;
mod make;
mod note;
mod public;
#[cfg(test)]
pub(crate) mod world;

use std::sync::Arc;

use base::{CenterId, Instant};
use columns::Store;

pub use hub::{Hub, HubOptions, HubStatus, Loading};
pub use make::NUMBER_DECIMALS;
pub use public::Batch;
pub use registry::DataVersion;

/// One state of the registry, ready for questions.
#[derive(Clone)]
pub struct Served {
    /// All counted runs.
    pub store: Store,
    /// What the columns mean.
    pub shape: Arc<crate::Shape>,
    /// The version of the data; the same for every program on the same database.
    pub version: DataVersion,
    /// When the store was last known to be everything there is.
    pub as_of: Instant,
    /// Centers by their dense number.
    pub centers: Arc<CenterTable>,
}

/// One center as questions see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CenterEntry {
    /// Its id.
    pub id: CenterId,
    /// Its number in the directory.
    pub number: String,
    /// Its name.
    pub name: String,
    /// ISO 3166 alpha-2 code of its country, or empty.
    pub country: String,
    /// Chapter (list `elso_chapter`), or empty.
    pub chapter: String,
    /// Made up, to try the program out.
    pub invented: bool,
}

/// Centers by the dense number that stands in the column `center`. A number, once given, stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CenterTable {
    entries: Vec<CenterEntry>,
}

impl CenterTable {
    /// Centers in the order of their dense numbers.
    pub const fn new(entries: Vec<CenterEntry>) -> Self {
        Self { entries }
    }

    /// All of them in the order of their dense numbers.
    pub fn entries(&self) -> &[CenterEntry] {
        &self.entries
    }

    /// The center of a dense number.
    pub fn get(&self, key: u32) -> Option<&CenterEntry> {
        self.entries.get(usize::try_from(key).ok()?)
    }

    /// The dense number of a center.
    pub fn key_of(&self, id: CenterId) -> Option<u32> {
        self.entries
            .iter()
            .position(|entry| entry.id == id)
            .and_then(|place| u32::try_from(place).ok())
    }

    /// The dense number of the center with this number in the directory.
    pub fn key_of_number(&self, number: &str) -> Option<u32> {
        self.entries
            .iter()
            .position(|entry| entry.number == number)
            .and_then(|place| u32::try_from(place).ok())
    }
}
