//! The acceptance tests of the specification that the pure core answers, by their numbers, and what must hold for
//! every history.

#![expect(clippy::unwrap_used, reason = "a test that is not set up must fail")]

mod age;
mod common;
mod log;
mod people;
mod place;
mod properties;
mod rules;
mod search;
mod upload;
