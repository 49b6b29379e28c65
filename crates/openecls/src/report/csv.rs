//! A plan as CSV: one line per record, change and finding.

use std::io::{self, Write};

use registry::upload::{PatientPlan, Summary, Weight};

const HEADER: [&str; 13] = [
    "patient", "center", "record", "what", "outcome", "line", "element", "field", "code", "old",
    "new", "message", "fix",
];

/// Prints CSV.
#[derive(Default)]
pub(crate) struct Csv {
    begun: bool,
}

impl Csv {
    fn lines(&mut self, out: &mut dyn Write, lines: &[[String; 13]]) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        if !std::mem::replace(&mut self.begun, true) {
            writer.write_record(HEADER)?;
        }
        for line in lines {
            writer.write_record(line)?;
        }
        writer.flush()
    }
}

impl super::Print for Csv {
    fn patient(&mut self, out: &mut dyn Write, plan: &PatientPlan) -> io::Result<()> {
        let outcome = plan.outcome.word();
        let line = |record: &str, what: &str, rest: [String; 9]| -> [String; 13] {
            let [outcome, line, element, field, code, old, new, message, fix] = rest;
            [
                plan.patient.clone(),
                plan.center.clone(),
                record.to_owned(),
                what.to_owned(),
                outcome,
                line,
                element,
                field,
                code,
                old,
                new,
                message,
                fix,
            ]
        };
        let none = String::new;
        let mut lines = vec![line(
            "",
            "patient",
            [
                outcome.to_owned(),
                plan.line.to_string(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
            ],
        )];
        for record in &plan.records {
            let what = if record.submits { "record signed" } else { "record" };
            let word = record.outcome.word().to_owned();
            let empty = [word, none(), none(), none(), none(), none(), none(), none(), none()];
            lines.push(line(&record.record, what, empty));
            for change in &record.changes {
                lines.push(line(
                    &record.record,
                    "change",
                    [
                        "changed".to_owned(),
                        none(),
                        none(),
                        change.field.clone(),
                        none(),
                        change.old.clone(),
                        change.new.clone(),
                        none(),
                        none(),
                    ],
                ));
            }
        }
        for finding in &plan.findings {
            let word = match finding.weight {
                Weight::Refuses => "refused",
                Weight::Warns => "warning",
                Weight::Open => "open",
                Weight::Notes => "note",
            };
            lines.push(line(
                &finding.record,
                "finding",
                [
                    word.to_owned(),
                    finding.line.to_string(),
                    finding.element.clone(),
                    finding.field.clone(),
                    finding.code.clone(),
                    none(),
                    none(),
                    finding.message.clone(),
                    finding.fix.clone(),
                ],
            ));
        }
        self.lines(out, &lines)
    }

    fn summary(&mut self, out: &mut dyn Write, _file: &str, _summary: &Summary) -> io::Result<()> {
        self.lines(out, &[])
    }
}
