//! Files that wait for a decision, and the work on them.
//!
//! A file lies in a folder of its own until it is applied or discarded; what was left by a program that ended is
//! removed at the next start, since it holds records. Planning and applying run on threads of their own, so that no
//! request waits for a large file.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base::{Actor, CenterId, Ids, ImportId};
use exchange::CodeMap;
use registry::upload::{Options, PatientPlan, Summary};
use registry::{Registry, RegistryError};
use site::{Problem, Visitor};
use uuid::Uuid;

use super::report::Keeper;
use crate::Desk;

/// Files that may wait at the same time; older ones are forgotten first.
const WAITING: usize = 64;

/// How far the work on a file is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    Planning,
    /// The plan, with the patients that are shown and the number of the others.
    Planned(Summary, Arc<Vec<PatientPlan>>, u64),
    Applying,
    Applied(Summary, Option<ImportId>),
    Failed(String),
}

/// One file.
#[derive(Debug)]
pub(crate) struct Job {
    pub(super) id: Uuid,
    pub(super) center: CenterId,
    pub(super) options: Options,
    /// Bytes read so far.
    bytes: Arc<AtomicU64>,
    stage: Mutex<Stage>,
}

impl Job {
    pub(super) fn new(id: Uuid, center: CenterId, options: Options) -> Self {
        let (bytes, stage) = (Arc::default(), Mutex::new(Stage::Planning));
        Self { id, center, options, bytes, stage }
    }

    /// How far the work is.
    pub(super) fn stage(&self) -> Stage {
        lock(&self.stage).clone()
    }

    /// How much of the file has been read, in percent.
    pub(super) fn percent(&self) -> u64 {
        let read = self.bytes.load(Ordering::Relaxed);
        (read * 100).checked_div(self.options.bytes).unwrap_or(0).min(100)
    }

    fn set(&self, stage: Stage) {
        *lock(&self.stage) = stage;
    }
}

/// The files, and what reading them needs. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    codes: CodeMap,
    ids: Arc<Ids>,
    most_bytes: u64,
    jobs: Mutex<HashMap<Uuid, Arc<Job>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file's name without folders and without characters that a name on disk may not have.
pub(super) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String =
        last.chars().filter(|c| c.is_alphanumeric() || "._- ".contains(*c)).take(100).collect();
    let plain = plain.trim_matches(['.', ' ']).to_owned();
    if plain.is_empty() { "upload".to_owned() } else { plain }
}

