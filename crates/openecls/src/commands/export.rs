//! `openecls export`.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, IntoInnerError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use exchange::{FolderWriter, Shape, Unwritable, Why, WideWriter, XmlFormat, XmlWriter};
use registry::incoming::IncomingPatient;
use registry::{Center, ExportRuns, Passes};

use crate::app::App;
use crate::cli::{Export, ExportFormat};
use crate::report::exit;

pub(super) fn run(app: &App, command: &Export) -> anyhow::Result<ExitCode> {
    let center = app.center(&command.center)?;
    if command.output.exists() {
        bail!("{} is there already; choose another name", command.output.display());
    }
    match command.format {
        ExportFormat::Xml => xml(app, command, &center),
        ExportFormat::Csv | ExportFormat::Wide => csv(app, command, &center),
    }
}

fn snapshot<T>(
    app: &App,
    command: &Export,
    center: &Center,
    work: impl FnMut(&mut Passes<'_, '_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runs = if command.submitted { ExportRuns::Submitted } else { ExportRuns::All };
    app.registry.export_passes(&app.operator(), center.id, runs, work)
}

/// One pass; gives the number of patients.
fn each(
    passes: &mut Passes<'_, '_>,
    mut take: impl FnMut(&IncomingPatient) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut patients = 0;
    passes.each(&mut |patient| {
        patients += 1;
        take(patient)
    })?;
    Ok(patients)
}

fn xml(app: &App, command: &Export, center: &Center) -> anyhow::Result<ExitCode> {
    let codes = app.codes()?;
    let format = XmlFormat::new(&app.dictionary, &codes)?;
    // what was looked at is what is written: both passes see one snapshot
    let written = snapshot(app, command, center, |passes| {
        let mut problems = Problems::default();
        each(passes, |patient| {
            problems.add(app, format.can_write(patient));
            Ok(())
        })?;
        problems.print();
        if problems.total > 0 && !command.partial {
            return Ok(None);
        }
        let partial = partial_name(&command.output)?;
        let file = private(&partial).with_context(|| format!("creating {}", partial.display()))?;
        let mut writer = XmlWriter::new(&format, BufWriter::new(file))?;
        let patients = each(passes, |patient| {
            writer.patient(patient).context("writing")?;
            Ok(())
        })?;
        let file = writer.finish().context("writing")?;
        file.into_inner().map_err(IntoInnerError::into_error).context("writing")?;
        Ok(Some((partial, patients)))
    })?;
    let Some((partial, patients)) = written else {
        eprintln!(
            "nothing was written; --partial writes the file without them, --submitted leaves drafts out"
        );
        return Ok(exit::REFUSED.into());
    };
    put(&partial, &command.output, patients)
}

fn csv(app: &App, command: &Export, center: &Center) -> anyhow::Result<ExitCode> {
    let (partial, patients) = snapshot(app, command, center, |passes| {
        let partial = partial_name(&command.output)?;
        let created = || format!("creating {}", partial.display());
        let patients = if command.format == ExportFormat::Csv {
            private_folder(&partial).with_context(created)?;
            let mut writer = FolderWriter::new(&app.dictionary, |name| {
                private(&partial.join(name)).map(BufWriter::new)
            })?;
            let patients = each(passes, |patient| writer.patient(patient).context("writing"))?;
            writer.finish().context("writing")?;
            patients
        } else {
            let file = private(&partial).with_context(created)?;
            // the columns follow from the widest patient, which only a first pass knows
            let mut shape = Shape::default();
            each(passes, |patient| {
                shape.add(&app.dictionary, patient);
                Ok(())
            })?;
            let mut writer = WideWriter::new(&app.dictionary, &shape, BufWriter::new(file))?;
            let patients = each(passes, |patient| writer.patient(patient).context("writing"))?;
            let file = writer.finish().context("writing")?;
            file.into_inner().map_err(IntoInnerError::into_error).context("writing")?;
            patients
        };
        Ok((partial, patients))
    })?;
    put(&partial, &command.output, patients)
}

/// Puts a whole export into its place, where it also is after the power fails.
fn put(partial: &Path, output: &Path, patients: u64) -> anyhow::Result<ExitCode> {
    sync(partial).with_context(|| format!("writing {}", partial.display()))?;
    fs::rename(partial, output).context("putting the export in its place")?;
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_folder(parent.unwrap_or(Path::new("."))).context("putting the export in its place")?;
    eprintln!("{patients} patient(s) written to {}", output.display());
    Ok(ExitCode::SUCCESS)
}

/// Waits until a file, or a folder with its files, is on the disk.
fn sync(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        return File::open(path)?.sync_all();
    }
    for entry in fs::read_dir(path)? {
        File::open(entry?.path())?.sync_all()?;
    }
    sync_folder(path)
}

/// The names in a folder; elsewhere than on Unix folders cannot be opened.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// A new file that only this account can read: it holds patient data.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The same for a folder.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Where an export is written until it is whole; what an export that was cut off has left there goes.
fn partial_name(path: &Path) -> anyhow::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let removed = if partial.is_dir() {
        fs::remove_dir_all(&partial)
    } else if partial.exists() {
        fs::remove_file(&partial)
    } else {
        Ok(())
    };
    removed.with_context(|| format!("removing {}", partial.display()))?;
    Ok(partial)
}

/// What cannot be written, gathered by kind.
#[derive(Default)]
struct Problems {
    total: u64,
    dropped: BTreeMap<String, u64>,
    numbers: BTreeMap<String, u64>,
    others: BTreeMap<String, u64>,
}

impl Problems {
    fn add(&mut self, app: &App, found: Vec<Unwritable>) {
        for problem in found {
            let field = problem.field.map(|id| app.dictionary.field(id).key.clone());
            let field = field.unwrap_or_else(|| problem.element.clone());
            match &problem.why {
                // the format cannot carry it: said before the export starts, never a reason to refuse
                Why::NoElement => *self.dropped.entry(field).or_default() += 1,
                Why::NoNumber { list, code } => {
                    self.total += 1;
                    *self.numbers.entry(format!("{list} {code}")).or_default() += 1;
                }
                why => {
                    self.total += 1;
                    *self.others.entry(format!("{field}: {}", words(why))).or_default() += 1;
                }
            }
        }
    }

    fn print(&self) {
        if !self.dropped.is_empty() {
            let values: u64 = self.dropped.values().sum();
            eprintln!(
                "{values} value(s) of {} field(s) have no element in this format and stay behind:",
                self.dropped.len()
            );
            for (field, count) in &self.dropped {
                eprintln!("  {field} {count}");
            }
        }
        if !self.numbers.is_empty() {
            eprintln!("these codes have no number yet (`openecls mapping template`):");
            for (code, count) in &self.numbers {
                eprintln!("  {code} {count}");
            }
        }
        for (other, count) in &self.others {
            eprintln!("  {other} {count}");
        }
    }
}

const fn words(why: &Why) -> &'static str {
    match why {
        Why::NoNumber { .. } => "no number is known",
        Why::NoTime => "only the day is known and the format wants a time",
        Why::Unread => "the text could not be read",
        Why::OnlyYes => "the format takes only yes",
        Why::OtherKind => "codes of this kind are written with other times",
        Why::Character => "a character that XML cannot hold",
        Why::NoElement => "the format has no element for it",
        Why::Needed => "the format wants a value",
    }
}
