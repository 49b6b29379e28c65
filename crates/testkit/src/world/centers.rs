//! The invented centers: real cities, invented names.

/// An invented center of the world's registry.
#[derive(Debug, Clone, PartialEq)]
pub struct WorldCenter {
    /// Its number.
    pub number: &'static str,
    /// Its invented name, with its city.
    pub name: &'static str,
    /// Its city.
    pub city: &'static str,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country: &'static str,
    /// Its chapter, a code of list `elso_chapter`.
    pub chapter: &'static str,
    /// Latitude of the city in degrees.
    pub lat: f64,
    /// Longitude of the city in degrees.
    pub lon: f64,
    /// First year with runs.
    pub from: i16,
    /// Last year with runs; none while it is active.
    pub to: Option<i16>,
    /// Whether it treats adults.
    pub adults: bool,
    /// Whether it treats neonates and children.
    pub children: bool,
    /// Relative number of its runs.
    pub(super) size: f64,
    /// Invented people who complete its runs.
    pub(super) people: [&'static str; 3],
}

const TABLE: &str = include_str!("data/centers.tsv");

impl WorldCenter {
    /// All centers in the order in which they joined.
    pub(super) fn all() -> Vec<Self> {
        TABLE.lines().skip(1).filter_map(Self::read).collect()
    }

    /// The centers of a smaller world, of every era and chapter.
    pub(super) fn some(wanted: usize) -> Vec<Self> {
        let all = Self::all();
        if wanted >= all.len() {
            return all;
        }
        let total = all.len();
        let chosen = |place: usize| (place + 1) * wanted / total > place * wanted / total;
        all.into_iter()
            .enumerate()
            .filter(|(place, _)| chosen(*place))
            .map(|(_, center)| center)
            .collect()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut cells = line.split('\t');
        let (number, name, city) = (cells.next()?, cells.next()?, cells.next()?);
        let (country, chapter) = (cells.next()?, cells.next()?);
        let (lat, lon) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        let (from, to) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok());
        let kind = cells.next()?;
        let size = cells.next()?.parse().ok()?;
        let mut people = cells.next()?.split(';');
        Some(Self {
            number,
            name,
            city,
            country,
            chapter,
            lat,
            lon,
            from,
            to,
            adults: kind != "C",
            children: kind != "A",
            size,
            people: [people.next()?, people.next()?, people.next()?],
        })
    }

    /// Whether it has runs in a year.
    pub fn active(&self, year: i16) -> bool {
        self.from <= year && self.to.is_none_or(|to| year <= to)
    }

    /// Percent of patients whose race is recorded: the law differs.
    pub(super) fn race_percent(&self) -> f64 {
        match self.country {
            "US" => 88.0,
            "DE" | "FR" | "AT" | "CH" | "BE" | "IT" | "ES" | "SE" | "NO" | "DK" => 0.0,
            "GB" | "CA" | "AU" | "NZ" | "BR" | "ZA" => 45.0,
            _ => 15.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_center_with_a_number_and_name_of_its_own() {
        let all = WorldCenter::all();
        let unique = |of: fn(&WorldCenter) -> &'static str| {
            all.iter().map(of).collect::<std::collections::HashSet<_>>().len()
        };

        assert_eq!(all.len(), TABLE.lines().count() - 1);
        assert_eq!(all.len(), 796);
        assert_eq!((unique(|c| c.number), unique(|c| c.name)), (796, 796));
        assert!(all.iter().all(|c| c.lat.abs() < 72.0 && c.lon.abs() <= 180.0));
    }

    #[test]
    fn active_centers_by_year_are_those_published() {
        let all = WorldCenter::all();
        let active = |year| all.iter().filter(move |center| center.active(year));

        assert_eq!(active(2009).filter(|center| center.children).count(), 157);
        assert_eq!(active(2015).filter(|center| center.children).count(), 227);
        assert_eq!(active(2022).count(), 557);
        let any = all.iter().filter(|c| (2009..=2022).any(|year| c.active(year)));
        assert_eq!(any.count(), 780);
        let early = all.iter().filter(|c| c.from <= 2013);
        assert_eq!(early.count(), 290);
    }

    #[test]
    fn a_smaller_world_keeps_every_chapter() {
        let some = WorldCenter::some(90);
        let chapters: std::collections::HashSet<_> = some.iter().map(|c| c.chapter).collect();

        assert_eq!((some.len(), chapters.len()), (90, 5));
    }
}
