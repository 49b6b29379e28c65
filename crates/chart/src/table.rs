//! The numbers of a chart as a table: for readers who do not see it, for copying and for download.

use crate::format::Format;
use crate::point::{Estimate, Point};
use crate::svg::escape;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What stands over it.
    pub title: String,
    /// Numbers are set at the end of the cell.
    pub numeric: bool,
}

impl Column {
    /// A column of texts.
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), numeric: false }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Self {
        Self { title: title.into(), numeric: true }
    }
}

/// One cell: the text that people read, and the number behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// As in the chart: "58.1%", "suppressed (n < 5)".
    pub text: String,
    /// The number that is drawn, unrounded, if there is one.
    pub value: Option<f64>,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), value: None }
    }

    /// A number as the format writes it.
    pub fn number(value: f64, format: &Format) -> Self {
        Self { text: format.text(value), value: Some(value).filter(|value| value.is_finite()) }
    }

    pub(crate) fn point(point: Point, format: &Format, few: u32) -> Self {
        Self { text: point.text(format, few), value: point.value() }
    }

    pub(crate) fn count(number: Option<u64>) -> Self {
        number.map_or_else(
            || Self::text(""),
            |number| Self {
                text: crate::format::whole(number),
                value: Some(crate::scale::large(number)),
            },
        )
    }
}

/// The numbers of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct DataTable {
    /// What the table shows.
    pub caption: String,
    /// Columns from the start.
    pub columns: Vec<Column>,
    /// Rows; each has one cell per column.
    pub rows: Vec<Vec<Cell>>,
}

impl DataTable {
    /// An HTML table with a caption; the first cell of each row is its header.
    pub fn html(&self) -> String {
        let mut out = String::from("<table class=\"chart-table\"><caption>");
        escape(&self.caption, &mut out);
        out.push_str("</caption><thead><tr>");
        for column in &self.columns {
            out.push_str(if column.numeric {
                "<th scope=\"col\" class=\"num\">"
            } else {
                "<th scope=\"col\">"
            });
            escape(&column.title, &mut out);
            out.push_str("</th>");
        }
        out.push_str("</tr></thead><tbody>");
        for row in &self.rows {
            out.push_str("<tr>");
            for (at, cell) in row.iter().enumerate() {
                let numeric = self.columns.get(at).is_some_and(|column| column.numeric);
                let (open, close) = match (at, numeric) {
                    (0, _) => ("<th scope=\"row\">", "</th>"),
                    (_, true) => ("<td class=\"num\">", "</td>"),
                    (_, false) => ("<td>", "</td>"),
                };
                out.push_str(open);
                escape(&cell.text, &mut out);
                out.push_str(close);
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
        out
    }

    /// The table as CSV (RFC 4180, UTF-8, CRLF), numbers unrounded and without separators. Texts that a spreadsheet
    /// would take for a formula are preceded by an apostrophe.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let header: Vec<String> = self.columns.iter().map(|column| quoted(&column.title)).collect();
        out.push_str(&header.join(","));
        out.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| {
                    cell.value.map_or_else(|| quoted(&cell.text), |value| value.to_string())
                })
                .collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

fn quoted(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Which columns estimates need, so that a table has no empty ones.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    interval: bool,
    of: bool,
}

impl Extent {
    pub(crate) fn of<'a>(estimates: impl IntoIterator<Item = &'a Estimate>) -> Self {
        estimates.into_iter().fold(Self::default(), |seen, estimate| Self {
            interval: seen.interval || estimate.span().is_some(),
            of: seen.of || estimate.of.is_some(),
        })
    }

    pub(crate) fn columns(self, value: &str) -> Vec<Column> {
        let mut columns = vec![Column::number(value)];
        if self.interval {
            columns.push(Column::number("Lower limit"));
            columns.push(Column::number("Upper limit"));
        }
        if self.of {
            columns.push(Column::number("n"));
        }
        columns
    }

    pub(crate) fn cells(self, estimate: &Estimate, format: &Format, few: u32) -> Vec<Cell> {
        let mut cells = vec![Cell::point(estimate.point, format, few)];
        if self.interval {
            let (low, high) = estimate.span().unzip();
            let end = |end: Option<f64>| {
                end.map_or_else(|| Cell::text(""), |end| Cell::number(end, format))
            };
            cells.push(end(low));
            cells.push(end(high));
        }
        if self.of {
            cells.push(Cell::count(estimate.of.filter(|_| estimate.value().is_some())));
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> DataTable {
        DataTable {
            caption: "A & B".to_owned(),
            columns: vec![Column::text("Group"), Column::number("Survival")],
            rows: vec![
                vec![Cell::text("=SUM(A1), \"x\""), Cell::number(0.25, &Format::percent(0))],
                vec![Cell::text("<b>"), Cell::text("suppressed (n < 5)")],
            ],
        }
    }

    #[test]
    fn html_is_escaped_and_rows_have_headers() {
        let html = sample().html();

        assert!(html.contains("<caption>A &amp; B</caption>"), "{html}");
        assert!(
            html.contains(
                "<th scope=\"row\">&lt;b&gt;</th><td class=\"num\">suppressed (n &lt; 5)</td>"
            ),
            "{html}"
        );
    }

    #[test]
    fn csv_quotes_and_disarms_formulas() {
        assert_eq!(
            sample().csv(),
            "Group,Survival\r\n\"'=SUM(A1), \"\"x\"\"\",0.25\r\n<b>,suppressed (n < 5)\r\n"
        );
    }
}
