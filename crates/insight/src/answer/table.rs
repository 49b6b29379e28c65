//! An answer as one flat table: for pages, CSV and charts' data tables.

use crate::answer::outcome::{Estimate, Figure, Measured, Outcome, Row, Shown};

/// One cell of the table.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// Words.
    Words(String),
    /// A whole number.
    Count(u64),
    /// A number.
    Number(f64),
    /// Not shown, and why.
    Suppressed(String),
    /// Nothing to show: no value was observed.
    Nothing,
}

/// The table: names of its columns, and rows; the total comes first.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Text>>,
}

impl Outcome {
    /// The answer as a table with one row for each cell. Curves have a row for each step.
    pub fn table(&self) -> Table {
        let mut columns: Vec<String> = self.dimensions.iter().map(|it| it.label.clone()).collect();
        columns.push(self.counted().plural().to_owned());
        let mut curves = false;
        for (measure, value) in self.measures.iter().zip(self.kinds()) {
            curves |= value == Kind::Curves;
            columns.extend(names(measure, value));
        }
        let kinds: Vec<Kind> = self.kinds().collect();
        let rows = std::iter::once(&self.total).chain(&self.cells);
        let wide =
            |row: &Row| if curves { self.long(row, &kinds) } else { vec![self.wide(row, &kinds)] };
        Table { columns, rows: rows.flat_map(wide).collect() }
    }

    /// Roughly the memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let row = |row: &Row| {
            let labels: usize = row.labels.iter().map(|label| label.len() + 60).sum();
            let values = row.values.iter().map(|value| match value.value() {
                Some(Figure::Curves { curves, .. }) => {
                    curves.iter().map(|curve| 120 + curve.steps.len() * 64).sum()
                }
                _ => 96,
            });
            labels + values.sum::<usize>() + 120
        };
        let texts: usize =
            self.measures.iter().map(|it| it.definition.len() + it.label.len()).sum();
        texts
            + self.population.len()
            + 600
            + row(&self.total)
            + self.cells.iter().map(row).sum::<usize>()
    }

    fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.query.measures().iter().map(Kind::of)
    }

    fn place(&self, row: &Row) -> Vec<Text> {
        if row.labels.is_empty() && !self.dimensions.is_empty() {
            return self.dimensions.iter().map(|_| Text::Words("Total".to_owned())).collect();
        }
        row.labels.iter().map(|label| Text::Words(label.clone())).collect()
    }

    fn wide(&self, row: &Row, kinds: &[Kind]) -> Vec<Text> {
        let mut out = self.place(row);
        out.push(count(&row.count));
        for (value, kind) in row.values.iter().zip(kinds) {
            out.extend(texts(value, *kind));
        }
        out
    }

    /// A row for each step of each curve, with the other measures repeated.
    fn long(&self, row: &Row, kinds: &[Kind]) -> Vec<Vec<Text>> {
        let base = self.wide(row, kinds);
        let mut start = self.dimensions.len() + 1;
        let mut out = Vec::new();
        for (value, kind) in row.values.iter().zip(kinds) {
            if let Some(Figure::Curves { curves, .. }) = value.value() {
                for curve in curves {
                    for step in &curve.steps {
                        let mut line = base.clone();
                        let interval = step.interval.map(|[low, high]| (low, high)).unzip();
                        let cells = [
                            Text::Words(curve.label.clone()),
                            Text::Number(step.time),
                            step.at_risk.map_or(Text::Nothing, Text::Count),
                            Text::Number(step.value),
                            interval.0.map_or(Text::Nothing, Text::Number),
                            interval.1.map_or(Text::Nothing, Text::Number),
                        ];
                        for (slot, cell) in line.iter_mut().skip(start + 2).zip(cells) {
                            *slot = cell;
                        }
                        out.push(line);
                    }
                }
            }
            start += kind.width();
        }
        if out.is_empty() { vec![base] } else { out }
    }
}

/// What a measure gives, whether or not it may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    Share,
    Quantiles,
    Mean,
    Rate,
    Curves,
    Missing,
    Distinct,
}

