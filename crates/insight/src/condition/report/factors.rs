//! Factors before ECLS.

use serde::Serialize;

use crate::answer::{Figure, Shown};
use crate::condition::Condition;
use crate::figure::whole;
use crate::report::{Cell, Found, brief};

/// One value in the table of factors.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct FactorCell {
    /// Median, mean, or share in percent.
    pub value: Option<f64>,
    /// Quartiles.
    pub quartiles: Option<[f64; 2]>,
    /// Those with the property, of a share.
    pub count: Option<u64>,
    /// Number observed.
    pub observed: Option<u64>,
    /// Why it is not shown.
    pub hidden: Option<String>,
}

/// One row of the table of factors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactorRow {
    /// What it is.
    pub label: String,
    /// In all confirmed cases.
    pub all: FactorCell,
    /// In the cohort, if there is one.
    pub cohort: Option<FactorCell>,
}

pub(super) fn factor_rows(condition: &Condition, found: &[Found]) -> Vec<FactorRow> {
    let width = condition.factors.len() + 1;
    let (all, cohort) = found.split_at(width.min(found.len()));
    let rows = condition.factors.iter().zip(all.iter().skip(1)).enumerate();
    rows.map(|(at, (factor, all))| FactorRow {
        label: factor.label.clone(),
        all: factor_cell(all),
        cohort: cohort.get(at + 1).map(factor_cell),
    })
    .collect()
}

fn factor_cell(found: &Found) -> FactorCell {
    let hidden = |why: String| FactorCell { hidden: Some(why), ..FactorCell::default() };
    let outcome = match found {
        Ok(outcome) => outcome,
        Err(why) => return hidden(why.clone()),
    };
    match outcome.total.values.first() {
        Some(Shown::Suppressed(why)) => hidden(why.to_string()),
        Some(Shown::Value(figure)) => match figure {
            Figure::Quantiles { observed, quartiles, .. } => FactorCell {
                value: quartiles.map(|[_, median, _]| median),
                quartiles: quartiles.map(|[low, _, high]| [low, high]),
                observed: Some(*observed),
                ..FactorCell::default()
            },
            Figure::Mean { observed, mean, .. } => {
                FactorCell { value: *mean, observed: Some(*observed), ..FactorCell::default() }
            }
            Figure::Share { count, observed, share, .. } => FactorCell {
                value: share.map(|share| share.value * 100.0),
                count: Some(*count),
                observed: Some(*observed),
                ..FactorCell::default()
            },
            _ => FactorCell::default(),
        },
        None => FactorCell::default(),
    }
}

impl FactorCell {
    /// "58.0 (47.0 to 66.0)", "34.1 % (1,234)".
    pub fn text(&self) -> String {
        if let Some(why) = &self.hidden {
            return brief(why);
        }
        match (self.value, self.quartiles, self.count) {
            (Some(value), Some([low, high]), _) => {
                let places = if value.abs() < 10.0 { 2 } else { 1 };
                format!("{value:.places$} ({low:.places$} to {high:.places$})")
            }
            (Some(value), None, Some(count)) => {
                format!("{value:.1} % ({})", whole(count))
            }
            (Some(value), None, None) => format!("{value:.2}"),
            (None, ..) => "none observed".to_owned(),
        }
    }

    /// "1,234 observed".
    pub fn observed_text(&self) -> Option<String> {
        let observed = self.observed.filter(|_| self.hidden.is_none())?;
        Some(format!("{} observed", whole(observed)))
    }

    pub(super) fn cells(&self) -> [Cell; 5] {
        if let Some(why) = &self.hidden {
            return std::array::from_fn(|_| Cell::Hidden(why.clone()));
        }
        let number = |value: Option<f64>| value.map_or(Cell::Nothing, Cell::Number);
        let whole = |value: Option<u64>| value.map_or(Cell::Nothing, Cell::Count);
        [
            number(self.value),
            number(self.quartiles.map(|[low, _]| low)),
            number(self.quartiles.map(|[_, high]| high)),
            whole(self.count),
            whole(self.observed),
        ]
    }
}
