//! Working out the days: the one that is over, and those that a late report or a correction has changed.

use std::collections::{BTreeMap, BTreeSet};

use base::{CenterId, Instant};
use db::{DbError, Tx};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::day::{CenterDay, center_day};
use super::publish::{Area, Areas, mark};
use super::{AreaKind, Figures, Pair, WORLD};
use crate::clock::{Cadences, DAY};
use crate::model::{Center, Report};
use crate::service::{Capacity, CapacityError};
use crate::snapshot::Snapshot;
use crate::store::{Stored, bodies};

/// A report is known for so long after it was made: later it has expired.
const LIVES: i64 = 4 * DAY;
/// The first time goes back so far.
const MOST_DAYS: i64 = 400;
/// Days that are worked out together: the ages of their reports are held until the median is known.
const AT_ONCE: usize = 32;

db::statements! {
    /// The statements of the history.
    pub HISTORY_STATEMENTS;

    ROLLED = "select day, rolled_at from capacity_rolled where id = 1";
    SET_ROLLED = "insert into capacity_rolled (id, day, rolled_at) values (1, $1, $2)
        on conflict (id) do update set day = excluded.day, rolled_at = excluded.rolled_at";
    FIRST = "select min(recorded_at) as recorded_at from capacity_report";
    /// What has arrived since, with the moment of the report that it takes back.
    ARRIVED = "select r.valid_at,
            (select o.valid_at from capacity_report o where o.report_id = r.supersedes) as replaced_at
        from capacity_report r where r.recorded_at >= $1";
    SINCE = "select body from capacity_report where center_id = $1 and recorded_at >= $2
        order by recorded_at, report_id";
    CLEAR_DAY = "delete from capacity_area_day where day = $1";
    ADD_DAYS => capacity_area_day(scope, area, day, body);
    pub(super) AREA_DAYS = "select day, body from capacity_area_day
        where scope = $1 and area = $2 and day >= $3 and day <= $4 order by day";
    pub(super) DAY_AREAS = "select scope, area, body from capacity_area_day where day = $1 order by scope, area";
}

/// Figures of an age group and a kind of support, as they are stored.
#[derive(Serialize, Deserialize)]
struct Row {
    age_group: directory::centers::AgeGroup,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<directory::centers::Mode>,
    #[serde(flatten)]
    figures: Figures,
}

fn written(figures: &BTreeMap<Pair, Figures>) -> String {
    let row = |((age_group, mode), figures): (&Pair, &Figures)| Row {
        age_group: *age_group,
        mode: *mode,
        figures: figures.clone(),
    };
    let rows: Vec<Row> = figures.iter().map(row).collect();
    // numbers under words always can be written
    serde_json::to_string(&rows).unwrap_or_default()
}

/// The figures of an area's day; nothing for a text that is none.
pub(super) fn read(body: &str) -> BTreeMap<Pair, Figures> {
    let rows: Vec<Row> = serde_json::from_str(body).unwrap_or_default();
    rows.into_iter().map(|row| ((row.age_group, row.mode), row.figures)).collect()
}

/// The beginning of a day in UTC.
pub(super) fn start(day: Date) -> Instant {
    let zoned = day.to_zoned(jiff::tz::TimeZone::UTC);
    Instant::from_micros(zoned.map_or(0, |it| it.timestamp().as_microsecond()))
}

fn after(day: Date, days: i64) -> Date {
    start(day).plus_micros(days * DAY).date()
}

/// The days that are worked out now: those that are new, and those that what has arrived since changes.
fn due(tx: &mut Tx<'_>, now: Instant) -> Result<BTreeSet<Date>, DbError> {
    let yesterday = after(now.date(), -1);
    let known: Option<(String, Instant)> = tx.opt(&ROLLED, ())?;
    let known = known.and_then(|(day, at)| Some((day.parse::<Date>().ok()?, at)));
    let mut days = BTreeSet::new();
    let first = if let Some((last, rolled_at)) = known {
        let arrived: Vec<(Instant, Option<Instant>)> = tx.all(&ARRIVED, (rolled_at,))?;
        for (valid_at, replaced_at) in arrived {
            let from = replaced_at.map_or(valid_at, |at| at.min(valid_at)).date();
            let to = after(valid_at.date(), LIVES / DAY).min(last);
            let mut day = from.max(after(yesterday, -MOST_DAYS));
            while day <= to {
                days.insert(day);
                day = after(day, 1);
            }
        }
        after(last, 1)
    } else {
        let first: Option<Instant> = tx.one(&FIRST, ())?;
        let Some(first) = first else { return Ok(days) };
        first.date().max(after(yesterday, -MOST_DAYS))
    };
    let mut day = first;
    while day <= yesterday {
        days.insert(day);
        day = after(day, 1);
    }
    Ok(days)
}

/// Figures of an area as they add up, with the ages of the reports.
type Tally = BTreeMap<Date, BTreeMap<Area, BTreeMap<Pair, CenterDay>>>;

