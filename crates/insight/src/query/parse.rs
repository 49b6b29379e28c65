//! Reading a question.

use columns::ColumnRef;
use dictionary::Decimal;

use crate::query::catalog::{Ask, Catalog, Holds};
use crate::query::dates::Days;
use crate::query::error::{QueryError, advice};
use crate::query::print::unescaped;
use crate::query::value::{Breakdown, Clause, Curve, Draft, Limits, Measure, Query, Unit};

const PARTS: [&str; 4] = ["unit", "where", "by", "measure"];
const MEASURES: [&str; 9] =
    ["count", "share", "quantiles", "mean", "rate", "survival", "incidence", "missing", "distinct"];

impl Query {
    /// Reads a question as [`Query::text`] writes it; spelling, order and repetition are free.
    pub fn parse(catalog: &Catalog, text: &str) -> Result<Self, QueryError> {
        let parts = split(text, b';').into_iter().filter(|part| !part.is_empty());
        let pairs = parts.map(|part| {
            let wrong = || QueryError::new(part, format!("write `name=value`{}", names("")));
            part.split_once('=').ok_or_else(wrong)
        });
        Self::from_pairs(catalog, pairs.collect::<Result<Vec<_>, _>>()?)
    }

    /// Reads a question from the names and values of an address.
    pub fn from_pairs<'p>(
        catalog: &Catalog,
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, QueryError> {
        let draft = draft(catalog, pairs)?;
        Self::new(catalog, draft, &Limits::USUAL)
    }
}

fn names(wrong: &str) -> String {
    advice(wrong, PARTS.into_iter())
}

fn draft<'p>(
    catalog: &Catalog,
    pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
) -> Result<Draft, QueryError> {
    let mut draft = Draft::default();
    let (mut bytes, mut unit) = (0_usize, None);
    for (name, value) in pairs {
        bytes = bytes.saturating_add(name.len()).saturating_add(value.len());
        if bytes > Limits::USUAL.bytes {
            let most = Limits::USUAL.bytes;
            return Err(QueryError::new(name, format!("the question is longer than {most} bytes")));
        }
        let (name, value) = (name.trim(), value.trim());
        match name {
            "unit" => {
                let found = Unit::ALL.into_iter().find(|unit| unit.name() == value);
                let known = || advice(value, Unit::ALL.iter().map(|unit| unit.name()));
                let found = found.ok_or_else(|| {
                    QueryError::new(value, format!("there is no unit `{value}`{}", known()))
                })?;
                if unit.is_some_and(|unit| unit != found) {
                    return Err(QueryError::new(value, "only one unit can be counted"));
                }
                unit = Some(found);
            }
            "where" => draft.clauses.push(Clause::parse(catalog, value)?),
            "by" => draft.by.push(breakdown(catalog, value)?),
            "measure" => draft.measures.push(measure(catalog, value)?),
            other => {
                let message = format!("there is no `{other}` in a question{}", names(other));
                return Err(QueryError::new(other, message));
            }
        }
    }
    draft.unit = unit.unwrap_or_default();
    Ok(draft)
}

/// Splits at a sign that stands outside of parentheses; parts are trimmed.
fn split(text: &str, sign: u8) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0_usize, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            byte if byte == sign && depth == 0 => {
                out.push(text.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(text.get(start..).unwrap_or_default().trim());
    out
}

/// `name(inner)`; `None` when there are no parentheses.
fn call(text: &str) -> Result<Option<(&str, &str)>, QueryError> {
    let Some((name, rest)) = text.split_once('(') else { return Ok(None) };
    let inner = rest.strip_suffix(')');
    inner
        .map(|inner| Some((name.trim(), inner.trim())))
        .ok_or_else(|| QueryError::new(text, "a closing parenthesis is missing at the end"))
}

impl Clause {
    /// Reads one condition on a run.
    pub fn parse(catalog: &Catalog, text: &str) -> Result<Self, QueryError> {
        let (has, bare) = match text.strip_prefix('!') {
            Some(rest) => (false, rest.trim()),
            None => (true, text),
        };
        if let Some((key, inner)) = rows_call(bare)? {
            let table = catalog.find_rows(text, key)?;
            let clauses = row_clauses(catalog, table, inner)?;
            return Ok(Self::Rows { table, has, clauses });
        }
        if !has {
            return Err(QueryError::new(
                text,
                "`!` stands only before rows, as in `!rows(field:code)`",
            ));
        }
        let ask = target(catalog, text)?;
        if ask.at.table != 0 {
            let rows = catalog.table(ask.at.table).map_or("", |table| &table.key);
            let message = format!("`{}` stands in rows: write `{rows}({text})`", ask.name);
            return Err(QueryError::new(text, message));
        }
        values(catalog, ask, text)
    }
}

/// `rows(inner)`, when there is a parenthesis before the first colon.
fn rows_call(text: &str) -> Result<Option<(&str, &str)>, QueryError> {
    let before_values = text.split_once(':').map_or(text, |(before, _)| before);
    if before_values.contains('(') { call(text) } else { Ok(None) }
}

fn row_clauses(catalog: &Catalog, table: u16, text: &str) -> Result<Vec<Clause>, QueryError> {
    let parts = split(text, b';').into_iter().filter(|part| !part.is_empty());
    let each = |part: &str| {
        let ask = target(catalog, part)?;
        if ask.at.table != table {
            let known = catalog.table(table).map_or(&[][..], |table| &table.columns);
            let advice = advice("", known.iter().map(|ask| &*ask.name));
            let message = format!("`{}` is no field of these rows{advice}", ask.name);
            return Err(QueryError::new(part, message));
        }
        values(catalog, ask, part)
    };
    parts.map(each).collect()
}

/// The column before the colon.
fn target<'c>(catalog: &'c Catalog, part: &str) -> Result<&'c Ask, QueryError> {
    let name = part.split_once(':').map_or(part, |(name, _)| name).trim();
    let ask = catalog.find(part, name)?;
    if part.contains(':') {
        return Ok(ask);
    }
    let message = format!("write what `{name}` should be, as in `{}`", example(ask));
    Err(QueryError::new(part, message))
}

