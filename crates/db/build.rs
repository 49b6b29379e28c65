//! Embeds `migrations/{sqlite,postgres}/NNNN_name.sql` and refuses files that do not come in pairs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

type Files = BTreeMap<String, PathBuf>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = manifest_folder().join("../../migrations");
    let sqlite = files(&root.join("sqlite"))?;
    let postgres = files(&root.join("postgres"))?;
    if !sqlite.keys().eq(postgres.keys()) {
        return Err("migrations/sqlite and migrations/postgres hold different file names".into());
    }
    let mut code = String::from("&[\n");
    let mut last = 0;
    for ((stem, lite), pg) in sqlite.iter().zip(postgres.values()) {
        let (number, name) = stem
            .split_once('_')
            .and_then(|(number, name)| Some((number.parse::<i64>().ok()?, name)))
            .ok_or_else(|| format!("migration {stem} is not named NNNN_name.sql"))?;
        if number <= last {
            return Err(format!("migration number {number} is used twice").into());
        }
        last = number;
        let (lite, pg) = (lite.display().to_string(), pg.display().to_string());
        writeln!(
            code,
            "Migration {{ number: {number}, name: {name:?}, sqlite: include_str!({lite:?}), \
             postgres: include_str!({pg:?}) }},"
        )?;
    }
    code.push(']');
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("migrations.rs"), code)?;
    Ok(())
}

fn files(folder: &Path) -> Result<Files, Box<dyn Error>> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut found = Files::new();
    if !folder.exists() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql")
            && let Some(stem) = path.file_stem().and_then(|stem| stem.to_str())
        {
            println!("cargo:rerun-if-changed={}", path.display());
            found.insert(stem.to_owned(), fs::canonicalize(&path)?);
        }
    }
    Ok(found)
}

/// Asked for when the script runs: one build folder can serve several checkouts.
fn manifest_folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default())
}
