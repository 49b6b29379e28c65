//! What a folder's invented registry was made of.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// Kept beside the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// Submitted runs.
    pub(super) runs: u64,
    /// Where chance starts.
    pub(super) seed: u64,
    /// Whether all of it is written.
    pub(super) complete: bool,
    /// Version of the program that began it.
    program: String,
    /// Version of the dictionary that it is written in.
    dictionary: String,
}

impl Note {
    /// Of a registry that this program begins.
    pub(super) fn new(dictionary: &str, runs: u64, seed: u64) -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { runs, seed, complete: false, program, dictionary: dictionary.to_owned() }
    }

    /// The same when all of it is written.
    pub(super) fn completed(self) -> Self {
        Self { complete: true, ..self }
    }

    pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = path(folder);
        if !path.exists() {
            return Ok(None);
        }
        let shown = path.display();
        let text = fs::read_to_string(&path).with_context(|| format!("reading {shown}"))?;
        toml::from_str(&text).map(Some).with_context(|| format!("in {shown}"))
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = path(folder);
        let text = toml::to_string(self).context("writing the note")?;
        let text = format!("# written by `openecls demo`: everything here is invented\n{text}");
        // under another name until it is whole
        let new = path.with_extension("new");
        fs::write(&new, text)
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| format!("writing {}", path.display()))
    }
}

/// Where it lies.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("demo.toml")
}
