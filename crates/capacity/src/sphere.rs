//! Great circles on a sphere of the Earth's mean radius.

use directory::words;

/// Mean radius of the Earth in kilometers (IUGG).
const RADIUS_KM: f64 = 6371.0088;

/// A place in degrees, WGS 84.
pub type Point = (f64, f64);

/// Distance in kilometers (haversine formula).
pub fn distance_km((lat1, lon1): Point, (lat2, lon2): Point) -> f64 {
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let across =
        half(lat2 - lat1) + lat1.to_radians().cos() * lat2.to_radians().cos() * half(lon2 - lon1);
    2.0 * RADIUS_KM * across.clamp(0.0, 1.0).sqrt().asin()
}

/// The same rounded to a hundred meters, as it is shown.
pub fn shown_km(km: f64) -> f64 {
    (km * 10.0).round() / 10.0
}

/// Direction of the beginning of the way in whole degrees from north, clockwise.
pub fn bearing_deg((lat1, lon1): Point, (lat2, lon2): Point) -> f64 {
    let (from, to) = (lat1.to_radians(), lat2.to_radians());
    let turn = (lon2 - lon1).to_radians();
    let east = turn.sin() * to.cos();
    let north = from.cos() * to.sin() - from.sin() * to.cos() * turn.cos();
    let degrees = east.atan2(north).to_degrees().round();
    // a full turn is north again
    degrees.rem_euclid(360.0)
}

/// The point in a direction from north, clockwise in degrees, and a distance. The longitude goes on beyond 180 degrees. None
/// where a circle of this distance holds a pole: no longitude goes on there.
pub(crate) fn destination((lat, lon): Point, bearing_deg: f64, km: f64) -> Option<Point> {
    let angle = km / RADIUS_KM;
    if lat.to_radians().abs() + angle >= std::f64::consts::FRAC_PI_2 {
        return None;
    }
    let (north, away) = lat.to_radians().sin_cos();
    let bearing = bearing_deg.to_radians();
    let sin = north * angle.cos() + away * angle.sin() * bearing.cos();
    let east = bearing.sin() * angle.sin() * away;
    let turn = east.atan2(angle.cos() - north * sin);
    Some((sin.clamp(-1.0, 1.0).asin().to_degrees(), lon + turn.to_degrees()))
}

/// The direction of a point from the middle of the sphere.
pub(crate) fn unit((lat, lon): Point) -> [f64; 3] {
    let ((north, away), (east, ahead)) = (lat.to_radians().sin_cos(), lon.to_radians().sin_cos());
    [away * ahead, away * east, north]
}

/// The cosine of the angle between two directions: the greater, the nearer. It tells points apart that are some meters
/// from each other, so what is near an edge is measured again.
pub(crate) fn cosine(one: [f64; 3], other: [f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// No point within a distance has a smaller cosine.
pub(crate) fn least_cosine(km: f64) -> f64 {
    // the slack is 0.3 km where it is most
    (km / RADIUS_KM).min(std::f64::consts::PI).cos() - 1e-9
}

/// A box that holds every point within a distance: quick to test, across the date line and the poles as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    middle: Point,
    lat_reach: f64,
    lon_reach: f64,
}

impl Near {
    /// The box around a point.
    pub fn new(middle: Point, km: f64) -> Self {
        let angle = (km / RADIUS_KM).min(std::f64::consts::PI);
        let lat = middle.0.to_radians();
        // the meridians that touch the circle; a circle around a pole touches all
        let around_pole = lat.abs() + angle >= std::f64::consts::FRAC_PI_2;
        let lon_reach = if around_pole {
            180.0
        } else {
            (angle.sin() / lat.cos()).clamp(-1.0, 1.0).asin().to_degrees()
        };
        // roundings must not lose a point on the edge
        Self { middle, lat_reach: angle.to_degrees() + 1e-6, lon_reach: lon_reach + 1e-6 }
    }

    /// The lowest and highest latitude of the box, in degrees.
    pub fn latitudes(&self) -> (f64, f64) {
        (self.middle.0 - self.lat_reach, self.middle.0 + self.lat_reach)
    }

    /// Whether a point may be within; false only when it is not.
    pub fn may_hold(&self, (lat, lon): Point) -> bool {
        let turn = (lon - self.middle.1 + 540.0).rem_euclid(360.0) - 180.0;
        (lat - self.middle.0).abs() <= self.lat_reach && turn.abs() <= self.lon_reach
    }
}

words! {
    /// A way of travel, for an estimate of time: by road 1.3 times the distance at 70 km/h, by helicopter 220 km/h and
    /// half an hour, by airplane 450 km/h and an hour and a half.
    Travel {
        Road = "road", "By road";
        Helicopter = "helicopter", "By helicopter";
        Airplane = "fixed_wing", "By airplane";
    }
}

impl Travel {
    /// A rough estimate of one way in minutes. Never used for ranking.
    pub fn minutes(self, km: f64) -> f64 {
        match self {
            Self::Road => 1.3 * km / 70.0 * 60.0,
            Self::Helicopter => km / 220.0 * 60.0 + 30.0,
            Self::Airplane => km / 450.0 * 60.0 + 90.0,
        }
    }

    /// Until a team that comes is back with the patient: the way twice, and the time until it leaves.
    pub fn retrieval_minutes(self, km: f64, mobilization_min: Option<u16>) -> f64 {
        2.0 * self.minutes(km) + mobilization_min.map_or(0.0, f64::from)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_point_in_a_direction_lies_at_its_distance(
            lat in -60.0..60.0_f64,
            lon in -180.0..180.0_f64,
            bearing in 0.0..360.0_f64,
            km in 1.0..2000.0_f64,
        ) {
            let to = destination((lat, lon), bearing, km).unwrap();
            prop_assert!((distance_km((lat, lon), to) - km).abs() < 1e-6);
        }
    }

    #[test]
    fn a_circle_around_a_pole_has_no_points() {
        assert_eq!(destination((89.5, 10.0), 0.0, 100.0), None);
    }
}
