//! What has changed since a cursor.

use std::collections::{BTreeMap, BTreeSet};

use base::{CenterId, HospitalizationId, PatientId, RecordId, RunId};
use db::Tx;
use dictionary::Moment;

use super::{
    Cursor, DataVersion, FEED_CHANGED, FEED_HASH, FEED_RUNS_OF, FEED_SENDERS, FEED_SENDERS_TO,
    FeedPatient, Rows, RunRow,
};
use crate::model::{RecordKind, RegistryError};
use crate::{Center, Registry, store};

/// From so many new audit rows on, a center is read as a whole: two statements instead of some per record.
const MANY: i64 = 2000;

/// One change.
#[derive(Debug, Clone)]
pub enum FeedChange<M> {
    /// A patient as it is now; replaces what was known of its runs.
    Patient(M),
    /// A run that is no longer counted, or never was.
    Gone(RunId),
}

/// What has changed since a cursor.
#[derive(Debug, Clone)]
pub enum FeedChanges<M> {
    /// Nothing.
    None,
    /// These changes lead to the new cursor. Runs that went come before patients.
    Some {
        /// The changes, to be made all at once.
        changes: Vec<FeedChange<M>>,
        /// Up to where they lead.
        cursor: Cursor,
        /// All centers, new ones included, in the order of their numbers.
        centers: Vec<Center>,
    },
    /// The cursor does not belong to this database: everything must be read again.
    Unrelated,
}

/// What is to be read again.
#[derive(Default)]
struct Work {
    patients: BTreeSet<(CenterId, PatientId)>,
    centers: BTreeSet<CenterId>,
    gone: BTreeSet<RunId>,
}

