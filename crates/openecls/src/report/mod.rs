//! How a plan is printed, and what the program answers with.

pub(crate) mod csv;
pub(crate) mod exit;
pub(crate) mod json;
pub(crate) mod text;

use std::fs::File;
use std::io::{self, BufWriter, Write};
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

/// A plan on its way to a file or to standard output, with a bar on a terminal.
pub(crate) struct Report {
    out: Box<dyn Write>,
    print: Box<dyn Print>,
    quiet: bool,
    bar: ProgressBar,
    /// Patients already printed, when the transaction runs again.
    printed: u64,
    skip: u64,
    broken: Option<io::Error>,
}

impl Report {
    pub(crate) fn new(
        format: ReportFormat,
        target: Option<&Path>,
        quiet: bool,
    ) -> anyhow::Result<Self> {
        let out: Box<dyn Write> = match target {
            Some(path) => Box::new(BufWriter::new(
                File::create(path).with_context(|| format!("creating {}", path.display()))?,
            )),
            None => Box::new(BufWriter::new(io::stdout())),
        };
        let print: Box<dyn Print> = match format {
            ReportFormat::Text => Box::new(text::Text::default()),
            ReportFormat::Json => Box::new(json::Json),
            ReportFormat::Csv => Box::new(csv::Csv::default()),
        };
        Ok(Self { out, print, quiet, bar: bar(0), printed: 0, skip: 0, broken: None })
    }

    /// The next file begins.
    pub(crate) fn begin(&mut self, bytes: u64) {
        self.bar = bar(bytes);
        self.printed = 0;
        self.skip = 0;
    }

    /// A file has ended.
    pub(crate) fn end(&mut self, file: &str, summary: &Summary) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        if let Some(error) = self.broken.take() {
            return Err(error).context("writing the report");
        }
        self.print.summary(&mut self.out, file, summary).context("writing the report")?;
        self.out.flush().context("writing the report")
    }
}

impl PlanSink for Report {
    fn restart(&mut self) {
        // what was printed stays printed: the same patients come again in the same order
        self.skip = self.printed;
        self.bar.set_position(0);
    }

    fn patient(&mut self, plan: &PatientPlan) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        self.printed += 1;
        if self.quiet || self.broken.is_some() {
            return;
        }
        if let Err(error) = self.print.patient(&mut self.out, plan) {
            self.broken = Some(error);
        }
    }

    fn progress(&mut self, bytes: u64) {
        self.bar.set_position(bytes);
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

/// The same for counted things.
pub(crate) fn counter(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.with_message(what)
}
