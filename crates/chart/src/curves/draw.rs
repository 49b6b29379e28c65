//! Drawing step curves.

use super::{Curve, Curves};
use crate::canvas::{Canvas, READOUT};
use crate::format::Format;
use crate::legend::{self, Key, Swatch};
use crate::lines::draw::{Names, fitted, name_ends};
use crate::metrics::{self, NAMES, SMALL};
use crate::plot;
use crate::point::Point;
use crate::scale::{Axis, Scale};
use crate::svg::{Anchor, Area, Path};

/// Height of a row of numbers at risk.
const ROW: f64 = 20.0;

pub(super) fn curves(chart: &Curves, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.curves.len());
    let tall = if canvas.narrow { 260.0 } else { 340.0 };
    let names = Names::choose(canvas, chart.curves.iter().map(|curve| curve.label.as_str()), tall);
    let mut keys: Vec<Key> = Vec::new();
    if !names.at_ends() {
        let one = |(at, curve): (usize, &Curve)| Key::new(Swatch::Line(at), &curve.label);
        keys.extend(chart.curves.iter().enumerate().map(one));
    }
    let points = chart.curves.iter().flat_map(|curve| &curve.steps).map(|step| step.estimate.point);
    keys.extend(legend::reasons(canvas, points));
    let mut top = plot::heading(canvas, &chart.y.heading(), READOUT);
    top += legend::draw(canvas, &keys, top);

    let y_axis = Axis { format: chart.y.format.clone().unit(""), ..chart.y.clone() };
    let values =
        chart.curves.iter().flat_map(|curve| &curve.steps).filter_map(|step| step.estimate.value());
    let y = Scale::fit(&y_axis, values, 4.0, (top + tall, top + 6.0));
    let left = plot::left_room(&y_axis, &y).max(risk_room(chart, canvas));
    let area = Area::new(left, top, canvas.width - names.room.max(16.0) - left, tall);
    let ends = chart
        .curves
        .iter()
        .flat_map(|curve| curve.steps.iter().map(|step| step.at).chain([curve.end()]));
    let x_axis = fitted(&chart.x, ends.clone().chain([0.0]));
    let mut x =
        Scale::fit(&x_axis, ends, (area.width / 80.0).clamp(2.0, 10.0), (area.left, area.right()));
    tick_at_risk(chart, &mut x);
    plot::left_axis(canvas, &y_axis.format, &y, area);
    let below = plot::bottom_axis(canvas, &x_axis, &x, area, false);
    for (at, curve) in chart.curves.iter().enumerate() {
        band(canvas, at, curve, (&x, &y));
    }
    for (at, curve) in chart.curves.iter().enumerate() {
        canvas.open_mark(&summary(chart, curve));
        one(chart, canvas, (at, curve), (&x, &y, area));
        canvas.close_mark();
    }
    if names.at_ends() {
        let ends: Vec<(usize, &str, f64, f64)> = chart
            .curves
            .iter()
            .enumerate()
            .filter_map(|(at, curve)| {
                let value = curve.value_at(curve.end())?.value()?;
                Some((at, curve.label.as_str(), x.at(curve.end()), y.at(value)))
            })
            .collect();
        name_ends(canvas, &ends, area);
    }
    let bottom = area.bottom() + below;
    bottom + risk(chart, canvas, &x, (area, bottom))
}

/// Readers look for the curve over each number at risk: where all curves have numbers at the same few times, the ticks
/// stand there.
fn tick_at_risk(chart: &Curves, x: &mut Scale) {
    let first = chart.curves.first().map_or(&[][..], |curve| curve.at_risk.as_slice());
    let mut times = chart.curves.iter().flat_map(|curve| &curve.at_risk).map(|(at, _)| *at);
    let same = times.all(|time| first.iter().any(|(at, _)| (at - time).abs() < 1e-9));
    if same && !x.is_log() && (2..=12).contains(&first.len()) {
        x.ticks =
            first.iter().map(|(at, _)| *at).filter(|at| at.is_finite() && x.holds(*at)).collect();
        x.step = smallest_gap(&x.ticks);
    }
}

