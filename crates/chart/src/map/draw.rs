//! Drawing the world map.

use std::collections::BTreeMap;

use super::shapes::{self, Shape};
use super::{Region, WorldMap};
use crate::canvas::{Canvas, READOUT};
use crate::legend;
use crate::metrics::{self, SMALL, STRONG};
use crate::plot;
use crate::point::Point;
use crate::scale::float;
use crate::svg::{Anchor, Area, Pen};

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
            pen.tag("path").s("id", &shape_id(chart, shape.code)).s("d", shape.path).close();
        } else {
            rest.push_str(shape.path);
        }
    }
    pen.tag("path").s("id", &shape_id(chart, "rest")).s("d", &rest).close();
    pen.into_string()
}

/// Regions by code; of several with one code the last counts.
fn named(chart: &WorldMap) -> BTreeMap<&str, &Region> {
    chart.regions.iter().map(|region| (region.country.as_str(), region)).collect()
}

/// Where classes begin, rising and distinct.
fn breaks(chart: &WorldMap) -> Vec<f64> {
    let mut breaks: Vec<f64> = if chart.breaks.is_empty() { quantiles(chart) } else { chart.breaks.clone() };
    breaks.retain(|value| value.is_finite());
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    breaks.truncate(CLASSES - 1);
    breaks
}

/// Rounded fifths of the values.
fn quantiles(chart: &WorldMap) -> Vec<f64> {
    let mut values: Vec<f64> = chart.regions.iter().filter_map(|region| region.point.value()).collect();
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
    let step = if classes <= 1 { 4.0 } else { 1.0 + (float(class) * 6.0 / float(classes - 1)).round() };
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
    canvas
        .pen
        .tag("svg")
        .class("chart-world")
        .n("x", 0.0)
        .n("y", top)
        .n("width", width)
        .n("height", height)
        .s("viewBox", &format!("0 0 {} {}", world.width, world.height))
        .open();
    canvas.pen.tag("use").class("chart-land").s("href", &format!("#{}", shape_id(chart, "rest"))).close();
    for (code, region) in &named {
        if let Some(shape) = shapes::find(code).filter(|shape| !shape.path.is_empty()) {
            let class = fill(region.point, &breaks);
            let tag = canvas.pen.tag("use").class(&format!("chart-country {class}")).s("href", &format!("#{}", shape_id(chart, code)));
            match region.point.value() {
                Some(_) => tag.close(),
                None => {
                    tag.close();
                    blank(canvas, chart, shape, region.point);
                }
            }
        }
    }
    canvas.pen.end("svg");
    let scale = width / world.width;
    for region in named.values() {
        point(chart, canvas, region, &breaks, (scale, top));
    }
    let below = top + height + 10.0;
    below + key(chart, canvas, &breaks, below)
}

fn fill(point: Point, breaks: &[f64]) -> String {
    point.value().map_or_else(|| "chart-ramp-none".to_owned(), |value| tone(class_of(value, breaks), breaks.len() + 1))
}

fn blank(canvas: &mut Canvas<'_>, chart: &WorldMap, shape: &Shape, point: Point) {
    let pattern = format!("url(#{})", canvas.pattern(plot::reason_pattern(point)));
    canvas.pen.tag("use").s("href", &format!("#{}", shape_id(chart, shape.code))).s("fill", &pattern).close();
}

/// The mark of a country: a point if it is small, and always a name for pointer and keyboard.
fn point(chart: &WorldMap, canvas: &mut Canvas<'_>, region: &Region, breaks: &[f64], (scale, top): (f64, f64)) {
    let Some(shape) = shapes::find(&region.country) else {
        return;
    };
    let label = format!("{}: {}", region.shown(), region.point.text(&chart.axis.format, chart.frame.few));
    let (x, y) = (shape.point.0 * scale, top + shape.point.1 * scale);
    let (x, y) = (x.clamp(5.0, canvas.width - 5.0), y);
    canvas.open_mark(&label);
    if shape.small || shape.path.is_empty() {
        canvas.pen.circle(&format!("chart-place {}", fill(region.point, breaks)), (x, y), if canvas.narrow { 3.2 } else { 4.5 });
        if region.point.value().is_none() {
            let pattern = canvas.pattern(plot::reason_pattern(region.point));
            canvas.pen.patterned("chart-blank", Area::new(x - 3.0, y - 3.0, 6.0, 6.0), &pattern);
        }
    } else {
        canvas.pen.circle("chart-hit", (x, y), 7.0);
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
    let texts: Vec<(f64, f64, String)> = breaks
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let text = format.text(*value);
            (left + slot * float(at + 1) - 0.5, metrics::width(&text, SMALL), text)
        })
        .collect();
    let boxes: Vec<(f64, f64)> = texts.iter().map(|(x, width, _)| (*x, *width)).collect();
    let stride = plot::stride(&boxes, 6.0);
    for (x, width, text) in texts.iter().step_by(stride) {
        let x = plot::inside(*x, *width, canvas.width);
        canvas.pen.text("chart-small", (x, y + 28.0), Anchor::Middle, &metrics::shorten(text, SMALL, canvas.width));
    }
    canvas.pen.end("g");
    y += if breaks.is_empty() { 22.0 } else { 40.0 };
    let keys = legend::reasons(canvas, chart.regions.iter().map(|region| region.point));
    y += legend::draw(canvas, &keys, y);
    y - top
}
