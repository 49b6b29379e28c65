//! The first line of a file: what stands in which column.

use dictionary::units::UnitId;
use dictionary::{Dictionary, Field, FieldId, FormId};
use smallvec::SmallVec;

use super::{CENTER_KEY, PATIENT_KEY, nearest};
use crate::xml::Level;

/// Row numbers from 1, outermost first.
pub(super) type Rows = SmallVec<[u16; 3]>;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Center,
    Patient,
    Stay,
    Run,
    Part,
    Row,
    Value {
        field: FieldId,
        unit: Option<UnitId>,
        rows: Rows,
    },
    /// Worked out by the platform, or empty on purpose: not read.
    Ignored,
}

/// A header that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadHeader {
    /// Place of the column, from 0.
    pub column: usize,
    pub message: String,
    pub fix: String,
}

/// A header that was read.
#[derive(Debug)]
pub(super) struct Header {
    pub columns: Vec<Column>,
    pub names: Vec<String>,
    /// What the person who sends the file should know.
    pub notes: Vec<(String, String)>,
}

impl Header {
    /// Reads the names; `form` for a file of one form, none for a wide file.
    pub(super) fn read<'n>(
        dictionary: &Dictionary,
        form: Option<FormId>,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Self, BadHeader> {
        let mut header = Self { columns: Vec::new(), names: Vec::new(), notes: Vec::new() };
        for (place, name) in names.enumerate() {
            let name = name.trim_start_matches('\u{feff}').trim();
            let fail = |(message, fix)| BadHeader { column: place, message, fix };
            let column = column(dictionary, form, name, &mut header.notes).map_err(fail)?;
            if column != Column::Ignored && header.columns.contains(&column) {
                let message = format!("column `{name}` stands twice");
                return Err(fail((message, "leave one of them out".to_owned())));
            }
            header.columns.push(column);
            header.names.push(name.to_owned());
        }
        header.complete(dictionary, form)?;
        Ok(header)
    }

