//! The one text of a question.

use std::fmt::Write as _;

use columns::ColumnRef;
use rust_decimal::Decimal;

use crate::query::catalog::{Ask, Catalog};
use crate::query::value::{Breakdown, Clause, Curve, Measure, Query, Unit};

/// `unit=…;where=…;by=…;measure=…`.
pub(crate) fn text(
    catalog: &Catalog,
    unit: Unit,
    clauses: &[Clause],
    by: &[Breakdown],
    measures: &[Measure],
) -> String {
    let pairs = pairs(catalog, unit, clauses, by, measures);
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
}

fn pairs(
    catalog: &Catalog,
    unit: Unit,
    clauses: &[Clause],
    by: &[Breakdown],
    measures: &[Measure],
) -> Vec<(&'static str, String)> {
    let mut out = vec![("unit", unit.name().to_owned())];
    out.extend(clauses.iter().map(|each| ("where", clause(catalog, each))));
    out.extend(by.iter().map(|each| ("by", breakdown(catalog, each))));
    out.extend(measures.iter().map(|each| ("measure", measure(catalog, each))));
    out
}

impl Query {
    /// The question as names and values of an address, not yet escaped.
    pub fn pairs(&self, catalog: &Catalog) -> Vec<(&'static str, String)> {
        pairs(catalog, self.unit(), self.clauses(), self.by(), self.measures())
    }

    /// The question as it stands in an address after the `?`.
    pub fn address(&self, catalog: &Catalog) -> String {
        address(self.pairs(catalog))
    }
}

/// Names and values as they stand in an address after the `?`.
pub(crate) fn address<'n>(pairs: impl IntoIterator<Item = (&'n str, String)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        let gap = if out.is_empty() { "" } else { "&" };
        let _ = write!(out, "{gap}{name}=");
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
                // allowed in a query by RFC 3986, and plain to read
                b'_' | b'.' | b'-' | b':' | b',' | b'(' | b')' | b'!' | b'/' => {
                    out.push(char::from(byte));
                }
                _ => {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
    }
    out
}

/// `field:code,code` and so on.
pub(crate) fn clause(catalog: &Catalog, clause: &Clause) -> String {
    match clause {
        Clause::Among { column, codes, missing } => {
            let mut values = code_names(catalog, *column, codes);
            if *missing {
                values.push("missing".to_owned());
            }
            format!("{}:{}", name(catalog, *column), values.join(","))
        }
        Clause::Known(column) => format!("{}:known", name(catalog, *column)),
        Clause::Number { column, low, high, exclusive } => {
            format!("{}:{}", name(catalog, *column), range(*low, *high, *exclusive))
        }
        Clause::Date { column, days } => format!("{}:{}", name(catalog, *column), days.text()),
        Clause::Rows { table, has, clauses } => {
            format!("{}{}", if *has { "" } else { "!" }, rows(catalog, *table, clauses))
        }
    }
}

/// `rows(field:code;field:code)`.
fn rows(catalog: &Catalog, table: u16, clauses: &[Clause]) -> String {
    let key = catalog.table(table).map_or("", |table| &table.key);
    let inner: Vec<String> = clauses.iter().map(|each| clause(catalog, each)).collect();
    format!("{key}({})", inner.join(";"))
}

/// `18..65`, `18..<65`, `..65`, `18..` or `18`.
fn range(low: Option<Decimal>, high: Option<Decimal>, exclusive: bool) -> String {
    let (low, high) = (low.map(number), high.map(number));
    match (low, high) {
        (Some(low), Some(high)) if low == high && !exclusive => low,
        (low, high) => {
            let sign = if exclusive && high.is_some() { "<" } else { "" };
            format!("{}..{sign}{}", low.unwrap_or_default(), high.unwrap_or_default())
        }
    }
}

/// Without zeros at the end.
pub(crate) fn number(number: Decimal) -> String {
    number.normalize().to_string()
}

