//! The map: a mark with a shape for each center, a ring of shares where marks would overlap.
//!
//! The outlines and the projection are those of the directory's map. Drawn by the server, so that it is there without
//! a script; every mark is in the list as well.

mod circles;
mod towns;
mod view;

use std::fmt::Write as _;

use super::asked::{Asked, encoded};
use super::shown::{Shown, Standing, symbol, told};
use crate::model::Center;
use crate::totals::Totals;
use base::Instant;
use view::{View, address, steps};

pub(super) use view::Step;

/// Layouts: the class that shows them, their width in pixels, the radius of a mark there.
const LAYOUTS: [(&str, f64, f64); 3] =
    [("chart-wide", 1040.0, 8.0), ("chart-middle", 640.0, 7.5), ("chart-narrow", 360.0, 7.0)];
/// Centers that share one mark.
struct Cluster<'a> {
    x: f64,
    y: f64,
    centers: Vec<&'a Shown<'a>>,
    /// Where they are, in units of the world's box.
    points: Vec<(f64, f64)>,
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
    for (shown, point) in found {
        let (point, (x, y)) = (*point, *point);
        let (x, y) = ((x - view.left) * scale, (y - view.top) * scale);
        let near =
            |it: &&mut Cluster<'_>| (it.x - x).hypot(it.y - y) < it.radius(least) + least + 2.0;
        match all.iter_mut().find(near) {
            Some(cluster) => {
                cluster.centers.push(shown);
                cluster.points.push(point);
            }
            None => all.push(Cluster { x, y, centers: vec![shown], points: vec![point] }),
        }
    }
    all
}

/// A map that is drawn.
pub(super) struct Drawn {
    pub(super) svg: String,
    /// Left, top and width of what it shows, for a script.
    pub(super) view: String,
    /// Width of the world's box.
    pub(super) world: f64,
    pub(super) steps: Vec<Step>,
    /// Around whom distances are drawn, and the address without them.
    pub(super) around: Option<(String, String)>,
    /// The source of the names of towns, where they are shown.
    pub(super) source: Option<&'static str>,
    /// Centers within it, of those that have a position.
    pub(super) within: usize,
    pub(super) placed: usize,
}

