//! Whether a question makes sense for a schema.

use crate::error::ColumnsError;
use crate::layout::Layout;
use crate::query::{By, Filter, Measure, Panel, Select, Test, Unit};
use crate::schema::{ColumnRef, Kind};

type Checked = Result<(), ColumnsError>;

/// Conditions deeper than this are refused, so that none can exhaust the stack.
const DEEPEST: usize = 64;

fn wrong(text: String) -> Checked {
    Err(ColumnsError::Query(text))
}

pub(crate) fn select(layout: &Layout, select: &Select) -> Checked {
    layout.check()?;
    filter(layout, 0, &select.filter, 0)?;
    if let Unit::Last { key, order } = select.unit {
        of_table(layout, 0, key)?;
        of_table(layout, 0, order)?;
        if layout.column(key)?.kind != Kind::Key {
            return wrong(format!("`{}` is no key, so runs cannot share it", layout.name(key)));
        }
        if !is_ordered(&layout.column(order)?.kind) {
            return wrong(format!("`{}` has no order", layout.name(order)));
        }
    }
    Ok(())
}

pub(crate) fn panel(layout: &Layout, panel: &Panel) -> Checked {
    layout.table(panel.table)?;
    if let Some(it) = &panel.filter {
        filter(layout, panel.table, it, 0)?;
    }
    if panel.by.len() > 3 {
        return wrong(format!("a panel has three dimensions at most, not {}", panel.by.len()));
    }
    for by in &panel.by {
        dimension(layout, panel.table, by)?;
    }
    panel.measures.iter().try_for_each(|it| measure(layout, panel.table, it))
}

/// The column belongs to the table or to one above it.
fn of_table(layout: &Layout, table: u16, column: ColumnRef) -> Checked {
    layout.column(column)?;
    if layout.is_under(table, column.table) {
        return Ok(());
    }
    let table = &layout.table(table)?.key;
    wrong(format!("`{}` has many values for one row of `{table}`", layout.name(column)))
}

fn is_ordered(kind: &Kind) -> bool {
    matches!(kind, Kind::Number | Kind::Day | Kind::Minute)
}

fn filter(layout: &Layout, table: u16, it: &Filter, depth: usize) -> Checked {
    if depth > DEEPEST {
        return wrong(format!("conditions stand more than {DEEPEST} deep"));
    }
    match it {
        Filter::All(all) | Filter::Any(all) => {
            all.iter().try_for_each(|it| filter(layout, table, it, depth + 1))
        }
        Filter::Not(not) => filter(layout, table, not, depth + 1),
        Filter::Test(column, test) => {
            of_table(layout, table, *column)?;
            let kind = &layout.column(*column)?.kind;
            let fits = match test {
                Test::Known | Test::Missing => true,
                Test::Is(_) => *kind == Kind::Bool,
                Test::In(_) => matches!(kind, Kind::Code(_) | Kind::Codes(_)),
                Test::Between { .. } => is_ordered(kind) || *kind == Kind::Key,
            };
            if fits {
                return Ok(());
            }
            wrong(format!("`{}` cannot be tested like that", layout.name(*column)))
        }
        Filter::Has(child, inner) => {
            if *child == table || !layout.is_under(layout.table(*child).map(|_| *child)?, table) {
                let table = &layout.table(table)?.key;
                let child = &layout.table(*child)?.key;
                return wrong(format!("`{child}` does not hang on `{table}`"));
            }
            filter(layout, *child, inner, depth + 1)
        }
    }
}

pub(crate) fn dimension(layout: &Layout, table: u16, by: &By) -> Checked {
    let (By::Column(column) | By::Year(column) | By::Month(column) | By::Bins { column, .. }) = by;
    of_table(layout, table, *column)?;
    let kind = &layout.column(*column)?.kind;
    let fits = match by {
        By::Column(_) => matches!(kind, Kind::Code(_) | Kind::Codes(_) | Kind::Bool | Kind::Key),
        By::Year(_) | By::Month(_) => matches!(kind, Kind::Day | Kind::Minute),
        By::Bins { .. } => is_ordered(kind),
    };
    if !fits {
        return wrong(format!("`{}` cannot be a dimension like that", layout.name(*column)));
    }
    match by {
        By::Bins { edges, .. } if !edges.is_sorted_by(|a, b| a < b) => {
            wrong(format!("the edges of `{}` do not ascend", layout.name(*column)))
        }
        _ => Ok(()),
    }
}

fn measure(layout: &Layout, table: u16, measure: &Measure) -> Checked {
    let kind = |column: &ColumnRef| {
        of_table(layout, table, *column)?;
        Ok::<_, ColumnsError>(&layout.column(*column)?.kind)
    };
    let (column, fits) = match measure {
        Measure::Count => return Ok(()),
        Measure::Known(column) => (column, kind(column).map(|_| true)?),
        Measure::True(column) => (column, *kind(column)? == Kind::Bool),
        Measure::Sum(column) => (column, *kind(column)? == Kind::Number),
        Measure::Values(column) => {
            let kind = kind(column)?;
            (column, is_ordered(kind) || matches!(kind, Kind::Code(_) | Kind::Key))
        }
        Measure::Pairs(column, with) => {
            let with = matches!(kind(with)?, Kind::Code(_) | Kind::Bool);
            (column, with && is_ordered(kind(column)?))
        }
        Measure::Distinct(column) => {
            (column, matches!(kind(column)?, Kind::Key | Kind::Code(_) | Kind::Codes(_)))
        }
    };
    if fits {
        return Ok(());
    }
    wrong(format!("`{}` cannot be measured like that", layout.name(*column)))
}
