//! Drawing bars.

use super::{Bar, Bars, Direction};
use crate::canvas::{Canvas, READOUT};
use crate::labels::Rows;
use crate::legend::{self, Key, Swatch};
use crate::metrics::{self, LABEL, SMALL};
use crate::plot;
use crate::scale::{Scale, float};
use crate::svg::{Anchor, Area};

/// Thickness of a horizontal bar.
const BAR: f64 = 20.0;
/// Height of the plot of vertical bars.
const TALL: f64 = 300.0;

pub(super) fn bars(chart: &Bars, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.bars.len());
    if chart.direction == Direction::Vertical
        && let Some(stride) = upright(chart, canvas)
    {
        return standing(chart, canvas, stride);
    }
    lying(chart, canvas)
}

/// Every how many names fit under vertical bars, if vertical bars are possible at all.
fn upright(chart: &Bars, canvas: &Canvas<'_>) -> Option<usize> {
    let slot = (canvas.width - 60.0) / float(chart.bars.len());
    let widths: Vec<f64> = chart.bars.iter().map(|bar| metrics::width(&bar.label, SMALL)).collect();
    if widths.iter().all(|width| *width <= slot - 6.0) {
        return Some(1);
    }
    // short ordinals such as years may be left out in between; names may not
    let ordinal = chart
        .bars
        .iter()
        .all(|bar| bar.label.chars().count() <= 7 && bar.label.chars().any(|c| c.is_ascii_digit()));
    let boxes: Vec<(f64, f64)> =
        widths.iter().enumerate().map(|(at, width)| (float(at) * slot, *width)).collect();
    (ordinal && slot >= 3.0).then(|| plot::stride(&boxes, 10.0))
}

fn values(chart: &Bars) -> impl Iterator<Item = f64> {
    let ends = chart.bars.iter().flat_map(|bar| {
        let span = bar.estimate.span();
        [bar.estimate.value(), span.map(|span| span.0), span.map(|span| span.1)]
    });
    ends.chain([chart.reference.as_ref().map(|reference| reference.value)]).flatten()
}

fn sentence(chart: &Bars, bar: &Bar) -> String {
    let text = bar.estimate.sentence(&chart.axis.format, chart.frame.few, &chart.frame.interval);
    format!("{}: {text}", bar.label)
}

/// The tone: all alike, or the stressed ones full and the others quiet.
fn tone(chart: &Bars, bar: &Bar) -> &'static str {
    let some = chart.bars.iter().any(|bar| bar.stressed);
    if some && !bar.stressed { "chart-bar chart-fill-quiet" } else { "chart-bar chart-fill-1" }
}

/// Keys to whiskers and patterns.
fn keys(chart: &Bars, canvas: &Canvas<'_>, reasons: bool) -> Vec<Key> {
    let mut keys = Vec::new();
    if chart.bars.iter().any(|bar| bar.estimate.span().is_some()) {
        keys.push(Key::new(Swatch::Whisker, &chart.frame.interval));
    }
    if reasons {
        keys.extend(legend::reasons(canvas, chart.bars.iter().map(|bar| bar.estimate.point)));
    }
    keys
}

fn lying(chart: &Bars, canvas: &mut Canvas<'_>) -> f64 {
    let rows = Rows::lay(canvas, chart.bars.iter().map(|bar| bar.label.as_str()), BAR, 0.0);
    let keys = keys(chart, canvas, false);
    let mut top = plot::heading(canvas, &chart.axis.heading(), READOUT);
    top += legend::draw(canvas, &keys, top);
    if chart.reference.is_some() {
        top += 22.0;
    }
    let format = &chart.axis.format;
    let texts = chart
        .bars
        .iter()
        .filter_map(|bar| bar.estimate.value())
        .map(|value| metrics::width(&format.text(value), LABEL));
    let room = texts.fold(0.0, f64::max).min(canvas.width * 0.3);
    let right = canvas.width - room - 14.0;
    let height = float(chart.bars.len()) * rows.height;
    let area = Area::new(rows.left, top, right - rows.left, height);
    let wanted = (area.width / 80.0).clamp(2.0, 8.0);
    let scale = Scale::fit(&chart.axis, values(chart), wanted, (area.left, area.right()));
    let axis =
        crate::Axis { title: String::new(), format: format.clone().unit(""), ..chart.axis.clone() };
    let below = plot::bottom_axis(canvas, &axis, &scale, area, true);
    if let Some(reference) = &chart.reference {
        plot::upright_reference(canvas, reference, &scale, area);
    }
    for (at, bar) in chart.bars.iter().enumerate() {
        lying_bar(chart, canvas, bar, &scale, (rows, area.top + float(at) * rows.height));
    }
    area.bottom() + below
}