/// The distance that tells how many decimals ticks need.
fn smallest_gap(ticks: &[f64]) -> f64 {
    let gaps = ticks
        .iter()
        .zip(ticks.iter().skip(1))
        .map(|(one, other)| other - one)
        .filter(|gap| *gap > 0.0);
    let gap = gaps.fold(f64::INFINITY, f64::min);
    if gap.is_finite() { gap } else { 1.0 }
}

/// The corners of the steps, each holding until the next; broken where there is no value.
fn corners(
    curve: &Curve,
    y_of: impl Fn(&crate::Estimate) -> Option<f64>,
    x: &Scale,
) -> Vec<Vec<(f64, f64)>> {
    let mut stretches: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for (at, step) in curve.steps.iter().enumerate() {
        let until = curve.steps.get(at + 1).map_or(curve.end(), |next| next.at);
        match y_of(&step.estimate) {
            Some(y) => {
                if let Some(stretch) = stretches.last_mut() {
                    stretch.push((x.at(step.at), y));
                    stretch.push((x.at(until), y));
                }
            }
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

fn band(canvas: &mut Canvas<'_>, series: usize, curve: &Curve, (x, y): (&Scale, &Scale)) {
    let upper = corners(curve, |estimate| estimate.span().map(|(_, high)| y.at(high)), x);
    let lower = corners(curve, |estimate| estimate.span().map(|(low, _)| y.at(low)), x);
    for (upper, lower) in upper.into_iter().zip(lower) {
        let path = Path::through(upper.into_iter().chain(lower.into_iter().rev())).shut();
        canvas.pen.path(&format!("chart-band {}", legend::fill(series)), &path);
    }
}

fn one(
    chart: &Curves,
    canvas: &mut Canvas<'_>,
    (series, curve): (usize, &Curve),
    (x, y, area): (&Scale, &Scale, Area),
) {
    let class = format!("chart-line {}", legend::stroke(series));
    for stretch in corners(curve, |estimate| estimate.value().map(|value| y.at(value)), x) {
        canvas.pen.path(&class, &Path::through(stretch));
    }
    let marked =
        curve.at_risk.iter().map(|(at, _)| *at).filter(|at| *at > 0.0).chain([curve.end()]);
    for time in marked {
        if let Some(value) = curve.value_at(time).and_then(|estimate| estimate.value()) {
            legend::marker(canvas, series, (x.at(time), y.at(value)), 3.6);
        }
    }
    for (at, step) in curve.steps.iter().enumerate() {
        let until = curve.steps.get(at + 1).map_or(curve.end(), |next| next.at);
        let text = step.estimate.sentence(&chart.y.format, chart.frame.few, &chart.frame.interval);
        canvas.open_part(&format!("{}, {}: {text}", curve.label, chart.x.format.text(step.at)));
        let (from, to) = (x.at(step.at), x.at(until));
        if let Some(value) = step.estimate.value() {
            let level = y.at(value);
            canvas
                .pen
                .rect("chart-hit", Area::new(from, (level - 6.0).max(area.top), to - from, 12.0));
        } else {
            let pattern = canvas.pattern(plot::reason_pattern(step.estimate.point));
            canvas.pen.patterned(
                "chart-blank",
                Area::new(from, area.bottom() - 10.0, to - from, 10.0),
                &pattern,
            );
        }
        canvas.close_mark();
    }
}

/// Where a curve stands at up to four times, with its intervals.
fn summary(chart: &Curves, curve: &Curve) -> String {
    let end = curve.end();
    let times: Vec<f64> = if curve.at_risk.is_empty() {
        [0.0, 0.5, 1.0].map(|share| end * share).to_vec()
    } else {
        let every = curve.at_risk.len().div_ceil(4).max(1);
        curve.at_risk.iter().map(|(at, _)| *at).step_by(every).collect()
    };
    let told: Vec<String> = times
        .into_iter()
        .filter_map(|time| {
            let estimate = curve.value_at(time)?;
            let text = estimate.sentence(&chart.y.format, chart.frame.few, &chart.frame.interval);
            Some(format!("{text} at {}", chart.x.format.text(time)))
        })
        .collect();
    if told.is_empty() {
        format!("{}: no values", curve.label)
    } else {
        format!("{}: {}", curve.label, told.join("; "))
    }
}

/// A number at risk as short as a cell demands; small numbers are not told.
fn risk_text(point: Point, few: u32) -> String {
    match point {
        Point::Suppressed => format!("<{few}"),
        _ => point.value().map_or_else(|| "–".to_owned(), |value| Format::count().text(value)),
    }
}

fn any_risk(chart: &Curves) -> bool {
    chart.curves.iter().any(|curve| !curve.at_risk.is_empty())
}

/// On narrow pages numbers stand under the names, unless the names are very short.
fn under(chart: &Curves, canvas: &Canvas<'_>) -> bool {
    canvas.narrow
        && metrics::widest(chart.curves.iter().map(|curve| curve.label.as_str()), NAMES) > 48.0
}

/// Room left of the plot for half of the first number at risk and the names of curves on wide pages.
fn risk_room(chart: &Curves, canvas: &Canvas<'_>) -> f64 {
    let names = metrics::widest(chart.curves.iter().map(|curve| curve.label.as_str()), NAMES);
    if !any_risk(chart) || under(chart, canvas) {
        return 0.0;
    }
    let first = chart.curves.iter().filter_map(|curve| curve.at_risk.first());
    let number = first
        .map(|(_, point)| metrics::width(&risk_text(*point, canvas.few()), SMALL))
        .fold(0.0, f64::max);
    (names + 14.0 + number / 2.0).min(canvas.width * 0.26)
}

fn risk(chart: &Curves, canvas: &mut Canvas<'_>, x: &Scale, (area, top): (Area, f64)) -> f64 {
    if !any_risk(chart) {
        return 0.0;
    }
    let few = canvas.few();
    let under = under(chart, canvas);
    canvas.pen.tag("g").class("chart-risk").s("aria-hidden", "true").open();
    canvas.pen.text("chart-small chart-strong", (0.0, top + 15.0), Anchor::Start, "Number at risk");
    let mut y = top + 24.0;
    for (series, curve) in chart.curves.iter().enumerate() {
        let class = format!("chart-small chart-text-{}", series % legend::TONES + 1);
        let room = if under { canvas.width } else { area.left - 22.0 };
        let name = metrics::shorten(&curve.label, NAMES, room.max(30.0));
        canvas.pen.text(&class, (0.0, y + 14.0), Anchor::Start, &name);
        if under {
            y += 18.0;
        }
        let numbers: Vec<(f64, f64, String)> = curve
            .at_risk
            .iter()
            .filter(|(at, _)| at.is_finite() && x.holds(*at))
            .map(|(at, number)| {
                let text = risk_text(*number, few);
                let width = metrics::width(&text, SMALL);
                (plot::inside(x.at(*at), width, canvas.width), width, text)
            })
            .collect();
        let boxes: Vec<(f64, f64)> = numbers.iter().map(|(at, width, _)| (*at, *width)).collect();
        let stride = plot::stride(&boxes, 8.0);
        for (at, _, text) in numbers.iter().step_by(stride) {
            canvas.pen.text("chart-small chart-ink", (*at, y + 14.0), Anchor::Middle, text);
        }
        y += if under { ROW + 6.0 } else { ROW };
    }
    canvas.pen.end("g");
    y - top + 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_at_risk_are_not_told() {
        assert_eq!(risk_text(Point::Suppressed, 5), "<5");
        assert_eq!(risk_text(Point::Value(1204.0), 5), "1,204");
    }
}
