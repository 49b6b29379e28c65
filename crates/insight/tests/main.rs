//! Questions about submitted runs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is not set up must fail"
)]
#![expect(clippy::cast_precision_loss, reason = "the invented registry is small")]

mod suite {
    mod answer;
    pub(crate) mod api;
    pub(crate) mod builder;
    pub(crate) mod common;
    mod open;
    mod public;
    mod query;
    mod reports;
    pub(crate) mod world;
}
