//! Funnel plots: centers by volume, with the limits of what chance alone explains.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Point;
use crate::scale::{Axis, large};
use crate::table::{Cell, Column, DataTable};

/// One center.
#[derive(Debug, Clone, PartialEq)]
pub struct FunnelPoint {
    /// Its name, or "Another center".
    pub label: String,
    /// Its volume.
    pub size: u64,
    /// Its value, or why there is none.
    pub value: Point,
    /// The reader's own center.
    pub stressed: bool,
}

impl FunnelPoint {
    /// A point.
    pub fn new(label: impl Into<String>, size: u64, value: impl Into<Point>) -> Self {
        Self { label: label.into(), size, value: value.into(), stressed: false }
    }

    /// The same, stressed and named in the chart.
    pub fn stressed(self) -> Self {
        Self { stressed: true, ..self }
    }
}

/// The limits at one volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Volume.
    pub size: f64,
    /// 95% limits (2.5% and 97.5% points).
    pub inner: (f64, f64),
    /// 99.8% limits (0.1% and 99.9% points).
    pub outer: (f64, f64),
}

/// A funnel plot. The limits are computed by the caller (crate `stats`).
#[derive(Debug, Clone, PartialEq)]
pub struct Funnel {
    /// Name and size.
    pub frame: Frame,
    /// Volume.
    pub x: Axis,
    /// Value.
    pub y: Axis,
    /// Centers.
    pub points: Vec<FunnelPoint>,
    /// Limits, rising in volume.
    pub limits: Vec<Limit>,
    /// The value of all together.
    pub center: Reference,
}

impl Funnel {
    /// A funnel plot.
    pub fn new(
        frame: Frame,
        x: Axis,
        y: Axis,
        center: Reference,
        limits: impl IntoIterator<Item = Limit>,
    ) -> Self {
        let mut limits: Vec<Limit> = limits
            .into_iter()
            .filter(|limit| {
                [limit.size, limit.inner.0, limit.inner.1, limit.outer.0, limit.outer.1]
                    .iter()
                    .all(|number| number.is_finite())
            })
            .collect();
        limits.sort_by(|one, other| one.size.total_cmp(&other.size));
        Self { frame, x, y, points: Vec::new(), limits, center }
    }

    /// The same with one more point.
    pub fn point(mut self, point: FunnelPoint) -> Self {
        self.points.push(point);
        self
    }
}

impl Draw for Funnel {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let columns = vec![
            Column::text("Center"),
            Column::number(self.x.named("Volume")),
            Column::number(self.y.named("Value")),
            Column::text("Limits"),
        ];
        let rows = self.points.iter().map(|point| {
            let volume = if matches!(point.value, Point::Suppressed) {
                Cell::text(point.value.text(&self.x.format, self.frame.few))
            } else {
                Cell::number(large(point.size), &self.x.format)
            };
            let value = Cell::point(point.value, &self.y.format, self.frame.few);
            vec![
                Cell::text(&point.label),
                volume,
                value,
                Cell::text(self.verdict(point).unwrap_or_default()),
            ]
        });
        DataTable { caption: self.frame.title.clone(), rows: rows.collect(), columns }
    }

    fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::funnel(self, canvas)
    }
}

mod draw;
