//! `openecls run`.

use std::process::ExitCode;

use anyhow::Context;
use base::{CenterId, RunId};
use registry::{Center, RegistryError};

use crate::app::App;
use crate::cli::{OfRun, Run};
use crate::report::exit;

pub(super) fn run(app: &App, command: &Run) -> anyhow::Result<ExitCode> {
    match command {
        Run::List { center, patient } => list(app, center, patient)?,
        Run::Submit { of, signature, confirm } => {
            let (center, run) = find(app, of)?;
            let actor = app.operator();
            match app.registry.submit(&actor, center.id, run, signature, *confirm) {
                Err(error @ RegistryError::Findings { .. }) => {
                    findings(app, center.id, run)?;
                    eprintln!("openecls: {error}");
                    return Ok(exit::REFUSED.into());
                }
                done => {
                    let done = done?;
                    println!("submitted {}; locks {}", done.at, done.locks_at);
                }
            }
        }
        Run::Findings { of } => {
            let (center, run) = find(app, of)?;
            let hard = findings(app, center.id, run)?;
            return Ok(if hard { exit::REFUSED.into() } else { ExitCode::SUCCESS });
        }
        Run::Unlock { of, reason } => {
            let (center, run) = find(app, of)?;
            app.registry.unlock(&app.operator(), center.id, run, reason)?;
            println!("unlocked");
        }
        Run::Withdraw { of, reason } => {
            let (center, run) = find(app, of)?;
            app.registry.withdraw(&app.operator(), center.id, run, reason)?;
            println!("withdrawn");
        }
        Run::History { of } => history(app, of)?,
        Run::LockDue => println!("{} run(s) locked", app.registry.lock_due()?),
    }
    Ok(ExitCode::SUCCESS)
}

/// The center and the run that were typed.
pub(super) fn find(app: &App, of: &OfRun) -> anyhow::Result<(Center, RunId)> {
    let run = of
        .run
        .parse()
        .with_context(|| format!("`{}` is no run id; see `openecls run list`", of.run))?;
    Ok((app.center(&of.center)?, run))
}

fn list(app: &App, center: &str, patient: &str) -> anyhow::Result<()> {
    let center = app.center(center)?;
    for run in app.registry.runs(&app.operator(), center.id, patient)? {
        let signed = match (&run.submitted_by, run.submitted_at) {
            (Some(by), Some(at)) => format!("  signed {at:.10} by {by}", at = at.to_string()),
            _ => String::new(),
        };
        println!("run {:<3} {:<10} {}{signed}", run.run_no, run.state.to_string(), run.id);
    }
    Ok(())
}

/// Prints what validation says; whether anything keeps the run from being signed.
fn findings(app: &App, center: CenterId, run: RunId) -> anyhow::Result<bool> {
    let report = app.registry.findings(&app.operator(), center, run)?;
    let dictionary = &app.dictionary;
    for finding in &report.findings {
        let weight = if finding.refuses_submission() { "mend" } else { "confirm" };
        let place = finding.place.path(dictionary);
        println!(
            "{weight:<8}{} [{place}] {}",
            finding.code(dictionary),
            finding.message(dictionary)
        );
        println!("        {}", finding.fix(dictionary));
    }
    if report.findings.is_empty() {
        println!("nothing to mend or to confirm");
    }
    Ok(report.refuses_submission().next().is_some())
}

fn history(app: &App, of: &OfRun) -> anyhow::Result<()> {
    let (center, run) = find(app, of)?;
    for entry in app.registry.history(&app.operator(), center.id, run.into())? {
        let reason = entry.reason.map(|reason| format!("  because: {reason}")).unwrap_or_default();
        println!(
            "{}  {} {} through {}{reason}",
            entry.at, entry.actor, entry.action, entry.channel
        );
        let forms = entry.change.get("forms").and_then(serde_json::Value::as_object);
        for (form, change) in forms.into_iter().flatten() {
            let part = |name: &str| change.get(name).and_then(serde_json::Value::as_object);
            for (field, new) in part("new").into_iter().flatten() {
                let old =
                    part("old").and_then(|old| old.get(field)).unwrap_or(&serde_json::Value::Null);
                println!("    {form}.{field}: {old} -> {new}");
            }
        }
    }
    Ok(())
}
