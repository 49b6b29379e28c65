//! The dictionary as a REDCap data dictionary: a CSV file of 18 columns that a REDCap project imports.
//!
//! Each form becomes an instrument. A repeating group becomes an instrument of its own, to be switched
//! to repeating after import; rows within rows carry the number of the row they belong to, because
//! REDCap has no nesting. Fields that the platform works out are shown read-only. Branching is translated
//! where REDCap's logic can say the same; otherwise the condition stands in the field note.

mod logic;

use std::io;

use crate::codebook::line;
use crate::words;
use crate::{
    Ages, CodeList, Dictionary, Field, Form, FormId, Kind, Pattern, Required, Scope, Table, TableId,
};

/// The header line, as REDCap compares it byte for byte.
pub const HEADER: &str = concat!(
    r#""Variable / Field Name","Form Name","Section Header","Field Type","Field Label","#,
    r#""Choices, Calculations, OR Slider Labels","Field Note","#,
    r#""Text Validation Type OR Show Slider Number","Text Validation Min","Text Validation Max","#,
    r#"Identifier?,"Branching Logic (Show field only if...)","Required Field?","Custom Alignment","#,
    r#""Question Number (surveys only)","Matrix Group Name","Matrix Ranking?","Field Annotation""#,
);

/// Longer texts get a box of several lines.
const ONE_LINE: usize = 200;
/// Up to this many codes are shown all at once.
const FEW_CODES: usize = 5;
/// From this many on the list can be searched by typing.
const MANY_CODES: usize = 20;

/// One row of the file, with the columns that we fill.
#[derive(Debug, Default)]
struct Row {
    name: String,
    form: String,
    section: String,
    kind: &'static str,
    label: String,
    choices: String,
    note: String,
    validation: &'static str,
    min: String,
    max: String,
    identifier: bool,
    branching: String,
    required: bool,
    annotation: String,
}

impl Row {
    fn write<W: io::Write>(&self, out: &mut W) -> io::Result<()> {
        let yes = |yes: bool| if yes { "y" } else { "" };
        line(
            out,
            &[
                &self.name,
                &self.form,
                &self.section,
                self.kind,
                &self.label,
                &self.choices,
                &self.note,
                self.validation,
                &self.min,
                &self.max,
                yes(self.identifier),
                &self.branching,
                yes(self.required),
                "",
                "",
                "",
                "",
                &self.annotation,
            ],
        )
    }
}

/// Writes the REDCap data dictionary of all forms that a person fills in.
///
/// # Errors
/// When `out` cannot be written.
pub fn write<W: io::Write>(dictionary: &Dictionary, out: &mut W) -> io::Result<()> {
    out.write_all(HEADER.as_bytes())?;
    out.write_all(b"\r\n")?;
    let forms = dictionary.forms().iter().filter(|form| form.scope != Scope::System);
    for (index, form) in forms.enumerate() {
        if index == 0 {
            record_id(form).write(out)?;
        }
        instrument(dictionary, form, form.table, out)?;
        for table in groups(dictionary, form.id) {
            instrument(dictionary, form, table.id, out)?;
        }
    }
    Ok(())
}

/// The name of a table's instrument: a form and a group may be named alike.
fn instrument_name(dictionary: &Dictionary, table: TableId) -> String {
    let spec = dictionary.table(table);
    match spec.group.map(|group| &dictionary.field(group).key) {
        None => dictionary.form(spec.form).key.clone(),
        Some(group) if dictionary.form_named(group).is_some() => format!("{group}_rows"),
        Some(group) => group.clone(),
    }
}

fn groups(dictionary: &Dictionary, form: FormId) -> impl Iterator<Item = &Table> {
    dictionary.tables().iter().filter(move |table| table.form == form && table.group.is_some())
}

fn record_id(form: &Form) -> Row {
    Row {
        name: "record_id".to_owned(),
        form: form.key.clone(),
        kind: "text",
        label: "Record".to_owned(),
        note: "One record per run: patient key and run number.".to_owned(),
        ..Row::default()
    }
}

fn instrument<W: io::Write>(
    dictionary: &Dictionary,
    form: &Form,
    table: TableId,
    out: &mut W,
) -> io::Result<()> {
    let name = instrument_name(dictionary, table);
    if let Some(row) = parent_row(dictionary, &name, table) {
        row.write(out)?;
    }
    let mut section = "";
    let fields = form.fields.iter().map(|id| dictionary.field(*id));
    for field in fields.filter(|field| field.table == table && field.kind.has_value()) {
        let mut row = row(dictionary, field);
        row.form.clone_from(&name);
        if field.section != section {
            section = &field.section;
            row.section = section.replace('_', " ");
        }
        row.write(out)?;
    }
    Ok(())
}

