//! Follows the elements of a file along the outline and collects patients.

mod close;

use dictionary::Dictionary;
use quick_xml::events::BytesStart;
use registry::incoming::{IncomingPatient, IncomingStay, SourceFinding};

use super::names::Names;
use super::outline::{Level, Outline, Role, Shape};
use super::refusal::{Refusal, short};
use crate::codemap::CodeMap;
use crate::record::{Notes, Record, RowPath};

/// Deepest nesting of elements; the format itself needs 12.
const MAX_DEPTH: usize = 32;
/// Longest text of an element, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// Most elements of one patient: a hundred long runs.
const MAX_ELEMENTS: u32 = 100_000;
/// Most bytes of one patient.
const MAX_PATIENT: u64 = 16 * 1024 * 1024;

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

    /// Whether the root is open.
    pub(super) fn is_inside(&self) -> bool {
        !self.frames.is_empty()
    }

    /// An element starts.
    pub(super) fn start(&mut self, start: &BytesStart<'_>, line: u32) -> Result<(), Refusal> {
        if self.goes_in()? {
            let strange = self.names.enter(self.depth, start)?;
            let name = start.name();
            let local = self.names.ours(name.as_ref());
            self.named(name.as_ref(), local, line, strange)?;
        }
        Ok(())
    }

    /// An element without prefix and attributes starts.
    pub(super) fn start_plain(&mut self, name: &str, line: u32) -> Result<(), Refusal> {
        if self.goes_in()? {
            let local = self.names.plain_is_ours().then_some(name);
            self.named(name, local, line, Vec::new())?;
        }
        Ok(())
    }

    /// Counts an element; whether it is read.
    fn goes_in(&mut self) -> Result<bool, Refusal> {
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
            return Ok(false);
        }
        Ok(true)
    }

    fn named(
        &mut self,
        name: &str,
        local: Option<&str>,
        line: u32,
        strange: Vec<String>,
    ) -> Result<(), Refusal> {
        let Some(frame) = self.frames.last().copied() else {
            return self.root(name, local, line);
        };
        let parent = self.outline.node(frame.node);
        let child =
            local.and_then(|local| self.outline.child(parent, usize::from(frame.hint), local));
        let Some(child) = child else {
            self.unknown(name, frame.node, line);
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
