//! Whether a release is still what was released, and whether its numbers can still be counted.

use std::sync::Arc;

use columns::{Schema, Store};

use crate::api::{Current, Insight};
use crate::open::release::make::{STORE, described, table};
use crate::open::release::{Contents, Entry, Held, ReleaseError, Shelf};
use crate::query::Query;

/// What a check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// Files whose checksum was compared.
    pub files: usize,
    /// Files that are missing or not what was released.
    pub damaged: Vec<String>,
    /// What counting again has found.
    pub recount: Recount,
}

/// What counting again has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recount {
    /// Answers that are the same, byte for byte, and tables whose answers are not.
    Counted {
        /// Tables that are the same.
        same: usize,
        /// Keys of those that are not, each with the reason.
        different: Vec<(String, String)>,
    },
    /// It cannot be counted again, and why.
    NotCounted(String),
}

impl CheckReport {
    /// Whether nothing is wrong. That another program cannot count again is no fault of the release.
    pub fn is_sound(&self) -> bool {
        let same = match &self.recount {
            Recount::Counted { different, .. } => different.is_empty(),
            Recount::NotCounted(_) => true,
        };
        self.damaged.is_empty() && same
    }
}

/// Compares every checksum, and counts every question again from the kept records. The insight should be a fresh one:
/// what it has answered for another release of the same version of the data would be taken for an answer of this one.
///
/// # Errors
/// When the questions cannot be asked at all.
pub fn check(
    insight: &Insight,
    schema: &Arc<Schema>,
    contents: &Contents,
    shelf: &Shelf,
    held: &Held,
) -> Result<CheckReport, ReleaseError> {
    let manifest = &held.manifest;
    let folder = shelf.folder(&manifest.id);
    let all: Vec<_> = manifest.files.iter().chain(&manifest.records).collect();
    let damaged: Vec<String> = all
        .iter()
        .filter(|file| !described(&folder, &file.path).is_ok_and(|found| found == ***file))
        .map(|file| file.path.clone())
        .collect();
    let recount = if damaged.iter().any(|path| path == STORE) {
        Recount::NotCounted("the kept records are damaged".to_owned())
    } else {
        recount(insight, schema, contents, shelf, held)?
    };
    Ok(CheckReport { files: all.len(), damaged, recount })
}

fn recount(
    insight: &Insight,
    schema: &Arc<Schema>,
    contents: &Contents,
    shelf: &Shelf,
    held: &Held,
) -> Result<Recount, ReleaseError> {
    let manifest = &held.manifest;
    let path = shelf.folder(&manifest.id).join(STORE);
    let store = match Store::open(&path, Arc::clone(schema)) {
        Ok((store, _)) => store,
        Err(error) => {
            let why = format!(
                "this program cannot read the kept records ({error}); they were kept by {} with dictionary {}",
                manifest.program_version, manifest.dictionary_version
            );
            return Ok(Recount::NotCounted(why));
        }
    };
    let Ok(as_of) = manifest.as_of.parse() else {
        return Ok(Recount::NotCounted("the manifest has no moment".to_owned()));
    };
    let version = manifest.data_version.clone();
    let kept = Current { store, as_of, version, invented: manifest.invented };
    let (mut same, mut different) = (0, Vec::new());
    for known in &manifest.tables {
        match differs(insight, contents, &kept, held, known, shelf)? {
            None => same += 1,
            Some(why) => different.push((known.key.clone(), why)),
        }
    }
    Ok(Recount::Counted { same, different })
}

/// How a table differs from what it was.
fn differs(
    insight: &Insight,
    contents: &Contents,
    kept: &Current,
    held: &Held,
    known: &super::Table,
    shelf: &Shelf,
) -> Result<Option<String>, ReleaseError> {
    let manifest = &held.manifest;
    let entry = contents.entries.iter().find(|entry| entry.key == known.key);
    // a figure may have been changed or taken out since: the question of the manifest is the one that counts
    let query = match Query::parse(insight.catalog(), &known.question) {
        Ok(query) => query,
        Err(error) => return Ok(Some(format!("the question is not understood any more: {error}"))),
    };
    let entry = Entry {
        key: known.key.clone(),
        section: known.section.clone(),
        title: known.title.clone(),
        definition: known.definition.clone(),
        query,
        figure: entry.and_then(|entry| entry.figure.clone()),
    };
    let (table, made) = table(insight, kept, &entry, manifest.year)?;
    if table.refused != known.refused {
        return Ok(Some("it may be shown now or may not be shown any more".to_owned()));
    }
    for (path, bytes) in made.iter().filter(|(path, _)| !is_picture(path)) {
        let before = std::fs::read(shelf.folder(&manifest.id).join(path)).ok();
        if before.as_deref() != Some(bytes.as_slice()) {
            return Ok(Some(format!("{path} is not the same")));
        }
    }
    Ok(None)
}

/// How charts are drawn may change; the numbers may not.
fn is_picture(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "svg")
}
