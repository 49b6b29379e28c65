//! Drawing lines.

use super::{Line, Lines};
use crate::canvas::{Canvas, READOUT};
use crate::labels;
use crate::legend::{self, Key, Swatch};
use crate::metrics::{self, NAMES};
use crate::plot;
use crate::scale::{Axis, Scale};
use crate::svg::{Anchor, Area, Path};

/// Distance between names at line ends.
pub(crate) const NAME: f64 = 17.0;

/// How the names of lines are shown.
pub(crate) struct Names {
    /// Room to the right of the plot; 0 if the names are in a legend.
    pub room: f64,
}

impl Names {
    /// Names stand at the line ends if they are short enough and few enough.
    pub(crate) fn choose<'a>(
        canvas: &Canvas<'_>,
        names: impl Iterator<Item = &'a str> + Clone,
        tall: f64,
    ) -> Self {
        let count = crate::scale::float(names.clone().count());
        let widest = metrics::widest(names, NAMES) + 22.0;
        let limit = if canvas.narrow { 96.0 } else { canvas.width * 0.3 };
        let fits = widest <= limit && count * NAME <= tall;
        Self { room: if fits { widest } else { 0.0 } }
    }

    pub(crate) fn at_ends(&self) -> bool {
        self.room > 0.0
    }
}

/// Writes names at line ends, moved apart, each tied to its line by a thin leader.
pub(crate) fn name_ends(canvas: &mut Canvas<'_>, ends: &[(usize, &str, f64, f64)], area: Area) {
    let wanted: Vec<f64> = ends.iter().map(|(_, _, _, y)| *y).collect();
    let Some(places) = labels::spread(&wanted, NAME, (area.top + 4.0, area.bottom() - 2.0)) else {
        return;
    };
    canvas.pen.tag("g").s("aria-hidden", "true").open();
    for ((series, name, x, y), place) in ends.iter().zip(places) {
        let start = area.right() + 18.0;
        if (place - y).abs() > 3.0 || area.right() - x > 6.0 {
            let path =
                Path::through([(x + 5.0, *y), (area.right() + 4.0, *y), (start - 4.0, place)]);
            canvas.pen.path("chart-leader", &path);
        }
        let text = metrics::shorten(name, NAMES, canvas.width - start);
        let class = format!("chart-small chart-halo chart-text-{}", series % legend::TONES + 1);
        canvas.pen.text(&class, (start, place + 4.5), Anchor::Start, &text);
    }
    canvas.pen.end("g");
}

pub(super) fn lines(chart: &Lines, canvas: &mut Canvas<'_>) -> f64 {
    let points: usize = chart.lines.iter().map(|line| line.points.len()).sum();
    // one stop per point as long as that is bearable, else one per line
    let single = points <= 40;
    canvas.expect_marks(if single { points } else { chart.lines.len() });
    let tall = if canvas.narrow { 250.0 } else { 340.0 };
    let names = Names::choose(canvas, chart.lines.iter().map(|line| line.label.as_str()), tall);
    let mut keys = Vec::new();
    if !names.at_ends() {
        let one = |(at, line): (usize, &Line)| Key::new(Swatch::Line(at), &line.label);
        keys.extend(chart.lines.iter().enumerate().map(one));
    }
    keys.extend(legend::reasons(
        canvas,
        chart.lines.iter().flat_map(|line| &line.points).map(|point| point.y.point),
    ));
    let mut top = plot::heading(canvas, &chart.y.heading(), READOUT);
    top += legend::draw(canvas, &keys, top);

    let y_axis = Axis { format: chart.y.format.clone().unit(""), ..chart.y.clone() };
    let y = Scale::fit(&y_axis, values(chart), 5.0, (top + tall, top + 6.0));
    let left = plot::left_room(&y_axis, &y);
    let right = canvas.width - names.room.max(12.0);
    let area = Area::new(left, top, right - left, tall);
    let xs = chart.lines.iter().flat_map(|line| &line.points).map(|point| point.x);
    // the axis of time ends where the data end
    let x_axis = fitted(&chart.x, xs.clone());
    let x =
        Scale::fit(&x_axis, xs, (area.width / 90.0).clamp(2.0, 10.0), (area.left, area.right()));
    plot::left_axis(canvas, &y_axis.format, &y, area);
    let below = plot::bottom_axis(canvas, &x_axis, &x, area, false);
    if let Some(reference) = &chart.reference {
        plot::level_line(canvas, reference, &y, area);
    }
    for (at, line) in chart.lines.iter().enumerate() {
        band(canvas, at, line, (&x, &y));
    }
    for (at, line) in chart.lines.iter().enumerate() {
        if single {
            stroke(canvas, at, line, (&x, &y));
            marks(chart, canvas, (at, line), (&x, &y, area), true);
        } else {
            canvas.open_mark(&summary(chart, line));
            stroke(canvas, at, line, (&x, &y));
            marks(chart, canvas, (at, line), (&x, &y, area), false);
            canvas.close_mark();
        }
    }
    if let Some(reference) = &chart.reference {
        plot::level_name(canvas, reference, &y, area, Anchor::Start);
    }
    if names.at_ends() {
        name_ends(canvas, &last_points(chart, (&x, &y)), area);
    }
    area.bottom() + below
}

