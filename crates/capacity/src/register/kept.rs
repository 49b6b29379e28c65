//! Registers as they are kept: taken in whole or not at all, read by region.

use std::collections::BTreeMap;

use base::{Action, Actor, Instant, permit_platform};
use directory::audit::{Event, Trail};
use jiff::civil::Date;
use serde_json::json;

use super::{Body, Format, Numbers, Series, format};
use crate::service::{Capacity, CapacityError, stage};

db::statements! {
    /// The statements of registers.
    pub REGISTER_STATEMENTS;

    REGISTERS = "select register, imported_at, body from capacity_register order by register",
        scan_ok = "one or two";
    REGISTER = "select register, imported_at, body from capacity_register where register = $1";
    PUT_REGISTER = "insert into capacity_register (register, imported_at, imported_by, body) values ($1, $2, $3, $4)
        on conflict (register) do update set imported_at = excluded.imported_at,
            imported_by = excluded.imported_by, body = excluded.body";
    CLEAR_REGISTER = "delete from capacity_register_day where register = $1";
    ADD_REGISTER_DAYS => capacity_register_day(register, region, population, day, body);
    REGION_DAYS = "select day, body from capacity_register_day
        where register = $1 and region = $2 and population = $3 and day >= $4 and day <= $5 order by day";
    /// A row for each region: they are few, and each is found by its key.
    REGION_DAY = "select region, body from capacity_register_day
        where register = $1 and region = $2 and population = $3 and day = $4";
}

/// A register as it is kept.
#[derive(Debug, Clone)]
pub struct KeptRegister {
    /// How it is read, and what has to be said of it.
    pub format: &'static Format,
    /// When it was taken in last.
    pub imported_at: Instant,
    /// Names of its regions by key.
    pub regions: BTreeMap<String, String>,
    /// Its first and its last day.
    pub span: (Date, Date),
    /// SHA-256 of its files by name.
    pub files: BTreeMap<String, String>,
}

/// A region of a register, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Region<'a> {
    /// The register's key.
    pub register: &'a str,
    /// The region's key.
    pub region: &'a str,
    /// For whom.
    pub population: &'a str,
}

fn kept((key, imported_at, body): (String, Instant, String)) -> Option<KeptRegister> {
    let body: Body = serde_json::from_str(&body).ok()?;
    Some(KeptRegister {
        format: format(&key)?,
        imported_at,
        regions: body.regions,
        span: (body.first.parse().ok()?, body.last.parse().ok()?),
        files: body.files,
    })
}

impl Capacity {
    /// Takes in a register in place of what was there of it. Gives the number of days.
    ///
    /// # Errors
    /// `Refused` unless the actor manages centers; `Stage` when there is no day in it, or what is there is newer.
    pub fn import_register(
        &self,
        actor: &Actor,
        format: &'static Format,
        series: &Series,
        files: &BTreeMap<String, String>,
    ) -> Result<u64, CapacityError> {
        permit_platform(actor, Action::ManageCenters)?;
        let days = || series.days.iter().map(|day| day.date);
        let (Some(first), Some(last)) = (days().min(), days().max()) else {
            return stage("There is no day in these files.");
        };
        let now = self.clock.now();
        let body = Body {
            regions: series.regions.clone(),
            first: first.to_string(),
            last: last.to_string(),
            files: files.clone(),
        };
        // texts under texts always can be written
        let body = serde_json::to_string(&body).unwrap_or_default();
        self.db.write(|tx| {
            let before: Option<(String, Instant, String)> = tx.opt(&REGISTER, (format.key,))?;
            if before.and_then(kept).is_some_and(|it| it.span.1 > last) {
                return stage("What is kept of this register ends later than these files.");
            }
            tx.execute(&CLEAR_REGISTER, (format.key,))?;
            let rows = series.days.iter().map(|day| {
                let numbers = serde_json::to_string(&day.numbers).unwrap_or_default();
                (format.key, day.region.as_str(), day.population, day.date.to_string(), numbers)
            });
            let count = tx.insert_many(&ADD_REGISTER_DAYS, rows)?;
            tx.execute(&PUT_REGISTER, (format.key, now, actor.name(), body.as_str()))?;
            let event = Event {
                action: "capacity-register",
                subject_kind: "register",
                subject: format.key.to_owned(),
                center: None,
                reason: None,
                body: json!({ "days": count, "last": last.to_string(), "files": files }),
            };
            Trail::new(actor, now).write(tx, &event)?;
            Ok(count)
        })
    }

    /// The registers that are kept.
    ///
    /// # Errors
    /// Of the database.
    pub fn registers(&self) -> Result<Vec<KeptRegister>, CapacityError> {
        let rows: Vec<(String, Instant, String)> = self.db.read_one(|tx| tx.all(&REGISTERS, ()))?;
        Ok(rows.into_iter().filter_map(kept).collect())
    }

    /// One register.
    ///
    /// # Errors
    /// `Missing` when it is not kept.
    pub fn register(&self, key: &str) -> Result<KeptRegister, CapacityError> {
        let row: Option<(String, Instant, String)> =
            self.db.read_one(|tx| tx.opt(&REGISTER, (key,)))?;
        row.and_then(kept).ok_or(CapacityError::Missing)
    }

    /// All regions of a register on a day: a statement for each.
    ///
    /// # Errors
    /// Of the database.
    pub fn register_day(
        &self,
        (register, population): (&KeptRegister, &str),
        day: Date,
    ) -> Result<BTreeMap<String, Numbers>, CapacityError> {
        let day = day.to_string();
        let mut all = BTreeMap::new();
        for region in register.regions.keys() {
            let key = (register.format.key, region.as_str(), population, day.as_str());
            let row: Option<(String, String)> = self.db.read_one(|tx| tx.opt(&REGION_DAY, key))?;
            all.extend(
                row.and_then(|(region, body)| Some((region, serde_json::from_str(&body).ok()?))),
            );
        }
        Ok(all)
    }

    /// The days of a region: one statement.
    ///
    /// # Errors
    /// Of the database.
    pub fn register_days(
        &self,
        of: Region<'_>,
        (from, to): (Date, Date),
    ) -> Result<BTreeMap<Date, Numbers>, CapacityError> {
        let (from, to) = (from.to_string(), to.to_string());
        let key = (of.register, of.region, of.population, from.as_str(), to.as_str());
        let rows: Vec<(String, String)> = self.db.read_one(|tx| tx.all(&REGION_DAYS, key))?;
        let day = |(day, body): (String, String)| {
            Some((day.parse().ok()?, serde_json::from_str(&body).ok()?))
        };
        Ok(rows.into_iter().filter_map(day).collect())
    }
}
