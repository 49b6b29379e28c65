//! The chapter of definitions: figures with their questions, and the fields that they use.

use std::collections::BTreeSet;

use askama::Template;
use columns::ColumnRef;

use crate::figure::Book;
use crate::query::{Ask, Breakdown, Catalog, Clause, Measure, Query};

struct FigureLine<'b> {
    key: &'b str,
    title: &'b str,
    definition: &'b str,
    note: &'b str,
    question: &'b str,
}

struct SectionLine<'b> {
    title: &'b str,
    text: &'b str,
    figures: Vec<FigureLine<'b>>,
}

struct FieldLine<'c> {
    key: &'c str,
    label: &'c str,
    help: &'c str,
    derive: Option<&'c str>,
    unit: Option<&'c str>,
}

#[derive(Template)]
#[template(path = "methods/definitions.html")]
struct Definitions<'d> {
    sections: Vec<SectionLine<'d>>,
    fields: Vec<FieldLine<'d>>,
}

pub(super) fn html(catalog: &Catalog, book: &Book) -> Result<String, askama::Error> {
    let sections = book.sections.iter().map(|section| SectionLine {
        title: &section.title,
        text: &section.text,
        figures: book
            .of(&section.key)
            .map(|figure| FigureLine {
                key: &figure.key,
                title: &figure.title,
                definition: &figure.definition,
                note: &figure.note,
                question: figure.query.text(),
            })
            .collect(),
    });
    let mut used = BTreeSet::new();
    for figure in &book.figures {
        columns(catalog, &figure.query, &mut used);
    }
    let mut fields: Vec<FieldLine<'_>> =
        used.into_iter().filter_map(|at| catalog.ask(at)).map(field).collect();
    fields.sort_by_key(|field| field.label);
    Definitions { sections: sections.collect(), fields }.render()
}

fn field(ask: &Ask) -> FieldLine<'_> {
    FieldLine {
        key: &ask.key,
        label: &ask.label,
        help: &ask.help,
        derive: ask.derive.as_deref(),
        unit: ask.unit.as_deref(),
    }
}

/// Columns that a question looks at.
fn columns(catalog: &Catalog, query: &Query, used: &mut BTreeSet<ColumnRef>) {
    of_clauses(query.clauses(), used);
    used.extend(query.by().iter().map(Breakdown::column));
    for measure in query.measures() {
        match measure {
            Measure::Count => {}
            Measure::Share { column, .. }
            | Measure::Quantiles(column)
            | Measure::Mean(column)
            | Measure::Missing(column)
            | Measure::Distinct(column) => {
                used.insert(*column);
            }
            Measure::Rate { clauses, .. } => {
                used.insert(catalog.roles().hours);
                of_clauses(clauses, used);
            }
            Measure::Survival(curve) | Measure::Incidence(curve) => {
                used.extend([curve.time, curve.event]);
            }
        }
    }
}

fn of_clauses(clauses: &[Clause], used: &mut BTreeSet<ColumnRef>) {
    for clause in clauses {
        of_clause(clause, used);
    }
}

fn of_clause(clause: &Clause, used: &mut BTreeSet<ColumnRef>) {
    match clause {
        Clause::Among { column, .. }
        | Clause::Known(column)
        | Clause::Date { column, .. }
        | Clause::Number { column, .. } => {
            used.insert(*column);
        }
        Clause::Rows { clauses, .. } => of_clauses(clauses, used),
    }
}
