//! Prints generated beside published numbers.
//!
//! `cargo run --release -p testkit --example calibration [submitted runs] [seed]`

use dictionary::Dictionary;
use testkit::world::calibration::Report;
use testkit::world::{World, WorldSize};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let submitted = words.next().map_or(Ok(WorldSize::FULL.submitted), |word| word.parse())?;
    let seed = words.next().map_or(Ok(1989), |word| word.parse())?;
    let dictionary = Dictionary::embedded()?;
    let world = World::new(&dictionary, seed, WorldSize { submitted });
    print!("{}", Report::of(&world));
    Ok(())
}
