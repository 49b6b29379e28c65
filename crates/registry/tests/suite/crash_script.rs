//! What the crash test does over and over: a script of uploads, saves and signatures in which every operation
//! follows from its number alone, so that two processes agree about it.

use std::str::FromStr;
use std::sync::Arc;

use base::{CenterId, Clock, Ids, Instant, RecordId};
use db::{Db, Statement};
use dictionary::{Dictionary, FormId, Row};
use registry::incoming::IncomingPatient;
use registry::upload::{Applied, Options};
use registry::{RecordKind, Registry, Settings};
use testkit::records::{Plans, operator, source};
use testkit::synthetic::{self, Synthetic};

/// Patients of one upload.
const BATCH: usize = 10;
/// Operations on the patients of one upload, that of the upload included.
const ROUND: usize = 12;
/// 22 November 2026, 12:00 UTC.
const NOW: i64 = 1_795_348_800_000_000;

/// The kinds of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Import,
    Save,
    Submit,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Import, Self::Save, Self::Submit];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Save => "save",
            Self::Submit => "submit",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| word.to_owned())
    }
}

/// An open registry that follows the script.
pub(crate) struct Scripted {
    pub(crate) registry: Registry,
    pub(crate) db: Db,
    centers: Vec<(String, CenterId)>,
    patients: Arc<Vec<IncomingPatient>>,
}

impl Scripted {
    /// Opens a migrated database. The clock stands still, so that what two processes write can be compared.
    pub(crate) fn open(
        url: &str,
        dictionary: Arc<Dictionary>,
        patients: Arc<Vec<IncomingPatient>>,
    ) -> Self {
        let clock = Clock::fixed(Instant::from_micros(NOW));
        let db = Db::open(url, &db::Options::default()).unwrap();
        let ids = Arc::new(Ids::system(clock.clone()));
        let rules = Settings::default();
        let registry = Registry::new(db.clone(), dictionary, clock, ids, rules).unwrap();
        let add = |center: &synthetic::SampleCenter| {
            let new = registry::NewCenter {
                number: center.number,
                name: center.name,
                country: center.country,
                chapter: center.chapter,
                invented: true,
            };
            let added = registry.add_center(&operator(), &new).unwrap();
            (added.number, added.id)
        };
        let centers = synthetic::CENTERS.iter().map(add).collect();
        Self { registry, db, centers, patients }
    }

    /// The kind of an operation.
    pub(crate) const fn kind(number: usize) -> Kind {
        match number % ROUND {
            0 | 6 => Kind::Import,
            1 | 2 | 3 | 7 | 10 => Kind::Save,
            _ => Kind::Submit,
        }
    }

    /// Carries one operation out. It is over, and may be acknowledged, when this returns.
    pub(crate) fn carry_out(&self, number: usize) {
        let first = number / ROUND * BATCH;
        let step = number % ROUND;
        match step {
            0 | 6 => drop(self.upload(number)),
            // the form of the stay, of the patient, and two of the run
            1 => self.save(&self.patients[first], "hospitalization", number),
            7 => self.save(&self.patients[first + 1], "patient", number),
            2 | 3 | 10 => {
                self.save(&self.patients[first + 5 + step % 5], "pre_ecls_assessment", number);
            }
            _ => self.submit(&self.patients[first + step - 2]),
        }
    }

    /// The upload of a number: first new drafts, later the same patients with changed answers.
    pub(crate) fn upload(&self, number: usize) -> Applied {
        let first = number / ROUND * BATCH;
        let mut batch = self.patients[first..first + BATCH].to_vec();
        if !number.is_multiple_of(ROUND) {
            // the second half is not signed by then
            batch.drain(..BATCH / 2);
            for patient in &mut batch {
                let forms = &mut patient.stays[0].runs[0].forms;
                let (_, row) = self.form(forms, "pre_ecls_assessment");
                *row = self.with(row.clone(), "pre_pco2_mmhg", &format!("{}", 40 + number % 30));
            }
        }
        let options = Options {
            file_name: format!("batch {number}"),
            drafts_only: true,
            ..Options::default()
        };
        let open = || Ok(source(&batch));
        self.registry
            .apply_upload(&operator(), &options, &open, None, &mut Plans::default())
            .unwrap()
    }

