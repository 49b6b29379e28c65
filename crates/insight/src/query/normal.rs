//! Checking a question and bringing it into normal form.

use std::collections::BTreeMap;

use columns::ColumnRef;
use rust_decimal::Decimal;

use crate::query::catalog::{Ask, Catalog, Holds};
use crate::query::error::QueryError;
use crate::query::print;
use crate::query::value::{Breakdown, Clause, Curve, Draft, Limits, Measure};

pub(crate) fn normal(
    catalog: &Catalog,
    draft: Draft,
    limits: &Limits,
) -> Result<Draft, QueryError> {
    let clauses = merged(catalog, draft.clauses, limits)?;
    let count: usize = clauses.iter().map(weight).sum();
    if count > limits.clauses {
        let message =
            format!("a question has at most {} conditions, this has {count}", limits.clauses);
        return Err(QueryError::new("where", message));
    }
    let by = dimensions(catalog, draft.by, limits)?;
    let mut measures = draft
        .measures
        .into_iter()
        .map(|each| measure(catalog, each, limits))
        .collect::<Result<Vec<_>, _>>()?;
    if measures.is_empty() {
        measures.push(Measure::Count);
    }
    fits(catalog, &by, &measures)?;
    measures.sort_by_cached_key(|each| (each != &Measure::Count, print::measure(catalog, each)));
    measures.dedup();
    if measures.len() > limits.measures {
        let message = format!("a question has at most {} measures", limits.measures);
        return Err(QueryError::new("measure", message));
    }
    Ok(Draft { unit: draft.unit, clauses, by, measures })
}

fn weight(clause: &Clause) -> usize {
    match clause {
        Clause::Rows { clauses, .. } => 1 + clauses.len(),
        _ => 1,
    }
}

/// Conditions on one table: each column's conditions become one, and what follows from another goes.
fn merged(
    catalog: &Catalog,
    clauses: Vec<Clause>,
    limits: &Limits,
) -> Result<Vec<Clause>, QueryError> {
    let mut single: BTreeMap<ColumnRef, Clause> = BTreeMap::new();
    let mut rest: Vec<Clause> = Vec::new();
    for clause in clauses {
        let clause = tidy(catalog, clause, limits)?;
        let Some(clause) = clause else { continue };
        let column = match &clause {
            Clause::Rows { .. } => None,
            Clause::Among { column, .. }
            | Clause::Number { column, .. }
            | Clause::Known(column)
            | Clause::Date { column, .. } => Some(*column),
        };
        let several = |at| catalog.ask(at).is_some_and(|ask| ask.holds == Holds::Codes);
        match column.filter(|at| !several(*at)) {
            None => rest.push(clause),
            Some(column) => {
                let both = match single.remove(&column) {
                    None => clause,
                    Some(held) => both(catalog, held, clause)?,
                };
                single.insert(column, both);
            }
        }
    }
    rest.sort_by_cached_key(|clause| print::clause(catalog, clause));
    rest.dedup();
    let mut all: Vec<Clause> = single.into_values().collect();
    let implied = |clause: &Clause| rest.iter().any(|other| implies(other, clause));
    all.extend(rest.iter().filter(|clause| !implied(clause)).cloned());
    all.sort_by_cached_key(|clause| print::clause(catalog, clause));
    Ok(all)
}

/// Whether the second follows from the first, another condition on several codes or on rows.
fn implies(first: &Clause, second: &Clause) -> bool {
    match (first, second) {
        (Clause::Among { column: a, missing: false, .. }, Clause::Known(b)) => a == b,
        (
            Clause::Among { column: a, codes: few, missing: less },
            Clause::Among { column: b, codes: many, missing: more },
        ) => {
            first != second
                && a == b
                && (!less || *more)
                && few.iter().all(|code| many.contains(code))
        }
        (
            Clause::Rows { table: a, has: true, clauses: more },
            Clause::Rows { table: b, has: true, clauses: fewer },
        ) => first != second && a == b && fewer.iter().all(|clause| more.contains(clause)),
        (
            Clause::Rows { table: a, has: false, clauses: fewer },
            Clause::Rows { table: b, has: false, clauses: more },
        ) => first != second && a == b && fewer.iter().all(|clause| more.contains(clause)),
        _ => false,
    }
}

