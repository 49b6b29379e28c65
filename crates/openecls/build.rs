//! Lists the files of `sample/` so that the program carries them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root = manifest_folder().join("../../sample").canonicalize()?;
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let mut out = fs::File::create(target.join("sample_files.rs"))?;
    writeln!(out, "[")?;
    for path in &files {
        let name = path.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let path = path.display().to_string();
        writeln!(out, "    SampleFile {{ name: {name:?}, text: include_str!({path:?}) }},")?;
    }
    writeln!(out, "]")
}

/// What centers upload: XML files and folders of CSV files.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "xml" || ending == "csv") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}

/// Asked for when the script runs: one build folder can serve several checkouts.
fn manifest_folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default())
}
