//! Boxes: median, quartiles, and the tenth and ninetieth percentile.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Point;
use crate::scale::{Axis, large};
use crate::table::{Cell, Column, DataTable};

/// A distribution in five numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// 10th percentile.
    pub tenth: f64,
    /// 25th percentile.
    pub lower: f64,
    /// Median.
    pub median: f64,
    /// 75th percentile.
    pub upper: f64,
    /// 90th percentile.
    pub ninetieth: f64,
}

impl Spread {
    pub(crate) fn numbers(&self) -> [f64; 5] {
        [self.tenth, self.lower, self.median, self.upper, self.ninetieth]
    }
}

/// One box.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxRow {
    /// What it stands for.
    pub label: String,
    /// The distribution, or why there is none.
    pub spread: Result<Spread, Point>,
    /// How many values it rests on.
    pub of: Option<u64>,
}

impl BoxRow {
    /// A box over `of` values.
    pub fn new(label: impl Into<String>, spread: Spread, of: u64) -> Self {
        Self { label: label.into(), spread: Ok(spread), of: Some(of) }
    }

    /// A row that says why there is no box.
    pub fn without(label: impl Into<String>, why: Point) -> Self {
        Self { label: label.into(), spread: Err(why), of: None }
    }

    /// The distribution in rising order, if all five numbers are finite.
    pub(crate) fn numbers(&self) -> Option<[f64; 5]> {
        let mut numbers = self.spread.ok()?.numbers();
        if numbers.iter().any(|number| !number.is_finite()) {
            return None;
        }
        numbers.sort_by(f64::total_cmp);
        Some(numbers)
    }

    pub(crate) fn why(&self) -> Point {
        match self.spread {
            Err(Point::Value(_)) | Ok(_) => Point::Missing,
            Err(why) => why,
        }
    }
}

/// A box plot with horizontal boxes.
#[derive(Debug, Clone, PartialEq)]
pub struct Boxes {
    /// Name and size.
    pub frame: Frame,
    /// What the rows are: "Age group".
    pub category: String,
    /// The axis of values.
    pub axis: Axis,
    /// Rows from the top.
    pub rows: Vec<BoxRow>,
    /// A value to compare with.
    pub reference: Option<Reference>,
}

crate::rows::rows_below_each_other!(Boxes, BoxRow);

/// What the five numbers are called.
pub(crate) const NAMES: [&str; 5] =
    ["10th percentile", "Lower quartile", "Median", "Upper quartile", "90th percentile"];

impl Draw for Boxes {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let mut columns = vec![Column::text(&self.category)];
        columns.extend(NAMES.map(Column::number));
        columns.push(Column::number("n"));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![Cell::text(&row.label)];
            match row.numbers() {
                Some(numbers) => {
                    cells.extend(numbers.map(|number| Cell::number(number, &self.axis.format)));
                }
                None => cells.extend(
                    NAMES.map(|_| Cell::text(row.why().text(&self.axis.format, self.frame.few))),
                ),
            }
            let of = row.of.filter(|_| row.numbers().is_some());
            cells.push(Cell {
                text: of.map(crate::format::whole).unwrap_or_default(),
                value: of.map(large),
            });
            cells
        });
        DataTable { caption: self.frame.title.clone(), rows: rows.collect(), columns }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::boxes(self, canvas)
    }
}

mod draw;
