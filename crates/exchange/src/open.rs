//! Opens whatever a center sends.

use std::fs::File;
use std::io::{Cursor, Read, Seek as _};
use std::path::Path;

use dictionary::Dictionary;
use registry::incoming::{FileError, PatientSource};

use crate::codemap::CodeMap;
use crate::csv::{CsvReader, form_of};
use crate::guard::Position;
use crate::sniff::{Looks, looks};
use crate::xml::XmlReader;

/// Opens XML, a wide CSV file, a CSV file of one form, or a folder of such files, whatever it is.
///
/// # Errors
/// `FileError` when it cannot be opened, is none of these, or is not sound.
pub fn open<'d>(
    path: &Path,
    dictionary: &'d Dictionary,
    codes: &'d CodeMap,
) -> Result<Box<dyn PatientSource + 'd>, FileError> {
    let name = path.display().to_string();
    if path.is_dir() {
        return Ok(Box::new(CsvReader::folder(files_of(path)?, dictionary)?));
    }
    let mut file = opened(path)?;
    let mut head = Vec::new();
    let read = Read::by_ref(&mut file).take(512).read_to_end(&mut head);
    read.map_err(|error| trouble(path, &error))?;
    if looks(&head) != Looks::Text {
        // chained, not rewound: XML may come through a pipe
        let source = Cursor::new(head).chain(file);
        let reader = XmlReader::new(&name, source, dictionary, codes).map_err(|error| {
            Position::START.error(&name, error.to_string(), "use the dictionary of this version")
        })?;
        return Ok(Box::new(reader));
    }
    file.rewind().map_err(|error| trouble(path, &error))?;
    if form_of(dictionary, &name).is_some() && is_form(&head) {
        return Ok(Box::new(CsvReader::folder([(name, file)], dictionary)?));
    }
    Ok(Box::new(CsvReader::wide(&name, file, dictionary)?))
}

/// Whether the first line is that of a form's own file.
fn is_form(head: &[u8]) -> bool {
    let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let names: Vec<&[u8]> = line.split(|byte| matches!(byte, b',' | b';' | b'\t')).collect();
    [&b"part"[..], b"row"]
        .iter()
        .all(|wanted| names.iter().any(|name| name.trim_ascii() == *wanted))
}

/// The CSV files of a folder, in order of their names.
fn files_of(folder: &Path) -> Result<Vec<(String, File)>, FileError> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| trouble(folder, &error))? {
        let path = entry.map_err(|error| trouble(folder, &error))?.path();
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        let name = folder.display().to_string();
        let fix = "a folder holds one file per form, such as patient.csv";
        return Err(Position::START.error(&name, "there is no CSV file in this folder", fix));
    }
    paths.sort();
    paths.iter().map(|path| Ok((path.display().to_string(), opened(path)?))).collect()
}

fn opened(path: &Path) -> Result<File, FileError> {
    File::open(path).map_err(|error| trouble(path, &error))
}

fn trouble(path: &Path, error: &std::io::Error) -> FileError {
    let name = path.display().to_string();
    let message = format!("the file cannot be read: {error}");
    Position::START.error(&name, message, "check its name and your rights")
}
