//! The directory as its services, on both engines.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that is not set up must fail")]

mod suite {
    mod audit;
    mod life;
    mod mails;
    mod pages;
    mod sign_in;
    mod world;
}
