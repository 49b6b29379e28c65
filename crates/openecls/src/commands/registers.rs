//! `openecls register`: daily series of other registers, from their open data.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use capacity::{Capacity, File, Format, INTENSIVREGISTER, Series, read_register};
use indicatif::HumanCount;
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::cli::Register;
use crate::pages;

/// The largest file that is read, packed or not.
const MOST_BYTES: u64 = 64 << 20;

macro_rules! shipped {
    ($name:literal) => {
        File {
            name: $name,
            bytes: include_bytes!(concat!("../../../../registers/intensivregister/", $name)),
        }
    };
}

/// The files that the program carries for its demo: see `registers/README.md`.
static SHIPPED: &[File<'static>] = &[
    shipped!("Intensivregister_Bundeslaender_Kapazitaeten.csv.gz"),
    shipped!("Intensivregister_Deutschland_Altersgruppen.csv.gz"),
    shipped!("Intensivregister_Deutschland_Covid_Versorgungsart.csv.gz"),
    shipped!("Intensivregister_Deutschland_Kapazitaeten.csv.gz"),
    shipped!("Intensivregister_Deutschland_Versorgungsstufen.csv.gz"),
];

pub(super) fn run(app: &App, command: &Register) -> anyhow::Result<ExitCode> {
    let capacity = pages::capacity(app)?;
    match command {
        Register::Import { folder } => import(app, &capacity, folder),
        Register::List => list(&capacity),
    }
}

/// Takes in the shipped register where there is none.
pub(super) fn make(app: &App) -> anyhow::Result<()> {
    let capacity = pages::capacity(app)?;
    if !capacity.registers()?.is_empty() {
        return Ok(());
    }
    let series = read_register(&INTENSIVREGISTER, SHIPPED)
        .context("reading the register that the program carries")?;
    take(app, &capacity, &INTENSIVREGISTER, &series, SHIPPED)
}

fn import(app: &App, capacity: &Capacity, folder: &Path) -> anyhow::Result<ExitCode> {
    let format = &INTENSIVREGISTER;
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|it| it.to_str()) else { continue };
        let plain = name.strip_suffix(".gz").unwrap_or(name);
        if !format.tables.iter().any(|table| table.file == plain) {
            continue;
        }
        if fs::metadata(&path)?.len() > MOST_BYTES {
            bail!("{}: larger than 64 MiB; it is not a file of this register", path.display());
        }
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        files.push((name.to_owned(), bytes));
    }
    let files: Vec<File<'_>> =
        files.iter().map(|(name, bytes)| File { name, bytes: bytes.as_slice() }).collect();
    let series = read_register(format, &files)
        .with_context(|| format!("nothing was taken in from {}", folder.display()))?;
    for column in &series.ignored {
        eprintln!("left out, not known here: {column}");
    }
    take(app, capacity, format, &series, &files)?;
    Ok(ExitCode::SUCCESS)
}

fn take(
    app: &App,
    capacity: &Capacity,
    format: &'static Format,
    series: &Series,
    files: &[File<'_>],
) -> anyhow::Result<()> {
    let sums: BTreeMap<String, String> = files
        .iter()
        .map(|file| (file.name.to_owned(), registry::hex(&Sha256::digest(file.bytes))))
        .collect();
    let days = capacity
        .import_register(&app.operator(), format, series, &sums)
        .with_context(|| format!("taking in the register {}", format.key))?;
    println!("taken in: {} days of regions of {}", HumanCount(days), format.about.title);
    println!("{}, {}, {}", format.about.publisher, format.about.license, format.about.source_url);
    Ok(())
}

fn list(capacity: &Capacity) -> anyhow::Result<ExitCode> {
    let registers = capacity.registers()?;
    if registers.is_empty() {
        println!("no register of others is kept; `openecls register import FOLDER` takes one in");
    }
    for register in registers {
        let (first, last) = register.span;
        let regions = register.regions.len();
        println!(
            "{}  {}: {regions} regions, {first} to {last}",
            register.format.key, register.format.about.title
        );
        println!("    {}, {}", register.format.about.publisher, register.format.about.license);
    }
    Ok(ExitCode::SUCCESS)
}
