//! Tests of the shipped dictionary and of what is made from it.

mod common;
mod rules;
mod runs;
