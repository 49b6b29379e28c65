//! Writes both forms of CSV.

use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};
use dictionary::{Dictionary, FieldId, FormId, Row, TableId};
use registry::incoming::{FormRows, IncomingPatient};

use super::cell::{guarded, write};
use super::header::Rows;
use super::shape::{Shape, form_fields, is_key, key_columns, wide_name};
use crate::xml::Level;

fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out)
}

fn to_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        _ => io::Error::other("a line could not be written as CSV"),
    }
}

/// One file of the folder form.
struct Sheet<W: Write> {
    form: FormId,
    fields: Vec<FieldId>,
    out: Writer<W>,
}

/// The folder form being written: one file per form.
pub struct FolderWriter<'d, W: Write> {
    dictionary: &'d Dictionary,
    sheets: Vec<Sheet<W>>,
}

impl<'d, W: Write> FolderWriter<'d, W> {
    /// Starts all files; `create` makes the file of a name.
    ///
    /// # Errors
    /// When a file cannot be made or written.
    pub fn new(
        dictionary: &'d Dictionary,
        mut create: impl FnMut(&str) -> io::Result<W>,
    ) -> io::Result<Self> {
        let mut sheets = Vec::new();
        for form in dictionary.forms().iter().filter(|form| Level::of(form.scope).is_some()) {
            let mut out = writer(create(&format!("{}.csv", form.key))?);
            let fields = form_fields(dictionary, form);
            let names = fields.iter().map(|field| dictionary.field(*field).key.as_str());
            out.write_record(key_columns(form).iter().copied().chain(names)).map_err(to_io)?;
            sheets.push(Sheet { form: form.id, fields, out });
        }
        Ok(Self { dictionary, sheets })
    }

    /// Writes a patient; stays and runs are numbered in their order.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn patient(&mut self, patient: &IncomingPatient) -> io::Result<()> {
        let key = key_cells(patient);
        self.record(&key, &patient.forms, Level::Patient)?;
        for (stay, number) in patient.stays.iter().zip(1..) {
            let mut key = key.clone();
            key.push(number.to_string());
            self.record(&key, &stay.forms, Level::Stay)?;
            for (run, number) in stay.runs.iter().zip(1..) {
                let mut key = key.clone();
                key.push(number.to_string());
                self.record(&key, &run.forms, Level::Run)?;
            }
        }
        Ok(())
    }

    /// Writes all forms of a record; its main form has a line even without any value.
    fn record(&mut self, key: &[String], forms: &FormRows, level: Level) -> io::Result<()> {
        let dictionary = self.dictionary;
        let mut main = true;
        for sheet in &mut self.sheets {
            let form = dictionary.form(sheet.form);
            if Level::of(form.scope) != Some(level) {
                continue;
            }
            let row = forms.iter().find(|(id, _)| *id == form.id).map(|(_, row)| row);
            let empty = Row::default();
            let itself = std::mem::take(&mut main);
            if row.is_some() || itself {
                let row = row.unwrap_or(&empty);
                sheet.row(dictionary, key, form.table, row, &mut Rows::new(), itself)?;
            }
        }
        Ok(())
    }

    /// Ends all files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        self.sheets.into_iter().try_for_each(|mut sheet| sheet.out.flush())
    }
}

impl<W: Write> Sheet<W> {
    /// Writes the line of a row, unless it is empty, and those of all rows below it.
    fn row(
        &mut self,
        dictionary: &Dictionary,
        key: &[String],
        table: TableId,
        row: &Row,
        rows: &mut Rows,
        even_empty: bool,
    ) -> io::Result<()> {
        let spec = dictionary.table(table);
        let own = |field: &FieldId| !is_key(dictionary.field(*field));
        let any = spec
            .columns
            .iter()
            .zip(&row.values)
            .any(|(field, value)| own(field) && value.is_present());
        if any || even_empty {
            let part = spec.group.map_or("", |group| dictionary.field(group).key.as_str());
            let numbers: Vec<String> = rows.iter().map(ToString::to_string).collect();
            let mut cells = key.to_vec();
            cells.extend([part.to_owned(), numbers.join(".")]);
            for id in &self.fields {
                let field = dictionary.field(*id);
                let value = field.column.filter(|_| field.table == table).map(|at| row.value(at));
                cells.push(value.map_or_else(String::new, |value| write(dictionary, field, value)));
            }
            self.out.write_record(&cells).map_err(to_io)?;
        }
        for (child, below) in spec.children.iter().zip(&row.children) {
            for (number, row) in (1..).zip(below) {
                rows.push(number);
                self.row(dictionary, key, *child, row, rows, false)?;
                rows.pop();
            }
        }
        Ok(())
    }
}

