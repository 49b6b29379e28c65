//! What charts have in common whose rows stand below each other.

/// Gives a chart with `frame`, `category`, `axis`, `rows` and `reference` the ways to make it.
macro_rules! rows_below_each_other {
    ($chart:ident, $row:ident) => {
        impl $chart {
            /// One without rows.
            pub fn new(frame: Frame, axis: Axis) -> Self {
                Self {
                    frame,
                    category: "Group".to_owned(),
                    axis,
                    rows: Vec::new(),
                    reference: None,
                }
            }

            /// The same with one more row.
            pub fn row(mut self, row: $row) -> Self {
                self.rows.push(row);
                self
            }

            /// The same with another name for what the rows are.
            pub fn category(self, category: impl Into<String>) -> Self {
                Self { category: category.into(), ..self }
            }

            /// The same with a value to compare with.
            pub fn reference(self, reference: Reference) -> Self {
                Self { reference: Some(reference), ..self }
            }
        }
    };
}

pub(crate) use rows_below_each_other;
