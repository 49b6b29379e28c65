//! Proof that nothing was lost or altered: the chain of hashes holds, and current values equal the
//! replay of the audit.

mod replay;

use base::{CenterId, ImportId, Instant, LinkId, RecordId};
use db::{DbError, Tx};

use crate::audit::{Entry, Hash, hex};
use crate::keys::{self, Copies};
use crate::load::StoredPatient;
use crate::model::{RecordKind, RegistryError};
use crate::{Registry, store};
use replay::Replay;

/// Records looked at together.
const PAGE: i64 = 500;

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The center.
    pub center: CenterId,
    /// Number of the audit row, where one is named.
    pub seq: Option<i64>,
    /// The record, where one is named.
    pub record: Option<RecordId>,
    /// What is wrong.
    pub problem: String,
}

/// What was proven, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Centers with an audit.
    pub centers: u64,
    /// Audit rows whose hash was computed again.
    pub rows: u64,
    /// Records whose values were replayed.
    pub records: u64,
    /// Last row and hash of each center's chain, to be kept outside the database.
    pub heads: Vec<(CenterId, i64, String)>,
    /// What is wrong; empty when all is well.
    pub faults: Vec<Fault>,
}

type ChainRow = (
    i64,
    Instant,
    String,
    String,
    String,
    String,
    RecordId,
    Option<ImportId>,
    Option<String>,
    String,
    [u8; 32],
);

impl Registry {
    /// Checks every center; `progress` is called with the number of records replayed.
    pub fn verify(&self, progress: &mut dyn FnMut(u64)) -> Result<Verified, RegistryError> {
        self.db.read(|tx| {
            let mut verified = Verified::default();
            let centers: Vec<CenterId> = tx.all(&store::AUDIT_CENTERS, ())?;
            for center in centers {
                verified.centers += 1;
                chain(tx, center, &mut verified)?;
                self.replay_center(tx, center, &mut verified, progress)?;
                for (statement, problem) in [
                    (&store::FORMS_WITHOUT_AUDIT, "values without any audit row"),
                    (&store::RUNS_WITHOUT_AUDIT, "a run without any audit row"),
                    (&store::STAYS_WITHOUT_AUDIT, "a hospitalization without any audit row"),
                    (&store::PATIENTS_WITHOUT_AUDIT, "a patient without any audit row"),
                ] {
                    let strays: Vec<RecordId> = tx.all(statement, (center,))?;
                    for record in strays {
                        verified.fault(center, None, Some(record), problem);
                    }
                }
            }
            Ok(verified)
        })
    }

