//! Every center with what it has said, in memory: searched without a statement, brought up to date by the audit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base::{CenterId, Instant};
use db::{DbError, Tx};
use directory::centers::{Book, Profile, Selection, State};

use crate::clock::{Cadences, Period};
use crate::log::Log;
use crate::model::{Center, Network, Suspension};
use crate::region::Notice;
use crate::search::{Answer, Ground, Placed, Request, among, placed};
use crate::sphere::Near;
use crate::store::{self, Scoped, Settings};

/// How often after the last a change is followed row by row; further behind, everything is read anew.
const MOST_CHANGES: i64 = 20_000;

/// Roundings must not lose a center at the edge of a band of latitudes.
const SLACK: f64 = 1e-9;

/// Every public center as of one version of the data. Never changes.
#[derive(Debug)]
pub struct Snapshot {
    version: i64,
    /// The version at which something of capacity changed last.
    stamp: i64,
    book: Arc<Book>,
    settings: Arc<Settings>,
    cadences: Cadences,
    centers: Arc<Vec<Center>>,
    by_id: Arc<HashMap<CenterId, usize>>,
    /// Where those are that may be found, from south to north.
    placed: Arc<Vec<Placed>>,
    logs: HashMap<CenterId, Arc<Log>>,
    nothing: Log,
}

impl Snapshot {
    /// Reads everything: about two statements per center that has ever reported.
    pub(crate) fn read(
        tx: &mut Tx<'_>,
        book: &Arc<Book>,
        cadences: Cadences,
        now: Instant,
    ) -> Result<Self, DbError> {
        let version = store::version(tx)?;
        let mut logs = HashMap::new();
        for center in store::reporting(tx)? {
            logs.insert(center, log(tx, center, &cadences, now)?);
        }
        let settings = Arc::new(store::settings(tx, now)?);
        Ok(Self::assemble((version, version), Arc::clone(book), settings, cadences, logs))
    }

    /// The same after what has happened since: only what has changed is read.
    pub(crate) fn follow(
        &self,
        tx: &mut Tx<'_>,
        book: &Arc<Book>,
        now: Instant,
    ) -> Result<Self, DbError> {
        let version = store::version(tx)?;
        if version - self.version > MOST_CHANGES || version < self.version {
            return Self::read(tx, book, self.cadences, now);
        }
        let mut logs = self.logs.clone();
        let mut settings = Arc::clone(&self.settings);
        let changes = store::changes(tx, (self.version, version))?;
        let ours = changes.iter().filter(|(action, _)| action.starts_with("capacity-"));
        let reported: BTreeSet<CenterId> = ours
            .clone()
            .filter(|(action, _)| action == "capacity-report")
            .filter_map(|(_, center)| *center)
            .collect();
        let same = reported.is_empty() && ours.clone().next().is_none();
        let stamp = if same && Arc::ptr_eq(&self.book, book) { self.stamp } else { version };
        for center in reported {
            logs.insert(center, log(tx, center, &self.cadences, now)?);
        }
        if ours.clone().any(|(action, _)| action != "capacity-report") {
            settings = Arc::new(store::settings(tx, now)?);
        }
        if Arc::ptr_eq(&self.book, book) && Arc::ptr_eq(&self.settings, &settings) {
            // a report changes what was said, and no center
            return Ok(Self {
                version,
                stamp,
                book: Arc::clone(book),
                settings,
                cadences: self.cadences,
                centers: Arc::clone(&self.centers),
                by_id: Arc::clone(&self.by_id),
                placed: Arc::clone(&self.placed),
                logs,
                nothing: Log::default(),
            });
        }
        let versions = (version, stamp);
        Ok(Self::assemble(versions, Arc::clone(book), settings, self.cadences, logs))
    }

    fn assemble(
        (version, stamp): (i64, i64),
        book: Arc<Book>,
        settings: Arc<Settings>,
        cadences: Cadences,
        logs: HashMap<CenterId, Arc<Log>>,
    ) -> Self {
        let everybody = Selection::default();
        let centers: Vec<Center> =
            book.select(&everybody).into_iter().map(|profile| center(profile, &settings)).collect();
        let by_id: HashMap<CenterId, usize> =
            centers.iter().enumerate().map(|(at, center)| (center.id, at)).collect();
        let placed = Arc::new(placed(centers.iter()));
        let (centers, by_id, nothing) = (Arc::new(centers), Arc::new(by_id), Log::default());
        Self { version, stamp, book, settings, cadences, centers, by_id, placed, logs, nothing }
    }

    /// Another number after each report, and after whatever else changes a light but the clock.
    pub const fn stamp(&self) -> i64 {
        self.stamp
    }

    /// Whether nothing has happened since.
    pub(crate) fn is_of(&self, version: i64, book: &Arc<Book>) -> bool {
        self.version == version && Arc::ptr_eq(&self.book, book)
    }

    /// Every center that has not closed, with what it has said.
    pub fn centers(&self) -> impl Iterator<Item = (&Center, &Log)> {
        self.centers.iter().map(|center| (center, self.log(center.id)))
    }

    /// One center.
    pub fn center(&self, id: CenterId) -> Option<(&Center, &Log)> {
        let center = self.centers.get(*self.by_id.get(&id)?)?;
        Some((center, self.log(id)))
    }

