//! The registry as its services, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is not set up must fail"
)]

mod suite {
    mod damage;
    mod life;
    mod statements;
    mod transfers;
    mod upload;
}
