//! A typed column store for submitted runs.
//!
//! Immutable segments of columns, answered by counting. Pure: no clock, no network, no database.

mod answer;
mod bits;
mod builder;
mod column;
mod error;
mod layout;
mod lazy;
mod packed;
#[cfg(feature = "parquet")]
mod parquet;
mod query;
mod record;
mod schema;
mod segment;
mod snapshot;
mod store;

pub use answer::{Places, Work};
pub use builder::Builder;
pub use error::{ColumnsError, OpenError};
pub use query::{Answer, By, Cell, Counts, Filter, Key, Measure, Panel, Select, Slot, Test, Unit};
pub use record::{Change, Record, RecordKey, Value};
pub use schema::{ColumnRef, ColumnSpec, Kind, Schema, TableSpec};
pub use store::{Memory, Store};
