//! Requests for a place, also those that found none: counted, never about a patient.
//!
//! An enquiry names an hour, a region, an age group, a kind of support and what became of it. It is published only as
//! monthly figures of a country or chapter with at least 20 enquiries at 3 centers.

use std::collections::{BTreeMap, BTreeSet};

use base::{Action, Actor, CenterId, Instant, permit};
use db::{DbError, FromRow, Row};
use directory::audit::{Event, Trail};
use directory::centers::{AgeGroup, Mode};
use directory::words;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::clock::{DAY, HOUR, MINUTE};
use crate::region::RegionDesk;
use crate::service::{Capacity, CapacityError, stage};
use crate::snapshot::Snapshot;
use crate::words::Limit;

/// An enquiry may be entered so long afterwards.
const LATE: i64 = 7 * DAY;
/// A figure needs so many enquiries, at so many centers.
const FEWEST: u64 = 20;
const FEWEST_CENTERS: usize = 3;
/// Enquiries of a center that its page shows.
const PAGE: i64 = 100;

words! {
    /// What became of a request for a place.
    Outcome {
        Accepted = "accepted", "Accepted";
        Retrieved = "accepted_retrieval", "Accepted, our team fetches";
        NoCapacity = "declined_no_capacity", "No place";
        Clinical = "declined_clinical", "Declined for clinical reasons";
        Advice = "advice_only", "Advice only";
        Withdrawn = "withdrawn", "Withdrawn by whoever asked";
        NoAnswer = "no_answer", "Nobody answered";
    }
}

words! {
    /// Whether another center was found.
    Onward {
        Found = "other_center_found", "Another center was found";
        Nowhere = "none_found", "No center was found";
        Unknown = "unknown", "Not known";
    }
}

/// One request for a place, as a center enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enquiry {
    /// Made by the sender: the same id twice is the same enquiry.
    pub id: Uuid,
    /// When; kept to the hour.
    pub at: Instant,
    /// ISO 3166-1 alpha-2 code of where it came from; empty when that is not known.
    pub from_country: String,
    /// ISO 3166-2 code, such as `DE-BE`; may be empty.
    pub from_subdivision: String,
    /// For whom.
    pub age_group: AgeGroup,
    /// Which support; none when that was open.
    pub mode: Option<Mode>,
    /// What became of it.
    pub outcome: Outcome,
    /// What was lacking.
    pub limits: BTreeSet<Limit>,
    /// Whether another center was found.
    pub onward: Onward,
}

db::statements! {
    /// The statements of enquiries.
    pub ENQUIRY_STATEMENTS;

    ADD_ENQUIRY = "insert into capacity_enquiry (center_id, enquiry_id, hour_at, from_country, from_subdivision, age_group, mode, outcome,
            limits, onward, recorded_at, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (enquiry_id) do nothing";
    OWN_ENQUIRIES = "select enquiry_id, hour_at, from_country, from_subdivision, age_group, mode, outcome, limits, onward
        from capacity_enquiry where center_id = $1 order by hour_at desc, enquiry_id desc limit $2";
    REMOVE_ENQUIRY = "delete from capacity_enquiry where center_id = $1 and enquiry_id = $2 and recorded_at >= $3";
    MONTHS = "select center_id, hour_at, outcome, onward from capacity_enquiry where hour_at >= $1 and hour_at < $2 order by hour_at, enquiry_id";
}

impl FromRow for Enquiry {
    fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
        row.expect_columns(9)?;
        let word = |column: usize| row.get::<String>(column);
        let odd = |column: usize| row.inconsistent(column, "no such code".to_owned());
        let limits = word(7)?;
        Ok(Self {
            id: row.get(0)?,
            at: row.get(1)?,
            from_country: word(2)?,
            from_subdivision: word(3)?,
            age_group: AgeGroup::from_word(&word(4)?).ok_or_else(|| odd(4))?,
            mode: Mode::from_word(&word(5)?),
            outcome: Outcome::from_word(&word(6)?).ok_or_else(|| odd(6))?,
            limits: limits.split_whitespace().filter_map(Limit::from_word).collect(),
            onward: Onward::from_word(&word(8)?).ok_or_else(|| odd(8))?,
        })
    }
}

