//! Cities with centers as points on the world map; what would overlap is one point with a number.
//!
//! The outlines are those of the map of countries above it, which defines each shape once (`centers-map-at-DE`,
//! `centers-map-at-rest`); this picture only uses them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::book::Selection;
use super::super::model::Profile;
use super::query::address;

/// The box of the shapes.
const WIDTH: f64 = 2000.0;
const HEIGHT: f64 = 894.0;
/// Layouts: the class that shows them, their width in pixels, the radius of a point there.
const LAYOUTS: [(&str, f64, f64); 3] =
    [("chart-wide", 1040.0, 4.5), ("chart-middle", 640.0, 4.5), ("chart-narrow", 360.0, 5.0)];
/// Where the projection has put the meridian of Greenwich and the equator in the box, and its scale: read off the
/// shapes, see the test.
const SCALE: f64 = 376.56;
const MIDDLE: f64 = 1000.1;
const EQUATOR: f64 = 491.4;

/// A city with its centers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) city: String,
    pub(super) country: &'static str,
    pub(super) code: String,
    pub(super) centers: usize,
    pub(super) link: String,
    lat: f64,
    lon: f64,
}

/// The cities of what was found, by country and name. Centers without a position are in no city.
pub(super) fn places(found: &[&Profile], wanted: &Selection) -> Vec<Place> {
    let mut cities: BTreeMap<(&'static str, String), Vec<&Profile>> = BTreeMap::new();
    for center in found.iter().filter(|it| it.details.position.is_some()) {
        let country = chart::country_name(&center.details.country).unwrap_or("");
        cities.entry((country, center.details.city.clone())).or_default().push(center);
    }
    let place = |((country, city), centers): ((&'static str, String), Vec<&Profile>)| {
        let first = centers.first()?;
        let at = first.details.position?;
        let code = first.details.country.clone();
        let narrowed =
            Selection { words: city.clone(), country: Some(code.clone()), ..wanted.clone() };
        Some(Place {
            link: address("/centers", &narrowed, None),
            country: if country.is_empty() { "not stated" } else { country },
            centers: centers.len(),
            lat: at.lat,
            lon: at.lon,
            city,
            code,
        })
    };
    cities.into_iter().filter_map(place).collect()
}

/// Where a position lies in the box of the world's shapes (`chart::WORLD_BOX`): Equal Earth (B. \u{160}avri\u{10d}, T. Patterson, B. Jenny, *The Equal Earth map
/// projection*, International Journal of Geographical Information Science 33, 2019).
pub fn projected(lat: f64, lon: f64) -> (f64, f64) {
    const A: [f64; 4] = [1.340_264, -0.081_106, 0.000_893, 0.003_796];
    let [a1, a2, a3, a4] = A;
    let root = 3_f64.sqrt();
    let theta = (root / 2.0 * lat.to_radians().sin()).asin();
    let (t2, t6) = (theta.powi(2), theta.powi(6));
    let slope = a1 + 3.0 * a2 * t2 + t6 * (7.0 * a3 + 9.0 * a4 * t2);
    let x = 2.0 * root * lon.to_radians() * theta.cos() / (3.0 * slope);
    let y = theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2));
    (MIDDLE + SCALE * x, EQUATOR - SCALE * y)
}

/// Cities that share one point.
struct Cluster<'a> {
    x: f64,
    y: f64,
    centers: usize,
    cities: Vec<&'a Place>,
}

impl Cluster<'_> {
    fn radius(&self, least: f64) -> f64 {
        // centers of the world fit into 32 bits
        let centers = f64::from(u32::try_from(self.centers).unwrap_or(u32::MAX));
        least + 1.6 * centers.ln()
    }

    fn label(&self) -> String {
        let many = |count: usize| {
            if count == 1 { "1 center".to_owned() } else { format!("{count} centers") }
        };
        match self.cities.as_slice() {
            [one] => format!("{}, {}: {}", one.city, one.country, many(one.centers)),
            [first, ..] => format!(
                "{} and {} more cities: {}",
                first.city,
                self.cities.len() - 1,
                many(self.centers)
            ),
            [] => String::new(),
        }
    }
}

