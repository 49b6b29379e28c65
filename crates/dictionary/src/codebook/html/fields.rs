//! Forms and their fields.

use std::fmt::{self, Write};

use super::{Safe, badge, belongs, code_entry, entry};
use crate::words;
use crate::{Ages, CodeList, Dictionary, Field, Form, Kind, Required};

/// Lists up to this size are printed with each field too.
const SHORT: usize = 14;

pub(super) fn form<W: Write>(
    dictionary: &Dictionary,
    form: &Form,
    rules: &[Vec<&str>],
    out: &mut W,
) -> fmt::Result {
    let (key, label) = (Safe(&form.key), Safe(&form.label));
    writeln!(out, "<section id=\"form-{key}\" aria-labelledby=\"form-{key}-label\">")?;
    writeln!(out, "<h2 id=\"form-{key}-label\">{label} <span class=\"key\">{key}</span></h2>")?;
    if !form.help.is_empty() {
        writeln!(out, "<p>{}</p>", Safe(&form.help))?;
    }
    let addendum = if form.addendum { "; only when it applies" } else { "" };
    let ages = if form.ages == Ages::ALL {
        String::new()
    } else {
        format!("; {} only", words::ages(form.ages))
    };
    writeln!(out, "<p class=\"quiet\">Filled in {}{addendum}{ages}.</p>", belongs(form))?;
    let mut section = "";
    for id in &form.fields {
        let field = dictionary.field(*id);
        if field.section != section {
            section = &field.section;
            writeln!(out, "<h3>{}</h3>", Safe(&heading(section)))?;
        }
        let rules = rules.get(id.ix()).map_or(&[][..], Vec::as_slice);
        self::field(dictionary, field, rules, out)?;
    }
    writeln!(out, "</section>")
}

/// `blood_gas` as `Blood gas`.
fn heading(section: &str) -> String {
    let text = section.replace('_', " ");
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn field<W: Write>(
    dictionary: &Dictionary,
    field: &Field,
    rules: &[&str],
    out: &mut W,
) -> fmt::Result {
    let key = Safe(&field.key);
    let inside = dictionary.table(field.table).group.or(field.block);
    let inner = if inside.is_some() { " inner" } else { "" };
    writeln!(out, "<article class=\"field{inner}\" id=\"field-{key}\">")?;
    write!(out, "<h4>{} <span class=\"key\">{key}</span>", Safe(&field.label))?;
    badge(out, "type", type_words(field))?;
    match field.required {
        Required::No => {}
        Required::Always => badge(out, "needed", "required")?,
        Required::When(_) => badge(out, "needed", "required if")?,
    }
    let basis = words::basis(field.basis);
    badge(out, basis, &basis.replace('_', " "))?;
    writeln!(out, "</h4>")?;
    if !field.help.is_empty() {
        writeln!(out, "<p>{}</p>", Safe(&field.help))?;
    }
    writeln!(out, "<dl>")?;
    placement(dictionary, field, out)?;
    limits(dictionary, field, out)?;
    conditions(field, out)?;
    codes(dictionary, field, out)?;
    origin(field, rules, out)?;
    writeln!(out, "</dl>\n</article>")
}

const fn type_words(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text => "text",
        Kind::Integer => "whole number",
        Kind::Decimal => "number",
        Kind::Date => "date",
        Kind::DateTime => "date and time",
        Kind::Boolean => "yes or no",
        Kind::Code => "one code",
        Kind::Codes => "several codes",
        Kind::Group => "rows",
        Kind::Block => "block",
        Kind::Record => "record",
    }
}

fn placement<W: Write>(dictionary: &Dictionary, field: &Field, out: &mut W) -> fmt::Result {
    let link = |out: &mut W, term: &str, id: Option<crate::FieldId>| match id {
        None => Ok(()),
        Some(id) => {
            let other = dictionary.field(id);
            let (key, label) = (Safe(&other.key), Safe(&other.label));
            writeln!(out, "<dt>{term}</dt><dd><a href=\"#field-{key}\">{label}</a></dd>")
        }
    };
    link(out, "In rows of", dictionary.table(field.table).group)?;
    link(out, "In block", field.block)?;
    link(out, "Or tick", field.unknown)?;
    link(out, "Unknown twin of", field.twin_of)
}

