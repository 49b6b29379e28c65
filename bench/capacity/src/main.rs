//! What a search, the map page and a report cost with many centers and years of reports. See bench/README.md.

#![expect(clippy::print_stdout, reason = "a measurement says what it measured")]

mod pages;
mod peer;
mod reports;
mod search;
mod world;

use anyhow::Result;
use clap::Parser;
use testkit::database::TestDatabase;

// the allocator of the program itself
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the capacity service beside PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "bench-capacity")]
struct Arguments {
    /// Centers.
    #[arg(long, default_value_t = 5_000)]
    centers: usize,
    /// Years of one report a day.
    #[arg(long, default_value_t = 5)]
    years: usize,
    /// Searches of each kind.
    #[arg(long, default_value_t = 2_000)]
    searches: usize,
    /// Minutes of reports on each engine, at 10,000 a minute; none for no such case.
    #[arg(long)]
    minutes: Option<u64>,
    /// Leave PostgreSQL's search out.
    #[arg(long)]
    no_peer: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(minutes) = arguments.minutes {
        for (engine, database) in
            [("SQLite", TestDatabase::sqlite()), ("PostgreSQL", TestDatabase::postgres())]
        {
            let world = world::World::make(&database, arguments.centers, 0)?;
            reports::sustained(engine, &world, minutes)?;
        }
        return Ok(());
    }
    let database = TestDatabase::sqlite();
    let world = world::World::make(&database, arguments.centers, arguments.years)?;
    let asked = search::questions(arguments.searches);
    let ours = search::measure(&world, &asked)?;
    if !arguments.no_peer {
        let theirs = peer::measure(&world, arguments.years, &asked)?;
        println!(
            "PostgreSQL takes {:.1} times as long at the median, {:.1} at p99",
            theirs.0 / ours.0,
            theirs.1 / ours.1
        );
    }
    pages::measure(&world)
}

/// Median and 99th percentile in milliseconds, printed.
fn told(name: &str, mut millis: Vec<f64>) -> (f64, f64) {
    millis.sort_by(f64::total_cmp);
    let at = |hundredths: usize| {
        millis.get(millis.len() * hundredths / 100).copied().unwrap_or(f64::NAN)
    };
    let (median, p99) = (at(50), at(99));
    println!("{name:<42} median {median:>8.3} ms   p99 {p99:>8.3} ms   of {}", millis.len());
    (median, p99)
}
