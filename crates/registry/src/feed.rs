//! Counted runs for the column store: all of them, and then what has changed.
//!
//! The audit is the log of changes: each center's chain has numbers without gaps, and its head says how far it goes.
//! A [`Cursor`] keeps the number and the hash up to which a reader has followed each chain. Several programs can
//! follow the same database, each with its own cursor, on both engines. A cursor whose hash is not the chain's (the
//! database was restored from a backup, or is another one) is refused, and the reader starts anew.

mod all;
mod changes;
mod cursor;

use base::{CenterId, HospitalizationId, Instant, PatientId, RecordId, RunId};
use db::Tx;
use dictionary::{FieldId, FormId, Forms, Moment, Report, Row, Value};

use crate::model::{RegistryError, RunState};
use crate::{Center, Figures, Registry};

pub use changes::{FeedChange, FeedChanges};
pub use cursor::{Cursor, CursorError, DataVersion};

db::statements! {
    /// Statements of the feed.
    pub FEED_STATEMENTS;

    pub(crate) FEED_VERSION = "select cast(coalesce(sum(seq), 0) as bigint) as version from audit_head",
        sqlite = "select coalesce(sum(seq), 0) as version from audit_head",
        scan_ok = "one row per center";
    pub(crate) FEED_HEADS = "select center_id, seq, hash from audit_head order by center_id",
        scan_ok = "one row per center";
    pub(crate) FEED_HASH = "select hash from audit where center_id = $1 and seq = $2";
    pub(crate) FEED_RUNS = "select run_id, patient_id, hospitalization_id, run_no, submitted_at, survived_ecls,
            survived_hospital, state
        from run where center_id = $1 order by run_id";
    pub(crate) FEED_RUNS_OF = "select run_id, patient_id, hospitalization_id, run_no, submitted_at, survived_ecls,
            survived_hospital, state
        from run where center_id = $1 and patient_id = $2 order by run_no";
    pub(crate) FEED_FORMS = "select record_id, form, body from form_value where center_id = $1
        order by record_id, form";
    pub(crate) FEED_CHANGED = "select record_kind, record_id from audit where center_id = $1 and seq > $2 order by seq";
    pub(crate) FEED_SENDERS = "select from_center_id, from_run_id from transfer
        where to_center_id = $1 and to_run_id = $2 order by link_id";
    pub(crate) FEED_SENDERS_TO = "select from_center_id, from_run_id from transfer
        where to_center_id = $1 and to_run_id is not null order by link_id";
}

db::row! {
    /// A run's row as the feed reads it.
    #[derive(Debug, Clone)]
    pub(crate) struct RunRow {
        pub(crate) id: RunId,
        pub(crate) patient: PatientId,
        pub(crate) hospitalization: HospitalizationId,
        pub(crate) run_no: i64,
        pub(crate) submitted_at: Option<Instant>,
        pub(crate) survived_ecls: Option<bool>,
        pub(crate) survived_hospital: Option<bool>,
        pub(crate) state: String,
    }
}

impl RunRow {
    fn is_counted(&self) -> Result<bool, RegistryError> {
        let state = RunState::from_word(&self.state).ok_or_else(|| {
            RegistryError::Inconsistent(format!("run {} has no known state", self.id))
        })?;
        Ok(state.is_counted())
    }
}

/// A counted run with everything that is known about it.
pub struct FeedRun<'a> {
    /// Its id.
    pub id: RunId,
    /// Its stay.
    pub hospitalization: HospitalizationId,
    /// Its number among the patient's runs.
    pub run_no: i64,
    /// When it was signed last.
    pub submitted_at: Option<Instant>,
    /// Start of support.
    pub started_at: Option<Moment>,
    /// End of support.
    pub stopped_at: Option<Moment>,
    /// Its forms with those of its stay and its patient.
    pub forms: Forms<'a>,
    /// Derived values. Survival is what the registry counts: joined from the receiving center's record where the
    /// patient was transferred on ECLS and both centers have confirmed it.
    pub derived: Report,
}

/// A patient with all counted runs, in the order of the run number.
pub struct FeedPatient<'a> {
    /// The center.
    pub center: CenterId,
    /// The patient.
    pub id: PatientId,
    /// Counted runs; none when the patient has no (or no longer any) counted run.
    pub runs: Vec<FeedRun<'a>>,
}

/// Where the runs of a full read go. Called on the thread that reads.
pub trait FeedSink {
    /// What is kept of one patient.
    type Made: Send;

