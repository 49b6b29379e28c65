//! Stored patients in the shape that files have, one after the other.

use base::{Action, Actor, CenterId, PatientId, permit};
use db::Tx;
use dictionary::Value;

use crate::incoming::{FormRows, IncomingPatient, IncomingRun, IncomingStay};
use crate::load::{self, StoredForms, StoredPatient, StoredRun};
use crate::model::{RegistryError, RunState};
use crate::{Registry, keys, store};

/// Patients read together.
const PAGE: i64 = 100;

/// Which runs an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportRuns {
    /// All but withdrawn ones.
    All,
    /// Only signed ones.
    Submitted,
}

/// A center's patients in one snapshot, to be gone through as often as needed.
pub struct Passes<'a, 't> {
    registry: &'a Registry,
    tx: &'a mut Tx<'t>,
    center: CenterId,
    runs: ExportRuns,
}

impl Passes<'_, '_> {
    /// Hands the patients over in the order of their keys, in constant memory.
    ///
    /// # Errors
    /// Whatever `each` returns ends the pass.
    pub fn each<E: From<RegistryError> + From<db::DbError>>(
        &mut self,
        each: &mut dyn FnMut(&IncomingPatient) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut after = String::new();
        loop {
            let page: Vec<(PatientId, String)> =
                self.tx.all(&store::PATIENT_PAGE, (self.center, after.as_str(), PAGE))?;
            let Some((_, last)) = page.last() else { return Ok(()) };
            after.clone_from(last);
            for (id, key) in page {
                let dictionary = &self.registry.dictionary;
                let patient = load::patient(self.tx, dictionary, self.center, id, key)?;
                if let Some(patient) = self.registry.outgoing(patient, self.runs) {
                    each(&patient)?;
                }
            }
        }
    }
}

impl Registry {
    /// Hands a center's patients over in the order of their keys, from one snapshot and in constant memory.
    ///
    /// # Errors
    /// `Refused`; whatever `each` returns ends the export.
    pub fn export<E: From<RegistryError> + From<db::DbError>>(
        &self,
        actor: &Actor,
        center: CenterId,
        runs: ExportRuns,
        each: &mut dyn FnMut(&IncomingPatient) -> Result<(), E>,
    ) -> Result<(), E> {
        self.export_passes(actor, center, runs, |passes| passes.each(each))
    }

    /// The same for exports that must see the patients more than once, for example to look first whether all of
    /// them can be written: every pass is from the same snapshot.
    ///
    /// # Errors
    /// `Refused`; whatever `work` returns. `work` may run again when the connection turns out to be dead.
    pub fn export_passes<T, E: From<RegistryError> + From<db::DbError>>(
        &self,
        actor: &Actor,
        center: CenterId,
        runs: ExportRuns,
        mut work: impl FnMut(&mut Passes<'_, '_>) -> Result<T, E>,
    ) -> Result<T, E> {
        permit(actor, Action::ExportRecords, center).map_err(RegistryError::from)?;
        self.db.read(|tx| work(&mut Passes { registry: self, tx, center, runs }))
    }

    fn outgoing(&self, patient: StoredPatient, runs: ExportRuns) -> Option<IncomingPatient> {
        let wanted = |run: &StoredRun| match runs {
            ExportRuns::All => run.state != RunState::Withdrawn,
            ExportRuns::Submitted => run.state.is_counted(),
        };
        let stays: Vec<IncomingStay> = patient
            .stays
            .into_iter()
            .map(|stay| IncomingStay {
                forms: rows(stay.forms),
                runs: stay
                    .runs
                    .into_iter()
                    .filter(wanted)
                    .map(|run| self.outgoing_run(run))
                    .collect(),
                ..IncomingStay::default()
            })
            .filter(|stay| !stay.runs.is_empty())
            .collect();
        if stays.is_empty() {
            return None;
        }
        let forms = rows(patient.forms);
        let number = keys::value(
            &self.dictionary,
            forms.iter().map(|(form, row)| (*form, row)),
            self.keys.center_no,
        );
        Some(IncomingPatient {
            unique_id: patient.unique_id,
            center_number: keys::text(&self.dictionary, self.keys.center_no, number),
            forms,
            stays,
            ..IncomingPatient::default()
        })
    }

    fn outgoing_run(&self, run: StoredRun) -> IncomingRun {
        let name = match keys::value(&self.dictionary, run.forms.rows(), self.keys.completed_by) {
            Value::Text(name) => Some(name.to_string()),
            _ => None,
        };
        IncomingRun { forms: rows(run.forms), completed_by: name, ..IncomingRun::default() }
    }
}

fn rows(forms: StoredForms) -> FormRows {
    forms.0.into_iter().map(|stored| (stored.form, stored.row)).collect()
}
