//! First pass over the files: where the lines of each patient stand, and whether the files are sound.

use std::collections::HashMap;
use std::io::{Read, Seek};

use csv::{Position, StringRecord};
use dictionary::{Dictionary, FormId};
use registry::incoming::FileError;

use super::cell::unguarded;
use super::header::{Column, Header};
use crate::guard::{Guard, Position as Place};
use crate::sniff::{Looks, advice, looks};

/// Bytes that are buffered of each file.
const BUFFER: usize = 32 * 1024;

/// One file with its header.
pub(super) struct Sheet<S> {
    pub file: String,
    pub form: Option<FormId>,
    pub header: Header,
    pub delimiter: u8,
    /// The parser counts a line that ends with carriage return and line feed only when it goes on: so
    /// many lines it is behind at the start of a record.
    pub lag: u64,
    pub reader: csv::Reader<Guard<S>>,
}

/// Lines of one patient that stand together.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub sheet: usize,
    pub start: Position,
    pub lines: u32,
    pub bytes: u64,
}

/// A patient of the files.
#[derive(Debug)]
pub(super) struct Entry {
    pub center: Box<str>,
    pub patient: Box<str>,
    pub blocks: Vec<Block>,
}

impl<S: Read + Seek> Sheet<S> {
    /// Opens a file and reads its header.
    pub(super) fn open(
        dictionary: &Dictionary,
        file: &str,
        form: Option<FormId>,
        source: S,
    ) -> Result<Self, FileError> {
        let guard = Guard::new(source);
        match looks(guard.head()) {
            Looks::Text => {}
            Looks::Empty => {
                return Err(Place::START.error(file, "the file is empty", "export it again"));
            }
            Looks::Xml => {
                let message = "this is not CSV but looks like XML";
                return Err(Place::START.error(file, message, "name it .xml"));
            }
            Looks::Other(kind) => {
                let message = format!("this is not CSV but looks like {kind}");
                return Err(Place::START.error(file, message, advice(kind)));
            }
        }
        let delimiter = super::delimiter(guard.head());
        let first = memchr::memchr2(b'\r', b'\n', guard.head());
        let lag = u64::from(first.is_some_and(|at| guard.head().get(at..at + 2) == Some(b"\r\n")));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .has_headers(true)
            .from_reader(guard);
        let names = match reader.headers() {
            Ok(names) => names.clone(),
            Err(error) => return Err(broken(file, &reader, 0, &error)),
        };
        let header = Header::read(dictionary, form, names.iter()).map_err(|bad| {
            let before = names.iter().take(bad.column).map(|name| name.chars().count() + 1);
            let column = u64::try_from(before.sum::<usize>()).unwrap_or_default() + 1;
            Place { line: 1, column }.error(file, bad.message, bad.fix)
        })?;
        Ok(Self { file: file.to_owned(), form, header, delimiter, lag, reader })
    }

    /// Reads the next line; `false` at the end.
    pub(super) fn next(&mut self, record: &mut StringRecord) -> Result<bool, FileError> {
        self.reader.get_mut().piece();
        match self.reader.read_record(record) {
            Ok(more) => Ok(more),
            Err(error) => Err(broken(&self.file, &self.reader, self.lag, &error)),
        }
    }

    /// Goes to the first line of a block.
    pub(super) fn seek(&mut self, place: &Position) -> Result<(), FileError> {
        if self.reader.position().byte() == place.byte() {
            return Ok(());
        }
        match self.reader.seek(place.clone()) {
            Ok(()) => Ok(()),
            Err(error) => Err(broken(&self.file, &self.reader, self.lag, &error)),
        }
    }
}

/// An error of the CSV parser in words.
fn broken<S: Read>(
    file: &str,
    reader: &csv::Reader<Guard<S>>,
    lag: u64,
    error: &csv::Error,
) -> FileError {
    if let Some(stop) = reader.get_ref().stop() {
        let (message, fix) = stop.words("a line");
        return reader.get_ref().position().error(file, message, fix);
    }
    let line = error.position().unwrap_or(reader.position()).line().max(1) + lag;
    let place = Place { line, column: 1 };
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => place.error(
            file,
            format!("this line has {len} columns, the first line has {expected_len}"),
            "look for a missing or doubled delimiter or quotation mark",
        ),
        csv::ErrorKind::Utf8 { err, .. } => place.error(
            file,
            format!("column {} is not UTF-8", err.field() + 1),
            "save the file as UTF-8",
        ),
        csv::ErrorKind::Io(error) => place.error(
            file,
            format!("the file cannot be read: {error}"),
            "save it on a disk and try again",
        ),
        _ => place.error(file, "this line is not CSV", "export the file again"),
    }
}

/// Reads all files once and notes where each patient's lines stand.
pub(super) fn index<S: Read + Seek>(sheets: &mut [Sheet<S>]) -> Result<Vec<Entry>, FileError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<(Box<str>, Box<str>), usize> = HashMap::new();
    let mut record = StringRecord::new();
    for (number, sheet) in sheets.iter_mut().enumerate() {
        let center = sheet.header.place(&Column::Center);
        let patient = sheet.header.place(&Column::Patient).unwrap_or_default();
        let mut last: Option<usize> = None;
        loop {
            let start = sheet.reader.position().clone();
            if !sheet.next(&mut record)? {
                break;
            }
            let bytes = sheet.reader.position().byte().saturating_sub(start.byte());
            let key = |column: Option<usize>| {
                unguarded(column.and_then(|column| record.get(column)).unwrap_or_default().trim())
            };
            let (center, patient) = (key(center), key(Some(patient)));
            if patient.is_empty() {
                let line = record.position().map_or(1, Position::line) + sheet.lag;
                let message = "column `patient` is empty";
                let fix = "every line names its patient; take empty lines out";
                return Err(Place { line, column: 1 }.error(&sheet.file, message, fix));
            }
            let same = last
                .and_then(|last| entries.get_mut(last))
                .filter(|entry| *entry.center == *center && *entry.patient == *patient);
            if let Some(block) = same.and_then(|entry| entry.blocks.last_mut()) {
                block.lines = block.lines.saturating_add(1);
                block.bytes += bytes;
                continue;
            }
            let block = Block { sheet: number, start, lines: 1, bytes };
            let place = *places.entry((center.into(), patient.into())).or_insert_with(|| {
                let blocks = Vec::new();
                entries.push(Entry { center: center.into(), patient: patient.into(), blocks });
                entries.len() - 1
            });
            if let Some(entry) = entries.get_mut(place) {
                entry.blocks.push(block);
            }
            last = Some(place);
        }
    }
    Ok(entries)
}
