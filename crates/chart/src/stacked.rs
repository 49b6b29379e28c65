//! Stacked bars, as numbers or as shares of the whole.

use crate::bars::Direction;
use crate::canvas::{Canvas, Draw};
use crate::format::Format;
use crate::frame::Frame;
use crate::point::Point;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable};

/// One part of every stack (or area): its name and one point per category (or x).
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it stands for.
    pub label: String,
    /// One point per category; what is lacking at the end counts as missing. Negative values count as 0.
    pub points: Vec<Point>,
}

impl Series {
    /// A series.
    pub fn new<P: Into<Point>>(
        label: impl Into<String>,
        points: impl IntoIterator<Item = P>,
    ) -> Self {
        Self { label: label.into(), points: points.into_iter().map(Into::into).collect() }
    }

    /// The point of a category.
    pub(crate) fn point(&self, at: usize) -> Point {
        self.points.get(at).copied().unwrap_or(Point::Missing)
    }

    /// The value of a category, not below 0.
    pub(crate) fn part(&self, at: usize) -> Option<f64> {
        self.point(at).value().map(|value| value.max(0.0))
    }
}

/// A stacked bar chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Stacked {
    /// Name and size.
    pub frame: Frame,
    /// Where bars point.
    pub direction: Direction,
    /// What the bars are: "Year".
    pub category: String,
    /// Names of the bars.
    pub categories: Vec<String>,
    /// Parts from the base of the bar.
    pub series: Vec<Series>,
    /// The axis of values; with `share` its format is used for the table only.
    pub axis: Axis,
    /// Every bar is 100% of its known parts. A bar with a part that is not known has no shares and says why.
    pub share: bool,
}

impl Stacked {
    /// A horizontal chart of numbers.
    pub fn new(
        frame: Frame,
        axis: Axis,
        categories: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            frame,
            direction: Direction::Horizontal,
            category: "Group".to_owned(),
            categories: categories.into_iter().map(Into::into).collect(),
            series: Vec::new(),
            axis: axis.from_zero(),
            share: false,
        }
    }

    /// The same with one more part.
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The same as shares of the whole.
    pub fn share(self) -> Self {
        Self { share: true, ..self }
    }

    /// The same with vertical bars.
    pub fn vertical(self) -> Self {
        Self { direction: Direction::Vertical, ..self }
    }

    /// The same with another name for what the bars are.
    pub fn category(self, category: impl Into<String>) -> Self {
        Self { category: category.into(), ..self }
    }
}

/// The table of series over categories: numbers, and shares where they are drawn.
pub(crate) fn series_table(
    frame: &Frame,
    first: &str,
    categories: &[String],
    series: &[Series],
    format: &Format,
    share: bool,
) -> DataTable {
    let mut columns = vec![Column::text(first)];
    for part in series {
        columns.push(Column::number(&part.label));
        if share {
            columns.push(Column::number(format!("{}, share", part.label)));
        }
    }
    let rows = categories.iter().enumerate().map(|(at, category)| {
        let total = total(series, at);
        let mut row = vec![Cell::text(category)];
        for part in series {
            row.push(Cell::point(part.point(at), format, frame.few));
            if share {
                let share = part
                    .part(at)
                    .zip(total.filter(|total| *total > 0.0))
                    .map(|(part, total)| part / total);
                row.push(share.map_or_else(
                    || Cell::text("–"),
                    |share| Cell::number(share, &Format::percent(1)),
                ));
            }
        }
        row
    });
    DataTable { caption: frame.title.clone(), rows: rows.collect(), columns }
}

/// The sum of a category, if all its parts are known.
pub(crate) fn total(series: &[Series], at: usize) -> Option<f64> {
    series.iter().map(|part| part.part(at)).sum()
}

impl Draw for Stacked {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        series_table(
            &self.frame,
            &self.category,
            &self.categories,
            &self.series,
            &self.axis.format,
            self.share,
        )
    }

    fn is_empty(&self) -> bool {
        self.categories.is_empty() || self.series.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::stacked(self, canvas)
    }
}

pub(crate) mod draw;
