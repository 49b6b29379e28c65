//! Curves over time.

use chart::{Axis, Curve, Curves, Estimate, Format, Point, Step};

use super::{Drawing, float};
use crate::answer::{CurveFigure, Figure as Found, Row, Shown};
use crate::query::Measure;

impl Drawing<'_> {
    pub(super) fn curves(self) -> Curves {
        let time = match self.figure.query.measures().get(self.figure.value) {
            Some(Measure::Survival(curve) | Measure::Incidence(curve)) => curve.until,
            _ => None,
        };
        let x = Axis::new("Days from ECLS start", Format::count());
        let x = time.map_or(x.clone(), |until| x.range(0.0, f64::from(until)));
        let mut chart =
            Curves::new(self.frame.clone(), x, Axis::new("Share of all", Format::percent(0)));
        let rows: Vec<&Row> =
            if self.figure.query.by().is_empty() { vec![&self.outcome.total] } else { self.rows() };
        for row in rows {
            let Some(Found::Curves { curves, .. }) =
                row.values.get(self.figure.value).and_then(Shown::value)
            else {
                continue;
            };
            for curve in curves {
                let name = match (row.labels.first(), curve.label.as_str()) {
                    (Some(of), "") => of.clone(),
                    (Some(of), what) => format!("{of}: {what}"),
                    (None, what) => what.to_owned(),
                };
                chart = chart.curve(steps(curve, name, time));
            }
        }
        chart
    }
}

fn steps(curve: &CurveFigure, name: String, until: Option<u32>) -> Curve {
    let begin = Step::new(0.0, curve.start);
    let steps = curve.steps.iter().map(|step| {
        let estimate = Estimate::new(step.value);
        Step::new(
            step.time,
            match step.interval {
                Some([low, high]) => estimate.between(low, high),
                None => estimate,
            },
        )
    });
    let end = until.map_or(curve.end, f64::from).min(curve.end);
    let marks = [0.0, 7.0, 14.0, 30.0, 60.0, 90.0];
    let risk = marks.into_iter().filter(|mark| *mark <= end).filter_map(|mark| {
        // the public is not told: numbers at risk would give single events away
        let next = curve.steps.iter().find(|step| step.time >= mark)?;
        next.at_risk.map(|number| (mark, Point::Value(float(number))))
    });
    Curve::new(name, std::iter::once(begin).chain(steps)).until(end).at_risk(risk)
}
