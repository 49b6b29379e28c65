//! Where a search starts: a place by its name. The data are made by `data/places.py` from GeoNames (CC BY 4.0).

use std::collections::HashMap;
use std::sync::LazyLock;

use directory::centers::folded;
use strsim::osa_distance;

use crate::sphere::Point;

/// Name, country, region, latitude, longitude, inhabitants and other names; the largest first.
const PLACES: &str = include_str!("../data/places.tsv");
/// One place is meant, unless another of its name has at least a twentieth of its inhabitants.
const DOMINANT: u32 = 20;
/// Most places that are offered to choose from.
const MOST: usize = 12;

/// The source that is named wherever a place was found by its name.
pub(crate) const SOURCE: &str = "Contains GeoNames data, CC BY 4.0";

/// A place that a search can start from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    /// Its name.
    pub(crate) name: &'static str,
    /// ISO 3166-1 alpha-2 code.
    pub(crate) country: &'static str,
    /// Code of its region within the country, as GeoNames has it: letters in some countries, numbers in others.
    pub(crate) region: &'static str,
    /// Where it is.
    pub(crate) at: Point,
    /// Inhabitants.
    pub(crate) people: u32,
}

/// What a text names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Named {
    /// One place, with others that have the same name.
    One(Spot, Vec<Spot>),
    /// Several, the largest first: somebody must choose.
    Several(Vec<Spot>),
    /// None; these are written nearly so.
    Nothing(Vec<Spot>),
}

struct Gazetteer {
    spots: Vec<Spot>,
    /// Places by each of their names, folded.
    names: HashMap<String, Vec<u32>>,
}

static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(|| {
    let mut spots = Vec::new();
    let mut names: HashMap<String, Vec<u32>> = HashMap::new();
    for (line, place) in PLACES.lines().zip(0_u32..) {
        // a test reads every line
        let Some((spot, others)) = read(line) else { continue };
        for name in std::iter::once(spot.name).chain(others) {
            let known = names.entry(folded(name)).or_default();
            if known.last() != Some(&place) {
                known.push(place);
            }
        }
        spots.push(spot);
    }
    Gazetteer { spots, names }
});

fn read(line: &'static str) -> Option<(Spot, impl Iterator<Item = &'static str>)> {
    let mut cells = line.split('\t');
    let (name, country, region) = (cells.next()?, cells.next()?, cells.next()?);
    let at = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let people = cells.next()?.parse().ok()?;
    let others = cells.next()?.split(';').filter(|name| !name.is_empty());
    Some((Spot { name, country, region, at, people }, others))
}

/// Every place, the largest first; read anew, without its other names.
pub(crate) fn largest() -> impl Iterator<Item = Spot> {
    PLACES.lines().filter_map(|line| Some(read(line)?.0))
}

impl Gazetteer {
    fn of(&self, name: &str) -> Vec<Spot> {
        let found = self.names.get(name).into_iter().flatten();
        found.filter_map(|at| self.spots.get(usize::try_from(*at).ok()?).copied()).collect()
    }
}

/// Finds a place by its name, forgiving case, accents and scripts: `Zurich`, `Springfield, IL`, `Vienna, Austria`,
/// `Köln, de`.
pub(crate) fn place(text: &str) -> Named {
    let gazetteer = &*GAZETTEER;
    let whole = gazetteer.of(&folded(text));
    let (name, within) = match text.rsplit_once(',') {
        Some((name, within)) if whole.is_empty() => (folded(name), folded(within)),
        _ => (folded(text), String::new()),
    };
    if name.is_empty() {
        return Named::Nothing(Vec::new());
    }
    let lies_within = |spot: &Spot| {
        within.is_empty()
            || spot.country.eq_ignore_ascii_case(&within)
            || spot.region.eq_ignore_ascii_case(&within)
            || chart::country_name(spot.country).is_some_and(|name| folded(name) == within)
    };
    let mut found = gazetteer.of(&name);
    found.retain(lies_within);
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(first), second) => {
            let others: Vec<Spot> = second.into_iter().chain(found).take(MOST - 1).collect();
            let rivals = |it: &Spot| it.people.saturating_mul(DOMINANT) >= first.people;
            if others.iter().any(rivals) {
                return Named::Several(std::iter::once(first).chain(others).collect());
            }
            Named::One(first, others)
        }
        (None, _) => Named::Nothing(nearly(gazetteer, &name, lies_within)),
    }
}

