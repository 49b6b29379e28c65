//! A population told to people.

use crate::query::catalog::{Ask, Catalog, Holds};
use crate::query::print;
use crate::query::value::{Clause, Query, Unit};

/// Most codes that are told one by one.
const TOLD: usize = 6;

impl Query {
    /// The population: "runs of adults, pulmonary support, ECLS started 2015 to 2020".
    pub fn population(&self, catalog: &Catalog) -> String {
        let mut told: Vec<(usize, String)> = self
            .clauses()
            .iter()
            .map(|each| (rank(catalog, each), clause(catalog, each)))
            .collect();
        told.sort();
        let told: Vec<String> = told.into_iter().map(|(_, words)| words).collect();
        let unit = match self.unit() {
            Unit::Run => "submitted runs",
            Unit::Course => "ECLS courses, each by its last submitted run in the registry",
            Unit::Patient => "patients, each by the last submitted run in the registry",
        };
        if told.is_empty() { format!("all {unit}") } else { format!("{unit}: {}", told.join(", ")) }
    }
}

fn rank(catalog: &Catalog, clause: &Clause) -> usize {
    let column = match clause {
        Clause::Among { column, .. }
        | Clause::Known(column)
        | Clause::Number { column, .. }
        | Clause::Date { column, .. } => *column,
        Clause::Rows { .. } => return usize::MAX,
    };
    catalog.ask(column).map_or(usize::MAX, |ask| ask.rank)
}

fn clause(catalog: &Catalog, clause: &Clause) -> String {
    match clause {
        Clause::Rows { table, has, clauses } => {
            let label = catalog.table(*table).map_or("", |table| &table.label).to_lowercase();
            // "complication (complication …)" says it once too often
            let once = |words: String| match words.strip_prefix(&format!("{label} ")) {
                Some(rest) => rest.to_owned(),
                None => words,
            };
            let which: Vec<String> =
                clauses.iter().map(|each| once(self::clause(catalog, each))).collect();
            let sign = if *has { "with" } else { "without" };
            if which.is_empty() {
                format!("{sign} any {label}")
            } else {
                format!("{sign} {label} ({})", which.join(", "))
            }
        }
        Clause::Known(column) => {
            catalog.ask(*column).map_or(String::new(), |ask| format!("{} known", told_label(ask)))
        }
        Clause::Among { column, codes, missing } => {
            catalog.ask(*column).map_or(String::new(), |ask| among(ask, codes, *missing))
        }
        Clause::Number { column, low, high, exclusive } => {
            let Some(ask) = catalog.ask(*column) else { return String::new() };
            let (low, high) = (low.map(print::number), high.map(print::number));
            let range = match (low, high) {
                (Some(low), Some(high)) if low == high => low,
                (Some(low), Some(high)) if *exclusive => format!("{low} to under {high}"),
                (Some(low), Some(high)) => format!("{low} to {high}"),
                (Some(low), None) => format!("{low} or more"),
                (None, Some(high)) if *exclusive => format!("under {high}"),
                (None, Some(high)) => format!("up to {high}"),
                (None, None) => String::new(),
            };
            // labels often name the unit already
            let unit = ask.unit.as_deref().filter(|unit| !ask.label.contains(*unit));
            let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
            phrase(ask, &format!("{range}{unit}"))
        }
        Clause::Date { column, days } => {
            catalog.ask(*column).map_or(String::new(), |ask| phrase(ask, &days.words()))
        }
    }
}

fn among(ask: &Ask, codes: &[u16], missing: bool) -> String {
    let found: Vec<_> = codes.iter().filter_map(|code| ask.code_at(*code)).collect();
    if !missing && found.iter().all(|code| code.words.is_some()) && !found.is_empty() {
        let words: Vec<&str> = found.iter().filter_map(|code| code.words.as_deref()).collect();
        return listed(&words);
    }
    if codes.is_empty() {
        return format!("{} missing", told_label(ask));
    }
    if ask.holds == Holds::Bool && !missing {
        let no = codes == [0];
        return format!("{}: {}", told_label(ask), if no { "no" } else { "yes" });
    }
    let mut words: Vec<&str> = found.iter().take(TOLD).map(|code| &*code.label).collect();
    let more = format!("{} more", codes.len().saturating_sub(TOLD));
    if codes.len() > TOLD {
        words.push(&more);
    }
    if missing {
        words.push("missing");
    }
    phrase(ask, &listed(&words))
}

/// The column's own phrase, or its label before the values.
fn phrase(ask: &Ask, values: &str) -> String {
    match &ask.words {
        Some(words) => words.replace("{}", values),
        None => format!("{} {values}", told_label(ask)),
    }
}

/// A label within a sentence: its first letter small, unless the word is an abbreviation.
fn told_label(ask: &Ask) -> String {
    let mut signs = ask.label.chars();
    let (Some(first), second) = (signs.next(), ask.label.chars().nth(1)) else {
        return String::new();
    };
    if second.is_some_and(char::is_lowercase) {
        first.to_lowercase().chain(signs).collect()
    } else {
        ask.label.clone()
    }
}

/// "a", "a or b", "a, b or c".
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
