//! Files that wait for a decision, and the work on them.
//!
//! A file lies in a folder of its own until it is applied, discarded or a week old. How far the work on it is stands
//! in the database, so the page tells the truth also after the program was ended in the middle. Planning and applying
//! run on threads of their own, so that no request waits for a large file.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use base::{Actor, CenterId, Ids, ImportId};
use exchange::CodeMap;
use registry::upload::{Options, PatientPlan, Summary, UploadStage, WaitingUpload};
use registry::{Registry, RegistryError};
use site::{Problem, Visitor};
use uuid::Uuid;

use super::archive::Readable;
use super::place::{private, remove};
use super::report::Keeper;
use super::trouble::{UploadsError, told};
use crate::{Desk, answer};

/// Files that may wait at the same time; older ones are forgotten first.
const WAITING: usize = 64;
/// Days after which a file that nobody has decided about is removed: it holds records.
const KEPT_DAYS: i64 = 7;
const DAY_MICROS: i64 = 86_400_000_000;

/// How far the work on a file is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    Planning,
    /// The plan, with the patients that are shown and the number of the others.
    Planned(Summary, Arc<Vec<PatientPlan>>, u64),
    Applying(Summary),
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
    /// Bytes to be read: more than those of the file when it is an archive.
    whole: AtomicU64,
    stage: Mutex<Stage>,
}

impl Job {
    pub(super) fn new(id: Uuid, center: CenterId, options: Options) -> Self {
        let (bytes, stage) = (Arc::default(), Mutex::new(Stage::Planning));
        let whole = AtomicU64::new(options.bytes);
        Self { id, center, options, bytes, whole, stage }
    }

    /// How far the work is.
    pub(super) fn stage(&self) -> Stage {
        lock(&self.stage).clone()
    }

    /// How much of the file has been read, in percent.
    pub(super) fn percent(&self) -> u64 {
        let read = self.bytes.load(Ordering::Relaxed);
        (read * 100).checked_div(self.whole.load(Ordering::Relaxed)).unwrap_or(0).min(100)
    }

    /// Takes the stage up, here and in the database. When the database does not take it, the page after a restart
    /// says less than it could, but nothing wrong.
    fn set(&self, registry: &Registry, stage: Stage) {
        let kept = registry.set_upload(self.center, self.id, stage.kept());
        if let Err(error) = kept {
            tracing::warn!("how far an upload is could not be kept: {error}");
        }
        *lock(&self.stage) = stage;
    }
}

impl Stage {
    fn kept(&self) -> UploadStage<'_> {
        match self {
            Self::Planning => UploadStage::Planning,
            Self::Planned(summary, ..) => UploadStage::Planned(summary),
            Self::Applying(summary) => UploadStage::Applying(summary),
            Self::Applied(summary, import) => UploadStage::Applied(summary, *import),
            Self::Failed(why) => UploadStage::Failed(why),
        }
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

impl Uploads {
    /// Keeps files in a folder of their own, which no other program uses; files above `most_bytes` are refused. What
    /// the last program has left there is looked at: what became of each file is kept, and what nobody knows is
    /// removed.
    ///
    /// # Errors
    /// When the folder cannot be made or read, or the database does not answer.
    pub fn open(
        registry: &Registry,
        folder: PathBuf,
        codes: CodeMap,
        ids: Arc<Ids>,
        most_bytes: u64,
    ) -> Result<Self, UploadsError> {
        fs::create_dir_all(&folder)?;
        private(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let known = match name.parse::<Uuid>() {
                Ok(id) => registry.settle_upload(id)?,
                Err(_) => false,
            };
            if !known {
                remove(&path);
            }
        }
        let jobs = Mutex::default();
        Ok(Self { inner: Arc::new(Inner { folder, codes, ids, most_bytes, jobs }) })
    }

    /// Removes what nobody has decided about for a week, from the database and from the folder of this program, and
    /// gives the number.
    ///
    /// # Errors
    /// Of the database; a file that cannot be removed is told in the log.
    pub fn forget_old(registry: &Registry, folder: &Path) -> Result<usize, RegistryError> {
        let before = registry.clock().now().plus_micros(-KEPT_DAYS * DAY_MICROS);
        let gone = registry.forget_old_uploads(before)?;
        for id in &gone {
            remove(&folder.join(id.to_string()));
        }
        Ok(gone.len())
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
        remove(&self.place(id));
    }

    /// A file's job.
    pub(super) fn job(&self, id: Uuid) -> Option<Arc<Job>> {
        lock(&self.inner.jobs).get(&id).cloned()
    }

    /// The report of a job.
    pub(super) fn report(&self, id: Uuid) -> io::Result<Vec<u8>> {
        fs::read(self.place(id).join("report.csv"))
    }

    /// Plans a file that has just arrived, on a thread of its own.
    pub(super) fn plan(&self, desk: &Desk, visitor: &Visitor, job: Job) -> Result<(), Problem> {
        let kept = desk.registry.add_upload(&visitor.actor, job.center, job.id, &job.options);
        kept.map_err(|error| answer::problem(error, visitor))?;
        self.make_room(&desk.registry);
        let job = Arc::new(job);
        lock(&self.inner.jobs).insert(job.id, Arc::clone(&job));
        self.work(desk, visitor, job, Self::planned)
    }

