//! Columns of files that we write, and templates to fill in.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dictionary::{Dictionary, Field, FieldId, Form, Row, TableId};
use registry::incoming::{FormRows, IncomingPatient};

use super::header::{Rows, chain};
use super::{CENTER_KEY, PATIENT_KEY};
use crate::xml::Level;

/// Rows of groups that occur in the patients of a wide file: they decide its columns.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    rows: BTreeSet<(TableId, Rows)>,
}

impl Shape {
    /// The shape of a template: so many rows of each group.
    pub fn with_rows(dictionary: &Dictionary, count: u16) -> Self {
        let mut shape = Self::default();
        for table in dictionary.tables() {
            let depth = chain(dictionary, table.id).len();
            let mut paths = vec![Rows::new()];
            for _ in 0..depth {
                let longer = |path: &Rows| {
                    let path = path.clone();
                    (1..=count).map(move |number| {
                        let mut path = path.clone();
                        path.push(number);
                        path
                    })
                };
                paths = paths.iter().flat_map(longer).collect();
            }
            shape.rows.extend(paths.into_iter().map(|path| (table.id, path)));
        }
        shape
    }

    /// Makes room for a patient.
    pub fn add(&mut self, dictionary: &Dictionary, patient: &IncomingPatient) {
        let mut forms = |forms: &FormRows| {
            for (form, row) in forms {
                self.add_row(dictionary, dictionary.form(*form).table, row, &mut Rows::new());
            }
        };
        forms(&patient.forms);
        for stay in &patient.stays {
            forms(&stay.forms);
            stay.runs.iter().for_each(|run| forms(&run.forms));
        }
    }

    fn add_row(&mut self, dictionary: &Dictionary, table: TableId, row: &Row, path: &mut Rows) {
        self.rows.insert((table, path.clone()));
        for (child, rows) in dictionary.table(table).children.iter().zip(&row.children) {
            for (number, row) in (1..).zip(rows) {
                path.push(number);
                self.add_row(dictionary, *child, row, path);
                path.pop();
            }
        }
    }

    /// The columns after the key columns: field and row numbers.
    pub(super) fn columns(&self, dictionary: &Dictionary) -> Vec<(FieldId, Rows)> {
        let mut columns = Vec::new();
        for form in dictionary.forms().iter().filter(|form| Level::of(form.scope).is_some()) {
            self.columns_of(dictionary, form.table, &Rows::new(), &mut columns);
        }
        columns
    }

    fn columns_of(
        &self,
        dictionary: &Dictionary,
        table: TableId,
        path: &Rows,
        columns: &mut Vec<(FieldId, Rows)>,
    ) {
        let spec = dictionary.table(table);
        let typed = spec.columns.iter().filter(|field| !is_key(dictionary.field(**field)));
        columns.extend(typed.map(|field| (*field, path.clone())));
        for child in &spec.children {
            let below = |(table, rows): &&(TableId, Rows)| {
                table == child && rows.len() == path.len() + 1 && rows.starts_with(path)
            };
            for (_, rows) in self.rows.iter().filter(below) {
                self.columns_of(dictionary, *child, rows, columns);
            }
        }
    }
}

/// Whether a field is one of the key columns.
pub(super) fn is_key(field: &Field) -> bool {
    field.key == PATIENT_KEY || field.key == CENTER_KEY
}

/// The name of a wide column.
pub(super) fn wide_name(dictionary: &Dictionary, field: FieldId, rows: &Rows) -> String {
    rows.iter().fold(dictionary.field(field).key.clone(), |mut name, row| {
        let _ = write!(name, ".{row}");
        name
    })
}

/// Key columns of a form's file.
pub(super) fn key_columns(form: &Form) -> &'static [&'static str] {
    match Level::of(form.scope) {
        Some(Level::Patient) => &["center", "patient", "part", "row"],
        Some(Level::Stay) => &["center", "patient", "stay", "part", "row"],
        _ => &["center", "patient", "stay", "run", "part", "row"],
    }
}

/// Fields of a form's file in order.
pub(super) fn form_fields(dictionary: &Dictionary, form: &Form) -> Vec<FieldId> {
    let typed = |field: &&FieldId| {
        let field = dictionary.field(**field);
        field.column.is_some() && !is_key(field)
    };
    form.fields.iter().filter(typed).copied().collect()
}

/// Files of the folder form to fill in: name and first line of each.
pub fn folder_template(dictionary: &Dictionary) -> Vec<(String, String)> {
    let forms = dictionary.forms().iter().filter(|form| Level::of(form.scope).is_some());
    forms
        .map(|form| {
            let mut names: Vec<&str> = key_columns(form).to_vec();
            let fields = form_fields(dictionary, form);
            names.extend(fields.iter().map(|field| dictionary.field(*field).key.as_str()));
            (format!("{}.csv", form.key), names.join(",") + "\r\n")
        })
        .collect()
}

/// The first line of a wide file to fill in, with room for so many rows of each group.
pub fn wide_template(dictionary: &Dictionary, rows: u16) -> String {
    let mut names: Vec<String> = ["center", "patient", "stay", "run"].map(str::to_owned).to_vec();
    let columns = Shape::with_rows(dictionary, rows).columns(dictionary);
    names.extend(columns.iter().map(|(field, rows)| wide_name(dictionary, *field, rows)));
    names.join(",") + "\r\n"
}
