//! `openecls template`: empty CSV files with all columns.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, bail};
use dictionary::Dictionary;

use crate::cli::Template;

pub(super) fn run(command: &Template) -> anyhow::Result<ExitCode> {
    let dictionary = Dictionary::embedded()?;
    let output = &command.output;
    if output.exists() {
        bail!("{} is there already; choose another name", output.display());
    }
    if command.wide {
        let text = exchange::wide_template(&dictionary, command.rows);
        fs::write(output, text).with_context(|| format!("writing {}", output.display()))?;
    } else {
        fs::create_dir(output).with_context(|| format!("creating {}", output.display()))?;
        for (name, text) in exchange::folder_template(&dictionary) {
            let path = output.join(name);
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
    }
    eprintln!("written to {}", output.display());
    Ok(ExitCode::SUCCESS)
}
