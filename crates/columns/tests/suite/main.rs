//! The store against a plain reading of the contract, and against SQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that is not set up must fail; numbers are small"
)]

mod agree;
mod damage;
mod generate;
mod naive;
#[cfg(feature = "parquet")]
mod parquet;
mod random;
mod sql;
mod work;
