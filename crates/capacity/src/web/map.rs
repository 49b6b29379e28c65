//! The map: a mark with a shape for each center, a ring of shares where marks would overlap.
//!
//! The outlines and the projection are those of the directory's map. Drawn by the server, so that it is there without
//! a script; every mark is in the list as well.

use std::fmt::Write as _;

use super::shown::{Shown, Standing, symbol, told};
use crate::totals::Totals;
use base::Instant;

/// Layouts: the class that shows them, their width in pixels, the radius of a mark there.
const LAYOUTS: [(&str, f64, f64); 3] =
    [("chart-wide", 1040.0, 8.0), ("chart-middle", 640.0, 7.5), ("chart-narrow", 360.0, 7.0)];
/// A view is never closer than this, in units of the world: the outlines are no better.
const LEAST: f64 = 160.0;
/// Share of a view that is left free around its marks.
const MARGIN: f64 = 0.12;

/// The part of the world that is shown, in units of its box.
#[derive(Debug, Clone, Copy, PartialEq)]
struct View {
    left: f64,
    top: f64,
    width: f64,
}

impl View {
    /// Around points; the world when they are spread over it.
    fn around(points: &[(f64, f64)]) -> Self {
        let (world, tall) = chart::WORLD_BOX;
        let all = Self { left: 0.0, top: 0.0, width: world };
        let (mut low, mut high) = ((f64::INFINITY, f64::INFINITY), (0.0_f64, 0.0_f64));
        for (x, y) in points {
            low = (low.0.min(*x), low.1.min(*y));
            high = (high.0.max(*x), high.1.max(*y));
        }
        if points.is_empty() {
            return all;
        }
        let shape = world / tall;
        let width = (high.0 - low.0).max((high.1 - low.1) * shape) * (1.0 + 2.0 * MARGIN);
        let width = width.max(LEAST);
        if width > world * 0.6 {
            return all;
        }
        let (x, y) = (f64::midpoint(low.0, high.0), f64::midpoint(low.1, high.1));
        let (left, top) = (x - width / 2.0, y - width / shape / 2.0);
        let left = left.clamp(0.0, world - width);
        let top = top.clamp(0.0, tall - width / shape);
        Self { left, top, width }
    }
}

/// Centers that share one mark.
struct Cluster<'a> {
    x: f64,
    y: f64,
    centers: Vec<&'a Shown<'a>>,
}

impl Cluster<'_> {
    fn radius(&self, least: f64) -> f64 {
        let count = f64::from(u32::try_from(self.centers.len()).unwrap_or(u32::MAX));
        if self.centers.len() == 1 { least } else { least + 2.0 + 1.6 * count.ln() }
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for shown in &self.centers {
            totals.add(&shown.status);
        }
        totals
    }
}

/// Joins what would overlap in a picture of this width.
fn clusters<'a>(
    found: &[(&'a Shown<'a>, (f64, f64))],
    view: View,
    width: f64,
    least: f64,
) -> Vec<Cluster<'a>> {
    let scale = width / view.width;
    let mut all: Vec<Cluster<'a>> = Vec::new();
    for (shown, (x, y)) in found {
        let (x, y) = ((x - view.left) * scale, (y - view.top) * scale);
        let near =
            |it: &&mut Cluster<'_>| (it.x - x).hypot(it.y - y) < it.radius(least) + least + 2.0;
        match all.iter_mut().find(near) {
            Some(cluster) => cluster.centers.push(shown),
            None => all.push(Cluster { x, y, centers: vec![shown] }),
        }
    }
    all
}

