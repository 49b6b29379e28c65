//! Drawing funnel plots.

use super::{Funnel, FunnelPoint, Limit};
use crate::canvas::{Canvas, READOUT};
use crate::legend;
use crate::metrics::{self, SMALL, STRONG};
use crate::plot;
use crate::point::Point;
use crate::scale::{Axis, Scale, float, large};
use crate::svg::{Anchor, Area, Path};

impl Funnel {
    /// The limits at a volume, between the two nearest that were given.
    fn limit_at(&self, size: f64) -> Option<Limit> {
        let above = self.limits.iter().find(|limit| limit.size >= size)?;
        let below = self.limits.iter().rev().find(|limit| limit.size <= size)?;
        let width = above.size - below.size;
        let share = if width > 0.0 { (size - below.size) / width } else { 0.0 };
        let mix = |one: f64, other: f64| one + (other - one) * share;
        let pair = |one: (f64, f64), other: (f64, f64)| (mix(one.0, other.0), mix(one.1, other.1));
        Some(Limit {
            size,
            inner: pair(below.inner, above.inner),
            outer: pair(below.outer, above.outer),
        })
    }

    /// Where a point lies in words.
    pub(super) fn verdict(&self, point: &FunnelPoint) -> Option<&'static str> {
        let value = point.value.value()?;
        let limit = self.limit_at(large(point.size))?;
        Some(if value > limit.outer.1 {
            "above the 99.8% limit"
        } else if value < limit.outer.0 {
            "below the 99.8% limit"
        } else if value > limit.inner.1 {
            "above the 95% limit"
        } else if value < limit.inner.0 {
            "below the 95% limit"
        } else {
            "within the limits"
        })
    }

    fn sentence(&self, point: &FunnelPoint) -> String {
        let value = point.value.text(&self.y.format, self.frame.few);
        if matches!(point.value, Point::Suppressed) {
            return format!("{}: {value}", point.label);
        }
        let verdict = self.verdict(point).map(|verdict| format!(", {verdict}")).unwrap_or_default();
        let size = self.x.format.text(large(point.size));
        format!("{}: {value}, {} {size}{verdict}", point.label, self.x.named("volume"))
    }
}

pub(super) fn funnel(chart: &Funnel, canvas: &mut Canvas<'_>) -> f64 {
    canvas.expect_marks(chart.points.len());
    let heading = chart.y.heading();
    let mut top = plot::heading(canvas, &heading, READOUT);
    top = key(canvas, top, chart);
    let tall = if canvas.narrow { 270.0 } else { 380.0 };
    let y_axis = Axis { format: chart.y.format.clone().unit(""), ..chart.y.clone() };
    let shown: Vec<(&FunnelPoint, f64)> =
        chart.points.iter().filter_map(|point| Some((point, point.value.value()?))).collect();
    let sizes = shown
        .iter()
        .map(|(point, _)| large(point.size))
        .chain(chart.limits.iter().map(|limit| limit.size));
    let values = shown.iter().map(|(_, value)| *value).chain([chart.center.value]);
    let limits = chart.limits.iter().flat_map(|limit| [limit.inner.0, limit.inner.1]);
    let y = Scale::fit(&y_axis, values.chain(limits), 5.0, (top + tall, top + 6.0));
    let left = plot::left_room(&y_axis, &y);
    let area = Area::new(left, top, canvas.width - left - 14.0, tall);
    let x_axis =
        if chart.x.log { chart.x.clone() } else { Axis { from_zero: true, ..chart.x.clone() } };
    let x =
        Scale::fit(&x_axis, sizes, (area.width / 90.0).clamp(2.0, 9.0), (area.left, area.right()));
    plot::left_axis(canvas, &y_axis.format, &y, area);
    funnels(chart, canvas, (&x, &y, area));
    plot::level_line(canvas, &chart.center, &y, area);
    let below = plot::bottom_axis(canvas, &x_axis, &x, area, false);
    // the reader's own center last, on top
    let (own, others): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(point, _)| point.stressed);
    for (point, value) in others.into_iter().chain(own) {
        mark(chart, canvas, (point, value), (&x, &y, area));
    }
    plot::level_name(canvas, &chart.center, &y, area, Anchor::End);
    area.bottom() + below + lacking(chart, canvas, area.bottom() + below)
}

fn funnels(chart: &Funnel, canvas: &mut Canvas<'_>, (x, y, area): (&Scale, &Scale, Area)) {
    if chart.limits.len() < 2 {
        return;
    }
    let edge = |pick: fn(&Limit) -> f64| -> Vec<(f64, f64)> {
        chart
            .limits
            .iter()
            .map(|limit| (x.at(limit.size), y.at(pick(limit)).clamp(area.top, area.bottom())))
            .collect()
    };
    let between = |upper: &[(f64, f64)], lower: &[(f64, f64)]| {
        Path::through(upper.iter().copied().chain(lower.iter().rev().copied())).shut()
    };
    let (outer_low, outer_high) = (edge(|limit| limit.outer.0), edge(|limit| limit.outer.1));
    let (inner_low, inner_high) = (edge(|limit| limit.inner.0), edge(|limit| limit.inner.1));
    canvas.pen.tag("g").s("aria-hidden", "true").open();
    canvas.pen.path("chart-outer", &between(&outer_high, &outer_low));
    canvas.pen.path("chart-inner", &between(&inner_high, &inner_low));
    for line in [outer_low, outer_high] {
        canvas.pen.path("chart-outer-limit", &Path::through(line));
    }
    for line in [inner_low, inner_high] {
        canvas.pen.path("chart-inner-limit", &Path::through(line));
    }
    canvas.pen.end("g");
}

