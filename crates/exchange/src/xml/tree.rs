//! Follows the elements of a file along the outline and collects patients.

use dictionary::{Dictionary, Row, TableId, Value};
use quick_xml::events::BytesStart;
use registry::incoming::{IncomingPatient, IncomingRun, IncomingStay, SourceFinding};

use super::names::Names;
use super::outline::{Level, Node, Outline, PATIENT, Role, Shape, Target};
use super::refusal::{Refusal, short};
use super::text::{join, read};
use crate::codemap::CodeMap;
use crate::record::{Notes, Record, RowPath, settle_pairs};

/// Deepest nesting of elements; the format itself needs 12.
const MAX_DEPTH: usize = 32;
/// Longest text of an element, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// Most elements of one patient: a hundred long runs.
const MAX_ELEMENTS: u32 = 100_000;
/// Most bytes of one patient.
const MAX_PATIENT: u64 = 16 * 1024 * 1024;
/// Earlier rows that a row is compared with.
const COMPARED_ROWS: usize = 200;

/// An element that is open.
#[derive(Debug, Clone, Copy)]
struct Frame {
    node: u16,
    /// Children so far, as bits of their places.
    seen: u64,
    /// Where the next child is looked for first.
    hint: u8,
    children: u32,
    /// Whether it holds a value anywhere.
    answered: bool,
    /// Whether text between its elements was noted.
    text_noted: bool,
    /// Notes before it.
    notes: usize,
    line: u32,
}

/// An element that is not known, and all below it.
#[derive(Debug)]
struct Skipped {
    depth: usize,
    path: String,
    line: u32,
    text: String,
}

/// The state of reading.
#[derive(Debug)]
pub(super) struct Tree<'d> {
    dictionary: &'d Dictionary,
    codes: &'d CodeMap,
    outline: Outline,
    names: Names,
    frames: Vec<Frame>,
    depth: usize,
    skipped: Option<Skipped>,
    text: String,
    path: RowPath,
    records: [Record; 3],
    notes: Notes,
    stay: IncomingStay,
    patient: IncomingPatient,
    elements: u32,
    patient_start: Option<u64>,
    patients: u64,
    root_closed: bool,
}

impl<'d> Tree<'d> {
    pub(super) fn new(dictionary: &'d Dictionary, codes: &'d CodeMap, outline: Outline) -> Self {
        Self {
            dictionary,
            codes,
            outline,
            names: Names::default(),
            frames: Vec::new(),
            depth: 0,
            skipped: None,
            text: String::new(),
            path: RowPath::new(),
            records: [Record::default(), Record::default(), Record::default()],
            notes: Notes::default(),
            stay: IncomingStay::default(),
            patient: IncomingPatient::default(),
            elements: 0,
            patient_start: None,
            patients: 0,
            root_closed: false,
        }
    }

