//! Drawing stacked bars.

use super::{Stacked, total};
use crate::bars::Direction;
use crate::canvas::{Canvas, READOUT};
use crate::format::Format;
use crate::labels::Rows;
use crate::legend::{self, Key, Swatch};
use crate::metrics::{self, LABEL, SMALL};
use crate::plot;
use crate::point::Point;
use crate::scale::{Axis, Scale, float};
use crate::svg::{Anchor, Area};

/// Thickness of a horizontal bar.
const BAR: f64 = 24.0;
/// Height of the plot of vertical bars.
const TALL: f64 = 300.0;

/// One drawn part: which series, from where to where, and what is said of it.
struct Part {
    series: usize,
    from: f64,
    to: f64,
    text: String,
    sentence: String,
}

/// The parts of a category, or why it cannot be drawn.
fn parts(chart: &Stacked, at: usize) -> Result<Vec<Part>, Point> {
    let lacking =
        chart.series.iter().map(|series| series.point(at)).find(|point| point.value().is_none());
    if let Some(lacking) = lacking {
        return Err(if matches!(lacking, Point::Value(_)) { Point::Missing } else { lacking });
    }
    let whole = total(&chart.series, at).filter(|whole| *whole > 0.0 && whole.is_finite());
    let category = chart.categories.get(at).map_or("", String::as_str);
    let mut from = 0.0;
    let mut parts = Vec::new();
    for (series, part) in chart.series.iter().enumerate() {
        let value = part.part(at).unwrap_or(0.0);
        let number = chart.axis.format.text(value);
        let share = whole.map(|whole| value / whole);
        let percent = share.map(|share| Format::percent(1).text(share));
        let size = if chart.share { share.unwrap_or(0.0) } else { value };
        let of = percent.map(|percent| format!(" ({percent})")).unwrap_or_default();
        let text = if chart.share {
            share.map_or_else(String::new, |share| Format::percent(0).text(share))
        } else {
            chart.axis.format.bare(value)
        };
        let sentence = format!("{category}, {}: {number}{of}", part.label);
        parts.push(Part { series, from, to: from + size, text, sentence });
        from += size;
    }
    Ok(parts)
}

fn axis(chart: &Stacked) -> Axis {
    if chart.share {
        Axis::new("", Format::percent(0)).range(0.0, 1.0)
    } else {
        Axis {
            format: chart.axis.format.clone().unit(""),
            title: String::new(),
            ..chart.axis.clone()
        }
    }
}

pub(super) fn stacked(chart: &Stacked, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.categories.len() * chart.series.len());
    let keys: Vec<Key> = chart
        .series
        .iter()
        .enumerate()
        .map(|(at, series)| Key::new(Swatch::Fill(at), &series.label))
        .collect();
    let slot = (canvas.width - 60.0) / float(chart.categories.len());
    let boxes: Vec<(f64, f64)> = chart
        .categories
        .iter()
        .enumerate()
        .map(|(at, category)| (float(at) * slot, metrics::width(category, SMALL)))
        .collect();
    let short = chart.categories.iter().all(|category| {
        category.chars().count() <= 7 && category.chars().any(|c| c.is_ascii_digit())
    });
    let fits = boxes.iter().all(|(_, width)| *width <= slot - 6.0);
    if chart.direction == Direction::Vertical && slot >= 3.0 && (fits || short) {
        let stride = if fits { 1 } else { plot::stride(&boxes, 10.0) };
        return standing(chart, canvas, keys, stride);
    }
    lying(chart, canvas, &keys)
}

fn ends(chart: &Stacked) -> impl Iterator<Item = f64> {
    (0..chart.categories.len())
        .filter_map(|at| parts(chart, at).ok())
        .filter_map(|parts| parts.last().map(|part| part.to))
}

fn heading(chart: &Stacked) -> String {
    if chart.share { share_heading(&chart.axis) } else { chart.axis.heading() }
}

/// What an axis of shares is called: "Share of runs".
pub(crate) fn share_heading(axis: &Axis) -> String {
    if axis.title.is_empty() {
        "Share".to_owned()
    } else {
        format!("Share of {}", lower_first(&axis.title))
    }
}

