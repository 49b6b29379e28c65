//! `openecls dictionary`: check, compare and print the data dictionary. Works without a database.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use dictionary::codebook::{self, Style};
use dictionary::schema::{Strictness, of_form};
use dictionary::{Dictionary, File, Forms, manual, moment_of_cases, redcap};

use crate::cli::{CodebookFormat, Dictionary as Command, DictionaryFormat};
use crate::report::exit;

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check { folder } => Ok(check(folder.as_deref())),
        Command::Diff { old, new, json } => diff(old, new.as_deref(), *json),
        Command::Codebook { format, output } => codebook(*format, output.as_deref()),
        Command::Manual { output } => {
            let texts: Vec<&str> = manual::CHAPTERS.iter().map(|chapter| chapter.text).collect();
            write(output.as_deref(), texts.join("\n").as_bytes())
        }
        Command::Export { format, output } => export(*format, output),
    }
}

/// The dictionary of a folder, or the shipped one.
fn load(folder: Option<&Path>) -> anyhow::Result<Dictionary> {
    let Some(folder) = folder else { return Ok(Dictionary::embedded()?) };
    let mut files = Vec::new();
    collect(folder, folder, &mut files)?;
    if files.is_empty() {
        bail!("{} holds no dictionary files", folder.display());
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Dictionary::from_files(&files)?)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            let text =
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let name =
                path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push(File { name, text });
        }
    }
    Ok(())
}

fn check(folder: Option<&Path>) -> ExitCode {
    let dictionary = match load(folder) {
        Ok(dictionary) => dictionary,
        Err(error) => {
            println!("{error:#}");
            return exit::FAULTS.into();
        }
    };
    let mut faults = 0;
    for rule in dictionary.rules() {
        for (case, wanted) in [(&rule.raises, true), (&rule.passes, false)] {
            match raised(&dictionary, case, &rule.code) {
                Ok(found) if found == wanted => {}
                Ok(_) => {
                    faults += 1;
                    let word = if wanted { "does not raise it" } else { "raises it" };
                    println!("rule {}: the case `{case}` {word}", rule.code);
                }
                Err(problem) => {
                    faults += 1;
                    println!("rule {}: {problem}", rule.code);
                }
            }
        }
    }
    println!(
        "{} version {}: {} forms, {} fields, {} lists, {} rules; {} case(s) run, {faults} wrong",
        dictionary.name(),
        dictionary.version(),
        dictionary.forms().len(),
        dictionary.fields().len(),
        dictionary.lists().len(),
        dictionary.rules().len(),
        2 * dictionary.rules().len()
    );
    if faults == 0 { ExitCode::SUCCESS } else { exit::FAULTS.into() }
}

/// Whether a case raises a rule.
fn raised(dictionary: &Dictionary, case: &str, code: &str) -> Result<bool, String> {
    let rows = dictionary.case(case).map_err(|error| error.to_string())?;
    let mut forms = Forms::none(dictionary);
    for (form, row) in &rows {
        forms.set(*form, row);
    }
    let report = dictionary.validate(&forms, moment_of_cases());
    Ok(report.findings.iter().any(|finding| finding.code(dictionary) == code))
}

fn diff(old: &Path, new: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let changes = dictionary::diff::diff(&load(Some(old))?, &load(new)?);
    if json {
        println!("{}", serde_json::to_string_pretty(&dictionary::diff::json(&changes))?);
    } else {
        print!("{}", dictionary::diff::text(&changes));
    }
    Ok(ExitCode::SUCCESS)
}

fn codebook(format: CodebookFormat, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let dictionary = Dictionary::embedded()?;
    let mut bytes = Vec::new();
    match format {
        CodebookFormat::Html => {
            let mut page = String::new();
            codebook::page(&dictionary, Style::Inline(codebook::STYLESHEET), &mut page)?;
            bytes = page.into_bytes();
        }
        CodebookFormat::Csv => codebook::fields_csv(&dictionary, &mut bytes)?,
        CodebookFormat::Codes => codebook::codes_csv(&dictionary, &mut bytes)?,
    }
    write(output, &bytes)
}

fn export(format: DictionaryFormat, output: &Path) -> anyhow::Result<ExitCode> {
    let dictionary = Dictionary::embedded()?;
    match format {
        DictionaryFormat::Redcap => {
            let mut bytes = Vec::new();
            redcap::write(&dictionary, &mut bytes)?;
            return write(Some(output), &bytes);
        }
        DictionaryFormat::JsonSchema => {
            let folder = folder(output)?;
            for form in dictionary.forms() {
                let schema = of_form(&dictionary, form, Strictness::Clean);
                let text = serde_json::to_string_pretty(&schema)?;
                write(Some(&folder.join(format!("{}.schema.json", form.key))), text.as_bytes())?;
            }
        }
        DictionaryFormat::Toml => {
            let folder = folder(output)?;
            for file in Dictionary::embedded_files() {
                let path = folder.join(&file.name);
                if let Some(parent) = path.parent() {
                    fs::create_dir_all(parent)
                        .with_context(|| format!("creating {}", parent.display()))?;
                }
                write(Some(&path), file.text.as_bytes())?;
            }
        }
    }
    eprintln!("written to {}", output.display());
    Ok(ExitCode::SUCCESS)
}

/// A new folder; an existing one is not written into.
fn folder(path: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir(path).with_context(|| format!("creating the folder {}", path.display()))?;
    Ok(path.to_owned())
}

fn write(output: Option<&Path>, bytes: &[u8]) -> anyhow::Result<ExitCode> {
    match output {
        Some(path) => {
            fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        None => std::io::stdout().write_all(bytes).context("writing")?,
    }
    Ok(ExitCode::SUCCESS)
}
