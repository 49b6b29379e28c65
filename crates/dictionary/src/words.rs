//! The dictionary's own words, as the printed forms of it (codebook, comparison) use them.

use std::fmt::Write as _;

use rust_decimal::Decimal;

use crate::{AgeGroup, Ages, Basis, Dictionary, Field, Pattern, Range, Required, Scope, Trap};

pub(crate) const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Sourced => "sourced",
        Basis::PartInferred => "part_inferred",
        Basis::Inferred => "inferred",
        Basis::Structure => "structure",
    }
}

pub(crate) const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Patient => "patient",
        Scope::Hospitalization => "hospitalization",
        Scope::Run => "run",
        Scope::System => "system",
    }
}

pub(crate) const fn pattern(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Any => "any",
        Pattern::Icd10 => "icd10",
        Pattern::Cpt => "cpt",
    }
}

/// Nothing, `always`, or the condition.
pub(crate) fn required(required: &Required) -> &str {
    match required {
        Required::No => "",
        Required::Always => "always",
        Required::When(expr) => expr.text(),
    }
}

pub(crate) fn number(number: Option<Decimal>) -> String {
    number.map_or(String::new(), |number| number.normalize().to_string())
}

/// `6 .. 8`, `0 ..` or nothing.
pub(crate) fn range(range: Range) -> String {
    match range {
        Range { low: None, high: None } => String::new(),
        Range { low, high } => format!("{} .. {}", number(low), number(high)).trim().to_owned(),
    }
}

/// One range, or one for each age group when they differ.
pub(crate) fn soft(field: &Field) -> String {
    let [neonate, pediatric, adult] = field.soft;
    if neonate == pediatric && pediatric == adult {
        return range(adult);
    }
    let mut out = String::new();
    for (group, limits) in AgeGroup::ALL.into_iter().zip(field.soft) {
        let limits = range(limits);
        let limits = if limits.is_empty() { "any" } else { &limits };
        let gap = if out.is_empty() { "" } else { "; " };
        let _ = write!(out, "{gap}{} {limits}", group.code());
    }
    out
}

/// Names of the age groups, separated by commas.
pub(crate) fn ages(ages: Ages) -> String {
    ages.iter().map(AgeGroup::code).collect::<Vec<&str>>().join(", ")
}

/// `< 15 kPa`, separated by commas.
pub(crate) fn traps(dictionary: &Dictionary, field: &Field) -> String {
    let word = |trap: &Trap| {
        let unit = dictionary.units().unit(trap.unit).map_or("", |unit| unit.key.as_str());
        let sign = match (trap.below, trap.inclusive) {
            (true, true) => "<=",
            (true, false) => "<",
            (false, true) => ">=",
            (false, false) => ">",
        };
        format!("{sign} {} {unit}", trap.limit)
    };
    field.traps.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// A day number as a date; nothing when there is none.
pub(crate) fn day(day: Option<i32>) -> String {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    let date = |day: i32| epoch.checked_add(jiff::Span::new().try_days(day).ok()?).ok();
    day.and_then(date).map_or(String::new(), |date| date.to_string())
}
