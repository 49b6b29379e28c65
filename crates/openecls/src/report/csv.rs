//! A plan as CSV: one line per patient, record, change and finding.

use std::io::{self, Write};

use registry::upload::{PatientPlan, PlanFinding, RecordPlan, Summary};
use serde::Serialize;

use super::weight;

/// One line; columns that do not apply are empty.
#[derive(Debug, Default, Serialize)]
struct Entry<'p> {
    patient: &'p str,
    center: &'p str,
    record: &'p str,
    what: &'static str,
    outcome: &'static str,
    line: Option<u32>,
    element: &'p str,
    field: &'p str,
    code: &'p str,
    old: &'p str,
    new: &'p str,
    message: &'p str,
    fix: &'p str,
}

/// Prints CSV.
pub(crate) struct Csv {
    begun: bool,
}

impl Csv {
    /// With a header, unless lines stand above already.
    pub(crate) const fn new(begun: bool) -> Self {
        Self { begun }
    }
}

impl super::Print for Csv {
    fn patient(&mut self, out: &mut dyn Write, plan: &PatientPlan) -> io::Result<()> {
        let headers = !std::mem::replace(&mut self.begun, true);
        let mut writer = csv::WriterBuilder::new().has_headers(headers).from_writer(out);
        let blank = || Entry { patient: &plan.patient, center: &plan.center, ..Entry::default() };
        let outcome = plan.outcome.word();
        writer.serialize(Entry { what: "patient", outcome, line: Some(plan.line), ..blank() })?;
        for record in &plan.records {
            for line in of_record(record, &blank) {
                writer.serialize(line)?;
            }
        }
        for finding in &plan.findings {
            writer.serialize(of_finding(finding, &blank))?;
        }
        writer.flush()
    }

    fn summary(&mut self, _out: &mut dyn Write, _file: &str, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }
}

fn of_record<'p>(record: &'p RecordPlan, blank: &dyn Fn() -> Entry<'p>) -> Vec<Entry<'p>> {
    let what = if record.submits { "record signed" } else { "record" };
    let outcome = record.outcome.word();
    let mut lines = vec![Entry { record: &record.record, what, outcome, ..blank() }];
    lines.extend(record.changes.iter().map(|change| Entry {
        record: &record.record,
        what: "change",
        outcome: "changed",
        field: &change.field,
        old: &change.old,
        new: &change.new,
        ..blank()
    }));
    lines
}

fn of_finding<'p>(finding: &'p PlanFinding, blank: &dyn Fn() -> Entry<'p>) -> Entry<'p> {
    Entry {
        record: &finding.record,
        what: "finding",
        outcome: weight(finding.weight),
        line: Some(finding.line),
        element: &finding.element,
        field: &finding.field,
        code: &finding.code,
        message: &finding.message,
        fix: &finding.fix,
        ..blank()
    }
}