fn lying_bar(
    chart: &Bars,
    canvas: &mut Canvas<'_>,
    bar: &Bar,
    scale: &Scale,
    (rows, top): (Rows, f64),
) {
    let middle = rows.middle(top);
    canvas.open_mark(&sentence(chart, bar));
    canvas.pen.rect("chart-hit", Area::new(0.0, top, canvas.width, rows.height));
    rows.name(canvas, &bar.label, top, bar.stressed);
    if let Some(value) = bar.estimate.value() {
        let (zero, end) = (scale.at(0.0), scale.at(value));
        let area = Area::new(zero.min(end), middle - BAR / 2.0, (end - zero).abs(), BAR);
        canvas.pen.rect(tone(chart, bar), area);
        let mut edge = end.max(zero);
        if let Some(span) = bar.estimate.span() {
            plot::whisker(canvas, "chart-whisker", scale, span, middle, 5.0);
            edge = edge.max(scale.at(span.1));
        }
        let text = metrics::shorten(&chart.axis.format.text(value), LABEL, canvas.width * 0.3);
        let class = if bar.stressed {
            "chart-label chart-strong chart-halo"
        } else {
            "chart-label chart-halo"
        };
        canvas.pen.text(class, (edge + 8.0, middle + 5.0), Anchor::Start, &text);
    } else {
        plot::reason(canvas, bar.estimate.point, scale.at(0.0) + 6.0, middle);
    }
    canvas.close_mark();
}

fn standing(chart: &Bars, canvas: &mut Canvas<'_>, stride: usize) -> f64 {
    let keys = keys(chart, canvas, true);
    let mut top = plot::heading(canvas, &chart.axis.heading(), READOUT);
    top += legend::draw(canvas, &keys, top);
    let tall = if canvas.narrow { 240.0 } else { TALL };
    let axis = crate::Axis { format: chart.axis.format.clone().unit(""), ..chart.axis.clone() };
    // room over the bars for their numbers
    let (from, to) = (top + tall, top + 20.0);
    let scale = Scale::fit(&axis, values(chart), 5.0, (from, to));
    let left = plot::left_room(&axis, &scale);
    let area = Area::new(left, top, canvas.width - left, tall);
    plot::left_axis(canvas, &axis.format, &scale, area);
    if let Some(reference) = &chart.reference {
        plot::level_line(canvas, reference, &scale, area);
    }
    let slot = area.width / float(chart.bars.len());
    let thick = (slot * 0.72).clamp(1.0, 64.0);
    let texts = chart
        .bars
        .iter()
        .filter_map(|bar| bar.estimate.value())
        .map(|value| metrics::width(&axis.format.text(value), SMALL));
    let numbers = texts.fold(0.0, f64::max) <= slot - 4.0;
    for (at, bar) in chart.bars.iter().enumerate() {
        let middle = area.left + slot * (float(at) + 0.5);
        canvas.open_mark(&sentence(chart, bar));
        canvas.pen.rect("chart-hit", Area::new(middle - slot / 2.0, area.top, slot, tall));
        standing_bar(chart, canvas, bar, (&scale, area), (middle, thick, numbers));
        canvas.close_mark();
        if at.is_multiple_of(stride) {
            let x = plot::inside(middle, metrics::width(&bar.label, SMALL), canvas.width);
            canvas.pen.text("chart-small", (x, area.bottom() + 19.0), Anchor::Middle, &bar.label);
        }
    }
    if let Some(reference) = &chart.reference {
        plot::level_name(canvas, reference, &scale, area, Anchor::Start);
    }
    26.0 + area.bottom() + plot::bottom_title(canvas, &chart.category, area, area.bottom() + 26.0)
}

fn standing_bar(
    chart: &Bars,
    canvas: &mut Canvas<'_>,
    bar: &Bar,
    (scale, area): (&Scale, Area),
    (middle, thick, numbers): (f64, f64, bool),
) {
    let zero = scale.at(0.0);
    let Some(value) = bar.estimate.value() else {
        // a patterned foot of fixed height, visibly not a number
        let pattern = canvas.pattern(plot::reason_pattern(bar.estimate.point));
        let blank = Area::new(middle - thick / 2.0, area.bottom() - 14.0, thick, 14.0);
        canvas.pen.patterned("chart-blank", blank, &pattern);
        return;
    };
    let end = scale.at(value);
    canvas.pen.rect(
        tone(chart, bar),
        Area::new(middle - thick / 2.0, zero.min(end), thick, (end - zero).abs()),
    );
    let mut edge = end.min(zero);
    if let Some(span) = bar.estimate.span() {
        plot::standing_whisker(canvas, scale, span, middle, (thick / 4.0).min(5.0));
        edge = edge.min(scale.at(span.1));
    }
    if numbers {
        let text = chart.axis.format.clone().unit("").text(value);
        canvas.pen.text(
            "chart-small chart-ink chart-halo",
            (middle, edge - 6.0),
            Anchor::Middle,
            &text,
        );
    }
}
