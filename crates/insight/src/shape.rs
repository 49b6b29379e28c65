//! From the dictionary to the columns of the store.
//!
//! The root table holds one row per counted run: the values of the patient, the stay and the run that stand there
//! once, derived values included, and a few columns that the platform knows. Each repeating group is a table of its
//! own. What is left out: typed free text and codes of lists kept elsewhere (the directory of centers), since either
//! can name a person or a hospital; and values that the platform fills in around a record.

mod grouped;
mod make;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use columns::{ColumnRef, ColumnSpec, Kind, Schema};
use dictionary::{Dictionary, FieldId, TableId};
use make::Maker;

/// What a code outside of an open list (rarer ICD-10 and CPT codes) becomes: the place after the list's own codes.
pub const OTHER_CODE: &str = "other_code";

/// Columns that the platform knows beside the dictionary's fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// The reporting center, as a dense number.
    Center,
    /// The patient, as a dense number.
    Patient,
    /// The course: runs of one stay less than 24 hours apart, as a dense number.
    Course,
    /// The center's regional chapter.
    Chapter,
    /// The center's country.
    Country,
    /// 1 for the first counted run of the patient in this center, in order of start.
    RunOrder,
    /// The day (UTC) on which the run was last signed.
    SubmittedOn,
    /// Whether this is the patient's last counted run in this center, in order of start.
    LastOfPatient,
    /// Whether this is the last counted run of its course, in order of start.
    LastOfCourse,
}

impl Extra {
    /// All of them, in the order of their columns.
    pub const ALL: [Self; 9] = [
        Self::Center,
        Self::Patient,
        Self::Course,
        Self::Chapter,
        Self::Country,
        Self::RunOrder,
        Self::SubmittedOn,
        Self::LastOfPatient,
        Self::LastOfCourse,
    ];

    /// The column's key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Patient => "patient",
            Self::Course => "course",
            Self::Chapter => "chapter",
            Self::Country => "country",
            Self::RunOrder => "run_order",
            Self::SubmittedOn => "submitted_on",
            Self::LastOfPatient => "last_of_patient",
            Self::LastOfCourse => "last_of_course",
        }
    }

    /// The column's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Center => "Center",
            Self::Patient => "Patient",
            Self::Course => "ECLS course",
            Self::Chapter => "Regional chapter",
            Self::Country => "Country",
            Self::RunOrder => "Run of the patient",
            Self::SubmittedOn => "Submitted on",
            Self::LastOfPatient => "Last run of the patient",
            Self::LastOfCourse => "Last run of the course",
        }
    }
}

/// Where a column's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A typed value: its form's or group's column.
    Typed(FieldId, u16),
    /// A derived value: its place among them.
    Derived(FieldId, u16),
    /// The group of the typed code in that column, by its place in [`Shape::group_maps`].
    Grouped(u16, u16),
    /// A column of the platform.
    Extra(Extra),
}

struct Column {
    label: String,
    source: Source,
    codes: Arc<[String]>,
    /// The place for codes outside of an open list.
    other: Option<u16>,
}

/// One table of the shape.
struct Table {
    label: String,
    /// The dictionary's table of rows; none for the root.
    rows: Option<TableId>,
    columns: Vec<Column>,
}

/// The columns of the store and what they mean.
pub struct Shape {
    schema: Arc<Schema>,
    tables: Vec<Table>,
    named: HashMap<String, ColumnRef>,
    tables_named: HashMap<String, u16>,
    by_field: HashMap<FieldId, ColumnRef>,
    dictionary_version: String,
    group_maps: Vec<Vec<Option<u16>>>,
}

impl Shape {
    /// The shape of a dictionary.
    pub fn of(dictionary: &Dictionary) -> Self {
        let mut maker = Maker::default();
        maker.root(dictionary);
        maker.groups(dictionary);
        let group_maps = maker.grouped(dictionary);
        let Maker { specs, tables } = maker;
        let mut shape = Self {
            schema: Arc::new(Schema { tables: specs }),
            tables,
            named: HashMap::new(),
            tables_named: HashMap::new(),
            by_field: HashMap::new(),
            dictionary_version: dictionary.version().to_owned(),
            group_maps,
        };
        shape.index();
        shape
    }

    fn index(&mut self) {
        for (table, (spec, made)) in (0_u16..).zip(self.schema.tables.iter().zip(&self.tables)) {
            self.tables_named.insert(spec.key.clone(), table);
            for (column, (spec, made)) in (0_u16..).zip(spec.columns.iter().zip(&made.columns)) {
                let place = ColumnRef { table, column };
                self.named.insert(spec.key.clone(), place);
                if let Source::Typed(field, _) | Source::Derived(field, _) = made.source {
                    self.by_field.insert(field, place);
                }
            }
        }
    }

