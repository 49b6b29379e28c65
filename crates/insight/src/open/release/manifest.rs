//! What a release says of itself.

use serde::{Deserialize, Serialize};

/// The format that this program writes and reads.
pub(crate) const FORMAT: u32 = 1;

/// What a release is, with every file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of this manifest.
    pub format: u32,
    /// In addresses: year and number, such as `2025-1`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Runs started up to the end of this year.
    pub year: i32,
    /// When it was made (RFC 3339).
    pub made_at: String,
    /// The moment that the data stand for (RFC 3339).
    pub as_of: String,
    /// Version of the data.
    pub data_version: String,
    /// Version of the dictionary.
    pub dictionary_version: String,
    /// Version of the program.
    pub program_version: String,
    /// Runs in all, if that may be shown.
    pub runs: Option<u64>,
    /// Whether there are invented records among them.
    pub invented: bool,
    /// What the operator says of it.
    pub note: String,
    /// The limits of disclosure control.
    pub limits: Limits,
    /// One for each figure.
    pub tables: Vec<Table>,
    /// Files that are handed out.
    pub files: Vec<File>,
    /// Files that are kept and never handed out.
    pub records: Vec<File>,
}

/// The limits of disclosure control in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// The smallest group shown.
    pub least_units: u64,
    /// The fewest centers of a group.
    pub least_centers: u64,
    /// The fewest values behind a quantile.
    pub least_for_quantiles: u64,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// In addresses.
    pub key: String,
    /// Heading under which it stands.
    pub section: String,
    /// What it shows.
    pub title: String,
    /// How it is counted.
    pub definition: String,
    /// The question's one text.
    pub question: String,
    /// Who was counted, in words.
    pub population: String,
    /// Why it is not shown; then it has no files.
    pub refused: Option<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path in the folder of the release.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// That a release no longer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When (RFC 3339).
    pub at: String,
    /// Why.
    pub reason: String,
}

impl Manifest {
    /// A file that is handed out, by its path.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files of a table.
    pub fn files_of<'m>(&'m self, key: &'m str) -> impl Iterator<Item = &'m File> {
        self.files.iter().filter(move |file| {
            let name = file.path.strip_prefix("tables/");
            name.and_then(|name| name.rsplit_once('.')).is_some_and(|(stem, _)| stem == key)
        })
    }

    /// Lines as `sha256sum --check` reads them, for files in one folder.
    pub fn sums(&self) -> String {
        self.files.iter().fold(String::new(), |text, file| {
            let name = file.path.rsplit('/').next().unwrap_or_default();
            format!("{text}{}  {name}\n", file.sha256)
        })
    }

    /// One line to cite it by.
    pub fn citation(&self, link: &str) -> String {
        let invented = if self.invented { " Invented data." } else { "" };
        format!(
            "{}: runs started up to {}. Data as of {} (version {}).{invented} {link}",
            self.title,
            self.year,
            self.as_of.get(..10).unwrap_or(&self.as_of),
            self.data_version
        )
    }
}
