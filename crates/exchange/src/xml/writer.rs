//! Writes files of the format, one patient after the other.

use std::io::{self, Write};

use registry::incoming::IncomingPatient;

use super::NAMESPACE;
use super::render::XmlFormat;
use super::text::Unwritable;

/// A file of the format being written.
///
/// The same patients give the same bytes: UTF-8, two blanks of indentation, line feeds, no comments.
#[derive(Debug)]
pub struct XmlWriter<'f, 'd, W: Write> {
    format: &'f XmlFormat<'d>,
    out: W,
    text: String,
}

impl<'f, 'd, W: Write> XmlWriter<'f, 'd, W> {
    /// Starts a file.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn new(format: &'f XmlFormat<'d>, mut out: W) -> io::Result<Self> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(out, "<PatientList xmlns=\"{NAMESPACE}\">")?;
        Ok(Self { format, out, text: String::new() })
    }

    /// Writes a patient; returns what was left out or is missing. See `XmlFormat::can_write`, which
    /// also tells which fields have no element.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn patient(&mut self, patient: &IncomingPatient) -> io::Result<Vec<Unwritable>> {
        self.text.clear();
        let problems = self.format.render(patient, &mut self.text);
        self.out.write_all(self.text.as_bytes())?;
        Ok(problems)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"</PatientList>\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}
