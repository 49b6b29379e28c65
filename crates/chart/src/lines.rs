//! Lines over time or another continuous axis, with bands for intervals and names at the line ends.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Estimate;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable, Extent};

/// One point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinePoint {
    /// Where, in the unit of the x axis.
    pub x: f64,
    /// What, in the unit of the y axis. Anything but a value breaks the line.
    pub y: Estimate,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it stands for.
    pub label: String,
    /// Points; drawn in the order of x.
    pub points: Vec<LinePoint>,
}

impl Line {
    /// A line.
    pub fn new<E: Into<Estimate>>(
        label: impl Into<String>,
        points: impl IntoIterator<Item = (f64, E)>,
    ) -> Self {
        let mut points: Vec<LinePoint> =
            points.into_iter().map(|(x, y)| LinePoint { x, y: y.into() }).collect();
        points.retain(|point| point.x.is_finite());
        points.sort_by(|one, other| one.x.total_cmp(&other.x));
        Self { label: label.into(), points }
    }
}

/// A line chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Name and size.
    pub frame: Frame,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Lines; the first ones get the strongest colors.
    pub lines: Vec<Line>,
    /// A value of the vertical axis to compare with.
    pub reference: Option<Reference>,
}

impl Lines {
    /// A chart without lines.
    pub fn new(frame: Frame, x: Axis, y: Axis) -> Self {
        Self { frame, x, y, lines: Vec::new(), reference: None }
    }

    /// The same with one more line.
    pub fn line(mut self, line: Line) -> Self {
        self.lines.push(line);
        self
    }

    /// The same with a value to compare with.
    pub fn reference(self, reference: Reference) -> Self {
        Self { reference: Some(reference), ..self }
    }
}

impl Draw for Lines {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let extent =
            Extent::of(self.lines.iter().flat_map(|line| &line.points).map(|point| &point.y));
        let mut columns = vec![Column::text("Series"), Column::number(self.x.named("x"))];
        columns.extend(extent.columns(&self.y.named("Value")));
        let mut rows = Vec::new();
        for line in &self.lines {
            for point in &line.points {
                let mut row = vec![Cell::text(&line.label), Cell::number(point.x, &self.x.format)];
                row.extend(extent.cells(&point.y, &self.y.format, self.frame.few));
                rows.push(row);
            }
        }
        DataTable { caption: self.frame.title.clone(), columns, rows }
    }

    fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.points.is_empty())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::lines(self, canvas)
    }
}

pub(crate) mod draw;
