//! Reads both forms of CSV, one patient at a time.

use std::collections::HashSet;
use std::io::{Read, Seek};

use csv::StringRecord;
use dictionary::{Dictionary, FormId, Kind, TableId, Value};
use registry::incoming::{FileError, IncomingPatient, PatientSource, SourceFinding};

use super::assemble::{Assembler, Key, level};
use super::header::{Column, Rows, chain, rows_of};
use super::index::{Block, Entry, Sheet, index};
use super::{CENTER_KEY, PATIENT_KEY, cell};
use crate::guard::Position;
use crate::record::line_number;
use crate::xml::Level;

/// Most lines of one patient.
const MAX_LINES: u32 = 100_000;
/// Most bytes of one patient.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// CSV files being read. A first pass notes where each patient's lines stand; then the lines of one
/// patient at a time are read, in whatever order they stand.
pub struct CsvReader<'d, S: Read + Seek> {
    dictionary: &'d Dictionary,
    sheets: Vec<Sheet<S>>,
    entries: std::vec::IntoIter<Entry>,
    /// Notes on the files, handed over with the first patient.
    notes: Vec<SourceFinding>,
    bytes: u64,
    failed: Option<FileError>,
}

/// Lines that were seen of one patient: sheet, record, part and row.
type Lines = HashSet<(usize, Key, Option<TableId>, Rows)>;

impl<'d, S: Read + Seek> CsvReader<'d, S> {
    /// Opens a wide file: one line per run.
    ///
    /// # Errors
    /// `FileError` when the file is not sound anywhere: it is read through once.
    pub fn wide(file: &str, source: S, dictionary: &'d Dictionary) -> Result<Self, FileError> {
        Self::over(vec![Sheet::open(dictionary, file, None, source)?], dictionary)
    }

    /// Opens the files of a folder: one per form, named by the form with the ending `.csv`.
    ///
    /// # Errors
    /// `FileError` when a name is no form or a file is not sound anywhere: all are read through once.
    pub fn folder(
        files: impl IntoIterator<Item = (String, S)>,
        dictionary: &'d Dictionary,
    ) -> Result<Self, FileError> {
        let mut sheets = Vec::new();
        for (file, source) in files {
            let form = form_of(dictionary, &file).ok_or_else(|| {
                let message = "no form has the name of this file".to_owned();
                Position::START.error(&file, message, "take the names of the template")
            })?;
            sheets.push(Sheet::open(dictionary, &file, Some(form), source)?);
        }
        // the patient's own form first, so that patients come in its order
        sheets.sort_by_key(|sheet| sheet.form);
        Self::over(sheets, dictionary)
    }

    fn over(mut sheets: Vec<Sheet<S>>, dictionary: &'d Dictionary) -> Result<Self, FileError> {
        let entries = index(&mut sheets)?;
        if entries.is_empty() {
            let file = sheets.first().map_or("", |sheet| sheet.file.as_str());
            let message = "there is no line of a patient";
            return Err(Position::START.error(file, message, "export the files again"));
        }
        let mut notes = Vec::new();
        for sheet in &sheets {
            let mut note = |element: &str, message: String, fix: &str| {
                notes.push(SourceFinding {
                    code: "schema",
                    refuses: false,
                    line: 1,
                    element: element.to_owned(),
                    message: format!("{}: {message}", sheet.file),
                    fix: fix.to_owned(),
                });
            };
            if sheet.delimiter != b',' {
                let name = if sheet.delimiter == b';' { "semicolons" } else { "tabs" };
                note("", format!("the columns are divided by {name}"), "nothing");
            }
            for (column, message) in &sheet.header.notes {
                note(column, message.clone(), "check that this is meant");
            }
        }
        let entries = entries.into_iter();
        Ok(Self { dictionary, sheets, entries, notes, bytes: 0, failed: None })
    }

    fn lag(&self, block: &Block) -> u64 {
        self.sheets.get(block.sheet).map_or(0, |sheet| sheet.lag)
    }