impl Uploads {
    /// Keeps files in a folder of their own, which is emptied now; files above `most_bytes` are refused.
    ///
    /// # Errors
    /// When the folder cannot be made or emptied.
    pub fn new(
        folder: PathBuf,
        codes: CodeMap,
        ids: Arc<Ids>,
        most_bytes: u64,
    ) -> io::Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        private(&folder)?;
        let jobs = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { folder, codes, ids, most_bytes, jobs }) })
    }

    /// The largest file that is taken, in bytes.
    pub fn most_bytes(&self) -> u64 {
        self.inner.most_bytes
    }

    pub(super) fn next_id(&self) -> Uuid {
        self.inner.ids.next()
    }

    fn place(&self, id: Uuid) -> PathBuf {
        self.inner.folder.join(id.to_string())
    }

    pub(super) fn create(&self, id: Uuid, name: &str) -> io::Result<File> {
        // in a folder of its own: a file of one form is known by its name
        let place = self.place(id).join("file");
        fs::create_dir_all(&place)?;
        File::create_new(place.join(name))
    }

    /// Removes the files of a job; what cannot be removed goes at the next start.
    pub(super) fn remove(&self, id: Uuid) {
        if let Err(error) = fs::remove_dir_all(self.place(id))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("an upload could not be removed: {error}");
        }
    }

    /// A file's job.
    pub(super) fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        lock(&self.inner.jobs).get(&id).cloned()
    }

    /// The report of a job.
    pub(super) fn report(&self, id: Uuid) -> io::Result<Vec<u8>> {
        fs::read(self.place(id).join("report.csv"))
    }

    /// Plans a file on a thread of its own.
    pub(super) fn plan(&self, desk: &Desk, visitor: &Visitor, job: Job) -> Result<(), Problem> {
        let job = Arc::new(job);
        self.make_room();
        lock(&self.inner.jobs).insert(job.id, Arc::clone(&job));
        self.work(desk, visitor, job, Self::planned)
    }

    /// Applies exactly the plan that was shown.
    pub(super) fn apply(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        job: &Arc<Job>,
    ) -> Result<(), Problem> {
        let plan = {
            let mut stage = lock(&job.stage);
            let Stage::Planned(summary, ..) = &*stage else {
                let detail = "There is no plan of this file that waits to be applied.";
                return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
            };
            let plan = summary.plan.clone();
            *stage = Stage::Applying;
            plan
        };
        self.work(desk, visitor, Arc::clone(job), move |uploads, registry, actor, job| {
            uploads.applied(registry, actor, job, &plan)
        })
    }

    fn work(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        job: Arc<Job>,
        work: impl FnOnce(&Self, &Registry, &Actor, &Job) -> Result<Stage, String> + Send + 'static,
    ) -> Result<(), Problem> {
        let (uploads, registry) = (self.clone(), desk.registry.clone());
        let actor = visitor.actor.clone();
        let thread = std::thread::Builder::new().name("upload".to_owned());
        let started = thread.spawn(move || {
            let stage = work(&uploads, &registry, &actor, &job);
            job.set(stage.unwrap_or_else(Stage::Failed));
        });
        started.map(drop).map_err(|error| Problem::internal("starting a thread", &error))
    }

    fn planned(&self, registry: &Registry, actor: &Actor, job: &Job) -> Result<Stage, String> {
        let mut keeper = self.keeper(job)?;
        let path = self.file(job)?;
        let open = || exchange::open(&path, registry.dictionary(), &self.inner.codes);
        let summary = registry.plan_upload(actor, &job.options, &open, &mut keeper);
        let summary = summary.map_err(|error| told(&error))?;
        keeper.finish().map_err(|_| "the report could not be written".to_owned())?;
        Ok(Stage::Planned(summary, Arc::new(std::mem::take(&mut keeper.shown)), keeper.more))
    }

    fn applied(
        &self,
        registry: &Registry,
        actor: &Actor,
        job: &Job,
        plan: &str,
    ) -> Result<Stage, String> {
        let mut keeper = self.keeper(job)?;
        let path = self.file(job)?;
        let open = || exchange::open(&path, registry.dictionary(), &self.inner.codes);
        let done = registry.apply_upload(actor, &job.options, &open, Some(plan), &mut keeper);
        let done = done.map_err(|error| told(&error))?;
        // what was written stays written, whatever becomes of its report
        if let Err(error) = keeper.finish() {
            tracing::warn!("the report of an upload could not be written: {error}");
        }
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!("an applied upload could not be removed: {error}");
        }
        Ok(Stage::Applied(done.summary, done.import))
    }

    fn keeper(&self, job: &Job) -> Result<Keeper, String> {
        let path = self.place(job.id).join("report.csv");
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path);
        job.bytes.store(0, Ordering::Relaxed);
        file.and_then(|file| Keeper::new(file, Arc::clone(&job.bytes)))
            .map_err(|_| "the report cannot be written".to_owned())
    }

    fn file(&self, job: &Job) -> Result<PathBuf, String> {
        let path = self.place(job.id).join("file").join(&job.options.file_name);
        if path.exists() { Ok(path) } else { Err("the file is not there any more".to_owned()) }
    }

    /// Forgets a file that nothing works on.
    pub(super) fn forget(&self, job: &Job) -> Result<(), Problem> {
        if matches!(job.stage(), Stage::Planning | Stage::Applying) {
            let detail = "Wait until the work on this file is done.";
            return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
        }
        lock(&self.inner.jobs).remove(&job.id);
        self.remove(job.id);
        Ok(())
    }

    /// Forgets the oldest files that nothing works on, so that not too many wait.
    fn make_room(&self) {
        let mut jobs = lock(&self.inner.jobs);
        while jobs.len() >= WAITING {
            let idle = jobs
                .values()
                .filter(|job| !matches!(job.stage(), Stage::Planning | Stage::Applying));
            let Some(oldest) = idle.map(|job| job.id).min() else { return };
            jobs.remove(&oldest);
            self.remove(oldest);
        }
    }
}

/// An error for whoever sent the file; what is wrong inside is logged and not shown.
fn told(error: &RegistryError) -> String {
    match error {
        // without the place of the file on the server
        RegistryError::File(error) => {
            format!(
                "Line {}, column {}: {}; {}",
                error.line, error.column, error.message, error.fix
            )
        }
        RegistryError::PlanMoved | RegistryError::Invalid(_) | RegistryError::State { .. } => {
            error.to_string()
        }
        RegistryError::Refused(_) | RegistryError::NotFound(_) => {
            "you may not do this here".to_owned()
        }
        error => {
            tracing::error!("an upload failed: {error}");
            "something went wrong on our side; nothing was written".to_owned()
        }
    }
}

/// Nobody else on the machine may look into the folder.
#[cfg(unix)]
fn private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_: &Path) -> io::Result<()> {
    Ok(())
}
