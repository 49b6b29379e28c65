//! Frozen releases: public tables that stay as they are, and what is needed to count them again.
//!
//! A release is a folder `releases/{id}` in the data folder:
//!
//! ```text
//! manifest.json       what it is, and size and SHA-256 of every other file
//! tables/{key}.csv    one table for each figure, under disclosure control; also .json, and .svg where it is drawn
//! records/            the column store that was counted, as snapshot and as Parquet; never handed out
//! withdrawn.json      only when it was withdrawn: when and why
//! ```
//!
//! The tables are questions about runs started up to the end of a year, asked of the *whole* store, so that disclosure
//! control sees what else is shown. A store cut at the year would not know that three runs of the new year follow
//! from the live total and the release.

mod check;
mod contents;
mod make;
mod manifest;
mod shelf;

pub use check::{CheckReport, Recount, check};
pub use contents::{Contents, Entry};
pub use make::{NewRelease, make};
pub use manifest::{File, Limits, Manifest, Table, Withdrawal};
pub use shelf::{Held, Shelf};

/// What is wrong with a release, or with making one.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A manifest that cannot be read.
    #[error("{path} cannot be read: {source}")]
    Manifest {
        /// Which.
        path: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A manifest of another format.
    #[error("release {id} has format {found}; this program reads format {known}")]
    Format {
        /// Which release.
        id: String,
        /// Its format.
        found: u32,
        /// The one that is read.
        known: u32,
    },
    /// There is no such release.
    #[error("there is no release {0}")]
    Unknown(String),
    /// The year has not ended.
    #[error("the year {0} has not ended at the as-of time; a release is made of whole years")]
    YearOpen(i32),
    /// There is one already.
    #[error("release {0} is of the same year; withdraw it first if it is wrong")]
    Twice(String),
    /// What it would add to a release that was public could be a few people.
    #[error(
        "it differs from release {id} by {difference} run(s) in all; fewer than {least} would follow by subtraction"
    )]
    TooClose {
        /// The other release.
        id: String,
        /// By how many runs.
        difference: u64,
        /// How many are needed.
        least: u64,
    },
    /// It was withdrawn already.
    #[error("release {0} was withdrawn already")]
    Withdrawn(String),
    /// A file is not the one that was released.
    #[error("{path} of release {id} was changed: its checksum is not that of the manifest")]
    Changed {
        /// Which release.
        id: String,
        /// Which file.
        path: String,
    },
    /// A question cannot be asked.
    #[error(transparent)]
    Query(#[from] crate::query::QueryError),
    /// A question could not be answered.
    #[error(transparent)]
    Ask(#[from] crate::api::AskError),
    /// The column store cannot be written or read.
    #[error("the column store cannot be kept: {0}")]
    Columns(#[from] columns::ColumnsError),
    /// An answer cannot be written.
    #[error("an answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl ReleaseError {
    /// An error of a path.
    pub(crate) fn at(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { path, source }
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |text, byte| format!("{text}{byte:02x}"))
}