/// The picture in its layouts, and the ways to move it; none when no center has a position.
pub(super) fn drawn(
    found: &[Shown<'_>],
    (asked, around): (&Asked, Option<&Center>),
    now: Instant,
) -> Option<Drawn> {
    let placed = placed(found);
    let points: Vec<(f64, f64)> = placed.iter().map(|(_, at)| *at).collect();
    let view = View::of(asked).unwrap_or_else(|| View::around(&points));
    (!placed.is_empty()).then(|| Drawn {
        svg: picture(&placed, view, (Some(asked), around), now),
        view: [view.left, view.top, view.width].map(|it| format!("{it:.2}")).join(","),
        world: chart::WORLD_BOX.0,
        steps: steps(view, asked),
        around: around.map(|it| {
            let without = Asked { around: None, ..asked.clone() };
            (it.name.clone(), without.address())
        }),
        source: towns::are_named(view).then_some(crate::places::SOURCE),
        within: points.iter().filter(|point| view.holds(**point)).count(),
        placed: points.len(),
    })
}

/// The picture alone, for a frame: nothing in it moves.
pub(super) fn still(found: &[Shown<'_>], now: Instant) -> String {
    let placed = placed(found);
    let points: Vec<(f64, f64)> = placed.iter().map(|(_, at)| *at).collect();
    if points.is_empty() {
        String::new()
    } else {
        picture(&placed, View::around(&points), (None, None), now)
    }
}

type Placed<'a> = (&'a Shown<'a>, (f64, f64));

fn placed<'a>(found: &'a [Shown<'a>]) -> Vec<Placed<'a>> {
    let place = |shown: &'a Shown<'a>| {
        let (lat, lon) = shown.center.position?;
        Some((shown, directory::centers::projected(lat, lon)))
    };
    found.iter().filter_map(place).collect()
}

/// The filters whose addresses marks lead to, and a center around which distances are drawn.
type Beside<'a> = (Option<&'a Asked>, Option<&'a Center>);

fn picture(placed: &[Placed<'_>], view: View, beside: Beside<'_>, now: Instant) -> String {
    let around = view.with_surroundings();
    let near: Vec<Placed<'_>> =
        placed.iter().filter(|(_, point)| around.holds(*point)).copied().collect();
    let mut out = String::new();
    // writing to a text cannot fail
    let _ = write!(
        out,
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\" class=\"capacity-defs\"><defs>\
         <path id=\"capacity-land\" vector-effect=\"non-scaling-stroke\" d=\"{}\"/></defs></svg>\
         <div class=\"chart chart-full\">",
        chart::world_outline()
    );
    for sheet in LAYOUTS {
        layout(&mut out, &near, view, sheet, (beside, now));
    }
    out.push_str("</div>");
    out
}

fn layout(
    out: &mut String,
    near: &[Placed<'_>],
    view: View,
    (class, width, least): (&str, f64, f64),
    ((asked, around), now): (Beside<'_>, Instant),
) {
    let (world, tall) = chart::WORLD_BOX;
    let (height, scale) = (width * tall / world, width / view.width);
    let found = clusters(near, view, width, least);
    let _ = write!(
        out,
        "<svg class=\"{class} capacity-map\" viewBox=\"0 0 {width} {height:.0}\" role=\"group\" \
         aria-label=\"Map with {} marks. The list has every center, 50 to a page.\"><g class=\"capacity-world\">\
         <use class=\"chart-land\" href=\"#capacity-land\" transform=\"scale({scale:.4}) translate({:.1} {:.1})\"/>",
        found
            .iter()
            .filter(|it| (0.0..=width).contains(&it.x) && (0.0..=height).contains(&it.y))
            .count(),
        -view.left,
        -view.top
    );
    if let Some(center) = around {
        circles::write(out, center, view, width);
    }
    let marks = found.iter().map(|it| (it.x, it.y, it.radius(least)));
    towns::write(out, view, (width, height), marks);
    for cluster in &found {
        match cluster.centers.as_slice() {
            [one] => single(out, one, (cluster.x, cluster.y), least, now),
            _ => ring(out, cluster, least, asked.map(|asked| onward(cluster, view, asked))),
        }
    }
    out.push_str("</g></svg>");
}

/// Where a ring leads: closer, until its centers lie apart; as close as it goes, to a list of them by distance.
fn onward(cluster: &Cluster<'_>, view: View, asked: &Asked) -> String {
    let close = View::close(&cluster.points);
    if close.width < view.width * 0.95 {
        return address(close, asked);
    }
    let at = cluster.centers.first().and_then(|shown| shown.center.position);
    let (lat, lon) = at.unwrap_or_default();
    let mode = asked.mode.map(|mode| format!("&mode={}", mode.as_str())).unwrap_or_default();
    let from = encoded(&format!("{lat:.4}, {lon:.4}"));
    format!("/capacity/search?from={from}&age={}{mode}", asked.age.as_str())
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
fn ring(out: &mut String, cluster: &Cluster<'_>, least: f64, link: Option<String>) {
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
    let label = format!("{}: {count} centers near here: {}", escaped(place), parts.join(", "));
    let (open, close) = match link {
        Some(link) => (format!("a href=\"{}\" class=\"capacity-ring\"", escaped(&link)), "a"),
        None => (format!("g class=\"capacity-ring\" role=\"img\" aria-label=\"{label}\""), "g"),
    };
    let _ = write!(
        out,
        "<{open}><title>{label}</title><circle class=\"capacity-ground\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>{arcs}\
         <text x=\"{x:.1}\" y=\"{:.1}\">{count}</text></{close}>",
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

        let drawn = drawn(&found, (&Asked::default(), None), now).unwrap();
        let picture = drawn.svg;

        assert_eq!(found.len(), 5000);
        assert!(!picture.contains("light-available"), "silence is not green");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(picture.as_bytes()).unwrap();
        let bytes = packed.finish().unwrap().len();
        // what is left of 200 kB holds 50 rows, the filters and the common page many times
        assert!(bytes < 120_000, "{bytes} bytes");
    }
}
