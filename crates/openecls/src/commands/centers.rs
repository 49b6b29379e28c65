//! `openecls center` and `openecls duplicates`.

use std::process::ExitCode;

use registry::NewCenter;

use crate::app::App;
use crate::cli::{Center, OfCenter};

pub(super) fn run(app: &App, command: &Center) -> anyhow::Result<ExitCode> {
    match command {
        Center::Add { number, name, country, chapter } => {
            let new = NewCenter { number, name, country, chapter, invented: false };
            let center = app.registry.add_center(&app.operator(), &new)?;
            if center.name == name.trim() {
                println!("center {} {}", center.number, center.name);
            } else {
                println!("center {} is there already: {}", center.number, center.name);
            }
        }
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
