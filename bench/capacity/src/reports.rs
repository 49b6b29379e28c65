//! Reports as fast as a country in a crisis sends them, with a reader that looks at each.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use base::Actor;
use capacity::MINUTE;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::told;
use crate::world::{World, said};

/// Reports in a minute.
const EACH_MINUTE: u32 = 10_000;

/// Sends reports evenly for some minutes; every one must be there afterwards.
pub(crate) fn sustained(engine: &str, world: &World, minutes: u64) -> Result<()> {
    let operator = Actor::operator("bench");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let count = u32::try_from(minutes)? * EACH_MINUTE;
    let pause = Duration::from_mins(1) / EACH_MINUTE;
    world.capacity.current()?;
    let begun = Instant::now();
    let mut millis = Vec::new();
    let mut sent = Vec::new();
    let mut behind = Duration::ZERO;
    for (number, place) in (0..count).zip(world.places.iter().cycle()) {
        let due = pause * number;
        if let Some(early) = due.checked_sub(begun.elapsed()) {
            std::thread::sleep(early);
        }
        behind = behind.max(begun.elapsed().saturating_sub(due));
        world.clock.advance_micros(6_000);
        let report = said(place.id, world.clock.now(), &mut random);
        let taking = Instant::now();
        let taken = world.capacity.report(&operator, place.id, &report, true)?;
        // a reader sees it at once
        let snapshot = world.capacity.current()?;
        ensure!(
            taken.new
                && snapshot.center(place.id).is_some_and(|(_, log)| log.holds(report.report_id)),
            "a report is lost"
        );
        millis.push(taking.elapsed().as_secs_f64() * 1e3);
        sent.push((place.id, report.report_id));
    }
    let span = begun.elapsed().as_secs_f64() / 60.0;
    println!(
        "{engine}: {count} reports in {span:.2} minutes, at most {:.2} s behind",
        behind.as_secs_f64()
    );
    told(&format!("{engine}, report taken and seen"), millis);
    let from = world.clock.now().plus_micros(-i64::try_from(minutes + 60)? * MINUTE);
    let to = world.clock.now().plus_micros(MINUTE);
    let mut kept = 0;
    for place in &world.places {
        kept += world.capacity.history(&operator, place.id, (from, to))?.len();
    }
    ensure!(kept == sent.len(), "{kept} of {} reports are there", sent.len());
    println!("{engine}: all {kept} are there");
    Ok(())
}