    /// Plans a file again whose work was cut off by a restart.
    pub(super) fn plan_again(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        (number, kept): (&str, &WaitingUpload),
    ) -> Result<(), Problem> {
        let job = Arc::new(Job::new(kept.id, kept.center, kept.options(number)));
        {
            let mut jobs = lock(&self.inner.jobs);
            if kept.stage != "stopped" || jobs.contains_key(&kept.id) || self.file(&job).is_err() {
                let detail = "There is no file here that waits to be planned again.";
                return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
            }
            jobs.insert(job.id, Arc::clone(&job));
        }
        job.set(&desk.registry, Stage::Planning);
        self.work(desk, visitor, job, Self::planned)
    }

    /// Plans a file anew with another choice.
    pub(super) fn choose(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        kept: &WaitingUpload,
        options: Options,
    ) -> Result<(), Problem> {
        let job = Arc::new(Job::new(kept.id, kept.center, options));
        {
            let mut jobs = lock(&self.inner.jobs);
            let waits = |job: &Arc<Job>| matches!(job.stage(), Stage::Planned(..));
            if !jobs.get(&kept.id).is_some_and(waits) || self.file(&job).is_err() {
                let detail = "There is no plan of this file that waits for a choice.";
                return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
            }
            let chosen =
                desk.registry.choose_upload(&visitor.actor, kept.center, kept.id, &job.options);
            chosen.map_err(|error| answer::problem(error, visitor))?;
            jobs.insert(job.id, Arc::clone(&job));
        }
        job.set(&desk.registry, Stage::Planning);
        self.work(desk, visitor, job, Self::planned)
    }

    /// Whether the file of an upload is here: it may be another program's.
    pub(super) fn has_file(&self, kept: &WaitingUpload) -> bool {
        self.place(kept.id).join("file").join(&kept.file_name).exists()
    }

    /// Applies exactly the plan that was shown.
    pub(super) fn apply(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        job: &Arc<Job>,
    ) -> Result<(), Problem> {
        let planned = {
            let mut stage = lock(&job.stage);
            let Stage::Planned(summary, ..) = &*stage else {
                let detail = "There is no plan of this file that waits to be applied.";
                return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
            };
            let planned = summary.clone();
            // before anything is written: a restart looks for what this plan has become
            let applying = UploadStage::Applying(&planned);
            let kept = desk.registry.set_upload(job.center, job.id, applying);
            kept.map_err(|error| answer::problem(error, visitor))?;
            *stage = Stage::Applying(planned.clone());
            planned
        };
        let plan = planned.plan;
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
            job.set(&registry, stage.unwrap_or_else(Stage::Failed));
        });
        started.map(drop).map_err(|error| Problem::internal("starting a thread", &error))
    }

    fn planned(&self, registry: &Registry, actor: &Actor, job: &Job) -> Result<Stage, String> {
        let mut keeper = self.keeper(job)?;
        let read = self.readable(job)?;
        let open = || exchange::open(read.path(), registry.dictionary(), &self.inner.codes);
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
        let read = self.readable(job)?;
        let open = || exchange::open(read.path(), registry.dictionary(), &self.inner.codes);
        let done = registry.apply_upload(actor, &job.options, &open, Some(plan), &mut keeper);
        let done = done.map_err(|error| told(&error))?;
        // what was written stays written, whatever becomes of its report
        if let Err(error) = keeper.finish() {
            tracing::warn!("the report of an upload could not be written: {error}");
        }
        drop(read);
        if let Err(error) = fs::remove_file(self.file(job)?) {
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

    /// The file, unpacked when it is an archive.
    fn readable(&self, job: &Job) -> Result<Readable, String> {
        let readable = Readable::of(&self.file(job)?, self.inner.most_bytes)?;
        job.whole.store(readable.bytes, Ordering::Relaxed);
        Ok(readable)
    }

    fn file(&self, job: &Job) -> Result<PathBuf, String> {
        let path = self.place(job.id).join("file").join(&job.options.file_name);
        if path.exists() { Ok(path) } else { Err("the file is not there any more".to_owned()) }
    }

    /// Forgets a file that nothing works on.
    pub(super) fn forget(
        &self,
        desk: &Desk,
        visitor: &Visitor,
        kept: &WaitingUpload,
    ) -> Result<(), Problem> {
        let busy = |job: Arc<Job>| matches!(job.stage(), Stage::Planning | Stage::Applying(_));
        if self.job(kept.id).is_some_and(busy) {
            let detail = "Wait until the work on this file is done.";
            return Err(Problem::new(StatusCode::CONFLICT, "Not possible now", detail));
        }
        let gone = desk.registry.forget_upload(kept.center, kept.id);
        gone.map_err(|error| answer::problem(error, visitor))?;
        lock(&self.inner.jobs).remove(&kept.id);
        self.remove(kept.id);
        Ok(())
    }

    /// Forgets the oldest files that nothing works on, so that not too many wait.
    fn make_room(&self, registry: &Registry) {
        let mut jobs = lock(&self.inner.jobs);
        while jobs.len() >= WAITING {
            let idle = jobs
                .values()
                .filter(|job| !matches!(job.stage(), Stage::Planning | Stage::Applying(_)));
            let oldest = idle.min_by_key(|job| job.id).map(|job| (job.center, job.id));
            let Some((center, oldest)) = oldest else { return };
            if let Err(error) = registry.forget_upload(center, oldest) {
                tracing::warn!("an upload could not be forgotten: {error}");
            }
            jobs.remove(&oldest);
            self.remove(oldest);
        }
    }
}
