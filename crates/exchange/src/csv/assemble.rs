//! Cells of one patient to a patient.

use std::collections::{BTreeMap, HashMap};

use dictionary::{Dictionary, Field, FieldId, Row, TableId, Value};
use registry::incoming::{IncomingPatient, IncomingRun, IncomingStay, SourceFinding};

use super::header::{Rows, chain};
use crate::record::{Notes, Record, RowPath, settle_pairs};
use crate::xml::Level;

/// Stay and run of a record, from 1; 0 for the patient's and the stay's own values.
pub(super) type Key = (u32, u32);

/// One value with its place.
#[derive(Debug)]
struct Cell {
    field: FieldId,
    rows: Rows,
    value: Value,
    line: u32,
}

#[derive(Debug, Default)]
struct Records {
    line: u32,
    /// Whether the line of the record itself is there, not only lines of its parts.
    itself: bool,
    cells: Vec<Cell>,
}

/// A patient being put together.
pub(super) struct Assembler<'d> {
    dictionary: &'d Dictionary,
    records: BTreeMap<Key, Records>,
    pub notes: Notes,
}

impl<'d> Assembler<'d> {
    pub(super) fn new(dictionary: &'d Dictionary) -> Self {
        Self { dictionary, records: BTreeMap::new(), notes: Notes::default() }
    }

    /// A record is named by a line; `itself` when the line is the record's own.
    pub(super) fn record(&mut self, key: Key, line: u32, itself: bool) {
        let record = self.records.entry(key).or_default();
        if record.line == 0 || (itself && !record.itself) {
            record.line = line;
        }
        record.itself |= itself;
    }

    /// A value; cells that were read as missing are not passed on.
    pub(super) fn cell(&mut self, key: Key, field: &Field, rows: Rows, value: Value, line: u32) {
        let record = self.records.entry(key).or_default();
        record.cells.push(Cell { field: field.id, rows, value, line });
    }

    /// The patient.
    pub(super) fn finish(mut self) -> IncomingPatient {
        let dictionary = self.dictionary;
        let mut patient = IncomingPatient::default();
        for ((stay, run), mut records) in std::mem::take(&mut self.records) {
            if !records.itself {
                self.orphan((stay, run), records.line);
            }
            let (forms, seen) = self.build(&mut records);
            let line = records.line;
            if stay == 0 {
                (patient.forms, patient.seen, patient.line) = (forms, seen, line);
            } else if run == 0 {
                patient.stays.push(IncomingStay { forms, seen, line, runs: Vec::new() });
            } else if let Some(last) = patient.stays.last_mut() {
                let mut run = IncomingRun { forms, seen, line, ..IncomingRun::default() };
                crate::known::fill_run(dictionary, &mut run);
                last.runs.push(run);
            }
        }
        let element = "patient".to_owned();
        if let Some(finding) = crate::known::fill_patient(dictionary, &mut patient, element) {
            self.notes.add(finding);
        }
        patient.findings = self.notes.finish(patient.line);
        patient
    }

    /// A line belongs to a record that has no line of its own.
    fn orphan(&mut self, (stay, run): Key, line: u32) {
        let scope = match (stay, run) {
            (0, _) => dictionary::Scope::Patient,
            (_, 0) => dictionary::Scope::Hospitalization,
            _ => dictionary::Scope::Run,
        };
        let form = self.dictionary.forms().iter().find(|form| form.scope == scope);
        let form = form.map_or("", |form| form.key.as_str());
        let whose = match (stay, run) {
            (0, _) => "this patient".to_owned(),
            (_, 0) => format!("stay {stay} of this patient"),
            _ => format!("run {run} of stay {stay} of this patient"),
        };
        self.notes.add(SourceFinding {
            code: "schema",
            refuses: true,
            line,
            element: form.to_owned(),
            message: format!("there are lines of {whose}, but none in {form}.csv"),
            fix: format!("add its line with an empty `part` to {form}.csv"),
        });
    }

    /// Builds the rows of a record, numbered without gaps, and puts the values in.
    fn build(
        &mut self,
        records: &mut Records,
    ) -> (registry::incoming::FormRows, Vec<registry::incoming::Seen>) {
        let dictionary = self.dictionary;
        let mut rows: BTreeMap<(TableId, Rows), usize> = BTreeMap::new();
        for cell in &records.cells {
            let tables = chain(dictionary, dictionary.field(cell.field).table);
            for (depth, table) in tables.iter().enumerate() {
                rows.insert((*table, cell.rows.iter().take(depth + 1).copied().collect()), 0);
            }
        }
        let mut record = Record::default();
        let mut paths: HashMap<(TableId, Rows), RowPath> = HashMap::new();
        // parents come first: a group's table has a smaller place than the tables below it
        for (table, numbers) in rows.into_keys() {
            let Some((parent, child)) = dictionary.table(table).parent else { continue };
            let above: Rows = numbers.iter().take(numbers.len() - 1).copied().collect();
            let mut path = paths.get(&(parent, above)).cloned().unwrap_or_default();
            let siblings = record
                .row(dictionary, dictionary.table(table).form, &path)
                .and_then(|row| row.children.get_mut(usize::from(child)));
            let Some(siblings) = siblings else { continue };
            siblings.push(dictionary.empty_row(table));
            path.push((child, siblings.len() - 1));
            paths.insert((table, numbers), path);
        }
        for cell in records.cells.drain(..) {
            let field = dictionary.field(cell.field);
            let path = paths.get(&(field.table, cell.rows)).cloned().unwrap_or_default();
            let slot = record
                .row(dictionary, field.form, &path)
                .and_then(|row| row.values.get_mut(usize::from(field.column?)));
            let Some(slot) = slot else { continue };
            if *slot == Value::Missing {
                *slot = cell.value;
                record.saw(cell.field, &path, cell.line);
            } else if *slot != cell.value {
                let message = "another line of the same record says something else".to_owned();
                self.refuse("schema", cell.line, &field.key, message, "make the lines agree");
            }
        }
        record.finish(dictionary, settle)
    }

    /// Refuses the patient.
    pub(super) fn refuse(
        &mut self,
        code: &'static str,
        line: u32,
        column: &str,
        message: String,
        fix: &str,
    ) {
        self.notes.add(SourceFinding {
            code,
            refuses: true,
            line,
            element: column.to_owned(),
            message,
            fix: fix.to_owned(),
        });
    }
}

/// The level of a field's form.
pub(super) fn level(dictionary: &Dictionary, field: &Field) -> Level {
    Level::of(dictionary.form(field.form).scope).unwrap_or(Level::Run)
}

/// Takes back 'unknown' flags that say nothing next to their value, in a row and all below it.
fn settle(dictionary: &Dictionary, table: TableId, row: &mut Row) {
    let spec = dictionary.table(table);
    for (flag, column) in spec.columns.iter().zip(0..) {
        let value = dictionary.field(*flag).twin_of.map(|value| dictionary.field(value));
        if let Some(value) =
            value.filter(|value| value.table == table).and_then(|value| value.column)
        {
            settle_pairs(row, &[(column, value)]);
        }
    }
    for (child, rows) in spec.children.iter().zip(&mut row.children) {
        for row in rows {
            settle(dictionary, *child, row);
        }
    }
}
