//! Rules across fields.

use std::fmt::{self, Write};

use super::{Safe, badge, code_entry, entry};
use crate::words;
use crate::{Dictionary, On, Rule, Severity, Stage};

pub(super) fn rules<W: Write>(dictionary: &Dictionary, out: &mut W) -> fmt::Result {
    writeln!(out, "<section id=\"rules\" aria-labelledby=\"rules-label\">")?;
    writeln!(out, "<h2 id=\"rules-label\">Rules across fields</h2>")?;
    writeln!(
        out,
        "<p class=\"quiet\">A rule is raised when its condition is true. A condition about something \
         missing is neither true nor false. Hard rules refuse, soft ones have to be confirmed.</p>"
    )?;
    for rule in dictionary.rules() {
        self::rule(dictionary, rule, out)?;
    }
    writeln!(out, "</section>")
}

fn rule<W: Write>(dictionary: &Dictionary, rule: &Rule, out: &mut W) -> fmt::Result {
    let code = Safe(&rule.code);
    write!(out, "<article class=\"rule\" id=\"rule-{code}\">\n<h3>{code}")?;
    match rule.severity {
        Severity::Hard => badge(out, "hard", "hard")?,
        Severity::Soft => badge(out, "soft", "soft")?,
    }
    if rule.stage == Stage::Submission {
        badge(out, "stage", "complete records only")?;
    }
    if rule.query {
        badge(out, "query", "asked about after signing")?;
    }
    let basis = words::basis(rule.basis);
    badge(out, basis, &basis.replace('_', " "))?;
    writeln!(out, "</h3>\n<p>{}</p>\n<dl>", Safe(&rule.message))?;
    code_entry(out, "Raised if", rule.raise.text())?;
    if let On::Rows(table) = rule.on
        && let Some(group) = dictionary.table(table).group
    {
        entry(out, "In each row of", &dictionary.field(group).label)?;
    }
    write!(out, "<dt>Fields</dt><dd>")?;
    for id in &rule.fields {
        let field = dictionary.field(*id);
        write!(out, "<a href=\"#field-{}\">{}</a> ", Safe(&field.key), Safe(&field.label))?;
    }
    writeln!(out, "</dd>")?;
    entry(out, "What to do", &rule.fix)?;
    entry(out, "Source", &rule.source)?;
    writeln!(out, "</dl>\n</article>")
}
