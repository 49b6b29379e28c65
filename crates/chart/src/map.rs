//! A world map: countries colored by class, small ones as points.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::point::Point;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable};

pub use names::country_name;
pub use shapes::{WORLD_BOX, world_outline};

/// To be said near every map.
pub const BOUNDARIES: &str = "Boundaries follow Natural Earth, which draws de facto lines; they are no statement on the \
                              status of any territory.";

/// One country with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// ISO 3166-1 alpha-2 code, in capitals.
    pub country: String,
    /// Its value, or why there is none.
    pub point: Point,
    /// The name to show; without it, the English short name.
    pub name: Option<String>,
}

impl Region {
    /// A country.
    pub fn new(country: impl Into<String>, point: impl Into<Point>) -> Self {
        Self { country: country.into(), point: point.into(), name: None }
    }

    /// The same under another name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    pub(crate) fn shown(&self) -> &str {
        self.name.as_deref().or_else(|| country_name(&self.country)).unwrap_or(&self.country)
    }
}

/// A choropleth map of the world in the Equal Earth projection.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldMap {
    /// Name and size.
    pub frame: Frame,
    /// What is shown. Its title is the title of the legend.
    pub axis: Axis,
    /// Countries with a value; all others are drawn without color and are not in the table.
    pub regions: Vec<Region>,
    /// Lower ends of the classes above the first, rising, at most six. Empty: quantiles of the values, rounded.
    pub breaks: Vec<f64>,
}

impl WorldMap {
    /// A map without countries.
    pub fn new(frame: Frame, axis: Axis) -> Self {
        Self { frame, axis, regions: Vec::new(), breaks: Vec::new() }
    }

    /// The same with one more country.
    pub fn region(mut self, region: Region) -> Self {
        self.regions.push(region);
        self
    }

    /// The same with classes that begin at these values.
    pub fn breaks(self, breaks: impl IntoIterator<Item = f64>) -> Self {
        Self { breaks: breaks.into_iter().collect(), ..self }
    }
}

impl Draw for WorldMap {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let columns = vec![
            Column::text("Country"),
            Column::text("Code"),
            Column::number(self.axis.named("Value")),
        ];
        let rows = self.regions.iter().map(|region| {
            vec![
                Cell::text(region.shown()),
                Cell::text(&region.country),
                Cell::point(region.point, &self.axis.format, self.frame.few),
            ]
        });
        DataTable { caption: self.frame.title.clone(), rows: rows.collect(), columns }
    }

    fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::map(self, canvas)
    }

    fn shared(&self) -> String {
        draw::shapes(self)
    }
}

mod draw;
mod names;
mod shapes;