    fn patient(&mut self, entry: &Entry) -> Result<IncomingPatient, FileError> {
        let mut assembler = Assembler::new(self.dictionary);
        for (key, text) in [(PATIENT_KEY, &entry.patient), (CENTER_KEY, &entry.center)] {
            if let Some(field) = self.dictionary.field_named(key).filter(|_| !text.is_empty()) {
                let line =
                    entry.blocks.first().map_or(1, |block| block.start.line() + self.lag(block));
                let value = self.dictionary.read(field, text);
                assembler.cell((0, 0), field, Rows::new(), value, line_number(line));
            }
        }
        let mut lines = Lines::new();
        let (mut count, mut bytes) = (0_u32, 0);
        let mut record = StringRecord::new();
        for block in &entry.blocks {
            count = count.saturating_add(block.lines);
            bytes += block.bytes;
            let Some(sheet) = self.sheets.get_mut(block.sheet) else { continue };
            if count > MAX_LINES || bytes > MAX_BYTES {
                let place = Position { line: block.start.line() + sheet.lag, column: 1 };
                let message = "one patient with more than 100,000 lines or 16 MiB";
                return Err(place.error(&sheet.file, message, "check column `patient`"));
            }
            sheet.seek(&block.start)?;
            for _ in 0..block.lines {
                if !sheet.next(&mut record)? {
                    break;
                }
                let line = Line { sheet, number: block.sheet, record: &record };
                line.read(self.dictionary, &mut assembler, &mut lines);
            }
        }
        self.bytes += bytes;
        let mut patient = assembler.finish();
        patient.findings.splice(0..0, std::mem::take(&mut self.notes));
        Ok(patient)
    }
}

impl<S: Read + Seek> PatientSource for CsvReader<'_, S> {
    fn next_patient(&mut self) -> Result<Option<IncomingPatient>, FileError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let Some(entry) = self.entries.next() else { return Ok(None) };
        match self.patient(&entry) {
            Ok(patient) => Ok(Some(patient)),
            Err(error) => {
                self.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.bytes
    }
}

/// The form of a file by its name.
pub(crate) fn form_of(dictionary: &Dictionary, file: &str) -> Option<FormId> {
    let name = file.rsplit(['/', '\\']).next()?.strip_suffix(".csv")?;
    let form = dictionary.form_named(name)?;
    Level::of(form.scope).map(|_| form.id)
}

/// One line of one file.
struct Line<'l, S> {
    sheet: &'l Sheet<S>,
    number: usize,
    record: &'l StringRecord,
}

