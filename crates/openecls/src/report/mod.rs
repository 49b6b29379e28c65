//! How a plan is printed, and what the program answers with.

pub(crate) mod csv;
pub(crate) mod exit;
pub(crate) mod json;
pub(crate) mod text;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::Path;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use registry::upload::{PatientPlan, PlanSink, Summary, Weight};

use crate::cli::ReportFormat;

/// One way of printing a plan.
pub(crate) trait Print {
    /// The next patient.
    fn patient(&mut self, out: &mut dyn Write, plan: &PatientPlan) -> io::Result<()>;
    /// The end.
    fn summary(&mut self, out: &mut dyn Write, file: &str, summary: &Summary) -> io::Result<()>;
}

/// Plans on their way to a file or to standard output, with a bar on a terminal.
///
/// Each file's plan is gathered in a temporary file and shown when it is whole: of a file that turns out
/// to be malformed at its end no plan is shown, and a transaction that runs again starts its plan again.
pub(crate) struct Report {
    format: ReportFormat,
    out: Box<dyn Write>,
    gathered: File,
    buffer: BufWriter<File>,
    print: Box<dyn Print>,
    quiet: bool,
    bar: ProgressBar,
    /// Whether a plan was shown before.
    begun: bool,
    broken: Option<io::Error>,
}

/// A file for a report, which holds keys of patients and values: a new one can be read by this account only.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Report {
    pub(crate) fn new(
        format: ReportFormat,
        target: Option<&Path>,
        quiet: bool,
    ) -> anyhow::Result<Self> {
        let out: Box<dyn Write> = match target {
            Some(path) => {
                Box::new(create(path).with_context(|| format!("creating {}", path.display()))?)
            }
            None => Box::new(io::stdout()),
        };
        let temporary = "making a temporary file for the report";
        let gathered = tempfile::tempfile().context(temporary)?;
        let buffer = BufWriter::new(gathered.try_clone().context(temporary)?);
        let print = printer(format, false);
        let bar = bar(0);
        Ok(Self { format, out, gathered, buffer, print, quiet, bar, begun: false, broken: None })
    }

    /// The next file begins.
    pub(crate) fn begin(&mut self, bytes: u64) {
        self.bar = bar(bytes);
        self.broken = self.empty().err();
    }

    /// A file has ended: its plan is shown.
    pub(crate) fn end(&mut self, file: &str, summary: &Summary) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        if let Some(error) = self.broken.take() {
            return Err(error).context("gathering the report");
        }
        self.print
            .summary(&mut self.buffer, file, summary)
            .and_then(|()| self.buffer.flush())
            .and_then(|()| self.gathered.rewind())
            .context("gathering the report")?;
        self.begun = true;
        io::copy(&mut self.gathered, &mut self.out)
            .and_then(|_| self.out.flush())
            .context("writing the report")
    }

    /// Forgets what has been gathered.
    fn empty(&mut self) -> io::Result<()> {
        self.print = printer(self.format, self.begun);
        self.buffer.flush()?;
        self.gathered.rewind()?;
        self.gathered.set_len(0)
    }
}

impl PlanSink for Report {
    fn restart(&mut self) {
        self.bar.set_position(0);
        self.broken = self.empty().err();
    }

    fn patient(&mut self, plan: &PatientPlan) {
        if self.quiet || self.broken.is_some() {
            return;
        }
        if let Err(error) = self.print.patient(&mut self.buffer, plan) {
            self.broken = Some(error);
        }
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
    }
}

fn printer(format: ReportFormat, begun: bool) -> Box<dyn Print> {
    match format {
        ReportFormat::Text => Box::new(text::Text::default()),
        ReportFormat::Json => Box::new(json::Json),
        ReportFormat::Csv => Box::new(csv::Csv::new(begun)),
    }
}

/// The word for how much a finding weighs.
const fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Refuses => "refused",
        Weight::Warns => "warning",
        Weight::Open => "open",
        Weight::Notes => "note",
    }
}

/// A progress bar on standard error; invisible when that is not a terminal.
pub(crate) fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    let template = "{bar:30} {bytes:>10} of {total_bytes} {elapsed} (about {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// The same for things whose number becomes known on the way.
pub(crate) fn count_bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let template = "{bar:30} {human_pos:>9} of {human_len} {msg}, {elapsed} (about {eta} left)";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(what)
}

/// The same for counted things.
pub(crate) fn counter(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.with_message(what)
}
