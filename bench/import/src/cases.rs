//! The cases, taking turns.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use base::{Actor, CenterId, Clock, Ids};
use db::Options as DbOptions;
use dictionary::{Dictionary, Forms, Moment, Report};
use exchange::{CodeMap, XmlReader};
use registry::incoming::{FileError, IncomingPatient, PatientSource};
use registry::upload::{Options, Outcome, PatientPlan, PlanSink, Weight};
use registry::{NewCenter, Registry, Settings};
use testkit::database::TestDatabase;
use testkit::synthetic::CENTERS;

use crate::raw::Rows;
use crate::report::Results;
use crate::{Time, file, python};
use bench_common::{Took, took};

/// Keeps only why the first refused patient was refused.
#[derive(Default)]
struct Refused(Option<String>);

impl PlanSink for Refused {
    fn restart(&mut self) {
        self.0 = None;
    }

    fn patient(&mut self, plan: &PatientPlan) {
        if plan.outcome == Outcome::Refused && self.0.is_none() {
            let findings = plan.findings.iter().filter(|finding| finding.weight == Weight::Refuses);
            let texts: Vec<_> = findings.map(|it| format!("{} {}", it.code, it.message)).collect();
            self.0 = Some(format!("{}: {}", plan.patient, texts.join("; ")));
        }
    }

    fn progress(&mut self, _: u64) {}
}

/// A registry over a database, with the invented centers.
pub(crate) fn registry(database: &TestDatabase) -> Result<(Registry, Vec<(String, CenterId)>)> {
    let clock = Clock::system();
    let ids = Arc::new(Ids::system(clock.clone()));
    let dictionary = Arc::new(Dictionary::embedded()?);
    let db = database.reopen(&DbOptions::default());
    let registry = Registry::new(db, dictionary, clock, ids, Settings::default())?;
    let mut centers = Vec::new();
    for center in CENTERS {
        let new = NewCenter {
            number: center.number,
            name: center.name,
            country: center.country,
            chapter: center.chapter,
            invented: true,
        };
        let stored = registry.add_center(&Actor::operator("bench"), &new)?;
        centers.push((stored.number, stored.id));
    }
    Ok((registry, centers))
}

/// Imports a file; refuses to count if not every run was stored and signed.
pub(crate) fn import(registry: &Registry, codes: &CodeMap, path: &Path, runs: u64) -> Result<()> {
    let dictionary = Arc::clone(registry.dictionary());
    let broken = |message: String| FileError {
        file: path.display().to_string(),
        line: 0,
        column: 0,
        message,
        fix: String::new(),
    };
    let open = || -> Result<Box<dyn PatientSource + '_>, FileError> {
        let source = File::open(path).map_err(|error| broken(error.to_string()))?;
        let source = BufReader::with_capacity(1 << 16, source);
        let reader = XmlReader::new("bench.xml", source, &dictionary, codes);
        Ok(Box::new(reader.map_err(|error| broken(error.to_string()))?))
    };
    let options = Options { file_name: "bench.xml".to_owned(), ..Options::default() };
    let actor = Actor::operator("bench");
    let mut refused = Refused::default();
    let applied = registry.apply_upload(&actor, &options, &open, None, &mut refused)?;
    let summary = applied.summary;
    ensure!(
        summary.runs.new == runs && summary.submitted == runs,
        "{} of {runs} runs are new, {} signed; first refused: {:?}",
        summary.runs.new,
        summary.submitted,
        refused.0
    );
    Ok(())
}

/// Imports the same file again and again, each time into a new database.
pub(crate) fn profile(dictionary: &Dictionary, patients: u64, rounds: u32) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.xml");
    let (_, runs) = file::write(dictionary, &path, |count, _| count >= patients)?;
    let codes = CodeMap::known(dictionary);
    for _ in 0..rounds {
        let database = TestDatabase::sqlite();
        let (registry, _) = registry(&database)?;
        let took = took(|| import(&registry, &codes, &path, runs))?;
        let (cpu, wall) = (took.cpu.as_secs_f64(), took.wall.as_secs_f64());
        println!("{runs} runs: {cpu:.3} s CPU, {wall:.3} s wall");
    }
    Ok(())
}