/// A condition as it could stand there.
fn example(ask: &Ask) -> String {
    let value = match ask.holds {
        Holds::Bool => "yes",
        Holds::Code | Holds::Codes => ask.codes.first().map_or("known", |code| &code.name),
        Holds::Integer | Holds::Decimal => "18..65",
        Holds::Day | Holds::Minute => "2015..2020",
        Holds::Key | Holds::Text => "known",
    };
    format!("{}:{value}", ask.name)
}

/// What stands behind the colon.
fn values(catalog: &Catalog, ask: &Ask, part: &str) -> Result<Clause, QueryError> {
    let text = part.split_once(':').map_or("", |(_, values)| values).trim();
    let column = ask.at;
    match text {
        "known" => return Ok(Clause::Known(column)),
        "missing" => return Ok(Clause::Among { column, codes: Vec::new(), missing: true }),
        _ => {}
    }
    match ask.holds {
        Holds::Bool | Holds::Code | Holds::Codes => {
            let (mut found, mut missing) = (Vec::new(), false);
            for value in text.split(',').map(str::trim) {
                if value == "missing" {
                    missing = true;
                } else {
                    found.push(code(ask, part, value)?);
                }
            }
            Ok(Clause::Among { column, codes: found, missing })
        }
        Holds::Integer | Holds::Decimal => {
            let (low, high, exclusive) = range(catalog, ask, part, text)?;
            Ok(Clause::Number { column, low, high, exclusive })
        }
        Holds::Day | Holds::Minute => Days::parse(text)
            .map(|days| Clause::Date { column, days })
            .map_err(|message| QueryError::new(part, message)),
        Holds::Key | Holds::Text => {
            let message = format!("`{}` can only be `known` or `missing`", ask.name);
            Err(QueryError::new(part, message))
        }
    }
}

fn code(ask: &Ask, part: &str, value: &str) -> Result<u16, QueryError> {
    let plain = unescaped(value);
    ask.code(&plain).ok_or_else(|| {
        let known = ask.codes.iter().map(|code| &*code.name);
        let advice = advice(&plain, known);
        QueryError::new(part, format!("`{}` has no code `{plain}`{advice}", ask.name))
    })
}

type Ends = (Option<Decimal>, Option<Decimal>, bool);

fn range(catalog: &Catalog, ask: &Ask, part: &str, text: &str) -> Result<Ends, QueryError> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    let (low, high) = (low.trim(), high.trim());
    let (high, exclusive) = match high.strip_prefix('<') {
        Some(high) => (high.trim(), true),
        None => (high, false),
    };
    // a unit behind the last number holds for the first too
    let unit_of = |text: &str| -> String {
        text.trim_start_matches(|sign: char| sign.is_ascii_digit() || "+-.".contains(sign))
            .trim()
            .to_owned()
    };
    let unit = [high, low].into_iter().map(unit_of).find(|unit| !unit.is_empty());
    let unit = unit.unwrap_or_default();
    let end = |text: &str| {
        if text.is_empty() {
            return Ok(None);
        }
        let bare = text.strip_suffix(unit.as_str()).map(str::trim).filter(|bare| !bare.is_empty());
        number(catalog, ask, part, bare.unwrap_or(text), &unit).map(Some)
    };
    Ok((end(low)?, end(high)?, exclusive))
}

