//! From conditions and breakdowns to the column store's filters and axes.

use columns::{By, ColumnRef, Filter, Select, Test};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::query::{Breakdown, Catalog, Clause, Days, Holds, Unit};

/// Minutes of a day.
const DAY: i64 = 1440;
/// Decimals in which a limit that lies within its range is taken: a value this close beyond it counts as within.
const FINEST: u32 = 9;

/// Which rows, each counted how.
pub(crate) fn select(catalog: &Catalog, unit: Unit, clauses: &[Clause]) -> Select {
    let last = last_of(catalog, unit).map(|column| Filter::Test(column, Test::Is(true)));
    let filter = last.into_iter().chain([all(catalog, clauses)]).collect();
    Select { filter: Filter::All(filter), unit: columns::Unit::Row }
}

/// The column that says which run stands for a unit: the last one in the registry, whatever is asked, so that units
/// add up and the same patient is never counted in two ways.
pub(crate) fn last_of(catalog: &Catalog, unit: Unit) -> Option<ColumnRef> {
    match unit {
        Unit::Run => None,
        Unit::Course => Some(catalog.roles().last_of_course),
        Unit::Patient => Some(catalog.roles().last_of_patient),
    }
}

/// Every condition.
pub(crate) fn all(catalog: &Catalog, clauses: &[Clause]) -> Filter {
    Filter::All(clauses.iter().map(|each| filter(catalog, each)).collect())
}

fn filter(catalog: &Catalog, clause: &Clause) -> Filter {
    match clause {
        Clause::Known(column) => Filter::Test(*column, Test::Known),
        Clause::Among { column, codes, missing } => {
            let found = among(catalog, *column, codes);
            if *missing {
                Filter::Any(vec![found, Filter::Test(*column, Test::Missing)])
            } else {
                found
            }
        }
        Clause::Number { column, low, high, exclusive } => {
            Filter::Test(*column, number(*low, *high, *exclusive))
        }
        Clause::Date { column, days } => {
            let minutes = catalog.ask(*column).is_some_and(|ask| ask.holds == Holds::Minute);
            self::days(*column, *days, minutes)
        }
        Clause::Rows { table, has, clauses } => {
            let found = rows(catalog, *table, all(catalog, clauses));
            if *has { found } else { Filter::Not(Box::new(found)) }
        }
    }
}

/// A date, or a date with time, within days.
pub(crate) fn days(column: ColumnRef, days: Days, minutes: bool) -> Filter {
    let step = if minutes { DAY } else { 1 };
    let at = |day: i64| day.saturating_mul(step);
    let low = days.from.map(|day| at(i64::from(day)));
    let below = days.to.map(|day| at(i64::from(day) + 1));
    Filter::Test(column, Test::Between { low, below, scale: 0 })
}

/// Runs with a row for which the condition holds, through every table between.
pub(crate) fn rows(catalog: &Catalog, table: u16, condition: Filter) -> Filter {
    let has = Filter::Has(table, Box::new(condition));
    match catalog.table(table).and_then(|table| table.parent) {
        None | Some(0) => has,
        Some(parent) => rows(catalog, parent, has),
    }
}

/// One of the codes; nothing when there is none.
pub(crate) fn among(catalog: &Catalog, column: ColumnRef, codes: &[u16]) -> Filter {
    let boolean = catalog.ask(column).is_some_and(|ask| ask.holds == Holds::Bool);
    match codes {
        [] => Filter::Any(Vec::new()),
        [one] if boolean => Filter::Test(column, Test::Is(*one == 1)),
        _ if boolean => Filter::Test(column, Test::Known),
        codes => Filter::Test(column, Test::In(codes.to_vec())),
    }
}

pub(crate) fn number(low: Option<Decimal>, high: Option<Decimal>, exclusive: bool) -> Test {
    let least = [low, high].into_iter().flatten().map(|end| end.scale()).max().unwrap_or(0);
    let scales = (least.min(FINEST)..=FINEST).rev();
    let found = scales.into_iter().find_map(|scale| {
        let below = match high.map(|high| scaled(high, scale)) {
            None => None,
            Some(high) => Some(if exclusive { high? } else { high?.checked_add(1)? }),
        };
        let low = match low.map(|low| scaled(low, scale)) {
            None => None,
            Some(low) => Some(low?),
        };
        Some(Test::Between { low, below, scale: u8::try_from(scale).ok()? })
    });
    // limits so large that no value of the store reaches them
    found.unwrap_or(Test::Between { low: Some(0), below: Some(0), scale: 0 })
}

/// In units of 10^-scale; digits beyond are rounded up.
fn scaled(number: Decimal, scale: u32) -> Option<i64> {
    let factor = Decimal::from(10_u64.checked_pow(scale)?);
    number.checked_mul(factor)?.ceil().to_i64()
}

/// The axis of a breakdown.
pub(crate) fn axis(by: &Breakdown) -> By {
    match by {
        Breakdown::Codes(column) => By::Column(*column),
        Breakdown::Year(column) => By::Year(*column),
        Breakdown::Month(column) => By::Month(*column),
        Breakdown::Bands { column, edges } => {
            let scale = edges.iter().map(Decimal::scale).max().unwrap_or(0).min(FINEST);
            let inner = edges.iter().filter_map(|edge| scaled(*edge, scale));
            // open at both ends, so that every known number stands in a band
            let edges = std::iter::once(i64::MIN).chain(inner).chain(std::iter::once(i64::MAX));
            let scale = u8::try_from(scale).unwrap_or(0);
            By::Bins { column: *column, edges: edges.collect(), scale }
        }
    }
}
