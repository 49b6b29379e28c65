//! Keys to colors, lines and patterns.

use crate::canvas::Canvas;
use crate::metrics::{self, SMALL};
use crate::plot;
use crate::point::Point;
use crate::svg::{Anchor, Area, Path};

/// What stands before the text of a key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Swatch {
    /// A filled square in the tone of a series, with its texture.
    Fill(usize),
    /// A piece of a line in the tone of a series, with its dash and its marker.
    Line(usize),
    /// The pattern of a reason.
    Blank(Point),
    /// An interval as a whisker.
    Whisker,
}

/// One key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub swatch: Swatch,
    pub text: String,
}

impl Key {
    pub(crate) fn new(swatch: Swatch, text: impl Into<String>) -> Self {
        Self { swatch, text: text.into() }
    }
}

/// Tones repeat after this many series; dashes and markers then differ.
pub(crate) const TONES: usize = 8;

/// Class that fills in the tone of a series.
pub(crate) fn fill(series: usize) -> String {
    format!("chart-fill-{}", series % TONES + 1)
}

/// Class that strokes in the tone of a series.
pub(crate) fn stroke(series: usize) -> String {
    format!("chart-stroke-{} chart-dash-{}", series % TONES + 1, (series + series / TONES) % 5 + 1)
}

/// Name of the texture of a series, laid over its fill where color cannot be relied upon.
pub(crate) fn texture(series: usize) -> String {
    format!("texture-{}", series % TONES + 1)
}

/// Keys for the reasons that occur among the points.
pub(crate) fn reasons(canvas: &Canvas<'_>, points: impl IntoIterator<Item = Point>) -> Vec<Key> {
    let mut seen: Vec<Point> = Vec::new();
    for point in points {
        if point.value().is_none() {
            let kind = if let Point::Value(_) = point { Point::Missing } else { point };
            if !seen.contains(&kind) {
                seen.push(kind);
            }
        }
    }
    seen.into_iter()
        .filter_map(|kind| {
            kind.reason(canvas.few()).map(|text| Key::new(Swatch::Blank(kind), text))
        })
        .collect()
}

/// Draws keys in rows from `top`; returns the height used.
pub(crate) fn draw(canvas: &mut Canvas<'_>, keys: &[Key], top: f64) -> f64 {
    if keys.is_empty() {
        return 0.0;
    }
    canvas.pen.tag("g").class("chart-legend").s("aria-hidden", "true").open();
    let (mut x, mut y) = (0.0, top);
    for key in keys {
        let lead = if matches!(key.swatch, Swatch::Line(_)) { 34.0 } else { 20.0 };
        let text = metrics::shorten(&key.text, SMALL, canvas.width - lead);
        let width = lead + metrics::width(&text, SMALL);
        if x > 0.0 && x + width > canvas.width {
            x = 0.0;
            y += 22.0;
        }
        swatch(canvas, key.swatch, x, y + 8.0);
        canvas.pen.text("chart-small chart-ink", (x + lead, y + 12.5), Anchor::Start, &text);
        x += width + 20.0;
    }
    canvas.pen.end("g");
    y - top + 28.0
}

fn swatch(canvas: &mut Canvas<'_>, swatch: Swatch, x: f64, y: f64) {
    let square = Area::new(x, y - 7.0, 14.0, 14.0);
    match swatch {
        Swatch::Fill(series) => {
            canvas.pen.rect(&fill(series), square);
            let pattern = canvas.pattern(&texture(series));
            canvas.pen.patterned("chart-texture", square, &pattern);
        }
        Swatch::Line(series) => {
            canvas.pen.line(&format!("chart-line {}", stroke(series)), (x, y), (x + 28.0, y));
            marker(canvas, series, (x + 14.0, y), 4.0);
        }
        Swatch::Blank(point) => {
            let pattern = canvas.pattern(plot::reason_pattern(point));
            canvas.pen.patterned("chart-blank", square, &pattern);
        }
        Swatch::Whisker => {
            canvas.pen.line("chart-whisker", (x, y), (x + 14.0, y));
            canvas.pen.line("chart-whisker", (x, y - 4.0), (x, y + 4.0));
            canvas.pen.line("chart-whisker", (x + 14.0, y - 4.0), (x + 14.0, y + 4.0));
        }
    }
}

/// The marker of a series: a shape of its own in its tone.
pub(crate) fn marker(canvas: &mut Canvas<'_>, series: usize, (x, y): (f64, f64), radius: f64) {
    let class = format!("chart-marker {}", fill(series));
    let corners: &[(f64, f64)] = match series % 5 {
        1 => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2 => &[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        3 => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        4 => &[(-1.1, -0.8), (1.1, -0.8), (0.0, 1.2)],
        _ => {
            canvas.pen.circle(&class, (x, y), radius);
            return;
        }
    };
    let path =
        Path::through(corners.iter().map(|(dx, dy)| (x + dx * radius, y + dy * radius))).shut();
    canvas.pen.path(&class, &path);
}
