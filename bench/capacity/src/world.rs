//! Invented centers around real cities, with a report a day.

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use base::{Actor, CenterId, Clock, Ids, Instant};
use capacity::{Cadences, Capacity, DAY, Declared, HOUR, Limit, Line, Report, ReportKind};
use dictionary::Dictionary;
use directory::centers::{
    AgeGroup, Capability, Centers, Contact, Details, Mode, Position, PositionQuality, Purpose,
    State, Tier,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use testkit::database::TestDatabase;
use testkit::world::{World as Registry, WorldSize};
use uuid::Uuid;

db::statements! {
    /// Written directly: five years cannot be sent one by one.
    LIST;

    ADD => capacity_report(center_id, report_id, kind, valid_at, recorded_at, reported_by, supersedes, body);
}

/// Rows that are written at once.
const BATCH: usize = 20_000;

/// A center as the peer needs it.
pub(crate) struct Place {
    pub(crate) id: CenterId,
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// The service with its centers.
pub(crate) struct World {
    pub(crate) capacity: Capacity,
    pub(crate) clock: Clock,
    pub(crate) places: Vec<Place>,
}

impl World {
    /// Makes `count` centers and `years` of daily reports of each.
    pub(crate) fn make(database: &TestDatabase, count: usize, years: usize) -> Result<Self> {
        debug_assert_eq!(LIST.len(), 1, "the statements of this file");
        let clock = Clock::fixed("2026-11-22T12:00:00Z".parse().context("a moment")?);
        let ids = Arc::new(Ids::seeded(clock.clone(), 7));
        let centers = Centers::new((*database).clone(), clock.clone(), Arc::clone(&ids));
        let dictionary = Dictionary::embedded()?;
        let world = Registry::new(&dictionary, 1, WorldSize { submitted: 600 });
        let operator = Actor::operator("bench");
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut places = Vec::new();
        for (number, base) in world.centers().iter().cycle().take(count).enumerate() {
            // near its city, and still in its country
            let lat = base.lat + random.random_range(-0.15..0.15);
            let lon = base.lon + random.random_range(-0.15..0.15);
            let details = details(&format!("Center {number}"), base.country, (lat, lon));
            let made = centers
                .add(&operator, None, &details, State::Verified)
                .map_err(|error| anyhow!("{} {lat} {lon}: {error:?}", base.country))?;
            centers.set_state(&operator, made.id, State::Listed, None, None)?;
            places.push(Place { id: made.id, lat, lon });
        }
        clock.advance_micros(i64::try_from(years)? * 365 * DAY);
        let db = (*database).clone();
        let mut rows = Vec::new();
        let days = years * 365;
        for (at, place) in places.iter().enumerate() {
            for day in (0..days).rev() {
                let back = i64::try_from(day)? * DAY + i64::try_from(at % 20)? * HOUR;
                rows.push(said(place.id, clock.now().plus_micros(-back), &mut random));
                if rows.len() == BATCH {
                    keep(&db, &mut rows)?;
                }
            }
        }
        keep(&db, &mut rows)?;
        let capacity = Capacity::new(db, clock.clone(), ids, centers, Cadences::default())?;
        println!("made: {count} centers, {} reports", count * days);
        Ok(Self { capacity, clock, places })
    }
}

/// A report of an adult pool.
pub(crate) fn said(center: CenterId, at: Instant, random: &mut ChaCha8Rng) -> Report {
    let free: i64 = random.random_range(0..4);
    let mut line = Line::new(AgeGroup::Adult, None, Declared::Available);
    line.available_now = Some(free);
    line.on_ecls_now = Some(random.random_range(0..7));
    line.declared_status = line.proposed().unwrap_or(Declared::Unknown);
    if free < 2 {
        line.limits.insert(Limit::Nursing);
    }
    let id = Uuid::from_u128(random.random());
    Report { lines: vec![line], ..Report::blank(center, id, ReportKind::Full, at) }
}

fn keep(db: &db::Db, reports: &mut Vec<Report>) -> Result<()> {
    db.write(|tx| {
        let rows = reports.iter().map(|it| {
            let body = serde_json::to_string(it).unwrap_or_default();
            let kind = it.kind.as_str();
            let none: Option<Uuid> = None;
            (it.center, it.report_id, kind, it.valid_at, it.recorded_at, "bench", none, body)
        });
        tx.insert_many(&ADD, rows).map(drop)
    })?;
    reports.clear();
    Ok(())
}

fn details(name: &str, country: &str, (lat, lon): (f64, f64)) -> Details {
    Details {
        name: name.to_owned(),
        country: country.to_owned(),
        city: "Somewhere".to_owned(),
        // signs of these zones are turned round
        time_zone: format!("Etc/GMT{:+.0}", -lon / 15.0 + 0.0),
        position: Some(Position { lat, lon, quality: PositionQuality::City }),
        capabilities: vec![
            Capability::new(AgeGroup::Adult, Mode::Vv),
            Capability::new(AgeGroup::Adult, Mode::Va),
        ],
        contacts: vec![Contact {
            purpose: Purpose::ReferralDay,
            label: String::new(),
            phone: "+4930000002".to_owned(),
            email: String::new(),
            hours: String::new(),
            tier: Tier::Professional,
            personal: false,
            secure_messaging: String::new(),
            verified_at: String::new(),
        }],
        ..Details::default()
    }
}