    /// The center of a public number.
    pub fn by_number(&self, number: &str) -> Option<(&Center, &Log)> {
        self.center(self.book.center(number)?.id)
    }

    /// The centers of a selection, in the directory's order: best match, then name.
    pub(crate) fn select(&self, selection: &Selection) -> Vec<(&Center, &Log)> {
        let found = self.book.select(selection).into_iter();
        found.filter_map(|profile| self.center(profile.id)).collect()
    }

    /// Whether the center of a number is made up.
    pub(crate) fn is_invented(&self, number: &str) -> bool {
        self.book.center(number).is_some_and(|profile| profile.invented)
    }

    /// Codes and names of the chapters.
    pub(crate) fn chapters(&self) -> impl Iterator<Item = (&str, &str)> {
        let chapters = self.book.atlas().chapters.iter();
        chapters.map(|chapter| (chapter.code.as_str(), chapter.name.as_str()))
    }

    fn log(&self, id: CenterId) -> &Log {
        self.logs.get(&id).map_or(&self.nothing, |log| log)
    }

    /// Stricter cadences that are kept, each with where it applies.
    pub(crate) fn scoped(&self) -> &[Scoped] {
        &self.settings.periods
    }

    /// Notices of regions, those included that have ended since they were read.
    pub(crate) fn notices(&self) -> &[Notice] {
        &self.settings.notices
    }

    /// The networks.
    pub fn networks(&self) -> &[Network] {
        &self.settings.networks
    }

    /// The cadences in force.
    pub const fn cadences(&self) -> &Cadences {
        &self.cadences
    }

    /// Looks for centers; reads memory only, and of that the latitudes around the place.
    pub fn search(&self, request: &Request, now: Instant) -> Answer<'_> {
        let (south, north) = Near::new(request.from, request.reach_km()).latitudes();
        // the third part of a direction rises with the latitude
        let height = |lat: f64| lat.clamp(-90.0, 90.0).to_radians().sin();
        let all = self.placed.as_slice();
        let from = all.partition_point(|it| it.unit[2] < height(south) - SLACK);
        let to = all.partition_point(|it| it.unit[2] <= height(north) + SLACK);
        let near = all.get(from..to).unwrap_or_default();
        let center = |at: usize| {
            let center = self.centers.get(at)?;
            Some((center, self.log(center.id)))
        };
        let ground = Ground { all, near, center };
        among(&ground, self.networks(), request, &self.cadences, now)
    }
}

fn log(
    tx: &mut Tx<'_>,
    center: CenterId,
    cadences: &Cadences,
    now: Instant,
) -> Result<Arc<Log>, DbError> {
    let reports = store::reports(tx, center, now)?;
    Ok(Arc::new(Log::of(&reports, cadences)))
}

/// A center of the directory as this service sees it.
fn center(profile: &Profile, settings: &Settings) -> Center {
    let details = &profile.details;
    let networks: Vec<String> = settings
        .members
        .iter()
        .filter(|(_, center)| *center == profile.id)
        .map(|(network, _)| network.clone())
        .collect();
    let applies = |scope: &str, key: &str| match scope {
        "network" => networks.iter().any(|network| network == key),
        "country" => details.country == key,
        "chapter" => profile.chapter == key,
        "center" => profile.id.to_string() == key,
        _ => false,
    };
    let periods: Vec<Period> = settings
        .periods
        .iter()
        .filter(|it| applies(&it.scope, &it.key))
        .map(|it| it.period.clone())
        .collect();
    let own = settings.suspensions.iter().filter(|(center, _)| *center == profile.id);
    let mut suspensions: Vec<Suspension> = own.map(|(_, it)| it.clone()).collect();
    suspensions.extend(by_directory(profile));
    let from = settings.units.partition_point(|(center, _)| *center < profile.id);
    let units = settings.units.iter().skip(from).take_while(|(center, _)| *center == profile.id);
    let units = units.map(|(_, unit)| unit.clone()).collect();
    Center {
        id: profile.id,
        number: profile.number.clone(),
        name: details.name.clone(),
        city: details.city.clone(),
        country: details.country.clone(),
        chapter: profile.chapter.clone(),
        position: details.position.map(|at| (at.lat, at.lon)),
        time_zone: details.time_zone.clone(),
        closed: profile.state == State::Closed,
        suspensions,
        capabilities: details.capabilities.clone(),
        units,
        referral_policy: details.referral_policy,
        retrieval: details.retrieval.clone(),
        contacts: details.contacts.clone(),
        languages: details.languages.clone(),
        networks,
        public_counts: details.public_counts,
        periods,
    }
}

/// What the directory's state means: a suspension lasts while the center is suspended there, and what was said before
/// the center was listed (again) is not known any more.
fn by_directory(profile: &Profile) -> Option<Suspension> {
    let since = profile.state_since?;
    // staff write their reason for the office; the public is told how long it is meant to last
    let reason = profile
        .state_until
        .as_ref()
        .map(|day| format!("It is meant to last until {day}."))
        .unwrap_or_default();
    match profile.state {
        State::Suspended => Some(Suspension { from: since, until: None, reason }),
        State::Listed => {
            Some(Suspension { from: Instant::from_micros(0), until: Some(since), reason })
        }
        State::Proposed | State::Verified | State::Closed => None,
    }
}
