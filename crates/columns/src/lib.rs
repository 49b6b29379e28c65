//! A typed column store for submitted runs.
//!
//! Immutable segments of columns, answered by counting. Pure: no clock, no network, no database.

mod query;
mod record;
mod schema;

pub use query::{
    Answer, By, Cell, Counts, Filter, Key, Measure, Panel, Select, Slot, Test, Unit,
};
pub use record::{Change, Record, RecordKey, Value};
pub use schema::{ColumnRef, ColumnSpec, Kind, Schema, TableSpec};
