//! The codebook as one HTML page: no script, nothing loaded from elsewhere, every entry with an anchor.

mod fields;
mod lists;
mod rules;

use std::fmt::{self, Write};

use super::rules_by_field;
use crate::{Dictionary, Form, Scope};

/// The stylesheet that the page is designed with.
pub const STYLESHEET: &str = include_str!("codebook.css");

/// Where the page gets its looks from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style<'s> {
    /// Written into the page, for a file that stands alone.
    Inline(&'s str),
    /// Linked, for a site whose policy allows no inline styles.
    Link(&'s str),
}

/// Text made safe for HTML, in attributes too.
struct Safe<'t>(&'t str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, special) = rest.split_at(at);
            f.write_str(plain)?;
            f.write_str(match special.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = special.get(1..).unwrap_or("");
        }
        f.write_str(rest)
    }
}

/// Writes the whole page.
///
/// # Errors
/// When `out` cannot be written.
pub fn page<W: Write>(dictionary: &Dictionary, style: Style<'_>, out: &mut W) -> fmt::Result {
    let (name, version) = (Safe(dictionary.name()), Safe(dictionary.version()));
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<title>{name} {version}: codebook</title>")?;
    match style {
        Style::Inline(css) => writeln!(out, "<style>\n{css}</style>")?,
        Style::Link(href) => {
            writeln!(out, "<link rel=\"stylesheet\" href=\"{}\">", Safe(href))?;
            // a browser asks the site for an icon otherwise, which is a dead link
            writeln!(out, "<link rel=\"icon\" href=\"data:,\">")?;
        }
    }
    writeln!(out, "</head>\n<body>\n<a class=\"skip\" href=\"#content\">Skip to the forms</a>")?;
    writeln!(out, "<header>\n<h1>{name}</h1>")?;
    summary(dictionary, out)?;
    writeln!(out, "</header>")?;
    contents(dictionary, out)?;
    writeln!(out, "<main id=\"content\">")?;
    body(dictionary, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

/// Writes the forms, lists, rules and units alone, for a page that has its own frame.
///
/// # Errors
/// When `out` cannot be written.
pub fn body<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    let rules = rules_by_field(dictionary);
    for form in dictionary.forms() {
        fields::form(dictionary, form, &rules, out)?;
    }
    lists::lists(dictionary, out)?;
    rules::rules(dictionary, out)?;
    lists::units(dictionary, out)
}

fn summary<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    let codes: usize = dictionary.lists().iter().map(|list| list.codes.len()).sum();
    writeln!(
        out,
        "<p>Codebook of version {}: {} forms, {} fields and groups, {} code lists with {codes} codes, \
         {} rules.</p>",
        Safe(dictionary.version()),
        dictionary.forms().len(),
        dictionary.fields().len(),
        dictionary.lists().len(),
        dictionary.rules().len(),
    )?;
    writeln!(
        out,
        "<p class=\"quiet\">Every entry says how far it rests on a source: <b>sourced</b>, \
         <b>part inferred</b> (a source names it, limits or list are ours), <b>inferred</b> (ours, to be \
         confirmed) or <b>structure</b> (a group that only gives rows a home). Conditions are written in \
         the dictionary's own small language. Search with your browser.</p>"
    )
}

fn contents<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    writeln!(out, "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol>")?;
    for form in dictionary.forms() {
        writeln!(
            out,
            "<li><a href=\"#form-{}\">{}</a> <span class=\"quiet\">{}</span></li>",
            Safe(&form.key),
            Safe(&form.label),
            form.fields.len()
        )?;
    }
    for (anchor, label, count) in [
        ("lists", "Code lists", dictionary.lists().len()),
        ("rules", "Rules across fields", dictionary.rules().len()),
        ("units", "Units", dictionary.units().iter().count()),
    ] {
        let count = format_args!("<span class=\"quiet\">{count}</span>").to_string();
        writeln!(out, "<li><a href=\"#{anchor}\">{label}</a> {count}</li>")?;
    }
    writeln!(out, "</ol>\n</nav>")
}

/// To what the values of a form belong.
const fn belongs(form: &Form) -> &'static str {
    match form.scope {
        Scope::Patient => "once per patient",
        Scope::Hospitalization => "once per hospitalization",
        Scope::Run => "once per run",
        Scope::System => "kept by the platform",
    }
}

/// A term and its description, unless there is nothing to say.
fn entry<W: Write>(out: &mut W, term: &str, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(out, "<dt>{term}</dt><dd>{}</dd>", Safe(text)) }
}

/// The same with the description as code.
fn code_entry<W: Write>(out: &mut W, term: &str, text: &str) -> fmt::Result {
    // expressions over several lines are indented in their file
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        Ok(())
    } else {
        writeln!(out, "<dt>{term}</dt><dd><code>{}</code></dd>", Safe(&text))
    }
}

fn badge<W: Write>(out: &mut W, class: &str, text: &str) -> fmt::Result {
    write!(out, " <span class=\"badge {class}\">{}</span>", Safe(text))
}
