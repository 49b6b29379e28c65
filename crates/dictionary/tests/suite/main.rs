//! Tests of the shipped dictionary and of what is made from it.

mod common;
mod diff;
mod exports;
mod findings;
mod load;
mod random;
mod rules;
mod runs;
mod schema;
