//! Daily series of other registers, taken in from their open data and shown beside ours.
//!
//! A register is a network of regions that report to somebody else. Its numbers are shown as they were published, with
//! the number of areas that reported beside them; what was not given is missing and never zero.

mod divi;
mod kept;
mod read;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use divi::INTENSIVREGISTER;
pub use kept::{KeptRegister, REGISTER_STATEMENTS, Region};
pub use read::{File, ReadError, read};

/// One column that is taken in: its name in the file, the name here, and what people read.
#[derive(Debug)]
pub struct Column {
    /// In the file.
    pub source: &'static str,
    /// Here.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
}

/// One file of a register.
#[derive(Debug)]
pub struct Table {
    /// Its name, without `.gz`.
    pub file: &'static str,
    /// The column that says for whom; none when everybody is meant.
    pub population: Option<&'static str>,
    /// What that column holds, with the name here.
    pub populations: &'static [(&'static str, &'static str)],
    /// Its numbers.
    pub columns: &'static [Column],
}

/// How the files of a register are read, and what has to be said of it wherever it is shown.
#[derive(Debug)]
pub struct Format {
    /// Its key here.
    pub key: &'static str,
    /// Columns of the day, of the region's key and of its name.
    pub head: [&'static str; 3],
    /// The region that is the sum of the others.
    pub whole: &'static str,
    /// Its files.
    pub tables: &'static [Table],
    /// Names of populations for people.
    pub labels: &'static [(&'static str, &'static str)],
    /// What it is.
    pub about: About,
}

/// What has to be said of a register wherever it is shown.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct About {
    /// Its name.
    pub title: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// The license of the data.
    pub license: &'static str,
    /// Its text.
    pub license_url: &'static str,
    /// Where it comes from.
    pub source_url: &'static str,
    /// What its numbers are, and what they are not.
    pub note: &'static str,
}

/// Numbers of a region and population on a day, by the names here.
pub type Numbers = BTreeMap<String, u32>;

/// One day as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The region's key.
    pub region: String,
    /// For whom.
    pub population: &'static str,
    /// Which.
    pub date: Date,
    /// What was given.
    pub numbers: Numbers,
}

/// Everything that the files of a register say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// Names of the regions by key.
    pub regions: BTreeMap<String, String>,
    /// The days, sorted.
    pub days: Vec<Day>,
    /// Columns that are not taken in, as `file: column`.
    pub ignored: Vec<String>,
}

/// What is stored of a register besides its days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    regions: BTreeMap<String, String>,
    first: String,
    last: String,
    /// SHA-256 of the files by name.
    files: BTreeMap<String, String>,
}

/// The format of a key.
pub(crate) fn format(key: &str) -> Option<&'static Format> {
    [&INTENSIVREGISTER].into_iter().find(|format| format.key == key)
}

impl Format {
    /// The label of a number.
    pub fn label(&self, name: &str) -> Option<&'static str> {
        let columns = self.tables.iter().flat_map(|table| table.columns);
        columns.into_iter().find(|it| it.name == name).map(|it| it.label)
    }
}