fn mark(
    chart: &Funnel,
    canvas: &mut Canvas<'_>,
    (point, value): (&FunnelPoint, f64),
    (x, y, area): (&Scale, &Scale, Area),
) {
    let place = (x.at(large(point.size)), y.at(value));
    canvas.open_mark(&chart.sentence(point));
    canvas.pen.circle("chart-hit", place, 9.0);
    let outside = matches!(chart.verdict(point), Some(verdict) if verdict.ends_with("99.8% limit"));
    if point.stressed {
        let corners = [(0.0, -8.0), (8.0, 0.0), (0.0, 8.0), (-8.0, 0.0)];
        let diamond =
            Path::through(corners.iter().map(|(dx, dy)| (place.0 + dx, place.1 + dy))).shut();
        canvas.pen.path("chart-own", &diamond);
        let (before, behind) = (place.0 - 14.0, canvas.width - place.0 - 14.0);
        let wanted = metrics::width(&point.label, STRONG).min(area.width * 0.6);
        // the longer side where neither is long enough
        let right = wanted <= behind || behind >= before;
        let room = if right { behind } else { before };
        let text = metrics::shorten(&point.label, STRONG, room.min(area.width * 0.6));
        let (at, anchor) =
            if right { (place.0 + 14.0, Anchor::Start) } else { (place.0 - 14.0, Anchor::End) };
        canvas.pen.text("chart-label chart-strong chart-halo", (at, place.1 + 5.0), anchor, &text);
    } else if outside {
        canvas.pen.rect("chart-far", Area::new(place.0 - 4.5, place.1 - 4.5, 9.0, 9.0));
    } else {
        canvas.pen.circle("chart-peer", place, 4.5);
    }
    canvas.close_mark();
}

/// Keys to the two funnels and to points outside them.
fn key(canvas: &mut Canvas<'_>, top: f64, chart: &Funnel) -> f64 {
    let mut keys: Vec<(&str, &str)> = vec![
        ("chart-inner", "95% limits"),
        ("chart-outer", "99.8% limits"),
        ("chart-peer", "Center"),
    ];
    let far = |point: &FunnelPoint| {
        chart.verdict(point).is_some_and(|verdict| verdict.ends_with("99.8% limit"))
    };
    if chart.points.iter().any(far) {
        keys.push(("chart-far", "Outside the 99.8% limits"));
    }
    let (mut at, mut y) = (0.0, top);
    canvas.pen.tag("g").class("chart-legend").s("aria-hidden", "true").open();
    for (class, text) in keys {
        let width = 20.0 + metrics::width(text, SMALL);
        if at > 0.0 && at + width > canvas.width {
            at = 0.0;
            y += 22.0;
        }
        match class {
            "chart-peer" => canvas.pen.circle(class, (at + 7.0, y + 8.0), 4.5),
            "chart-far" => canvas.pen.rect(class, Area::new(at + 2.5, y + 3.5, 9.0, 9.0)),
            _ => {
                canvas
                    .pen
                    .rect(&format!("{class} chart-keyed"), Area::new(at, y + 1.0, 14.0, 14.0));
            }
        }
        canvas.pen.text("chart-small chart-ink", (at + 20.0, y + 12.5), Anchor::Start, text);
        at += width + 20.0;
    }
    canvas.pen.end("g");
    y + 30.0
}

/// How many points are not drawn, and why.
fn lacking(chart: &Funnel, canvas: &mut Canvas<'_>, top: f64) -> f64 {
    let reasons = legend::reasons(canvas, chart.points.iter().map(|point| point.value));
    let mut used = 0.0;
    for key in reasons {
        let same = |point: &&FunnelPoint| {
            point.value.reason(chart.frame.few).as_deref() == Some(key.text.as_str())
        };
        let count = chart.points.iter().filter(same).count();
        let noun = if count == 1 { "center is" } else { "centers are" };
        let text = format!(
            "{} {noun} not drawn: {}.",
            crate::Format::count().text(float(count)),
            key.text
        );
        for line in metrics::wrap(&text, SMALL, canvas.width, 2) {
            canvas.pen.text(
                "chart-small chart-soft",
                (0.0, top + used + 13.0),
                Anchor::Start,
                &line,
            );
            used += plot::LINE;
        }
    }
    if used > 0.0 { used + 2.0 } else { 0.0 }
}
