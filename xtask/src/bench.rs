//! Runs the measurements of `bench/`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Builds a measuring program for release and runs it: that of the column store if the first word says so.
pub(crate) fn run(root: &Path, arguments: &[&str]) -> Result<()> {
    let (folder, arguments) = match arguments {
        ["capacity", rest @ ..] => ("capacity", rest),
        ["columns", rest @ ..] => ("columns", rest),
        all => ("import", all),
    };
    let manifest = root.join("bench").join(folder).join("Cargo.toml");
    let status = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["run", "--release", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(arguments)
        .status()
        .context("cargo cannot be started")?;
    if !status.success() {
        bail!("the measurement ended with {status}");
    }
    Ok(())
}
