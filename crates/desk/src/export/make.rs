//! Exports in the making: a thread writes the file from one snapshot of the records, the page watches.
//!
//! A file lies in a private folder for an hour and belongs to whoever asked for it. It is written to the disk first,
//! so that a slow line keeps no snapshot of the database open, and so that an error is told before anything is sent.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use base::{Actor, CenterId, Ids, Instant, PersonId};
use exchange::{
    CodeMap, FolderWriter, OutlineError, Shape, Unwritable, Why, WideWriter, XmlFormat, XmlWriter,
};
use registry::{Center, ExportRuns, Passes, Registry, RegistryError};
use uuid::Uuid;
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;
use zip::{ZipWriter, result::ZipError};

/// How long a file waits to be fetched.
const KEPT: Duration = Duration::from_hours(1);
/// Exports in the making or waiting at the same time; the oldest that is done goes first.
const MOST: usize = 32;

/// In what form records go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Xml,
    Folder,
    Wide,
}

impl Format {
    pub(super) const ALL: [Self; 3] = [Self::Xml, Self::Folder, Self::Wide];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Folder => "csv",
            Self::Wide => "wide",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Xml => "The registry's XML",
            Self::Folder => "CSV, one file for each form",
            Self::Wide => "CSV, one line for each run",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::Xml => "What other registries read. Some values and codes have no place in it.",
            Self::Folder => "Every value, in a ZIP archive. It can be uploaded again as it is.",
            Self::Wide => "Every value in one table, for a spreadsheet or a statistics program.",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Folder => "zip",
            Self::Wide => "csv",
        }
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Xml => "application/xml",
            Self::Folder => "application/zip",
            Self::Wide => "text/csv; charset=utf-8",
        }
    }
}

/// What an export came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Made {
    pub(super) patients: u64,
    pub(super) bytes: u64,
    /// What could not be written and why, with the number of values.
    pub(super) left: BTreeMap<(&'static str, String), u64>,
}

#[derive(Debug, Clone)]
pub(super) enum Stage {
    Making,
    Ready(Made),
    Failed,
}

/// One export.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: Uuid,
    pub(super) center: CenterId,
    /// Who may fetch it.
    pub(super) person: Option<PersonId>,
    pub(super) format: Format,
    /// Name of the file for whoever fetches it.
    pub(super) name: String,
    made_at: Instant,
    patients: AtomicU64,
    stage: Mutex<Stage>,
}

impl Job {
    pub(super) fn stage(&self) -> Stage {
        lock(&self.stage).clone()
    }

    /// Patients written so far.
    pub(super) fn patients(&self) -> u64 {
        self.patients.load(Ordering::Relaxed)
    }
}

/// Exports, and what making them needs. Cheap to clone.
#[derive(Clone)]
pub struct Exports {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    codes: CodeMap,
    ids: Arc<Ids>,
    jobs: Mutex<HashMap<Uuid, Arc<Job>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, thiserror::Error)]
enum MakeError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Db(#[from] db::DbError),
    #[error("a file of an export cannot be written: {0}")]
    File(#[from] io::Error),
    #[error("an archive cannot be written: {0}")]
    Zip(#[from] ZipError),
    #[error(transparent)]
    Outline(#[from] OutlineError),
}

impl Exports {
    /// Keeps files in a folder of their own, which is emptied now.
    ///
    /// # Errors
    /// When the folder cannot be made or emptied.
    pub fn open(folder: PathBuf, codes: CodeMap, ids: Arc<Ids>) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        crate::upload::private(&folder)?;
        let jobs = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { folder, codes, ids, jobs }) })
    }

    /// Removes files that have waited for an hour, and gives their number.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn forget_old(folder: &Path, now: Instant) -> io::Result<usize> {
        if !folder.exists() {
            return Ok(0);
        }
        let now = Duration::from_micros(u64::try_from(now.as_micros()).unwrap_or(0));
        let mut gone = 0;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let written = entry.metadata()?.modified()?.duration_since(UNIX_EPOCH);
            if written.is_ok_and(|written| written + KEPT < now) {
                remove(&entry.path());
                gone += 1;
            }
        }
        Ok(gone)
    }

    pub(super) fn codes(&self) -> &CodeMap {
        &self.inner.codes
    }

    pub(super) fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        lock(&self.inner.jobs).get(&id).cloned()
    }

    pub(super) fn file(&self, job: &Job) -> io::Result<File> {
        File::open(self.place(job.id).join("file"))
    }

    fn place(&self, id: Uuid) -> PathBuf {
        self.inner.folder.join(id.to_string())
    }

    pub(super) fn next_id(&self) -> Uuid {
        self.inner.ids.next()
    }

    /// Makes a file on a thread of its own.
    pub(super) fn make(
        &self,
        registry: &Registry,
        actor: &Actor,
        center: &Center,
        (id, format, runs): (Uuid, Format, ExportRuns),
    ) -> io::Result<()> {
        let now = registry.clock().now();
        let day = now.timestamp().strftime("%Y-%m-%d");
        let job = Arc::new(Job {
            id,
            center: center.id,
            person: actor.person_id(),
            format,
            name: format!("openecls-{}-{day}.{}", center.number, format.ending()),
            made_at: now,
            patients: AtomicU64::new(0),
            stage: Mutex::new(Stage::Making),
        });
        self.make_room(now);
        lock(&self.inner.jobs).insert(id, Arc::clone(&job));
        let (exports, registry, actor) = (self.clone(), registry.clone(), actor.clone());
        let thread = std::thread::Builder::new().name("export".to_owned());
        thread.spawn(move || {
            let made = exports.written(&registry, &actor, &job, runs);
            *lock(&job.stage) = match made {
                Ok(made) => Stage::Ready(made),
                Err(error) => {
                    tracing::error!("an export failed: {error}");
                    remove(&exports.place(job.id));
                    Stage::Failed
                }
            };
        })?;
        Ok(())
    }

    fn written(
        &self,
        registry: &Registry,
        actor: &Actor,
        job: &Job,
        runs: ExportRuns,
    ) -> Result<Made, MakeError> {
        let place = self.place(job.id);
        registry.export_passes(actor, job.center, runs, |passes| {
            // the work may be done again when a connection turns out to be dead
            remove(&place);
            fs::create_dir_all(&place)?;
            job.patients.store(0, Ordering::Relaxed);
            let out = place.join("file");
            let left = match job.format {
                Format::Xml => xml(registry, &self.inner.codes, passes, job, &out)?,
                Format::Folder => folder(registry, passes, job, &out)?,
                Format::Wide => wide(registry, passes, job, &out)?,
            };
            let bytes = fs::metadata(&out)?.len();
            Ok(Made { patients: job.patients(), bytes, left })
        })
    }

    /// Forgets what has waited too long, and the oldest when there is too much.
    fn make_room(&self, now: Instant) {
        let kept = i64::try_from(KEPT.as_micros()).unwrap_or(i64::MAX);
        let mut jobs = lock(&self.inner.jobs);
        let done = |job: &Arc<Job>| !matches!(job.stage(), Stage::Making);
        let mut gone: Vec<Uuid> = jobs
            .values()
            .filter(|job| done(job) && now.as_micros() - job.made_at.as_micros() > kept)
            .map(|job| job.id)
            .collect();
        if jobs.len() >= MOST + gone.len() {
            gone.extend(jobs.values().filter(|job| done(job)).map(|job| job.id).min());
        }
        for id in gone {
            jobs.remove(&id);
            remove(&self.place(id));
        }
    }
}

