//! Circles of equal distance around a center, and how far its team goes.

use std::fmt::Write as _;

use super::view::View;
use crate::model::Center;
use crate::search::comes_at_all;
use crate::sphere::{Point, destination};

/// Distances that are drawn, in kilometers.
const DISTANCES: [u32; 3] = [100, 250, 500];
/// Points of a circle.
const POINTS: u32 = 72;

/// The points of a circle in units of the world's box, from the north on; none for one that holds a pole.
fn circle(middle: Point, km: f64) -> Option<Vec<(f64, f64)>> {
    (0..POINTS)
        .map(|step| {
            let bearing = f64::from(step) * 360.0 / f64::from(POINTS);
            let (lat, lon) = destination(middle, bearing, km)?;
            // beyond the date line a circle goes on where the map ends
            Some(directory::centers::projected(lat, lon))
        })
        .collect()
}

/// Writes what lies around a center, for a picture of a width in pixels.
pub(super) fn write(out: &mut String, center: &Center, view: View, width: f64) {
    let Some(middle) = center.position else { return };
    let scale = width / view.width;
    let reach = center.retrieval.reach_km().filter(|_| comes_at_all(center));
    let distances = DISTANCES.iter().map(|km| (*km, "map-distance", format!("{km} km")));
    let reach = reach.map(|km| (km, "map-reach", format!("team: {km} km")));
    for (km, class, label) in reach.into_iter().chain(distances) {
        let Some(points) = circle(middle, f64::from(km)) else { continue };
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let (x, y) = ((x - view.left) * scale, (y - view.top) * scale);
            // writing to a text cannot fail
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" });
        }
        let north = points.first().copied().unwrap_or_default();
        let (x, y) = ((north.0 - view.left) * scale, (north.1 - view.top) * scale);
        let _ = write!(
            out,
            "<g class=\"{class}\" aria-hidden=\"true\"><path d=\"{path}Z\"/><text x=\"{x:.1}\" y=\"{:.1}\">{label}</text></g>",
            y - 3.0
        );
    }
}