/// Joins what would overlap in a picture of this width, the largest first.
fn clusters(places: &[Place], width: f64, least: f64) -> Vec<Cluster<'_>> {
    let scale = width / WIDTH;
    let mut sorted: Vec<&Place> = places.iter().collect();
    sorted.sort_by_key(|place| std::cmp::Reverse(place.centers));
    let mut all: Vec<Cluster<'_>> = Vec::new();
    for place in sorted {
        let (x, y) = projected(place.lat, place.lon);
        let (x, y) = (x * scale, y * scale);
        let near =
            |it: &&mut Cluster<'_>| (it.x - x).hypot(it.y - y) < it.radius(least) + least + 1.0;
        match all.iter_mut().find(near) {
            Some(cluster) => {
                cluster.centers += place.centers;
                cluster.cities.push(place);
            }
            None => all.push(Cluster { x, y, centers: place.centers, cities: vec![place] }),
        }
    }
    all
}

/// The picture; empty when the map above it is not drawn.
pub(super) fn picture(places: &[Place]) -> String {
    let mut out = String::from("<div class=\"chart chart-full\">");
    let mut lands: Vec<&str> = places.iter().map(|place| place.code.as_str()).collect();
    lands.sort_unstable();
    lands.dedup();
    for (class, width, least) in LAYOUTS {
        let height = width * HEIGHT / WIDTH;
        let scale = width / WIDTH;
        let found = clusters(places, width, least);
        // writing to a text cannot fail
        let _ = write!(
            out,
            "<svg class=\"{class}\" viewBox=\"0 0 {width} {height:.0}\" role=\"img\" \
             aria-label=\"Cities with centers: {} points. The list below names them.\"><g transform=\"scale({scale:.4})\">\
             <use class=\"chart-land\" href=\"#centers-map-at-rest\"/>",
            found.len()
        );
        for land in &lands {
            let _ = write!(out, "<use class=\"chart-land\" href=\"#centers-map-at-{land}\"/>");
        }
        out.push_str("</g>");
        for cluster in &found {
            let radius = cluster.radius(least);
            let _ = write!(
                out,
                "<g class=\"chart-mark\"><title>{}</title>\
                 <circle class=\"chart-place chart-ramp-5\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\"/></g>",
                escaped(&cluster.label()),
                cluster.x,
                cluster.y
            );
        }
        out.push_str("</svg>");
    }
    out.push_str("</div>");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_lie_where_the_shapes_are() {
        // points of small countries in the file of shapes, each a whole number of units
        for (lat, lon, x, y) in [
            (1.36, 103.82, 1588.0, 481.0),
            (35.92, 14.40, 1074.0, 227.0),
            (42.55, 1.58, 1008.0, 183.0),
        ] {
            let (at, below) = projected(lat, lon);
            assert!(
                (at - x).abs() < 1.5 && (below - y).abs() < 1.5,
                "{lat} {lon}: {at:.1} {below:.1}"
            );
        }
    }

    #[test]
    fn cities_that_would_overlap_are_one_point_and_no_center_is_lost() {
        let place = |city: &str, lat, lon, centers| Place {
            city: city.to_owned(),
            country: "Germany",
            code: "DE".to_owned(),
            centers,
            link: String::new(),
            lat,
            lon,
        };
        let all = [
            place("Berlin", 52.52, 13.40, 3),
            place("Potsdam", 52.40, 13.06, 1),
            place("Sydney", -33.87, 151.21, 2),
        ];

        let found = clusters(&all, 1040.0, 4.5);

        assert_eq!(found.len(), 2);
        assert_eq!(found.iter().map(|it| it.centers).sum::<usize>(), 6);
        assert_eq!(found[0].label(), "Berlin and 1 more cities: 4 centers");
        assert!(picture(&all).contains("<title>Sydney, Germany: 2 centers</title>"));
    }
}