impl Registry {
    /// Reads what has changed since the cursor from one snapshot.
    ///
    /// `home` names the patient of a run that may be gone from the database by now, so that the patient's other runs
    /// are read again. One statement when nothing has changed.
    ///
    /// # Errors
    /// As for [`feed_all`](Self::feed_all).
    pub fn feed_changes<M>(
        &self,
        since: &Cursor,
        home: &impl Fn(RunId) -> Option<PatientId>,
        make: &impl Fn(&FeedPatient<'_>) -> M,
    ) -> Result<FeedChanges<M>, RegistryError> {
        let now = self.latest_local();
        self.db.read(|tx| {
            let cursor = Self::feed_heads(tx)?;
            if cursor == *since {
                return Ok(FeedChanges::None);
            }
            let mut work = Work::default();
            if !Self::gather(tx, since, &cursor, home, &mut work)? {
                return Ok(FeedChanges::Unrelated);
            }
            let centers = tx.all(&store::CENTERS, ())?;
            let mut patients = Vec::new();
            for center in &work.centers {
                let raw = Self::read_center(tx, *center)?;
                for run in &raw.runs {
                    work.gone.remove(&run.id);
                }
                patients.extend(self.put_together(raw, now, make)?);
            }
            for (center, patient) in std::mem::take(&mut work.patients) {
                if !work.centers.contains(&center) {
                    let found =
                        self.read_patient(tx, (center, patient), now, &mut work.gone, make)?;
                    patients.extend(found);
                }
            }
            let gone = work.gone.into_iter().map(FeedChange::Gone);
            let changes = gone.chain(patients.into_iter().map(FeedChange::Patient)).collect();
            Ok(FeedChanges::Some { changes, cursor, centers })
        })
    }

    /// Follows the chains; says no when one of them is not the one that the cursor knew.
    fn gather(
        tx: &mut Tx<'_>,
        since: &Cursor,
        heads: &Cursor,
        home: &impl Fn(RunId) -> Option<PatientId>,
        work: &mut Work,
    ) -> Result<bool, RegistryError> {
        let mut known = 0;
        for (center, head) in heads.chains() {
            let (seq, hash) = since.get(center);
            known += seq;
            if head == (seq, hash) {
                continue;
            }
            let then: Option<([u8; 32],)> =
                if seq > 0 { tx.opt(&FEED_HASH, (center, seq))? } else { Some((hash,)) };
            if head.0 <= seq || then != Some((hash,)) {
                return Ok(false);
            }
            Self::gather_center(tx, (center, seq), head.0 - seq >= MANY, home, work)?;
        }
        // a chain that the cursor knew is there no more
        Ok(since.version() == DataVersion::from_sum(known))
    }

    fn gather_center(
        tx: &mut Tx<'_>,
        (center, seq): (CenterId, i64),
        whole: bool,
        home: &impl Fn(RunId) -> Option<PatientId>,
        work: &mut Work,
    ) -> Result<(), RegistryError> {
        let mut records: BTreeMap<RecordId, RecordKind> = BTreeMap::new();
        tx.each(&FEED_CHANGED, (center, seq), |row| -> Result<(), RegistryError> {
            let kind: &str = row.get(0)?;
            // records of a kind that bears on no run
            if let Some(kind) = RecordKind::from_word(kind) {
                records.insert(row.get(1)?, kind);
            }
            Ok(())
        })?;
        let runs = records.iter().filter(|(_, kind)| **kind == RecordKind::Run);
        work.gone.extend(runs.map(|(record, _)| RunId(record.0)));
        if whole {
            work.centers.insert(center);
            let senders = tx.all(&FEED_SENDERS_TO, (center,))?;
            return Self::gather_senders(tx, senders, work);
        }
        let mut patients: BTreeSet<PatientId> = BTreeSet::new();
        for (record, kind) in records {
            let patient = match kind {
                RecordKind::Patient => Some(PatientId(record.0)),
                RecordKind::Hospitalization => {
                    tx.opt(&store::HOSPITALIZATION_BY_ID, (center, HospitalizationId(record.0)))?
                }
                RecordKind::Run => {
                    let patient = tx.opt(&store::RUN_PATIENT, (center, RunId(record.0)))?;
                    patient.or_else(|| home(RunId(record.0)))
                }
            };
            patients.extend(patient);
        }
        for patient in patients {
            work.patients.insert((center, patient));
            // the sender's survival is joined from here, without a change of the sender's own record
            let rows: Vec<RunRow> = tx.all(&FEED_RUNS_OF, (center, patient))?;
            for run in rows {
                let senders = tx.all(&FEED_SENDERS, (center, run.id))?;
                Self::gather_senders(tx, senders, work)?;
            }
        }
        Ok(())
    }

    fn gather_senders(
        tx: &mut Tx<'_>,
        senders: Vec<(CenterId, RunId)>,
        work: &mut Work,
    ) -> Result<(), RegistryError> {
        for (center, run) in senders {
            let patient: Option<PatientId> = tx.opt(&store::RUN_PATIENT, (center, run))?;
            work.patients.extend(patient.map(|patient| (center, patient)));
        }
        Ok(())
    }

    /// A patient's counted runs; the others are added to those that went.
    fn read_patient<M>(
        &self,
        tx: &mut Tx<'_>,
        (center, patient): (CenterId, PatientId),
        now: Moment,
        gone: &mut BTreeSet<RunId>,
        make: &impl Fn(&FeedPatient<'_>) -> M,
    ) -> Result<Option<M>, RegistryError> {
        let rows: Vec<RunRow> = tx.all(&FEED_RUNS_OF, (center, patient))?;
        let mut runs = Vec::with_capacity(rows.len());
        for run in rows {
            if run.is_counted()? {
                gone.remove(&run.id);
                runs.push(run);
            } else {
                gone.insert(run.id);
            }
        }
        if runs.is_empty() {
            return Ok(None);
        }
        let mut records: BTreeMap<RecordId, Rows> = BTreeMap::new();
        for run in &runs {
            for record in [patient.into(), run.hospitalization.into(), run.id.into()] {
                if let std::collections::btree_map::Entry::Vacant(place) = records.entry(record) {
                    place.insert(self.forms_of(tx, center, record)?);
                }
            }
        }
        let patient =
            self.feed_patient((center, patient), &runs, now, |record| records.get(&record));
        Ok(Some(make(&patient)))
    }

    fn forms_of(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        record: RecordId,
    ) -> Result<Rows, RegistryError> {
        let rows: Vec<(String, i64, String)> = tx.all(&store::FORMS_OF, (center, record))?;
        rows.into_iter().map(|(key, _, body)| self.feed_form(record, &key, &body)).collect()
    }
}
