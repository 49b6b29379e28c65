//! The public directory in memory: what is asked for, what is found, how it is counted.
//!
//! A few thousand centers at most: a page is answered from here, with one statement that asks whether anything has
//! changed. Totals and counts beside choices come from the same list as the rows, so they agree.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

use super::chapters::Atlas;
use super::model::Profile;
use super::search::{Index, folded};
use super::words::{AgeGroup, Mode, RecognitionKind, Service, State};

/// Which centers are asked for. The default is every center that is not closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Words to look for.
    pub words: String,
    /// Code of the country.
    pub country: Option<String>,
    /// Code of the chapter.
    pub chapter: Option<String>,
    /// Who is treated.
    pub age: Option<AgeGroup>,
    /// What is offered; with an age group: to that group.
    pub mode: Option<Mode>,
    /// What the team does outside.
    pub retrieval: Option<Service>,
    /// A recognition in force.
    pub recognition: Option<RecognitionKind>,
    /// Closed centers, too.
    pub closed: bool,
}

/// How many centers each choice would leave, all other choices being kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By country.
    pub countries: BTreeMap<String, usize>,
    /// By chapter.
    pub chapters: BTreeMap<String, usize>,
    /// By age group.
    pub ages: BTreeMap<AgeGroup, usize>,
    /// By mode.
    pub modes: BTreeMap<Mode, usize>,
    /// By what the team does outside.
    pub retrieval: BTreeMap<Service, usize>,
    /// By recognition.
    pub recognitions: BTreeMap<RecognitionKind, usize>,
}

/// Every public center, as of one stamp and day.
#[derive(Debug)]
pub struct Book {
    stamp: i64,
    today: Date,
    centers: Vec<Profile>,
    by_number: HashMap<String, usize>,
    index: Index,
    atlas: Atlas,
}

/// One page of what was found.
#[derive(Debug)]
pub struct Page<'b> {
    /// Its rows.
    pub rows: Vec<&'b Profile>,
    /// The place of the first row among all, from 1; 0 when there is none.
    pub first: usize,
    /// How many were found in all.
    pub total: usize,
    /// Number of the row after which the next page begins.
    pub next: Option<&'b str>,
    /// Number of the row after which the page before begins; `Some(None)` for the first page.
    pub previous: Option<Option<&'b str>>,
}

impl Book {
    pub(super) fn new(stamp: i64, today: Date, all: Vec<Profile>, atlas: Atlas) -> Self {
        let mut centers: Vec<Profile> = all.into_iter().filter(|it| it.state.is_public()).collect();
        centers.sort_by_cached_key(|it| (folded(&it.details.name), it.number.clone()));
        let mut index = Index::default();
        let mut by_number = HashMap::with_capacity(centers.len());
        for (place, center) in centers.iter().enumerate() {
            by_number.insert(center.number.clone(), place);
            let Ok(place) = u32::try_from(place) else { continue };
            for text in texts(center) {
                index.add(place, &folded(text));
            }
        }
        Self { stamp, today, centers, by_number, index, atlas }
    }

    pub(super) fn is_of(&self, stamp: i64, today: Date) -> bool {
        self.stamp == stamp && self.today == today
    }

    /// A public center.
    pub fn center(&self, number: &str) -> Option<&Profile> {
        self.centers.get(*self.by_number.get(number)?)
    }

    /// Chapters and their countries.
    pub const fn atlas(&self) -> &Atlas {
        &self.atlas
    }

    /// The day of which it is.
    pub const fn today(&self) -> Date {
        self.today
    }

    /// Changes with everything public.
    pub const fn stamp(&self) -> i64 {
        self.stamp
    }

    /// How many centers there are, closed ones included.
    pub fn len(&self) -> usize {
        self.centers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.centers.is_empty()
    }

    /// Whether any of its centers is made up.
    pub fn has_invented(&self) -> bool {
        self.centers.iter().any(|center| center.invented)
    }

    /// The centers of a selection: by how well they meet the words, then by name.
    pub fn select(&self, selection: &Selection) -> Vec<&Profile> {
        let fits = |center: &&Profile| self.fits(center, selection);
        if folded(&selection.words).is_empty() {
            return self.centers.iter().filter(fits).collect();
        }
        let mut found: Vec<(u32, usize)> = self
            .index
            .find(&selection.words)
            .into_iter()
            .filter_map(|(place, score)| Some((score, usize::try_from(place).ok()?)))
            .collect();
        found.sort_by(|(one, at), (other, place)| other.cmp(one).then(at.cmp(place)));
        found.into_iter().filter_map(|(_, place)| self.centers.get(place)).filter(fits).collect()
    }

