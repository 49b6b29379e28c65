//! Finding the run that continues a course, and bringing its outcome back to the sender's record.

use base::{CenterId, PatientId, RunId};
use db::Tx;
use dictionary::{Moment, Value};

use crate::keys::{self, Copies};
use crate::load::{StoredPatient, StoredRun, StoredStay};
use crate::model::{RecordKind, RegistryError, RunState};
use crate::writer::Writer;
use crate::{Registry, store};

/// Most minutes between the sender's end and the receiver's start: a day.
const HANDOVER_MINUTES: i64 = 24 * 60;

/// A run of the receiving center that may continue the course.
pub(super) struct Candidate {
    pub(super) run: RunId,
    pub(super) basis: Vec<&'static str>,
    pub(super) score: f64,
}

impl Registry {
    /// The best fitting run of the receiving center that is not withdrawn and has no link yet.
    pub(super) fn candidate(
        &self,
        tx: &mut Tx<'_>,
        (center, patient, stay, run): (CenterId, &StoredPatient, &StoredStay, &StoredRun),
        to: CenterId,
    ) -> Result<Option<Candidate>, RegistryError> {
        let identity = |field| {
            let value = keys::value(&self.dictionary, patient.forms.rows(), field);
            keys::text(&self.dictionary, field, value)
        };
        let (Some(birth), Some(sex)) = (identity(self.keys.birth_date), identity(self.keys.sex))
        else {
            return Ok(None);
        };
        let copies = self.copies(tx, center, patient, (stay, run))?;
        let stop = copies.stopped_at.as_deref().and_then(Moment::parse_iso);
        let Some(stop) = stop else { return Ok(None) };
        let rows: Vec<(RunId, PatientId, Option<String>)> =
            tx.all(&store::TRANSFER_CANDIDATES, (to, birth.as_str(), sex.as_str()))?;
        let mut best: Option<Candidate> = None;
        for (id, other, start) in rows {
            let start = start.as_deref().and_then(Moment::parse_iso);
            let minutes = start.and_then(|start| minutes_between(stop, start));
            if minutes.is_none_or(|minutes| minutes.abs() > HANDOVER_MINUTES) {
                continue;
            }
            let partner = crate::load::patient_by_id(tx, &self.dictionary, to, other)?;
            let Some((_, partner_run)) = partner.run(id) else { continue };
            let mut basis = vec!["birth_date", "sex", "center_pair", "times"];
            let weight = |run: &StoredRun| match keys::value(
                &self.dictionary,
                run.forms.rows(),
                self.keys.weight,
            ) {
                Value::Number(number) => Some(*number),
                _ => None,
            };
            let similar = weight(run).zip(weight(partner_run)).is_some_and(|(a, b)| {
                // within a tenth
                (a - b).abs() * dictionary::Decimal::TEN <= a.max(b)
            });
            if similar {
                basis.push("weight");
            }
            let score = if similar { 1.0 } else { 0.8 };
            if best.as_ref().is_none_or(|best| best.score < score) {
                best = Some(Candidate { run: id, basis, score });
            }
        }
        Ok(best)
    }

    /// Hospital survival from the partner's record, when the own record cannot know it.
    pub(crate) fn join_partner(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        run: RunId,
        copies: Copies,
    ) -> Result<Copies, RegistryError> {
        if copies.survived_hospital.is_some() {
            return Ok(copies);
        }
        let partner: Option<(CenterId, RunId)> = tx.opt(&store::TRANSFER_OF_RUN, (center, run))?;
        let Some((center, run)) = partner else { return Ok(copies) };
        let survived = self.stored_survival(tx, center, run)?;
        Ok(Copies { survived_hospital: survived, ..copies })
    }

    /// Hospital survival as a run's own record has it; none for a run that is withdrawn or gone.
    pub(crate) fn stored_survival(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        run: RunId,
    ) -> Result<Option<bool>, RegistryError> {
        let patient = match self.patient_of(tx, center, RecordKind::Run, run.into()) {
            Err(RegistryError::NotFound(_)) => return Ok(None),
            patient => patient?,
        };
        let Some((stay, run)) = patient.run(run) else { return Ok(None) };
        if run.state == RunState::Withdrawn {
            return Ok(None);
        }
        let report = self.judge(&patient.forms, &stay.forms, &run.forms);
        Ok(match report.value(self.dictionary.field(self.keys.survived_hospital)) {
            Value::Bool(survived) => Some(*survived),
            _ => None,
        })
    }

    /// Recomputes the copies of one run.
    pub(super) fn refresh_run(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        id: RunId,
    ) -> Result<(), RegistryError> {
        let patient = self.patient_of(tx, center, RecordKind::Run, id.into())?;
        let Some((stay, run)) = patient.run(id) else { return Ok(()) };
        let copies = self.copies(tx, center, &patient, (stay, run))?;
        Writer::set_run(tx, &run.row(center, patient.id, stay.id, copies))
    }

    /// Recomputes the senders' copies after a receiver's run has changed.
    pub(crate) fn refresh_senders(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        run: RunId,
    ) -> Result<(), RegistryError> {
        let senders: Vec<(CenterId, RunId)> = tx.all(&store::TRANSFERS_TO_RUN, (center, run))?;
        for (center, run) in senders {
            self.refresh_run(tx, center, run)?;
        }
        Ok(())
    }
}

fn minutes_between(from: Moment, to: Moment) -> Option<i64> {
    Some(to.minutes()? - from.minutes()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_some_minutes_is_more_than_a_day() {
        let at = |text: &str| Moment::parse_iso(text).unwrap();
        let end = at("2026-03-01T10:30");

        assert_eq!(minutes_between(end, at("2026-03-02T10:30")), Some(HANDOVER_MINUTES));
        assert_eq!(minutes_between(end, at("2026-03-02T10:31")), Some(HANDOVER_MINUTES + 1));
        assert_eq!(minutes_between(end, at("2026-02-28T10:29")), Some(-HANDOVER_MINUTES - 1));
        assert_eq!(minutes_between(end, at("2026-03-02")), None);
    }
}
