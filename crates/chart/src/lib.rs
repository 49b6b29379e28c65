//! Charts as SVG from the server: a title, a description and a data table with each.
//!
//! Every kind of chart is a plain value. [`Chart::render`] turns it into a [`Svg`], which a page takes in with
//! [`Svg::inline`] or [`Svg::figure`] (classes only, so that a strict content security policy holds) and a download with
//! [`Svg::standalone`] or, with the feature `png`, `png`. [`Chart::table`] gives the same numbers as a table.
//! Nothing here reads a clock, a file or a database; the same value gives the same bytes.
//!
//! ```
//! use chart::{Axis, Bar, Bars, Chart as _, Estimate, Format, Frame};
//!
//! let frame = Frame::new("survival", "Survival to discharge");
//! let bars = Bars::new(frame, Axis::new("Survived", Format::percent(0)).range(0.0, 1.0))
//!     .bar(Bar::new("Adult", Estimate::new(0.46).between(0.44, 0.48).of(2_410)))
//!     .bar(Bar::new("Neonate", Estimate::new(0.61).between(0.58, 0.64).of(1_102)));
//! let page = bars.render().inline();
//! assert!(page.contains("Adult: 46% (95% confidence interval 44–48%), n = 2,410"));
//! ```

mod areas;
mod bars;
mod boxes;
mod canvas;
mod curves;
mod forest;
mod format;
mod frame;
mod funnel;
mod histogram;
mod labels;
mod legend;
mod lines;
mod map;
mod metrics;
mod output;
mod plot;
#[cfg(feature = "png")]
mod png;
mod point;
mod rows;
mod scale;
mod stacked;
mod style;
mod svg;
mod table;
#[cfg(test)]
mod tests;

pub use areas::Areas;
pub use bars::{Bar, Bars, Direction};
pub use boxes::{BoxRow, Boxes, Spread};
pub use curves::{Curve, Curves, Step};
pub use forest::{Forest, ForestRow};
pub use format::Format;
pub use frame::{Frame, Size};
pub use funnel::{Funnel, FunnelPoint, Limit};
pub use histogram::{Bin, Histogram};
pub use lines::{Line, LinePoint, Lines};
pub use map::{BOUNDARIES, Region, WORLD_BOX, WorldMap, country_name, world_outline};
pub use output::Svg;
pub use plot::Reference;
#[cfg(feature = "png")]
pub use png::{PngError, png};
pub use point::{Estimate, Point};
pub use scale::Axis;
pub use stacked::{Series, Stacked};
pub use style::STYLESHEET;
pub use table::{Cell, Column, DataTable};

/// What every chart can do.
pub trait Chart {
    /// Name, description and size.
    fn frame(&self) -> &Frame;

    /// The numbers that are drawn.
    fn table(&self) -> DataTable;

    /// Draws the chart in all its layouts.
    fn render(&self) -> Svg;
}

impl<C: canvas::Draw> Chart for C {
    fn frame(&self) -> &Frame {
        canvas::Draw::frame(self)
    }

    fn table(&self) -> DataTable {
        canvas::Draw::table(self)
    }

    fn render(&self) -> Svg {
        output::render(self)
    }
}
