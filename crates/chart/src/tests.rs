//! Tests of all charts together.

mod colors;
mod drawn;
mod markup;
mod random;
mod samples;