    /// An element starts.
    pub(super) fn start(&mut self, start: &BytesStart<'_>, line: u32) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::new(
                format!("elements are nested more than {MAX_DEPTH} deep"),
                "this is no file of the format; export it again",
            ));
        }
        self.elements = self.elements.saturating_add(1);
        if let Some(skipped) = &mut self.skipped {
            skipped.depth += 1;
            return Ok(());
        }
        let strange = self.names.enter(self.depth, start)?;
        let name = start.name();
        let local = self.names.ours(name.as_ref());
        let Some(frame) = self.frames.last().copied() else {
            return self.root(name.as_ref(), local, line);
        };
        let parent = self.outline.node(frame.node);
        let child =
            local.and_then(|local| self.outline.child(parent, usize::from(frame.hint), local));
        let Some(child) = child else {
            self.unknown(name.as_ref(), frame.node, line);
            return Ok(());
        };
        self.arrived(child, line);
        self.open(child, line);
        for attribute in strange {
            let message = format!("the attribute `{attribute}` is not part of the format");
            self.note("schema", child, line, message, "remove it; it was not read");
        }
        Ok(())
    }

    fn root(&mut self, name: &str, local: Option<&str>, line: u32) -> Result<(), Refusal> {
        let fix = "the root must be <PatientList xmlns=\"urn:run-schema\">";
        if self.root_closed {
            return Err(Refusal::new("a second root element", "one file has one PatientList"));
        }
        match local {
            Some("PatientList") => {
                self.open(0, line);
                Ok(())
            }
            None if name.rsplit(':').next() == Some("PatientList") => {
                Err(Refusal::new("PatientList is not in the namespace urn:run-schema", fix))
            }
            _ => Err(Refusal::new(
                format!("the root element is `{}`, not PatientList", short(name)),
                fix,
            )),
        }
    }

    /// A child is there: checks its place and how often it came.
    fn arrived(&mut self, child: u16, line: u32) {
        let node = self.outline.node(child);
        let (place, max, name) = (node.place, node.max, node.name);
        let shape = self.outline.node(node.parent).shape;
        let Some(frame) = self.frames.last_mut() else { return };
        let bit = 1_u64 << place;
        let again = frame.seen & bit != 0;
        let late = match shape {
            Shape::Strict => !again && frame.seen >= bit,
            Shape::Open => place == 0 && !again && frame.seen != 0,
            _ => false,
        };
        frame.seen |= bit;
        frame.hint = if max > 1 { place } else { place + 1 };
        frame.children += 1;
        let many = max > 1 && frame.children > u32::from(max) && max != u8::MAX;
        if late {
            let message = format!("`{name}` stands after an element that must follow it");
            self.note("schema", child, line, message, "the registry insists on the order here");
        }
        if again && max == 1 && shape != Shape::Open {
            let message = format!("`{name}` stands twice");
            self.note("schema", child, line, message, "the registry takes it once");
        }
        if many {
            let message = format!("there are more than {max} of `{name}`");
            self.note("schema", child, line, message, "the registry takes no more");
        }
    }

    fn open(&mut self, id: u16, line: u32) {
        self.frames.push(Frame {
            node: id,
            seen: 0,
            hint: 0,
            children: 0,
            answered: false,
            text_noted: false,
            notes: self.notes.len(),
            line,
        });
        self.text.clear();
        match self.outline.node(id).role {
            Role::Record(level) => {
                if let Some(record) = self.records.get_mut(level.ix()) {
                    *record = Record::default();
                }
                match level {
                    Level::Patient => {
                        self.elements = 0;
                        self.patient_start = None;
                        self.patient = IncomingPatient { line, ..IncomingPatient::default() };
                    }
                    Level::Stay => self.stay = IncomingStay { line, ..IncomingStay::default() },
                    Level::Run => {}
                }
            }
            Role::Rows { table, form, child } => {
                let level = self.outline.node(id).level;
                let new = self.dictionary.empty_row(table);
                let rows = self
                    .records
                    .get_mut(level.ix())
                    .and_then(|record| record.row(self.dictionary, form, &self.path))
                    .and_then(|row| row.children.get_mut(usize::from(child)));
                if let Some(rows) = rows {
                    rows.push(new);
                    self.path.push((child, rows.len() - 1));
                }
            }
            _ => {}
        }
    }

    fn unknown(&mut self, name: &str, parent: u16, line: u32) {
        let path = format!("{}/{}", self.outline.path(parent), short(name));
        self.skipped = Some(Skipped { depth: 0, path, line, text: String::new() });
    }

    /// Text of an element, or a part of it.
    pub(super) fn text(&mut self, text: &str, line: u32) -> Result<(), Refusal> {
        if let Some(skipped) = &mut self.skipped {
            if skipped.text.len() < 80 {
                skipped.text.push_str(short(text));
            }
            return Ok(());
        }
        let Some(frame) = self.frames.last_mut() else {
            if text.trim().is_empty() {
                return Ok(());
            }
            return Err(Refusal::new("text outside of the root element", "remove it"));
        };
        if self.outline.node(frame.node).shape == Shape::Leaf {
            if self.text.len() + text.len() > MAX_TEXT {
                return Err(Refusal::new(
                    "the text of this element is longer than 64 KiB",
                    "no value of the format is that long; look for a missing end tag",
                ));
            }
            self.text.push_str(text);
        } else if !frame.text_noted && !text.trim_ascii().is_empty() {
            frame.text_noted = true;
            let node = frame.node;
            let message = format!("text between elements: `{}`", short(text.trim()));
            self.note("schema", node, line, message, "remove it; it was not read");
        }
        Ok(())
    }

    /// An element ends.
    pub(super) fn end(&mut self, line: u32) -> Option<IncomingPatient> {
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
        if target.kind == dictionary::Kind::Codes {
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

    fn close_row(&mut self, frame: &Frame, form: dictionary::FormId, child: u16) {
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

    fn finish(
        &mut self,
        level: Level,
    ) -> (registry::incoming::FormRows, Vec<registry::incoming::Seen>) {
        let outline = &self.outline;
        let Some(record) = self.records.get_mut(level.ix()) else { return Default::default() };
        record.finish(self.dictionary, |dictionary, table, row| {
            settle(outline, dictionary, table, row);
        })
    }

    /// Refuses a patient without end.
    pub(super) fn check_size(&mut self, consumed: u64) -> Result<(), Refusal> {
        if self.frames.len() < 2 {
            return Ok(());
        }
        let start = *self.patient_start.get_or_insert(consumed);
        if self.elements > MAX_ELEMENTS || consumed.saturating_sub(start) > MAX_PATIENT {
            return Err(Refusal::new(
                "one patient with more than 100,000 elements or 16 MiB",
                "look for a missing </PatientXML>",
            ));
        }
        Ok(())
    }

    /// The file ends.
    pub(super) fn eof(&self) -> Result<(), Refusal> {
        let again = "export the file again; it may have been cut off";
        if let Some(frame) = self.frames.last() {
            let name = self.outline.node(frame.node).name;
            return Err(Refusal::new(
                format!("the file ends within `{name}`, which starts in line {}", frame.line),
                again,
            ));
        }
        if !self.root_closed {
            return Err(Refusal::new("the file holds no element", again));
        }
        if self.patients == 0 {
            return Err(Refusal::new("the file holds no patient", "export it again"));
        }
        Ok(())
    }

    fn note(&mut self, code: &'static str, node: u16, line: u32, message: String, fix: &str) {
        let element = self.outline.path(node);
        let fix = fix.to_owned();
        self.notes.add(SourceFinding { code, refuses: false, line, element, message, fix });
    }
}

impl Skipped {
    fn finding(self) -> SourceFinding {
        let text = self.text.trim();
        let holds =
            if text.is_empty() { String::new() } else { format!(" (it holds `{}`)", short(text)) };
        SourceFinding {
            code: "schema",
            refuses: false,
            line: self.line,
            element: self.path,
            message: format!("this element is not part of the format here{holds}"),
            fix: "check its name, capitals and place; it was not read".to_owned(),
        }
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