/// The areas that a center belongs to.
fn areas(center: &Center) -> Vec<Area> {
    let mut all = vec![
        (AreaKind::World, WORLD.to_owned()),
        (AreaKind::Chapter, center.chapter.clone()),
        (AreaKind::Country, center.country.clone()),
    ];
    all.extend(center.networks.iter().map(|key| (AreaKind::Network, key.clone())));
    all.retain(|(_, key)| !key.is_empty());
    all
}

fn add(
    tally: &mut Tally,
    center: &Center,
    reports: &[Report],
    days: &BTreeSet<Date>,
    cadences: &Cadences,
) {
    let areas = areas(center);
    for day in days {
        let (from, to) = (start(*day).plus_micros(-LIVES), start(*day).plus_micros(DAY));
        // what takes something back counts whenever it came
        let near: Vec<Report> = reports
            .iter()
            .filter(|it| it.valid_at >= from && (it.valid_at < to || it.supersedes.is_some()))
            .cloned()
            .collect();
        let of_day = center_day(center, &near, start(*day), cadences);
        let by_area = tally.entry(*day).or_default();
        for area in &areas {
            let sums = by_area.entry(area.clone()).or_default();
            for (pair, one) in &of_day {
                let sum = sums.entry(*pair).or_default();
                sum.figures.centers += one.figures.centers;
                sum.figures.reporting += one.figures.reporting;
                sum.figures.add(&one.figures);
                sum.ages_minutes.extend(&one.ages_minutes);
            }
        }
    }
}

/// The figures of a day, with the median age of the reports.
fn finished(sums: BTreeMap<Area, BTreeMap<Pair, CenterDay>>) -> Areas {
    let one = |mut day: CenterDay| {
        let middle = day.ages_minutes.len() / 2;
        if middle < day.ages_minutes.len() {
            let (_, median, _) = day.ages_minutes.select_nth_unstable(middle);
            day.figures.median_age_minutes = Some(*median);
        }
        day.figures
    };
    let area = |sums: BTreeMap<Pair, CenterDay>| {
        sums.into_iter().map(|(pair, day)| (pair, one(day))).collect()
    };
    sums.into_iter().map(|(key, sums)| (key, area(sums))).collect()
}

/// The reports of a center that arrived from a moment on, in the order of their arrival.
pub(super) fn since(
    tx: &mut Tx<'_>,
    center: CenterId,
    from: Instant,
) -> Result<Vec<Report>, DbError> {
    Ok(bodies(tx.all::<Stored>(&SINCE, (center, from))?))
}

impl Capacity {
    /// Works out the days that are over and not counted yet, and those that late reports have changed. Gives how many:
    /// for each 32 days a statement for each center, and two for each day.
    ///
    /// # Errors
    /// Of the database; the days are worked out again then.
    pub fn roll_up(&self) -> Result<usize, CapacityError> {
        let snapshot = self.current()?;
        let now = self.clock.now();
        let days = self.db.read(|tx| due(tx, now))?;
        let all: Vec<Date> = days.into_iter().collect();
        for days in all.chunks(AT_ONCE) {
            self.roll(&snapshot, &days.iter().copied().collect())?;
        }
        if !all.is_empty() {
            // last, so that days are worked out again when the program dies in between
            let yesterday = after(now.date(), -1).to_string();
            self.db.write(|tx| tx.execute(&SET_ROLLED, (yesterday.as_str(), now)))?;
        }
        Ok(all.len())
    }

    /// Works out some days and writes them in place of what is there.
    fn roll(&self, snapshot: &Snapshot, days: &BTreeSet<Date>) -> Result<(), CapacityError> {
        let Some(first) = days.first() else { return Ok(()) };
        let from = start(*first).plus_micros(-LIVES);
        let tally = self.db.read(|tx| {
            let mut tally = Tally::new();
            for (center, _) in snapshot.centers() {
                let reports = since(tx, center.id, from)?;
                add(&mut tally, center, &reports, days, snapshot.cadences());
            }
            Ok::<_, DbError>(tally)
        })?;
        let chapters = chapters(snapshot);
        let mut done: Vec<(String, Areas)> = Vec::new();
        for (day, sums) in tally {
            let mut areas = finished(sums);
            mark(&mut areas, &chapters);
            done.push((day.to_string(), areas));
        }
        self.db.write(|tx| {
            for (day, areas) in &done {
                tx.execute(&CLEAR_DAY, (day.as_str(),))?;
                let rows = areas.iter().map(|((kind, area), figures)| {
                    (kind.as_str(), area.as_str(), day.as_str(), written(figures))
                });
                tx.insert_many(&ADD_DAYS, rows)?;
            }
            Ok::<_, DbError>(())
        })?;
        Ok(())
    }
}

/// The chapter of each country that has a center.
fn chapters(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let centers = snapshot.centers();
    centers.map(|(center, _)| (center.country.clone(), center.chapter.clone())).collect()
}
