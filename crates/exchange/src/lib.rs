#![doc = include_str!("../README.md")]

mod codemap;
mod csv;
mod guard;
mod known;
mod open;
mod record;
mod sniff;
mod xml;

pub use codemap::{CodeMap, MapProblem, MissingNumber};
pub use csv::{CsvReader, FolderWriter, Shape, WideWriter, folder_template, wide_template};
pub use open::open;
pub use xml::{NAMESPACE, Outline, OutlineError, Unwritable, Why, XmlFormat, XmlReader, XmlWriter};
