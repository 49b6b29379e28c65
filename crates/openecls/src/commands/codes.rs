//! `openecls mapping`: the registry's code numbers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use exchange::{CodeMap, Outline};

use crate::app::App;
use crate::cli::Mapping;

pub(super) fn run(app: &App, command: &Mapping) -> anyhow::Result<ExitCode> {
    match command {
        Mapping::Missing => missing(app)?,
        Mapping::Template { output } => {
            let text = app.codes()?.template(&app.dictionary, &Outline::new(&app.dictionary)?);
            match output {
                Some(path) => {
                    fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
                }
                None => print!("{text}"),
            }
        }
        Mapping::Use { file } => take(app, file)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn missing(app: &App) -> anyhow::Result<()> {
    let missing = app.codes()?.missing(&app.dictionary, &Outline::new(&app.dictionary)?);
    let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in &missing {
        lists.entry(&entry.list).or_default().push(&entry.code);
    }
    for (list, codes) in &lists {
        println!("{list}: {}", codes.join(", "));
    }
    println!(
        "{} code(s) in {} list(s) cannot be written to XML until their number is filled in",
        missing.len(),
        lists.len()
    );
    if !missing.is_empty() {
        println!(
            "`openecls mapping template -o codes.csv`, fill in, `openecls mapping use codes.csv`"
        );
    }
    Ok(())
}

fn take(app: &App, file: &Path) -> anyhow::Result<()> {
    let shown = file.display();
    let table = fs::read_to_string(file).with_context(|| format!("reading {shown}"))?;
    if let Err(problems) = CodeMap::load(&app.dictionary, &table) {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{shown}: {problem}")).collect();
        anyhow::bail!("the table is not used:\n{}", lines.join("\n"));
    }
    let target = &app.settings.mapping;
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    // all of it or nothing: a torn table would write wrong numbers
    let partial = target.with_extension("partial");
    fs::write(&partial, table)
        .and_then(|()| fs::rename(&partial, target))
        .with_context(|| format!("writing {}", target.display()))?;
    println!("in use: {}", target.display());
    missing(app)
}
