//! A plan as CSV, line by line as it is made, and the beginning of it for the page.

use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use registry::upload::{Outcome, PatientPlan, PlanFinding, PlanSink, Weight};
use serde::Serialize;

/// Patients whose plan is shown on the page.
const SHOWN: usize = 200;

/// One line; columns that do not apply are empty.
#[derive(Debug, Default, Serialize)]
struct Line<'p> {
    patient: &'p str,
    record: &'p str,
    what: &'static str,
    outcome: &'static str,
    #[serde(rename = "line")]
    at: Option<u32>,
    field: &'p str,
    code: &'p str,
    old: &'p str,
    new: &'p str,
    message: &'p str,
    fix: &'p str,
}

/// Takes a plan: all of it into a file, its beginning into memory.
pub(super) struct Keeper {
    file: File,
    lines: csv::Writer<File>,
    bytes: Arc<AtomicU64>,
    /// Patients that change anything, are refused or have findings.
    pub(super) shown: Vec<PatientPlan>,
    /// Such patients that are not shown.
    pub(super) more: u64,
    /// The first trouble with the file.
    pub(super) trouble: Option<csv::Error>,
}

impl Keeper {
    /// Writes to a file from its beginning; `bytes` tells others how far the upload has been read.
    pub(super) fn new(file: File, bytes: Arc<AtomicU64>) -> std::io::Result<Self> {
        let lines = csv::Writer::from_writer(file.try_clone()?);
        Ok(Self { file, lines, bytes, shown: Vec::new(), more: 0, trouble: None })
    }

    /// Writes what is still held back.
    pub(super) fn finish(&mut self) -> Result<(), csv::Error> {
        self.lines.flush()?;
        self.trouble.take().map_or(Ok(()), Err)
    }

    fn write(&mut self, line: &Line<'_>) {
        if let Err(error) = self.lines.serialize(line) {
            self.trouble.get_or_insert(error);
        }
    }

    fn again(&mut self) -> std::io::Result<()> {
        self.lines.flush()?;
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.lines = csv::Writer::from_writer(self.file.try_clone()?);
        Ok(())
    }
}

impl PlanSink for Keeper {
    fn restart(&mut self) {
        (self.shown, self.more, self.trouble) = (Vec::new(), 0, None);
        if let Err(error) = self.again() {
            self.trouble = Some(error.into());
        }
    }

    fn patient(&mut self, plan: &PatientPlan) {
        let patient = plan.patient.as_str();
        let outcome = plan.outcome.word();
        self.write(&Line {
            patient,
            what: "patient",
            outcome,
            at: Some(plan.line),
            ..Line::default()
        });
        for record in &plan.records {
            let what = if record.submits { "record signed" } else { "record" };
            let (name, outcome) = (record.record.as_str(), record.outcome.word());
            self.write(&Line { patient, record: name, what, outcome, ..Line::default() });
            for change in &record.changes {
                let (field, old, new) = (&change.field, &change.old, &change.new);
                let blank = Line { patient, record: name, what: "change", ..Line::default() };
                self.write(&Line { outcome: "changed", field, old, new, ..blank });
            }
        }
        for finding in &plan.findings {
            self.write(&of_finding(patient, finding));
        }
        if plan.outcome != Outcome::Unchanged || !plan.findings.is_empty() {
            if self.shown.len() < SHOWN {
                self.shown.push(plan.clone());
            } else {
                self.more += 1;
            }
        }
    }

    fn progress(&mut self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }
}

fn of_finding<'p>(patient: &'p str, finding: &'p PlanFinding) -> Line<'p> {
    Line {
        patient,
        record: &finding.record,
        what: "finding",
        outcome: weight_word(finding.weight),
        at: Some(finding.line),
        field: if finding.field.is_empty() { &finding.element } else { &finding.field },
        code: &finding.code,
        message: &finding.message,
        fix: &finding.fix,
        ..Line::default()
    }
}

/// What a finding does, in a word.
pub(super) const fn weight_word(weight: Weight) -> &'static str {
    match weight {
        Weight::Refuses => "refuses",
        Weight::Warns => "confirmed by applying",
        Weight::Open => "still to answer",
        Weight::Notes => "note",
    }
}