/// `field`, `year`, `year(date)`, `month`, `number(18,65)`.
pub(crate) fn breakdown(catalog: &Catalog, by: &Breakdown) -> String {
    match by {
        Breakdown::Codes(column) => name(catalog, *column).to_owned(),
        Breakdown::Year(column) if *column == catalog.roles().start => "year".to_owned(),
        Breakdown::Year(column) => format!("year({})", name(catalog, *column)),
        Breakdown::Month(column) if *column == catalog.roles().start => "month".to_owned(),
        Breakdown::Month(column) => format!("month({})", name(catalog, *column)),
        Breakdown::Bands { column, edges } => {
            let edges: Vec<String> = edges.iter().map(|edge| number(*edge)).collect();
            format!("{}({})", name(catalog, *column), edges.join(","))
        }
    }
}

/// `count`, `share(field)` and so on.
pub(crate) fn measure(catalog: &Catalog, measure: &Measure) -> String {
    match measure {
        Measure::Count => "count".to_owned(),
        Measure::Share { column, codes } => {
            format!("share({})", event(catalog, *column, codes))
        }
        Measure::Quantiles(column) => format!("quantiles({})", name(catalog, *column)),
        Measure::Mean(column) => format!("mean({})", name(catalog, *column)),
        Measure::Rate { table, clauses } if clauses.is_empty() => {
            format!("rate({})", catalog.table(*table).map_or("", |table| &table.key))
        }
        Measure::Rate { table, clauses } => format!("rate({})", rows(catalog, *table, clauses)),
        Measure::Survival(curve) => format!("survival({})", curve_text(catalog, curve)),
        Measure::Incidence(curve) => format!("incidence({})", curve_text(catalog, curve)),
        Measure::Missing(column) => format!("missing({})", name(catalog, *column)),
        Measure::Distinct(column) => format!("distinct({})", name(catalog, *column)),
    }
}

fn curve_text(catalog: &Catalog, curve: &Curve) -> String {
    let event = event(catalog, curve.event, &curve.codes);
    let until = curve.until.map_or(String::new(), |until| format!(",to={until}"));
    format!("{},{event}{until}", name(catalog, curve.time))
}

/// A Boolean alone means its yes.
fn event(catalog: &Catalog, column: ColumnRef, codes: &[u16]) -> String {
    let is_yes = |ask: &Ask| ask.holds == crate::query::Holds::Bool && codes == [1];
    if catalog.ask(column).is_some_and(is_yes) {
        return name(catalog, column).to_owned();
    }
    format!("{}:{}", name(catalog, column), code_names(catalog, column, codes).join(","))
}

pub(crate) fn name(catalog: &Catalog, column: ColumnRef) -> &str {
    catalog.ask(column).map_or("", |ask| &ask.name)
}

fn code_names(catalog: &Catalog, column: ColumnRef, codes: &[u16]) -> Vec<String> {
    let Some(ask) = catalog.ask(column) else { return Vec::new() };
    codes.iter().filter_map(|code| ask.code_at(*code)).map(|code| escaped(&code.name)).collect()
}

/// Codes are letters and digits with few signs; what another list may hold is written as `%2C`.
fn escaped(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    for byte in code.bytes() {
        match byte {
            b'%' | b',' | b';' | b'(' | b')' | b'=' | b':' | 0..=32 | 127.. => {
                let _ = write!(out, "%{byte:02X}");
            }
            byte => out.push(char::from(byte)),
        }
    }
    out
}

/// The opposite of writing a code; what is not well formed stays as it is.
pub(crate) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let coded = match (first, tail) {
            (b'%', [high, low, ..]) => [*high, *low]
                .iter()
                .try_fold(0_u32, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
                .and_then(|byte| u8::try_from(byte).ok()),
            _ => None,
        };
        out.push(coded.unwrap_or(*first));
        let used = if coded.is_some() { 2 } else { 0 };
        rest = tail.get(used..).unwrap_or_default();
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
