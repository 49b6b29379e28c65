//! A registry on a temporary database, with a clock that stands still.

use std::sync::Arc;

use base::{Actor, Clock, Ids, Instant, RunId};
use dictionary::Dictionary;
use registry::incoming::{FileError, FormRows, IncomingPatient, PatientSource};
use registry::upload::{Applied, Options, PatientPlan, PlanSink, Summary};
use registry::{Center, NewCenter, Registry, RegistryError, Settings};

use crate::database::TestDatabase;
use crate::synthetic::{self, CENTERS, Synthetic};

/// A registry with its six invented centers.
pub struct TestRegistry {
    /// The database below.
    pub database: TestDatabase,
    /// The registry.
    pub registry: Registry,
    /// Its clock: 22 November 2026, 12:00 UTC, until it is moved.
    pub clock: Clock,
    /// The centers.
    pub centers: Vec<Center>,
}

impl TestRegistry {
    /// On a database.
    ///
    /// # Panics
    /// When it cannot be set up.
    pub fn over(database: TestDatabase) -> Self {
        let clock = Clock::fixed(Instant::from_micros(1_795_348_800_000_000));
        let dictionary = Arc::new(Dictionary::embedded().expect("the shipped dictionary"));
        let ids = Arc::new(Ids::seeded(clock.clone(), 42));
        let (db, rules) = (database.reopen(&db::Options::default()), Settings::default());
        let registry = Registry::new(db, dictionary, clock.clone(), ids, rules).expect("registry");
        let add = |center: &synthetic::SampleCenter| {
            let new = NewCenter {
                number: center.number,
                name: center.name,
                country: center.country,
                chapter: center.chapter,
                invented: true,
            };
            registry.add_center(&operator(), &new).expect("a center")
        };
        let centers = CENTERS.iter().map(add).collect();
        Self { database, registry, clock, centers }
    }

    /// Runs a test on both engines.
    pub fn each(test: impl Fn(&Self)) {
        for make in [TestDatabase::sqlite, TestDatabase::postgres] {
            test(&Self::over(make()));
        }
    }

    /// The center of a number.
    ///
    /// # Panics
    /// When there is none.
    pub fn center(&self, number: &str) -> &Center {
        self.centers.iter().find(|center| center.number == number).expect("an invented center")
    }

    /// Invented patients; every run of them complete if `complete`.
    pub fn patients(&self, seed: u64, count: usize, complete: bool) -> Vec<IncomingPatient> {
        let options = synthetic::Options::default();
        Synthetic::new(self.registry.dictionary(), seed, options)
            .filter(|sample| !complete || sample.complete)
            .map(|sample| sample.patient)
            .take(count)
            .collect()
    }

    /// Puts a value, as its text, into a form that the record has.
    ///
    /// # Panics
    /// When the record has no such form, or the form no such field.
    pub fn set(&self, forms: &mut FormRows, key: &str, text: &str) {
        let dictionary = self.registry.dictionary();
        let field = dictionary.field_named(key).expect("a field");
        let form = forms.iter_mut().find(|(form, _)| *form == field.form);
        let (_, row) = form.expect("its form");
        let column = usize::from(field.column.expect("a typed field"));
        *row.values.get_mut(column).expect("its column") = dictionary.read(field, text);
    }

    /// A value of a form as its text; empty when the record has none.
    ///
    /// # Panics
    /// When there is no such field.
    pub fn text(&self, forms: &FormRows, key: &str) -> String {
        let dictionary = self.registry.dictionary();
        let field = dictionary.field_named(key).expect("a field");
        let row = forms.iter().find(|(form, _)| *form == field.form);
        let value = row.zip(field.column).map(|((_, row), column)| row.value(column));
        value.map_or(String::new(), |value| dictionary.text(field, value))
    }