/// A number in the column's unit; typed in another one, it is converted.
fn number(
    catalog: &Catalog,
    ask: &Ask,
    part: &str,
    text: &str,
    unit: &str,
) -> Result<Decimal, QueryError> {
    let plain = text.len() <= 20
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_digit());
    let value = text.parse::<Decimal>().ok().filter(|_| plain).ok_or_else(|| {
        let message = format!("`{text}` is no number; write `{}`", example(ask));
        QueryError::new(part, message)
    })?;
    let own = ask.unit.as_deref().unwrap_or_default();
    if unit.is_empty() || unit == own {
        return Ok(value);
    }
    let dictionary = catalog.dictionary();
    let units = dictionary.units();
    let substance = dictionary.field_named(&ask.key).and_then(|field| field.substance.as_deref());
    let converted = units
        .find(unit)
        .zip(units.find(own))
        .and_then(|(from, to)| units.convert(value, from, to, substance, 6));
    converted.ok_or_else(|| {
        let own = if own.is_empty() { "no unit" } else { own };
        QueryError::new(part, format!("`{}` is kept in {own}, not in `{unit}`", ask.name))
    })
}

fn breakdown(catalog: &Catalog, text: &str) -> Result<Breakdown, QueryError> {
    match call(text)? {
        None if text == "year" => Ok(Breakdown::Year(catalog.roles().start)),
        None if text == "month" => Ok(Breakdown::Month(catalog.roles().start)),
        None => catalog.find(text, text).map(|ask| Breakdown::Codes(ask.at)),
        Some(("year", inner)) => catalog.find(text, inner).map(|ask| Breakdown::Year(ask.at)),
        Some(("month", inner)) => catalog.find(text, inner).map(|ask| Breakdown::Month(ask.at)),
        Some((name, inner)) => {
            let ask = catalog.find(text, name)?;
            let edges = split(inner, b',')
                .into_iter()
                .map(|edge| number(catalog, ask, text, edge, ""))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Breakdown::Bands { column: ask.at, edges })
        }
    }
}

fn measure(catalog: &Catalog, text: &str) -> Result<Measure, QueryError> {
    if text == "count" {
        return Ok(Measure::Count);
    }
    let Some((name, inner)) = call(text)? else {
        let message = if MEASURES.contains(&text) {
            format!("write what to measure, as in `{text}(field)`")
        } else {
            format!("there is no measure `{text}`{}", advice(text, MEASURES.into_iter()))
        };
        return Err(QueryError::new(text, message));
    };
    let column = || catalog.find(text, inner).map(|ask| ask.at);
    match name {
        "share" => {
            let (column, codes) = event(catalog, text, inner)?;
            Ok(Measure::Share { column, codes })
        }
        "quantiles" => column().map(Measure::Quantiles),
        "mean" => column().map(Measure::Mean),
        "missing" => column().map(Measure::Missing),
        "distinct" => column().map(Measure::Distinct),
        "rate" => {
            let (key, inner) = call(inner)?.unwrap_or((inner, ""));
            let table = catalog.find_rows(text, key)?;
            Ok(Measure::Rate { table, clauses: row_clauses(catalog, table, inner)? })
        }
        "survival" => curve(catalog, text, inner).map(Measure::Survival),
        "incidence" => curve(catalog, text, inner).map(Measure::Incidence),
        other => {
            let advice = advice(other, MEASURES.into_iter());
            Err(QueryError::new(text, format!("there is no measure `{other}`{advice}")))
        }
    }
}

/// `field` or `field:code,code`.
fn event(catalog: &Catalog, part: &str, text: &str) -> Result<(ColumnRef, Vec<u16>), QueryError> {
    let (name, codes) = match text.split_once(':') {
        Some((name, codes)) => (name.trim(), Some(codes)),
        None => (text, None),
    };
    let ask = catalog.find(part, name)?;
    let codes = match codes {
        Some(codes) => codes
            .split(',')
            .map(|value| code(ask, part, value.trim()))
            .collect::<Result<Vec<_>, _>>()?,
        None if ask.holds == Holds::Bool => vec![1],
        None => {
            let example = example(ask);
            let message = format!("say which codes of `{name}` are meant, as in `{example}`");
            return Err(QueryError::new(part, message));
        }
    };
    Ok((ask.at, codes))
}

/// `time,event:code,code,to=90`.
fn curve(catalog: &Catalog, part: &str, text: &str) -> Result<Curve, QueryError> {
    let form = "write a time and what happened then, as in `survival(time,event:code,to=90)`";
    let (time, rest) = text.split_once(',').ok_or_else(|| QueryError::new(part, form))?;
    let (rest, until) = match rest.rsplit_once(",to=") {
        None => (rest, None),
        Some((rest, until)) => {
            let wrong = || QueryError::new(part, "`to=` needs a whole number from 1 to 100000");
            let until =
                until.trim().parse::<u32>().ok().filter(|until| (1..=100_000).contains(until));
            (rest, Some(until.ok_or_else(wrong)?))
        }
    };
    let time = catalog.find(part, time.trim())?.at;
    let (event, codes) = event(catalog, part, rest.trim())?;
    Ok(Curve { time, event, codes, until })
}
