//! What can be asked about, for programs.

use serde::Serialize;

use crate::query::{Ask, Catalog, Holds, Limits};

/// The answer of `GET /api/v1/insight/fields`.
#[derive(Debug, Serialize)]
pub(crate) struct Fields<'c> {
    dictionary_version: &'c str,
    units: [&'static str; 3],
    limits: LimitsOut,
    tables: Vec<TableOut<'c>>,
}

#[derive(Debug, Serialize)]
struct LimitsOut {
    bytes: usize,
    conditions: usize,
    codes_per_condition: usize,
    breakdowns: usize,
    edges: usize,
    measures: usize,
    cells: u64,
}

#[derive(Debug, Serialize)]
struct TableOut<'c> {
    key: &'c str,
    label: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'c str>,
    fields: Vec<FieldOut<'c>>,
}

#[derive(Debug, Serialize)]
struct FieldOut<'c> {
    name: &'c str,
    key: &'c str,
    label: &'c str,
    #[serde(skip_serializing_if = "str::is_empty")]
    help: &'c str,
    holds: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'c str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    derived_as: Option<&'c str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<CodeOut<'c>>,
    can_be: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct CodeOut<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'c str>,
    label: &'c str,
}

pub(crate) fn list(catalog: &Catalog) -> Fields<'_> {
    let limits = Limits::USUAL;
    let parent = |parent: Option<u16>| Some(&*catalog.table(parent?)?.key);
    let tables = catalog.tables().iter().map(|table| TableOut {
        key: &table.key,
        label: &table.label,
        parent: parent(table.parent),
        fields: table.columns.iter().map(field).collect(),
    });
    Fields {
        dictionary_version: catalog.dictionary().version(),
        units: ["run", "course", "patient"],
        limits: LimitsOut {
            bytes: limits.bytes,
            conditions: limits.clauses,
            codes_per_condition: limits.codes,
            breakdowns: Limits::DIMENSIONS,
            edges: limits.edges,
            measures: limits.measures,
            cells: limits.cells,
        },
        tables: tables.collect(),
    }
}

fn field(ask: &Ask) -> FieldOut<'_> {
    let codes = ask.codes.iter().map(|code| CodeOut {
        name: &code.name,
        code: (code.code != code.name).then_some(&*code.code),
        label: &code.label,
    });
    FieldOut {
        name: &ask.name,
        key: &ask.key,
        label: &ask.label,
        help: &ask.help,
        holds: ask.holds.word(),
        unit: ask.unit.as_deref(),
        derived_as: ask.derive.as_deref(),
        codes: codes.collect(),
        can_be: uses(ask),
    }
}

/// Parts of a question that the field fits into.
fn uses(ask: &Ask) -> Vec<&'static str> {
    let mut out = vec!["where"];
    let root = ask.at.table == 0;
    match ask.holds {
        Holds::Bool | Holds::Code | Holds::Codes => {
            out.push("by");
            if root {
                out.push("share");
            }
        }
        Holds::Integer | Holds::Decimal => {
            out.push("by");
            if root {
                out.extend(["quantiles", "mean"]);
            }
        }
        Holds::Day | Holds::Minute => out.push("by"),
        Holds::Key => out.push("distinct"),
        Holds::Text => {}
    }
    if root {
        out.push("missing");
    }
    out
}
