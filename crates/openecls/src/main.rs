//! `openecls`: the registry, its uploads and its pages in one program.

mod app;
mod cli;
mod commands;
mod jobs;
mod pages;
mod people;
mod publisher;
mod report;
mod settings;
mod sso;
mod web;

use std::process::ExitCode;

use clap::Parser as _;

/// Many small values per record: a fast allocator halves the time of an import.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    quiet_pipes();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => report::exit::PIPE.into(),
        Err(error) => {
            eprintln!("openecls: {error:#}");
            report::exit::FAILED.into()
        }
    }
}

/// Whether the reader of our output has gone, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

/// `println!` panics when the reader of our output has gone; that is no fault worth a trace.
fn quiet_pipes() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or_default();
        if let Some(reason) = text.strip_prefix("failed printing to stdout: ") {
            if reason.contains("Broken pipe") {
                std::process::exit(report::exit::PIPE.into());
            }
            eprintln!("openecls: the output cannot be written: {reason}");
            std::process::exit(report::exit::FAILED.into());
        }
        usual(panic);
    }));
}