/// The row of the outer group that a row belongs to.
fn parent_row(dictionary: &Dictionary, name: &str, table: TableId) -> Option<Row> {
    let group = dictionary.table(table).group?;
    let (parent, _) = dictionary.table(table).parent?;
    let outer = dictionary.table(parent).group?;
    let (group, outer) = (dictionary.field(group), dictionary.field(outer));
    Some(Row {
        name: format!("{}_in_row", group.key),
        form: name.to_owned(),
        kind: "text",
        label: format!("Row of {}", outer.label),
        note: format!("Number of the row of \"{}\" that this belongs to.", outer.label),
        validation: "integer",
        min: "1".to_owned(),
        required: true,
        ..Row::default()
    })
}

fn row(dictionary: &Dictionary, field: &Field) -> Row {
    let form = dictionary.form(field.form);
    let read_only = field.derived.is_some() || field.computed;
    let mut row = Row {
        name: field.key.clone(),
        label: field.label.clone(),
        identifier: form.scope == Scope::Patient && matches!(field.kind, Kind::Date | Kind::Text),
        required: matches!(field.required, Required::Always) && !read_only,
        ..Row::default()
    };
    shape(dictionary, field, &mut row);
    let mut notes = Vec::new();
    if let Some(unit) = field.unit.and_then(|unit| dictionary.units().unit(unit))
        && unit.dimension != "none"
    {
        notes.push(unit.key.clone());
    }
    if !field.help.is_empty() {
        notes.push(field.help.clone());
    }
    if let Some(twin) = field.unknown {
        notes.push(format!("Or answer \"{}\".", dictionary.field(twin).label));
    }
    if field.ages != Ages::ALL {
        notes.push(format!("For: {}.", words::ages(field.ages)));
    }
    if let Some(applies) = applies(dictionary, field) {
        match logic::branching(applies, dictionary, field.table) {
            Some(text) => row.branching = text,
            None => notes.push(format!("Only if: {}", one_line(applies.text()))),
        }
    }
    if let Some(derive) = &field.derive {
        notes.push(format!("Worked out: {}", one_line(derive.text())));
    }
    row.note = notes.join(" ");
    let mut tags = Vec::new();
    if read_only {
        tags.push("@READONLY".to_owned());
    } else if !row.min.is_empty() || !row.max.is_empty() {
        tags.push("@FORCE-MINMAX".to_owned());
    }
    if row.kind == "text" && field.kind == Kind::Text {
        tags.push(format!("@CHARLIMIT='{}'", field.max_chars));
    }
    if let Required::When(expr) = &field.required {
        tags.push(format!("required if: {}", one_line(expr.text())));
    }
    row.annotation = tags.join(" ");
    row
}

/// The condition of the field, else that of its block.
fn applies<'d>(dictionary: &'d Dictionary, field: &'d Field) -> Option<&'d crate::expr::Expr> {
    let block = field.block.and_then(|block| dictionary.field(block).applies.as_ref());
    field.applies.as_ref().or(block)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Type, choices and limits.
fn shape(dictionary: &Dictionary, field: &Field, row: &mut Row) {
    let list = field.list.map(|list| dictionary.list(list));
    row.kind = "text";
    match (field.kind, list) {
        (Kind::Text, _) if field.max_chars > ONE_LINE => row.kind = "notes",
        (Kind::Integer, _) => {
            row.validation = "integer";
            limits(field, row);
        }
        (Kind::Decimal, _) => {
            row.validation = "number";
            limits(field, row);
        }
        (Kind::Date, _) => row.validation = "date_ymd",
        (Kind::DateTime, _) => row.validation = "datetime_ymd",
        (Kind::Boolean, _) => row.kind = "yesno",
        // codes outside the list are allowed, and a list of choices would forbid them
        (Kind::Code, Some(list)) if list.open.is_some() => {
            row.label = format!("{} ({})", field.label, open_words(list));
        }
        (Kind::Code, Some(list)) => {
            let few = list.codes.len() <= FEW_CODES;
            row.kind = if few { "radio" } else { "dropdown" };
            row.choices = choices(list);
            row.validation = if list.codes.len() >= MANY_CODES { "autocomplete" } else { "" };
        }
        (Kind::Codes, Some(list)) => {
            row.kind = "checkbox";
            row.choices = choices(list);
        }
        _ => {}
    }
}

const fn open_words(list: &CodeList) -> &'static str {
    match list.open {
        Some(Pattern::Icd10) => "ICD code",
        Some(Pattern::Cpt) => "CPT code",
        _ => "code",
    }
}

fn limits(field: &Field, row: &mut Row) {
    row.min = words::number(field.hard.low);
    row.max = words::number(field.hard.high);
}

/// `code, Label | code, Label`.
fn choices(list: &CodeList) -> String {
    let choice = |code: &crate::Code| format!("{}, {}", code.code, code.label.replace('|', "/"));
    list.codes.iter().map(choice).collect::<Vec<_>>().join(" | ")
}