/// Where each line ends: its number, its name and its last point.
fn last_points<'a>(chart: &'a Lines, (x, y): (&Scale, &Scale)) -> Vec<(usize, &'a str, f64, f64)> {
    let ends = chart.lines.iter().enumerate().filter_map(|(at, line)| {
        let last = |point: &super::LinePoint| Some((point.x, point.y.value()?));
        let (px, py) = line.points.iter().rev().find_map(last)?;
        Some((at, line.label.as_str(), x.at(px), y.at(py)))
    });
    ends.collect()
}

/// The axis with the ends of the data, if it has no range of its own and is linear.
pub(crate) fn fitted(axis: &Axis, values: impl Iterator<Item = f64>) -> Axis {
    let ends =
        values.filter(|value| value.is_finite()).fold(None, |ends: Option<(f64, f64)>, value| {
            Some(ends.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
        });
    let range = if axis.log || axis.from_zero { axis.range } else { axis.range.or(ends) };
    Axis { range, ..axis.clone() }
}

fn values(chart: &Lines) -> impl Iterator<Item = f64> {
    let points = chart.lines.iter().flat_map(|line| &line.points).flat_map(|point| {
        let span = point.y.span();
        [point.y.value(), span.map(|span| span.0), span.map(|span| span.1)]
    });
    points.chain([chart.reference.as_ref().map(|reference| reference.value)]).flatten()
}

/// Stretches of a line without a gap.
fn stretches(line: &Line) -> impl Iterator<Item = &[super::LinePoint]> {
    line.points.split(|point| point.y.value().is_none()).filter(|stretch| !stretch.is_empty())
}

fn band(canvas: &mut Canvas<'_>, series: usize, line: &Line, (x, y): (&Scale, &Scale)) {
    for stretch in stretches(line) {
        let spans: Vec<(f64, f64, f64)> = stretch
            .iter()
            .filter_map(|point| {
                point.y.span().map(|(low, high)| (x.at(point.x), y.at(low), y.at(high)))
            })
            .collect();
        if spans.len() > 1 {
            let upper = spans.iter().map(|(x, _, high)| (*x, *high));
            let lower = spans.iter().rev().map(|(x, low, _)| (*x, *low));
            let class = format!("chart-band {}", legend::fill(series));
            canvas.pen.path(&class, &Path::through(upper.chain(lower)).shut());
        }
    }
}

fn stroke(canvas: &mut Canvas<'_>, series: usize, line: &Line, (x, y): (&Scale, &Scale)) {
    let class = format!("chart-line {}", legend::stroke(series));
    for stretch in stretches(line).filter(|stretch| stretch.len() > 1) {
        let places =
            stretch.iter().filter_map(|point| Some((x.at(point.x), y.at(point.y.value()?))));
        canvas.pen.path(&class, &Path::through(places));
    }
}

/// Markers: on every point of a short line, on some of a long one; every point has its name.
fn marks(
    chart: &Lines,
    canvas: &mut Canvas<'_>,
    (series, line): (usize, &Line),
    (x, y, area): (&Scale, &Scale, Area),
    stops: bool,
) {
    let count = line.points.len();
    let every = if count <= 16 { 1 } else { count.div_ceil(8) };
    for (at, point) in line.points.iter().enumerate() {
        let text = point.y.sentence(&chart.y.format, chart.frame.few, &chart.frame.interval);
        let label = format!("{}, {}: {text}", line.label, chart.x.format.text(point.x));
        if stops {
            canvas.open_mark(&label);
        } else {
            canvas.open_part(&label);
        }
        let px = x.at(point.x);
        if let Some(value) = point.y.value() {
            let py = y.at(value);
            canvas.pen.circle("chart-hit", (px, py), 8.0);
            let alone = count == 1;
            if alone || (count - 1 - at).is_multiple_of(every) {
                legend::marker(canvas, series, (px, py), 3.6);
            } else {
                canvas.pen.circle(&format!("chart-dot {}", legend::fill(series)), (px, py), 3.6);
            }
        } else {
            let pattern = canvas.pattern(plot::reason_pattern(point.y.point));
            let blank = Area::new(px - 5.0, area.bottom() - 10.0, 10.0, 10.0);
            canvas.pen.patterned("chart-blank", blank, &pattern);
        }
        canvas.close_mark();
    }
}

/// What a whole line says: first, last, lowest and highest.
fn summary(chart: &Lines, line: &Line) -> String {
    let known: Vec<(f64, f64)> =
        line.points.iter().filter_map(|point| Some((point.x, point.y.value()?))).collect();
    let say =
        |(x, y): (f64, f64)| format!("{} in {}", chart.y.format.text(y), chart.x.format.text(x));
    let lowest = known.iter().copied().min_by(|one, other| one.1.total_cmp(&other.1));
    let highest = known.iter().copied().max_by(|one, other| one.1.total_cmp(&other.1));
    match (known.first().copied(), known.last().copied(), lowest, highest) {
        (Some(first), Some(last), Some(lowest), Some(highest)) => format!(
            "{}: {} points, {} to {}; lowest {}, highest {}",
            line.label,
            known.len(),
            say(first),
            say(last),
            say(lowest),
            say(highest)
        ),
        _ => format!("{}: no values", line.label),
    }
}