/// Places whose name differs by a slip or two, or begins so; the largest first.
fn nearly(gazetteer: &Gazetteer, name: &str, fits: impl Fn(&Spot) -> bool) -> Vec<Spot> {
    let slips = match name.len() {
        ..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    let mut places: Vec<u32> = Vec::new();
    for (known, at) in &gazetteer.names {
        let near = known.len().abs_diff(name.len()) <= slips && osa_distance(known, name) <= slips;
        if near || (name.len() > 2 && known.starts_with(name)) {
            places.extend(at);
        }
    }
    // places are numbered by size
    places.sort_unstable();
    places.dedup();
    let spots = places.iter().filter_map(|at| gazetteer.spots.get(usize::try_from(*at).ok()?));
    spots.copied().filter(fits).take(MOST).collect()
}

/// A point written as latitude and longitude in degrees: `57.7, 11.97`. None when it is written otherwise or lies
/// nowhere.
pub(crate) fn coordinates(text: &str) -> Option<Point> {
    let mut numbers = text.split([',', ' ', ';']).filter(|part| !part.is_empty());
    let (lat, lon) = (numbers.next()?, numbers.next()?);
    if numbers.next().is_some() {
        return None;
    }
    let degrees = |text: &str, most: f64| {
        let plain =
            text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b));
        text.parse::<f64>().ok().filter(|it| plain && it.abs() <= most)
    };
    Some((degrees(lat, 90.0)?, degrees(lon, 180.0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Spot {
        match place(text) {
            Named::One(spot, _) => spot,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_line_of_the_places_is_read_and_lies_on_the_earth() {
        assert_eq!(GAZETTEER.spots.len(), PLACES.lines().count());
        assert!(GAZETTEER.spots.len() > 30_000);
        for spot in &GAZETTEER.spots {
            assert!(spot.at.0.abs() <= 90.0 && spot.at.1.abs() <= 180.0, "{spot:?}");
            assert!(chart::country_name(spot.country).is_some(), "{spot:?}");
        }
    }

    #[test]
    fn a_place_is_found_whatever_its_accents_and_in_its_own_language() {
        for (text, country) in [
            ("Zürich", "CH"),
            ("zurich", "CH"),
            ("Göteborg", "SE"),
            ("Gothenburg", "SE"),
            ("Cologne", "DE"),
            ("köln, de", "DE"),
            ("Vienna, Austria", "AT"),
            ("Suva", "FJ"),
            ("APIA", "WS"),
        ] {
            assert_eq!(one(text).country, country, "{text}");
        }
        assert_eq!(one("Springfield, IL").region, "IL");
    }

    #[test]
    fn places_of_like_size_are_offered_and_one_that_is_far_larger_is_taken() {
        let Named::Several(all) = place("Springfield") else { panic!("one Springfield was taken") };
        assert!(all.len() > 4 && all.is_sorted_by_key(|it| std::cmp::Reverse(it.people)));
        let Named::One(spot, others) = place("Vienna") else { panic!("Vienna was not taken") };
        assert_eq!(spot.country, "AT");
        assert!(others.iter().any(|it| it.country == "US"), "{others:?}");
    }

    #[test]
    fn a_slip_is_offered_and_never_taken() {
        let Named::Nothing(near) = place("Stockohlm") else { panic!("a slip was taken") };
        assert!(near.iter().any(|it| it.name == "Stockholm"), "{near:?}");
        assert_eq!(place("Qqqqqqqq"), Named::Nothing(Vec::new()));
        assert_eq!(place("  "), Named::Nothing(Vec::new()));
    }

    #[test]
    fn coordinates_are_two_numbers_on_the_earth() {
        assert_eq!(coordinates("57.7, 11.97"), Some((57.7, 11.97)));
        assert_eq!(coordinates("-18.14 178.44"), Some((-18.14, 178.44)));
        for wrong in ["57.7", "91, 0", "0, 181", "1, 2, 3", "a, b", "NaN, 1", "1e1, 2", "inf 0"] {
            assert_eq!(coordinates(wrong), None, "{wrong}");
        }
    }
}
