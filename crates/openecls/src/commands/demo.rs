//! `openecls demo`: an invented registry of the world's size, made on the first start and served.
//!
//! A center is written with its whole past in one transaction, so a start that was cut off is finished by the
//! next: centers that are there are left alone, and the same seed gives the same ones again.

mod columns;
mod make;
mod note;
mod society;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use indicatif::HumanCount;
use testkit::world::WorldSize;

use self::note::Note;
use super::{backup, serve};
use crate::app::App;
use crate::cli::{Demo, Global, Serve};
use crate::people;
use crate::settings::Settings;

/// The folder of the invented registry: never the one that `serve` takes by itself.
const FOLDER: &str = "openecls-demo";
/// The seed unless another is named.
const SEED: u64 = 1;

/// Settings of the demo: its own folder, unless one is named.
pub(super) fn settings(global: &mut Global) -> anyhow::Result<Settings> {
    global.data.get_or_insert_with(|| PathBuf::from(FOLDER));
    Settings::read(global)
}

pub(super) fn run(settings: Settings, command: &Demo) -> anyhow::Result<ExitCode> {
    let address = command.listen.unwrap_or(settings.listen);
    if !command.no_serve {
        settings.web.permits(address)?;
    }
    let folder = settings.data.clone();
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let alone = alone(&folder)?;
    if command.fresh {
        clear(&settings)?;
    }
    let app = App::open(settings, true)?;
    let note = note(&app, command)?;
    if note.complete {
        println!("the invented registry is there: {note}");
    } else {
        make::make(&app, &note)?;
        note.clone().completed().write(&folder)?;
        columns::write(&app)?;
    }
    society::make(&app, &note)?;
    let people = people::of(&app, &app.settings.web.base_url(address))?;
    society::accounts(&app, &note, &people)?;
    drop(alone);
    if command.no_serve {
        println!("`openecls demo` with the same folder opens it");
        return Ok(ExitCode::SUCCESS);
    }
    serve::run(&app, &Serve { listen: Some(address), sample: false })
}

/// Whether the folder's registry is of this command's making.
pub(super) fn is_in(folder: &Path) -> bool {
    note::path(folder).exists()
}

/// Keeps a second `openecls demo` out while one is at work; the lock goes with the program.
fn alone(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join("demo.lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    if file.try_lock().is_err() {
        bail!("another `openecls demo` is making the registry in {}", folder.display());
    }
    Ok(file)
}

/// What the folder's registry is made of; a new one is begun when there is none.
fn note(app: &App, command: &Demo) -> anyhow::Result<Note> {
    let folder = &app.settings.data;
    let centers = app.registry.centers()?;
    if centers.iter().any(|center| !center.invented) {
        bail!(
            "{} holds centers that are not invented; name another folder with --data",
            app.settings.database_shown()
        );
    }
    let known = Note::read(folder)?;
    if centers.is_empty() {
        // the first start, or one after the database was taken away
        let (runs, seed) =
            (command.runs.unwrap_or(WorldSize::FULL.submitted), command.seed.unwrap_or(SEED));
        let note = Note::new(app.dictionary.version(), runs, seed);
        note.write(folder)?;
        return Ok(note);
    }
    let Some(note) = known else {
        bail!(
            "{} holds another registry; name another folder with --data",
            app.settings.database_shown()
        );
    };
    if command.runs.is_some_and(|runs| runs != note.runs)
        || command.seed.is_some_and(|seed| seed != note.seed)
    {
        bail!(
            "{} holds an invented registry of {note}; --fresh makes another in its place, --data names \
             another folder",
            folder.display()
        );
    }
    if !note.complete && note != Note::new(app.dictionary.version(), note.runs, note.seed) {
        bail!(
            "the registry in {} was begun by another version of the program; --fresh makes it anew",
            folder.display()
        );
    }
    Ok(note)
}

/// Deletes the invented registry of the folder, if that is what it is.
fn clear(settings: &Settings) -> anyhow::Result<()> {
    let Some(database) = settings.sqlite_path() else {
        bail!("--fresh works on the embedded database; on PostgreSQL drop and create the database")
    };
    let known = Note::read(&settings.data)?.is_some();
    if database.exists() {
        let shown = database.display();
        if !known {
            bail!("{shown} was not made by `openecls demo`; it is left alone");
        }
        // --database may name another one than the folder's
        let app = App::open(settings.clone(), false).context("--fresh looks into it first")?;
        if app.registry.centers()?.iter().any(|center| !center.invented) {
            bail!("{shown} holds centers that are not invented; it is left alone");
        }
        drop(app);
        backup::refuse_if_in_use(database)?;
    }
    // the note goes last: what is left of a deletion that was cut off can be deleted again
    let columns = serve::columns(settings);
    let public = columns.with_extension("public");
    let endings = ["", "-wal", "-shm"];
    let beside = endings.map(|ending| backup::beside(database, ending));
    let files = beside.into_iter().chain([columns, public]);
    for path in files.chain(known.then(|| note::path(&settings.data))) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("deleting {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} submitted runs, seed {}", HumanCount(self.runs), self.seed)
    }
}
