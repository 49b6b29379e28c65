//! Drawing boxes.

use super::{BoxRow, Boxes};
use crate::canvas::{Canvas, READOUT};
use crate::format::whole;
use crate::labels::Rows;
use crate::metrics::{self, LABEL, SMALL};
use crate::plot;
use crate::scale::{Axis, Scale, float};
use crate::svg::{Anchor, Area};

/// Thickness of a box.
const BOX: f64 = 22.0;

fn label(chart: &Boxes, row: &BoxRow) -> String {
    let format = &chart.axis.format;
    match row.numbers() {
        Some([tenth, lower, median, upper, ninetieth]) => {
            let of = row.of.map(|of| format!(", n = {}", whole(of))).unwrap_or_default();
            format!(
                "{}: median {}, middle half {}, 10th to 90th percentile {}{of}",
                row.label,
                format.text(median),
                format.range(lower, upper),
                format.range(tenth, ninetieth)
            )
        }
        None => format!("{}: {}", row.label, row.why().text(format, chart.frame.few)),
    }
}

pub(super) fn boxes(chart: &Boxes, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.rows.len());
    let rows = Rows::lay(canvas, chart.rows.iter().map(|row| row.label.as_str()), BOX, 0.0);
    let mut top = plot::heading(canvas, &chart.axis.heading(), READOUT);
    top = key(canvas, top);
    if chart.reference.is_some() {
        top += 22.0;
    }
    let medians = chart
        .rows
        .iter()
        .filter_map(|row| row.numbers().map(|[_, _, median, ..]| chart.axis.format.text(median)));
    let medians: Vec<String> = medians.collect();
    let room = metrics::widest(medians.iter().map(String::as_str), LABEL).min(canvas.width * 0.3);
    let area = Area::new(
        rows.left,
        top,
        canvas.width - room - 16.0 - rows.left,
        float(chart.rows.len()) * rows.height,
    );
    let values = chart.rows.iter().filter_map(BoxRow::numbers).flatten();
    let reference = chart.reference.as_ref().map(|reference| reference.value);
    let axis = Axis {
        title: String::new(),
        format: chart.axis.format.clone().unit(""),
        ..chart.axis.clone()
    };
    let wanted = (area.width / 80.0).clamp(2.0, 8.0);
    let scale = Scale::fit(&axis, values.chain(reference), wanted, (area.left, area.right()));
    let below = plot::bottom_axis(canvas, &axis, &scale, area, true);
    if let Some(reference) = &chart.reference {
        plot::upright_reference(canvas, reference, &scale, area);
    }
    for (at, row) in chart.rows.iter().enumerate() {
        let top = area.top + float(at) * rows.height;
        canvas.open_mark(&label(chart, row));
        canvas.pen.rect("chart-hit", Area::new(0.0, top, canvas.width, rows.height));
        rows.name(canvas, &row.label, top, false);
        one(chart, canvas, row, &scale, rows.middle(top));
        canvas.close_mark();
    }
    area.bottom() + below
}

fn one(chart: &Boxes, canvas: &mut Canvas<'_>, row: &BoxRow, scale: &Scale, y: f64) {
    let Some([tenth, lower, median, upper, ninetieth]) = row.numbers() else {
        plot::reason(canvas, row.why(), scale.at(scale.low()) + 6.0, y);
        return;
    };
    plot::whisker(canvas, "chart-whisker", scale, (tenth, ninetieth), y, 5.0);
    let (left, right) = (scale.at(lower), scale.at(upper));
    canvas.pen.rect("chart-box", Area::new(left, y - BOX / 2.0, right - left, BOX));
    let middle = scale.at(median);
    canvas.pen.line("chart-median", (middle, y - BOX / 2.0), (middle, y + BOX / 2.0));
    let text = metrics::shorten(&chart.axis.format.text(median), LABEL, canvas.width * 0.3);
    let edge = scale.at(ninetieth).max(right);
    canvas.pen.text("chart-label chart-halo", (edge + 9.0, y + 5.0), Anchor::Start, &text);
}

/// How a box is read, as a small box with names.
fn key(canvas: &mut Canvas<'_>, top: f64) -> f64 {
    let y = top + 9.0;
    canvas.pen.tag("g").class("chart-legend").s("aria-hidden", "true").open();
    canvas.pen.line("chart-whisker", (0.0, y), (44.0, y));
    canvas.pen.line("chart-whisker", (0.5, y - 4.0), (0.5, y + 4.0));
    canvas.pen.line("chart-whisker", (44.0, y - 4.0), (44.0, y + 4.0));
    canvas.pen.rect("chart-box", Area::new(10.0, y - 7.0, 22.0, 14.0));
    canvas.pen.line("chart-median", (19.0, y - 7.0), (19.0, y + 7.0));
    let mut used = y + 4.5;
    for line in
        metrics::wrap("Median, middle half, 10th to 90th percentile", SMALL, canvas.width - 56.0, 2)
    {
        canvas.pen.text("chart-small", (54.0, used), Anchor::Start, &line);
        used += plot::LINE;
    }
    canvas.pen.end("g");
    used + 6.0
}
