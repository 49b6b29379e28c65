//! The codebook as CSV (RFC 4180): one row per field, one row per code.

use std::io;

use super::rules_by_field;
use crate::words;
use crate::{Dictionary, Field};

/// Writes one row; cells with a comma, a quote or a line end are quoted.
pub(crate) fn line<W: io::Write>(out: &mut W, cells: &[&str]) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        if cell.contains([',', '"', '\n', '\r']) {
            write!(out, "\"{}\"", cell.replace('"', "\"\""))?;
        } else {
            out.write_all(cell.as_bytes())?;
        }
    }
    out.write_all(b"\r\n")
}

const FIELDS: [&str; 36] = [
    "form",
    "form_label",
    "scope",
    "group",
    "block",
    "section",
    "key",
    "label",
    "help",
    "type",
    "unit",
    "ucum",
    "list",
    "required",
    "applies",
    "unknown",
    "twin_of",
    "ages",
    "hard_low",
    "hard_high",
    "soft_neonate",
    "soft_pediatric",
    "soft_adult",
    "decimals",
    "other_units",
    "max_chars",
    "min_rows",
    "min_when",
    "max_rows",
    "derive",
    "computed",
    "xml",
    "rules",
    "source",
    "basis",
    "was",
];

const CODES: [&str; 12] = [
    "list",
    "list_label",
    "open",
    "code",
    "label",
    "number",
    "group",
    "kind",
    "from",
    "to",
    "source",
    "basis",
];

/// All fields, one row each; behind the fixed columns one with the label of each other language.
///
/// # Errors
/// When `out` cannot be written.
pub fn fields_csv<W: io::Write>(dictionary: &Dictionary, out: &mut W) -> io::Result<()> {
    let languages: Vec<&str> = dictionary.languages().collect();
    header(out, &FIELDS, &languages)?;
    let rules = rules_by_field(dictionary);
    for (field, rules) in dictionary.fields().iter().zip(&rules) {
        let cells = cells(dictionary, field, rules);
        let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        cells.extend(languages.iter().map(|language| dictionary.field_label(field, language)));
        line(out, &cells)?;
    }
    Ok(())
}

fn cells(dictionary: &Dictionary, field: &Field, rules: &[&str]) -> [String; 36] {
    let form = dictionary.form(field.form);
    let key = |id: Option<crate::FieldId>| {
        id.map_or(String::new(), |id| dictionary.field(id).key.clone())
    };
    let unit = field.unit.and_then(|unit| dictionary.units().unit(unit));
    let expr = |expr: &Option<crate::expr::Expr>| {
        expr.as_ref().map_or(String::new(), |expr| expr.text().to_owned())
    };
    let rows = |number: String| if field.rows.is_some() { number } else { String::new() };
    let is_text = field.kind == crate::Kind::Text;
    let [neonate, pediatric, adult] = field.soft.map(words::range);
    [
        form.key.clone(),
        form.label.clone(),
        words::scope(form.scope).to_owned(),
        key(dictionary.table(field.table).group),
        key(field.block),
        field.section.clone(),
        field.key.clone(),
        field.label.clone(),
        field.help.clone(),
        field.kind.word().to_owned(),
        unit.map_or(String::new(), |unit| unit.key.clone()),
        unit.map_or(String::new(), |unit| unit.ucum.clone()),
        field.list.map_or(String::new(), |list| dictionary.list(list).key.clone()),
        words::required(&field.required).to_owned(),
        expr(&field.applies),
        key(field.unknown),
        key(field.twin_of),
        words::ages(field.ages),
        words::number(field.hard.low),
        words::number(field.hard.high),
        neonate,
        pediatric,
        adult,
        field.decimals.map_or(String::new(), |decimals| decimals.to_string()),
        words::traps(dictionary, field),
        if is_text { field.max_chars.to_string() } else { String::new() },
        rows(field.min_rows.to_string()),
        expr(&field.min_when),
        rows(field.max_rows.to_string()),
        expr(&field.derive),
        if field.computed { "yes".to_owned() } else { String::new() },
        field.xml.clone().unwrap_or_default(),
        rules.join(" "),
        field.source.clone(),
        words::basis(field.basis).to_owned(),
        field.was.clone().unwrap_or_default(),
    ]
}

/// The fixed columns, and `label_de` and the like for each other language.
fn header<W: io::Write>(out: &mut W, fixed: &[&str], languages: &[&str]) -> io::Result<()> {
    let labels: Vec<String> =
        languages.iter().map(|language| format!("label_{language}")).collect();
    let cells: Vec<&str> = fixed.iter().copied().chain(labels.iter().map(String::as_str)).collect();
    line(out, &cells)
}

/// All codes of all lists, one row each; behind the fixed columns one with the label of each other language.
///
/// # Errors
/// When `out` cannot be written.
pub fn codes_csv<W: io::Write>(dictionary: &Dictionary, out: &mut W) -> io::Result<()> {
    let languages: Vec<&str> = dictionary.languages().collect();
    header(out, &CODES, &languages)?;
    for list in dictionary.lists() {
        for (place, code) in (0..).zip(&list.codes) {
            let (from, to) = (words::day(code.from), words::day(code.to));
            let mut cells = vec![
                list.key.as_str(),
                &list.label,
                list.open.map_or("", words::pattern),
                &code.code,
                &code.label,
                code.number.as_deref().unwrap_or_default(),
                &code.group,
                code.kind.as_deref().unwrap_or_default(),
                &from,
                &to,
                &code.source,
                words::basis(code.basis),
            ];
            cells.extend(
                languages.iter().map(|language| dictionary.code_label(list, place, language)),
            );
            line(out, &cells)?;
        }
    }
    Ok(())
}
