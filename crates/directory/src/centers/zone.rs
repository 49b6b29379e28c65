//! Time zones: whether one exists and can be right, and which one is likely.

use base::Instant;

use super::model::Position;
use super::place::distance_km;

/// `country|longitude|latitude|zone`, see `data/README.md`.
const ZONES: &str = include_str!("../../data/zones.txt");
/// No zone in use is further from the sun's time, in hours (western China: three).
const MOST_FROM_SUN: f64 = 4.0;

/// What is wrong with a time zone, in a sentence.
pub(super) fn problem(zone: &str, position: Option<&Position>, now: Instant) -> Option<String> {
    // names of the database hold a slash; a fixed offset would not follow summer time
    let known = zone.contains('/').then(|| jiff::tz::db().get(zone).ok()).flatten();
    let Some(known) = known else {
        return Some(
            "This is no time zone of the IANA database, such as Europe/Berlin.".to_owned(),
        );
    };
    let lon = position?.lon;
    let offset = f64::from(known.to_offset(now.timestamp()).seconds()) / 3600.0;
    let from_sun = (offset - lon / 15.0 + 36.0).rem_euclid(24.0) - 12.0;
    (from_sun.abs() > MOST_FROM_SUN).then(|| {
        format!(
            "The clock of this zone is {:.0} hours from the sun's time at the position.",
            from_sun.abs()
        )
    })
}

/// The zone whose best known place in the country is nearest: to be looked at by people.
pub fn likely(country: &str, lat: f64, lon: f64) -> Option<&'static str> {
    let places = ZONES.lines().filter_map(|line| {
        let mut cells = line.split('|');
        (cells.next()? == country).then_some(())?;
        let (x, y): (f64, f64) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        Some((distance_km(lat, lon, y, x), cells.next()?))
    });
    places.min_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, zone)| zone)
}

#[cfg(test)]
mod tests {
    use super::super::words::PositionQuality;
    use super::*;

    fn told(zone: &str, lat: f64, lon: f64) -> Option<String> {
        let position = Position { lat, lon, quality: PositionQuality::City };
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        problem(zone, Some(&position), now)
    }

    #[test]
    fn zones_that_do_not_exist_or_do_not_fit_are_noticed() {
        assert_eq!(told("Europe/Berlin", 52.5, 13.4), None);
        assert_eq!(told("Asia/Shanghai", 43.8, 87.6), None, "western China");
        assert_eq!(told("Pacific/Kiritimati", 1.9, -157.4), None, "across the date line");
        assert_eq!(told("Asia/Kathmandu", 27.7, 85.3), None);
        for zone in ["Europe/Atlantis", "CET", "+01:00", "", "UTC"] {
            assert!(told(zone, 52.5, 13.4).is_some(), "{zone}");
        }
        assert!(told("America/New_York", 52.5, 13.4).is_some());
    }

    #[test]
    fn a_likely_zone_is_a_zone_of_the_country() {
        assert_eq!(likely("US", 36.16, -86.78), Some("America/Chicago"));
        assert_eq!(likely("US", 21.3, -157.8), Some("Pacific/Honolulu"));
        assert_eq!(likely("DE", 48.1, 11.6), Some("Europe/Berlin"));
        assert_eq!(likely("ZZ", 0.0, 0.0), None);
    }

    #[test]
    fn every_proposed_zone_is_known_and_fits_its_place() {
        for line in ZONES.lines() {
            let cells: Vec<&str> = line.split('|').collect();
            let [_, lon, lat, zone] = cells[..] else { panic!("{line}") };
            assert_eq!(told(zone, lat.parse().unwrap(), lon.parse().unwrap()), None, "{line}");
        }
    }
}