    fn fits(&self, center: &Profile, wanted: &Selection) -> bool {
        let details = &center.details;
        (wanted.closed || center.state != State::Closed)
            && wanted.country.as_ref().is_none_or(|country| *country == details.country)
            && wanted.chapter.as_ref().is_none_or(|chapter| *chapter == center.chapter)
            && (wanted.age.is_none() && wanted.mode.is_none()
                || details.offers(wanted.age, wanted.mode))
            && wanted.retrieval.is_none_or(|service| details.retrieval.services.contains(&service))
            && wanted.recognition.is_none_or(|kind| self.recognitions(center).any(|it| it == kind))
    }

    /// The recognitions that are in force.
    fn recognitions<'a>(&'a self, center: &'a Profile) -> impl Iterator<Item = RecognitionKind> {
        let today = self.today.to_string();
        center
            .details
            .recognitions
            .iter()
            .filter(move |it| it.from <= today && (it.to.is_empty() || it.to >= today))
            .map(|it| it.kind)
    }

    /// A page of `size` rows after the row of a number; from the beginning without one, or when it is not there.
    pub fn page<'b>(&self, found: &[&'b Profile], after: Option<&str>, size: usize) -> Page<'b> {
        let start = after
            .and_then(|number| found.iter().position(|center| center.number == number))
            .map_or(0, |place| place + 1);
        let rows: Vec<&Profile> = found.iter().skip(start).take(size).copied().collect();
        let more = start + rows.len() < found.len();
        let last_of = |place: usize| found.get(place).map(|center| center.number.as_str());
        Page {
            first: if rows.is_empty() { 0 } else { start + 1 },
            total: found.len(),
            next: rows.last().filter(|_| more).map(|center| center.number.as_str()),
            previous: (start > 0).then(|| start.checked_sub(size + 1).and_then(last_of)),
            rows,
        }
    }

    /// The counts beside the choices.
    pub fn facets(&self, selection: &Selection) -> Facets {
        let mut facets = Facets::default();
        let without = |change: fn(&mut Selection)| {
            let mut other = selection.clone();
            change(&mut other);
            self.select(&other)
        };
        for center in without(|it| it.country = None) {
            *facets.countries.entry(center.details.country.clone()).or_default() += 1;
        }
        for center in without(|it| it.chapter = None) {
            *facets.chapters.entry(center.chapter.clone()).or_default() += 1;
        }
        for center in without(|it| it.age = None) {
            for age in AgeGroup::ALL {
                let offered = center.details.offers(Some(*age), selection.mode);
                *facets.ages.entry(*age).or_default() += usize::from(offered);
            }
        }
        for center in without(|it| it.mode = None) {
            for mode in Mode::ALL {
                let offered = center.details.offers(selection.age, Some(*mode));
                *facets.modes.entry(*mode).or_default() += usize::from(offered);
            }
        }
        for center in without(|it| it.retrieval = None) {
            for service in &center.details.retrieval.services {
                *facets.retrieval.entry(*service).or_default() += 1;
            }
        }
        for center in without(|it| it.recognition = None) {
            for kind in RecognitionKind::ALL {
                let held = self.recognitions(center).any(|it| it == *kind);
                *facets.recognitions.entry(*kind).or_default() += usize::from(held);
            }
        }
        facets
    }
}

/// What words are looked for in.
fn texts(center: &Profile) -> impl Iterator<Item = &str> {
    let details = &center.details;
    let country = chart::country_name(&details.country).unwrap_or_default();
    [
        center.number.as_str(),
        &details.name,
        &details.name_local,
        &details.city,
        &details.subdivision,
        &details.parent,
        country,
    ]
    .into_iter()
    .chain(details.aliases.iter().map(String::as_str))
    .chain(details.identifiers.iter().map(|it| it.value.as_str()))
}

/// How many centers of a list each country has.
pub fn by_country(found: &[&Profile]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for center in found {
        *counts.entry(center.details.country.clone()).or_default() += 1;
    }
    counts
}
