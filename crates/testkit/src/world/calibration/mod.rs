//! Generated beside published numbers: what was drawn, what was printed, and how far one is from the other.
//!
//! Every line names the status of the published number: only *verified* ones may be an acceptance threshold;
//! *recalled* ones and *assumptions* say what the generator was pointed at, and no more.

mod courses;
mod facts;
mod harms;
mod measures;
mod survival;

use std::fmt;

use dictionary::AgeGroup;

use super::{SUBMITTED, World};
use crate::synthetic::dice::real;
use facts::{Fact, Reader};

/// How well a published number is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Seen in the named source.
    Verified,
    /// Recalled, and its parts sum to a total that was seen.
    RecalledClosed,
    /// Computed from numbers that were seen.
    Derived,
    /// Recalled; not seen.
    Recalled,
    /// A default of the generator without a publication.
    Assumption,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::RecalledClosed => "recalled, closed",
            Self::Derived => "derived",
            Self::Recalled => "recalled",
            Self::Assumption => "assumption",
        })
    }
}

/// One number beside its like.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The chapter of the report.
    pub topic: &'static str,
    /// What is counted.
    pub what: String,
    /// The published number.
    pub published: f64,
    /// How well it is known.
    pub status: Status,
    /// Where it was published.
    pub source: &'static str,
    /// The generated number.
    pub generated: f64,
    /// Runs, patients or centers that the generated number rests on.
    pub observed: usize,
    /// Whether a number of the size of the world: it is compared after scaling to the full size.
    pub scaled: bool,
}

impl Line {
    /// Generated less published.
    pub fn deviation(&self) -> f64 {
        self.generated - self.published
    }

    /// Generated less published as a percentage of the published number.
    pub fn relative(&self) -> f64 {
        self.deviation() / self.published.abs().max(1e-9) * 100.0
    }
}

/// Complications of an organ system in an age group; no published rates were found to compare them with.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The age group.
    pub age: AgeGroup,
    /// The organ system, a word of the list of complications.
    pub organ: String,
    /// Complications.
    pub events: usize,
    /// Hours on support of all runs of the age group.
    pub hours: f64,
}

impl Rate {
    /// Complications per 1,000 hours on support.
    pub fn per_thousand(&self) -> f64 {
        real(i64::try_from(self.events).unwrap_or(0)) / self.hours.max(1.0) * 1000.0
    }
}

/// Generated beside published numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Its lines, by topic.
    pub lines: Vec<Line>,
    /// Complications by age group and organ system.
    pub rates: Vec<Rate>,
    /// Submitted runs that were drawn.
    pub submitted: usize,
    /// Open runs that were drawn.
    pub drafts: usize,
}

impl Report {
    /// Draws the whole world and compares it.
    pub fn of(world: &World<'_>) -> Self {
        let mut tally = Tally::new(world);
        for center in 0..world.centers().len() {
            for patient in world.patients(center) {
                tally.add(center, &patient);
            }
        }
        tally.report()
    }

    /// A line by its words.
    pub fn line(&self, topic: &str, what: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.topic == topic && line.what == what)
    }
}

/// Gathers what is drawn anyway, so that a loader can print the report without drawing twice.
#[derive(Debug)]
pub struct Tally<'w> {
    world: &'w World<'w>,
    reader: Reader<'w>,
    facts: Vec<Fact>,
}

impl<'w> Tally<'w> {
    /// An empty tally.
    pub const fn new(world: &'w World<'w>) -> Self {
        Self { world, reader: Reader::new(world.dictionary), facts: Vec::new() }
    }

    /// Adds a patient of a center.
    pub fn add(&mut self, center: usize, patient: &super::WorldPatient) {
        self.facts.extend(self.reader.read(self.world, center, patient));
    }

    /// Compares what was added.
    pub fn report(&self) -> Report {
        let submitted = self.facts.iter().filter(|fact| fact.submitted).count();
        let size = i64::try_from(submitted).unwrap_or(0);
        let scale = real(i64::try_from(SUBMITTED).unwrap_or(0)) / real(size).max(1.0);
        Report {
            lines: measures::all(self.world, &self.facts, scale),
            rates: self.rates(),
            submitted,
            drafts: self.facts.len() - submitted,
        }
    }
}

impl Tally<'_> {
    fn rates(&self) -> Vec<Rate> {
        let Some(list) = self.world.dictionary.list_named("complication") else {
            return Vec::new();
        };
        let organ = |code: &str| {
            let code = list.find(code).and_then(|place| list.code(place));
            code.and_then(|code| code.group.split('|').next_back()).unwrap_or_default().to_owned()
        };
        let mut rates = Vec::new();
        for age in AgeGroup::ALL {
            let runs = || self.facts.iter().filter(|fact| fact.submitted && fact.age == age);
            let hours: f64 = runs().filter_map(|fact| fact.hours).sum();
            let mut events = std::collections::BTreeMap::<String, usize>::new();
            for harm in runs().flat_map(|fact| &fact.harms) {
                *events.entry(organ(harm)).or_default() += 1;
            }
            rates.extend(events.into_iter().map(|(organ, events)| Rate {
                age,
                organ,
                events,
                hours,
            }));
        }
        rates
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} submitted runs, {} drafts\n", self.submitted, self.drafts)?;
        let mut topic = "";
        for line in &self.lines {
            if line.topic != topic {
                topic = line.topic;
                writeln!(f, "\n## {topic}\n")?;
                writeln!(
                    f,
                    "| measure | published | generated | deviation | observed | status | source |"
                )?;
                writeln!(f, "| --- | ---: | ---: | ---: | ---: | --- | --- |")?;
            }
            writeln!(
                f,
                "| {} | {} | {} | {:+.1} ({:+.0} %) | {} | {} | {} |",
                line.what,
                short(line.published),
                short(line.generated),
                line.deviation(),
                line.relative(),
                line.observed,
                line.status,
                line.source
            )?;
        }
        writeln!(f, "\n## Complications per 1,000 hours (no published rates found)\n")?;
        writeln!(f, "| age group | organ system | complications | hours | per 1,000 hours |")?;
        writeln!(f, "| --- | --- | ---: | ---: | ---: |")?;
        for rate in &self.rates {
            let (age, organ) = (rate.age.code(), &rate.organ);
            let (events, hours, per) = (rate.events, rate.hours, rate.per_thousand());
            writeln!(f, "| {age} | {organ} | {events} | {hours:.0} | {per:.2} |")?;
        }
        Ok(())
    }
}

fn short(value: f64) -> String {
    if value.abs() >= 1000.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
