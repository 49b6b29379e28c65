//! Step curves: survival or cumulative incidence over time, with bands and the number at risk.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::point::{Estimate, Point};
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable, Extent};

/// From this time on the curve has this value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// When, in the unit of the x axis.
    pub at: f64,
    /// Value and interval from then on.
    pub estimate: Estimate,
}

impl Step {
    /// A step.
    pub fn new(at: f64, estimate: impl Into<Estimate>) -> Self {
        Self { at, estimate: estimate.into() }
    }
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it stands for.
    pub label: String,
    /// Steps in the order of time; the first says where the curve begins (`at` 0, value 1 or 0).
    pub steps: Vec<Step>,
    /// How long the curve is followed; without it, to its last step.
    pub until: Option<f64>,
    /// Number at risk at some times, in the order of time.
    pub at_risk: Vec<(f64, Point)>,
}

impl Curve {
    /// A curve.
    pub fn new(label: impl Into<String>, steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<Step> = steps.into_iter().filter(|step| step.at.is_finite()).collect();
        steps.sort_by(|one, other| one.at.total_cmp(&other.at));
        Self { label: label.into(), steps, until: None, at_risk: Vec::new() }
    }

    /// The same, followed until `time`.
    pub fn until(self, time: f64) -> Self {
        Self { until: Some(time), ..self }
    }

    /// The same with numbers at risk.
    pub fn at_risk<P: Into<Point>>(self, numbers: impl IntoIterator<Item = (f64, P)>) -> Self {
        Self {
            at_risk: numbers.into_iter().map(|(at, number)| (at, number.into())).collect(),
            ..self
        }
    }

    /// When the curve ends.
    pub(crate) fn end(&self) -> f64 {
        let last = self.steps.last().map_or(0.0, |step| step.at);
        self.until.filter(|until| until.is_finite()).map_or(last, |until| until.max(last))
    }

    /// The value that holds at a time.
    pub(crate) fn value_at(&self, time: f64) -> Option<Estimate> {
        if time > self.end() {
            return None;
        }
        self.steps.iter().rev().find(|step| step.at <= time).map(|step| step.estimate)
    }
}

/// A chart of step curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Name and size.
    pub frame: Frame,
    /// Time.
    pub x: Axis,
    /// Probability.
    pub y: Axis,
    /// Curves; the first ones get the strongest colors.
    pub curves: Vec<Curve>,
}

impl Curves {
    /// A chart without curves; the vertical axis is 0 to 100% unless it has another range.
    pub fn new(frame: Frame, x: Axis, y: Axis) -> Self {
        let range = y.range.or(Some((0.0, 1.0)));
        Self { frame, x, y: Axis { range, ..y }, curves: Vec::new() }
    }

    /// The same with one more curve.
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }
}

impl Draw for Curves {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let extent = Extent::of(
            self.curves.iter().flat_map(|curve| &curve.steps).map(|step| &step.estimate),
        );
        let mut columns = vec![Column::text("Curve"), Column::number(self.x.named("Time"))];
        columns.extend(extent.columns(&self.y.named("Value")));
        columns.push(Column::number("At risk"));
        let mut rows = Vec::new();
        for curve in &self.curves {
            // the times at which readers look: where the number at risk is given, or else every step
            let times: Vec<f64> = if curve.at_risk.is_empty() {
                curve.steps.iter().map(|step| step.at).collect()
            } else {
                curve.at_risk.iter().map(|(at, _)| *at).collect()
            };
            for time in times {
                let estimate = curve.value_at(time).unwrap_or(Estimate::new(Point::TooEarly));
                let number = curve.at_risk.iter().find(|(at, _)| (at - time).abs() < 1e-9);
                let mut row = vec![Cell::text(&curve.label), Cell::number(time, &self.x.format)];
                row.extend(extent.cells(&estimate, &self.y.format, self.frame.few));
                row.push(number.map_or_else(
                    || Cell::text(""),
                    |(_, number)| Cell::point(*number, &crate::Format::count(), self.frame.few),
                ));
                rows.push(row);
            }
        }
        DataTable { caption: self.frame.title.clone(), columns, rows }
    }

    fn is_empty(&self) -> bool {
        self.curves.iter().all(|curve| curve.steps.is_empty())
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::curves(self, canvas)
    }
}

mod draw;