/// One condition in normal form; `None` when it holds for every run.
fn tidy(catalog: &Catalog, clause: Clause, limits: &Limits) -> Result<Option<Clause>, QueryError> {
    match clause {
        Clause::Among { column, mut codes, missing } => {
            codes.sort_unstable();
            codes.dedup();
            let part =
                || print::clause(catalog, &Clause::Among { column, codes: codes.clone(), missing });
            if codes.len() > limits.codes {
                let message = format!("a condition has at most {} codes", limits.codes);
                return Err(QueryError::new(part(), message));
            }
            if codes.is_empty() && !missing {
                return Err(QueryError::new(part(), "no code is named"));
            }
            let count = catalog.ask(column).map_or(0, Ask::code_count);
            let single = catalog.ask(column).is_some_and(|ask| ask.holds != Holds::Codes);
            let all = single && !codes.is_empty() && codes.len() == usize::from(count);
            Ok(match (all, missing) {
                (true, true) => None,
                (true, false) => Some(Clause::Known(column)),
                (false, _) => Some(Clause::Among { column, codes, missing }),
            })
        }
        Clause::Number { column, low, high, exclusive } => {
            ends(catalog, column, low, high, exclusive).map(Some)
        }
        Clause::Rows { table, has, clauses } => {
            let clauses = merged(catalog, clauses, limits)?;
            Ok(Some(Clause::Rows { table, has, clauses }))
        }
        Clause::Known(_) | Clause::Date { .. } => Ok(Some(clause)),
    }
}

/// A range of numbers: whole numbers have both ends within.
fn ends(
    catalog: &Catalog,
    column: ColumnRef,
    low: Option<Decimal>,
    high: Option<Decimal>,
    exclusive: bool,
) -> Result<Clause, QueryError> {
    let whole = catalog.ask(column).is_some_and(|ask| ask.holds == Holds::Integer);
    let exclusive = exclusive && high.is_some();
    let plain = |number: Option<Decimal>| number.map(|number| number.normalize());
    let (low, high, exclusive) = if whole {
        let last =
            high.map(|high| if exclusive { high.ceil() - Decimal::ONE } else { high.floor() });
        (low.map(|low| low.ceil()), last, false)
    } else {
        (low, high, exclusive)
    };
    let (low, high) = (plain(low), plain(high));
    let clause = Clause::Number { column, low, high, exclusive };
    let wrong = |message: &str| Err(QueryError::new(print::clause(catalog, &clause), message));
    match (low, high) {
        (None, None) => wrong("the range has no end at all"),
        (Some(low), Some(high)) if low > high || (low == high && exclusive) => {
            wrong("there is no number in this range")
        }
        _ => Ok(clause),
    }
}

/// Two conditions on one column that hold together.
fn both(catalog: &Catalog, a: Clause, b: Clause) -> Result<Clause, QueryError> {
    let contradiction = {
        let (a, b) = (print::clause(catalog, &a), print::clause(catalog, &b));
        QueryError::new(format!("{a};{b}"), "these two conditions exclude each other")
    };
    match (a, b) {
        (Clause::Known(_), Clause::Known(column)) => Ok(Clause::Known(column)),
        (Clause::Known(column), Clause::Among { codes, .. })
        | (Clause::Among { codes, .. }, Clause::Known(column)) => {
            if codes.is_empty() {
                Err(contradiction)
            } else {
                Ok(Clause::Among { column, codes, missing: false })
            }
        }
        (Clause::Known(_), range) | (range, Clause::Known(_)) => Ok(range),
        (
            Clause::Among { column, codes: first, missing: x },
            Clause::Among { codes: second, missing: y, .. },
        ) => {
            let codes: Vec<u16> = first.into_iter().filter(|code| second.contains(code)).collect();
            let missing = x && y;
            if codes.is_empty() && !missing {
                return Err(contradiction);
            }
            Ok(Clause::Among { column, codes, missing })
        }
        (
            Clause::Number { column, low, high, exclusive },
            Clause::Number { low: other_low, high: other_high, exclusive: other_exclusive, .. },
        ) => {
            let (high, exclusive) = match (high, other_high) {
                (Some(high), Some(other)) if high < other => (Some(high), exclusive),
                (Some(high), Some(other)) if high == other => {
                    (Some(high), exclusive || other_exclusive)
                }
                (Some(high), None) => (Some(high), exclusive),
                (_, other) => (other, other_exclusive),
            };
            let low = low.max(other_low);
            ends(catalog, column, low, high, exclusive).map_err(|_| contradiction)
        }
        (Clause::Date { column, days: a }, Clause::Date { days: b, .. }) => {
            a.both(b).map(|days| Clause::Date { column, days }).ok_or(contradiction)
        }
        _ => Err(contradiction),
    }
}

