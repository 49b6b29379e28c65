//! What can go wrong.

use std::io;
use std::sync::Arc;

/// A record, a question or a file that cannot be taken.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnsError {
    /// The schema contradicts itself.
    #[error("schema: {0}")]
    Schema(String),
    /// A row has too many or too few values.
    #[error("record: table `{table}` takes {expected} values a row, not {got}")]
    Width {
        /// The table's key.
        table: String,
        /// Columns of the table.
        expected: usize,
        /// Values given.
        got: usize,
    },
    /// A value that its column cannot hold.
    #[error("record: column `{column}` cannot hold {what}")]
    Value {
        /// The column, with its table in front.
        column: String,
        /// The kind of value; never the value itself.
        what: &'static str,
    },
    /// A part that hangs on nothing.
    #[error("record: part {place} hangs on a row that the record does not have")]
    Part {
        /// The part's place in the record.
        place: usize,
    },
    /// More rows than a store can count.
    #[error("the store is full: table `{table}` would pass 4,294,967,295 rows")]
    Full {
        /// The table's key.
        table: String,
    },
    /// A question that makes no sense for this schema.
    #[error("query: {0}")]
    Query(String),
    /// The snapshot file behind the store cannot be read any more, or was damaged.
    #[error("snapshot: {0}")]
    Snapshot(Arc<OpenError>),
    /// A file cannot be written.
    #[error("cannot write: {0}")]
    Write(Arc<io::Error>),
}

impl From<io::Error> for ColumnsError {
    fn from(error: io::Error) -> Self {
        Self::Write(Arc::new(error))
    }
}

impl From<OpenError> for ColumnsError {
    fn from(error: OpenError) -> Self {
        Self::Snapshot(Arc::new(error))
    }
}

/// A snapshot file that cannot be used. The store is to be built anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file system says no.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// Some other file.
    #[error("the file is not a column snapshot")]
    NotASnapshot,
    /// Written by another version of this program.
    #[error("the file has format {found}, this program reads {known}")]
    Format {
        /// The file's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Made for other tables or columns.
    #[error("the file was made for another schema")]
    Schema,
    /// Not what was once written.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}
