//! Drawing forest plots.

use super::{Forest, ForestRow};
use crate::canvas::{Canvas, READOUT};
use crate::labels::Rows;
use crate::legend::{self, Key, Swatch};
use crate::metrics::{self, LABEL};
use crate::plot;
use crate::scale::{Axis, Scale, float};
use crate::svg::{Anchor, Area, Path};

/// Height of the marks.
const MARK: f64 = 16.0;
/// How far rows of a group are set in.
const INDENT: f64 = 14.0;
/// Height of the heading of a group.
const GROUP: f64 = 32.0;

/// Estimate and interval as one text: `1.42 (1.10–1.83)`.
fn figures(chart: &Forest, row: &ForestRow) -> String {
    let format = chart.axis.format.clone().unit("");
    match (row.estimate.value(), row.estimate.span()) {
        (Some(value), Some((low, high))) => {
            format!("{} ({})", format.text(value), format.range(low, high))
        }
        (Some(value), None) => format.text(value),
        (None, _) => String::new(),
    }
}

fn label(chart: &Forest, row: &ForestRow) -> String {
    let text = row.estimate.sentence(&chart.axis.format, chart.frame.few, &chart.frame.interval);
    if row.group.is_empty() {
        format!("{}: {text}", row.label)
    } else {
        format!("{}, {}: {text}", row.group, row.label)
    }
}

/// Whether a row opens a group.
fn opens(chart: &Forest, at: usize) -> bool {
    let group = |at: usize| chart.rows.get(at).map(|row| row.group.as_str());
    let before = at.checked_sub(1).and_then(group).unwrap_or("");
    group(at).is_some_and(|group| !group.is_empty() && group != before)
}

pub(super) fn forest(chart: &Forest, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.rows.len());
    let grouped = chart.rows.iter().any(|row| !row.group.is_empty());
    let indent = if grouped { INDENT } else { 0.0 };
    let rows = Rows::lay(canvas, chart.rows.iter().map(|row| row.label.as_str()), MARK, indent);
    let mut top = plot::heading(canvas, &chart.axis.heading(), READOUT);
    if chart.rows.iter().any(|row| row.estimate.span().is_some()) {
        top += legend::draw(canvas, &[Key::new(Swatch::Whisker, &chart.frame.interval)], top);
    }
    if chart.reference.is_some() {
        top += 22.0;
    }
    let texts: Vec<String> = chart.rows.iter().map(|row| figures(chart, row)).collect();
    // on narrow pages the figures would leave no room for the plot; they are in the table and in each mark's name
    let widest = metrics::widest(texts.iter().map(String::as_str), LABEL);
    let room = if canvas.narrow || widest > canvas.width * 0.35 { 0.0 } else { widest + 16.0 };
    let heads = float((0..chart.rows.len()).filter(|at| opens(chart, *at)).count());
    let height = float(chart.rows.len()) * rows.height + heads * GROUP;
    let area = Area::new(rows.left, top, canvas.width - room - 10.0 - rows.left, height);
    let axis = Axis {
        title: String::new(),
        format: chart.axis.format.clone().unit(""),
        ..chart.axis.clone()
    };
    let scale = fitted(chart, &axis, area);
    let below = plot::bottom_axis(canvas, &axis, &scale, area, true);
    if let Some(reference) = &chart.reference {
        plot::upright_reference(canvas, reference, &scale, area);
    }
    let heaviest = chart
        .rows
        .iter()
        .filter_map(|row| row.weight)
        .filter(|weight| weight.is_finite())
        .fold(0.0, f64::max);
    let mut y = area.top;
    for (at, row) in chart.rows.iter().enumerate() {
        if opens(chart, at) {
            let text = metrics::shorten(&row.group, metrics::STRONG, canvas.width);
            let class = "chart-label chart-strong chart-halo";
            canvas.pen.text(class, (0.0, y + 22.0), Anchor::Start, &text);
            y += GROUP;
        }
        canvas.open_mark(&label(chart, row));
        canvas.pen.rect("chart-hit", Area::new(0.0, y, canvas.width, rows.height));
        rows.name(canvas, &row.label, y, row.summary);
        one(canvas, row, &scale, (rows.middle(y), heaviest));
        write_figures(chart, canvas, row, (&rows, y, room));
        canvas.close_mark();
        y += rows.height;
    }
    area.bottom() + below
}

/// Fits the axis of values between the names and the figures.
fn fitted(chart: &Forest, axis: &Axis, area: Area) -> Scale {
    let values = chart.rows.iter().flat_map(|row| {
        let span = row.estimate.span();
        [row.estimate.value(), span.map(|span| span.0), span.map(|span| span.1)]
    });
    let reference = chart.reference.as_ref().map(|reference| reference.value);
    let wanted = (area.width / 70.0).clamp(2.0, 8.0);
    let values = values.chain([reference]).flatten();
    Scale::fit(axis, values, wanted, (area.left + 8.0, area.right() - 8.0))
}

/// Estimate and interval in figures: in a column of their own, or beside a name that stands above its mark.
fn write_figures(
    chart: &Forest,
    canvas: &mut Canvas<'_>,
    row: &ForestRow,
    (rows, top, room): (&Rows, f64, f64),
) {
    let text = figures(chart, row);
    if let Some(line) = rows.line_above(top) {
        let name = metrics::width(&row.label, metrics::STRONG) + INDENT;
        if name + metrics::width(&text, LABEL) + 16.0 <= canvas.width {
            canvas.pen.text("chart-small chart-halo", (canvas.width, line), Anchor::End, &text);
        }
    } else if room > 0.0 {
        let text = metrics::shorten(&text, LABEL, room);
        let class = if row.summary {
            "chart-label chart-strong chart-figures"
        } else {
            "chart-label chart-figures"
        };
        let y = rows.middle(top) + 5.0;
        canvas.pen.text(class, (canvas.width, y), Anchor::End, &text);
    }
}

fn one(canvas: &mut Canvas<'_>, row: &ForestRow, scale: &Scale, (y, heaviest): (f64, f64)) {
    let Some(value) = row.estimate.value() else {
        plot::reason(canvas, row.estimate.point, scale.at(scale.low()) + 6.0, y);
        return;
    };
    let x = scale.at(value);
    if row.summary {
        let (low, high) = row
            .estimate
            .span()
            .map_or((x - 6.0, x + 6.0), |(low, high)| (scale.at(low), scale.at(high)));
        let path =
            Path::through([(low, y), (x, y - MARK / 2.0), (high, y), (x, y + MARK / 2.0)]).shut();
        canvas.pen.path("chart-diamond", &path);
        return;
    }
    if let Some(span) = row.estimate.span() {
        plot::whisker(canvas, "chart-whisker chart-strong-whisker", scale, span, y, 4.0);
    }
    // the area of the square grows with the weight
    let share = row
        .weight
        .filter(|weight| *weight > 0.0 && heaviest > 0.0)
        .map_or(0.4, |weight| (weight / heaviest).min(1.0));
    let side = 5.0 + (MARK - 4.0) * share.sqrt();
    canvas
        .pen
        .rect("chart-square chart-fill-1", Area::new(x - side / 2.0, y - side / 2.0, side, side));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Frame};

    #[test]
    fn figures_give_estimate_and_interval() {
        let chart =
            Forest::new(Frame::new("f", "F"), Axis::new("Odds ratio", Format::number(2)).log());
        let row = ForestRow::new("a", crate::Estimate::new(1.42).between(1.1, 1.83));

        assert_eq!(figures(&chart, &row), "1.42 (1.10–1.83)");
        assert!(metrics::width(&figures(&chart, &row), LABEL) > 60.0);
    }
}
