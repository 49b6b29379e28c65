//! Tests of the directory of centers, on both engines and over HTTP.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that is not set up must fail")]

mod claims;
mod codes;
mod common;
mod edit;
mod forms;
mod pages;
mod web;
mod world;
