//! One area, or areas stacked on each other, over a continuous axis.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::scale::Axis;
use crate::stacked::{Series, series_table};
use crate::table::DataTable;

/// An area chart. Where a part is not known the areas have a gap.
#[derive(Debug, Clone, PartialEq)]
pub struct Areas {
    /// Name and size.
    pub frame: Frame,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis; with `share` its format is used for the table only.
    pub y: Axis,
    /// Places on the horizontal axis, rising.
    pub xs: Vec<f64>,
    /// Areas from the base, one point per place.
    pub series: Vec<Series>,
    /// Every place is 100% of its parts.
    pub share: bool,
}

impl Areas {
    /// A chart without areas.
    pub fn new(frame: Frame, x: Axis, y: Axis, xs: impl IntoIterator<Item = f64>) -> Self {
        Self {
            frame,
            x,
            y: y.from_zero(),
            xs: xs.into_iter().collect(),
            series: Vec::new(),
            share: false,
        }
    }

    /// The same with one more area on top.
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// The same as shares of the whole.
    pub fn share(self) -> Self {
        Self { share: true, ..self }
    }
}

impl Draw for Areas {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let places: Vec<String> = self.xs.iter().map(|x| self.x.format.text(*x)).collect();
        series_table(
            &self.frame,
            &self.x.named("x"),
            &places,
            &self.series,
            &self.y.format,
            self.share,
        )
    }

    fn is_empty(&self) -> bool {
        self.xs.is_empty() || self.series.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::areas(self, canvas)
    }
}

mod draw;
