//! Measures what an import costs, side by side in one run. See bench/README.md.

mod cases;
mod file;
mod memory;
mod python;
mod raw;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use dictionary::Dictionary;

// the allocator of the program itself
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures what an import costs.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Parse, validate, insert raw, import; the cases take turns in every round.
    Time(Time),
    /// Import a big file in a process of its own and read its peak memory.
    Memory {
        /// Size of the file in megabytes.
        #[arg(long, default_value_t = 1000)]
        megabytes: u64,
    },
    /// Import into SQLite and nothing else, for a profiler.
    Profile {
        /// Patients in the file.
        #[arg(long, default_value_t = 1000)]
        patients: u64,
        /// How often it is imported, each time into a new database.
        #[arg(long, default_value_t = 10)]
        rounds: u32,
    },
    /// Import one file and print the peak memory; `memory` starts this.
    #[command(hide = true)]
    Once {
        /// The file.
        file: PathBuf,
        /// Keep the database there.
        #[arg(long)]
        keep: Option<PathBuf>,
    },
}

/// What to time.
#[derive(Debug, clap::Args)]
pub(crate) struct Time {
    /// Patients in the file.
    #[arg(long, default_value_t = 1000)]
    patients: usize,
    /// Rounds that count; one more goes before them.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Leave PostgreSQL out.
    #[arg(long)]
    no_postgres: bool,
    /// The Python that has bench/import/requirements.txt; without it Python is left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Folder for the raw results.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../results"))]
    results: PathBuf,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Time(time) => cases::time(&Dictionary::embedded()?, &time),
        Command::Memory { megabytes } => memory::measure(&Dictionary::embedded()?, megabytes),
        Command::Profile { patients, rounds } => {
            cases::profile(&Dictionary::embedded()?, patients, rounds)
        }
        Command::Once { file, keep } => memory::once(&file, keep.as_deref()),
    }
}
