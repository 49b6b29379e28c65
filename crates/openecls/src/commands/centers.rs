//! `openecls center` and `openecls duplicates`.

use std::process::ExitCode;

use anyhow::bail;
use directory::centers::{CenterError, Details, State};

use crate::app::App;
use crate::cli::{Center, OfCenter};
use crate::pages::directory;

pub(super) fn run(app: &App, command: &Center) -> anyhow::Result<ExitCode> {
    match command {
        Center::Add { number, name, country, chapter } => add(app, number, name, country, chapter)?,
        Center::List => {
            let centers = app.registry.centers()?;
            for center in &centers {
                println!(
                    "{:<12} {:<2} {:<14} {}",
                    center.number, center.country, center.chapter, center.name
                );
            }
            if centers.is_empty() {
                println!("no centers yet; add one with `openecls center add NUMBER NAME`");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds a center with its profile; one that is there already is left as it is.
fn add(app: &App, number: &str, name: &str, country: &str, chapter: &str) -> anyhow::Result<()> {
    if let Some(center) = app.registry.center(number)? {
        println!("center {} is there already: {}", center.number, center.name);
        return Ok(());
    }
    let details = Details {
        name: name.trim().to_owned(),
        country: country.to_owned(),
        // without a word on it, the chapter is that of the country
        chapter_by_board: (!chapter.is_empty()).then(|| chapter.to_owned()),
        ..Details::default()
    };
    match directory(app).add(&app.operator(), Some(number), &details, State::Verified) {
        Ok(center) => println!("center {} {}", center.number, center.details.name),
        Err(CenterError::Invalid(findings)) => {
            let lines: Vec<String> =
                findings.iter().map(|it| format!("{}: {}", it.field, it.text)).collect();
            bail!("the center cannot be added\n  {}", lines.join("\n  "))
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

pub(super) fn duplicates(app: &App, command: &OfCenter) -> anyhow::Result<ExitCode> {
    let center = app.center(&command.center)?;
    let pairs = app.registry.likely_duplicates(&app.operator(), center.id, command.most)?;
    for (a, b) in &pairs {
        println!("{a}  {b}  same birth date and sex");
    }
    if pairs.is_empty() {
        println!("no two patients of center {} share birth date and sex", center.number);
    }
    Ok(ExitCode::SUCCESS)
}
