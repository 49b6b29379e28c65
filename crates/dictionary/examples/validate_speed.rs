//! Prints how many complete adult runs are validated each second on one core.
//!
//! `cargo run --release -p dictionary --example validate_speed [seconds]`

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use dictionary::{Dictionary, Forms, Moment};

const RUN: &str = include_str!("../tests/suite/runs/adult_vv.case");
/// Validations between two looks at the clock.
const BATCH: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(3), |text| text.parse::<u64>())?;
    let dictionary = Dictionary::embedded()?;
    let rows = dictionary.case(RUN)?;
    let mut forms = Forms::none(&dictionary);
    for (form, row) in &rows {
        forms.set(*form, row);
    }
    let now = Moment::day(2026, 6, 30).and_then(|day| day.at(12, 0)).ok_or("no such moment")?;

    let mut best = Duration::MAX;
    let (mut count, mut spent) = (0_u32, Duration::ZERO);
    while spent < Duration::from_secs(seconds) {
        let start = Instant::now();
        for _ in 0..BATCH {
            let _ = black_box(dictionary.validate(black_box(&forms), now));
        }
        let batch = start.elapsed();
        best = best.min(batch / BATCH);
        spent += batch;
        count += BATCH;
    }
    let mean = spent / count;
    println!(
        "{count} validations of a complete adult run: {:.0} per second \
         (mean {:.1} us, fastest batch {:.1} us); {} fields, {} rules, {} findings",
        1.0 / mean.as_secs_f64(),
        mean.as_secs_f64() * 1e6,
        best.as_secs_f64() * 1e6,
        dictionary.fields().len(),
        dictionary.rules().len(),
        dictionary.validate(&forms, now).findings.len(),
    );
    Ok(())
}
