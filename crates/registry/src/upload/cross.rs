//! Rules between the records of one patient, which the dictionary's expressions cannot reach.
//!
//! C101 run numbers have a gap or do not follow time; C102 two runs overlap; C103 two stays overlap;
//! C104 another patient of the center has the same birth date and sex.

use std::collections::HashMap;

use base::CenterId;
use db::Tx;
use dictionary::{Forms, Moment, Report, Value};

use super::work::RecordWork;
use super::{PlanFinding, Weight};
use crate::load::{StoredPatient, StoredRun, StoredStay};
use crate::model::RegistryError;
use crate::{Registry, keys, store};

/// Most keys that a finding names.
const NAMED: usize = 5;

/// Keys of the file's patients so far, by center, birth date and sex.
pub(super) type Alike = HashMap<(CenterId, String, String), Vec<String>>;

impl Registry {
    /// Findings between a patient's records, and between patients.
    pub(super) fn cross(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
        records: &[RecordWork],
        alike: &mut Alike,
    ) -> Result<Vec<PlanFinding>, RegistryError> {
        let mut findings = Vec::new();
        self.runs_in_order(patient, records, &mut findings);
        self.stays_apart(patient, &mut findings);
        if records.first().is_some_and(|patient| patient.is_new) {
            self.same_person(tx, center, patient, alike, &mut findings)?;
        }
        Ok(findings)
    }

    fn runs_in_order(
        &self,
        patient: &StoredPatient,
        records: &[RecordWork],
        findings: &mut Vec<PlanFinding>,
    ) {
        let count: usize = patient.stays.iter().map(|stay| stay.runs.len()).sum();
        let first = patient.stays.iter().flat_map(|stay| &stay.runs).next();
        if count < 2 && first.is_none_or(|run| run.run_no == 1) {
            return;
        }
        let mut runs: Vec<(i64, Option<Moment>, Option<Moment>)> = patient
            .stays
            .iter()
            .flat_map(|stay| stay.runs.iter().map(move |run| (stay, run)))
            .map(|(stay, run)| {
                let (start, stop) = self.times(patient, records, (stay, run));
                (run.run_no, start, stop)
            })
            .collect();
        runs.sort_by_key(|run| run.0);
        let gap = runs.iter().zip(1..).any(|(run, wanted)| run.0 != wanted);
        let disorder = runs.windows(2).any(|pair| match pair {
            [(_, Some(a), _), (_, Some(b), _)] => b.compare(*a) == Some(std::cmp::Ordering::Less),
            _ => false,
        });
        if gap || disorder {
            let message = "run numbers start at 1, without gaps, in the order of the starts";
            let fix = "Check the run numbers, or whether an earlier run is missing.";
            findings.push(warning("C101", "duplicate_run", message, fix));
        }
        let overlap = runs.windows(2).any(|pair| match pair {
            [(_, _, Some(stop)), (_, Some(start), _)] => {
                start.compare(*stop) == Some(std::cmp::Ordering::Less)
            }
            _ => false,
        });
        if overlap && !disorder {
            let message = "two runs of this patient overlap in time";
            let fix = "Parallel circuits are lines of one run; otherwise mend the times.";
            findings.push(warning("C102", "overlap", message, fix));
        }
    }

    /// Start and stop: of a run that the file names they were worked out when it was judged.
    fn times(
        &self,
        patient: &StoredPatient,
        records: &[RecordWork],
        (stay, run): (&StoredStay, &StoredRun),
    ) -> (Option<Moment>, Option<Moment>) {
        let times = |report: &Report| {
            let moment = |field| match report.value(self.dictionary.field(field)) {
                Value::Moment(moment) => Some(*moment),
                _ => None,
            };
            (moment(self.keys.started_at), moment(self.keys.stopped_at))
        };
        if let Some(judged) = records.iter().find(|record| record.id.0 == run.id.0) {
            return times(&judged.report);
        }
        let mut forms = Forms::none(&self.dictionary);
        patient.forms.add_to(&mut forms);
        stay.forms.add_to(&mut forms);
        run.forms.add_to(&mut forms);
        times(&self.dictionary.derive(&forms, self.latest_local()))
    }

    fn stays_apart(&self, patient: &StoredPatient, findings: &mut Vec<PlanFinding>) {
        let moment = |stay: &StoredStay, field| match keys::value(
            &self.dictionary,
            stay.forms.rows(),
            field,
        ) {
            Value::Moment(moment) => Some(*moment),
            _ => None,
        };
        let mut stays: Vec<(Moment, Option<Moment>)> = patient
            .stays
            .iter()
            .filter_map(|stay| {
                let admitted = moment(stay, self.keys.admit_at)?;
                Some((admitted, moment(stay, self.keys.discharge_at)))
            })
            .collect();
        stays.sort_by_key(|stay| (stay.0.day_number(), stay.0.minute_of_day()));
        let overlap = stays.windows(2).any(|pair| match pair {
            [(_, Some(left)), (came, _)] => came.compare(*left) == Some(std::cmp::Ordering::Less),
            _ => false,
        });
        if overlap {
            let message = "two stays of this patient overlap in time";
            let fix = "Check admission and discharge; a run of the same stay belongs into it.";
            findings.push(warning("C103", "overlap", message, fix));
        }
    }

    /// Other patients with the same birth date and sex: those that are stored, and those that stand
    /// earlier in the file. Both lists are kept apart by key, so that a plan says the same before and
    /// while it is carried out.
    fn same_person(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
        alike: &mut Alike,
        findings: &mut Vec<PlanFinding>,
    ) -> Result<(), RegistryError> {
        let known = |field| {
            let value = keys::value(&self.dictionary, patient.forms.rows(), field);
            keys::text(&self.dictionary, field, value)
        };
        let (Some(birth), Some(sex)) = (known(self.keys.birth_date), known(self.keys.sex)) else {
            return Ok(());
        };
        let unique_id = patient.unique_id.as_str();
        let stored: Vec<String> =
            tx.all(&store::LIKELY_SAME, (center, birth.as_str(), sex.as_str(), unique_id))?;
        let earlier = alike.entry((center, birth, sex)).or_default();
        let mut same: Vec<String> = stored
            .into_iter()
            .filter(|key| !earlier.contains(key))
            .chain(earlier.clone())
            .collect();
        if earlier.len() < NAMED {
            earlier.push(unique_id.to_owned());
        }
        same.truncate(NAMED);
        if !same.is_empty() {
            let message = format!("born on the same day with the same sex: {}", same.join(", "));
            let fix = "If it is the same person, upload under the known key instead.";
            findings.push(warning("C104", "duplicate_patient", &message, fix));
        }
        Ok(())
    }

    /// Pairs of patients of a center that may be one person: same birth date and sex.
    pub fn likely_duplicates(
        &self,
        actor: &base::Actor,
        center: CenterId,
        most: u32,
    ) -> Result<Vec<(String, String)>, RegistryError> {
        base::permit(actor, base::Action::ReadRecords, center)?;
        self.db.read_one(|tx| Ok(tx.all(&store::LIKELY_DUPLICATES, (center, i64::from(most)))?))
    }
}

fn warning(code: &str, category: &str, message: &str, fix: &str) -> PlanFinding {
    PlanFinding {
        weight: Weight::Warns,
        code: code.to_owned(),
        category: category.to_owned(),
        record: "patient".to_owned(),
        line: 0,
        element: String::new(),
        field: String::new(),
        message: message.to_owned(),
        fix: fix.to_owned(),
    }
}