fn limits<W: Write>(dictionary: &Dictionary, field: &Field, out: &mut W) -> fmt::Result {
    if let Some(unit) = field.unit.and_then(|unit| dictionary.units().unit(unit)) {
        let (name, ucum) = (Safe(&unit.key), Safe(&unit.ucum));
        writeln!(out, "<dt>Unit</dt><dd>{name} <span class=\"quiet\">UCUM {ucum}</span></dd>")?;
    }
    entry(out, "Possible", &words::range(field.hard))?;
    entry(out, "Usual", &words::soft(field))?;
    if let Some(decimals) = field.decimals {
        entry(out, "Decimals", &format!("at most {decimals}"))?;
    }
    entry(out, "Looks like another unit", &words::traps(dictionary, field))?;
    if field.ages != Ages::ALL {
        entry(out, "Age groups", &words::ages(field.ages))?;
    }
    if field.kind == Kind::Text {
        entry(out, "Length", &format!("at most {} characters", field.max_chars))?;
    }
    if field.kind == Kind::Group {
        entry(out, "Rows", &format!("{} to {}", field.min_rows, field.max_rows))?;
    }
    Ok(())
}

fn conditions<W: Write>(field: &Field, out: &mut W) -> fmt::Result {
    let text = |expr: &Option<crate::expr::Expr>| {
        expr.as_ref().map_or(String::new(), |expr| expr.text().to_owned())
    };
    if let Required::When(expr) = &field.required {
        code_entry(out, "Required if", expr.text())?;
    }
    code_entry(out, "Asked if", &text(&field.applies))?;
    code_entry(out, "Rows needed if", &text(&field.min_when))?;
    code_entry(out, "Worked out as", &text(&field.derive))?;
    if field.computed {
        entry(out, "Filled in by", "the platform")?;
    }
    Ok(())
}

fn codes<W: Write>(dictionary: &Dictionary, field: &Field, out: &mut W) -> fmt::Result {
    let Some(list) = field.list.map(|list| dictionary.list(list)) else { return Ok(()) };
    let (key, label) = (Safe(&list.key), Safe(&list.label));
    writeln!(out, "<dt>Code list</dt><dd><a href=\"#list-{key}\">{label}</a>{}</dd>", open(list))?;
    if list.codes.len() > SHORT {
        return Ok(());
    }
    write!(out, "<dt>Codes</dt><dd>")?;
    for (index, code) in list.codes.iter().enumerate() {
        let gap = if index > 0 { "<br>" } else { "" };
        write!(out, "{gap}<code>{}</code> {}", Safe(&code.code), Safe(&code.label))?;
        match &code.number {
            Some(number) if *number != code.code => {
                write!(out, " <span class=\"quiet\">number {}</span>", Safe(number))?;
            }
            _ => {}
        }
    }
    writeln!(out, "</dd>")
}

const fn open(list: &CodeList) -> &'static str {
    if list.open.is_some() { ", other codes are taken when they look right" } else { "" }
}

fn origin<W: Write>(field: &Field, rules: &[&str], out: &mut W) -> fmt::Result {
    code_entry(out, "XML element", field.xml.as_deref().unwrap_or_default())?;
    if !rules.is_empty() {
        write!(out, "<dt>Rules</dt><dd>")?;
        for rule in rules {
            write!(out, "<a href=\"#rule-{0}\">{0}</a> ", Safe(rule))?;
        }
        writeln!(out, "</dd>")?;
    }
    entry(out, "Source", &field.source)?;
    entry(out, "Note", field.was.as_deref().unwrap_or_default())
}