    /// Everything comes from the beginning (again), center by center in this order.
    fn begin(&mut self, centers: &[Center]);
    /// All patients of a center with counted runs.
    fn center(&mut self, center: &Center, made: Vec<Self::Made>);
    /// Whether reading goes on; asked before each center. When it does not, what was read is of no use.
    fn wants_more(&self) -> bool {
        true
    }
}

/// The forms of one record.
type Rows = Vec<(FormId, Row)>;

impl Registry {
    /// The version of all records: rises with every change of any record, and is the same for every program on the
    /// same database. One statement over a few hundred rows.
    pub fn data_version(&self) -> Result<DataVersion, RegistryError> {
        self.db.read_one(|tx| {
            let version: i64 = tx.one(&FEED_VERSION, ())?;
            Ok(DataVersion::from_sum(version))
        })
    }

    /// The same on a database thread, for pages.
    pub async fn data_version_async(&self) -> Result<DataVersion, RegistryError> {
        let read = |tx: &mut Tx<'_>| -> Result<DataVersion, RegistryError> {
            let version: i64 = tx.one(&FEED_VERSION, ())?;
            Ok(DataVersion::from_sum(version))
        };
        self.db.read_one_async(read).await
    }

    /// The counts of the home page with the version of the data that they were read from, from one snapshot.
    pub async fn versioned_figures_async(&self) -> Result<(DataVersion, Figures), RegistryError> {
        let registry = self.clone();
        let read = move |tx: &mut Tx<'_>| -> Result<(DataVersion, Figures), RegistryError> {
            let version: i64 = tx.one(&FEED_VERSION, ())?;
            Ok((DataVersion::from_sum(version), registry.figures_in(tx)?))
        };
        self.db.read_async(read).await
    }

    /// Puts a patient's rows together.
    fn feed_patient<'a>(
        &self,
        (center, id): (CenterId, PatientId),
        rows: &[RunRow],
        now: Moment,
        forms_of: impl Fn(RecordId) -> Option<&'a Rows>,
    ) -> FeedPatient<'a> {
        let runs = rows.iter().map(|row| {
            let mut forms = Forms::none(&self.dictionary);
            for record in [id.into(), row.hospitalization.into(), row.id.into()] {
                for (form, row) in forms_of(record).into_iter().flatten() {
                    forms.set(*form, row);
                }
            }
            let mut derived = self.dictionary.derive(&forms, now);
            derived.findings = Vec::new();
            self.put(&mut derived, self.keys.survived_ecls, row.survived_ecls);
            self.put(&mut derived, self.keys.survived_hospital, row.survived_hospital);
            FeedRun {
                id: row.id,
                hospitalization: row.hospitalization,
                run_no: row.run_no,
                submitted_at: row.submitted_at,
                started_at: self.moment(&derived, self.keys.started_at),
                stopped_at: self.moment(&derived, self.keys.stopped_at),
                forms,
                derived,
            }
        });
        FeedPatient { center, id, runs: runs.collect() }
    }

    fn put(&self, report: &mut Report, field: FieldId, counted: Option<bool>) {
        let place = self.dictionary.field(field).derived;
        if let Some(slot) = place.and_then(|place| report.derived.get_mut(usize::from(place))) {
            *slot = counted.map_or(Value::Missing, Value::Bool);
        }
    }

    fn moment(&self, report: &Report, field: FieldId) -> Option<Moment> {
        match report.value(self.dictionary.field(field)) {
            Value::Moment(moment) => Some(*moment),
            _ => None,
        }
    }

    /// One stored form, read.
    pub(crate) fn feed_form(
        &self,
        record: RecordId,
        key: &str,
        body: &str,
    ) -> Result<(FormId, Row), RegistryError> {
        let form = self.dictionary.form_named(key).ok_or_else(|| {
            RegistryError::Inconsistent(format!("record {record} has an unknown form {key}"))
        })?;
        Ok((form.id, self.dictionary.parse_body(form.table, body)?))
    }

    /// How far each chain goes.
    fn feed_heads(tx: &mut Tx<'_>) -> Result<Cursor, RegistryError> {
        let rows: Vec<(CenterId, i64, [u8; 32])> = tx.all(&FEED_HEADS, ())?;
        Ok(rows.into_iter().map(|(center, seq, hash)| (center, (seq, hash))).collect())
    }
}
