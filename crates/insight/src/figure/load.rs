//! Reading a file of figures.

use chart::Size;
use serde::Deserialize;
use toml::Spanned;

use crate::figure::{Book, Draw, Figure, Order, Section, Written};
use crate::query::{Catalog, Measure, Query};

/// What is wrong with a file of figures, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct FigureError {
    /// Its name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    section: Vec<Section>,
    figure: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: Spanned<String>,
    section: Spanned<String>,
    title: String,
    definition: String,
    #[serde(default)]
    note: String,
    query: Spanned<String>,
    chart: Spanned<Draw>,
    #[serde(default)]
    value: usize,
    #[serde(default)]
    order: Order,
    most: Option<usize>,
    format: Option<Written>,
    #[serde(default)]
    size: Wide,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Wide {
    Half,
    #[default]
    Column,
    Full,
}

/// Where in a text a byte stands, as a line from 1.
fn line_at(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|byte| *byte == b'\n').count() + 1
}

pub(super) fn book(catalog: &Catalog, file: &str, text: &str) -> Result<Book, FigureError> {
    let wrong = |at: usize, problem: String| FigureError {
        file: file.to_owned(),
        line: line_at(text, at),
        problem,
    };
    let read: File = toml::from_str(text).map_err(|error| {
        wrong(error.span().map_or(0, |span| span.start), error.message().to_owned())
    })?;
    let mut figures: Vec<Figure> = Vec::with_capacity(read.figure.len());
    for entry in read.figure {
        let (at, section) = (entry.key.span().start, entry.section.span().start);
        if figures.iter().any(|figure| figure.key == *entry.key.get_ref()) {
            return Err(wrong(
                at,
                format!("a figure `{}` stands above already", entry.key.get_ref()),
            ));
        }
        if !read.section.iter().any(|known| known.key == *entry.section.get_ref()) {
            return Err(wrong(
                section,
                format!("there is no section `{}`", entry.section.get_ref()),
            ));
        }
        let (asked, drawn) = (entry.query.span().start, entry.chart.span().start);
        let figure = figure(catalog, entry).map_err(|problem| wrong(asked, problem))?;
        check(&figure).map_err(|problem| wrong(drawn, problem))?;
        figures.push(figure);
    }
    Ok(Book { sections: read.section, figures })
}

fn figure(catalog: &Catalog, entry: Entry) -> Result<Figure, String> {
    let text = entry.query.get_ref();
    let query = Query::parse(catalog, text).map_err(|error| error.to_string())?;
    let value = place(catalog, &query, text, entry.value)?;
    Ok(Figure {
        key: entry.key.into_inner(),
        section: entry.section.into_inner(),
        title: entry.title,
        definition: entry.definition,
        note: entry.note,
        query,
        draw: entry.chart.into_inner(),
        value,
        order: entry.order,
        most: entry.most,
        written: entry.format,
        size: match entry.size {
            Wide::Half => Size::Half,
            Wide::Column => Size::Column,
            Wide::Full => Size::Full,
        },
    })
}

/// Where the measure that is written at a place stands in the question, which keeps an order of its own.
fn place(catalog: &Catalog, query: &Query, text: &str, written: usize) -> Result<usize, String> {
    let Some(part) =
        text.split(";measure=").nth(written + usize::from(!text.starts_with("measure=")))
    else {
        return if written == 0 {
            Ok(0)
        } else {
            Err(format!("the question has no measure {written}"))
        };
    };
    let part = part.strip_prefix("measure=").unwrap_or(part);
    let alone =
        Query::parse(catalog, &format!("measure={part}")).map_err(|error| error.to_string())?;
    let found =
        query.measures().iter().position(|measure| Some(measure) == alone.measures().first());
    found.ok_or_else(|| format!("the question has no measure {written}"))
}

/// Whether a chart can show what the question measures.
fn check(figure: &Figure) -> Result<(), String> {
    let Some(measure) = figure.query.measures().get(figure.value) else {
        return Err(format!("the question has no measure {}", figure.value));
    };
    let dimensions = figure.query.by().len();
    let (fewest, most) = match figure.draw {
        Draw::Stacked | Draw::Shares | Draw::Area => (2, 2),
        Draw::Lines | Draw::Forest | Draw::Boxes => (1, 2),
        Draw::Columns | Draw::Bars | Draw::Histogram | Draw::Map => (1, 1),
        Draw::Curves => (0, 1),
        Draw::Table => (0, 3),
    };
    if !(fewest..=most).contains(&dimensions) {
        return Err(format!(
            "this chart takes {fewest} to {most} dimensions, the question has {dimensions}"
        ));
    }
    let curve = matches!(measure, Measure::Survival(_) | Measure::Incidence(_));
    let fits = match figure.draw {
        Draw::Curves => curve,
        Draw::Boxes => matches!(measure, Measure::Quantiles(_)),
        Draw::Table => true,
        _ => !curve,
    };
    if fits { Ok(()) } else { Err("this chart cannot show what the question measures".to_owned()) }
}
