//! Uploads: a file is compared with what is stored and shown as a plan; the plan is carried out
//! exactly or not at all; an import can be taken back.
//!
//! Rules of the comparison:
//! * A patient joins by key, a run by its number within the patient, a stay by a run it shares or
//!   else by its admission.
//! * An answer in the file replaces the stored one. An answer that the file does not give is left
//!   alone: a file that carries half of the questions does not empty the other half. Rows of a
//!   group are replaced as a whole when the file has any; a row that is equal in all that the file
//!   says keeps what the file cannot say.
//! * A patient is taken whole or refused whole.

mod body;
mod cross;
mod feed;
mod merge;
mod plan;
mod run;
mod undo;
mod waiting;
mod work;

use std::collections::BTreeSet;

use base::{ImportId, Instant};
use serde::Serialize;

use crate::changes::FieldChange;
use crate::incoming::{FileError, PatientSource};
use crate::model::RecordKind;

pub use waiting::{UploadStage, WAITING_STATEMENTS, WaitingUpload};

/// How an upload is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Name of the file, for the list of imports.
    pub file_name: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// The center that the file belongs to; otherwise each patient names one.
    pub center: Option<String>,
    /// Take everything as drafts, also runs that name who completed them.
    pub drafts_only: bool,
    /// Keys of patients that are not taken: nothing of them is compared or written.
    pub leave_out: BTreeSet<String>,
}

/// What happens to a patient or a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not stored yet.
    New,
    /// Stored with other values.
    Changed,
    /// Stored like this.
    Unchanged,
    /// Not taken.
    Refused,
    /// Not taken, by choice.
    #[serde(rename = "left out")]
    LeftOut,
}

impl Outcome {
    /// The word shown in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::LeftOut => "left out",
        }
    }
}

/// How much a finding weighs in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// The patient is not taken because of it.
    Refuses,
    /// Applying the plan confirms it.
    Warns,
    /// For a draft: still to be answered before it can be signed.
    Open,
    /// About the file only.
    Notes,
}

/// One finding of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanFinding {
    /// How much it weighs.
    pub weight: Weight,
    /// The stable code.
    pub code: String,
    /// The registry's own category (list `import_error`), or empty.
    pub category: String,
    /// The record, such as `run 2`.
    pub record: String,
    /// Line of the file, from 1; 0 when the file has no line for it.
    pub line: u32,
    /// Path of the element or name of the column, or empty.
    pub element: String,
    /// The field with its row numbers, or empty.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub fix: String,
}

/// One record of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordPlan {
    /// The record in words, such as `run 2`.
    pub record: String,
    /// What it is.
    #[serde(skip)]
    pub kind: RecordKind,
    /// What happens to it.
    pub outcome: Outcome,
    /// Whether it is signed with this upload.
    pub submits: bool,
    /// Changed values, for records that are stored already.
    pub changes: Vec<FieldChange>,
}

/// One patient of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PatientPlan {
    /// The pseudonymous key.
    pub patient: String,
    /// Number of the center.
    pub center: String,
    /// Line where the patient starts.
    pub line: u32,
    /// What happens.
    pub outcome: Outcome,
    /// Its records; empty when it is refused.
    pub records: Vec<RecordPlan>,
    /// All findings.
    pub findings: Vec<PlanFinding>,
}

/// Numbers of patients or runs by outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Not stored yet.
    pub new: u64,
    /// Stored with other values.
    pub changed: u64,
    /// Stored like this.
    pub unchanged: u64,
    /// Not taken.
    pub refused: u64,
}

impl Counts {
    fn add(&mut self, outcome: Outcome) {
        let slot = match outcome {
            // neither the file nor the registry is the reason: counted apart
            Outcome::LeftOut => return,
            Outcome::New => &mut self.new,
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Refused => &mut self.refused,
        };
        *slot += 1;
    }

    /// All of them.
    pub const fn total(&self) -> u64 {
        self.new + self.changed + self.unchanged + self.refused
    }
}

/// What a plan comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// SHA-256 over everything that the plan would write and over what it starts from.
    pub plan: String,
    /// Patients by outcome.
    pub patients: Counts,
    /// Runs by outcome.
    pub runs: Counts,
    /// Runs that are signed.
    pub submitted: u64,
    /// Findings that refuse.
    pub refusing: u64,
    /// Findings that applying the plan confirms.
    pub warnings: u64,
    /// Notes about the file.
    pub notes: u64,
    /// Patients that were left out by choice.
    pub left_out: u64,
}

impl Summary {
    /// Whether there is anything to write.
    pub const fn writes(&self) -> bool {
        self.patients.new + self.patients.changed > 0
    }
}

/// An upload that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Its id, when anything was written.
    pub import: Option<ImportId>,
    /// What it came to.
    pub summary: Summary,
}

/// Takes the plan as it is made. `restart` is called before the first patient, and again when the
/// transaction has to run again.
pub trait PlanSink {
    /// Forget everything: the plan starts.
    fn restart(&mut self);
    /// The next patient.
    fn patient(&mut self, plan: &PatientPlan);
    /// Bytes of the file read so far.
    fn progress(&mut self, bytes: u64);
}

/// Opens the file from its beginning, on the thread that reads it; called again when the transaction has
/// to run again.
pub type Open<'a> = dyn Fn() -> Result<Box<dyn PatientSource + 'a>, FileError> + Sync + 'a;

db::row! {
    /// One import of the list.
    #[derive(Debug, Clone, Serialize)]
    pub struct ImportRow {
        /// Its id.
        pub id: ImportId,
        /// The file.
        pub file_name: String,
        /// SHA-256 of the file.
        pub sha256: String,
        /// Bytes of the file.
        pub bytes: i64,
        /// The plan that was carried out.
        pub plan: String,
        /// Who applied it.
        pub actor: String,
        /// When.
        pub applied_at: Instant,
        /// `Summary` as JSON.
        pub summary: String,
        /// When it was taken back.
        pub undone_at: Option<Instant>,
        /// Who took it back.
        pub undone_by: Option<String>,
    }
}
