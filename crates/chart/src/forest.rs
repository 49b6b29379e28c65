//! Forest plots: estimates with intervals below each other, linear or logarithmic.

use crate::canvas::{Canvas, Draw};
use crate::frame::Frame;
use crate::plot::Reference;
use crate::point::Estimate;
use crate::scale::Axis;
use crate::table::{Cell, Column, DataTable, Extent};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    /// What it stands for.
    pub label: String,
    /// The heading it stands under; rows of one group follow each other. May be empty.
    pub group: String,
    /// Estimate and interval.
    pub estimate: Estimate,
    /// How much it weighs, for the size of its mark: any number above 0.
    pub weight: Option<f64>,
    /// A pooled row, drawn as a diamond.
    pub summary: bool,
}

impl ForestRow {
    /// A row.
    pub fn new(label: impl Into<String>, estimate: impl Into<Estimate>) -> Self {
        Self {
            label: label.into(),
            group: String::new(),
            estimate: estimate.into(),
            weight: None,
            summary: false,
        }
    }

    /// The same under a heading.
    pub fn group(self, group: impl Into<String>) -> Self {
        Self { group: group.into(), ..self }
    }

    /// The same with a weight.
    pub fn weight(self, weight: f64) -> Self {
        Self { weight: Some(weight), ..self }
    }

    /// The same as a pooled row.
    pub fn summary(self) -> Self {
        Self { summary: true, ..self }
    }
}

/// A forest plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// Name and size.
    pub frame: Frame,
    /// What the rows are: "Risk factor".
    pub category: String,
    /// The axis of values, often logarithmic.
    pub axis: Axis,
    /// Rows from the top.
    pub rows: Vec<ForestRow>,
    /// The value of no effect, or the registry's own.
    pub reference: Option<Reference>,
}

crate::rows::rows_below_each_other!(Forest, ForestRow);

impl Draw for Forest {
    fn frame(&self) -> &Frame {
        &self.frame
    }

    fn table(&self) -> DataTable {
        let extent = Extent::of(self.rows.iter().map(|row| &row.estimate));
        let grouped = self.rows.iter().any(|row| !row.group.is_empty());
        let mut columns = vec![Column::text(&self.category)];
        if grouped {
            columns.push(Column::text("Under"));
        }
        columns.extend(extent.columns(&self.axis.named("Estimate")));
        let rows = self.rows.iter().map(|row| {
            let mut cells = vec![Cell::text(&row.label)];
            if grouped {
                cells.push(Cell::text(&row.group));
            }
            cells.extend(extent.cells(&row.estimate, &self.axis.format, self.frame.few));
            cells
        });
        DataTable { caption: self.frame.title.clone(), rows: rows.collect(), columns }
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> f64 {
        draw::forest(self, canvas)
    }
}

mod draw;