    fn complete(&self, dictionary: &Dictionary, form: Option<FormId>) -> Result<(), BadHeader> {
        let level = form.map_or(Some(Level::Run), |form| Level::of(dictionary.form(form).scope));
        let mut needed = vec![(Column::Patient, "patient")];
        if form.is_some() {
            needed.extend([(Column::Part, "part"), (Column::Row, "row")]);
        }
        if level != Some(Level::Patient) {
            needed.push((Column::Stay, "stay"));
        }
        if level == Some(Level::Run) {
            needed.push((Column::Run, "run"));
        }
        for (column, name) in needed {
            if !self.columns.contains(&column) {
                return Err(BadHeader {
                    column: 0,
                    message: format!("column `{name}` is missing"),
                    fix: "download the template and compare the first lines".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The place of a column.
    pub(super) fn place(&self, column: &Column) -> Option<usize> {
        self.columns.iter().position(|other| other == column)
    }
}

fn column(
    dictionary: &Dictionary,
    form: Option<FormId>,
    name: &str,
    notes: &mut Vec<(String, String)>,
) -> Result<Column, (String, String)> {
    match name {
        "center" => return Ok(Column::Center),
        "patient" => return Ok(Column::Patient),
        "stay" => return Ok(Column::Stay),
        "run" => return Ok(Column::Run),
        "part" if form.is_some() => return Ok(Column::Part),
        "row" if form.is_some() => return Ok(Column::Row),
        PATIENT_KEY | CENTER_KEY => {
            let key = if name == PATIENT_KEY { "patient" } else { "center" };
            let message = format!("column `{name}` is the key column `{key}`");
            return Err((message, format!("name it `{key}`")));
        }
        _ => {}
    }
    let (plain, unit) = match name.split_once('[') {
        Some((plain, unit)) => (plain.trim_end(), Some(unit.trim_end_matches(']').trim())),
        None => (name, None),
    };
    let (key, rows) = match (form, plain.split_once('.')) {
        (None, Some((key, rows))) => (key, row_numbers(rows)),
        _ => (plain, Some(Rows::new())),
    };
    let field = dictionary
        .field_named(key)
        .filter(|field| field.kind.has_value())
        .filter(|field| Level::of(dictionary.form(field.form).scope).is_some())
        .filter(|field| form.is_none_or(|form| field.form == form))
        .ok_or_else(|| unknown(dictionary, form, name, key))?;
    if field.column.is_none() {
        let message = format!("column `{name}` is worked out by the platform and was not read");
        notes.push((name.to_owned(), message));
        return Ok(Column::Ignored);
    }
    let depth = chain(dictionary, field.table).len();
    let rows = rows.filter(|rows| form.is_some() || rows.len() == depth).ok_or_else(|| {
        let example = (0..depth).fold(key.to_owned(), |name, _| name + ".1");
        let message = format!("column `{name}` must carry {depth} row numbers from 1");
        (message, format!("name it like `{example}`"))
    })?;
    let unit = unit.map(|unit| unit_of(dictionary, field, unit)).transpose()?;
    if let Some(unit) = unit.filter(|unit| Some(*unit) != field.unit) {
        let to = field.unit.and_then(|unit| dictionary.units().unit(unit));
        let from = dictionary.units().unit(unit).map_or("", |unit| unit.key.as_str());
        let to = to.map_or("", |unit| unit.key.as_str());
        notes.push((name.to_owned(), format!("numbers were converted from {from} to {to}")));
    }
    Ok(Column::Value { field: field.id, unit, rows })
}

fn row_numbers(text: &str) -> Option<Rows> {
    text.split('.')
        .map(|number| number.parse().ok().filter(|number| *number > 0))
        .collect::<Option<Rows>>()
}

/// Row numbers of a cell of column `row`.
pub(super) fn rows_of(text: &str) -> Option<Rows> {
    row_numbers(text.trim())
}

fn unknown(
    dictionary: &Dictionary,
    form: Option<FormId>,
    name: &str,
    key: &str,
) -> (String, String) {
    let fits =
        |field: &&Field| field.column.is_some() && form.is_none_or(|form| field.form == form);
    let keys = dictionary.fields().iter().filter(fits).map(|field| field.key.as_str());
    let fix = match nearest(key, keys) {
        Some(other) => format!("did you mean `{other}`?"),
        None => "check the name, or take the column out".to_owned(),
    };
    let whose =
        form.map_or("any form".to_owned(), |form| format!("form `{}`", dictionary.form(form).key));
    (format!("column `{name}` is no field of {whose}"), fix)
}

fn unit_of(dictionary: &Dictionary, field: &Field, text: &str) -> Result<UnitId, (String, String)> {
    let units = dictionary.units();
    let by_ucum = || {
        let place = units.iter().position(|unit| unit.ucum == text)?;
        u16::try_from(place).ok().map(UnitId)
    };
    let found = units.find(text).or_else(by_ucum);
    let converts = |unit: &UnitId| {
        let Some(to) = field.unit else { return false };
        let one = dictionary.read(field, "1");
        let dictionary::Value::Number(one) = one else { return false };
        units.convert(one, *unit, to, field.substance.as_deref(), 4).is_some()
    };
    found.filter(converts).ok_or_else(|| {
        let own = field.unit.and_then(|unit| units.unit(unit));
        let message = format!("`{}` cannot be given in `{text}`", field.key);
        let fix = match own {
            Some(own) => format!("use {}, or a unit that converts into it", own.key),
            None => "leave out the unit: this field has none".to_owned(),
        };
        (message, fix)
    })
}

/// The groups around a table from the outermost in, itself last; none for a form's top level.
pub(super) fn chain(
    dictionary: &Dictionary,
    table: dictionary::TableId,
) -> SmallVec<[dictionary::TableId; 3]> {
    let mut chain = SmallVec::new();
    let mut table = dictionary.table(table);
    while let Some((parent, _)) = table.parent {
        chain.insert(0, table.id);
        table = dictionary.table(parent);
    }
    chain
}
