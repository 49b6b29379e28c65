//! The built program, driven as an operator drives it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is not set up must fail"
)]

mod suite {
    mod backup;
    mod crash;
    mod damage;
    mod demo;
    mod doctor;
    mod fidelity;
    mod mapping;
    mod readme;
    mod releases;
    mod reports;
    mod serve;
    mod story;
    mod support;
}