    fn save(&self, patient: &IncomingPatient, form: &str, number: usize) {
        let (center, ids) = self.ids(patient);
        let (kind, record, field, mut forms) = match form {
            "patient" => (RecordKind::Patient, ids[0], "patient_local_id", patient.forms.clone()),
            "hospitalization" => (
                RecordKind::Hospitalization,
                ids[1],
                "hosp_admit_height_cm",
                patient.stays[0].forms.clone(),
            ),
            _ => (RecordKind::Run, ids[2], "pre_pco2_mmhg", patient.stays[0].runs[0].forms.clone()),
        };
        let (id, row) = self.form(&mut forms, form);
        let row = self.with(row.clone(), field, &format!("{}", 40 + number % 30));
        let version = self.version(record, form);
        self.registry.save_form(&operator(), center, (kind, record), id, version, &row).unwrap();
    }

    fn submit(&self, patient: &IncomingPatient) {
        let (center, ids) = self.ids(patient);
        let run = base::RunId(ids[2].0);
        self.registry.submit(&operator(), center, run, "Ada Byron", true).unwrap();
    }

    /// The patient, its stay and its run.
    fn ids(&self, patient: &IncomingPatient) -> (CenterId, [RecordId; 3]) {
        let number = patient.center_number.as_deref().unwrap();
        let (_, center) = self.centers.iter().find(|(known, _)| known == number).unwrap();
        let text = "select p.patient_id, r.hospitalization_id, r.run_id from patient p \
                    join run r on r.center_id = p.center_id and r.patient_id = p.patient_id \
                    where p.center_id = $1 and p.unique_id = $2";
        let find = Statement::dynamic("find", text.to_owned());
        let (a, b, c): (RecordId, RecordId, RecordId) =
            self.db.read_one(|tx| tx.one(&find, (*center, patient.unique_id.as_str()))).unwrap();
        (*center, [a, b, c])
    }

    fn version(&self, record: RecordId, form: &str) -> i64 {
        let text = "select version from form_value where record_id = $1 and form = $2";
        let find = Statement::dynamic("version", text.to_owned());
        let version: Option<i64> = self.db.read_one(|tx| tx.opt(&find, (record, form))).unwrap();
        version.unwrap_or(0)
    }

    fn form<'f>(&self, forms: &'f mut [(FormId, Row)], key: &str) -> (FormId, &'f mut Row) {
        let id = self.registry.dictionary().form_named(key).unwrap().id;
        let (_, row) = forms.iter_mut().find(|(form, _)| *form == id).unwrap();
        (id, row)
    }

    fn with(&self, mut row: Row, field: &str, text: &str) -> Row {
        let dictionary = self.registry.dictionary();
        let field = dictionary.field_named(field).unwrap();
        row.values[usize::from(field.column.unwrap())] = dictionary.read(field, text);
        row
    }
}

/// Complete patients with one stay and one run, and with the forms that the script saves.
pub(crate) fn patients(dictionary: &Dictionary, seed: u64) -> Arc<Vec<IncomingPatient>> {
    let assessment = dictionary.form_named("pre_ecls_assessment").unwrap().id;
    let all = Synthetic::new(dictionary, seed, synthetic::Options::default())
        .filter(|sample| {
            let stays = &sample.patient.stays;
            sample.complete
                && stays.len() == 1
                && stays[0].runs.len() == 1
                && stays[0].runs[0].forms.iter().any(|(form, _)| *form == assessment)
        })
        .map(|sample| sample.patient)
        .take(12 * BATCH);
    Arc::new(all.collect())
}
