//! Questions about submitted runs: one query value, one way to answer it, and what may be shown of the answer.

pub mod answer;
pub mod api;
pub mod condition;
pub mod dashboard;
pub mod disclosure;
pub mod feed;
pub mod figure;
pub mod live;
pub mod methods;
pub mod open;
pub mod query;
pub mod report;
pub mod shape;
pub mod summary;
mod web;

pub use shape::{Extra, Shape};