/// Figures of one area in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Month {
    /// All requests.
    pub enquiries: u64,
    /// Accepted, with or without a team that fetches.
    pub accepted: u64,
    /// No place.
    pub declined_no_capacity: u64,
    /// Declined for clinical reasons, or advice only.
    pub declined_clinical: u64,
    /// Withdrawn, or nobody answered.
    pub other: u64,
    /// No place, and no center was found elsewhere: the unmet need.
    pub none_found: u64,
}

impl Month {
    fn add(&mut self, outcome: Outcome, onward: Onward) {
        self.enquiries += 1;
        match outcome {
            Outcome::Accepted | Outcome::Retrieved => self.accepted += 1,
            Outcome::NoCapacity => self.declined_no_capacity += 1,
            Outcome::Clinical | Outcome::Advice => self.declined_clinical += 1,
            Outcome::Withdrawn | Outcome::NoAnswer => self.other += 1,
        }
        let unmet = matches!(outcome, Outcome::NoCapacity | Outcome::NoAnswer);
        self.none_found += u64::from(unmet && onward == Onward::Nowhere);
    }
}

/// By what enquiries are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The center's country.
    Country,
    /// The center's chapter.
    Chapter,
}

/// The figures of a month and an area; none when they are withheld.
pub type Months = BTreeMap<(String, String), Option<Month>>;

#[derive(Default)]
struct Cell {
    month: Month,
    centers: BTreeSet<CenterId>,
}

impl Cell {
    fn may_be_told(&self) -> bool {
        self.month.enquiries >= FEWEST && self.centers.len() >= FEWEST_CENTERS
    }
}

type Requests = Vec<(CenterId, Instant, String, String)>;

/// The figures of everybody, by month and area. What a chapter leaves over beside its published countries must be enough
/// to be published itself, or the chapter is withheld: nothing follows from a difference.
fn published(requests: &Requests, snapshot: &Snapshot, by: By) -> Months {
    let mut countries: BTreeMap<(String, String), Cell> = BTreeMap::new();
    let mut chapters: BTreeMap<(String, String), Cell> = BTreeMap::new();
    let mut of: BTreeMap<String, String> = BTreeMap::new();
    for (id, at, outcome, onward) in requests {
        let Some((center, _)) = snapshot.center(*id) else { continue };
        let codes = (Outcome::from_word(outcome), Onward::from_word(onward));
        let (Some(outcome), Some(onward)) = codes else { continue };
        let month = at.date().strftime("%Y-%m").to_string();
        of.insert(center.country.clone(), center.chapter.clone());
        let places = [(&mut countries, &center.country), (&mut chapters, &center.chapter)];
        for (cells, area) in places {
            let cell = cells.entry((month.clone(), area.clone())).or_default();
            cell.month.add(outcome, onward);
            cell.centers.insert(*id);
        }
    }
    let told = |cells: &BTreeMap<(String, String), Cell>| -> Months {
        let tell = |(key, cell): (&(String, String), &Cell)| {
            (key.clone(), cell.may_be_told().then_some(cell.month))
        };
        cells.iter().map(tell).collect()
    };
    if by == By::Country {
        return told(&countries);
    }
    let mut out = told(&chapters);
    for ((month, chapter), figures) in &mut out {
        let mut rest = Cell::default();
        for ((at, country), cell) in &countries {
            let inside = at == month && of.get(country) == Some(chapter);
            if inside && !cell.may_be_told() {
                rest.month.enquiries += cell.month.enquiries;
                rest.centers.extend(&cell.centers);
            }
        }
        if rest.month.enquiries > 0 && !rest.may_be_told() {
            *figures = None;
        }
    }
    out
}

fn wrong<T>(field: &'static str, told: &str) -> Result<T, CapacityError> {
    Err(CapacityError::Values(vec![(field, told.to_owned())]))
}

