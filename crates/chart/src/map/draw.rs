//! Drawing the world map.

use std::collections::BTreeMap;

use super::shapes;
use super::{Region, WorldMap};
use crate::canvas::{Canvas, READOUT};
use crate::legend;
use crate::metrics::{self, SMALL, STRONG};
use crate::plot;
use crate::point::Point;
use crate::scale::float;
use crate::svg::{Anchor, Area, Pen, Tag};

/// Classes of color at most.
const CLASSES: usize = 7;

/// Ids of shapes: one definition serves all layouts.
fn shape_id(chart: &WorldMap, code: &str) -> String {
    format!("{}-at-{code}", chart.frame.safe_id())
}

/// Definitions of the shapes that are used one by one. All others are drawn as one path.
pub(super) fn shapes(chart: &WorldMap) -> String {
    let mut pen = Pen::default();
    let mut rest = String::new();
    let named = named(chart);
    for shape in &shapes::world().shapes {
        if shape.path.is_empty() {
            continue;
        }
        if named.contains_key(shape.code) {
            outline(&mut pen, &shape_id(chart, shape.code), shape.path);
        } else {
            rest.push_str(shape.path);
        }
    }
    outline(&mut pen, &shape_id(chart, "rest"), &rest);
    pen.into_string()
}

fn outline(pen: &mut Pen, id: &str, path: &str) {
    pen.tag("path").s("id", id).s("vector-effect", "non-scaling-stroke").s("d", path).close();
}

/// Regions by code; of several with one code the last counts.
fn named(chart: &WorldMap) -> BTreeMap<&str, &Region> {
    chart.regions.iter().map(|region| (region.country.as_str(), region)).collect()
}

/// Where classes begin, rising and distinct.
fn breaks(chart: &WorldMap) -> Vec<f64> {
    let mut breaks: Vec<f64> =
        if chart.breaks.is_empty() { quantiles(chart) } else { chart.breaks.clone() };
    breaks.retain(|value| value.is_finite());
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    breaks.truncate(CLASSES - 1);
    breaks
}

/// Rounded fifths of the values.
fn quantiles(chart: &WorldMap) -> Vec<f64> {
    let mut values: Vec<f64> =
        chart.regions.iter().filter_map(|region| region.point.value()).collect();
    values.sort_by(f64::total_cmp);
    let mut breaks = Vec::new();
    for fifth in 1..5_usize {
        if let Some(value) = values.get(values.len() * fifth / 5) {
            breaks.push(rounded(*value));
        }
    }
    // a class below the smallest value would be empty
    breaks.retain(|value| values.first().is_some_and(|first| value > first));
    breaks
}

/// One or two leading digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let power = 10_f64.powf(value.abs().log10().floor() - 1.0);
    (value / power / 5.0).round() * 5.0 * power
}

fn class_of(value: f64, breaks: &[f64]) -> usize {
    breaks.iter().filter(|from| value >= **from).count()
}

/// Classes are spread over the whole ramp however many there are.
fn tone(class: usize, classes: usize) -> String {
    let step =
        if classes <= 1 { 4.0 } else { 1.0 + (float(class) * 6.0 / float(classes - 1)).round() };
    format!("chart-ramp-{step}")
}

pub(super) fn map(chart: &WorldMap, canvas: &mut Canvas<'_>) -> f64 {
    let world = shapes::world();
    let named = named(chart);
    canvas.expect_marks(named.len());
    let breaks = breaks(chart);
    let width = canvas.width;
    let height = width * world.height / world.width;
    let top = READOUT + 4.0;
    let place = Place { scale: width / world.width, top };
    let rest = shape_id(chart, "rest");
    place.shape(canvas, "chart-land", &rest).close();
    let (points, areas): (Vec<_>, Vec<_>) = named.values().partition(|region| {
        shapes::find(&region.country).is_none_or(|shape| shape.small || shape.path.is_empty())
    });
    for region in areas {
        country(chart, canvas, region, &breaks, &place);
    }
    for region in points {
        point(chart, canvas, region, &breaks, &place);
    }
    let below = top + height + 10.0;
    below + key(chart, canvas, &breaks, below)
}

fn fill(point: Point, breaks: &[f64]) -> String {
    point.value().map_or_else(
        || "chart-ramp-none".to_owned(),
        |value| tone(class_of(value, breaks), breaks.len() + 1),
    )
}

/// Where the world lies in the drawing.
struct Place {
    scale: f64,
    top: f64,
}

