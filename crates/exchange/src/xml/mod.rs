//! The registry's XML upload format: read leniently, written strictly.

mod layout;
mod leaf;
mod names;
mod outline;
mod reader;
mod refusal;
mod render;
mod render_rest;
mod text;
mod tree;
mod writer;

pub use outline::{Outline, OutlineError};
pub use reader::XmlReader;
pub use render::XmlFormat;
pub use text::{Unwritable, Why};
pub use writer::XmlWriter;

pub(crate) use outline::Level;

/// The namespace of the format.
pub const NAMESPACE: &str = "urn:run-schema";
