//! Code lists and units.

use std::fmt::{self, Write};

use super::Safe;
use crate::words;
use crate::{Code, CodeList, Dictionary};

pub(super) fn lists<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    writeln!(out, "<section id=\"lists\" aria-labelledby=\"lists-label\">")?;
    writeln!(out, "<h2 id=\"lists-label\">Code lists</h2>")?;
    for list in dictionary.lists() {
        self::list(list, out)?;
    }
    writeln!(out, "</section>")
}

fn list<W: Write>(list: &CodeList, out: &mut W) -> fmt::Result {
    let (key, label) = (Safe(&list.key), Safe(&list.label));
    writeln!(out, "<h3 id=\"list-{key}\">{label} <span class=\"key\">{key}</span></h3>")?;
    if list.open.is_some() {
        writeln!(out, "<p class=\"quiet\">Other codes are taken when they look right.</p>")?;
    }
    let count = list.codes.len();
    let plural = if count == 1 { "code" } else { "codes" };
    writeln!(out, "<table>\n<caption>{count} {plural}</caption>\n<thead><tr>")?;
    let columns = Columns::of(list);
    for (shown, head) in [
        (true, "Code"),
        (true, "Meaning"),
        (true, "Number"),
        (columns.group, "Group"),
        (columns.kind, "Kind"),
        (columns.dates, "In use"),
        (true, "Source"),
    ] {
        if shown {
            write!(out, "<th scope=\"col\">{head}</th>")?;
        }
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    for code in &list.codes {
        row(&columns, code, out)?;
    }
    writeln!(out, "</tbody>\n</table>")
}

/// Columns that have anything to say.
struct Columns {
    group: bool,
    kind: bool,
    dates: bool,
}

impl Columns {
    fn of(list: &CodeList) -> Self {
        let any = |has: fn(&Code) -> bool| list.codes.iter().any(has);
        Self {
            group: any(|code| !code.group.is_empty()),
            kind: any(|code| code.kind.is_some()),
            dates: any(|code| code.from.is_some() || code.to.is_some()),
        }
    }
}

fn row<W: Write>(columns: &Columns, code: &Code, out: &mut W) -> fmt::Result {
    write!(out, "<tr><th scope=\"row\"><code>{}</code></th>", Safe(&code.code))?;
    write!(out, "<td>{}</td>", Safe(&code.label))?;
    write!(out, "<td>{}</td>", Safe(code.number.as_deref().unwrap_or("not known")))?;
    if columns.group {
        write!(out, "<td>{}</td>", Safe(&code.group.replace('|', ", ")))?;
    }
    if columns.kind {
        write!(out, "<td>{}</td>", Safe(code.kind.as_deref().unwrap_or_default()))?;
    }
    if columns.dates {
        let (from, to) = (words::day(code.from), words::day(code.to));
        let text = match (code.from, code.to) {
            (None, None) => "always".to_owned(),
            (Some(_), None) => format!("from {from}"),
            (None, Some(_)) => format!("until {to}"),
            (Some(_), Some(_)) => format!("{from} to {to}"),
        };
        write!(out, "<td>{text}</td>")?;
    }
    let basis = words::basis(code.basis).replace('_', " ");
    writeln!(out, "<td class=\"quiet\">{} ({basis})</td></tr>", Safe(&code.source))
}

pub(super) fn units<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    writeln!(out, "<section id=\"units\" aria-labelledby=\"units-label\">")?;
    writeln!(out, "<h2 id=\"units-label\">Units</h2>\n<table>")?;
    writeln!(
        out,
        "<caption>Converted within a dimension: base = value x factor + offset</caption>"
    )?;
    writeln!(
        out,
        "<thead><tr><th scope=\"col\">Unit</th><th scope=\"col\">UCUM</th>\
         <th scope=\"col\">Dimension</th><th scope=\"col\">Factor</th>\
         <th scope=\"col\">Offset</th></tr></thead>\n<tbody>"
    )?;
    for unit in dictionary.units().iter() {
        let factor = if unit.divisor == rust_decimal::Decimal::ONE {
            unit.factor.to_string()
        } else {
            format!("{} / {}", unit.factor, unit.divisor)
        };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td><code>{}</code></td><td>{}</td><td>{factor}</td>\
             <td>{}</td></tr>",
            Safe(&unit.key),
            Safe(&unit.ucum),
            Safe(&unit.dimension.replace('_', " ")),
            unit.offset
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}
