//! Reading what was worked out.

use std::collections::BTreeMap;

use base::{Action, Actor, CenterId, permit};
use jiff::civil::Date;

use super::day::center_day;
use super::roll::{AREA_DAYS, DAY_AREAS, read, since, start};
use super::{AreaKind, Figures, Pair};
use crate::clock::DAY;
use crate::service::{Capacity, CapacityError, stage};

/// Days of a center that are worked out at once.
const MOST_DAYS: i64 = 92;

/// Figures by day. None for a day that is withheld, or for which there are none.
pub type Trend = BTreeMap<Date, Option<Figures>>;

/// What everybody may see of an area by day, of each age group and kind of support.
pub type AreaDays = Vec<(Date, BTreeMap<Pair, Option<Figures>>)>;

/// What everybody may see of a day.
fn told(body: &str, pair: Pair) -> Option<Figures> {
    read(body).remove(&pair).filter(|figures| figures.public)
}

impl Capacity {
    /// What the centers of an area showed, by day, for everybody: one statement. Days without a row are left out.
    ///
    /// # Errors
    /// Of the database.
    pub fn trend(
        &self,
        (kind, area): (AreaKind, &str),
        pair: Pair,
        (from, to): (Date, Date),
    ) -> Result<Trend, CapacityError> {
        let rows = self.rows((kind, area), (from, to))?;
        let day = |(day, body): (String, String)| Some((day.parse().ok()?, told(&body, pair)));
        Ok(rows.into_iter().filter_map(day).collect())
    }

    /// Everything that everybody may see of an area, by day: one statement.
    ///
    /// # Errors
    /// Of the database.
    pub fn area_days(
        &self,
        (kind, area): (AreaKind, &str),
        (from, to): (Date, Date),
    ) -> Result<AreaDays, CapacityError> {
        let rows = self.rows((kind, area), (from, to))?;
        let day = |(day, body): (String, String)| {
            let figures = read(&body).into_iter();
            let told = figures.map(|(pair, it)| (pair, it.public.then_some(it)));
            Some((day.parse().ok()?, told.collect()))
        };
        Ok(rows.into_iter().filter_map(day).collect())
    }

    fn rows(
        &self,
        (kind, area): (AreaKind, &str),
        (from, to): (Date, Date),
    ) -> Result<Vec<(String, String)>, CapacityError> {
        let (from, to) = (from.to_string(), to.to_string());
        let span = (kind.as_str(), area, from.as_str(), to.as_str());
        Ok(self.db.read_one(|tx| tx.all(&AREA_DAYS, span))?)
    }

    /// Every area on one day, for everybody: one statement.
    ///
    /// # Errors
    /// Of the database.
    pub fn areas_on(
        &self,
        day: Date,
        pair: Pair,
    ) -> Result<BTreeMap<(AreaKind, String), Option<Figures>>, CapacityError> {
        let rows: Vec<(String, String, String)> =
            self.db.read_one(|tx| tx.all(&DAY_AREAS, (day.to_string(),)))?;
        let area = |(kind, area, body): (String, String, String)| {
            Some(((AreaKind::from_word(&kind)?, area), told(&body, pair)))
        };
        Ok(rows.into_iter().filter_map(area).collect())
    }

    /// What one center showed, by day, from its own reports.
    ///
    /// # Errors
    /// `Refused` unless the actor reports for the center; `Missing` without such a center; `Stage` for more than 92 days.
    pub fn center_trend(
        &self,
        actor: &Actor,
        center: CenterId,
        pair: Pair,
        (from, to): (Date, Date),
    ) -> Result<Trend, CapacityError> {
        permit(actor, Action::ReportCapacity, center)?;
        // today is not over
        let yesterday = self.clock.now().plus_micros(-DAY).date();
        let (first, last) = (start(from), start(to.min(yesterday)));
        if last.as_micros() - first.as_micros() >= MOST_DAYS * DAY {
            return stage("Ask for at most 92 days at a time.");
        }
        let snapshot = self.current()?;
        let (center, _) = snapshot.center(center).ok_or(CapacityError::Missing)?;
        let before = first.plus_micros(-4 * DAY);
        let reports = self.db.read(|tx| since(tx, center.id, before))?;
        let mut trend = Trend::new();
        let mut at = first;
        while at <= last {
            let mut day = center_day(center, &reports, at, snapshot.cadences());
            trend.insert(at.date(), day.remove(&pair).map(|day| day.figures));
            at = at.plus_micros(DAY);
        }
        Ok(trend)
    }
}