    /// Signed runs of the first center, each of a patient who is half as heavy again on admission: what rule R2011
    /// asks about.
    ///
    /// # Panics
    /// When too few invented patients fit.
    pub fn weighed_twice(&self, count: usize) -> Vec<IncomingPatient> {
        let center = self.centers.first().expect("an invented center").number.clone();
        let mut chosen = Vec::new();
        for mut patient in self.patients(41, 400, true) {
            let [stay] = patient.stays.as_mut_slice() else { continue };
            let [run] = stay.runs.as_slice() else { continue };
            let Ok(kg) = self.text(&run.forms, "run_weight_kg").parse::<f64>() else { continue };
            if !(40.0..120.0).contains(&kg) || run.completed_by.is_none() {
                continue;
            }
            patient.center_number = Some(center.clone());
            self.set(&mut stay.forms, "hosp_admit_weight_kg", &format!("{:.1}", kg * 1.5));
            chosen.push(patient);
            if chosen.len() == count {
                break;
            }
        }
        assert_eq!(chosen.len(), count, "too few adults");
        chosen
    }

    /// A run of the first center that only waits for its signature and has at least one soft finding.
    ///
    /// # Panics
    /// When it cannot be entered.
    pub fn ready_to_sign(&self) -> (Center, RunId) {
        let center = self.centers.first().expect("an invented center").clone();
        let dictionary = self.registry.dictionary();
        let signature = dictionary.form_named("submission").expect("the form of the signature").id;
        let mut patients = self.patients(41, 60, true);
        for patient in &mut patients {
            patient.center_number = Some(center.number.clone());
            for run in patient.stays.iter_mut().flat_map(|stay| &mut stay.runs) {
                run.forms.retain(|(form, _)| *form != signature);
                (run.submit, run.completed_by) = (None, None);
            }
        }
        self.apply(&patients, None).expect("an upload");
        let waits = |run: &RunId| {
            let report = self.registry.findings(&operator(), center.id, *run).expect("findings");
            let lacks = report
                .refuses_submission()
                .any(|finding| dictionary.field(finding.place.field).form != signature);
            !lacks && report.to_confirm().count() > 0
        };
        let keys = patients.iter().map(|patient| patient.unique_id.as_str());
        let runs = keys.flat_map(|key| {
            self.registry.runs(&operator(), center.id, key).expect("a patient's runs")
        });
        let run = runs.map(|run| run.id).find(waits).expect("a run with soft findings");
        (center, run)
    }

    /// Makes the plan of an upload.
    ///
    /// # Panics
    /// When the plan cannot be made.
    pub fn plan(&self, patients: &[IncomingPatient]) -> (Summary, Vec<PatientPlan>) {
        let mut plans = Plans::default();
        let open = || Ok(source(patients));
        let options = options();
        let summary =
            self.registry.plan_upload(&operator(), &options, &open, &mut plans).expect("a plan");
        (summary, plans.0)
    }

    /// Applies an upload, if wanted only a certain plan.
    ///
    /// # Errors
    /// As the registry's own.
    pub fn apply(
        &self,
        patients: &[IncomingPatient],
        plan: Option<&str>,
    ) -> Result<Applied, RegistryError> {
        let open = || Ok(source(patients));
        self.registry.apply_upload(&operator(), &options(), &open, plan, &mut Plans::default())
    }
}

/// Whoever works at the machine.
pub fn operator() -> Actor {
    Actor::operator("operator")
}

fn options() -> Options {
    Options { file_name: "test.xml".to_owned(), ..Options::default() }
}

/// Patients as a file that is being read.
pub fn source(patients: &[IncomingPatient]) -> Box<dyn PatientSource + '_> {
    Box::new(Slice { patients, next: 0 })
}

struct Slice<'p> {
    patients: &'p [IncomingPatient],
    next: usize,
}

impl PatientSource for Slice<'_> {
    fn next_patient(&mut self) -> Result<Option<IncomingPatient>, FileError> {
        let patient = self.patients.get(self.next).cloned();
        self.next += 1;
        Ok(patient)
    }

    fn bytes_read(&self) -> u64 {
        u64::try_from(self.next).unwrap_or(0)
    }
}

/// Plans kept as they come.
#[derive(Debug, Default)]
pub struct Plans(pub Vec<PatientPlan>);

impl PlanSink for Plans {
    fn restart(&mut self) {
        self.0.clear();
    }

    fn patient(&mut self, plan: &PatientPlan) {
        self.0.push(plan.clone());
    }

    fn progress(&mut self, _bytes: u64) {}
}
