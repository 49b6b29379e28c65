//! The shipped sample: invented runs of six invented centers.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use registry::NewCenter;
use registry::upload::{Options, PatientPlan, PlanSink};

use super::demo;
use crate::app::App;
use crate::commands::import::fingerprint;

/// One file of the sample.
struct SampleFile {
    name: &'static str,
    text: &'static str,
}

/// Files of `sample/` as compiled in.
static FILES: &[SampleFile] = &include!(concat!(env!("OUT_DIR"), "/sample_files.rs"));

/// Counts nothing: the sample is known to be good, a test says so.
struct Silent;

impl PlanSink for Silent {
    fn restart(&mut self) {}
    fn patient(&mut self, _plan: &PatientPlan) {}
    fn progress(&mut self, _bytes: u64) {}
}

/// Imports the sample when the registry holds nothing else; a start that was cut off is finished by the next.
pub(super) fn import_into_empty(app: &App) -> anyhow::Result<()> {
    if app.registry.centers()?.iter().any(|center| !center.invented) {
        println!("the registry has centers of its own: the sample is left out");
        return Ok(());
    }
    if demo::is_in(&app.settings.data) {
        println!("this is the registry of `openecls demo`: the sample is left out");
        return Ok(());
    }
    // through a folder: the same readers that a center's own files go through
    let folder = tempfile::tempdir().context("making a folder for the sample")?;
    for file in FILES {
        let path = folder.path().join(file.name);
        let parent = path.parent().unwrap_or(folder.path());
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, file.text))
            .context("unpacking the sample")?;
    }
    add_centers(app, &folder.path().join("centers.csv"))?;
    let mut uploads: Vec<PathBuf> = fs::read_dir(folder.path())
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .context("looking through the sample")?;
    uploads.retain(|path| path.file_name().is_some_and(|name| name != "centers.csv"));
    uploads.sort();
    let most = u32::try_from(uploads.len()).unwrap_or(u32::MAX);
    if app.registry.imports(&app.operator(), None, most)?.len() == uploads.len() {
        return Ok(());
    }
    println!("importing the sample of invented runs");
    uploads.iter().try_for_each(|path| upload(app, path))
}

fn add_centers(app: &App, path: &Path) -> anyhow::Result<()> {
    let mut centers = csv::Reader::from_path(path).context("reading the sample's centers")?;
    for line in centers.records() {
        let line = line.context("reading the sample's centers")?;
        let column = |place: usize| line.get(place).unwrap_or_default();
        let new = NewCenter {
            number: column(0),
            name: column(1),
            country: column(2),
            chapter: column(3),
            invented: true,
        };
        app.registry.add_center(&app.operator(), &new)?;
    }
    Ok(())
}

fn upload(app: &App, path: &Path) -> anyhow::Result<()> {
    let codes = app.codes()?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let (sha256, bytes) = fingerprint(path)?;
    let options = Options { file_name: name.clone(), sha256, bytes, ..Options::default() };
    let open = || exchange::open(path, &app.dictionary, &codes);
    let applied = app
        .registry
        .apply_upload(&app.operator(), &options, &open, None, &mut Silent)
        .with_context(|| format!("importing {name}"))?;
    println!(
        "  {name}: {} runs, {} of them signed",
        applied.summary.runs.new, applied.summary.submitted
    );
    Ok(())
}
