//! `openecls backup` and `openecls restore`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use base::Clock;
use db::{Db, DbError, MIGRATIONS, Options};

use crate::app::App;
use crate::cli::{Backup, Restore};
use crate::people;
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
    let key = app.settings.data.join(people::KEY);
    if key.exists() {
        println!("keep {} too, in another place: it opens second factors", key.display());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn restore(settings: &Settings, command: &Restore) -> anyhow::Result<ExitCode> {
    let Some(target) = settings.sqlite_path() else { bail!(PG_DUMP) };
    let shown = command.file.display();
    if target.exists() {
        let same = |a: &Path, b: &Path| fs::canonicalize(a).ok() == fs::canonicalize(b).ok();
        if same(target, &command.file) {
            bail!("{shown} is the database itself, not a backup of it");
        }
        if !command.replace {
            bail!(
                "{} is there; --replace puts the backup in its place and keeps it under another name",
                target.display()
            );
        }
        refuse_if_in_use(target)?;
    }
    if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    // beside the target first: it appears complete and checked, or not at all
    let incoming = Incoming(beside(target, ".restoring"));
    copy(&command.file, &incoming.0).with_context(|| format!("{shown} is not used"))?;
    check(&incoming.0).with_context(|| format!("{shown} is not used"))?;
    let kept = if target.exists() { Some(set_aside(target)?) } else { None };
    fs::rename(&incoming.0, target)
        .with_context(|| format!("putting {} in its place", target.display()))?;
    println!("restored {shown} to {}", target.display());
    if let Some(kept) = kept {
        println!("the database that was there is kept as {}", kept.display());
    }
    println!("now run `openecls verify`");
    Ok(ExitCode::SUCCESS)
}

/// The copy that becomes the database; what a failure leaves of it goes.
struct Incoming(PathBuf);

impl Drop for Incoming {
    fn drop(&mut self) {
        for ending in ["", "-wal", "-shm"] {
            // after success it has its new name
            drop(fs::remove_file(beside(&self.0, ending)));
        }
    }
}

/// The path with something behind its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Copies a backup, which may lie where nothing can be written, so that only this account can read it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let journal = beside(from, "-wal");
    if fs::metadata(&journal).is_ok_and(|data| data.len() > 0) {
        bail!(
            "{} is there, so this is a database in use and no backup; write one with `openecls backup`",
            journal.display()
        );
    }
    let mut source = File::open(from)?;
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut target = options.open(to).with_context(|| format!("creating {}", to.display()))?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()?;
    Ok(())
}

/// A backup that this program can go on with.
fn check(path: &Path) -> anyhow::Result<()> {
    let options = Options { create: false, readers: 1, ..Options::default() };
    let backup = match Db::open(&format!("sqlite:{}", path.display()), &options) {
        Ok(backup) => backup,
        // damage in a page that opening reads
        Err(DbError::Open { reason, .. }) if reason.contains("malformed") => {
            bail!("the file is damaged: {reason}")
        }
        Err(DbError::Open { reason, .. }) => bail!("{reason}"),
        Err(error) => return Err(error.into()),
    };
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
pub(super) fn refuse_if_in_use(target: &Path) -> anyhow::Result<()> {
    if !is_database(target) {
        // what is too damaged to be opened is what backups are for
        return Ok(());
    }
    let options = Options {
        create: false,
        readers: 1,
        busy_timeout: std::time::Duration::from_millis(200),
        ..Options::default()
    };
    match Db::open(&format!("sqlite:{}", target.display()), &options) {
        // folds the journal into the file when nobody else has it open
        Ok(db) => drop(db),
        Err(DbError::Open { reason, .. }) if reason.contains(NO_DATABASE) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if beside(target, "-wal").exists() {
        bail!("{} is in use; stop the program that serves it first", target.display());
    }
    Ok(())
}

/// What the database layer says of a file that it cannot make sense of.
const NO_DATABASE: &str = "is this an OpenECLS database?";

/// Whether a file starts as SQLite's do.
fn is_database(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && &start == b"SQLite format 3\0"
}

/// Renames a database, with the journal of one that was too damaged for it to be folded in.
fn set_aside(target: &Path) -> anyhow::Result<PathBuf> {
    let stamp = Clock::system().now().to_string().replace([':', '.'], "-");
    let kept = beside(target, &format!(".before-restore-{stamp}"));
    for ending in ["-wal", "-shm", ""] {
        let (from, to) = (beside(target, ending), beside(&kept, ending));
        if from.exists() {
            fs::rename(&from, &to).with_context(|| format!("setting {} aside", from.display()))?;
        }
    }
    Ok(kept)
}
