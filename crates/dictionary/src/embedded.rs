//! The dictionary files as compiled in.

use crate::load::File;

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/dictionary_files.rs"));

/// Every file of the shipped dictionary.
pub(crate) fn files() -> Vec<File> {
    FILES.iter().map(|(name, text)| File { name: (*name).into(), text: (*text).into() }).collect()
}
