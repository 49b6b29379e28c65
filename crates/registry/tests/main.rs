//! The registry as its services, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is not set up must fail"
)]

mod suite {
    mod corners;
    mod crash;
    mod crash_script;
    mod damage;
    mod desk;
    mod disk;
    mod life;
    mod past;
    mod rule_queries;
    mod snapshot;
    mod statements;
    mod transfers;
    mod upload;
    mod worklist;
}
