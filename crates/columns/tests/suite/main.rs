//! The store against a plain reading of the contract, and against SQL.

mod agree;
mod damage;
mod generate;
mod naive;
#[cfg(feature = "parquet")]
mod parquet;
mod random;
mod sql;
mod work;
