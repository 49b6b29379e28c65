//! `openecls backup` and `openecls restore`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use base::Clock;
use db::{Db, DbError, MIGRATIONS, Options};

use crate::app::App;
use crate::cli::{Backup, Restore};
use crate::report::counter;
use crate::settings::Settings;

/// What to do on PostgreSQL, which has its own tools for this.
const PG_DUMP: &str = "on PostgreSQL use its own tools: `pg_dump --format=custom --file=FILE URL` to back up, \
                       `pg_restore --clean --if-exists --dbname=URL FILE` to restore";

pub(super) fn run(app: &App, command: &Backup) -> anyhow::Result<ExitCode> {
    let bar = counter("pages copied");
    let copied = app.db.backup_to(&command.file, |done, _| bar.set_position(done));
    bar.finish_and_clear();
    match copied {
        Err(DbError::UsePgDump) => bail!(PG_DUMP),
        copied => copied?,
    }
    let bytes = fs::metadata(&command.file).map(|data| data.len()).unwrap_or_default();
    println!("backup written and checked: {} ({bytes} bytes)", command.file.display());
    println!("it holds patient data: keep it encrypted, and away from this machine");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(settings: &Settings, command: &Restore) -> anyhow::Result<ExitCode> {
    let Some(target) = settings.sqlite_path() else { bail!(PG_DUMP) };
    let shown = command.file.display();
    check(&command.file).with_context(|| format!("{shown} is not used"))?;
    let kept = if target.exists() {
        if !command.replace {
            bail!(
                "{} is there; --replace puts the backup in its place and keeps it under another name",
                target.display()
            );
        }
        refuse_if_in_use(target)?;
        Some(set_aside(target)?)
    } else {
        None
    };
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    // through the database's own copy: the file appears complete and checked, or not at all
    let source = open(&command.file)?;
    if let Err(error) = source.backup_to(target, |_, _| {}) {
        if let Some(kept) = &kept {
            let _ = fs::rename(kept, target);
        }
        return Err(error).with_context(|| format!("restoring {shown}"));
    }
    println!("restored {shown} to {}", target.display());
    if let Some(kept) = kept {
        println!("the database that was there is kept as {}", kept.display());
    }
    println!("now run `openecls verify`");
    Ok(ExitCode::SUCCESS)
}

fn open(path: &Path) -> anyhow::Result<Db> {
    let options = Options { create: false, read_only: true, readers: 1, ..Options::default() };
    Db::open(&format!("sqlite:{}", path.display()), &options)
        .with_context(|| format!("opening {}", path.display()))
}

/// A backup that this program can go on with.
fn check(path: &Path) -> anyhow::Result<()> {
    let backup = open(path)?;
    if let Some(first) = backup.integrity_check()?.and_then(|found| found.into_iter().next()) {
        bail!("the file is damaged: {first}");
    }
    let pending = backup.pending_migrations(MIGRATIONS)?;
    if pending.len() == MIGRATIONS.len() {
        bail!("the file is a database, but not one of this program");
    }
    Ok(())
}

/// Another program that has the database open would go on writing to the file that is set aside.
fn refuse_if_in_use(target: &Path) -> anyhow::Result<()> {
    let options = Options {
        create: false,
        readers: 1,
        busy_timeout: std::time::Duration::from_millis(200),
        ..Options::default()
    };
    let db = Db::open(&format!("sqlite:{}", target.display()), &options)?;
    // folds the journal into the file when nobody else has it open
    drop(db);
    let mut journal = target.as_os_str().to_owned();
    journal.push("-wal");
    if Path::new(&journal).exists() {
        bail!("{} is in use; stop the program that serves it first", target.display());
    }
    Ok(())
}

fn set_aside(target: &Path) -> anyhow::Result<PathBuf> {
    let stamp = Clock::system().now().to_string().replace([':', '.'], "-");
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".before-restore-{stamp}"));
    let kept = PathBuf::from(name);
    fs::rename(target, &kept).with_context(|| format!("setting {} aside", target.display()))?;
    Ok(kept)
}
