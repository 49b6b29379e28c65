//! Parts that many charts share: axes, headings, reference lines, whiskers, reasons in place of values.

use crate::canvas::{Canvas, READOUT};
use crate::format::Format;
use crate::metrics::{self, SMALL};
use crate::point::Point;
use crate::scale::{Axis, Scale};
use crate::svg::{Anchor, Area};

/// A value to compare with, drawn as a dashed line with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// In the unit of the axis.
    pub value: f64,
    /// What it is: "All centers 46%".
    pub label: String,
}

impl Reference {
    /// A reference.
    pub fn new(value: f64, label: impl Into<String>) -> Self {
        Self { value, label: label.into() }
    }
}

/// Height of a line of small text.
pub(crate) const LINE: f64 = 17.0;

/// The heading of the vertical axis (or of the values) over the plot; returns where the plot may begin.
pub(crate) fn heading(canvas: &mut Canvas<'_>, text: &str, top: f64) -> f64 {
    let mut y = top;
    for line in metrics::wrap(text, SMALL, canvas.width, 2) {
        canvas.pen.text("chart-small", (0.0, y + 12.0), Anchor::Start, &line);
        y += LINE;
    }
    if y > top { y + 8.0 } else { y }
}

/// Room for the tick labels of a vertical axis.
pub(crate) fn left_room(axis: &Axis, scale: &Scale) -> f64 {
    let texts: Vec<String> =
        scale.ticks.iter().map(|tick| scale.tick_text(*tick, &axis.format)).collect();
    (metrics::widest(texts.iter().map(String::as_str), SMALL) + 10.0).min(120.0)
}

/// Grid lines and labels of a vertical axis.
pub(crate) fn left_axis(canvas: &mut Canvas<'_>, format: &Format, scale: &Scale, area: Area) {
    canvas.pen.tag("g").class("chart-axis").s("aria-hidden", "true").open();
    for tick in &scale.ticks {
        let y = scale.at(*tick);
        let class = if is_base(*tick, scale) { "chart-base" } else { "chart-grid" };
        canvas.pen.line(class, (area.left, y), (area.right(), y));
        let text = metrics::shorten(&scale.tick_text(*tick, format), SMALL, area.left - 8.0);
        canvas.pen.text("chart-small", (area.left - 8.0, y + 4.5), Anchor::End, &text);
    }
    canvas.pen.end("g");
}

/// Labels (and, if wanted, grid lines) of a horizontal axis, and its title; returns the height used below the area.
pub(crate) fn bottom_axis(
    canvas: &mut Canvas<'_>,
    axis: &Axis,
    scale: &Scale,
    area: Area,
    grid: bool,
) -> f64 {
    canvas.pen.tag("g").class("chart-axis").s("aria-hidden", "true").open();
    let texts: Vec<(f64, String)> =
        scale.ticks.iter().map(|tick| (*tick, scale.tick_text(*tick, &axis.format))).collect();
    let boxes: Vec<(f64, f64)> =
        texts.iter().map(|(tick, text)| (scale.at(*tick), metrics::width(text, SMALL))).collect();
    let stride = stride(&boxes, 10.0);
    let y = area.bottom();
    for (at, (tick, text)) in texts.iter().enumerate() {
        let x = scale.at(*tick);
        if grid {
            let class = if is_base(*tick, scale) { "chart-base" } else { "chart-grid" };
            canvas.pen.line(class, (x, area.top), (x, y));
        } else if at.is_multiple_of(stride) {
            canvas.pen.line("chart-tick", (x, y), (x, y + 5.0));
        }
        if at.is_multiple_of(stride) {
            let text = metrics::shorten(text, SMALL, canvas.width);
            let x = inside(x, metrics::width(&text, SMALL), canvas.width);
            canvas.pen.text("chart-small", (x, y + 19.0), Anchor::Middle, &text);
        }
    }
    if !grid {
        canvas.pen.line("chart-base", (area.left, y), (area.right(), y));
    }
    canvas.pen.end("g");
    26.0 + bottom_title(canvas, &axis.heading(), area, y + 26.0)
}

/// The title of a horizontal axis under its labels; returns its height.
pub(crate) fn bottom_title(canvas: &mut Canvas<'_>, title: &str, area: Area, top: f64) -> f64 {
    let mut used = 0.0;
    for line in metrics::wrap(title, SMALL, canvas.width, 2) {
        let x = inside(area.middle(), metrics::width(&line, SMALL), canvas.width);
        canvas.pen.text("chart-small chart-soft", (x, top + used + 13.0), Anchor::Middle, &line);
        used += LINE;
    }
    if used > 0.0 { used + 4.0 } else { 0.0 }
}

/// Every how many labels fit, given places and widths.
pub(crate) fn stride(boxes: &[(f64, f64)], gap: f64) -> usize {
    let mut stride = 1;
    while stride < boxes.len() {
        let mut end = f64::NEG_INFINITY;
        let fits = boxes.iter().step_by(stride).all(|(x, width)| {
            let start = x - width / 2.0;
            let free = start >= end + gap;
            end = x + width / 2.0;
            free || end == f64::NEG_INFINITY
        });
        if fits {
            break;
        }
        stride += 1;
    }
    stride.max(1)
}

/// The middle of a text moved so that the text stays within the drawing.
pub(crate) fn inside(x: f64, width: f64, room: f64) -> f64 {
    if width >= room { room / 2.0 } else { x.clamp(width / 2.0, room - width / 2.0) }
}

fn is_base(tick: f64, scale: &Scale) -> bool {
    tick == 0.0 && !scale.is_log()
}

