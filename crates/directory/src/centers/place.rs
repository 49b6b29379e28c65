//! Whether a position can be right: inside its country, or within 50 km of it.
//!
//! The outlines (`data/countries.txt`) are Natural Earth 1:50m, simplified; they are good to about ten kilometers, so
//! the check catches swapped, negated and mistyped coordinates and not a pin in the next street.

use std::sync::LazyLock;

use super::model::Position;

const OUTLINES: &str = include_str!("../../data/countries.txt");
/// How far outside of its country a center may lie, in kilometers.
pub const TOLERANCE_KM: f64 = 50.0;
/// Kilometers of one degree of latitude on a sphere of the Earth's mean radius.
const DEGREE_KM: f64 = 111.195;

struct Country {
    code: &'static str,
    text: &'static str,
}

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let split = |line: &'static str| line.split_once('|');
    OUTLINES.lines().filter_map(split).map(|(code, text)| Country { code, text }).collect()
});

/// Whether the code stands for a country or territory (ISO 3166-1 alpha-2, and XK).
pub fn is_country(code: &str) -> bool {
    find(code).is_some()
}

fn find(code: &str) -> Option<&'static Country> {
    let at = COUNTRIES.binary_search_by(|country| country.code.cmp(code)).ok()?;
    COUNTRIES.get(at)
}

/// All codes, sorted.
pub fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.iter().map(|country| country.code)
}

/// How far a position lies outside of a country, in kilometers: 0 inside; `None` when the country is not known.
pub fn outside_km(country: &str, lat: f64, lon: f64) -> Option<f64> {
    let country = find(country)?;
    // rings go on beyond 180 degrees where they cross the date line
    let mut inside = [false; 3];
    let mut nearest = f64::INFINITY;
    for ring in country.text.split('|') {
        if let Some(circle) = ring.strip_prefix('@') {
            nearest = nearest.min(beyond_circle(circle, lat, lon)?);
            continue;
        }
        let mut numbers = ring.split(' ').filter_map(|number| number.parse::<i32>().ok());
        let (mut x, mut y) = (f64::from(numbers.next()?), f64::from(numbers.next()?));
        // even-odd over all rings: a hole takes away what its outline added
        while let (Some(dx), Some(dy)) = (numbers.next(), numbers.next()) {
            let (to_x, to_y) = (x + f64::from(dx), y + f64::from(dy));
            let edge = [x / 100.0, y / 100.0, to_x / 100.0, to_y / 100.0];
            for (inside, turn) in inside.iter_mut().zip([-360.0, 0.0, 360.0]) {
                *inside ^= crosses(edge, lat, lon + turn);
            }
            nearest = nearest.min(edge_km(edge, lat, lon));
            (x, y) = (to_x, to_y);
        }
    }
    Some(if inside.contains(&true) { 0.0 } else { nearest })
}

fn beyond_circle(text: &str, lat: f64, lon: f64) -> Option<f64> {
    let mut numbers = text.split(' ').filter_map(|number| number.parse::<f64>().ok());
    let (x, y, reach) = (numbers.next()? / 100.0, numbers.next()? / 100.0, numbers.next()?);
    Some((distance_km(lat, lon, y, x) - reach).max(0.0))
}

/// Whether a line from the position to the east crosses the edge.
fn crosses([x1, y1, x2, y2]: [f64; 4], lat: f64, lon: f64) -> bool {
    (y1 > lat) != (y2 > lat) && lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1
}

