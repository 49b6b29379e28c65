//! The directory: people, how they sign in, what they may do, and the centers and chapters they belong to.
//!
//! [`People`] is the service: synchronous, over one database, with clock, ids and randomness passed in. Every change
//! is one transaction that also writes a row of the hash-chained `access_audit` ([`audit::Trail`]).

pub mod audit;
pub mod centers;
pub mod first_start;
pub mod outside;
pub mod people;
pub mod sign_in;

pub use people::{People, PeopleError, PeopleSettings};
