//! Conditions and the International Summary.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Condition {
    /// Write the file of a new condition, with every setting explained, into the data folder.
    New {
        /// Its key: small letters, digits and `-`; it stands in the address.
        key: String,
    },
    /// Check a file: which runs are meant, and what is wrong, with its line.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// All conditions, and files that are not used.
    List,
}

/// What is counted.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SummaryUnit {
    /// Every run.
    Run,
    /// Runs of one stay within 24 hours as one.
    Course,
    /// Every patient once.
    Patient,
}

#[derive(Debug, Args)]
pub(crate) struct Summary {
    /// Runs whose ECLS started up to this day, as 2025-12-31; all when left out.
    #[arg(long)]
    pub(crate) date: Option<String>,
    /// What is counted.
    #[arg(long, value_enum, default_value = "run")]
    pub(crate) unit: SummaryUnit,
    /// Hide small groups as on the public pages.
    #[arg(long)]
    pub(crate) public: bool,
    /// The workbook to write (.xlsx), or JSON (.json).
    #[arg(long, short)]
    pub(crate) output: PathBuf,
}
