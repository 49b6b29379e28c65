//! An invented registry: coherent, deterministic, and nobody's data.
//!
//! Every value is drawn from a seed and written through the dictionary, so a field or code that goes away is
//! noticed here. Complete runs pass validation; drafts, missing values and soft findings occur as in practice.
//!
//! ```
//! use dictionary::Dictionary;
//! use testkit::synthetic::{Options, Synthetic};
//!
//! let dictionary = Dictionary::embedded().expect("the shipped dictionary");
//! let sample = Synthetic::new(&dictionary, 7, Options::default()).next().expect("it never ends");
//! assert!(sample.patient.unique_id.len() >= 10);
//! ```

pub(crate) mod addenda;
pub(crate) mod circuit;
pub(crate) mod dice;
pub(crate) mod events;
pub(crate) mod figures;
pub(crate) mod habits;
pub(crate) mod person;
pub(crate) mod physiology;
pub(crate) mod plan;
pub(crate) mod planner;
pub(crate) mod scribe;
pub(crate) mod sheet;
pub(crate) mod sheets_of_days;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use dictionary::Dictionary;
use jiff::civil::Date;
use registry::incoming::{IncomingPatient, IncomingRun, IncomingStay};

use dice::Dice;
use plan::Patient;
use planner::Planner;
use scribe::Scribe;
use sheet::{At, Book};

/// An invented center.
#[derive(Debug, Clone, Copy)]
pub struct SampleCenter {
    /// Its number.
    pub number: &'static str,
    /// Its invented name, with a real city.
    pub name: &'static str,
    /// ISO 3166 code of its country.
    pub country: &'static str,
    /// Its chapter, a code of list `elso_chapter`.
    pub chapter: &'static str,
    /// Relative number of its runs.
    pub(crate) size: f64,
    pub(crate) children: bool,
    pub(crate) adults: bool,
    /// Percent of patients whose race is recorded: the law differs.
    pub(crate) race_percent: f64,
    /// Invented people who complete its runs.
    pub(crate) people: [&'static str; 3],
}

/// The invented centers.
pub const CENTERS: [SampleCenter; 6] = [
    SampleCenter {
        number: "9001",
        name: "Lakeshore Children's Hospital, Chicago",
        country: "US",
        chapter: "north_america",
        size: 17.0,
        children: true,
        adults: false,
        race_percent: 90.0,
        people: ["Wren Adeyemi", "Tobias Quill", "Mara Lindqvist"],
    },
    SampleCenter {
        number: "9002",
        name: "North Pier University Medical Center, Boston",
        country: "US",
        chapter: "north_america",
        size: 24.0,
        children: true,
        adults: true,
        race_percent: 85.0,
        people: ["Ines Falkner", "Jonah Sato", "Petra Okafor"],
    },
    SampleCenter {
        number: "9003",
        name: "Elbtor University Hospital, Hamburg",
        country: "DE",
        chapter: "europe",
        size: 22.0,
        children: false,
        adults: true,
        race_percent: 0.0,
        people: ["Henrike Moorland", "Ruben Tessmer", "Alma Wiek"],
    },
    SampleCenter {
        number: "9004",
        name: "Yarra Bend General Hospital, Melbourne",
        country: "AU",
        chapter: "asia_pacific",
        size: 15.0,
        children: true,
        adults: true,
        race_percent: 40.0,
        people: ["Coral Devane", "Lachlan Brook", "Mei Arden"],
    },
    SampleCenter {
        number: "9005",
        name: "Hospital Jardim das Fontes, S\u{e3}o Paulo",
        country: "BR",
        chapter: "latin_america",
        size: 13.0,
        children: true,
        adults: true,
        race_percent: 60.0,
        people: ["Vit\u{f3}ria Salgueiro", "Caio Marim", "Luana Prado"],
    },
    SampleCenter {
        number: "9006",
        name: "Table Ridge Heart and Lung Hospital, Cape Town",
        country: "ZA",
        chapter: "swaac",
        size: 9.0,
        children: false,
        adults: true,
        race_percent: 50.0,
        people: ["Thandeka Vale", "Pieter Rooibank", "Amina Kestrel"],
    },
];

/// The numbers of all invented centers.
pub const NUMBERS: [&str; 6] = ["9001", "9002", "9003", "9004", "9005", "9006"];

/// What to invent.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Nothing happens after this day: what would is still open, and its run a draft.
    pub until: Date,
    /// Numbers of the centers that keep to the registry's upload format: they answer only what has an element
    /// there. Runs of adults after an arrest stay drafts, because an answer that they need does not travel.
    pub xml_centers: &'static [&'static str],
}

