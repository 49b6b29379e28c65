//! Figures: a question with a title, a definition and a way to draw its answer.
//!
//! Figures are data (`crates/insight/data/figures/*.toml`). They are read once, against the catalog, so a figure that
//! asks for what is not there is an error at start and in the tests, never a broken page.

mod card;
mod draw;
mod load;
#[cfg(test)]
mod tests;
mod text;

use chart::{Chart, Size, WorldMap};

pub(crate) use card::{Card, Links};
pub use load::FigureError;

use crate::answer::Outcome;
pub(crate) use text::{day, first_capital, whole};

use crate::query::{Catalog, Clause, Limits, Query, QueryError, Unit};

/// How an answer is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// Upright bars, by year.
    Columns,
    /// Lying bars.
    Bars,
    /// Bars of numbers on top of each other; the second dimension makes the parts.
    Stacked,
    /// The same as shares of the whole.
    Shares,
    /// Lines over years; the second dimension makes the lines.
    Lines,
    /// Areas on top of each other over years; the second dimension makes the parts.
    Area,
    /// Bands of a number.
    Histogram,
    /// Estimates with intervals below each other; the first of two dimensions makes headings.
    Forest,
    /// Median and quartiles below each other.
    Boxes,
    /// Curves over time.
    Curves,
    /// Countries.
    Map,
    /// A table only.
    Table,
}

/// In which order the cells of a figure stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// As the code list has them.
    #[default]
    Key,
    /// The most units first.
    Count,
    /// The greatest value first.
    Value,
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// Whole numbers.
    Count,
    /// Percent of one.
    Percent,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Years.
    Years,
    /// Kilograms.
    Kg,
    /// Per 1,000 hours.
    Rate,
}

/// One figure.
#[derive(Debug, Clone)]
pub struct Figure {
    /// In addresses; never changed once published.
    pub key: String,
    /// Key of its section.
    pub section: String,
    /// What it shows.
    pub title: String,
    /// How it is counted, in a sentence.
    pub definition: String,
    /// Caveats; may be empty.
    pub note: String,
    /// The question without a page's filters.
    pub query: Query,
    /// How it is drawn.
    pub draw: Draw,
    /// Which measure is drawn.
    pub value: usize,
    /// In which order.
    pub order: Order,
    /// Draw only so many cells.
    pub most: Option<usize>,
    /// How values are written; by the measure when none is given.
    pub written: Option<Written>,
    /// Width.
    pub size: Size,
}

/// A part of a dashboard.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// In addresses.
    pub key: String,
    /// Its heading.
    pub title: String,
    /// A few sentences for all its figures.
    #[serde(default)]
    pub text: String,
}

/// The figures of one dashboard.
#[derive(Debug, Clone)]
pub struct Book {
    /// In the order of the page.
    pub sections: Vec<Section>,
    /// In the order of the page.
    pub figures: Vec<Figure>,
}

impl Book {
    /// The figures of the Live Registry Dashboard.
    pub fn registry(catalog: &Catalog) -> Result<Self, FigureError> {
        let text = include_str!("../../data/figures/registry.toml");
        load::book(catalog, "registry.toml", text)
    }

    /// Reads the text of a file of figures.
    pub fn read(catalog: &Catalog, file: &str, text: &str) -> Result<Self, FigureError> {
        load::book(catalog, file, text)
    }

    /// The figure of a key.
    pub fn figure(&self, key: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.key == key)
    }

    /// The figures of a section.
    pub fn of<'b>(&'b self, section: &'b str) -> impl Iterator<Item = &'b Figure> {
        self.figures.iter().filter(move |figure| figure.section == section)
    }
}

/// A figure's picture, or none when it is a table.
pub enum Picture {
    /// A chart.
    Chart(Box<dyn Chart>),
    /// A map, which is also a chart, but needs a word on boundaries.
    Map(Box<WorldMap>),
    /// A table of everything that was measured.
    Table,
}

impl Figure {
    /// The figure's question within a population, counted in a unit.
    pub fn within_unit(
        &self,
        catalog: &Catalog,
        unit: Unit,
        more: &[Clause],
    ) -> Result<Query, QueryError> {
        let mut draft = self.query.draft();
        draft.unit = unit;
        draft.clauses.extend_from_slice(more);
        Query::new(catalog, draft, &Limits::USUAL)
    }

    /// Draws an answer to the figure's question. `few` is the smallest number of people that is shown.
    pub fn picture(&self, outcome: &Outcome, few: u32) -> Picture {
        draw::picture(self, outcome, few)
    }

    /// Number observed and number missing behind what is drawn, in words: "12,345 observed, 67 missing".
    pub fn observed(&self, outcome: &Outcome) -> String {
        text::observed(self, outcome)
    }

    /// Whether cells are left out of the picture: how many are drawn and how many there are.
    pub fn left_out(&self, outcome: &Outcome) -> Option<(usize, usize)> {
        let most = self.most?;
        (outcome.cells.len() > most).then_some((most, outcome.cells.len()))
    }
}
