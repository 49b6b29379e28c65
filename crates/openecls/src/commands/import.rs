//! `openecls import`.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use base::ImportId;
use registry::RegistryError;
use registry::upload::{Applied, ImportRow, Options, Summary};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::cli::{Import, ImportCommand};
use crate::report::{Report, exit};

pub(super) fn run(app: &App, command: &Import) -> anyhow::Result<ExitCode> {
    match &command.command {
        Some(ImportCommand::List { most }) => list(app, *most),
        Some(ImportCommand::Show { id }) => show(app, id),
        Some(ImportCommand::Undo { id }) => undo(app, id),
        None => files(app, command),
    }
}

fn files(app: &App, command: &Import) -> anyhow::Result<ExitCode> {
    if command.plan.is_some() && command.files.len() > 1 {
        bail!("--plan is the plan of one file; apply the files one by one");
    }
    let codes = app.codes()?;
    let mut worst = 0;
    let mut report = Report::new(command.format, command.report.as_deref(), command.quiet)?;
    for path in &command.files {
        let (sha256, bytes) = fingerprint(path)?;
        let options = Options {
            file_name: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            sha256,
            bytes,
            center: command.center.clone(),
            drafts_only: command.drafts,
            leave_out: command.leave_out.iter().cloned().collect(),
        };
        report.begin(bytes);
        let open = || exchange::open(path, &app.dictionary, &codes);
        let actor = app.operator();
        let done = if command.apply {
            let expected = command.plan.as_deref();
            app.registry.apply_upload(&actor, &options, &open, expected, &mut report)
        } else {
            let plan = app.registry.plan_upload(&actor, &options, &open, &mut report);
            plan.map(|summary| Applied { import: None, summary })
        };
        let applied = match done {
            Err(RegistryError::PlanMoved) => {
                eprintln!("openecls: {}", RegistryError::PlanMoved);
                return Ok(exit::MOVED.into());
            }
            done => done.with_context(|| format!("importing {}", path.display()))?,
        };
        let printed = report.end(&path.display().to_string(), &applied.summary);
        // also when the report could not be written: the records have changed
        say(command.apply, &applied);
        printed?;
        worst = worst.max(code(&applied.summary));
    }
    Ok(worst.into())
}

fn say(apply: bool, applied: &Applied) {
    match (apply, applied.import) {
        (true, Some(import)) => {
            eprintln!("applied as import {import}; `openecls import undo {import}` takes it back");
        }
        (_, None) if !applied.summary.writes() => eprintln!("nothing to write"),
        (false, _) => eprintln!("nothing was written; --apply carries this plan out"),
        (true, None) => {}
    }
}

const fn code(summary: &Summary) -> u8 {
    if summary.patients.refused > 0 { exit::REFUSED } else { 0 }
}

/// SHA-256 and size of a file, or of all files of a folder in the order of their names.
pub(crate) fn fingerprint(path: &Path) -> anyhow::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
            .with_context(|| format!("reading the folder {}", path.display()))?;
        paths.sort();
    }
    for path in paths.iter().filter(|path| path.is_file()) {
        let mut file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read =
                file.read(&mut buffer).with_context(|| format!("reading {}", path.display()))?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            hasher.update(part);
            bytes += u64::try_from(read)?;
        }
    }
    Ok((registry::hex(&hasher.finalize()), bytes))
}

fn id(text: &str) -> anyhow::Result<ImportId> {
    text.parse().with_context(|| format!("`{text}` is no import id; see `openecls import list`"))
}

fn list(app: &App, most: u32) -> anyhow::Result<ExitCode> {
    let imports = app.registry.imports(&app.operator(), None, most)?;
    for row in &imports {
        let state = if row.undone_at.is_some() { "taken back" } else { "applied" };
        println!(
            "{}  {:.19}  {:<10}  {}  {}",
            row.id,
            row.applied_at.to_string(),
            state,
            row.actor,
            row.file_name
        );
    }
    if imports.is_empty() {
        println!("no imports yet");
    }
    Ok(ExitCode::SUCCESS)
}

fn show(app: &App, text: &str) -> anyhow::Result<ExitCode> {
    let row: ImportRow = app.registry.import(&app.operator(), id(text)?)?;
    println!("import      {}", row.id);
    println!("file        {} ({} bytes)", row.file_name, row.bytes);
    println!("sha256      {}", row.sha256);
    println!("plan        {}", row.plan);
    println!("applied     {} by {}", row.applied_at, row.actor);
    if let (Some(at), Some(by)) = (row.undone_at, &row.undone_by) {
        println!("taken back  {at} by {by}");
    }
    let summary: serde_json::Value = serde_json::from_str(&row.summary)?;
    println!("{}", serde_json::to_string_pretty(&summary)?);
    Ok(ExitCode::SUCCESS)
}

fn undo(app: &App, text: &str) -> anyhow::Result<ExitCode> {
    let records = app.registry.undo_import(&app.operator(), id(text)?)?;
    println!("taken back: {records} record(s) are as they were before");
    Ok(ExitCode::SUCCESS)
}
