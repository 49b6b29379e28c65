//! Histograms: how many fall between two numbers.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Point;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable};

/// One bin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Lower end, included.
    pub from: f64,
    /// Upper end, not included. Infinity for "and more": drawn as wide as the bin before.
    pub to: f64,
    /// How many.
    pub count: Point,
}

impl Bin {
    /// A bin.
    pub fn new(from: f64, to: f64, count: impl Into<Point>) -> Self {
        Self { from, to, count: count.into() }
    }
}

/// A histogram. Bins of unequal width are drawn by density so that areas tell the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Name and size.
    pub frame: Frame,
    /// What was measured.
    pub x: Axis,
    /// How many.
    pub y: Axis,
    /// Bins, rising and not overlapping.
    pub bins: Vec<Bin>,
    /// Places to mark on the horizontal axis, such as the median.
    pub references: Vec<Reference>,
}

impl Histogram {
    /// A histogram.
    pub fn new(frame: Frame, x: Axis, y: Axis, bins: impl IntoIterator<Item = Bin>) -> Self {
        Self {
            frame,
            x,
            y: y.from_zero(),
            bins: bins.into_iter().collect(),
            references: Vec::new(),
        }
    }

    /// The same with a place marked.
    pub fn reference(mut self, reference: Reference) -> Self {
        self.references.push(reference);
        self
    }
}

impl Draw for Histogram {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let columns = vec![
            Column::number(format!("{}, from", self.x.named("Value"))),
            Column::number("to below"),
            Column::number(self.y.named("Number")),
        ];
        let rows = self.bins.iter().map(|bin| {
            let to = if bin.to.is_finite() {
                Cell::number(bin.to, &self.x.format)
            } else {
                Cell::text("and more")
            };
            vec![
                Cell::number(bin.from, &self.x.format),
                to,
                Cell::point(bin.count, &self.y.format, self.frame.few),
            ]
        });
        DataTable { caption: self.frame.title.clone(), rows: rows.collect(), columns }
    }

    fn is_empty(&self) -> bool {
        !self.bins.iter().any(|bin| bin.from.is_finite())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::histogram(self, canvas)
    }
}

mod draw;
