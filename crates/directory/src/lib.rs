//! The directory: people, how they sign in, what they may do, and the centers and chapters they belong to.

pub mod centers;