type Left = BTreeMap<(&'static str, String), u64>;

/// One pass over the patients, which are counted.
fn each(
    passes: &mut Passes<'_, '_>,
    job: &Job,
    mut take: impl FnMut(&registry::incoming::IncomingPatient) -> io::Result<()>,
) -> Result<(), MakeError> {
    passes.each(&mut |patient| -> Result<(), MakeError> {
        take(patient)?;
        job.patients.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
}

fn finished(out: BufWriter<File>) -> io::Result<()> {
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn xml(
    registry: &Registry,
    codes: &CodeMap,
    passes: &mut Passes<'_, '_>,
    job: &Job,
    out: &Path,
) -> Result<Left, MakeError> {
    let format = XmlFormat::new(registry.dictionary(), codes)?;
    let mut writer = XmlWriter::new(&format, BufWriter::new(private_file(out)?))?;
    let mut left = Left::new();
    each(passes, job, |patient| {
        for problem in writer.patient(patient)? {
            *left.entry(told(registry, &problem)).or_default() += 1;
        }
        Ok(())
    })?;
    finished(writer.finish()?)?;
    Ok(left)
}

fn wide(
    registry: &Registry,
    passes: &mut Passes<'_, '_>,
    job: &Job,
    out: &Path,
) -> Result<Left, MakeError> {
    let dictionary = registry.dictionary();
    // the columns follow from the widest patient, which only a first pass knows
    let mut shape = Shape::default();
    passes.each(&mut |patient| -> Result<(), MakeError> {
        shape.add(dictionary, patient);
        Ok(())
    })?;
    let mut writer = WideWriter::new(dictionary, &shape, BufWriter::new(private_file(out)?))?;
    each(passes, job, |patient| writer.patient(patient))?;
    finished(writer.finish()?)?;
    Ok(Left::new())
}

/// The files of all forms are written side by side; then they go into the archive one after the other.
fn folder(
    registry: &Registry,
    passes: &mut Passes<'_, '_>,
    job: &Job,
    out: &Path,
) -> Result<Left, MakeError> {
    let place = out.with_file_name("forms");
    fs::create_dir_all(&place)?;
    let mut names: Vec<String> = Vec::new();
    let mut writer = FolderWriter::new(registry.dictionary(), |name| {
        names.push(name.to_owned());
        private_file(&place.join(name)).map(BufWriter::new)
    })?;
    each(passes, job, |patient| writer.patient(patient))?;
    writer.finish()?;
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut archive = ZipWriter::new(BufWriter::new(private_file(out)?));
    for name in names {
        archive.start_file(name.as_str(), options)?;
        io::copy(&mut File::open(place.join(&name))?, &mut archive)?;
    }
    let mut archive = archive.finish()?;
    archive.flush()?;
    finished(archive)?;
    fs::remove_dir_all(&place)?;
    Ok(Left::new())
}

/// Why a value stays behind, and which.
fn told(registry: &Registry, problem: &Unwritable) -> (&'static str, String) {
    let dictionary = registry.dictionary();
    let field = problem.field.map(|id| dictionary.field(id).label.clone());
    let field = field.unwrap_or_else(|| problem.element.clone());
    match &problem.why {
        Why::NoElement => ("the format has no element for it", field),
        Why::NoNumber { list, code } => {
            let known = dictionary.list_named(list).and_then(|list| list.code(list.find(code)?));
            let label = known.map_or("", |code| code.label.as_str());
            ("the code has no number of the registry yet", format!("{field}: {code} {label}"))
        }
        Why::NoTime => ("only the day is known and the format wants a time", field),
        Why::Unread => ("the text could not be read", field),
        Why::OnlyYes => ("the format takes only yes", field),
        Why::OtherKind => ("codes of this kind are written with other times", field),
        Why::Character => ("a character that XML cannot hold", field),
        Why::Needed => ("the format wants a value", field),
    }
}

/// A new file that only this account can read: it holds patient data.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("an export could not be removed: {error}");
    }
}
