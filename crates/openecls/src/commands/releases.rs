//! `openecls release`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use base::Clock;
use indicatif::ProgressBar;
use insight::Shape;
use insight::api::{Current, CurrentData, Insight};
use insight::feed::{Hub, HubOptions, HubStatus};
use insight::figure::Book;
use insight::open::release::{self, Contents, Held, NewRelease, Recount, Shelf};
use insight::query::Catalog;

use crate::app::App;
use crate::cli::Release;
use crate::commands::serve;
use crate::report::{counter, exit};

/// Folder of the releases in the data folder.
pub(crate) const FOLDER: &str = "releases";
/// How often to ask whether the records have been read.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Answers are asked for once: no memory is kept for them.
const CACHE_BYTES: u64 = 0;

pub(super) fn run(app: &App, command: &Release) -> anyhow::Result<ExitCode> {
    let shelf = Shelf::new(app.settings.data.join(FOLDER));
    match command {
        Release::Make { year, note } => make(app, &shelf, *year, note),
        Release::List => list(&shelf),
        Release::Show { id } => show(&shelf, id),
        Release::Withdraw { id, reason } => withdraw(&shelf, id, reason),
        Release::Check { id } => check(app, &shelf, id.as_deref()),
    }
}

fn make(app: &App, shelf: &Shelf, year: i32, note: &str) -> anyhow::Result<ExitCode> {
    let current = read(app)?;
    let runs = current.store.rows();
    let (insight, contents) = insight(app, Arc::new(|| None))?;
    let new =
        NewRelease { year, note, program: env!("CARGO_PKG_VERSION"), now: Clock::system().now() };
    let held = release::make(&insight, &current, &contents, shelf, &new)
        .context("the release was not made")?;
    println!(
        "release {} made of the {runs} submitted run(s) that everybody sees now",
        held.manifest.id
    );
    describe(shelf, &held);
    println!("its folder holds records of patients: back it up as you back up the database");
    Ok(ExitCode::SUCCESS)
}

/// The state that everybody sees on the pages, and never a newer one: a release and the pages would differ by the few
/// runs that were submitted in between.
fn read(app: &App) -> anyhow::Result<Current> {
    let snapshot = Some(serve::columns(&app.settings));
    let options = HubOptions { snapshot, renews: false, ..HubOptions::default() };
    let hub = Hub::start(app.registry.clone(), options)
        .context("starting the thread that reads the records")?;
    let bar = counter("centers read");
    let served = wait(&hub, &bar);
    bar.finish_and_clear();
    hub.stop();
    let served = served?;
    Ok(Current {
        store: served.store.clone(),
        as_of: served.as_of,
        version: served.version.to_string(),
        invented: served.centers.entries().iter().any(|center| center.invented),
    })
}

fn wait(hub: &Hub, bar: &ProgressBar) -> anyhow::Result<Arc<insight::feed::Served>> {
    loop {
        match (hub.status(), hub.public()) {
            (HubStatus::Behind { error }, _) => bail!("the records cannot be read: {error}"),
            (_, Ok(served)) => return Ok(served),
            (_, Err(loading)) => {
                bar.set_position(u64::try_from(loading.done).unwrap_or(u64::MAX));
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }
}

fn insight(app: &App, current: CurrentData) -> anyhow::Result<(Insight, Contents)> {
    let shape = Shape::of(&app.dictionary);
    let catalog = Catalog::new(&shape, Arc::clone(&app.dictionary))
        .context("reading the names of columns")?;
    let book = Book::registry(&catalog).context("reading the figures of the dashboard")?;
    let contents = Contents::usual(&catalog, &book).context("reading the tables of the summary")?;
    Ok((Insight::new(catalog, current, CACHE_BYTES), contents))
}

fn list(shelf: &Shelf) -> anyhow::Result<ExitCode> {
    let all = shelf.all()?;
    for held in &all {
        let manifest = &held.manifest;
        let state = if held.withdrawn.is_some() { "withdrawn" } else { "stands" };
        let runs = manifest.runs.map_or_else(|| "not shown".to_owned(), |runs| runs.to_string());
        println!(
            "{:<9} {:<9} {:>9} runs  made {}  sha256 {}",
            manifest.id, state, runs, manifest.made_at, held.sha256
        );
    }
    if all.is_empty() {
        println!("no releases yet; make one with `openecls release make YEAR`");
    }
    Ok(ExitCode::SUCCESS)
}

fn show(shelf: &Shelf, id: &str) -> anyhow::Result<ExitCode> {
    let held = shelf.get(id)?;
    describe(shelf, &held);
    if let Some(withdrawn) = &held.withdrawn {
        println!("withdrawn {}: {}", withdrawn.at, withdrawn.reason);
    }
    for table in &held.manifest.tables {
        match &table.refused {
            None => println!("table {:<28} {}", table.key, table.title),
            Some(why) => println!("table {:<28} not shown: {why}", table.key),
        }
    }
    for file in held.manifest.files.iter().chain(&held.manifest.records) {
        println!("{}  {:>12}  {}", file.sha256, file.bytes, file.path);
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(shelf: &Shelf, held: &Held) {
    let manifest = &held.manifest;
    let refused = manifest.tables.iter().filter(|table| table.refused.is_some()).count();
    println!("release {}: {}", manifest.id, manifest.title);
    println!("data as of {} (version {})", manifest.as_of, manifest.data_version);
    println!(
        "program {}, dictionary {}; {} table(s), {refused} of them not shown",
        manifest.program_version,
        manifest.dictionary_version,
        manifest.tables.len()
    );
    println!("folder {}", shelf.folder(&manifest.id).display());
    println!("sha256 {}", held.sha256);
}

fn withdraw(shelf: &Shelf, id: &str, reason: &str) -> anyhow::Result<ExitCode> {
    if reason.trim().is_empty() {
        bail!("say with --reason why the release no longer stands");
    }
    shelf.withdraw(id, reason, Clock::system().now())?;
    println!("release {id} is withdrawn; its page says why, its tables are no longer served");
    Ok(ExitCode::SUCCESS)
}

fn check(app: &App, shelf: &Shelf, id: Option<&str>) -> anyhow::Result<ExitCode> {
    let all = match id {
        Some(id) => vec![shelf.get(id)?],
        None => shelf.all()?,
    };
    let shape = Shape::of(&app.dictionary);
    let mut sound = true;
    for held in &all {
        // a fresh one for each: answers are remembered by the version of the data
        let (insight, contents) = insight(app, Arc::new(|| None))?;
        let report = release::check(&insight, shape.schema(), &contents, shelf, held)?;
        let id = &held.manifest.id;
        for path in &report.damaged {
            println!("FAULT release {id}: {path} is missing or not what was released");
        }
        println!("release {id}: {} file(s), {} damaged", report.files, report.damaged.len());
        match &report.recount {
            Recount::Counted { same, different } => {
                for (key, why) in different {
                    println!("FAULT release {id}: table {key}: {why}");
                }
                println!("release {id}: {same} table(s) counted again are the same");
            }
            Recount::NotCounted(why) => println!("release {id}: not counted again: {why}"),
        }
        sound &= report.is_sound();
    }
    if all.is_empty() {
        println!("no releases yet");
    }
    if sound { Ok(ExitCode::SUCCESS) } else { Ok(exit::FAULTS.into()) }
}