impl Capacity {
    /// Keeps a request for a place. The same id again changes nothing; gives whether it was new.
    ///
    /// # Errors
    /// `Refused` unless the actor reports for the center, `Missing` without such a center; `Values` for another hour than
    /// one of the last seven days, or a place that is none.
    pub fn enquire(
        &self,
        actor: &Actor,
        center: CenterId,
        enquiry: &Enquiry,
    ) -> Result<bool, CapacityError> {
        permit(actor, Action::ReportCapacity, center)?;
        let now = self.clock.now();
        let snapshot = self.current()?;
        snapshot.center(center).ok_or(CapacityError::Missing)?;
        if enquiry.at > now.plus_micros(5 * MINUTE) || enquiry.at < now.plus_micros(-LATE) {
            return wrong("at", "An enquiry is of the last seven days.");
        }
        let country = &enquiry.from_country;
        if !country.is_empty() && chart::country_name(country).is_none() {
            let told = "The country is a code of two letters, such as DE, or left empty.";
            return wrong("from_country", told);
        }
        let subdivision = &enquiry.from_subdivision;
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
        let fits = subdivision.len() <= 6 && subdivision.chars().all(plain);
        if !(subdivision.is_empty() || (fits && subdivision.contains('-'))) {
            return wrong("from_subdivision", "The region is a code such as DE-BE, or left empty.");
        }
        // to the hour: a minute could be that of one ambulance
        let hour = Instant::from_micros(enquiry.at.as_micros().div_euclid(HOUR) * HOUR);
        let limits: Vec<&str> = enquiry.limits.iter().map(|limit| limit.as_str()).collect();
        let limits = limits.join(" ");
        let mode = enquiry.mode.map(Mode::as_str).unwrap_or_default();
        self.db.write(|tx| {
            let row = (
                center,
                enquiry.id,
                hour,
                country.as_str(),
                subdivision.as_str(),
                enquiry.age_group.as_str(),
                mode,
                enquiry.outcome.as_str(),
                limits.as_str(),
                enquiry.onward.as_str(),
                now,
                actor.name(),
            );
            if tx.execute(&ADD_ENQUIRY, row)? == 0 {
                return Ok(false);
            }
            let event = Event::of_center("enquiry", center)
                .with(json!({ "enquiry": enquiry.id, "outcome": enquiry.outcome }));
            Trail::new(actor, now).write(tx, &event)?;
            Ok(true)
        })
    }

    /// Takes an enquiry back that was entered in the last hour.
    ///
    /// # Errors
    /// `Refused`; `Stage` when it is older or not there.
    pub fn forget_enquiry(
        &self,
        actor: &Actor,
        center: CenterId,
        enquiry: Uuid,
    ) -> Result<(), CapacityError> {
        permit(actor, Action::ReportCapacity, center)?;
        let now = self.clock.now();
        self.db.write(|tx| {
            if tx.execute(&REMOVE_ENQUIRY, (center, enquiry, now.plus_micros(-HOUR)))? == 0 {
                return stage("Only an enquiry of the last hour is taken back.");
            }
            let event = Event::of_center("enquiry", center)
                .with(json!({ "enquiry": enquiry, "taken_back": true }));
            Ok(Trail::new(actor, now).write(tx, &event)?)
        })
    }

    /// The newest enquiries of a center.
    ///
    /// # Errors
    /// `Refused` unless the actor reports for the center.
    pub fn enquiries(
        &self,
        actor: &Actor,
        center: CenterId,
    ) -> Result<Vec<Enquiry>, CapacityError> {
        permit(actor, Action::ReportCapacity, center)?;
        Ok(self.db.read_one(|tx| tx.all(&OWN_ENQUIRIES, (center, PAGE)))?)
    }

    /// What became of requests at the centers of a region from one moment to before another, for its own people.
    pub(crate) fn requests_in(
        &self,
        region: &RegionDesk,
        span: (Instant, Instant),
    ) -> Result<Month, CapacityError> {
        let snapshot = self.current()?;
        let requests: Requests = self.db.read_one(|tx| tx.all(&MONTHS, span))?;
        let mut sum = Month::default();
        for (center, _, outcome, onward) in &requests {
            let inside = snapshot.center(*center).is_some_and(|(center, _)| region.has(center));
            let codes = (Outcome::from_word(outcome), Onward::from_word(onward));
            if let (true, (Some(outcome), Some(onward))) = (inside, codes) {
                sum.add(outcome, onward);
            }
        }
        Ok(sum)
    }

    /// Monthly figures for everybody, of whole months from one moment to before another.
    ///
    /// # Errors
    /// Of the database.
    pub fn enquiry_months(
        &self,
        span: (Instant, Instant),
        by: By,
    ) -> Result<Months, CapacityError> {
        let snapshot = self.current()?;
        let requests: Requests = self.db.read_one(|tx| tx.all(&MONTHS, span))?;
        Ok(published(&requests, &snapshot, by))
    }
}
