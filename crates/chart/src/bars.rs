//! Bars, horizontal or vertical, with whiskers for intervals.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Estimate;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable, Extent};

/// Where bars point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// To the end of the line; best for names.
    #[default]
    Horizontal,
    /// Upwards; best for years. Long names make the chart horizontal again.
    Vertical,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its value.
    pub estimate: Estimate,
    /// Stressed, such as the reader's own center or a total.
    pub stressed: bool,
}

impl Bar {
    /// A bar.
    pub fn new(label: impl Into<String>, estimate: impl Into<Estimate>) -> Self {
        Self { label: label.into(), estimate: estimate.into(), stressed: false }
    }

    /// The same, stressed.
    pub fn stressed(self) -> Self {
        Self { stressed: true, ..self }
    }
}

/// A bar chart. Bars begin at 0 unless the axis has a fixed range.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// Name and size.
    pub frame: Frame,
    /// Where bars point.
    pub direction: Direction,
    /// What the bars are: "Age group".
    pub category: String,
    /// The axis of values.
    pub axis: Axis,
    /// Bars in order.
    pub bars: Vec<Bar>,
    /// A value to compare with.
    pub reference: Option<Reference>,
}

impl Bars {
    /// A horizontal bar chart without bars.
    pub fn new(frame: Frame, axis: Axis) -> Self {
        Self {
            frame,
            direction: Direction::Horizontal,
            category: "Group".to_owned(),
            axis: axis.from_zero(),
            bars: Vec::new(),
            reference: None,
        }
    }

    /// The same with one more bar.
    pub fn bar(mut self, bar: Bar) -> Self {
        self.bars.push(bar);
        self
    }

    /// The same with vertical bars.
    pub fn vertical(self) -> Self {
        Self { direction: Direction::Vertical, ..self }
    }

    /// The same with another name for what the bars are.
    pub fn category(self, category: impl Into<String>) -> Self {
        Self { category: category.into(), ..self }
    }

    /// The same with a value to compare with.
    pub fn reference(self, reference: Reference) -> Self {
        Self { reference: Some(reference), ..self }
    }
}

impl Draw for Bars {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let extent = Extent::of(self.bars.iter().map(|bar| &bar.estimate));
        let mut columns = vec![Column::text(&self.category)];
        columns.extend(extent.columns(&self.axis.named("Value")));
        let rows = self
            .bars
            .iter()
            .map(|bar| {
                let mut row = vec![Cell::text(&bar.label)];
                row.extend(extent.cells(&bar.estimate, &self.axis.format, self.frame.few));
                row
            })
            .collect();
        DataTable { caption: self.frame.title.clone(), columns, rows }
    }

    fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::bars(self, canvas)
    }
}

mod draw;