/// How often each code is found.
type Found = BTreeMap<String, u64>;

/// Judges every run; hands each report on.
fn validate(
    dictionary: &Dictionary,
    patients: &[IncomingPatient],
    now: Moment,
    mut each: impl FnMut(&Report),
) {
    for patient in patients {
        for stay in &patient.stays {
            for run in &stay.runs {
                let mut forms = Forms::none(dictionary);
                for (form, row) in patient.forms.iter().chain(&stay.forms).chain(&run.forms) {
                    forms.set(*form, row);
                }
                each(&dictionary.validate(&forms, now));
            }
        }
    }
}

/// What all rounds share.
struct Bench<'d> {
    dictionary: &'d Dictionary,
    codes: CodeMap,
    path: PathBuf,
    /// The dictionary's expressions, for Python.
    rules: PathBuf,
    patients: Vec<IncomingPatient>,
    runs: u64,
    now: Moment,
    /// What every engine must find.
    found: Found,
}

impl Bench<'_> {
    fn raw(&self, database: &TestDatabase) -> Result<Took> {
        let (registry, centers) = registry(database)?;
        let rows = Rows::of(self.dictionary, &centers, &self.patients);
        took(|| rows.insert(registry.db(), self.dictionary.version()))
    }

    fn import(&self, database: &TestDatabase) -> Result<Took> {
        let (registry, _) = registry(database)?;
        took(|| import(&registry, &self.codes, &self.path, self.runs))
    }

    fn round(&self, time: &Time, results: &mut Results, counts: bool) -> Result<()> {
        let mut add = |case: &str, took: Took| {
            if counts {
                results.add(case, took);
            }
        };
        let parsed = took(|| {
            let runs = file::parse(self.dictionary, &self.codes, &self.path)?;
            ensure!(runs == self.runs, "{runs} of {} runs were read", self.runs);
            Ok(())
        });
        add("parse XML", parsed?);
        let validated = took(|| {
            let mut total = 0;
            validate(self.dictionary, &self.patients, self.now, |report| {
                total += report.findings.len();
            });
            std::hint::black_box(total);
            Ok(())
        });
        add("validate", validated?);
        add("raw insert, SQLite", self.raw(&TestDatabase::sqlite())?);
        add("import, SQLite", self.import(&TestDatabase::sqlite())?);
        if !time.no_postgres {
            add("raw insert, PostgreSQL", self.raw(&TestDatabase::postgres())?);
            add("import, PostgreSQL", self.import(&TestDatabase::postgres())?);
        }
        if let Some(program) = &time.python {
            add(
                "import, Python",
                python::import(program, &self.path, &self.rules, self.runs, &self.found)?,
            );
        }
        Ok(())
    }
}

/// Runs all rounds and prints the table.
pub(crate) fn time(dictionary: &Dictionary, time: &Time) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bench.xml");
    let wanted = u64::try_from(time.patients)?;
    let (_, runs) = file::write(dictionary, &path, |count, _| count >= wanted)?;
    let codes = CodeMap::known(dictionary);
    let patients = file::read(dictionary, &codes, &path)?;
    let now = Moment::parse_iso("2026-11-22T12:00").context("a moment")?;
    let rules = folder.path().join("rules.json");
    python::write_rules(dictionary, &rules)?;
    let mut found = Found::new();
    validate(dictionary, &patients, now, |report| {
        for finding in &report.findings {
            *found.entry(finding.code(dictionary).to_owned()).or_default() += 1;
        }
    });
    let bench = Bench { dictionary, codes, path, rules, patients, runs, now, found };
    let mut results = Results::new(runs, std::fs::metadata(&bench.path)?.len());
    for round in 0..=time.rounds {
        bench.round(time, &mut results, round > 0)?;
        eprintln!("round {round} of {}", time.rounds);
    }
    results.print(&time.results)
}