fn dimensions(
    catalog: &Catalog,
    by: Vec<Breakdown>,
    limits: &Limits,
) -> Result<Vec<Breakdown>, QueryError> {
    if by.len() > Limits::DIMENSIONS {
        let message = format!("a question is broken down by at most {}", Limits::DIMENSIONS);
        return Err(QueryError::new("by", message));
    }
    let mut out: Vec<Breakdown> = Vec::new();
    let mut cells = 1_u64;
    for each in by {
        let each = dimension(catalog, each, limits)?;
        let part = print::breakdown(catalog, &each);
        if out.contains(&each) {
            return Err(QueryError::new(part, "this breakdown stands twice"));
        }
        cells = cells.saturating_mul(slots(catalog, &each));
        out.push(each);
    }
    if cells > limits.cells {
        let message = format!(
            "this breakdown has up to {cells} cells, at most {} are possible; leave one out",
            limits.cells
        );
        return Err(QueryError::new("by", message));
    }
    let mut tables = out.iter().map(|each| each.column().table).filter(|table| *table != 0);
    if let Some(first) = tables.next()
        && tables.any(|table| table != first)
    {
        return Err(QueryError::new("by", "only one kind of rows can be broken down at a time"));
    }
    Ok(out)
}

/// Rows that are counted for a rate must lie in the cells of the breakdown.
fn fits(catalog: &Catalog, by: &[Breakdown], measures: &[Measure]) -> Result<(), QueryError> {
    let Some(broken) = by.iter().map(|each| each.column().table).find(|table| *table != 0) else {
        return Ok(());
    };
    let stray = measures.iter().find(|measure| match measure {
        Measure::Rate { table, .. } => !catalog.is_within(*table, broken),
        _ => false,
    });
    match stray {
        None => Ok(()),
        Some(stray) => {
            let rows = catalog.table(broken).map_or("", |table| &table.key);
            let message = format!("a breakdown by `{rows}` holds only rates of `{rows}`");
            Err(QueryError::new(print::measure(catalog, stray), message))
        }
    }
}

/// Most cells along a dimension, missing included.
fn slots(catalog: &Catalog, by: &Breakdown) -> u64 {
    match by {
        Breakdown::Codes(column) => u64::from(catalog.ask(*column).map_or(0, Ask::code_count)) + 1,
        // as many as years with ECLS
        Breakdown::Year(_) => 60,
        Breakdown::Month(_) => 60 * 12,
        Breakdown::Bands { edges, .. } => u64::try_from(edges.len()).unwrap_or(u64::MAX) + 2,
    }
}