impl<S: Read + Seek> Line<'_, S> {
    fn line(&self) -> u32 {
        self.record.position().map_or(1, |place| line_number(place.line() + self.sheet.lag))
    }

    fn text(&self, column: &Column) -> &str {
        let place = self.sheet.header.place(column);
        place.and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }

    /// Reads the line; what is wrong with it refuses the patient.
    fn read(&self, dictionary: &Dictionary, assembler: &mut Assembler<'_>, lines: &mut Lines) {
        let line = self.line();
        let key = match self.key(dictionary) {
            Ok(key) => key,
            Err((column, message)) => {
                // not an orphan on top of it
                assembler.record((0, 0), line, true);
                assembler.refuse("schema", line, column, message, "count from 1");
                return;
            }
        };
        let (part, rows) = match self.part(dictionary) {
            Ok(part) => part,
            Err((column, message)) => {
                let fix = "compare with the template";
                assembler.refuse("schema", line, column, message, fix);
                return;
            }
        };
        if !lines.insert((self.number, key, part, rows.clone())) {
            let message = "a line of the same record, part and row stands before".to_owned();
            assembler.refuse("schema", line, "row", message, "keep one of the two");
            return;
        }
        self.announce(dictionary, assembler, key, part);
        for (place, column) in self.sheet.header.columns.iter().enumerate() {
            let Column::Value { field, unit, rows: numbered } = column else { continue };
            let text = self.record.get(place).unwrap_or_default();
            if text.trim().is_empty() {
                continue;
            }
            let field = dictionary.field(*field);
            let name = self.sheet.header.names.get(place).map_or("", String::as_str);
            let value = cell::read(dictionary, field, *unit, text);
            if matches!(value, Value::Unread(_))
                && matches!(field.kind, Kind::Date | Kind::DateTime)
            {
                let message = "this is no date that can be read".to_owned();
                let fix = "write YYYY-MM-DD, with a time YYYY-MM-DDTHH:MM";
                assembler.refuse("date_format", line, name, message, fix);
                continue;
            }
            if self.sheet.form.is_none() {
                let Some(key) = wide_key(key, level(dictionary, field)) else {
                    let message = "a value of a run or stay in a line without one".to_owned();
                    assembler.refuse("schema", line, name, message, "fill in `stay` and `run`");
                    continue;
                };
                assembler.cell(key, field, numbered.clone(), value, line);
            } else if field.table == part.unwrap_or(dictionary.form(field.form).table) {
                assembler.cell(key, field, rows.clone(), value, line);
            } else {
                let group =
                    dictionary.table(field.table).group.map(|group| dictionary.field(group));
                let whose = group.map_or("", |group| group.key.as_str());
                let message =
                    format!("this column belongs to lines with `{whose}` in column `part`");
                assembler.refuse("schema", line, name, message, "move the value to its own line");
            }
        }
    }

    /// Tells the assembler which records the line is about.
    fn announce(
        &self,
        dictionary: &Dictionary,
        assembler: &mut Assembler<'_>,
        key: Key,
        part: Option<TableId>,
    ) {
        let line = self.line();
        let Some(form) = self.sheet.form else {
            // a wide line is about all three
            assembler.record((0, 0), line, true);
            if key.0 > 0 {
                assembler.record((key.0, 0), line, true);
            }
            if key.1 > 0 {
                assembler.record(key, line, true);
            }
            return;
        };
        let scope = dictionary.form(form).scope;
        let main = dictionary.forms().iter().find(|form| form.scope == scope);
        let itself = part.is_none() && main.is_some_and(|main| main.id == form);
        assembler.record((0, 0), line, false);
        if key.0 > 0 {
            assembler.record((key.0, 0), line, false);
        }
        assembler.record(key, line, itself);
    }

    /// Stay and run of the line.
    fn key(&self, dictionary: &Dictionary) -> Result<Key, (&'static str, String)> {
        let level = match self.sheet.form {
            Some(form) => Level::of(dictionary.form(form).scope).unwrap_or(Level::Run),
            None => Level::Run,
        };
        let number = |column: &Column, name: &'static str, wanted: bool| {
            let text = self.text(column);
            match text.parse::<u32>() {
                Ok(number @ 1..=9999) => Ok(number),
                _ if text.is_empty() && (!wanted || self.sheet.form.is_none()) => Ok(0),
                _ => Err((name, format!("`{name}` must be a whole number from 1"))),
            }
        };
        let stay = number(&Column::Stay, "stay", level != Level::Patient)?;
        let run = number(&Column::Run, "run", level == Level::Run)?;
        match level {
            Level::Patient => Ok((0, 0)),
            Level::Stay => Ok((stay, 0)),
            Level::Run if run > 0 && stay == 0 => {
                Err(("stay", "a run needs its `stay`".to_owned()))
            }
            Level::Run => Ok((stay, run)),
        }
    }

    /// The group and the row of the line; neither in a wide file.
    fn part(
        &self,
        dictionary: &Dictionary,
    ) -> Result<(Option<TableId>, Rows), (&'static str, String)> {
        let Some(form) = self.sheet.form else { return Ok((None, Rows::new())) };
        let (part, row) = (self.text(&Column::Part), self.text(&Column::Row));
        if part.is_empty() {
            return if row.is_empty() {
                Ok((None, Rows::new()))
            } else {
                Err(("row", "a line without `part` has no `row`".to_owned()))
            };
        }
        let table = dictionary
            .field_named(part)
            .filter(|field| field.form == form)
            .and_then(|field| field.rows)
            .ok_or_else(|| ("part", format!("`{part}` is no group of this form")))?;
        let depth = chain(dictionary, table).len();
        let rows = rows_of(row).filter(|rows| rows.len() == depth).ok_or_else(|| {
            let example = if depth == 1 { "2" } else { "1.2" };
            ("row", format!("`row` must be {depth} numbers from 1 here, such as {example}"))
        })?;
        Ok((Some(table), rows))
    }
}

/// The record that a value of a wide line belongs to.
const fn wide_key(key: Key, level: Level) -> Option<Key> {
    match level {
        Level::Patient => Some((0, 0)),
        Level::Stay if key.0 > 0 => Some((key.0, 0)),
        Level::Run if key.1 > 0 => Some(key),
        _ => None,
    }
}