    /// The schema of the store.
    pub const fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Version of the dictionary that the shape was made of.
    pub fn dictionary_version(&self) -> &str {
        &self.dictionary_version
    }

    /// The column of a field's key, or of one of [`Extra`].
    pub fn named(&self, key: &str) -> Option<ColumnRef> {
        self.named.get(key).copied()
    }

    /// The column of a field.
    pub fn column_of(&self, field: FieldId) -> Option<ColumnRef> {
        self.by_field.get(&field).copied()
    }

    /// The column of the platform.
    pub fn extra(&self, extra: Extra) -> ColumnRef {
        self.named(extra.key()).unwrap_or(ColumnRef { table: 0, column: 0 })
    }

    /// The table of a group's key; 0 for `run`.
    pub fn table_named(&self, key: &str) -> Option<u16> {
        self.tables_named.get(key).copied()
    }

    /// What a row of the table is, in words.
    pub fn table_label(&self, table: u16) -> &str {
        self.tables.get(usize::from(table)).map_or("", |table| &table.label)
    }

    /// The dictionary's field of a column; none for a column of the platform.
    pub fn field_of(&self, column: ColumnRef) -> Option<FieldId> {
        match self.column(column)?.source {
            Source::Typed(field, _) | Source::Derived(field, _) => Some(field),
            Source::Grouped(..) | Source::Extra(_) => None,
        }
    }

    /// For each grouped column, the group of every code of the column it groups.
    pub(crate) fn group_maps(&self) -> &[Vec<Option<u16>>] {
        &self.group_maps
    }

    /// The group of every code of `fine`, if `coarse` is the column of its groups.
    pub(crate) fn groups_of(&self, coarse: ColumnRef, fine: ColumnRef) -> Option<&[Option<u16>]> {
        let (Source::Grouped(of, map), Source::Typed(_, column)) =
            (self.column(coarse)?.source, self.column(fine)?.source)
        else {
            return None;
        };
        let found = coarse.table == fine.table && of == column;
        self.group_maps.get(usize::from(map)).filter(|_| found).map(Vec::as_slice)
    }

    /// The column's key; empty for one that does not exist.
    pub fn key(&self, column: ColumnRef) -> &str {
        self.spec(column).map_or("", |spec| &spec.key)
    }

    /// The column's label; empty for one that does not exist.
    pub fn label(&self, column: ColumnRef) -> &str {
        self.column(column).map_or("", |column| &column.label)
    }

    /// What a code of the column means.
    pub fn code_label(&self, column: ColumnRef, code: u16) -> Option<&str> {
        self.column(column)?.codes.get(usize::from(code)).map(String::as_str)
    }

    /// What the column holds.
    pub fn kind(&self, column: ColumnRef) -> Option<&Kind> {
        self.spec(column).map(|spec| &spec.kind)
    }

    /// All columns, table by table.
    pub fn all(&self) -> impl Iterator<Item = ColumnRef> + '_ {
        (0_u16..).zip(&self.schema.tables).flat_map(|(table, spec)| {
            (0_u16..).zip(&spec.columns).map(move |(column, _)| ColumnRef { table, column })
        })
    }

    /// Where the values of a table's columns come from, with the place for codes outside of their list.
    pub(crate) fn sources(&self, table: u16) -> impl Iterator<Item = (Source, Option<u16>)> + '_ {
        let columns = self.tables.get(usize::from(table)).map_or(&[][..], |table| &table.columns);
        columns.iter().map(|column| (column.source, column.other))
    }

    /// Tables of rows: their place here, their parent's place, and the dictionary's table.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u16, u16, TableId)> + '_ {
        (0_u16..)
            .zip(self.schema.tables.iter().zip(&self.tables))
            .filter_map(|(place, (spec, table))| Some((place, spec.parent?, table.rows?)))
    }

    /// The place of a code in a column's list.
    pub fn code(&self, column: ColumnRef, code: &str) -> Option<u16> {
        let (Kind::Code(codes) | Kind::Codes(codes)) = self.kind(column)? else { return None };
        codes.iter().position(|known| known == code).and_then(|place| u16::try_from(place).ok())
    }

    fn column(&self, column: ColumnRef) -> Option<&Column> {
        self.tables.get(usize::from(column.table))?.columns.get(usize::from(column.column))
    }

    fn spec(&self, column: ColumnRef) -> Option<&ColumnSpec> {
        let table = self.schema.tables.get(usize::from(column.table))?;
        table.columns.get(usize::from(column.column))
    }
}
