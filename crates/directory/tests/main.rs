//! The directory as its services, on both engines.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that is not set up must fail"
)]

mod suite {
    mod attack;
    mod audit;
    mod authenticator;
    mod browser;
    mod first_start;
    mod life;
    mod mails;
    mod pages;
    mod passkeys;
    mod service;
    mod sign_in;
    mod sso;
    mod world;
}
