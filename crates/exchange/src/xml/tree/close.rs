//! What happens when an element ends: values are kept, empty parts fall away, records are handed on.

use dictionary::{Dictionary, FormId, Kind, Row, TableId, Value};
use registry::incoming::{FormRows, IncomingPatient, IncomingRun, Seen, SourceFinding};

use super::super::outline::{Level, Node, Outline, PATIENT, Role, Target};
use super::super::text::{join, read};
use super::{Frame, Tree};
use crate::record::settle_pairs;

/// Earlier rows that a row is compared with.
const COMPARED_ROWS: usize = 200;

impl Tree<'_> {
    /// An element ends.
    pub(in crate::xml) fn end(&mut self, line: u32) -> Option<IncomingPatient> {
        self.depth = self.depth.saturating_sub(1);
        if let Some(skipped) = &mut self.skipped {
            if skipped.depth > 0 {
                skipped.depth -= 1;
            } else if let Some(skipped) = self.skipped.take() {
                self.names.leave(self.depth + 1);
                self.notes.add(skipped.finding());
            }
            return None;
        }
        self.names.leave(self.depth + 1);
        let mut frame = self.frames.pop()?;
        let mut done = None;
        let role = self.outline.node(frame.node).role;
        match role {
            Role::Value(target) => frame.answered = self.value(&frame, target),
            Role::NotRead(_) if !self.text.trim().is_empty() => {
                let message = "this value is worked out by the platform".to_owned();
                self.note("schema", frame.node, frame.line, message, "it was not read");
            }
            _ => self.close_checks(&frame, line),
        }
        match role {
            Role::Rows { form, child, .. } => self.close_row(&frame, form, child),
            Role::Record(Level::Run) => self.close_run(&frame),
            Role::Record(Level::Stay) => self.close_stay(&frame),
            Role::Record(Level::Patient) => done = Some(self.close_patient(&frame)),
            _ => {}
        }
        match self.frames.last_mut() {
            Some(parent) => parent.answered |= frame.answered,
            None => self.root_closed = true,
        }
        done
    }

    /// Keeps the value of a leaf; returns whether there is one.
    fn value(&mut self, frame: &Frame, target: Target) -> bool {
        let dictionary = self.dictionary;
        let field = dictionary.field(target.field);
        let (value, remark) = read(dictionary, self.codes, field, &self.text);
        let node = self.outline.node(frame.node);
        if value == Value::Missing {
            if node.obligatory() && !node.options.always {
                let finding = SourceFinding {
                    code: "required_empty",
                    refuses: false,
                    line: frame.line,
                    element: self.outline.path(frame.node),
                    message: "this element must not be empty".to_owned(),
                    fix: "fill it in before the run is sent to the registry".to_owned(),
                };
                self.notes.add_missing(finding);
            }
            return false;
        }
        let Some(record) = self.records.get_mut(node.level.ix()) else { return true };
        let slot = record
            .row(dictionary, target.form, &self.path)
            .and_then(|row| row.values.get_mut(usize::from(target.column)));
        let Some(slot) = slot else { return true };
        let mut clash = None;
        if target.kind == Kind::Codes {
            *slot = join(dictionary, field, std::mem::take(slot), value);
        } else if *slot == Value::Missing {
            *slot = value;
        } else {
            clash = Some(*slot == value);
        }
        record.saw(target.field, &self.path, frame.line);
        if let Some(remark) = remark {
            let (message, fix) = remark.words();
            self.note("date_format", frame.node, frame.line, message.to_owned(), fix);
        }
        if let Some(same) = clash {
            self.clash(frame, same);
        }
        true
    }

    /// The same leaf a second time: harmless when it says the same.
    fn clash(&mut self, frame: &Frame, same: bool) {
        let (message, fix) = if same {
            ("this element stands twice with the same value", "leave one of them out")
        } else {
            ("this element stands twice with different values", "leave out the wrong one")
        };
        self.notes.add(SourceFinding {
            code: "schema",
            refuses: !same,
            line: frame.line,
            element: self.outline.path(frame.node),
            message: message.to_owned(),
            fix: fix.to_owned(),
        });
    }

    /// What must be there; nothing when the whole part is empty and may be absent.
    fn close_checks(&mut self, frame: &Frame, line: u32) {
        let node = self.outline.node(frame.node);
        if !frame.answered && !node.obligatory() {
            self.notes.forget_missing(frame.notes);
            return;
        }
        let missing = node.required & !frame.seen;
        if missing == 0 {
            return;
        }
        let absent = |id: &&u16| missing & (1 << self.outline.node(**id).place) != 0;
        for id in node.children.iter().filter(absent) {
            let child: &Node = self.outline.node(*id);
            self.notes.add_missing(SourceFinding {
                code: "schema",
                refuses: false,
                line: if frame.line == 0 { line } else { frame.line },
                element: self.outline.path(*id),
                message: format!("`{}` is missing", child.name),
                fix: "the registry wants it here".to_owned(),
            });
        }
    }

    fn close_row(&mut self, frame: &Frame, form: FormId, child: u16) {
        self.path.pop();
        let level = self.outline.node(frame.node).level;
        let rows = self
            .records
            .get_mut(level.ix())
            .and_then(|record| record.row(self.dictionary, form, &self.path))
            .and_then(|row| row.children.get_mut(usize::from(child)));
        let Some(rows) = rows else { return };
        if !frame.answered {
            rows.pop();
            return;
        }
        let twice = rows.split_last().is_some_and(|(last, before)| {
            before.iter().rev().take(COMPARED_ROWS).any(|row| row == last)
        });
        if twice {
            let message = "an entry with exactly these values stands twice".to_owned();
            self.note("schema", frame.node, frame.line, message, "keep one, if it is a mistake");
        }
    }

    fn close_run(&mut self, frame: &Frame) {
        let (forms, seen) = self.finish(Level::Run);
        if forms.is_empty() {
            let message = "a run without any value".to_owned();
            self.note("schema", frame.node, frame.line, message, "it was left out");
            return;
        }
        let mut run = IncomingRun { forms, seen, line: frame.line, ..IncomingRun::default() };
        crate::known::fill_run(self.dictionary, &mut run);
        self.stay.runs.push(run);
    }

    fn close_stay(&mut self, frame: &Frame) {
        let (forms, seen) = self.finish(Level::Stay);
        let mut stay = std::mem::take(&mut self.stay);
        if forms.is_empty() && stay.runs.is_empty() {
            let message = "a hospitalization without any value".to_owned();
            self.note("schema", frame.node, frame.line, message, "it was left out");
            return;
        }
        (stay.forms, stay.seen) = (forms, seen);
        self.patient.stays.push(stay);
    }

    fn close_patient(&mut self, frame: &Frame) -> IncomingPatient {
        self.patients += 1;
        self.patient_start = None;
        let (forms, seen) = self.finish(Level::Patient);
        let mut patient = std::mem::take(&mut self.patient);
        (patient.forms, patient.seen) = (forms, seen);
        let element = self.outline.path(PATIENT) + "/UniqueId";
        if let Some(finding) = crate::known::fill_patient(self.dictionary, &mut patient, element) {
            self.notes.add(finding);
        }
        patient.findings = self.notes.finish(frame.line);
        patient
    }

    fn finish(&mut self, level: Level) -> (FormRows, Vec<Seen>) {
        let outline = &self.outline;
        let Some(record) = self.records.get_mut(level.ix()) else { return Default::default() };
        record.finish(self.dictionary, |dictionary, table, row| {
            settle(outline, dictionary, table, row);
        })
    }
}

/// Takes back flags that say nothing next to their value, in a row and all below it.
fn settle(outline: &Outline, dictionary: &Dictionary, table: TableId, row: &mut Row) {
    settle_pairs(row, outline.pairs(table));
    for (child, rows) in dictionary.table(table).children.iter().zip(&mut row.children) {
        for row in rows {
            settle(outline, dictionary, *child, row);
        }
    }
}