fn dimension(catalog: &Catalog, by: Breakdown, limits: &Limits) -> Result<Breakdown, QueryError> {
    let part = print::breakdown(catalog, &by);
    let Some(ask) = catalog.ask(by.column()) else {
        return Err(QueryError::new(part, "there is no such column"));
    };
    let wrong = |message: String| Err(QueryError::new(part.clone(), message));
    match by {
        Breakdown::Codes(_) if ask.holds.is_listed() => Ok(by),
        Breakdown::Codes(_) if ask.holds.is_number() => {
            wrong(format!("say where to cut `{0}`, as in `{0}(18,40,65)`", ask.name))
        }
        Breakdown::Codes(_) if ask.holds.is_date() => {
            wrong(format!("write `year({0})` or `month({0})` to break down by date", ask.name))
        }
        Breakdown::Year(_) | Breakdown::Month(_) if ask.holds.is_date() => Ok(by),
        Breakdown::Bands { column, mut edges } if ask.holds.is_number() => {
            for edge in &mut edges {
                let whole = ask.holds == Holds::Integer;
                *edge = if whole { edge.ceil() } else { *edge }.normalize();
            }
            edges.sort_unstable();
            edges.dedup();
            if edges.is_empty() || edges.len() > limits.edges {
                return wrong(format!("one to {} edges are possible", limits.edges));
            }
            Ok(Breakdown::Bands { column, edges })
        }
        _ => wrong(format!("`{}` is a {}: it has no such bands", ask.name, ask.holds.word())),
    }
}

fn measure(catalog: &Catalog, measure: Measure, limits: &Limits) -> Result<Measure, QueryError> {
    let part = print::measure(catalog, &measure);
    let root = |column: ColumnRef, fits: fn(Holds) -> bool, want: &str| {
        let Some(ask) = catalog.ask(column) else {
            return Err(QueryError::new(part.clone(), "there is no such column"));
        };
        if column.table != 0 {
            let message = format!("`{}` stands in rows, of which there can be many", ask.name);
            return Err(QueryError::new(part.clone(), message));
        }
        if fits(ask.holds) {
            return Ok(());
        }
        let message = format!("`{}` is a {}; {want} is needed", ask.name, ask.holds.word());
        Err(QueryError::new(part.clone(), message))
    };
    match measure {
        Measure::Count => Ok(measure),
        Measure::Share { column, mut codes } => {
            root(column, Holds::is_listed, "yes or no, or codes")?;
            sorted(&part, &mut codes, limits)?;
            Ok(Measure::Share { column, codes })
        }
        Measure::Quantiles(column) | Measure::Mean(column) => {
            root(column, Holds::is_number, "a number")?;
            Ok(measure)
        }
        Measure::Missing(column) => {
            root(column, |_| true, "")?;
            Ok(measure)
        }
        Measure::Distinct(column) => {
            root(column, |holds| holds == Holds::Key, "center, patient or course")?;
            Ok(measure)
        }
        Measure::Rate { table, clauses } => {
            let clauses = merged(catalog, clauses, limits)?;
            Ok(Measure::Rate { table, clauses })
        }
        Measure::Survival(curve) | Measure::Incidence(curve) if curve.codes.is_empty() => {
            let _ = curve;
            Err(QueryError::new(part, "no event is named"))
        }
        Measure::Survival(Curve { time, event, mut codes, until }) => {
            root(time, Holds::is_number, "a time as a number")?;
            root(event, one_code, "yes or no, or one code")?;
            sorted(&part, &mut codes, limits)?;
            Ok(Measure::Survival(Curve { time, event, codes, until }))
        }
        Measure::Incidence(Curve { time, event, mut codes, until }) => {
            root(time, Holds::is_number, "a time as a number")?;
            root(event, one_code, "yes or no, or one code")?;
            sorted(&part, &mut codes, limits)?;
            Ok(Measure::Incidence(Curve { time, event, codes, until }))
        }
    }
}

const fn one_code(holds: Holds) -> bool {
    matches!(holds, Holds::Bool | Holds::Code)
}

fn sorted(part: &str, codes: &mut Vec<u16>, limits: &Limits) -> Result<(), QueryError> {
    codes.sort_unstable();
    codes.dedup();
    if codes.is_empty() || codes.len() > limits.codes {
        let message = format!("one to {} codes are possible", limits.codes);
        return Err(QueryError::new(part, message));
    }
    Ok(())
}
