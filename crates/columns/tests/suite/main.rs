//! The store against a plain reading of the contract, and against SQL.

mod agree;
mod damage;
mod generate;
mod naive;
mod random;
mod sql;
mod work;