/// The title of an axis within a sentence; abbreviations keep their capitals.
fn lower_first(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

fn lying(chart: &Stacked, canvas: &mut Canvas<'_>, keys: &[Key]) -> f64 {
    let rows = Rows::lay(canvas, chart.categories.iter().map(String::as_str), BAR, 0.0);
    let mut top = plot::heading(canvas, &heading(chart), READOUT);
    top += legend::draw(canvas, keys, top);
    let totals: Vec<Option<String>> = (0..chart.categories.len())
        .map(|at| total(&chart.series, at).map(|sum| chart.axis.format.text(sum)))
        .collect();
    let shown = |text: &String| if chart.share { format!("n = {text}") } else { text.clone() };
    let room = totals
        .iter()
        .flatten()
        .map(|text| metrics::width(&shown(text), LABEL))
        .fold(0.0, f64::max)
        .min(canvas.width * 0.3);
    let right = canvas.width - room - 14.0;
    let area =
        Area::new(rows.left, top, right - rows.left, float(chart.categories.len()) * rows.height);
    let axis = axis(chart);
    let scale = Scale::fit(
        &axis,
        ends(chart),
        (area.width / 80.0).clamp(2.0, 8.0),
        (area.left, area.right()),
    );
    let below = plot::bottom_axis(canvas, &axis, &scale, area, true);
    for (at, category) in chart.categories.iter().enumerate() {
        let row = area.top + float(at) * rows.height;
        let middle = rows.middle(row);
        rows.name(canvas, category, row, false);
        match parts(chart, at) {
            Ok(parts) => {
                for part in &parts {
                    let (from, to) = (scale.at(part.from), scale.at(part.to));
                    segment(
                        canvas,
                        part,
                        Area::new(from, middle - BAR / 2.0, to - from, BAR),
                        (1.0, 0.0),
                    );
                }
                if let (Some(last), Some(Some(text))) = (parts.last(), totals.get(at)) {
                    let text = metrics::shorten(&shown(text), LABEL, room);
                    canvas.pen.text(
                        "chart-label chart-halo",
                        (scale.at(last.to) + 8.0, middle + 5.0),
                        Anchor::Start,
                        &text,
                    );
                }
            }
            Err(why) => lacking(chart, canvas, category, why, (scale.at(0.0) + 6.0, middle)),
        }
    }
    area.bottom() + below
}

fn lacking(
    chart: &Stacked,
    canvas: &mut Canvas<'_>,
    category: &str,
    why: Point,
    (x, y): (f64, f64),
) {
    canvas.open_mark(&format!("{category}: {}", why.text(&chart.axis.format, chart.frame.few)));
    plot::reason(canvas, why, x, y);
    canvas.close_mark();
}

/// One part, set off from the next by a gap, with its number if it fits.
fn segment(canvas: &mut Canvas<'_>, part: &Part, area: Area, (right_gap, bottom_gap): (f64, f64)) {
    canvas.open_mark(&part.sentence);
    let drawn = Area::new(
        area.left,
        area.top,
        (area.width - right_gap).max(0.0),
        (area.height - bottom_gap).max(0.0),
    );
    canvas.pen.rect(&format!("chart-bar {}", legend::fill(part.series)), drawn);
    let pattern = canvas.pattern(&legend::texture(part.series));
    canvas.pen.patterned("chart-texture", drawn, &pattern);
    let fits = metrics::width(&part.text, SMALL) <= drawn.width - 8.0 && drawn.height >= 17.0;
    if fits {
        let class = format!("chart-small chart-on-{}", part.series % legend::TONES + 1);
        let y = drawn.top + drawn.height / 2.0 + 4.5;
        canvas.pen.text(&class, (drawn.middle(), y), Anchor::Middle, &part.text);
    }
    canvas.close_mark();
}

fn standing(chart: &Stacked, canvas: &mut Canvas<'_>, mut keys: Vec<Key>, stride: usize) -> f64 {
    let whys = (0..chart.categories.len()).filter_map(|at| parts(chart, at).err());
    keys.extend(legend::reasons(canvas, whys));
    let mut top = plot::heading(canvas, &heading(chart), READOUT);
    top += legend::draw(canvas, &keys, top);
    let tall = if canvas.narrow { 240.0 } else { TALL };
    let axis = axis(chart);
    let scale = Scale::fit(&axis, ends(chart), 5.0, (top + tall, top + 8.0));
    let left = plot::left_room(&axis, &scale);
    let area = Area::new(left, top, canvas.width - left, tall);
    plot::left_axis(canvas, &axis.format, &scale, area);
    let slot = area.width / float(chart.categories.len());
    let thick = (slot * 0.78).clamp(1.0, 64.0);
    for (at, category) in chart.categories.iter().enumerate() {
        let middle = area.left + slot * (float(at) + 0.5);
        match parts(chart, at) {
            Ok(parts) => {
                for part in &parts {
                    let (from, to) = (scale.at(part.from), scale.at(part.to));
                    let gap = if from - to > 3.0 { 1.0 } else { 0.0 };
                    segment(
                        canvas,
                        part,
                        Area::new(middle - thick / 2.0, to, thick, from - to),
                        (0.0, gap),
                    );
                }
            }
            Err(why) => {
                canvas.open_mark(&format!(
                    "{category}: {}",
                    why.text(&chart.axis.format, chart.frame.few)
                ));
                let pattern = canvas.pattern(plot::reason_pattern(why));
                let blank = Area::new(middle - thick / 2.0, area.bottom() - 14.0, thick, 14.0);
                canvas.pen.patterned("chart-blank", blank, &pattern);
                canvas.close_mark();
            }
        }
        if at.is_multiple_of(stride) {
            let x = plot::inside(middle, metrics::width(category, SMALL), canvas.width);
            canvas.pen.text("chart-small", (x, area.bottom() + 19.0), Anchor::Middle, category);
        }
    }
    26.0 + area.bottom() + plot::bottom_title(canvas, &chart.category, area, area.bottom() + 26.0)
}
