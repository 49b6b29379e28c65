//! Drawing histograms.

use super::{Bin, Histogram};
use crate::canvas::{Canvas, READOUT};
use crate::legend;
use crate::metrics::{self, SMALL};
use crate::plot;
use crate::scale::{Axis, Scale, float};
use crate::svg::{Anchor, Area};

/// A bin as drawn: finite ends, and a height in the unit of the vertical axis.
struct Column<'a> {
    bin: &'a Bin,
    from: f64,
    to: f64,
    height: Option<f64>,
}

fn columns(chart: &Histogram) -> Vec<Column<'_>> {
    let mut drawn: Vec<Column<'_>> = Vec::new();
    let mut before = 1.0;
    for bin in chart.bins.iter().filter(|bin| bin.from.is_finite()) {
        let width = if bin.to.is_finite() { (bin.to - bin.from).max(0.0) } else { before };
        if width > 0.0 {
            before = width;
        }
        drawn.push(Column {
            bin,
            from: bin.from,
            to: bin.from + width,
            height: bin.count.value().map(|count| count.max(0.0)),
        });
    }
    // unequal widths: heights per most common width, so that areas are proportional to counts
    let unit = unit(&drawn);
    for column in &mut drawn {
        let width = column.to - column.from;
        let even =
            !column.bin.to.is_finite() || (width - unit).abs() <= unit * 1e-6 || width <= 0.0;
        if !even {
            column.height = column.height.map(|height| height * unit / width);
        }
    }
    drawn
}

/// The narrowest width of a bin.
fn unit(columns: &[Column<'_>]) -> f64 {
    columns
        .iter()
        .map(|column| column.to - column.from)
        .filter(|width| *width > 0.0)
        .fold(f64::INFINITY, f64::min)
}

fn uneven(columns: &[Column<'_>]) -> bool {
    let unit = unit(columns);
    columns
        .iter()
        .any(|column| column.bin.to.is_finite() && column.to - column.from > unit * 1.000_001)
}

fn label(chart: &Histogram, bin: &Bin) -> String {
    let format = &chart.x.format;
    let place = if bin.to.is_finite() {
        format!("{} to below {}", format.bare(bin.from), format.text(bin.to))
    } else {
        format!("{} and more", format.text(bin.from))
    };
    format!("{place}: {}", bin.count.text(&chart.y.format, chart.frame.few))
}

pub(super) fn histogram(chart: &Histogram, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.bins.len());
    let columns = columns(chart);
    let mut heading = chart.y.heading();
    if uneven(&columns) {
        heading.push_str(&format!(" per {}", chart.x.format.text(unit(&columns))));
    }
    let keys = legend::reasons(canvas, chart.bins.iter().map(|bin| bin.count));
    let mut top = plot::heading(canvas, &heading, READOUT);
    top += legend::draw(canvas, &keys, top);
    top += float(chart.references.len().min(3)) * 18.0;
    let tall = if canvas.narrow { 220.0 } else { 280.0 };
    let y_axis = Axis { format: chart.y.format.clone().unit(""), ..chart.y.clone() };
    let y = Scale::fit(
        &y_axis,
        columns.iter().filter_map(|column| column.height),
        5.0,
        (top + tall, top + 4.0),
    );
    let left = plot::left_room(&y_axis, &y);
    let area = Area::new(left, top, canvas.width - left - 10.0, tall);
    let ends = columns.iter().flat_map(|column| [column.from, column.to]);
    let x_axis = crate::lines::draw::fitted(&chart.x, ends.clone());
    let mut x =
        Scale::fit(&x_axis, ends, (area.width / 80.0).clamp(2.0, 12.0), (area.left, area.right()));
    if let Some(open) = columns.iter().find(|column| !column.bin.to.is_finite()) {
        // within an open bin the axis measures nothing
        x.ticks.retain(|tick| *tick <= open.from);
    }
    plot::left_axis(canvas, &y_axis.format, &y, area);
    for column in &columns {
        draw_column(chart, canvas, column, (&x, &y, area));
    }
    let below = plot::bottom_axis(canvas, &x_axis, &x, area, false);
    for (at, reference) in chart.references.iter().take(3).enumerate() {
        let up = float(chart.references.len().min(3) - 1 - at) * 18.0;
        mark(
            canvas,
            reference,
            &x,
            Area::new(area.left, area.top - up, area.width, area.height + up),
        );
    }
    area.bottom() + below
}

fn draw_column(
    chart: &Histogram,
    canvas: &mut Canvas<'_>,
    column: &Column<'_>,
    (x, y, area): (&Scale, &Scale, Area),
) {
    let (from, to) = (x.at(column.from), x.at(column.to));
    let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
    canvas.open_mark(&label(chart, column.bin));
    canvas.pen.rect("chart-hit", Area::new(from, area.top, to - from, area.height));
    if let Some(height) = column.height {
        let top = y.at(height);
        let open = !column.bin.to.is_finite();
        let class = if open { "chart-bar chart-fill-quiet" } else { "chart-bar chart-fill-1" };
        canvas.pen.rect(class, Area::new(from, top, to - from - gap, area.bottom() - top));
        if open {
            // an open end, said where it is seen
            let text = metrics::shorten(
                &format!("{} and more", chart.x.format.text(column.from)),
                SMALL,
                area.width,
            );
            let y = if top - area.top > 20.0 { top - 6.0 } else { area.top + 14.0 };
            canvas.pen.text("chart-small chart-halo", (area.right(), y), Anchor::End, &text);
        }
    } else {
        let pattern = canvas.pattern(plot::reason_pattern(column.bin.count));
        canvas.pen.patterned(
            "chart-blank",
            Area::new(from, area.bottom() - 14.0, to - from - gap, 14.0),
            &pattern,
        );
    }
    canvas.close_mark();
}

/// A marked place; its name stands to the right of the line, or to the left at the end of the axis.
fn mark(canvas: &mut Canvas<'_>, reference: &plot::Reference, x: &Scale, area: Area) {
    if !reference.value.is_finite() || !x.holds(reference.value) {
        return;
    }
    let at = x.at(reference.value);
    canvas.pen.line("chart-under", (at, area.top - 14.0), (at, area.bottom()));
    canvas.pen.line("chart-reference", (at, area.top - 14.0), (at, area.bottom()));
    let (left, right) = ((at - 6.0).max(0.0), (canvas.width - at - 6.0).max(0.0));
    let fits = metrics::width(&reference.label, SMALL) <= right;
    let (place, anchor, room) = if fits || right >= left {
        (at + 6.0, Anchor::Start, right)
    } else {
        (at - 6.0, Anchor::End, left)
    };
    let text = metrics::shorten(&reference.label, SMALL, room);
    canvas.pen.text("chart-small chart-ink chart-halo", (place, area.top - 4.0), anchor, &text);
}