/// Center and key of a patient.
fn key_cells(patient: &IncomingPatient) -> Vec<String> {
    let center = patient.center_number.as_deref().unwrap_or_default();
    vec![guarded(center).into_owned(), guarded(&patient.unique_id).into_owned()]
}

/// A wide file being written: one line per run, with the values of its stay and its patient.
pub struct WideWriter<'d, W: Write> {
    dictionary: &'d Dictionary,
    columns: Vec<(FieldId, Rows)>,
    out: Writer<W>,
}

impl<'d, W: Write> WideWriter<'d, W> {
    /// Starts the file; `shape` must have room for all patients, see `Shape::add`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn new(dictionary: &'d Dictionary, shape: &Shape, out: W) -> io::Result<Self> {
        let columns = shape.columns(dictionary);
        let mut out = writer(out);
        let names = columns.iter().map(|(field, rows)| wide_name(dictionary, *field, rows));
        let keys = ["center", "patient", "stay", "run"].map(str::to_owned);
        out.write_record(keys.into_iter().chain(names)).map_err(to_io)?;
        Ok(Self { dictionary, columns, out })
    }

    /// Writes a patient. Stays and runs are numbered in their order; a patient without a stay and a
    /// stay without a run have a line of their own.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn patient(&mut self, patient: &IncomingPatient) -> io::Result<()> {
        let none = FormRows::new();
        if patient.stays.is_empty() {
            self.line(patient, ["", ""], [&patient.forms, &none, &none])?;
        }
        for (stay, number) in patient.stays.iter().zip(1..) {
            let stay_number = number.to_string();
            if stay.runs.is_empty() {
                self.line(patient, [&stay_number, ""], [&patient.forms, &stay.forms, &none])?;
            }
            for (run, number) in stay.runs.iter().zip(1..) {
                let numbers = [stay_number.as_str(), &number.to_string()];
                self.line(patient, numbers, [&patient.forms, &stay.forms, &run.forms])?;
            }
        }
        Ok(())
    }

    fn line(
        &mut self,
        patient: &IncomingPatient,
        numbers: [&str; 2],
        forms: [&FormRows; 3],
    ) -> io::Result<()> {
        let dictionary = self.dictionary;
        for cell in key_cells(patient) {
            self.out.write_field(cell).map_err(to_io)?;
        }
        for number in numbers {
            self.out.write_field(number).map_err(to_io)?;
        }
        for (id, rows) in &self.columns {
            let field = dictionary.field(*id);
            let row = forms
                .iter()
                .flat_map(|forms| forms.iter())
                .find(|(form, _)| *form == field.form)
                .and_then(|(_, row)| row_at(dictionary, field.table, row, rows));
            let value = row.zip(field.column).map(|(row, column)| row.value(column));
            let text = value.map_or_else(String::new, |value| write(dictionary, field, value));
            self.out.write_field(text).map_err(to_io)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(to_io)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner().map_err(|error| io::Error::other(error.error().to_string()))
    }
}

/// The row of a table by its numbers from 1.
fn row_at<'r>(
    dictionary: &Dictionary,
    table: TableId,
    top: &'r Row,
    rows: &Rows,
) -> Option<&'r Row> {
    let tables = super::header::chain(dictionary, table);
    tables.iter().zip(rows).try_fold(top, |row, (table, number)| {
        let (_, child) = dictionary.table(*table).parent?;
        row.rows(child).get(usize::from(*number).checked_sub(1)?)
    })
}
