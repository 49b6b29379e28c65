//! What tests, benchmarks and the shipped sample stand on: temporary databases on both engines, a registry
//! with a clock that stands still, and invented patients.

#[cfg(feature = "databases")]
#[expect(clippy::panic, reason = "a test that has no database must fail")]
pub mod database;
#[cfg(feature = "databases")]
#[expect(clippy::expect_used, reason = "a test that has no mail server must fail")]
pub mod mail;
#[cfg(feature = "databases")]
#[expect(clippy::expect_used, reason = "a test that cannot be set up must fail")]
mod many;
#[cfg(feature = "databases")]
#[expect(clippy::expect_used, reason = "a test that cannot be set up must fail")]
pub mod records;
pub mod synthetic;
pub mod world;
