//! The nearest centers that may take an adult: in memory, with the two statements that say that nothing has changed.

use std::time::Instant;

use anyhow::{Result, ensure};
use capacity::{Point, Request};
use directory::centers::{AgeGroup, Mode};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::told;
use crate::world::World;

/// How far, in kilometers.
pub(crate) const KM: f64 = 500.0;

/// Places around which is asked: some busy, some empty.
pub(crate) fn questions(count: usize) -> Vec<(f64, f64)> {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut one = || match random.random_range(0..3) {
        0 => (random.random_range(42.0..56.0), random.random_range(-4.0..20.0)),
        1 => (random.random_range(30.0..46.0), random.random_range(-120.0..-72.0)),
        _ => (random.random_range(-40.0..60.0), random.random_range(-180.0..180.0)),
    };
    (0..count).map(|_| one()).collect()
}

/// Asks each question; gives median and p99 in milliseconds.
pub(crate) fn measure(world: &World, asked: &[(f64, f64)]) -> Result<(f64, f64)> {
    let begun = Instant::now();
    world.capacity.current()?;
    println!("first read of all reports: {:.2} s", begun.elapsed().as_secs_f64());
    let now = world.clock.now();
    let mut millis = Vec::new();
    let mut hits = 0;
    for (lat, lon) in asked {
        let from: Point = (*lat, *lon);
        let begun = Instant::now();
        let snapshot = world.capacity.current()?;
        let request = Request { max_km: KM, ..Request::new(from, AgeGroup::Adult, Some(Mode::Vv)) };
        let answer = snapshot.search(&request, now);
        millis.push(begun.elapsed().as_secs_f64() * 1e3);
        hits += answer.hits.len();
    }
    ensure!(hits > 0, "nothing was found");
    Ok(told("OpenECLS search", millis))
}
