//! The releases that there are.

use std::fs;
use std::path::{Path, PathBuf};

use base::Instant;

use crate::open::release::manifest::FORMAT;
use crate::open::release::{Manifest, ReleaseError, Withdrawal, sha256};

const MANIFEST: &str = "manifest.json";
const WITHDRAWN: &str = "withdrawn.json";

/// A folder of releases.
#[derive(Debug, Clone)]
pub struct Shelf {
    folder: PathBuf,
}

/// One release as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What it is.
    pub manifest: Manifest,
    /// SHA-256 of the manifest's file: the checksum of the release.
    pub sha256: String,
    /// Whether it still stands.
    pub withdrawn: Option<Withdrawal>,
}

impl Shelf {
    /// Over a folder, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder of a release.
    pub fn folder(&self, id: &str) -> PathBuf {
        self.folder.join(id)
    }

    /// The folder of all releases.
    pub(super) fn root(&self) -> &Path {
        &self.folder
    }

    /// All releases, the newest year first.
    ///
    /// # Errors
    /// When the folder or a manifest cannot be read.
    pub fn all(&self) -> Result<Vec<Held>, ReleaseError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ReleaseError::at(&self.folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let name = entry.map_err(ReleaseError::at(&self.folder))?.file_name();
            if let Some(id) = name.to_str().filter(|name| numbers(name).is_some()) {
                found.push(self.get(id)?);
            }
        }
        found.sort_by_key(|held| std::cmp::Reverse(numbers(&held.manifest.id)));
        Ok(found)
    }

    /// One release.
    ///
    /// # Errors
    /// When there is none of this id, or it cannot be read.
    pub fn get(&self, id: &str) -> Result<Held, ReleaseError> {
        let unknown = || ReleaseError::Unknown(id.to_owned());
        // an id is two numbers, so it never leads out of the folder
        numbers(id).ok_or_else(unknown)?;
        let path = self.folder(id).join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(unknown()),
            Err(error) => return Err(ReleaseError::at(&path)(error)),
        };
        let manifest: Manifest = json(&path, &bytes)?;
        if manifest.format != FORMAT {
            return Err(ReleaseError::Format {
                id: id.to_owned(),
                found: manifest.format,
                known: FORMAT,
            });
        }
        if manifest.id != id {
            let (id, path) = (id.to_owned(), MANIFEST.to_owned());
            return Err(ReleaseError::Changed { id, path });
        }
        Ok(Held { manifest, sha256: sha256(&bytes), withdrawn: self.withdrawal(id)? })
    }

    /// The manifest as it was written.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn manifest(&self, id: &str) -> Result<Vec<u8>, ReleaseError> {
        self.get(id)?;
        let path = self.folder(id).join(MANIFEST);
        fs::read(&path).map_err(ReleaseError::at(&path))
    }

    /// A file that is handed out: only what the manifest lists, and only while it is what was released.
    ///
    /// # Errors
    /// When there is no such file, the release was withdrawn, or the file was changed.
    pub fn read(&self, held: &Held, path: &str) -> Result<Vec<u8>, ReleaseError> {
        let id = &held.manifest.id;
        if held.withdrawn.is_some() {
            return Err(ReleaseError::Withdrawn(id.clone()));
        }
        let file = held.manifest.file(path);
        let file = file.ok_or_else(|| ReleaseError::Unknown(format!("{id}/{path}")))?;
        let place = self.folder(id).join(&file.path);
        let bytes = fs::read(&place).map_err(ReleaseError::at(&place))?;
        if sha256(&bytes) != file.sha256 {
            return Err(ReleaseError::Changed { id: id.clone(), path: path.to_owned() });
        }
        Ok(bytes)
    }

    /// Says that a release no longer stands. Its manifest stays.
    ///
    /// # Errors
    /// When there is no such release, it was withdrawn already, or the folder cannot be written.
    pub fn withdraw(&self, id: &str, reason: &str, now: Instant) -> Result<(), ReleaseError> {
        if self.get(id)?.withdrawn.is_some() {
            return Err(ReleaseError::Withdrawn(id.to_owned()));
        }
        let withdrawal =
            Withdrawal { at: now.timestamp().to_string(), reason: reason.trim().to_owned() };
        let text = serde_json::to_string_pretty(&withdrawal)?;
        let folder = self.folder(id);
        // complete or not at all
        let (path, new) = (folder.join(WITHDRAWN), folder.join(".withdrawn.json"));
        fs::write(&new, text).map_err(ReleaseError::at(&new))?;
        fs::rename(&new, &path).map_err(ReleaseError::at(&path))
    }

    fn withdrawal(&self, id: &str) -> Result<Option<Withdrawal>, ReleaseError> {
        let path = self.folder(id).join(WITHDRAWN);
        match fs::read(&path) {
            Ok(bytes) => json(&path, &bytes).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ReleaseError::at(&path)(error)),
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, ReleaseError> {
    serde_json::from_slice(bytes)
        .map_err(|source| ReleaseError::Manifest { path: path.display().to_string(), source })
}

/// Year and number of an id: `2025-1`.
pub(super) fn numbers(id: &str) -> Option<(u16, u16)> {
    let (year, number) = id.split_once('-')?;
    let digits = |text: &str, most: usize| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        (plain && (1..=most).contains(&text.len())).then(|| text.parse().ok()).flatten()
    };
    let year = digits(year, 4).filter(|year| *year >= 1000)?;
    Some((year, digits(number, 3)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_year_and_a_number_and_leads_nowhere_else() {
        assert_eq!(numbers("2025-1"), Some((2025, 1)));
        for id in ["", "2025", "2025-", "-1", "..", "2025-01", "2025-1/..", "+025-1", "2025-1000"] {
            assert_eq!(numbers(id), None, "{id}");
        }
    }
}
