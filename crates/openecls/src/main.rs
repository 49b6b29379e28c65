//! `openecls`: the registry, its uploads and its pages in one program.

mod app;
mod cli;
mod commands;
mod pages;
mod report;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

/// Many small values per record: a fast allocator halves the time of an import.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("openecls: {error:#}");
            report::exit::FAILED.into()
        }
    }
}
