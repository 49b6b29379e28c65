//! What a file brings: patients with their stays and runs, still with the place of every value.
//!
//! The readers of crate `exchange` make these; the upload service compares them with what is stored.

use dictionary::{FieldId, FormId, Row};
use smallvec::SmallVec;

/// Form values of one record, by form.
pub type FormRows = Vec<(FormId, Row)>;

/// Where a value stood in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The field.
    pub field: FieldId,
    /// Zero-based row numbers, outermost first; unused ones are 0.
    pub rows: [u16; 3],
    /// Line of the file, from 1; the record's line for formats without lines.
    pub line: u32,
}

/// Something the reader noticed about the file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFinding {
    /// A code of list `import_error`, such as `schema` or `key_length`.
    pub code: &'static str,
    /// Whether the patient must be refused; otherwise it is a note.
    pub refuses: bool,
    /// Line of the file, from 1.
    pub line: u32,
    /// Path of the element or name of the column.
    pub element: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// One run of a file.
#[derive(Debug, Clone, Default)]
pub struct IncomingRun {
    /// Values of the run's forms; forms without any value are absent.
    pub forms: FormRows,
    /// Places of the values.
    pub seen: Vec<Seen>,
    /// Line where the run starts.
    pub line: u32,
    /// The newer submit flag, where the file has one (`false` wins over a name).
    pub submit: Option<bool>,
    /// The name in `completed_by`: asks for submission.
    pub completed_by: Option<String>,
}

/// One stay of a file.
#[derive(Debug, Clone, Default)]
pub struct IncomingStay {
    /// Values of the stay's forms.
    pub forms: FormRows,
    /// Places of the values.
    pub seen: Vec<Seen>,
    /// Line where the stay starts.
    pub line: u32,
    /// Its runs in the order of the file.
    pub runs: Vec<IncomingRun>,
}

/// One patient of a file.
#[derive(Debug, Clone, Default)]
pub struct IncomingPatient {
    /// The pseudonymous key as sent, trimmed; also a value of the patient form.
    pub unique_id: String,
    /// The center number, where the file names one; also a value of the patient form.
    pub center_number: Option<String>,
    /// Values of the patient's forms.
    pub forms: FormRows,
    /// Places of the values.
    pub seen: Vec<Seen>,
    /// Line where the patient starts.
    pub line: u32,
    /// Its stays in the order of the file.
    pub stays: Vec<IncomingStay>,
    /// What the reader noticed.
    pub findings: Vec<SourceFinding>,
}

/// Looks a place up; the row's own record is the caller's choice.
pub fn line_of(seen: &[Seen], field: FieldId, rows: &SmallVec<[u16; 3]>) -> Option<u32> {
    let fits = |entry: &&Seen| {
        entry.field == field && rows.iter().zip(&entry.rows).all(|(wanted, row)| wanted == row)
    };
    seen.iter().find(fits).map(|entry| entry.line)
}

/// The file cannot be read on: nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}; {fix}")]
pub struct FileError {
    /// Name of the file as given.
    pub file: String,
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// A file being read, patient by patient, in constant memory.
pub trait PatientSource {
    /// The next patient, or `None` at the end.
    ///
    /// # Errors
    /// `FileError` when the file is malformed: it is refused whole.
    fn next_patient(&mut self) -> Result<Option<IncomingPatient>, FileError>;

    /// Bytes read so far, for progress.
    fn bytes_read(&self) -> u64;
}
