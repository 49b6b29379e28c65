//! Prints how many complete adult runs are validated in a second of one core.
//!
//! `cargo run --release -p dictionary --example validate_speed [validations]`
//!
//! Counts processor time where the system tells it (Linux), so that other work on the machine does not
//! count; elsewhere it counts the time that passes.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use dictionary::{Dictionary, Forms, Moment};

const RUN: &str = include_str!("../tests/suite/runs/adult_vv.case");
/// Validations between two looks at the clock.
const BATCH: u32 = 500;

/// Processor time of this program so far, in steps of a hundredth of a second.
fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/self/stat").ok()?;
    // the name in brackets may hold blanks
    let (_, rest) = text.rsplit_once(')')?;
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).flat_map(str::parse::<u64>).sum();
    Some(Duration::from_millis(ticks * 10))
}

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse::<u32>())?;
    let batches = count.div_ceil(BATCH).max(1);
    let dictionary = Dictionary::embedded()?;
    let rows = dictionary.case(RUN)?;
    let mut forms = Forms::none(&dictionary);
    for (form, row) in &rows {
        forms.set(*form, row);
    }
    let now = Moment::day(2026, 6, 30).and_then(|day| day.at(12, 0)).ok_or("no such moment")?;

    let mut fastest = Duration::MAX;
    let (begin, before) = (Instant::now(), processor_time());
    for _ in 0..batches {
        let start = Instant::now();
        for _ in 0..BATCH {
            let _ = black_box(dictionary.validate(black_box(&forms), now));
        }
        fastest = fastest.min(start.elapsed() / BATCH);
    }
    let elapsed = begin.elapsed();
    let spent = processor_time()
        .zip(before)
        .map_or(elapsed, |(after, before)| after.saturating_sub(before));

    let count = batches * BATCH;
    let each = spent.as_secs_f64() / f64::from(count);
    println!(
        "{count} validations of a complete adult run ({} fields, {} rules, {} findings)",
        dictionary.fields().len(),
        dictionary.rules().len(),
        dictionary.validate(&forms, now).findings.len(),
    );
    println!("{:.0} per second of one core, {:.1} us each", 1.0 / each, each * 1e6);
    println!(
        "fastest batch {:.1} us each, {:.1} s passed",
        fastest.as_secs_f64() * 1e6,
        elapsed.as_secs_f64()
    );
    Ok(())
}