impl Place {
    /// Begins a use of a shape.
    fn shape<'a>(&self, canvas: &'a mut Canvas<'_>, class: &str, id: &str) -> Tag<'a> {
        let transform = format!("translate(0 {}) scale({:.4})", self.top, self.scale);
        canvas.pen.tag("use").class(class).s("href", &format!("#{id}")).s("transform", &transform)
    }
}

fn label(chart: &WorldMap, region: &Region) -> String {
    format!("{}: {}", region.shown(), region.point.text(&chart.axis.format, chart.frame.few))
}

fn country(
    chart: &WorldMap,
    canvas: &mut Canvas<'_>,
    region: &Region,
    breaks: &[f64],
    place: &Place,
) {
    let id = shape_id(chart, &region.country);
    canvas.open_mark(&label(chart, region));
    place.shape(canvas, &format!("chart-country {}", fill(region.point, breaks)), &id).close();
    if region.point.value().is_none() {
        let pattern = format!("url(#{})", canvas.pattern(plot::reason_pattern(region.point)));
        place.shape(canvas, "chart-country chart-blank", &id).s("fill", &pattern).close();
    }
    canvas.close_mark();
}

/// A small country as a point.
fn point(
    chart: &WorldMap,
    canvas: &mut Canvas<'_>,
    region: &Region,
    breaks: &[f64],
    place: &Place,
) {
    let Some(shape) = shapes::find(&region.country) else {
        return;
    };
    let radius = if canvas.narrow { 3.2 } else { 4.5 };
    let x = (shape.point.0 * place.scale).clamp(radius + 1.0, canvas.width - radius - 1.0);
    let y = place.top + shape.point.1 * place.scale;
    canvas.open_mark(&label(chart, region));
    canvas.pen.circle("chart-hit", (x, y), radius + 4.0);
    canvas.pen.circle(&format!("chart-place {}", fill(region.point, breaks)), (x, y), radius);
    if region.point.value().is_none() {
        let pattern = format!("url(#{})", canvas.pattern(plot::reason_pattern(region.point)));
        canvas
            .pen
            .tag("circle")
            .class("chart-place")
            .n("cx", x)
            .n("cy", y)
            .n("r", radius)
            .s("fill", &pattern)
            .close();
    }
    canvas.close_mark();
}

/// The legend: a strip of classes with their limits, then what has no value.
fn key(chart: &WorldMap, canvas: &mut Canvas<'_>, breaks: &[f64], top: f64) -> f64 {
    let mut y = top;
    canvas.pen.tag("g").class("chart-legend").s("aria-hidden", "true").open();
    for line in metrics::wrap(&chart.axis.heading(), STRONG, canvas.width, 2) {
        canvas.pen.text("chart-small chart-strong", (0.0, y + 13.0), Anchor::Start, &line);
        y += plot::LINE;
    }
    y += 6.0;
    let classes = breaks.len() + 1;
    let slot = ((canvas.width - 24.0) / float(classes)).min(96.0);
    let left = 1.0;
    for class in 0..classes {
        let area = Area::new(left + slot * float(class), y, slot - 1.0, 12.0);
        canvas.pen.rect(&tone(class, classes), area);
    }
    let format = chart.axis.format.clone().unit("");
    // limits between the classes, and the ends of the data
    let values = || chart.regions.iter().filter_map(|region| region.point.value());
    let lowest = values().fold(f64::INFINITY, f64::min);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    let limits = [lowest].into_iter().chain(breaks.iter().copied()).chain([highest]).enumerate();
    let texts: Vec<(f64, f64, String)> = limits
        .filter(|(_, value)| value.is_finite())
        .map(|(at, value)| {
            let text = format.text(value);
            (left + slot * float(at) - 0.5, metrics::width(&text, SMALL), text)
        })
        .collect();
    let boxes: Vec<(f64, f64)> = texts.iter().map(|(x, width, _)| (*x, *width)).collect();
    let stride = plot::stride(&boxes, 6.0);
    for (x, width, text) in texts.iter().step_by(stride) {
        let x = plot::inside(*x, *width, canvas.width);
        canvas.pen.text(
            "chart-small",
            (x, y + 28.0),
            Anchor::Middle,
            &metrics::shorten(text, SMALL, canvas.width),
        );
    }
    canvas.pen.end("g");
    y += 40.0;
    let keys = legend::reasons(canvas, chart.regions.iter().map(|region| region.point));
    y += legend::draw(canvas, &keys, y);
    y - top
}