/// Distance to an edge in kilometers, on a plane that touches the Earth at the position: right to a few percent where
/// it matters, within some hundred kilometers.
fn edge_km([x1, y1, x2, y2]: [f64; 4], lat: f64, lon: f64) -> f64 {
    let shrink = lat.to_radians().cos();
    let flat = |x: f64, y: f64| (turn(x - lon) * shrink * DEGREE_KM, (y - lat) * DEGREE_KM);
    let ((ax, ay), (bx, by)) = (flat(x1, y1), flat(x2, y2));
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let part = if length > 0.0 { (-(ax * dx + ay * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (ax + part * dx).hypot(ay + part * dy)
}

/// A difference of longitudes the short way round.
fn turn(degrees: f64) -> f64 {
    (degrees + 540.0).rem_euclid(360.0) - 180.0
}

/// Distance of two places on a sphere, in kilometers (haversine formula).
pub fn distance_km(lat1: f64, lon1: f64, lat2: f64, lon2: f64) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let across =
        half(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon2 - lon1);
    2.0 * 6371.0 * across.clamp(0.0, 1.0).sqrt().asin()
}

/// What is wrong with a position, in a sentence; `None` if it can be right.
pub(super) fn problem(country: &str, position: &Position) -> Option<String> {
    let Position { lat, lon, .. } = *position;
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        let text = "Latitude is from -90 to 90 degrees, longitude from -180 to 180.";
        return Some(text.to_owned());
    }
    if lat.abs() < 0.01 && lon.abs() < 0.01 {
        return Some("0, 0 lies in the sea: enter the center's own coordinates.".to_owned());
    }
    let away = outside_km(country, lat, lon)?;
    (away > TOLERANCE_KM).then(|| {
        let swapped = outside_km(country, lon, lat).is_some_and(|away| away <= TOLERANCE_KM);
        let hint = if swapped { " Latitude and longitude may be swapped." } else { "" };
        format!("This lies {away:.0} km outside of the country.{hint}")
    })
}

#[cfg(test)]
mod tests {
    use super::super::words::PositionQuality;
    use super::*;

    fn told(country: &str, lat: f64, lon: f64) -> Option<String> {
        problem(country, &Position { lat, lon, quality: PositionQuality::City })
    }

    #[test]
    fn countries_are_sorted_so_that_each_is_found() {
        assert_eq!(countries().count(), 250);
        assert!(COUNTRIES.iter().all(|country| is_country(country.code)));
        assert!(!is_country("ZZ"));
    }

    #[test]
    fn every_city_of_the_invented_world_lies_in_its_country_or_within_fifty_kilometers() {
        let dictionary = dictionary::Dictionary::embedded().unwrap();
        let world = testkit::world::World::new(&dictionary, 1, testkit::world::WorldSize::FULL);

        let wrong: Vec<_> = world
            .centers()
            .iter()
            .filter_map(|center| {
                told(center.country, center.lat, center.lon).map(|why| (center.city, why))
            })
            .collect();

        assert_eq!(world.centers().len(), 796);
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn swapped_negated_and_mistyped_coordinates_are_noticed() {
        assert_eq!(told("DE", 52.52, 13.40), None);
        assert!(told("DE", 13.40, 52.52).unwrap().ends_with("may be swapped."));
        assert!(told("AU", 33.87, 151.21).is_some(), "Sydney without its minus");
        assert!(told("US", 42.36, 71.06).is_some(), "Boston without its minus");
        assert!(told("GB", 0.0, 0.0).is_some());
        assert!(told("GB", 91.0, 0.0).is_some());
    }

    #[test]
    fn small_and_split_countries_and_the_date_line_are_right() {
        for (country, lat, lon) in [
            ("SG", 1.35, 103.82),
            ("MT", 35.90, 14.51),
            ("RE", -20.88, 55.45),
            ("XK", 42.66, 21.17),
            ("FJ", -16.78, -179.97),
            ("KI", 1.33, 172.98),
            ("NZ", -43.95, -176.56),
            ("US", 21.31, -157.86),
            // a country within another
            ("LS", -29.31, 27.48),
        ] {
            assert_eq!(told(country, lat, lon), None, "{country}");
        }
        // Maseru lies on the border, and the middle of Lesotho far from South Africa's land
        assert!(outside_km("ZA", -29.6, 28.3).unwrap() > 30.0);
    }

    #[test]
    fn the_places_of_the_time_zone_table_lie_in_their_countries() {
        let mut seen = 0;
        for line in include_str!("../../data/zones.txt").lines() {
            let cells: Vec<&str> = line.split('|').collect();
            let (lon, lat) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
            // on ice and in the far south nobody has an outline
            if let Some(away) = outside_km(cells[0], lat, lon) {
                assert!(away <= TOLERANCE_KM, "{line}: {away:.0} km");
                seen += 1;
            }
        }
        assert!(seen > 380, "{seen}");
    }

    #[test]
    fn distances_are_those_of_great_circles() {
        // Berlin to Paris: 878 km
        assert!((distance_km(52.52, 13.405, 48.8566, 2.3522) - 878.0).abs() < 2.0);
        assert!(distance_km(0.0, 179.9, 0.0, -179.9) < 23.0);
    }
}
