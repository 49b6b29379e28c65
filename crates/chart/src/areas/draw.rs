//! Drawing areas.

use super::Areas;
use crate::canvas::{Canvas, READOUT};
use crate::format::Format;
use crate::legend::{self, Key, Swatch};
use crate::lines::draw::{Names, fitted, name_ends};
use crate::plot;
use crate::point::Point;
use crate::scale::{Axis, Scale};
use crate::stacked::draw::share_heading;
use crate::stacked::total;
use crate::svg::{Area, Path};

/// The stack at one place: its x and the upper end of each area.
struct Place {
    at: usize,
    x: f64,
    tops: Vec<f64>,
}

pub(super) fn areas(chart: &Areas, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.series.len());
    let tall = if canvas.narrow { 250.0 } else { 340.0 };
    let single = chart.series.len() == 1;
    let names = if single {
        Names { room: 0.0 }
    } else {
        Names::choose(canvas, chart.series.iter().map(|series| series.label.as_str()), tall)
    };
    let places: Vec<Result<Place, (f64, Point)>> =
        (0..chart.xs.len()).filter_map(|at| place(chart, at)).collect();
    let mut keys = Vec::new();
    if !names.at_ends() && !single {
        keys.extend(
            chart
                .series
                .iter()
                .enumerate()
                .map(|(at, series)| Key::new(Swatch::Fill(at), &series.label)),
        );
    }
    keys.extend(legend::reasons(
        canvas,
        places.iter().filter_map(|place| place.as_ref().err().map(|(_, why)| *why)),
    ));
    let heading = if chart.share { share_heading(&chart.y) } else { chart.y.heading() };
    let mut top = plot::heading(canvas, &heading, READOUT);
    top += legend::draw(canvas, &keys, top);

    let y_axis = if chart.share {
        Axis::new("", Format::percent(0)).range(0.0, 1.0)
    } else {
        Axis { format: chart.y.format.clone().unit(""), ..chart.y.clone() }
    };
    let tops = places.iter().flatten().filter_map(|place| place.tops.last().copied());
    let y = Scale::fit(&y_axis, tops, 5.0, (top + tall, top + 6.0));
    let left = plot::left_room(&y_axis, &y);
    let area = Area::new(left, top, canvas.width - names.room.max(12.0) - left, tall);
    let x_axis = fitted(&chart.x, chart.xs.iter().copied());
    let x = Scale::fit(
        &x_axis,
        chart.xs.iter().copied(),
        (area.width / 90.0).clamp(2.0, 10.0),
        (area.left, area.right()),
    );
    plot::left_axis(canvas, &y_axis.format, &y, area);
    gaps(canvas, &places, (&x, area));
    for series in 0..chart.series.len() {
        draw_series(chart, canvas, series, &places, (&x, &y));
    }
    let below = plot::bottom_axis(canvas, &x_axis, &x, area, false);
    if names.at_ends() {
        end_names(chart, canvas, &places, (&x, &y, area));
    }
    area.bottom() + below
}

fn place(chart: &Areas, at: usize) -> Option<Result<Place, (f64, Point)>> {
    let x = *chart.xs.get(at)?;
    if !x.is_finite() {
        return None;
    }
    if let Some(lacking) =
        chart.series.iter().map(|series| series.point(at)).find(|point| point.value().is_none())
    {
        return Some(Err((x, lacking)));
    }
    let whole = if chart.share {
        total(&chart.series, at).filter(|whole| *whole > 0.0).unwrap_or(1.0)
    } else {
        1.0
    };
    let mut sum = 0.0;
    let tops = chart
        .series
        .iter()
        .map(|series| {
            sum += series.part(at).unwrap_or(0.0) / whole;
            sum
        })
        .collect();
    Some(Ok(Place { at, x, tops }))
}

/// Places that are not known are patterned over the whole height.
fn gaps(
    canvas: &mut Canvas<'_>,
    places: &[Result<Place, (f64, Point)>],
    (x, area): (&Scale, Area),
) {
    for place in places {
        if let Err((at, why)) = place {
            let pattern = canvas.pattern(plot::reason_pattern(*why));
            let left = (x.at(*at) - 5.0).max(area.left);
            let width = 10.0_f64.min(area.right() - left);
            canvas.pen.patterned(
                "chart-blank",
                Area::new(left, area.top, width, area.height),
                &pattern,
            );
        }
    }
}

fn below(place: &Place, series: usize) -> f64 {
    series.checked_sub(1).and_then(|under| place.tops.get(under)).copied().unwrap_or(0.0)
}

fn draw_series(
    chart: &Areas,
    canvas: &mut Canvas<'_>,
    series: usize,
    places: &[Result<Place, (f64, Point)>],
    (x, y): (&Scale, &Scale),
) {
    let Some(part) = chart.series.get(series) else {
        return;
    };
    let say = |place: &Place| {
        let value = part.part(place.at).unwrap_or(0.0);
        let share =
            place.tops.get(series).map(|top| Format::percent(1).text(top - below(place, series)));
        let share =
            share.filter(|_| chart.share).map(|share| format!(" ({share})")).unwrap_or_default();
        format!(
            "{}, {}: {}{share}",
            part.label,
            chart.x.format.text(place.x),
            chart.y.format.text(value)
        )
    };
    let known: Vec<&Place> = places.iter().flatten().collect();
    let label = match (known.first(), known.last()) {
        (Some(first), Some(last)) => format!(
            "{} to {}",
            say(first),
            say(last).trim_start_matches(&format!("{}, ", part.label))
        ),
        _ => format!("{}: no values", part.label),
    };
    canvas.open_mark(&label);
    for stretch in places.split(Result::is_err) {
        let stretch: Vec<&Place> = stretch.iter().flatten().collect();
        let upper = stretch
            .iter()
            .filter_map(|place| Some((x.at(place.x), y.at(*place.tops.get(series)?))));
        let lower = stretch.iter().rev().map(|place| (x.at(place.x), y.at(below(place, series))));
        let path = Path::through(upper.clone().chain(lower)).shut();
        if path.is_empty() {
            continue;
        }
        canvas.pen.path(&format!("chart-area {}", legend::fill(series)), &path);
        let pattern = canvas.pattern(&legend::texture(series));
        canvas.pen.filled("chart-texture", &path, &pattern);
        canvas.pen.path("chart-edge", &Path::through(upper));
    }
    for place in &known {
        canvas.open_part(&say(place));
        let (middle, half) = (x.at(place.x), 4.0);
        let (from, to) =
            (y.at(below(place, series)), y.at(place.tops.get(series).copied().unwrap_or(0.0)));
        canvas.pen.rect("chart-hit", Area::new(middle - half, to, 2.0 * half, from - to));
        canvas.close_mark();
    }
    canvas.close_mark();
}

fn end_names(
    chart: &Areas,
    canvas: &mut Canvas<'_>,
    places: &[Result<Place, (f64, Point)>],
    (x, y, area): (&Scale, &Scale, Area),
) {
    let Some(last) = places.iter().rev().flatten().next() else {
        return;
    };
    let ends: Vec<(usize, &str, f64, f64)> = chart
        .series
        .iter()
        .enumerate()
        .map(|(at, series)| {
            let top = last.tops.get(at).copied().unwrap_or(0.0);
            (
                at,
                series.label.as_str(),
                x.at(last.x),
                f64::midpoint(y.at(below(last, at)), y.at(top)),
            )
        })
        .collect();
    name_ends(canvas, &ends, area);
}