impl Default for Options {
    fn default() -> Self {
        Self { until: jiff::civil::date(2026, 11, 15), xml_centers: &[] }
    }
}

/// One invented patient.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Number of the center that owns the record.
    pub center: &'static str,
    /// The record as a reader of files would hand it on.
    pub patient: IncomingPatient,
    /// Whether every run is complete and signed.
    pub complete: bool,
}

/// Invents patients without end, the same ones for the same seed and options.
pub struct Synthetic<'d> {
    dictionary: &'d Dictionary,
    options: Options,
    dice: Dice,
    until: At,
    drawn: u64,
    waiting: VecDeque<Patient>,
}

impl<'d> Synthetic<'d> {
    /// A generator of a seed.
    pub fn new(dictionary: &'d Dictionary, seed: u64, options: Options) -> Self {
        let until = At::of(options.until);
        Self {
            dictionary,
            options,
            dice: Dice::new(seed),
            until,
            drawn: 0,
            waiting: VecDeque::new(),
        }
    }

    fn write(&mut self, patient: &Patient) -> Sample {
        let xml_only = self.options.xml_centers.contains(&patient.center.number);
        let (incoming, complete) =
            write_patient(self.dictionary, &mut self.dice, patient, self.until, xml_only);
        Sample { center: patient.center.number, patient: incoming, complete }
    }
}

/// Writes the facts of a patient into forms; also whether every run is complete and signed.
pub(crate) fn write_patient(
    dictionary: &Dictionary,
    dice: &mut Dice,
    patient: &Patient,
    until: At,
    xml_only: bool,
) -> (IncomingPatient, bool) {
    let mut out = IncomingPatient {
        unique_id: patient.person.key.clone(),
        center_number: Some(patient.center.number.to_owned()),
        ..IncomingPatient::default()
    };
    let mut complete = true;
    for (index, stay) in patient.stays.iter().enumerate() {
        let mut incoming = IncomingStay::default();
        for (place, run) in stay.runs.iter().enumerate() {
            let person = &patient.person;
            let mut scribe = Scribe::new(dice, person, stay, run, until, xml_only);
            if place == 0 {
                let mut book = Book::new(dictionary, xml_only);
                scribe.stay_form(&mut book);
                incoming.forms = book.close();
            }
            if place == 0 && index == 0 {
                let mut book = Book::new(dictionary, xml_only);
                scribe.patient(&mut book, patient);
                out.forms = book.close();
            }
            let name = scribe.dice.one(&patient.center.people);
            // what an adult must answer after an arrest has no element in the upload format
            let travels = !(xml_only && run.arrest && scribe.adult());
            let signer = (run.complete && travels).then_some(name);
            let mut book = Book::new(dictionary, xml_only);
            scribe.run(&mut book, signer);
            complete &= signer.is_some();
            incoming.runs.push(IncomingRun {
                forms: book.close(),
                submit: signer.map(|_| true),
                completed_by: signer.map(ToOwned::to_owned),
                ..IncomingRun::default()
            });
        }
        out.stays.push(incoming);
    }
    (out, complete)
}

impl Iterator for Synthetic<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        while self.waiting.is_empty() {
            let mut planner = Planner { dice: &mut self.dice, until: self.until };
            let patients = planner.patients();
            let has_run =
                |patient: &Patient| patient.stays.iter().any(|stay| !stay.runs.is_empty());
            self.waiting.extend(patients.into_iter().filter(has_run));
        }
        let mut patient = self.waiting.pop_front()?;
        self.drawn += 1;
        let random = self.dice.key(6);
        patient.person.key = format!("S{}-{:07}{random}", patient.center.number, self.drawn);
        Some(self.write(&patient))
    }
}
