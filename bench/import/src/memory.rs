//! Peak memory of importing a file of any size.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use dictionary::Dictionary;
use exchange::CodeMap;
use testkit::database::TestDatabase;

use crate::{cases, file};

/// Writes the file, imports it in a process of its own, and reports that process's peak.
pub(crate) fn measure(dictionary: &Dictionary, megabytes: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("big.xml");
    let (patients, runs) =
        file::write(dictionary, &path, |_, bytes| bytes >= megabytes * 1_000_000)?;
    let bytes = path.metadata()?.len();
    println!("{} MB of XML, {patients} patients, {runs} runs", bytes / 1_000_000);
    let output = Command::new(std::env::current_exe()?).arg("once").arg(&path).output()?;
    if !output.status.success() {
        bail!("the import failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// Imports one file into SQLite and prints the peak of this process.
pub(crate) fn once(path: &Path, keep: Option<&Path>) -> Result<()> {
    let dictionary = Dictionary::embedded()?;
    let codes = CodeMap::known(&dictionary);
    let mut runs = 0;
    let parsed = bench_common::took(|| {
        runs = file::parse(&dictionary, &codes, path)?;
        Ok(())
    })?;
    println!("peak after parsing alone: {} MB", peak()? / 1000);
    let database = TestDatabase::sqlite();
    let (registry, _) = cases::registry(&database)?;
    let before = peak()?;
    let took = bench_common::took(|| cases::import(&registry, &codes, path, runs))?;
    let megabytes =
        database.file().map_or(0, |file| file.metadata().map_or(0, |it| it.len())) / 1_000_000;
    if let (Some(keep), Some(file)) = (keep, database.file()) {
        fs::copy(file, keep)?;
    }
    println!(
        "peak after the import: {} MB ({} MB before); database {megabytes} MB\n\
         parse {:.1} s CPU, import {:.1} s CPU, {:.1} s wall",
        peak()? / 1000,
        before / 1000,
        parsed.cpu.as_secs_f64(),
        took.cpu.as_secs_f64(),
        took.wall.as_secs_f64()
    );
    Ok(())
}

/// Highest resident memory of this process so far, in kB.
fn peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("VmHWM")?;
    let number = line.split_whitespace().nth(1).context("a number after VmHWM")?;
    Ok(number.parse()?)
}