impl Kind {
    const fn of(measure: &crate::query::Measure) -> Self {
        use crate::query::Measure;
        match measure {
            Measure::Count => Self::Count,
            Measure::Share { .. } => Self::Share,
            Measure::Quantiles(_) => Self::Quantiles,
            Measure::Mean(_) => Self::Mean,
            Measure::Rate { .. } => Self::Rate,
            Measure::Survival(_) | Measure::Incidence(_) => Self::Curves,
            Measure::Missing(_) => Self::Missing,
            Measure::Distinct(_) => Self::Distinct,
        }
    }

    /// Names of its columns; the count stands in the table already.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Count => &[],
            Self::Share => &["n", "observed", "missing", "percent", "95 % low", "95 % high"],
            Self::Quantiles => &[
                "observed",
                "missing",
                "lower quartile",
                "median",
                "upper quartile",
                "99th centile",
            ],
            Self::Mean => &["observed", "missing", "mean"],
            Self::Rate => {
                &["events", "hours", "observed", "missing", "per 1,000 h", "95 % low", "95 % high"]
            }
            Self::Curves => &[
                "observed",
                "missing",
                "curve",
                "time",
                "at risk",
                "estimate",
                "95 % low",
                "95 % high",
            ],
            Self::Missing => &["missing", "observed", "percent missing"],
            Self::Distinct => &["number"],
        }
    }

    const fn width(self) -> usize {
        self.columns().len()
    }
}

fn names(measure: &Measured, kind: Kind) -> impl Iterator<Item = String> + '_ {
    kind.columns().iter().map(|name| format!("{}: {name}", measure.label))
}

fn count(count: &Shown<u64>) -> Text {
    match count {
        Shown::Value(count) => Text::Count(*count),
        Shown::Suppressed(why) => Text::Suppressed(why.to_string()),
    }
}

fn texts(value: &Shown<Figure>, kind: Kind) -> Vec<Text> {
    let figure = match value {
        Shown::Value(figure) => figure,
        Shown::Suppressed(why) => {
            return kind.columns().iter().map(|_| Text::Suppressed(why.to_string())).collect();
        }
    };
    let number = |value: Option<f64>| value.map_or(Text::Nothing, Text::Number);
    let estimate = |of: &Option<Estimate>, factor: f64| {
        [
            number(of.map(|it| it.value * factor)),
            number(of.map(|it| it.low * factor)),
            number(of.map(|it| it.high * factor)),
        ]
    };
    match figure {
        Figure::Count { .. } => Vec::new(),
        Figure::Share { count, observed, missing, share } => {
            let counts = [count, observed, missing].map(|it| Text::Count(*it));
            counts.into_iter().chain(estimate(share, 100.0)).collect()
        }
        Figure::Quantiles { observed, missing, quartiles, centile_99 } => {
            let counts = [observed, missing].map(|it| Text::Count(*it));
            let quartiles = quartiles.map(|it| it.map(Some)).unwrap_or_default().map(number);
            let centile = match centile_99 {
                Some(Shown::Value(value)) => Text::Number(*value),
                Some(Shown::Suppressed(why)) => Text::Suppressed(why.to_string()),
                None => Text::Nothing,
            };
            counts.into_iter().chain(quartiles).chain([centile]).collect()
        }
        Figure::Mean { observed, missing, mean } => {
            vec![Text::Count(*observed), Text::Count(*missing), number(*mean)]
        }
        Figure::Rate { events, hours, observed, missing, rate } => {
            let counts = [Text::Count(*events), Text::Number(*hours)];
            let seen = [observed, missing].map(|it| Text::Count(*it));
            counts.into_iter().chain(seen).chain(estimate(rate, 1.0)).collect()
        }
        Figure::Curves { observed, missing, .. } => {
            let counts = [observed, missing].map(|it| Text::Count(*it));
            counts.into_iter().chain((0..6).map(|_| Text::Nothing)).collect()
        }
        Figure::Missing { count, observed, share } => {
            vec![Text::Count(*count), Text::Count(*observed), number(share.map(|it| it * 100.0))]
        }
        Figure::Distinct { count } => vec![Text::Count(*count)],
    }
}