/// The picture in its layouts; empty when no center has a position.
pub(super) fn picture(found: &[Shown<'_>], now: Instant) -> String {
    let placed: Vec<(&Shown<'_>, (f64, f64))> = found
        .iter()
        .filter_map(|shown| {
            let (lat, lon) = shown.center.position?;
            Some((shown, directory::centers::projected(lat, lon)))
        })
        .collect();
    let mut out = String::new();
    if placed.is_empty() {
        return out;
    }
    let points: Vec<(f64, f64)> = placed.iter().map(|(_, at)| *at).collect();
    let view = View::around(&points);
    // writing to a text cannot fail
    let _ = write!(
        out,
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\" class=\"capacity-defs\"><defs>\
         <path id=\"capacity-land\" vector-effect=\"non-scaling-stroke\" d=\"{}\"/></defs></svg>\
         <div class=\"chart chart-full\">",
        chart::world_outline()
    );
    for (class, width, least) in LAYOUTS {
        layout(&mut out, &placed, view, (class, width, least), now);
    }
    out.push_str("</div>");
    out
}

fn layout<'a>(
    out: &mut String,
    placed: &[(&'a Shown<'a>, (f64, f64))],
    view: View,
    (class, width, least): (&str, f64, f64),
    now: Instant,
) {
    let (world, tall) = chart::WORLD_BOX;
    let (height, scale) = (width * tall / world, width / view.width);
    let found = clusters(placed, view, width, least);
    let _ = write!(
        out,
        "<svg class=\"{class} capacity-map\" viewBox=\"0 0 {width} {height:.0}\" role=\"group\" \
         aria-label=\"Map with {} marks. The list has every center, 50 to a page.\">\
         <use class=\"chart-land\" href=\"#capacity-land\" transform=\"scale({scale:.4}) translate({:.1} {:.1})\"/>",
        found.len(),
        -view.left,
        -view.top
    );
    for cluster in &found {
        match cluster.centers.as_slice() {
            [one] => single(out, one, (cluster.x, cluster.y), least, now),
            _ => ring(out, cluster, least),
        }
    }
    out.push_str("</svg>");
}

fn single(out: &mut String, shown: &Shown<'_>, (x, y): (f64, f64), radius: f64, now: Instant) {
    let name = symbol(shown.status.light, shown.status.is_stale());
    let center = shown.center;
    let label = format!(
        "{}: {}, {}",
        center.name,
        shown.status.light.label(),
        told(center, &shown.status, now)
    );
    let _ = write!(
        out,
        "<a href=\"/capacity/{}\"><title>{}</title><svg x=\"{:.1}\" y=\"{:.1}\" width=\"{size:.0}\" height=\"{size:.0}\" \
         class=\"light light-{name}\"><use href=\"#light-{name}\"/></svg></a>",
        escaped(&center.number),
        escaped(&label),
        x - radius,
        y - radius,
        size = radius * 2.0
    );
}

/// A ring split by standing, with the number of centers. It has a green part only where a current report is green.
fn ring(out: &mut String, cluster: &Cluster<'_>, least: f64) {
    let (totals, radius) = (cluster.totals(), cluster.radius(least));
    let count = cluster.centers.len();
    let mut parts: Vec<String> = Vec::new();
    let (x, y) = (cluster.x, cluster.y);
    let mut arcs = String::new();
    let share = |part: usize| 100.0 * number(part) / number(count);
    let mut before = 0.0;
    for standing in Standing::ALL {
        let part = standing.of(&totals);
        if part == 0 {
            continue;
        }
        parts.push(format!("{part} {}", standing.label().to_lowercase()));
        let _ = write!(
            arcs,
            "<circle class=\"light-{}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" pathLength=\"100\" \
             stroke-dasharray=\"{:.2} 100\" stroke-dashoffset=\"{:.2}\"/>",
            symbol(standing.light(), false),
            share(part),
            -before
        );
        before += share(part);
    }
    let place = cluster.centers.first().map_or("", |shown| shown.center.city.as_str());
    let _ = write!(
        out,
        "<g class=\"capacity-ring\" role=\"img\" aria-label=\"{0}: {count} centers near here: {1}\">\
         <title>{0}: {count} centers near here: {1}</title><circle class=\"capacity-ground\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>{arcs}\
         <text x=\"{x:.1}\" y=\"{2:.1}\">{count}</text></g>",
        escaped(place),
        parts.join(", "),
        y + 3.5
    );
}

/// A count of centers: far fewer than 32 bits hold.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base::CenterId;
    use directory::centers::{AgeGroup, Capability, Mode, Retrieval};

    use super::super::shown::shown;
    use super::*;
    use crate::clock::Cadences;
    use crate::log::Log;
    use crate::model::Center;

    #[test]
    fn a_view_holds_every_point_and_stays_within_the_world() {
        for points in [
            vec![(1000.0, 200.0), (1040.0, 230.0)],
            vec![(2.0, 3.0)],
            vec![(1990.0, 880.0), (1900.0, 800.0)],
            vec![(100.0, 100.0), (1900.0, 700.0)],
        ] {
            let view = View::around(&points);
            let tall = view.width * 894.0 / 2000.0;

            assert!(view.width >= LEAST && view.left >= 0.0 && view.left + view.width <= 2000.001);
            assert!(view.top >= 0.0 && view.top + tall <= 894.001, "{view:?}");
            for (x, y) in points {
                assert!((view.left..=view.left + view.width).contains(&x), "{x} {view:?}");
                assert!((view.top..=view.top + tall).contains(&y), "{y} {view:?}");
            }
        }
    }

    /// A center somewhere on land and sea, with the light of its number.
    fn somewhere(number: u32) -> (Center, Log) {
        let turn = |step: f64, span: f64| (f64::from(number) * step).fract() * span - span / 2.0;
        let center = Center {
            id: CenterId(uuid::Uuid::from_u128(u128::from(number))),
            number: format!("{}", 10_000 + number),
            name: format!("University Hospital number {number}"),
            city: format!("City {number}"),
            country: "DE".to_owned(),
            chapter: String::new(),
            position: Some((turn(0.618_034, 130.0), turn(0.754_878, 350.0))),
            time_zone: String::new(),
            closed: false,
            suspensions: Vec::new(),
            capabilities: vec![Capability::new(AgeGroup::Adult, Mode::Vv)],
            units: Vec::new(),
            referral_policy: None,
            retrieval: Retrieval::default(),
            contacts: Vec::new(),
            languages: Vec::new(),
            networks: Vec::new(),
            public_counts: false,
            periods: Vec::new(),
        };
        (center, Log::default())
    }

    #[test]
    fn the_map_of_five_thousand_centers_is_small_and_has_no_green_where_nobody_reports() {
        let centers: Vec<(Center, Log)> = (0..5000).map(somewhere).collect();
        let cadences = Cadences::default();
        let now = Instant::from_micros(1_000_000_000_000_000);
        let asked = (AgeGroup::Adult, None);
        let found: Vec<Shown<'_>> = centers
            .iter()
            .filter_map(|(center, log)| shown(center, log, asked, &cadences, now))
            .collect();

        let picture = picture(&found, now);

        assert_eq!(found.len(), 5000);
        assert!(!picture.contains("light-available"), "silence is not green");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(picture.as_bytes()).unwrap();
        let bytes = packed.finish().unwrap().len();
        // what is left of 200 kB holds 50 rows, the filters and the common page many times
        assert!(bytes < 120_000, "{bytes} bytes");
    }
}
