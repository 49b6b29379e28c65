//! `openecls condition` and `openecls summary`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use dictionary::Dictionary;
use insight::Shape;
use insight::answer::Audience;
use insight::api::{Current, CurrentData, Insight};
use insight::condition::{self, Conditions};
use insight::feed::{Hub, HubOptions, HubStatus};
use insight::query::{Catalog, Draft, Limits, Query, Unit};
use insight::summary::{Request, Summaries, workbook};

use super::serve;
use crate::app::App;
use crate::cli::{Condition, Summary, SummaryUnit};
use crate::pages::{current, public};
use crate::settings::Settings;

/// Folder in the data folder that holds an operator's own conditions.
pub(crate) const FOLDER: &str = "conditions";
/// The exit code of a check that found faults.
const FAULTS: u8 = 5;
/// How often to look whether the records are read.
const LOOK: Duration = Duration::from_millis(50);
/// Memory for answers while one summary is made.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

fn catalog() -> anyhow::Result<Catalog> {
    let dictionary = Arc::new(Dictionary::embedded()?);
    Catalog::new(&Shape::of(&dictionary), dictionary).context("reading the names of columns")
}

/// These work without the database.
pub(super) fn run(settings: &Settings, command: &Condition) -> anyhow::Result<ExitCode> {
    let catalog = catalog()?;
    let folder = settings.data.join(FOLDER);
    let conditions = Conditions::new(&catalog, Some(folder.clone()))?;
    match command {
        Condition::New { key } => new(&catalog, &conditions, &folder, key),
        Condition::Check { file } => Ok(check(&catalog, &conditions, file)),
        Condition::List => Ok(list(&catalog, &conditions)),
    }
}

fn new(
    catalog: &Catalog,
    conditions: &Conditions,
    folder: &Path,
    key: &str,
) -> anyhow::Result<ExitCode> {
    let path = folder.join(format!("{key}.toml"));
    let text = condition::blank(key, conditions.panels());
    let name = path.display().to_string();
    // a key that cannot be one must not become a file's name
    condition::Condition::read(catalog, conditions.panels(), &name, &text)?;
    fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("creating {name}; a file that is there is left alone"))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing {name}"))?;
    println!("{name} is written; fill it in, then `openecls condition check {name}`");
    println!("a running program shows it at /registry/conditions/{key}");
    Ok(ExitCode::SUCCESS)
}

fn check(catalog: &Catalog, conditions: &Conditions, file: &Path) -> ExitCode {
    match conditions.check(catalog, file) {
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(FAULTS)
        }
        Ok(found) => {
            println!("{}: {} is right", file.display(), found.key);
            println!("{}: {}", found.cases_label, told(catalog, found.cases()));
            println!("{}: {}", found.confirmed_label, told(catalog, found.confirmed()));
            println!(
                "{} panels, {} factors, follow-up {} days",
                found.panels.len(),
                found.factors.len(),
                found.follow_up_days
            );
            for advice in &found.advice {
                println!("note: {advice}");
            }
            ExitCode::SUCCESS
        }
    }
}

fn told(catalog: &Catalog, clauses: &[insight::query::Clause]) -> String {
    let draft = Draft { clauses: clauses.to_vec(), ..Draft::default() };
    Query::new(catalog, draft, &Limits::USUAL)
        .map_or_else(|error| error.to_string(), |query| query.population(catalog))
}

fn list(catalog: &Catalog, conditions: &Conditions) -> ExitCode {
    let loaded = conditions.current(catalog);
    for found in &loaded.conditions {
        println!("{}: {} (/registry/conditions/{})", found.key, found.title, found.key);
    }
    for fault in &loaded.faults {
        eprintln!("not used: {fault}");
    }
    if loaded.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAULTS) }
}

/// `openecls summary`: for the registry's office, with any date and unit.
pub(super) fn summary(app: &App, command: &Summary) -> anyhow::Result<ExitCode> {
    let ending = command.output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !matches!(ending, "xlsx" | "json") {
        bail!("{} must end in .xlsx or .json", command.output.display());
    }
    let unit = match command.unit {
        SummaryUnit::Run => Unit::Run,
        SummaryUnit::Course => Unit::Course,
        SummaryUnit::Patient => Unit::Patient,
    };
    let date = command.date.iter().map(|date| ("date".to_owned(), date.clone()));
    let request = Request { unit, ..Request::read(&date.collect::<Vec<_>>())? };
    let audience = if command.public { Audience::Public } else { Audience::Office };
    let snapshot = Some(serve::columns(&app.settings));
    let options = HubOptions { snapshot, renews: false, ..HubOptions::default() };
    let hub = Hub::start(app.registry.clone(), options)
        .context("starting the thread that reads the records")?;
    // what everybody may see comes from the state that everybody sees
    let data = if command.public { public(&hub) } else { current(&hub) };
    let now = wait(&hub, &data)?;
    let insight = Insight::new(catalog()?, data, CACHE_BYTES);
    let made = Summaries::new(&insight)?.make(&insight, &now, request, audience)?;
    let bytes = match ending {
        "json" => serde_json::to_vec_pretty(&made).context("writing JSON")?,
        _ => workbook(&made)?,
    };
    let shown = command.output.display();
    fs::write(&command.output, bytes).with_context(|| format!("writing {shown}"))?;
    println!("{shown}: {}", made.rule);
    println!("{} {}", made.total.text(), made.units);
    if !command.public {
        println!("small groups are not hidden in it; use --public for what everybody may see");
    }
    hub.stop();
    Ok(ExitCode::SUCCESS)
}

/// The records as they are once they have been read.
fn wait(hub: &Hub, read: &CurrentData) -> anyhow::Result<Current> {
    loop {
        if let HubStatus::Behind { error } = hub.status() {
            bail!("the records cannot be read: {error}");
        }
        if let Some(now) = read().filter(|_| hub.status() == HubStatus::Current) {
            return Ok(now);
        }
        thread::sleep(LOOK);
    }
}