/// A line across horizontal rows with its name above the area.
pub(crate) fn upright_reference(
    canvas: &mut Canvas<'_>,
    reference: &Reference,
    scale: &Scale,
    area: Area,
) {
    if !reference.value.is_finite() || !scale.holds(reference.value) {
        return;
    }
    let x = scale.at(reference.value);
    canvas.pen.line("chart-reference", (x, area.top - 4.0), (x, area.bottom()));
    let text = metrics::shorten(&reference.label, SMALL, canvas.width);
    let middle = inside(x, metrics::width(&text, SMALL), canvas.width);
    canvas.pen.text("chart-small chart-halo", (middle, area.top - 9.0), Anchor::Middle, &text);
}

/// A level line.
pub(crate) fn level_line(
    canvas: &mut Canvas<'_>,
    reference: &Reference,
    scale: &Scale,
    area: Area,
) {
    if reference.value.is_finite() && scale.holds(reference.value) {
        let y = scale.at(reference.value);
        canvas.pen.line("chart-reference", (area.left, y), (area.right(), y));
    }
}

/// The name of a level line, above it at one of its ends; to be drawn after the marks.
pub(crate) fn level_name(
    canvas: &mut Canvas<'_>,
    reference: &Reference,
    scale: &Scale,
    area: Area,
    anchor: Anchor,
) {
    if !reference.value.is_finite() || !scale.holds(reference.value) {
        return;
    }
    let y = scale.at(reference.value);
    let text = metrics::shorten(&reference.label, SMALL, area.width - 8.0);
    let above = if y - area.top > 20.0 { y - 6.0 } else { y + 15.0 };
    let x = if anchor == Anchor::End { area.right() - 4.0 } else { area.left + 4.0 };
    canvas.pen.text("chart-small chart-ink chart-halo", (x, above), anchor, &text);
}

/// A horizontal whisker with caps; ends outside the axis become arrow heads.
pub(crate) fn whisker(
    canvas: &mut Canvas<'_>,
    class: &str,
    scale: &Scale,
    (low, high): (f64, f64),
    y: f64,
    cap: f64,
) {
    let (from, to) = (scale.at(low), scale.at(high));
    canvas.pen.line("chart-under", (from, y), (to, y));
    canvas.pen.line(class, (from, y), (to, y));
    for (value, x, out) in [(low, from, -1.0), (high, to, 1.0)] {
        if scale.holds(value) {
            canvas.pen.line(class, (x, y - cap), (x, y + cap));
        } else {
            // both ends may lie beyond the same end of the axis, which may be the edge of the drawing
            let back = (x - out * 6.0).clamp(0.0, canvas.width);
            canvas.pen.line(class, (back, y - 4.0), (x, y));
            canvas.pen.line(class, (back, y + 4.0), (x, y));
        }
    }
}

/// A vertical whisker with caps.
pub(crate) fn standing_whisker(
    canvas: &mut Canvas<'_>,
    scale: &Scale,
    (low, high): (f64, f64),
    x: f64,
    cap: f64,
) {
    let (from, to) = (scale.at(low), scale.at(high));
    canvas.pen.line("chart-under", (x, from), (x, to));
    canvas.pen.line("chart-whisker", (x, from), (x, to));
    for (value, y) in [(low, from), (high, to)] {
        if scale.holds(value) {
            canvas.pen.line("chart-whisker", (x - cap, y), (x + cap, y));
        }
    }
}

/// The name of the pattern that stands for a reason.
pub(crate) fn reason_pattern(point: Point) -> &'static str {
    match point {
        Point::Suppressed => "hidden",
        Point::TooEarly => "early",
        Point::Value(_) | Point::Missing => "missing",
    }
}

/// A small patterned square and the reason in words, in place of a mark.
pub(crate) fn reason(canvas: &mut Canvas<'_>, point: Point, x: f64, y: f64) {
    let Some(text) = point.reason(canvas.few()) else {
        return;
    };
    let pattern = canvas.pattern(reason_pattern(point));
    let text = metrics::shorten(&text, SMALL, canvas.width / 2.0);
    // an axis of negative numbers has its zero at the right edge
    let x = x.min(canvas.width - 20.0 - metrics::width(&text, SMALL));
    canvas.pen.patterned("chart-blank", Area::new(x, y - 7.0, 14.0, 14.0), &pattern);
    canvas.pen.text("chart-small chart-soft chart-halo", (x + 20.0, y + 4.5), Anchor::Start, &text);
}

/// Draws the sentence that stands in place of an empty chart; returns the height.
pub(crate) fn empty(canvas: &mut Canvas<'_>) -> f64 {
    let area = Area::new(0.5, READOUT, canvas.width - 1.0, 132.0);
    canvas.pen.rect("chart-nothing", area);
    let lines =
        metrics::wrap(&canvas.frame.empty, metrics::LABEL, (canvas.width - 48.0).min(460.0), 5);
    let mut y = area.top + 66.0 - crate::scale::float(lines.len()) * 10.0 + 15.0;
    for line in lines {
        canvas.pen.text("chart-label chart-soft", (area.middle(), y), Anchor::Middle, &line);
        y += 20.0;
    }
    area.bottom() + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_thinned_until_none_touch() {
        let crowded: Vec<(f64, f64)> = (0..20).map(|at| (f64::from(at) * 10.0, 24.0)).collect();

        let stride = stride(&crowded, 6.0);

        assert_eq!(stride, 3);
    }

    #[test]
    fn a_text_stays_inside_the_drawing() {
        let places =
            [(0.0, 40.0), (99.0, 40.0), (10.0, 140.0)].map(|(x, width)| inside(x, width, 100.0));

        assert_eq!(format!("{places:?}"), "[20.0, 80.0, 50.0]");
    }
}
