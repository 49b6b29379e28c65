//! The dashboard: 24 panels about one population.

use anyhow::{Context as _, Result};
use columns::{Answer, By, Counts, Filter, Measure, Panel, Select, Test, Unit};
use serde_json::{Value, json};

use crate::data::{codes, column};

/// Runs of adults and children since 2004 outside of one chapter.
pub(crate) fn some() -> Select {
    let filter = Filter::All(vec![
        Filter::Test(column("start"), Test::Between { low: Some(12_418), below: None, scale: 0 }),
        Filter::Test(column("age_group"), Test::In(vec![1, 2])),
        Filter::Not(Box::new(Filter::Test(column("chapter"), Test::In(vec![4])))),
    ]);
    Select { filter, unit: Unit::Row }
}

pub(crate) fn everyone() -> Select {
    Select { filter: Filter::All(Vec::new()), unit: Unit::Row }
}

/// One panel by names, for this program and for the others.
struct Sketch {
    name: &'static str,
    table: u16,
    /// Columns; `year:x` for years, `bins:x:width:count` for bins from 0.
    by: &'static str,
    /// `count`, `true:x`, `sum:x`, `quartiles:x`, `distinct:x`.
    measures: &'static str,
    once: bool,
}

const fn runs(name: &'static str, by: &'static str, measures: &'static str) -> Sketch {
    Sketch { name, table: 0, by, measures, once: false }
}

const fn parts(name: &'static str, by: &'static str, once: bool) -> Sketch {
    Sketch { name, table: 1, by, measures: "count", once }
}

const DASHBOARD: [Sketch; 24] = [
    runs("totals", "", "count true:alive sum:hours"),
    runs("runs by year", "year:start", "count"),
    runs("support by year", "year:start support", "count true:alive"),
    runs("nine groups", "age_group support", "count true:alive"),
    runs("centers by year", "year:start", "distinct:center"),
    runs("centers", "center", "count true:alive sum:hours"),
    runs("chapters by year", "chapter year:start", "count"),
    runs("countries", "country", "count true:alive"),
    runs("age", "bins:age:5:20 age_group", "count"),
    runs("weight", "bins:weight:10:20 age_group", "count"),
    runs("hours", "bins:hours:24:60 support", "count"),
    runs("quartiles of hours by support", "support", "quartiles:hours"),
    runs("quartiles of hours by year", "year:start", "quartiles:hours"),
    runs("modes", "mode support", "count true:alive"),
    runs("diagnoses", "diagnosis age_group", "count true:alive"),
    runs("hours by diagnosis", "diagnosis", "sum:hours"),
    runs("discharge", "discharge age_group", "count"),
    runs("transfers", "year:start", "true:transfer"),
    runs("run order", "bins:run_order:1:10 support", "count"),
    runs("lactate", "bins:lactate:1:20 alive", "count"),
    runs("age by support", "support age_group", "quartiles:age"),
    parts("complications by system", "system", false),
    parts("runs with a complication", "code support", true),
    parts("complications by year", "year:start system", false),
];

fn by(word: &str) -> Result<By> {
    let mut parts = word.split(':');
    Ok(match (parts.next(), parts.next()) {
        (Some("year"), Some(name)) => By::Year(column(name)),
        (Some("bins"), Some(name)) => {
            let width: i64 = parts.next().context("a width")?.parse()?;
            let count: i64 = parts.next().context("a count")?.parse()?;
            let edges = (0..=count).map(|at| at * width).collect();
            By::Bins { column: column(name), edges, scale: 0 }
        }
        (Some(name), _) => By::Column(column(name)),
        _ => anyhow::bail!("{word} is no dimension"),
    })
}

fn measure(word: &str) -> Result<Measure> {
    Ok(match word.split_once(':') {
        None => Measure::Count,
        Some(("true", name)) => Measure::True(column(name)),
        Some(("sum", name)) => Measure::Sum(column(name)),
        Some(("quartiles", name)) => Measure::Values(column(name)),
        Some(("distinct", name)) => Measure::Distinct(column(name)),
        _ => anyhow::bail!("{word} is no measure"),
    })
}

pub(crate) fn panels() -> Result<Vec<Panel>> {
    DASHBOARD
        .iter()
        .map(|it| {
            Ok(Panel {
                table: it.table,
                filter: None,
                by: it.by.split_whitespace().map(by).collect::<Result<_>>()?,
                measures: it.measures.split_whitespace().map(measure).collect::<Result<_>>()?,
                once: it.once,
            })
        })
        .collect()
}

/// The same for the others.
pub(crate) fn sketches() -> Value {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let panel = |it: &Sketch| {
        json!({
            "name": it.name, "table": it.table, "by": words(it.by),
            "measures": words(it.measures), "once": it.once,
        })
    };
    let coded: Vec<&str> = crate::data::RUN
        .into_iter()
        .chain(crate::data::COMPLICATION)
        .filter(|name| codes(name).is_some())
        .collect();
    json!({ "panels": DASHBOARD.iter().map(panel).collect::<Vec<_>>(), "coded": coded })
}

/// The value at a place of all values in order.
fn at(values: &[(i64, u64)], place: u64) -> i64 {
    let mut seen = 0;
    for (value, count) in values {
        seen += count;
        if seen > place {
            return *value;
        }
    }
    0
}

/// 25, 50 and 75 %: the least value that so many do not pass.
pub(crate) fn quartiles(values: &[(i64, u64)]) -> [i64; 3] {
    let all: u64 = values.iter().map(|it| it.1).sum();
    [1, 2, 3].map(|part| at(values, (all * part).div_ceil(4).saturating_sub(1)))
}

/// The same as ClickHouse defines it: the place is rounded down.
fn quartiles_down(values: &[(i64, u64)]) -> [i64; 3] {
    let all: u64 = values.iter().map(|it| it.1).sum();
    [1, 2, 3].map(|part| at(values, all * part / 4))
}

#[expect(clippy::cast_precision_loss, reason = "compared with other engines' doubles")]
fn decimal(digits: i128, scale: u8) -> f64 {
    digits as f64 / 10_f64.powi(i32::from(scale))
}

/// An answer as others give it: keys, then figures.
pub(crate) fn rows(answer: &Answer) -> Value {
    let row = |cell: &columns::Cell| {
        let mut figures: Vec<Value> = Vec::new();
        for counts in &cell.measures {
            match counts {
                Counts::Number(it) => figures.push(json!(it)),
                Counts::True { yes, known } => figures.extend([json!(yes), json!(known)]),
                Counts::Sum { digits, scale, known } => {
                    figures.extend([json!(decimal(*digits, *scale)), json!(known)]);
                }
                Counts::Values { scale, values } => {
                    let as_decimals = |it: [i64; 3]| it.map(|it| decimal(it.into(), *scale));
                    figures.push(json!({
                        "up": as_decimals(quartiles(values)),
                        "down": as_decimals(quartiles_down(values)),
                    }));
                }
                Counts::Pairs { .. } => {}
            }
        }
        json!([cell.key, figures])
    };
    Value::Array(answer.cells.iter().map(row).collect())
}