    fn replay_center(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        verified: &mut Verified,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), RegistryError> {
        let mut after = RecordId(uuid::Uuid::nil());
        loop {
            let page: Vec<RecordId> = tx.all(&store::AUDIT_RECORDS, (center, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            for record in page {
                match self.replay(tx, center, record, verified) {
                    // named, and the next record is looked at
                    Err(RegistryError::Db(error @ DbError::Inconsistent { .. })) => {
                        verified.fault(center, None, Some(record), &error.to_string());
                    }
                    replayed => replayed?,
                }
                verified.records += 1;
            }
            progress(verified.records);
        }
    }

    fn replay(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        record: RecordId,
        verified: &mut Verified,
    ) -> Result<(), RegistryError> {
        type Columns = (i64, Instant, String, String, String, String, Option<String>, String);
        let rows: Vec<Columns> = tx.all(&store::AUDIT_OF_RECORD, (center, record))?;
        let mut state = Replay::default();
        let mut kind = None;
        for (seq, _, _, _, _, word, _, body) in rows {
            kind = RecordKind::from_word(&word);
            if let Err(problem) = state.apply(&body) {
                verified.fault(center, Some(seq), Some(record), &problem);
                return Ok(());
            }
        }
        let stored: Vec<(String, i64, String)> = tx.all(&store::FORMS_OF, (center, record))?;
        for problem in state.differences(&stored) {
            verified.fault(center, None, Some(record), &problem);
        }
        match self.patient_of(tx, center, kind.unwrap_or(RecordKind::Patient), record) {
            Err(RegistryError::NotFound(_)) if state.removed => {}
            Err(RegistryError::NotFound(_)) => {
                verified.fault(center, None, Some(record), "the record is gone");
            }
            Err(error @ (RegistryError::Inconsistent(_) | RegistryError::Body(_))) => {
                verified.fault(center, None, Some(record), &error.to_string());
            }
            Err(error) => return Err(error),
            Ok(_) if state.removed => {
                verified.fault(center, None, Some(record), "a removed record is still there");
            }
            Ok(patient) if kind == Some(RecordKind::Run) => {
                self.check_run(tx, center, &patient, record, &state, verified)?;
            }
            Ok(patient) if kind == Some(RecordKind::Patient) => {
                if state.text("unique_id") != Some(patient.unique_id.as_str()) {
                    verified.fault(center, None, Some(record), "the patient key was altered");
                }
                if !self.identity_is_copied(tx, center, &patient)? {
                    let problem = "copies of birth date and sex differ from the record";
                    verified.fault(center, None, Some(record), problem);
                }
            }
            Ok(patient) if kind == Some(RecordKind::Hospitalization) => {
                if state.text("patient") != Some(patient.id.to_string().as_str()) {
                    verified.fault(
                        center,
                        None,
                        Some(record),
                        "the stay was given to another patient",
                    );
                }
            }
            Ok(_) => {}
        }
        Ok(())
    }

    /// Whether birth date and sex stand beside the key as the form has them.
    fn identity_is_copied(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
    ) -> Result<bool, RegistryError> {
        let copy = |field| {
            let value = keys::value(&self.dictionary, patient.forms.rows(), field);
            keys::text(&self.dictionary, field, value)
        };
        let stored: (Option<String>, Option<String>) =
            tx.one(&store::PATIENT_COPIES, (center, patient.id))?;
        Ok(stored == (copy(self.keys.birth_date), copy(self.keys.sex)))
    }

    fn check_run(
        &self,
        tx: &mut Tx<'_>,
        center: CenterId,
        patient: &StoredPatient,
        record: RecordId,
        state: &Replay,
        verified: &mut Verified,
    ) -> Result<(), RegistryError> {
        let id = base::RunId(record.0);
        let Some((stay, run)) = patient.run(id) else { return Ok(()) };
        let instant = |at: Option<Instant>| at.map(|at| at.to_string());
        let number = run.run_no.to_string();
        let (submitted_at, locks_at) = (instant(run.submitted_at), instant(run.locks_at));
        let (patient_id, stay_id) = (patient.id.to_string(), stay.id.to_string());
        for (key, now) in [
            ("state", Some(run.state.as_str())),
            ("run_no", Some(number.as_str())),
            ("patient", Some(patient_id.as_str())),
            ("hospitalization", Some(stay_id.as_str())),
            ("submitted_by", run.submitted_by.as_deref()),
            ("submitted_at", submitted_at.as_deref()),
            ("locks_at", locks_at.as_deref()),
        ] {
            if state.text(key) != now {
                let problem = format!("{key} of the run differs from the audit");
                verified.fault(center, None, Some(record), &problem);
            }
        }
        let links: Vec<(LinkId, String)> = tx.all(&store::LINK_STATES, (center, id))?;
        let links = links.into_iter().map(|(id, state)| (id.to_string(), state));
        if state.links != links.collect() {
            let problem = "links of the run differ from the audit";
            verified.fault(center, None, Some(record), problem);
        }
        let derived = self.copies(tx, center, patient, (stay, run))?;
        if stored_copies(tx, center, id)? != comparable(derived) {
            let problem = "copies of derived values differ from the record";
            verified.fault(center, None, Some(record), problem);
        }
        Ok(())
    }
}

/// Copies without the number of soft findings: "not in the future" and the like move with the clock.
fn comparable(copies: Copies) -> Copies {
    Copies { hard_findings: 0, soft_findings: 0, ..copies }
}

fn stored_copies(
    tx: &mut Tx<'_>,
    center: CenterId,
    run: base::RunId,
) -> Result<Copies, RegistryError> {
    type Columns = (
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<bool>,
        Option<bool>,
        i64,
        i64,
    );
    let (support_type, age_group, started_at, stopped_at, survived_ecls, survived_hospital, _, _): Columns =
        tx.one(&store::RUN_COPIES, (center, run))?;
    Ok(Copies {
        support_type,
        age_group,
        started_at,
        stopped_at,
        survived_ecls,
        survived_hospital,
        hard_findings: 0,
        soft_findings: 0,
    })
}

impl Verified {
    fn fault(
        &mut self,
        center: CenterId,
        seq: Option<i64>,
        record: Option<RecordId>,
        problem: &str,
    ) {
        self.faults.push(Fault { center, seq, record, problem: problem.to_owned() });
    }
}

/// Computes the chain of a center again.
fn chain(tx: &mut Tx<'_>, center: CenterId, verified: &mut Verified) -> Result<(), RegistryError> {
    let mut previous: Hash = [0; 32];
    let mut expected = 1;
    let mut faults: Vec<(i64, &'static str)> = Vec::new();
    let mut rows = 0;
    tx.each(&store::AUDIT_CHAIN, (center,), |row| -> Result<(), RegistryError> {
        rows += 1;
        let Ok(columns) = <ChainRow as db::FromRow>::from_row(row) else {
            faults.push((expected, "the row cannot be read"));
            expected += 1;
            return Ok(());
        };
        let (seq, at, actor, channel, action, kind, record, import, reason, body, hash) = columns;
        if seq != expected {
            faults.push((expected, "audit rows are missing before the next one"));
        }
        let entry = Entry {
            center,
            seq,
            at,
            actor: &actor,
            channel: &channel,
            action: &action,
            record_kind: &kind,
            record,
            import,
            reason: reason.as_deref(),
            body: &body,
        };
        if entry.hash(&previous) != hash {
            faults.push((seq, "the row or the one before it was altered"));
        }
        // go on from what is stored, so that one altered row is named once
        previous = hash;
        expected = seq.saturating_add(1);
        Ok(())
    })?;
    verified.rows += rows;
    for (seq, problem) in faults {
        verified.fault(center, Some(seq), None, problem);
    }
    let head: Option<(i64, [u8; 32])> = tx.opt(&store::AUDIT_HEAD, (center,))?;
    if head.is_none() && expected == 1 {
        // a center that has never had a record
        return Ok(());
    }
    if head.is_none_or(|(seq, hash)| seq != expected - 1 || hash != previous) {
        verified.fault(center, Some(expected), None, "the last audit rows are missing");
    }
    verified.heads.push((center, expected - 1, hex(&previous)));
    Ok(())
}
